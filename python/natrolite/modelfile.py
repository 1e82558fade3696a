# SPDX-License-Identifier: GPL-2.0-only
"""Writing and reading model files: TorchScript with the extra file `natrolite.json`."""

import hashlib
import json
import os
import tempfile
import zipfile

from natrolite import __version__
from natrolite.errors import NatroliteError

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


def write(path, scripted, meta):
    """Write the model file in one step (temporary file beside it, then rename).

    Raises NatroliteError if the folder does not exist or cannot be written.
    """
    import torch

    writable(path)
    folder = os.path.dirname(os.path.abspath(path))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=".natrolite-", suffix=".pt", dir=folder)
        os.close(handle)
        torch.jit.save(scripted, temporary, _extra_files={EXTRA_FILE: json.dumps(meta)})
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


def _metadata_text(path):
    """Return the text of natrolite.json in the archive, or None if the archive has none."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(f"/extra/{EXTRA_FILE}")]
        return archive.read(names[0]) if names else None


def is_modelfile(path):
    """Return whether path is a complete archive with natrolite.json in it."""
    try:
        return _metadata_text(path) is not None
    except (zipfile.BadZipFile, EOFError, OSError):
        return False


def read_metadata(path):
    """Return the metadata of a model file without loading the model (no torch needed).

    Raises NatroliteError: no such file, not a zip, no natrolite.json, newer format, missing key.
    """
    if not os.path.isfile(path):
        raise NatroliteError(f"no such model file: {path}")
    try:
        text = _metadata_text(path)
    except (zipfile.BadZipFile, EOFError, OSError):
        raise NatroliteError(
            f"{path} is not a model file (not a complete zip archive); write one with "
            "'natrolite export'"
        ) from None
    if text is None:
        raise NatroliteError(
            f"{path} has no {EXTRA_FILE}, so it is not a Natrolite model file; convert the model "
            "with 'natrolite export'"
        )
    return validated(path, json.loads(text))


def validated(path, meta):
    """Return meta, or refuse a newer format or a missing key."""
    version = meta.get("format_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise NatroliteError(
            f"{path} has format_version {version}, this natrolite {__version__} reads up to "
            f"{FORMAT_VERSION}; update natrolite"
        )
    missing = [key for key in KEYS if key not in meta]
    if missing:
        raise NatroliteError(f"{path} lacks the metadata {' '.join(missing)}; export the model again")
    return meta


def load(path):
    """Return (scripted module on the CPU, metadata). The exchange operators get registered."""
    import torch

    from natrolite import operators  # noqa: F401  (the file names its operators)

    meta = read_metadata(path)
    torch._C._jit_set_texpr_fuser_enabled(False)
    try:
        return torch.jit.load(path, map_location="cpu"), meta
    except RuntimeError as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        raise NatroliteError(f"torch cannot load {path}: {reason}") from None
