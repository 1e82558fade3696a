# SPDX-License-Identifier: GPL-2.0-only
"""Files of other programs that pair_style equivariant reads as they are: what they say of themselves.

The kinds are those of src/torch/file_kind.cpp, told by the names in the archive.
"""

import dataclasses
import json

from natrolite import archive
from natrolite.errors import NatroliteError, reason

FOLDED_OR_SHELL = "exchange folded and shell, any number of ranks"
EVERY = "every exchange, any number of ranks"


@dataclasses.dataclass
class Foreign:
    """family: of models; maker: what wrote the file; dtype: float32 or float64; r_max: Angstrom;
    type_names: elements, or types of nequip-deploy; runs: with which exchange; notes: what else the file says."""

    family: str
    maker: str
    dtype: str
    r_max: float
    type_names: list
    runs: str
    notes: str = ""


def read(path):
    """Return the Foreign of a file, or None for any other. Raises NatroliteError for a damaged one."""
    names = archive.names(path)
    inside = {name.partition("/")[2] for name in names}
    for signs, reader in KINDS.items():
        if all(any(name.startswith(sign) for name in inside) for sign in signs):
            try:
                return reader(path, inside)
            except NatroliteError:
                raise
            except Exception as error:  # a value that is none, a record that is missing
                raise NatroliteError(
                    f"{path} does not say what files of its kind say ({type(error).__name__}: "
                    f"{reason(error)}); make it again"
                ) from error
    return None


def _text(path, name):
    """Return an extra file of TorchScript, or ""."""
    return (archive.record(path, f"extra/{name}") or b"").decode()


def _sevennet(path, inside):
    double = _text(path, "dtype") == "double"
    return Foreign(
        "sevennet",
        f"sevenn {_text(path, 'version')}",
        "float64" if double else "float32",
        float(_text(path, "cutoff")),
        _text(path, "chemical_symbols_to_index").split(),
        FOLDED_OR_SHELL,
    )


def _mace(path, inside):
    import torch
    from ase.data import chemical_symbols

    module = torch.jit.load(path, map_location="cpu")
    layers = int(module.num_interactions)
    return Foreign(
        "mace",
        "mace_create_lammps_model",
        str(module.r_max.dtype).removeprefix("torch."),
        float(module.r_max),
        [chemical_symbols[z] for z in module.atomic_numbers.tolist()],
        EVERY if layers == 1 else FOLDED_OR_SHELL,
        f"{layers} layer(s)",
    )


def _nequip(path, inside):
    texts = {name: _text(path, name) for name in NEQUIP_KEYS}
    maker = "nequip-compile"
    if "extra/n_species" in inside:
        maker = f"nequip-deploy, nequip {_text(path, 'nequip_version') or '0.5'}"
        if not texts["model_dtype"]:  # nequip 0.5: the type of its weights
            double = "torch DoubleStorage" in archive.pickled(path)[1]
            texts["model_dtype"] = "float64" if double else "float32"
    code = [archive.record(path, name) for name in inside if name.endswith(".py")]
    allegro = any(b"Allegro_Module" in text for text in code if text)
    return _nequip_of(texts, maker, allegro, EVERY if allegro else FOLDED_OR_SHELL)


def _compiled(path, inside):
    texts = {}
    for name in inside:
        if name.startswith("data/aotinductor/") and name.endswith("_metadata.json"):
            texts |= json.loads(archive.record(path, name))
    if not texts.get("type_names"):
        raise NatroliteError(f"{path} is an AOTInductor package but no NequIP or Allegro file")
    allegro = texts["nequip_aoti_inputs"].split() == ["pos", "edge_index", "atom_types"]
    made = f"nequip-compile with AOTInductor, for device {texts['AOTI_DEVICE_KEY']}"
    return _nequip_of(texts, made, allegro, EVERY if allegro else "exchange folded, 1 rank")


NEQUIP_KEYS = ("type_names", "r_max", "model_dtype", "per_edge_type_cutoff", "allow_tf32")


def _nequip_of(texts, maker, allegro, runs):
    notes = ["smaller cutoffs for some pairs"] * bool(texts.get("per_edge_type_cutoff"))
    notes += ["TF32 allowed"] * (texts.get("allow_tf32") == "1")
    return Foreign(
        "allegro" if allegro else "nequip",
        maker,
        texts["model_dtype"],
        float(texts["r_max"]),
        texts["type_names"].split(),
        runs,
        ", ".join(notes),
    )


# Names (their beginnings) that the archive of a kind has. In the order of file_kind.cpp.
KINDS = {
    ("data/aotinductor/",): _compiled,
    ("constants.pkl", "extra/chemical_symbols_to_index"): _sevennet,
    ("constants.pkl", "code/__torch__/mace/calculators/lammps_mace"): _mace,
    ("constants.pkl", "extra/n_species", "extra/r_max"): _nequip,
    ("constants.pkl", "extra/type_names", "extra/model_dtype"): _nequip,
}


def rows(known, size):
    """Return [(label, text)] for `natrolite info`; size in bytes."""
    return [
        ("model", f"a file of another program ({known.family})"),
        ("created by", known.maker),
        ("format", f"{size / 1e6:.1f} MB, read by pair_style equivariant as it is"),
        ("compute type", known.dtype),
        ("cutoff", f"{known.r_max:g} Angstrom"),
        ("runs with", ", ".join(filter(None, [known.runs, known.notes]))),
        ("self test", "none: the file has no reference"),
        ("elements", f"{len(known.type_names)}: {' '.join(known.type_names)}"),
    ]
