# SPDX-License-Identifier: GPL-2.0-only
"""Exporter of the MACE family: whole-model files (`*.model`) as mace's training writes them."""

import contextlib
import io
import logging
import os

from natrolite import archive
from natrolite.default_dtype import default_dtype
from natrolite.errors import NatroliteError, reason
from natrolite.exporters.common import Built, quiet, script

PACKAGE = "pip install mace-torch==0.3.16"
OPTIONS = ("head",)

CITATION = """@inproceedings{batatia2022mace,
  author = {Batatia, Ilyes and Kov{\\'a}cs, D{\\'a}vid P{\\'e}ter and Simm, Gregor N. C. and Ortner, Christoph and Cs{\\'a}nyi, G{\\'a}bor},
  title = {{MACE}: Higher Order Equivariant Message Passing Neural Networks for Fast and Accurate Force Fields},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {35}, year = {2022},
  url = {https://openreview.net/forum?id=YPpSngE-ZU}
}"""


def claims(path):
    """Return whether mace wrote the file: a model, a checkpoint, or TorchScript. Needs no package.

    Nothing is unpickled: only the names in the archive are looked at.
    """
    names, folders = _names(path)
    return (
        any(name.startswith("mace.") for name in names)
        or any(".symmetric_contractions." in name for name in names)
        or _scripted(folders)
    )


def build(source, dtype, modality=None, head=None):
    """Return common.Built for a model file.

    dtype: "float32" or "float64"; head: name of a head, None for the only or the default one.
    The file is unpickled, which runs what is in it. Raises NatroliteError for a file that holds no
    model, a model of another kind, an unknown head, and a modality.
    """
    import torch

    if modality is not None:
        raise NatroliteError(f"'{source}' has no modalities but heads; use --head in place of --modality {modality}")
    _refuse_others(source)
    _mace()
    from natrolite.exporters import mace_build, mace_native

    model, real = _load(source), getattr(torch, dtype)
    mace_build.check(model)
    index = _head(source, mace_build.heads_of(model), head)
    isolated = mace_build.isolated(model, index)
    fields = {**_fields(source, model, index), "dtype": dtype}
    module = mace_build.build(model, index, real)
    return Built(
        module=module,
        original=_original(model.to(real).eval(), index, isolated),
        fields=fields,
        packages=("mace-torch", "e3nn"),
        script=_script,
        describe=lambda: mace_native.describe(module, dtype, fields["r_max"]),
    )


def _script(module):
    with _quiet():
        return script(module)


def _names(path):
    """Return (strings in the pickle, file names) of an archive that torch.save wrote, or two empty sets."""
    strings, imports = archive.pickled(path)
    return strings | imports, archive.names(path)


def _scripted(files):
    return any("/code/__torch__/mace/" in name for name in files)


def _refuse_others(source):
    """Refuse what is no whole model, by what it is."""
    names, files = _names(source)
    if _scripted(files):
        if any("/code/__torch__/mace/calculators/" in name for name in files):
            raise NatroliteError(
                f"'{source}' is made for LAMMPS by mace's own tool; pair_style equivariant reads it "
                "as it is (to have ghost exchange, export the .model file it was made from)"
            )
        raise NatroliteError(f"'{source}' is compiled TorchScript; give the .model file that mace wrote beside it")
    if any(name.startswith("mace.calculators.") for name in names):
        raise NatroliteError(
            f"'{source}' is made for LAMMPS' ML-IAP by mace's own tool; give the .model file it was made from"
        )
    if not any(name.startswith("mace.modules.models ") for name in names) and any(
        ".symmetric_contractions." in name for name in names
    ):
        raise NatroliteError(
            f"'{source}' holds weights only (a state dict or a training checkpoint); give the whole "
            "model, the .model file that mace wrote at the end of the training"
        )
    for package, tool in (
        ("cuequivariance", "mace_cueq_to_e3nn FILE"),
        ("openequivariance", "python -m mace.cli.convert_oeq_e3nn FILE"),
    ):
        if any(name.startswith(package) for name in names):
            raise NatroliteError(f"'{source}' was converted for {package}; convert it back: {tool}")


@contextlib.contextmanager
def _quiet():
    """Keep what mace and e3nn print and warn of, which is about other things, from the user."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with quiet(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(level)


def _mace():
    """Import mace, or say how to install it."""
    import torch

    try:
        # e3nn 0.4.4 reads its constants with torch.load, whose default refuses the slices in them
        with _quiet(), torch.serialization.safe_globals([slice]):
            import mace.modules  # noqa: F401
    except ImportError as error:
        raise NatroliteError(
            f"MACE models need the package mace-torch, which cannot be imported ({error}); install it: {PACKAGE}"
        ) from None


def _load(source):
    """Return the model in a file."""
    import torch

    try:
        with _quiet():
            content = torch.load(source, weights_only=False, map_location="cpu")
    except Exception as error:  # whatever the classes named in the file raise
        raise NatroliteError(
            f"'{source}' cannot be loaded with mace-torch 0.3.16 ({reason(error)}); was it written by "
            "another version, or does it need a further package?"
        ) from None
    if not isinstance(content, torch.nn.Module):
        raise NatroliteError(
            f"'{source}' holds a {type(content).__name__}, no model; give the .model file that mace wrote"
        )
    return content


def _head(source, heads, head):
    """Return the index of a head."""
    if head is None and len(heads) == 1:
        return 0
    listed = ", ".join(heads)
    if head is None:
        default = [k for k, name in enumerate(heads) if name.lower() == "default"]
        if not default:
            raise NatroliteError(f"'{source}' needs --head, one of: {listed}")
        return default[0]
    if head not in heads:
        raise NatroliteError(f"'{source}' has no head '{head}'; it has: {listed}")
    return heads.index(head)


def _fields(source, model, head):
    """Return the metadata that a MACE model determines."""
    from ase.data import chemical_symbols

    from natrolite.exporters import mace_build

    numbers = [int(z) for z in model.atomic_numbers]
    heads = mace_build.heads_of(model)
    name = os.path.splitext(os.path.basename(source))[0]
    layers = len(model.interactions)
    license = getattr(model, "license", None)
    return {
        "family": "mace",
        "name": name if len(heads) == 1 else f"{name}, head {heads[head]}",
        "license": license if isinstance(license, str) else "not declared",
        "citation": [CITATION, *getattr(model, "citation", [])],
        "type_names": [chemical_symbols[z] for z in numbers],
        "atomic_numbers": numbers,
        "r_max": float(model.r_max),
        "num_layers": layers,
        "strictly_local": layers == 1,
        "arch": {
            "model": type(model).__name__,
            "interactions": [type(block).__name__ for block in model.interactions],
            "products": [str(p.linear.irreps_out) for p in model.products],
            "readouts": [type(readout).__name__ for readout in model.readouts],
            "harmonics": str(model.spherical_harmonics.irreps_out),
            "radial": [type(part).__name__ for part in model.radial_embedding.children()],
            "repulsion": "ZBL" if hasattr(model, "pair_repulsion") else None,
            "heads": heads,
            "head": heads[head],
        },
    }


def _original(model, head, isolated):
    """Return atoms -> common result (energy, forces, virial) by the unmodified mace model.

    mace's neighbor list and forward. Its total energy is rounded to the compute type; here the
    energies of isolated atoms (float64 [T]), which can be thousands of eV, are added in double
    precision.
    """
    import numpy as np
    import torch

    from mace.data.neighborhood import get_neighborhood
    from natrolite.evaluate import Result

    real = model.r_max.dtype
    numbers = [int(z) for z in model.atomic_numbers]

    def evaluate(atoms):
        index, shifts, unit_shifts, cell = get_neighborhood(
            atoms.get_positions(), float(model.r_max), tuple(bool(p) for p in atoms.pbc), np.array(atoms.cell)
        )
        types = torch.tensor([numbers.index(z) for z in atoms.numbers])
        data = {
            "positions": torch.tensor(atoms.get_positions(), dtype=real),
            "node_attrs": torch.nn.functional.one_hot(types, len(numbers)).to(real),
            "edge_index": torch.as_tensor(index, dtype=torch.int64),
            "shifts": torch.tensor(shifts, dtype=real),
            "unit_shifts": torch.tensor(unit_shifts, dtype=real),
            "cell": torch.tensor(cell, dtype=real),
            "batch": torch.zeros(len(atoms), dtype=torch.int64),
            "ptr": torch.tensor([0, len(atoms)]),
            "head": torch.tensor([head]),
        }
        with _quiet(), default_dtype(real):  # some formulas of mace compute in it
            out = model(data, compute_force=True, compute_virials=True, compute_stress=False)
        # mace's energy of ScaleShiftMACE without the isolated atoms; MACE lists its parts
        rest = out["interaction_energy"] if "interaction_energy" in out else out["contributions"][:, 1:]
        energy = float(isolated[types].sum() + rest.detach().double().sum())
        return Result(energy, out["forces"].numpy(), out["virials"][0].numpy())

    return evaluate
