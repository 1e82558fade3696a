# SPDX-License-Identifier: GPL-2.0-only
"""Writes small nequix files with random weights, exports them, and asks nequix's own calculator.

usage: make_nequix.py OUT     (environment of cmake/pins-nequix.txt, PYTHONPATH=python:unittest)

OUT gets the files, the model files made of them, and cases.json (see test_matrix.py).
"""

import os
import sys

import case_file
import structures
import tiny_nequix as tiny
from natrolite.export import export
from natrolite.exporters import nequix as family

# name -> (changes of the configuration, type)
MODELS = {
    "nequix": ({}, "float64"),
    "nequix-single": ({"hidden_irreps": "5x0e + 3x1o + 2x2e + 2x3o", "lmax": 3, "n_layers": 2}, "float32"),
    "nequix-local": ({"layer_norm": False, "radial_mlp_layers": 1, "n_layers": 1}, "float64"),
}


def write(out, name):
    """Write both files of one model into the folder out; return the entries of cases.json."""
    changes, dtype = MODELS[name]
    settings = tiny.config(**changes)
    source = tiny.write(os.path.join(out, f"{name}.nqx"), settings)
    export(family, source, os.path.join(out, f"{name}.pt"), dtype)
    evaluate = tiny.calculator(source, dtype)
    return [
        case_file.entry(
            f"{name}-{dtype}", f"{name}.pt", structure, case_file.truth(*evaluate(build())),
            dtype=dtype, layers=settings["n_layers"], cutoff=settings["cutoff"], modes=["folded", "ghost", "shell"],
        )
        for structure, build in structures.ALL.items()
    ]  # fmt: skip


if __name__ == "__main__":
    case_file.write_all(sys.argv[1], MODELS, write)
