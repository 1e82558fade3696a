# SPDX-License-Identifier: GPL-2.0-only
"""Small NequIP and Allegro models with random weights, built and saved by nequip's own code.

Needs the environment of cmake/pins-nequip.txt. Importing this module sets nequip's global state
(torch's default type becomes float64, as in nequip's own programs).
"""

import contextlib
import io
import logging
import os
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("PYTHONWARNINGS", "ignore")

TYPES = ["H", "C", "O", "Na", "Ti"]
R_MAX = 4.0

# center -> cutoff or {neighbor -> cutoff}; what is not named has R_MAX. Not symmetric on purpose.
CUTOFFS = {"H": 2.5, "C": {"C": 3.0, "Na": 3.6}, "Na": 3.8}
ZBL = {"_target_": "nequip.nn.pair_potential.ZBL", "units": "metal", "chemical_species": TYPES}
# Allegro: splines of the distance, weights of paths shared by channels, deeper networks
SPLINE = {
    "radial_chemical_embed": {
        "_target_": "allegro.nn.TwoBodySplineScalarEmbed", "num_splines": 8, "spline_span": 6,
    },
    "tp_path_channel_coupling": False,
    "allegro_mlp_hidden_layers_depth": 2,
}  # fmt: skip
COMMON = {
    "seed": 7,
    "model_dtype": "float64",
    "r_max": R_MAX,
    "type_names": TYPES,
    "avg_num_neighbors": {"H": 6.0, "C": 9.0, "O": 8.0, "Na": 11.0, "Ti": 12.0},
    "per_type_energy_scales": {"H": 1.1, "C": 1.7, "O": 1.3, "Na": 0.8, "Ti": 2.1},
    "per_type_energy_shifts": {"H": -1.2, "C": -3.1, "O": -2.5, "Na": -0.9, "Ti": -4.7},
}


def nequip(**changes):
    """Return the configuration of a NequIP model: 3 layers, l = 1, both parities."""
    model = {
        "_target_": "nequip.model.NequIPGNNModel",
        "num_layers": 3,
        "l_max": 1,
        "num_features": 4,
        "radial_mlp_width": 8,
        "num_bessels": 4,
    }
    return {**COMMON, **model, **changes}


def allegro(**changes):
    """Return the configuration of an Allegro model: 2 layers, l = 1."""
    model = {
        "_target_": "allegro.model.AllegroModel",
        "l_max": 1,
        "num_layers": 2,
        "num_scalar_features": 8,
        "num_tensor_features": 4,
        "radial_chemical_embed": {"_target_": "allegro.nn.TwoBodyBesselScalarEmbed", "num_bessels": 4},
        "scalar_embed_mlp_hidden_layers_width": 8,
        "allegro_mlp_hidden_layers_width": 8,
        "readout_mlp_hidden_layers_width": 8,
    }
    return {**COMMON, **model, **changes}


def several(**models):
    """Return the configuration of a file of several models."""
    return {"_target_": "tiny_nequip.build_several", "models": models}


def build_several(models):
    """Return the torch.nn.ModuleDict that nequip expects of a file of several models."""
    import torch
    from hydra.utils import get_method

    def build(model):
        return get_method(model["_target_"])(**{k: v for k, v in model.items() if k != "_target_"})

    return torch.nn.ModuleDict({name: build(model) for name, model in models.items()})


@contextlib.contextmanager
def quiet():
    """Keep what nequip's and lightning's programs print, unless they fail."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            logging.disable(logging.WARNING)
            yield
    except BaseException:
        print(said.getvalue())
        raise
    finally:
        logging.disable(logging.NOTSET)


def _data(folder):
    """Return the configuration of a data set of one small crystal, which is written there."""
    from ase.build import bulk
    from ase.io import write

    crystal = bulk("NaCl", "rocksalt", 5.2, cubic=True)
    crystal.symbols[:] = ["Na", "C", "O", "Ti", "H", "C", "O", "Na"]
    crystal.rattle(0.1, seed=1)
    file = os.path.join(os.path.abspath(folder), "frames.xyz")
    write(file, [crystal, crystal])
    mapper = {
        "_target_": "nequip.data.transforms.ChemicalSpeciesToAtomTypeMapper",
        "model_type_names": TYPES,
        "chemical_species_to_atom_type_map": {name: name for name in TYPES},
    }
    neighbors = {"_target_": "nequip.data.transforms.NeighborListTransform", "r_max": R_MAX}
    return {
        "_target_": "nequip.data.datamodule.ASEDataModule",
        "seed": 1,
        "train_file_path": file,
        "val_file_path": file,
        "transforms": [mapper, neighbors],
    }


def write_checkpoint(path, model):
    """Write the checkpoint that nequip's trainer would write before its first step; return path."""
    import lightning
    from nequip.train import NequIPLightningModule
    from nequip.utils.global_state import get_latest_global_state, set_global_state
    from nequip.utils.versions import get_current_code_versions

    with quiet():
        set_global_state()
        info = {
            "versions": get_current_code_versions(),
            "data": _data(os.path.dirname(path)),
            "trainer": {},
            "global_options": get_latest_global_state(),
            "runs": ["train"],
            "training_module": {"_target_": "nequip.train.NequIPLightningModule", "model": model},
        }
        sets = {"train": 1, "val": 1, "test": 0, "predict": 0}
        module = NequIPLightningModule(model=model, num_datasets=sets, info_dict=info)
        trainer = lightning.Trainer(
            accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, max_epochs=0
        )
        trainer.strategy.connect(module)
        trainer.save_checkpoint(path, weights_only=True)
    return path


def package(checkpoint, path):
    """Run `nequip-package build CHECKPOINT PATH.nequip.zip`; return path."""
    from nequip.scripts import package as program

    with quiet():
        program.main(["build", str(checkpoint), str(path)])
    return path


def torchscript(checkpoint, path):
    """Run `nequip-compile --mode torchscript`, which refuses torch >= 2.10 though it works."""
    from unittest import mock

    from nequip.scripts import compile as program

    with quiet(), mock.patch.object(program, "_TORCH_GE_2_10", False):
        program.main([str(checkpoint), str(path), "--mode", "torchscript", "--device", "cpu"])
    return path


def aotinductor(checkpoint, path, target):
    """Run `nequip-compile --mode aotinductor --target TARGET` (without optimization: minutes less)."""
    from nequip.scripts import compile as program

    arguments = ["--mode", "aotinductor", "--device", "cpu", "--target", target]
    with quiet():
        program.main([str(checkpoint), str(path), *arguments, "--inductor-configs", "aot_inductor.debug_compile=1"])
    return path


def calculator(path, name="sole_model"):
    """Return nequip's own ASE calculator for a checkpoint, a package, or a .nequip.pth file."""
    from nequip.integrations.ase import NequIPCalculator

    elements = {"chemical_species_to_atom_type_map": {name: name for name in TYPES}}
    with quiet():
        if str(path).endswith(".pth"):
            return NequIPCalculator.from_compiled_model(str(path), device="cpu", **elements)
        return NequIPCalculator._from_saved_model(str(path), model_name=name, **elements)
