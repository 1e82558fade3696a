# SPDX-License-Identifier: GPL-2.0-only
"""Reading the public parameter files of the original SpookyNet code.

Such a file is a dict saved by torch: the architecture by keyword and `state_dict`, float32.
"""

import pickle

import torch

from .dispersion_tables import from_parameters
from .model import SpookyNet
from .settings import BLOCKS, Settings

# Name there -> name here, for each part of a residual block or readout.
BLOCK_NAMES = {
    "activation1.alpha": "first.amplitude",
    "activation1.beta": "first.slope",
    "activation2.alpha": "second.amplitude",
    "activation2.beta": "second.slope",
    "linear1": "inner",
    "linear2": "outer",
    "residual.stack": "residual",
    "activation.alpha": "activation.amplitude",
    "activation.beta": "activation.slope",
}
MODULE_NAMES = {
    "local_interaction.resblock_x": "near.own",
    "local_interaction.resblock_s": "near.message_s",
    "local_interaction.resblock_p": "near.message_p",
    "local_interaction.resblock_d": "near.message_d",
    "local_interaction.projection_": "near.pair_",
    "local_interaction.resblock": "near.mlp",
    "nonlocal_interaction.resblock_q": "far.query",
    "nonlocal_interaction.resblock_k": "far.key",
    "nonlocal_interaction.resblock_v": "far.value",
    "nonlocal_interaction.attention.omega": "far.omega",
    "residual_pre.stack": "pre",
    "residual_post.stack": "post",
    "resblock": "readout",
}
PREFIXES = {
    "charge_embedding.": "charge_embedding.",
    "magmom_embedding.": "spin_embedding.",
    "module.": "interactions.",
}
EMBEDDING_NAMES = {"linear_q": "query", "linear_k": "key", "linear_v": "value", "resblock": "mlp"}
SINGLE = {
    "nuclear_embedding.config_linear.weight": "element.mix.weight",
    "output.weight": "output.weight",
    "radial_basis_functions._alpha": "basis.alpha",
    "radial_basis_functions.logc": "basis.log_binomial",
    "radial_basis_functions.v": "basis.power",
    "zbl_repulsion_energy._adiv": "repulsion.inverse_length",
    "zbl_repulsion_energy._apow": "repulsion.exponent",
    "d4_dispersion_energy._s6": "dispersion.s6",
    "d4_dispersion_energy._s8": "dispersion.s8",
    "d4_dispersion_energy._a1": "dispersion.a1",
    "d4_dispersion_energy._a2": "dispersion.a2",
    "d4_dispersion_energy._scaleq": "dispersion.charge_scale",
}
PER_ELEMENT = {
    "element_bias": "offset",
    "nuclear_embedding.element_embedding": "element.free",
    "nuclear_embedding.electron_config": "element.descriptor",
}
# What this implementation covers; a file that says otherwise is refused by name.
REQUIRED = {
    "activation": "swish",
    "basis_functions": "exp-bernstein",
    "use_irreps": True,
    "use_nonlinear_embedding": False,
}


def load_parameters(path, dtype=torch.float64, lr_cutoff=None) -> SpookyNet:
    """Return the model of a public parameter file, in evaluation mode.

    dtype: type of the network; lr_cutoff: Angstrom, overrides the file's own. The D4 tables are
    those of the file. Raises ValueError for a file that is no SpookyNet parameter file, or that
    asks for a part not supported here (with its name), and OSError if it cannot be read.
    """
    saved = _read(path)
    state = saved["state_dict"]
    try:
        settings = _settings(saved, lr_cutoff, path)
        renamed = rename(state, settings)
    except KeyError as error:
        missing = error.args[0]
        raise ValueError(f"{path} is not a complete SpookyNet parameter file: no {missing}") from None
    tables = None
    if settings.dispersion:
        prefix = "d4_dispersion_energy."
        rows = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        tables = from_parameters(rows, settings.atomic_numbers)
    model = SpookyNet(settings, dtype, tables)
    own = model.state_dict()
    unknown, missing = sorted(set(renamed) - set(own)), sorted(set(own) - set(renamed))
    missing = [name for name in missing if not _derived(name)]
    if unknown or missing:
        raise ValueError(f"{path}: unknown weights {unknown[:5]}, missing weights {missing[:5]}")
    for name, value in renamed.items():
        if own[name].shape != value.shape:
            shapes = tuple(value.shape), tuple(own[name].shape)
            raise ValueError(f"{path}: {name} has shape {shapes[0]}, not {shapes[1]}")
    model.load_state_dict(renamed, strict=False)
    return model.eval()


def _read(path) -> dict:
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        reason = (str(error).splitlines() or ["it ends too early"])[0]
        raise ValueError(f"{path} is not a file of torch.save: {reason}") from None
    if not isinstance(saved, dict) or "state_dict" not in saved or "num_features" not in saved:
        raise ValueError(f"{path} is not a SpookyNet parameter file: no state_dict and num_features")
    return saved


def _settings(saved: dict, lr_cutoff, path) -> Settings:
    """Return the Settings a file describes; refuse what is not supported."""
    old = {"use_irreps": False, "use_nonlinear_embedding": True}  # meaning of an absent entry
    for name, wanted in REQUIRED.items():
        value = saved.get(name, old.get(name))
        if value != wanted:
            raise ValueError(f"{path}: {name} = {value!r} is not supported, only {wanted!r}")
    return Settings(
        atomic_numbers=tuple(range(1, saved["Zmax"])),
        features=saved["num_features"],
        basis=saved["num_basis_functions"],
        modules=saved["num_modules"],
        r_max=saved["cutoff"],
        lr_cutoff=saved["lr_cutoff"] if lr_cutoff is None else lr_cutoff,
        blocks={name: saved[f"num_residual_{name}"] for name in BLOCKS},
        radial_decay=saved["exp_weighting"],
        repulsion=saved["use_zbl_repulsion"],
        electrostatics=saved["use_electrostatics"],
        dispersion=saved["use_d4_dispersion"],
    )


def rename(state: dict, settings: Settings) -> dict:
    """Return the weights of a file's state_dict under the names of `SpookyNet`."""
    rows = torch.tensor(settings.atomic_numbers)
    new = {}
    for name, value in state.items():
        if name in SINGLE:
            value = value.reshape(()) if value.numel() == 1 else value
            new[SINGLE[name]] = value
        elif name in PER_ELEMENT:
            new[PER_ELEMENT[name]] = value[rows]
        elif name.startswith(tuple(PREFIXES)) and "radial_" not in name:
            new[_block_name(name)] = value
    for index in range(settings.modules):
        part = f"module.{index}.local_interaction.radial_"
        radial = [state[f"{part}{kind}.weight"] for kind in "spd"]
        new[f"interactions.{index}.near.radial.weight"] = torch.cat(radial)
    if settings.repulsion:
        for kind, target in (("c", "height"), ("a", "slope")):
            values = [state[f"zbl_repulsion_energy._{kind}{k}"] for k in (1, 2, 3, 4)]
            new[f"repulsion.{target}"] = torch.cat(values)
    return new


def _block_name(name: str) -> str:
    """Return the name here of a weight inside an embedding or an interaction module."""
    prefix = next(p for p in PREFIXES if name.startswith(p))
    rest = name[len(prefix) :]
    index, rest = rest.split(".", 1) if prefix == "module." else ("", rest)
    parts = MODULE_NAMES if prefix == "module." else EMBEDDING_NAMES
    part = next((p for p in parts if rest.startswith(p)), "")
    rest = parts.get(part, "") + rest[len(part) :]
    for old, new in BLOCK_NAMES.items():
        rest = rest.replace(old, new)
    return PREFIXES[prefix] + (f"{index}.{rest}" if index else rest)


def _derived(name: str) -> bool:
    """Whether a buffer is set by construction: the D4 tables and what follows from elements."""
    learned = {target for target in SINGLE.values() if target.startswith("dispersion.")}
    return name == "repulsion.charge" or (name.startswith("dispersion.") and name not in learned)
