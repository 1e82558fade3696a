# SPDX-License-Identifier: GPL-2.0-only
"""The description of a network for the native evaluator (doc/native.rst), in words no family owns.

A family's `*_native` module walks its wrapper and adds values, radial functions and steps; the arrays
are read off the modules by giving them unit vectors, so whatever normalizations they have is in them.
Raises Undescribed for what the native evaluator has no word for; the file then runs on LibTorch.
"""

import json

import numpy as np

from natrolite.exporters.native_modules import (  # noqa: F401  (the families take them from here)
    MAX_L,
    GateShape,
    Layout,
    Matrix,
    OfScalars,
    OfType,
    Ordered,
    Scaled,
    Undescribed,
    Wrapped,
    activation_of,
    apply,
    dense_layers,
    linear_maps,
)

ALIGNMENT = 64


class Arrays:
    """Collects arrays beside what data says of a network."""

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.data = {"version": 1, "arrays": {}}
        self.bytes = bytearray()

    def array64(self, values):
        """Store an array in float64, whatever the network computes in; return its name."""
        return self.array(values, np.dtype("float64"))

    def array(self, values, dtype=None):
        """Store an array; return its name."""
        dtype = dtype or self.dtype
        values = np.ascontiguousarray(np.asarray(values, np.float64).astype(dtype))
        if not np.isfinite(values).all():
            raise Undescribed("weights that are not finite")
        self.bytes.extend(b"\0" * (-len(self.bytes) % ALIGNMENT))
        name = f"a{len(self.data['arrays'])}"
        self.data["arrays"][name] = {
            "dtype": dtype.name, "shape": list(values.shape), "offset": len(self.bytes),
        }  # fmt: skip
        self.bytes.extend(values.astype(dtype.newbyteorder("<")).tobytes())
        return name

    def records(self):
        """Return (native.json, native.bin)."""
        return json.dumps(self.data), bytes(self.bytes)


class Description(Arrays):
    """Collects values, radial functions, steps and arrays."""

    def __init__(self, dtype, types, cutoff, lmax):
        if lmax > MAX_L:
            raise Undescribed(f"harmonics with l = {lmax} (at most {MAX_L})")
        super().__init__(dtype)
        self.data |= {
            "types": int(types), "cutoff": float(cutoff), "lmax": int(lmax), "values": [], "radials": [],
            "steps": [],
        }  # fmt: skip

    def cut_pairs(self, cutoffs):
        """Set cutoffs by types, [center, neighbor]: radial functions then see r cutoff / pair_cutoff."""
        self.data["pair_cutoffs"] = self.array64(cutoffs)

    def value(self, name, layout):
        """Declare a value; return its name."""
        self.data["values"].append({"name": name, "blocks": layout.shapes()})
        return name

    def radial(self, basis, envelope, layers, envelope_of_weights=False, agnesi=None, factors=None):
        """Add a radial function; return its index.

        basis: {"kind": "bessel", "gaussian" or "cosine", "parameters", "prefactor"}; envelope: {"kind", "cutoff",
        ...}; layers: [(weights [in, out], bias or None, (activation, factor))], weights of the first perhaps
        [center, neighbor, in, out]; agnesi: None or {"radii", "a", "q", "p"}; factors: None or (by center, by
        neighbor), [types, out] each, of the first layer.
        """
        entry = {
            "basis": {**basis, "parameters": self.array(basis["parameters"])},
            "envelope": envelope,
            "envelope_of_weights": envelope_of_weights,
            "layers": [],
        }
        if agnesi is not None:
            entry["agnesi"] = {**agnesi, "radii": self.array64(agnesi["radii"])}
        for weights, bias, (activation, factor) in layers:
            layer = {"weights": self.array(weights), "activation": activation, "factor": factor}
            if bias is not None:
                layer["bias"] = self.array(bias)
            entry["layers"].append(layer)
        if factors is not None:
            entry["layers"][0].update(zip(("center", "neighbor"), map(self.array, factors)))
        self.data["radials"].append(entry)
        return len(self.data["radials"]) - 1

    def step(self, op, **entries):
        """Add a step."""
        self.data["steps"].append({"op": op, **entries})

    def linear(self, source, from_layout, to, to_layout, module, add=False, bias=None):
        """Add a linear step whose weights are read off module: rows [n, w] -> [n, w'].

        bias: [types, w'] in the module's layout, instead of what the module adds to 0.
        """
        maps, constant = linear_maps(module, from_layout, to_layout)
        self._linear(source, to, to_layout, maps, constant if bias is None else bias, add)

    def typed_linear(self, source, from_layout, to, to_layout, modules, add=False):
        """Add a linear map with one module per type."""
        found = [linear_maps(module, from_layout, to_layout) for module in modules]
        by_type, constants = [maps for maps, _ in found], np.stack([constant for _, constant in found])
        keys = sorted({key for maps in by_type for key in maps})
        zero = {key: np.zeros((from_layout.blocks[key[0]][0], to_layout.blocks[key[1]][0])) for key in keys}
        maps = {key: np.stack([m.get(key, zero[key]) for m in by_type]) for key in keys}
        self._linear(source, to, to_layout, maps, constants, add)

    def _linear(self, source, to, to_layout, maps, bias, add):
        biases = []
        for k, (_, l) in enumerate(to_layout.blocks):
            values = np.asarray(bias)[..., to_layout.columns[k]]
            if not np.any(values):
                continue
            if l:
                raise Undescribed("a bias of vectors")
            biases.append({"out": k, "values": self.array(values[..., 0, :])})
        self.step(
            "linear", **{"in": source}, out=to, add=add, biases=biases,
            maps=[{"in": i, "out": o, "weights": self.array(w)} for (i, o), w in sorted(maps.items())],
        )  # fmt: skip

    def gate(self, source, to, gate):
        """Add the step of a GateShape."""
        self.step("gate", **{"in": source}, out=to, scalars=gate.scalars, gated=gate.gated)


def lmax_of(degrees):
    """Return the largest of the degrees of spherical harmonics, which must be 0, 1, ..., lmax."""
    lmax = len(degrees) - 1
    if list(degrees) != list(range(lmax + 1)):
        raise Undescribed("harmonics other than 0, 1, ..., lmax")
    return lmax


def features_of(module):
    """Return the Layout of the features that a convolution.Convolution gathers."""
    blocks, columns, start = [], [], 0
    for block, width in zip(module.blocks, module.block_widths):
        blocks.append((width // block.d1, (block.d1 - 1) // 2))
        where = module.columns[start : start + width].numpy()
        columns.append(where.reshape(block.d1, -1))
        start += width
    return Layout(blocks, columns)


def convolution(description, module, source, to, radial, table=None):
    """Add the step of a convolution.Convolution; return the Layout of its sums, a block per path.

    source: (name, Layout) of the features, Layout in the module's own order; table: [types, w]
    instead of the name's rows. to: name of the value to declare.
    """
    name, layout = source
    blocks, paths, starts = [], [], np.cumsum([0, *module.path_widths])
    for k, block in enumerate(module.blocks):
        channels, l1 = layout.blocks[k]
        for path, l2, weights in zip(block.paths, block.filters, block.weights):
            coupling = path_coupling(path, l1, l2)
            l3 = (coupling.shape[2] - 1) // 2
            blocks.append((channels, l3))
            paths.append(
                {
                    "in": k,
                    "l2": l2,
                    "out": len(blocks) - 1,
                    "weights": int(starts[weights]),
                    "coupling": description.array(coupling),
                }  # fmt: skip
            )
    sums = Layout.by_component(blocks)
    description.value(to, sums)
    features = {"in": name}
    if table is not None:
        features = {
            "table": description.array(layout.rows(np.asarray(table))), "blocks": layout.shapes(),
        }  # fmt: skip
    description.step("convolve", **features, out=to, radial=radial, paths=paths)
    return sums


def path_coupling(path, l1, l2):
    """Return [2 l1 + 1, 2 l2 + 1, 2 l3 + 1] of a path of convolution.Block."""
    kind = type(path).__name__
    if kind == "DirectPath":
        return np.eye(2 * l1 + 1)[:, None, :]
    if kind == "ScalarPath":
        return np.eye(2 * l2 + 1)[None]
    d2 = path.coupling.size(0)
    return path.coupling.double().numpy().reshape(d2, path.d3, path.d1).transpose(2, 0, 1)


def dense_steps(description, source, layout, layers):
    """Add the steps of a network of scalars to one scalar; return the name of its result."""
    for k, (weights, bias, (kind, factor)) in enumerate(layers):
        out, name = Layout.scalars(weights.shape[1]), f"dense{k}"
        description.value(name, out)
        description.linear(source, layout, name, out, OfScalars(Matrix(weights, bias), layout))
        if (kind, factor) != ("identity", 1.0):
            description.value(name + "a", out)
            entry = {"in": 0, "out": 0, "activation": kind, "factor": factor}
            description.step("gate", **{"in": name}, out=name + "a", gated=[], scalars=[entry])
            name += "a"
        source, layout = name, out
    return source
