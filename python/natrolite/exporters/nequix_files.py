# SPDX-License-Identifier: GPL-2.0-only
"""Reads and writes `.nqx` files without JAX: one line of JSON, then the arrays of the network as npy records.

Irreps are natural, of parity (-1)^l, so they are lists of (multiplicity, l). Nothing is unpickled.
"""

import dataclasses
import json
import re

import numpy as np

from natrolite.errors import NatroliteError

# What the header must tell; the rest is about the training.
KEYS = {
    "cutoff": float, "atomic_numbers": list, "hidden_irreps": str, "lmax": int, "n_layers": int,
    "radial_basis_size": int, "radial_mlp_size": int, "radial_mlp_layers": int,
    "radial_polynomial_p": float, "index_weights": bool, "layer_norm": bool, "shift": float,
    "scale": float, "avg_n_neighbors": float,
}  # fmt: skip
# What it may tell, terms, and what the network is for where it was tuned for some of its elements: how a value must be.
OPTIONAL = {
    "license": "a text",
    "citation": "a list of BibTeX entries",
    "elements": "a list of some of its atomic numbers, each once",
}
LONGEST = 1 << 20  # bytes of the header
LMAX = 11  # of e3nn's harmonics


@dataclasses.dataclass
class Layer:
    """Weights of one interaction layer, as they stand in the file (float64).

    radial: matrices [in, out] of the radial network, the last one's columns are `paths` x channels;
    linear_1, linear_2, skip: {l: [in, out]}; norm: {l: [channels]} or None without normalization.
    """

    radial: list
    linear_1: dict
    linear_2: dict
    skip: dict
    norm: dict


@dataclasses.dataclass
class File:
    """config: the header; energies: e0 in eV [types]; layers: list of Layer; readout: [channels, 1]."""

    config: dict
    energies: np.ndarray
    layers: list
    readout: np.ndarray

    @property
    def numbers(self):
        """Atomic numbers of what the network is for: all of its types, or those the header names as elements."""
        return sorted(int(z) for z in self.config.get("elements", self.config["atomic_numbers"]))

    @property
    def types(self):
        """Places of `numbers` among the types, which are in order of the atomic numbers."""
        order = sorted(int(z) for z in self.config["atomic_numbers"])
        return [order.index(z) for z in self.numbers]


def looks_like(path):
    """Return whether the file begins like one that nequix wrote."""
    try:
        with open(path, "rb") as stream:
            line = stream.readline(LONGEST)
            magic = stream.read(6)
        return magic == b"\x93NUMPY" and {"hidden_irreps", "radial_basis_size"} <= set(json.loads(line))
    except (OSError, ValueError, TypeError):
        return False


def read(path):
    """Return the File; raises NatroliteError naming what the network or the file has not as it should."""
    with open(path, "rb") as stream:
        config = _config(path, stream)
        records = _Records(path, stream)
        types = len(config["atomic_numbers"])
        energies = records.next(types)
        layers = [_layer(records, config, i) for i in range(config["n_layers"])]
        readout = records.next(hidden(config)[0][0], 1)
        records.end()
    return File(config, energies, layers, readout)


def write(path, like, file):
    """Write a File whose arrays have the shapes of those of the file `like`, which also gives the scalars about the
    training. ValueError for another shape."""
    arrays = iter(_arrays(file))
    with open(like, "rb") as old, open(path, "wb") as new:
        _config(like, old)
        new.write(json.dumps(file.config).encode() + b"\n")
        records = _Records(like, old)
        while old.peek(1):
            found, dtype, _ = records.header()
            data = records.bytes(dtype.itemsize * int(np.prod(found)))
            array = np.frombuffer(data, dtype)[0] if found == () else next(arrays, np.empty(0)).astype(dtype)
            if array.shape != found:
                raise ValueError(f"array {records.count} of '{path}' would be {array.shape}, in '{like}' it is {found}")
            np.save(new, array)


def _arrays(file):
    """Yield the arrays of a File in the order of the records."""
    yield file.energies
    for layer in file.layers:
        yield from layer.radial
        for part in (layer.linear_1, layer.linear_2, layer.skip, layer.norm or {}):
            yield from (part[l] for l in sorted(part))
    yield file.readout


def hidden(config):
    """Return [(channels, l)] of the features between layers; the first is of l = 0."""
    blocks = re.findall(r"(?:(\d+)x)?(\d+)([eo])", config["hidden_irreps"])
    return [(int(mul or 1), int(l)) for mul, l, _ in blocks]


def inputs(config, i):
    """Return [(channels, l)] of what layer i gets."""
    return hidden(config) if i else [(len(config["atomic_numbers"]), 0)]


def outputs(config, i):
    """Return [(channels, l)] of what layer i gives; the last one gives scalars."""
    return hidden(config) if i < config["n_layers"] - 1 else hidden(config)[:1]


def gated(config, i):
    """Return `outputs` with the scalars that become gates, one per channel of l > 0."""
    (scalars, _), *rest = outputs(config, i)
    return [(scalars + sum(mul for mul, _ in rest), 0), *rest]


def paths(config, i):
    """Return [(channels, l1, l2, l3)] of layer i, feature x harmonic -> message, in the file's order.

    By l3, then l1, then l2; the parities allow l1 + l2 + l3 even.
    """
    wanted = {l for _, l in outputs(config, i)}
    found = [
        (mul, l1, l2, l3)
        for mul, l1 in inputs(config, i)
        for l2 in range(config["lmax"] + 1)
        for l3 in range(abs(l1 - l2), l1 + l2 + 1, 2)
        if l3 in wanted
    ]
    return sorted(found, key=lambda path: path[3])


def _layer(records, config, i):
    """Return the Layer that comes next."""
    before, after, ways = inputs(config, i), gated(config, i), paths(config, i)
    width, depth = config["radial_mlp_size"], config["radial_mlp_layers"]
    sizes = [config["radial_basis_size"], *[width] * depth, sum(path[0] for path in ways)]
    kept = {l: mul for mul, l in after}
    radial = [records.next(a, b) for a, b in zip(sizes, sizes[1:])]
    linear_1 = {l: records.next(mul, mul) for mul, l in before}
    fan_in = {l: sum(path[0] for path in ways if path[3] == l) for l in kept}
    linear_2 = {l: records.next(fan_in[l], mul) for mul, l in after}
    skip = {l: records.next(mul, kept[l]) for mul, l in before if l in kept}
    norm = {l: records.next(mul) for mul, l in after} if config["layer_norm"] else None
    return Layer(radial, linear_1, linear_2, skip, norm)


def _config(path, stream):
    """Return the header, after all checks."""
    try:
        config = json.loads(stream.readline(LONGEST))
    except ValueError:
        raise NatroliteError(f"'{path}' has no header of nequix in its first line") from None
    missing = [key for key in KEYS if key not in config]
    if missing:
        raise NatroliteError(f"'{path}' lacks {', '.join(missing)} in its header; was it written by nequix?")
    for key, kind in KEYS.items():
        value = config[key]
        right = isinstance(value, kind) or (kind is float and isinstance(value, int))
        if not right or (kind in (int, float) and isinstance(value, bool)):
            raise NatroliteError(f"'{path}' has {key} = {value!r} in its header, which is no {kind.__name__}")
    _check_optional(path, config)
    if config["index_weights"]:
        raise NatroliteError(
            f"'{path}' has self connections by element (index_weights: true), which are not supported; "
            "train with index_weights: false, as the published models are"
        )
    sizes = ("cutoff", "avg_n_neighbors", "radial_basis_size", "radial_mlp_size", "n_layers")
    wrong = [key for key in sizes if config[key] <= 0]
    wrong += ["radial_mlp_layers"] * (config["radial_mlp_layers"] < 0)
    wrong += ["lmax"] * (not 0 <= config["lmax"] <= LMAX)
    known = {z for z in config["atomic_numbers"] if type(z) is int and 0 < z < 119}
    wrong += ["atomic_numbers"] * (len(known) != len(config["atomic_numbers"]) or not known)
    if wrong:
        value = config[wrong[0]]
        raise NatroliteError(f"'{path}' has {wrong[0]} = {value} in its header, which no network can have")
    _check_irreps(path, config)
    return config


def _check_optional(path, config):
    """Refuse terms and elements that are none."""
    numbers = config["atomic_numbers"]
    right = {
        "license": lambda text: isinstance(text, str),
        "citation": lambda entries: isinstance(entries, list) and all(isinstance(entry, str) for entry in entries),
        "elements": lambda some: isinstance(some, list) and all(z in numbers and some.count(z) == 1 for z in some),
    }
    for key, words in OPTIONAL.items():
        if key in config and not (config[key] and right[key](config[key])):
            raise NatroliteError(
                f"'{path}' has {key} = {config[key]!r} in its header; it must be {words}, or not be there"
            )


def _check_irreps(path, config):
    """Refuse features other than scalars and natural irreps in order of l that the layers can make."""
    text = config["hidden_irreps"]
    blocks = re.fullmatch(r"\s*(\d+x)?\d+[eo](\s*\+\s*(\d+x)?\d+[eo])*\s*", text) and hidden(config)
    parities = re.findall(r"\d+([eo])", text)
    if (
        not blocks
        or [l for _, l in blocks] != sorted({l for _, l in blocks})
        or blocks[0][1] != 0
        or any("eo"[l % 2] != parity for (_, l), parity in zip(blocks, parities))
        or blocks[-1][1] > config["lmax"]
        or min(mul for mul, _ in blocks) < 1
    ):
        raise NatroliteError(
            f"'{path}' has hidden_irreps {text}, which is not supported; features must be in order of l, from "
            f"0e to at most lmax = {config['lmax']}, odd l with parity o and even l with parity e"
        )


class _Records:
    """The npy records of a file, one after the other; scalars among them are about the training."""

    def __init__(self, path, stream):
        self.path = path
        self.stream = stream
        self.count = 0

    def next(self, *shape):
        """Return the next array (float64), which must have this shape."""
        found, dtype, order = self.header()
        while found == ():
            self.bytes(dtype.itemsize)
            found, dtype, order = self.header()
        if found != shape or dtype.kind != "f":
            raise NatroliteError(
                f"'{self.path}' has {dtype} {found} as array {self.count} where its header asks for {shape}; "
                "it is damaged, or of a version of nequix that is not supported"
            )
        data = self.bytes(dtype.itemsize * int(np.prod(shape)))
        array = np.frombuffer(data, dtype).reshape(shape, order=order).astype(np.float64)
        if not np.isfinite(array).all():
            raise NatroliteError(f"'{self.path}' has numbers that are not finite in array {self.count}")
        return array

    def end(self):
        """Refuse arrays beyond those of the network."""
        while self.stream.peek(1):
            found, dtype, _ = self.header()
            if found != ():
                raise NatroliteError(f"'{self.path}' has more arrays than its header asks for: one of {found}")
            self.bytes(dtype.itemsize)

    def header(self):
        """Return (shape, dtype, order) of the next record."""
        self.count += 1
        try:
            first = np.lib.format.read_magic(self.stream) == (1, 0)
            header = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = header(self.stream)
        except Exception:  # whatever an arbitrary file makes numpy raise
            raise NatroliteError(f"'{self.path}' ends or is damaged at array {self.count}") from None
        return shape, dtype, "F" if fortran else "C"

    def bytes(self, size):
        """Return the next bytes."""
        data = self.stream.read(size)
        if len(data) < size:
            raise NatroliteError(f"'{self.path}' ends within array {self.count}; it is cut off")
        return data
