# SPDX-License-Identifier: GPL-2.0-only
"""Small SevenNet models with random weights, and sevenn's own calculator in both precisions.

`python tiny_sevennet.py FILE [KEY=VALUE ...]` writes a checkpoint that sevenn itself loads.
"""

import functools
import sys
import warnings
from unittest import mock

warnings.filterwarnings("ignore", message="The TorchScript type system")

ELEMENTS = ["C", "H", "Na", "O", "Ti"]


def config(**changes):
    """Return a complete sevenn configuration: 3 layers, cutoff 4 A, lmax 2, no parity."""
    import sevenn
    import sevenn._const as const
    from sevenn.util import chemical_species_preprocess

    base = {
        **const.DEFAULT_E3_EQUIVARIANT_MODEL_CONFIG,
        **chemical_species_preprocess(list(ELEMENTS)),
        "version": sevenn.__version__,
        "_model_type": "E3_equivariant_model",
        "cutoff": 4.0,
        "channel": 8,
        "lmax": 2,
        "is_parity": False,
        "num_convolution_layer": 3,
        "weight_nn_hidden_neurons": [16],
        "radial_basis": {"radial_basis_name": "bessel", "bessel_basis_num": 6},
        "cutoff_function": {"cutoff_function_name": "XPLOR", "cutoff_on": 3.5},
        "self_connection_type": "linear",
        "conv_denominator": 4.0,
        "shift": [-3.1, -1.2, -0.9, -2.5, -4.7],
        "scale": [1.7, 1.1, 0.8, 1.3, 2.1],
        "use_modality": False,
        "use_modal_wise_shift": False,
        "use_modal_wise_scale": False,
    }
    return {**base, **changes}


def flat_config(elements):
    """Return a configuration for other elements, with forces so small that dynamics goes nowhere."""
    from sevenn.util import chemical_species_preprocess

    count = len(elements)
    return config(**chemical_species_preprocess(list(elements)), shift=[-1.0] * count, scale=[0.01] * count)


def modal_config(**changes):
    """Return a configuration with the modalities A and B in every layer that can know them."""
    everywhere = [f"use_modal_{k}" for k in ("node_embedding", "self_inter_intro", "self_inter_outro", "output_block")]
    shifts = {"A": [-3.1, -1.2, -0.9, -2.5, -4.7], "B": [-2.1, -1.4, -0.2, -1.5, -3.7]}
    modal = {
        "use_modality": True,
        "_number_of_modalities": 2,
        "_modal_map": {"A": 0, "B": 1},
        "use_modal_wise_shift": True,
        "shift": [shifts["A"], shifts["B"]],
        **dict.fromkeys(everywhere, True),
    }
    return config(**{**modal, **changes})


def write(path, settings=None, seed=11):
    """Write a checkpoint with random weights to path; return path."""
    import torch
    from sevenn.model_build import build_E3_equivariant_model

    settings = settings or config()
    torch.manual_seed(seed)
    model = build_E3_equivariant_model(settings)
    content = {"config": settings, "model_state_dict": model.state_dict(), "epoch": 0}
    torch.save({**content, "time": "2026-01-01 00:00", "hash": "tiny"}, path)
    return path


def calculator(source, dtype="float32", modal=None):
    """Return sevenn's own SevenNetCalculator on the CPU for a checkpoint or a pretrained name.

    float64: the same class and network; only the conversion of inputs to float32 and the float32
    one-hot, which sevenn has hard-wired, are replaced.
    """
    import torch
    from sevenn.calculator import SevenNetCalculator
    from sevenn.util import dtype_correct

    class Double(SevenNetCalculator):
        def calculate(self, *args, **kwargs):
            double = functools.partial(dtype_correct, float_dtype=torch.float64)
            with mock.patch("sevenn.util.dtype_correct", double):
                super().calculate(*args, **kwargs)

    def cast(module, inputs, data):
        for key in ("x", "node_attr", "modal_attr"):
            if key in data and data[key].is_floating_point():
                data[key] = data[key].double()
        return data

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dtype == "float32":
            return SevenNetCalculator(str(source), device="cpu", modal=modal)
        result = Double(str(source), device="cpu", modal=modal)
    result.model.double()
    for name in ("onehot_idx_to_onehot", "one_hot_modality"):
        if name in result.model._modules:
            result.model._modules[name].register_forward_hook(cast)
    return result


if __name__ == "__main__":
    import ast

    pairs = (argument.split("=", 1) for argument in sys.argv[2:])
    write(sys.argv[1], config(**{key: ast.literal_eval(value) for key, value in pairs}))
