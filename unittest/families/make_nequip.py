# SPDX-License-Identifier: GPL-2.0-only
"""Writes small NequIP and Allegro files and what nequip's own calculator says about them.

usage: make_nequip.py OUT     (environment of cmake/pins-nequip.txt, PYTHONPATH=python:unittest)

OUT gets model files exported by natrolite, foreign files by nequip-compile, and cases.json.
"""

import os
import sys

import case_file
import structures
import tiny_nequip as tiny
from natrolite.export import export
from natrolite.exporters import nequip as family

# name -> (configuration, type, layers)
MODELS = {
    "nequip": (tiny.nequip(parity=False), "float64", 3),
    "nequip-single": (tiny.nequip(model_dtype="float32", num_layers=2), "float32", 2),
    "nequip-zbl": (tiny.nequip(pair_potential=tiny.ZBL, num_layers=2, parity=False), "float64", 2),
    "nequip-scalar": (tiny.nequip(num_layers=2, l_max=0, num_bessels=2), "float64", 2),
    "allegro-cutoffs": (tiny.allegro(per_edge_type_cutoff=tiny.CUTOFFS, num_layers=1), "float64", 1),
    "allegro-single": (tiny.allegro(model_dtype="float32"), "float32", 1),
    "allegro-zbl": (tiny.allegro(pair_potential=tiny.ZBL, num_layers=3, l_max=2, num_tensor_features=5), "float64", 1),
    "allegro-spline": (
        tiny.allegro(**tiny.SPLINE, l_max=3, parity=False, per_edge_type_cutoff=tiny.CUTOFFS),
        "float64",
        1,
    ),
    "nequip-cutoffs": (
        tiny.nequip(per_edge_type_cutoff=tiny.CUTOFFS, pair_potential=tiny.ZBL, num_layers=2),
        "float64",
        2,
    ),
}
PACKAGED = ["nequip-single", "allegro-cutoffs"]
TORCHSCRIPT = ["nequip-zbl", "allegro-cutoffs"]
# compiled by torch in about half a minute each, so small ones
AOTINDUCTOR = {"nequip-scalar": "pair_nequip", "allegro-cutoffs": "pair_allegro"}
EVERY = ["folded", "ghost", "shell"]


def cases(name, file, values, foreign=False, modes=EVERY, max_ranks=0):
    """Return the entries of cases.json for one file of a model."""
    _, dtype, layers = MODELS[name]
    label = file.replace(".pt2", "-pt2").replace(".pth", "-pth").replace(".nequip", "").removesuffix(".pt")
    return [
        case_file.entry(
            f"{label}-{dtype}", file, structure, value,
            dtype=dtype, layers=layers, cutoff=tiny.R_MAX, modes=modes, foreign=foreign, max_ranks=max_ranks,
        )
        for structure, value in values.items()
    ]  # fmt: skip


def write(out, name):
    """Write all files of one model into the folder out; return the entries of cases.json."""
    config, dtype, layers = MODELS[name]
    checkpoint = tiny.write_checkpoint(os.path.join(out, f"{name}.ckpt"), config)
    calculator = tiny.calculator(checkpoint)
    values = {key: case_file.truth_by(calculator, build()) for key, build in structures.ALL.items()}
    source = checkpoint
    if name in PACKAGED:
        source = tiny.package(checkpoint, os.path.join(out, f"{name}.nequip.zip"))
    export(family, source, os.path.join(out, f"{name}.pt"), dtype)
    found = cases(name, f"{name}.pt", values)
    if name in TORCHSCRIPT:
        tiny.torchscript(checkpoint, os.path.join(out, f"{name}.nequip.pth"))
        modes = EVERY if layers == 1 else ["folded", "shell"]
        found += cases(name, f"{name}.nequip.pth", values, foreign=True, modes=modes)
    if name in AOTINDUCTOR:
        tiny.aotinductor(checkpoint, os.path.join(out, f"{name}.nequip.pt2"), AOTINDUCTOR[name])
        limits = {} if layers == 1 else {"modes": ["folded"], "max_ranks": 1}
        found += cases(name, f"{name}.nequip.pt2", values, foreign=True, **limits)
        if layers > 1:  # a mistake of its user, which test_runs.py sees refused
            tiny.aotinductor(checkpoint, os.path.join(out, "mistaken.nequip.pt2"), "pair_allegro")
    return found


if __name__ == "__main__":
    case_file.write_all(sys.argv[1], MODELS, write)
