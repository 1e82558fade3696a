# SPDX-License-Identifier: GPL-2.0-only
"""Small NequIP and Allegro models with random weights, built by nequip 0.6 or 0.5 and deployed by its
own `nequip-deploy build`.

Needs the environment of cmake/pins-nequip06.txt or -nequip05.txt.
"""

import os
import warnings

warnings.filterwarnings("ignore")

from tiny_nequip import CUTOFFS, TYPES, quiet  # noqa: E402

# a row per center as nequip-allegro 0.3 wants it; 4.3 is a little more in its float32
LONGEST = 4.3


def _row(cutoffs):
    return {b: cutoffs.get(b, LONGEST) if isinstance(cutoffs, dict) else cutoffs for b in TYPES}


PAIRS = {a: _row(CUTOFFS.get(a, LONGEST)) for a in TYPES}
BUILDERS = ["PerSpeciesRescale", "StressForceOutput", "RescaleEnergyEtc"]
COMMON = {
    "seed": 7,
    "default_dtype": "float64",
    "model_dtype": "float64",
    "allow_tf32": False,
    "r_max": 4.0,
    "chemical_symbol_to_type": {name: k for k, name in enumerate(TYPES)},
    "avg_num_neighbors": 10.0,
    "PolynomialCutoff_p": 6,
    "per_species_rescale_scales": [1.1, 1.7, 1.3, 0.8, 2.1],
    "per_species_rescale_shifts": [-1.2, -3.1, -2.5, -0.9, -4.7],
    "global_rescale_scale": 1.25,
}


def _with(first, extra, changes):
    config = {**COMMON, "model_builders": [*first, *BUILDERS], **extra, **changes}
    if "pair_style" in config:
        config["model_builders"].insert(len(first), "PairPotentialTerm")
    return config


def nequip(**changes):
    """Return the configuration of a NequIP model: 2 layers, l = 1, both parities."""
    extra = {
        "num_layers": 2,
        "l_max": 1,
        "parity": True,
        "num_features": 4,
        "num_basis": 4,
        "invariant_layers": 1,
        "invariant_neurons": 8,
        "use_sc": True,
    }
    return _with(["SimpleIrrepsConfig", "EnergyModel"], extra, changes)


def allegro(**changes):
    """Return the configuration of an Allegro model: 2 layers, l = 1."""
    extra = {
        "l_max": 1,
        "parity": "o3_full",
        "num_layers": 2,
        "num_tensor_features": 4,
        "num_bessels_per_basis": 4,
        "two_body_latent_mlp_latent_dimensions": [8, 8],
        "two_body_latent_mlp_nonlinearity": "silu",
        "latent_mlp_latent_dimensions": [8, 8],
        "latent_mlp_nonlinearity": "silu",
        "env_embed_mlp_latent_dimensions": [],
        "env_embed_mlp_nonlinearity": None,
        "edge_eng_mlp_latent_dimensions": [8],
        "edge_eng_mlp_nonlinearity": None,
    }
    return _with(["allegro.model.Allegro"], extra, changes)


def deploy(path, config):
    """Train nothing, write what a training leaves, and run `nequip-deploy build`; return path."""
    import torch
    from nequip.model import model_from_config
    from nequip.scripts import deploy as program
    from nequip.scripts.train import default_config
    from nequip.utils import Config
    from nequip.utils._global_options import _set_global_options

    if "per_edge_type_cutoff" in config:  # nequip-allegro 0.3.0 writes this key but forgets to announce it
        program._register_metadata_key("per_edge_type_cutoff")
    folder = os.path.splitext(path)[0] + "-training"
    os.makedirs(folder, exist_ok=True)
    with quiet():
        torch.manual_seed(config["seed"])
        whole = Config({**default_config, **config})
        _set_global_options(whole)
        model = model_from_config(whole, initialize=True)
        torch.save(model.state_dict(), os.path.join(folder, "best_model.pth"))
        whole.save(os.path.join(folder, "config.yaml"))
        program.main(["build", "--train-dir", folder, str(path)])
    return path


def calculator(path):
    """Return nequip's own ASE calculator for a deployed file, without the fuser, which compiles for long."""
    import torch
    from nequip.ase import NequIPCalculator

    names = {name: name for name in TYPES}
    with quiet():
        torch._C._jit_set_profiling_executor(False)
        return NequIPCalculator.from_deployed_model(
            str(path), device="cpu", species_to_type_name=names, set_global_options=True
        )
