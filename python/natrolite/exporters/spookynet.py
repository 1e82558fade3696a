# SPDX-License-Identifier: GPL-2.0-only
"""Exporter of the SpookyNet family: files of `natrolite train`, and of the original code."""

import dataclasses
import os

from natrolite import archive
from natrolite.errors import NatroliteError
from natrolite.exporters.common import NOT_STATED, Built
from natrolite.spookynet.settings import TRAINED

PACKAGE = "pip install torch"
OPTIONS = ("lr_cutoff",)

CITATION = """@article{unke2021spookynet,
  author = {Unke, Oliver T. and Chmiela, Stefan and Gastegger, Michael and Sch{\\"u}tt, Kristof T. and Sauceda, Huziel E. and M{\\"u}ller, Klaus-Robert},
  title = {SpookyNet: Learning force fields with electronic degrees of freedom and nonlocal effects},
  journal = {Nat. Commun.},
  volume = {12}, pages = {7273}, year = {2021},
  doi = {10.1038/s41467-021-27504-0}
}"""

CITATION_D4 = """@article{caldeweyher2019d4,
  author = {Caldeweyher, Eike and Ehlert, Sebastian and Hansen, Andreas and Neugebauer, Hagen and Spicher, Sebastian and Bannwarth, Christoph and Grimme, Stefan},
  title = {A generally applicable atomic-charge dependent London dispersion correction},
  journal = {J. Chem. Phys.},
  volume = {150}, pages = {154122}, year = {2019},
  doi = {10.1063/1.5090222}
}"""

# SHA-256 of a file -> (title, license of its repository).
KNOWN = {
    "604026ed148310d09cd6ae6c0e67e3c8905b5fc35ef3bd30714fd8776985e5cc": (
        "SpookyNet, public parameters (OUnke/SpookyNet d57b1fc)",
        "MIT",
    ),
}


def claims(path):
    """Return whether it is a file of `natrolite train` or of the original code. Nothing is unpickled."""
    strings, _ = archive.pickled(path)
    return TRAINED in strings or {"num_features", "state_dict", "nuclear_embedding.element_embedding"} <= strings


def build(source, dtype, modality=None, lr_cutoff=None):
    """Return common.Built for a file of `natrolite train` or a parameter file of the original.

    dtype: "float32" or "float64", of the network (the analytic terms are always float64);
    lr_cutoff: Angstrom, None keeps the file's own. What the exported form is compared with is the
    same model in Python and float64, which the tests compare with the original code.
    Raises NatroliteError for what the file asks for and this implementation lacks, for a wrong
    lr_cutoff, and for a modality.
    """
    import torch

    from natrolite import operators  # noqa: F401  (scripting needs the operators)

    if modality is not None:
        raise NatroliteError(f"'{source}' has no modalities; leave --modality {modality} out")
    try:
        model, known = _load(source, getattr(torch, dtype), lr_cutoff)
        double, _ = _load(source, torch.float64, lr_cutoff)
    except (ValueError, OSError) as error:
        raise NatroliteError(str(error)) from None
    return built_of(model, dtype, source, double, known)


def built_of(model, dtype, source, double=None, known=None):
    """Return common.Built for a spookynet.SpookyNet; double: the same in float64, None: the model itself.

    dtype: of the network; source: the file whose name and checksum the metadata have; known: metadata that the
    file itself states.
    """
    import torch

    from natrolite import evaluate
    from natrolite.exporters import spookynet_native

    double = double or model
    fields, known = _fields(source, model.settings), dict(known or {})
    fields["citation"] += known.pop("citation", [])
    fields |= {**known, "dtype": dtype}
    cutoff = max(model.r_max, fields["lr_cutoff"] or 0.0)
    return Built(
        module=model,
        original=lambda atoms: evaluate.evaluate(double, fields, atoms)[0],
        fields=fields,
        script=torch.jit.script,
        describe=lambda: spookynet_native.describe(model, dtype, cutoff),
    )


def _load(source, dtype, lr_cutoff):
    """Return (model without gradients of its weights, metadata that the file itself states)."""
    from natrolite.spookynet import checkpoint, load_parameters

    if TRAINED not in archive.pickled(source)[0]:
        return load_parameters(source, dtype, lr_cutoff).requires_grad_(False), {}
    model, fields = checkpoint.load(source, dtype, lr_cutoff)
    return model.requires_grad_(False), {
        name: fields[name] for name in ("name", "license", "citation") if name in fields
    }


def _fields(source, settings):
    """Return the metadata that a parameter file determines."""
    from ase.data import chemical_symbols

    from natrolite.spookynet.model import OUTPUTS

    digest = archive.sha256(source)
    title = os.path.splitext(os.path.basename(source))[0]
    name, terms = KNOWN.get(digest, (title, NOT_STATED))
    return {
        "family": "spookynet",
        "name": name,
        "license": terms,
        "citation": [CITATION] + ([CITATION_D4] if settings.dispersion else []),
        "type_names": [chemical_symbols[z] for z in settings.atomic_numbers],
        "atomic_numbers": list(settings.atomic_numbers),
        "r_max": settings.r_max,
        "lr_cutoff": settings.lr_cutoff if settings.long_range else None,
        "num_layers": settings.modules,
        "strictly_local": False,
        "needs_total_charge": True,
        "needs_total_spin": True,
        "spin_convention": "unpaired_electrons",
        "defaults": {"total_charge": 0.0, "total_spin": 0.0},
        "outputs": OUTPUTS,
        "arch": {
            "settings": dataclasses.asdict(settings),
            "all_pairs": settings.all_pairs,
            "source_sha256": digest,
        },
    }
