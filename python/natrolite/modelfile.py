# SPDX-License-Identifier: GPL-2.0-only
"""Writing and reading model files: TorchScript with the extra file `natrolite.json`."""

import hashlib
import json
import os
import tempfile

from natrolite import __version__, archive
from natrolite.errors import NatroliteError, reason

EXTRA_FILE = "natrolite.json"
FORMAT_VERSION = 1

# Every key of the contract with the value a family need not give; REQUIRED has none.
REQUIRED = object()
KEYS = {
    "format_version": FORMAT_VERSION,
    "family": REQUIRED,
    "name": REQUIRED,
    "created_by": REQUIRED,
    "license": REQUIRED,
    "citation": [],
    "weights_sha256": REQUIRED,
    "type_names": REQUIRED,
    "atomic_numbers": REQUIRED,
    "r_max": REQUIRED,
    "pair_cutoffs": None,
    "lr_cutoff": None,
    "num_layers": REQUIRED,
    "strictly_local": REQUIRED,
    "exchange_widths": [],
    "collectives": {"ghost": 0, "sum": 0, "max": 0},
    "dtype": REQUIRED,
    "allow_tf32": False,
    "length_unit": "Angstrom",
    "energy_unit": "eV",
    "charge_unit": "e",
    "needs_total_charge": False,
    "needs_total_spin": False,
    "spin_convention": None,
    "defaults": {},
    "outputs": ["atomic_energy"],
    "committee_size": 1,
    "arch": {},
    "reference": REQUIRED,
}

# What the reader asks of the values: a type (float: any number), None, a tuple of alternatives,
# [kind] = a list of it, [kind, n] = a list of n, {key: kind} = an object with at least these keys.
VECTOR = [float, 3]
TYPES = {
    **dict.fromkeys(["family", "name", "created_by", "license", "weights_sha256", "dtype"], str),
    **dict.fromkeys(["length_unit", "energy_unit", "charge_unit"], str),
    **dict.fromkeys(["strictly_local", "allow_tf32", "needs_total_charge", "needs_total_spin"], bool),
    **dict.fromkeys(["num_layers", "committee_size"], int),
    **dict.fromkeys(["defaults", "arch"], {}),
    "citation": (str, [str], None),
    "type_names": [str],
    "atomic_numbers": [int],
    "r_max": float,
    "pair_cutoffs": (None, [[float]]),
    "lr_cutoff": (None, float),
    "exchange_widths": [int],
    "collectives": dict.fromkeys(["ghost", "sum", "max"], int),
    "spin_convention": (None, str),
    "outputs": [str],
    "reference": {
        "types": [int],
        "positions": [VECTOR],
        "cell": (None, [VECTOR, 3]),
        "pbc": [bool, 3],
        "forces": [VECTOR],
        **dict.fromkeys(["energy", "energy_tolerance", "force_tolerance"], float),
        **dict.fromkeys(["total_charge", "total_spin"], (None, float)),
    },
}


def metadata(scripted, fields, packages=()):
    """Return the complete metadata of a scripted model: `fields` over the defaults of KEYS.

    fields: family, name, type_names, r_max, ...; packages: names whose versions go to created_by.
    """
    given = {"weights_sha256": weights_sha256(scripted), "created_by": created_by(packages), **fields}
    unknown = sorted(set(given) - set(KEYS))
    if unknown:
        raise KeyError(f"no such metadata: {unknown}")
    meta = {key: given.get(key, default) for key, default in KEYS.items()}
    missing = [key for key, value in meta.items() if value is REQUIRED]
    if missing:
        raise KeyError(f"metadata without {missing}")
    meta["arch"] = {**meta["arch"], "weights": weight_table(scripted)}
    return meta


def created_by(packages=()):
    """Return 'natrolite 0.1.0, torch 2.13.0, ...' with the installed versions of packages."""
    from importlib.metadata import version

    return ", ".join([f"natrolite {__version__}"] + [f"{p} {version(p)}" for p in ("torch", *packages)])


def weights_sha256(module):
    """Return the SHA-256 over name, type, shape and bytes of every parameter and buffer, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        tensor = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def weight_table(module):
    """Return {name: [dtype, shape]} of every parameter and buffer."""
    return {
        name: [str(tensor.dtype).removeprefix("torch."), list(tensor.shape)]
        for name, tensor in module.state_dict().items()
    }


def write(path, scripted, meta, records=None):
    """Write the model file in one step (temporary file beside it, then rename).

    records: {name: content} of further extra files.
    Raises NatroliteError if the folder does not exist or cannot be written.
    """
    import torch

    writable(path)
    folder = os.path.dirname(os.path.abspath(path))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".natrolite-", suffix=".pt", dir=folder)
        os.close(handle)
        torch.jit.save(scripted, temporary, _extra_files={EXTRA_FILE: json.dumps(meta), **(records or {})})
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        raise NatroliteError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def writable(path):
    """Refuse early, before the long work, what `write` would refuse."""
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise NatroliteError(f"cannot write {path}: no folder {folder}; create it first")
    if os.path.isdir(path):
        raise NatroliteError(f"cannot write {path}: it is a folder; name a file, for example model.pt")
    if not os.access(folder, os.W_OK):
        raise NatroliteError(f"cannot write {path}: no permission in {folder}; choose another folder")


def is_modelfile(path):
    """Return whether path is a complete archive with natrolite.json in it."""
    return archive.record(path, f"extra/{EXTRA_FILE}") is not None


def read_metadata(path):
    """Return the metadata of a model file without loading the model (no torch needed).

    Raises NatroliteError: no such file, a damaged one, no natrolite.json, newer format, wrong keys.
    """
    archive.intact(path)
    text = archive.record(path, f"extra/{EXTRA_FILE}")
    if text is None:
        raise NatroliteError(
            f"{path} has no {EXTRA_FILE}, so it is not a Natrolite model file; convert the model "
            "with 'natrolite export'"
        )
    try:
        meta = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NatroliteError(
            f"{path}: its metadata ({EXTRA_FILE}) is not valid JSON; the file is damaged: copy or export it again"
        ) from None
    return validated(path, meta)


def _no_number(word):
    """Refuse what Python's json takes for a number and JSON does not."""
    raise ValueError(f"{word} is no number of JSON")


def validated(path, meta):
    """Return meta, or refuse a newer format, a missing key, and a value of a wrong type."""
    version = meta.get("format_version") if isinstance(meta, dict) else None
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise NatroliteError(
            f"{path} has format_version {version}, this natrolite {__version__} reads up to "
            f"{FORMAT_VERSION}; update natrolite"
        )
    missing = [key for key in KEYS if key not in meta]
    if missing:
        raise NatroliteError(f"{path} lacks the metadata {' '.join(missing)}; export the model again")
    wrong = [key for key, kind in TYPES.items() if not _fits(meta[key], kind)]
    if not wrong and not 0 < len(meta["type_names"]) == len(meta["atomic_numbers"]):
        wrong = ["type_names", "atomic_numbers"]
    if not wrong and not _consistent(meta["reference"], len(meta["type_names"])):
        wrong = ["reference"]
    if wrong:
        raise NatroliteError(f"{path}: a wrong value of the metadata {' '.join(wrong)}; export the model again")
    return meta


def _fits(value, kind):
    """Return whether a value of JSON is of a kind, see TYPES."""
    if isinstance(kind, tuple):
        return any(_fits(value, one) for one in kind)
    if isinstance(kind, list):
        if not isinstance(value, list) or len(value) not in (kind[1:] or [len(value)]):
            return False
        return all(_fits(one, kind[0]) for one in value)
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(k in value and _fits(value[k], v) for k, v in kind.items())
    if kind is None:
        return value is None
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _consistent(reference, ntypes):
    """Return whether the sizes of a reference fit one another."""
    types = reference["types"]
    sizes = {len(types), len(reference["positions"]), len(reference["forces"])}
    return len(sizes) == 1 and bool(types) and all(0 <= t < ntypes for t in types)


def load(path):
    """Return (scripted module on the CPU, metadata). The exchange operators get registered."""
    import torch

    from natrolite import operators  # noqa: F401  (the file names its operators)

    meta = read_metadata(path)
    torch._C._jit_set_texpr_fuser_enabled(False)
    try:
        return torch.jit.load(path, map_location="cpu"), meta
    except Exception as error:  # whatever code and records that do not fit make torch raise
        raise NatroliteError(f"torch cannot load {path}: {reason(error)}") from None
