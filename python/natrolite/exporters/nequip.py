# SPDX-License-Identifier: GPL-2.0-only
"""Exporter of the NequIP family (NequIP and Allegro): checkpoints and packaged models of `nequip`."""

import importlib.util
import os

from natrolite import archive
from natrolite.default_dtype import default_dtype
from natrolite.errors import NatroliteError, reason
from natrolite.exporters.common import NOT_STATED, Built, quiet

PACKAGE = "pip install nequip==0.19.1 nequip-allegro==0.8.3"

CITATION_NEQUIP = """@article{batzner2022nequip,
  author = {Batzner, Simon and Musaelian, Albert and Sun, Lixin and Geiger, Mario and Mailoa, Jonathan P. and Kornbluth, Mordechai and Molinari, Nicola and Smidt, Tess E. and Kozinsky, Boris},
  title = {{E(3)}-equivariant graph neural networks for data-efficient and accurate interatomic potentials},
  journal = {Nat. Commun.},
  volume = {13}, pages = {2453}, year = {2022},
  doi = {10.1038/s41467-022-29939-5}
}"""

CITATION_ALLEGRO = """@article{musaelian2023allegro,
  author = {Musaelian, Albert and Batzner, Simon and Johansson, Anders and Sun, Lixin and Owen, Cameron J. and Kornbluth, Mordechai and Kozinsky, Boris},
  title = {Learning local equivariant representations for large-scale atomistic dynamics},
  journal = {Nat. Commun.},
  volume = {14}, pages = {579}, year = {2023},
  doi = {10.1038/s41467-023-36329-y}
}"""

SOLE_MODEL = "sole_model"  # nequip's name of the one model in a usual file


def claims(path):
    """Return whether the file is a checkpoint or a package of nequip, from the names inside it."""
    if any(name.endswith("/model/package_metadata.txt") for name in archive.names(path)):
        return True
    strings, _ = archive.pickled(path)
    signs = ("pytorch-lightning_version", "info_dict", "training_module")
    return all(any(sign in string for string in strings) for sign in signs)


def build(source, dtype, modality=None):
    """Return common.Built for a checkpoint (.ckpt) or a package (.nequip.zip).

    dtype: "float32" or "float64"; modality: name of the model in a file of several. Raises
    NatroliteError for a file that nequip cannot load, and naming what cannot be exported.
    """
    import torch

    _nequip()
    from natrolite.exporters import allegro_native, nequip_modules, nequip_native

    with quiet(), default_dtype():
        model = _select(source, _load(source), modality)
        nequip_modules.energy_model(model, source)
        nequip_modules.convert(model, getattr(torch, dtype))
        module = nequip_modules.build(model, source)
        fields = _fields(source, model, module, modality)
    allegro = any(type(part).__name__ == "Allegro_Module" for part in module.func.children())
    builder = allegro_native.Builder if allegro else nequip_native.Builder
    return Built(
        module=module,
        original=_original(model, fields["type_names"]),
        fields={**fields, "dtype": dtype},
        packages=_packages(),
        describe=lambda: builder(module, dtype, fields["r_max"]).build(),
    )


def _nequip():
    """Import nequip, or say how to install it."""
    try:
        with quiet(), default_dtype():
            import nequip.model.saved_models  # noqa: F401
    except ImportError as error:
        raise NatroliteError(
            f"NequIP and Allegro models need the package nequip, which cannot be imported ({error}); "
            f"install it: {PACKAGE}"
        ) from None


def _packages():
    """Return the distributions to name in created_by; packaged Allegro models do without allegro."""
    allegro = importlib.util.find_spec("allegro") is not None
    return ("nequip", *(["nequip-allegro"] if allegro else []), "e3nn")


def _load(source):
    """Return the torch.nn.ModuleDict of the models in a file."""
    import torch

    from nequip.model.saved_models import load_saved_model
    from nequip.utils.global_state import set_global_state

    set_global_state(allow_tf32=False)
    torch.set_default_dtype(torch.float64)
    try:
        return load_saved_model(source, compile_mode="eager", model_key=None).eval()
    except Exception as error:  # whatever unpickling and building of a foreign file may raise
        raise NatroliteError(
            f"nequip cannot load '{source}' ({reason(error)}); the file must be a checkpoint (.ckpt) or a "
            "package (.nequip.zip) that fits the installed nequip"
        ) from error


def _select(source, models, name):
    """Return the model called name, or the only one."""
    names = ", ".join(sorted(models))
    if len(models) == 1 and name is None:
        return next(iter(models.values()))
    if len(models) == 1 and SOLE_MODEL in models:
        raise NatroliteError(f"'{source}' holds one model; leave --modality {name} out")
    if name is None:
        raise NatroliteError(f"'{source}' holds several models; name one with --modality, one of: {names}")
    if name not in models:
        raise NatroliteError(f"'{source}' has no model '{name}'; it has: {names}")
    return models[name]


def _fields(source, model, module, modality):
    """Return the metadata that a model determines."""
    from natrolite.exporters import nequip_modules

    info = model.metadata
    names = info["type_names"].split()
    layers = len(nequip_modules.blocks(module))
    kinds = {nequip_modules.class_name(part) for part in module.modules()}
    allegro = "Allegro_Module" in kinds
    license, citation = _declared(source)
    title = os.path.basename(source).removesuffix(".ckpt").removesuffix(".model").removesuffix(".nequip.zip")
    return {
        "family": "allegro" if allegro else "nequip",
        "name": title if modality is None else f"{title}, model {modality}",
        "license": license,
        "citation": [CITATION_NEQUIP, *([CITATION_ALLEGRO] if allegro else []), *citation],
        "type_names": names,
        "atomic_numbers": [_number(source, name) for name in names],
        "r_max": float(info["r_max"]),
        "pair_cutoffs": _pair_cutoffs(info, len(names)),
        "num_layers": max(layers, 1),
        "strictly_local": layers <= 1,
        "arch": {"modules": [nequip_modules.class_name(part) for part in module.func.children()]},
    }


def _declared(source):
    """Return the license and the citations that the info_dict of a checkpoint may name (license, citation)."""
    import torch

    information = {}
    if not source.endswith(".nequip.zip"):
        hyper = torch.load(source, map_location="cpu", weights_only=False)["hyper_parameters"]
        information = hyper["info_dict"]
    return information.get("license", NOT_STATED), information.get("citation", [])


def _number(source, name):
    """Return the atomic number of a type, whose name must be an element's symbol."""
    from ase.data import atomic_numbers

    if atomic_numbers.get(name, 0) < 1:
        raise NatroliteError(
            f"'{source}' has the type name {name}, which is no element's symbol; the model file needs "
            "elements, rename the type in the model's configuration"
        )
    return atomic_numbers[name]


def _pair_cutoffs(info, count):
    """Return [center][neighbor] in Angstrom, or None for one cutoff."""
    if not info.get("per_edge_type_cutoff"):
        return None
    values = [float(value) for value in info["per_edge_type_cutoff"].split()]
    return [values[k * count : (k + 1) * count] for k in range(count)]


def _original(model, names):
    """Return atoms -> common result (energy, forces, virial) by nequip's own ASE calculator."""
    import numpy as np
    import torch

    from natrolite.evaluate import Result
    from nequip.integrations.ase import NequIPCalculator
    from nequip.integrations.utils import basic_transforms

    metadata = model.metadata
    transforms = basic_transforms(metadata, float(metadata["r_max"]), names, {name: name for name in names})
    calculator = NequIPCalculator(model=model, device="cpu", transforms=transforms)

    def evaluate(atoms):
        with quiet(), default_dtype(torch.float64):
            out = calculator.call_model(calculator.atoms_to_data(atoms))
        forces, virial = (out[key].detach().double().numpy() for key in ("forces", "virial"))
        return Result(float(out["total_energy"].detach()), forces, np.array(virial.reshape(3, 3)))

    return evaluate
