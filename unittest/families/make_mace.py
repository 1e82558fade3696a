# SPDX-License-Identifier: GPL-2.0-only
"""Writes MACE model files and what mace's own calculator says of the test structures.

`python make_mace.py OUT`, in an environment with mace-torch, writes into OUT small models with random
weights, their exports, TorchScript files by mace's own tool, and `cases.json` (see test_matrix.py).
"""

import contextlib
import io
import os
import sys
from unittest import mock

import case_file
import structures
import tiny_mace
from mace.cli import create_lammps_model
from natrolite.export import export
from natrolite.exporters import mace

# (kind of tiny_mace, dtype, head)
EXPORTS = [
    ("plain", "float64", None),
    ("plain", "float32", None),
    ("zbl", "float64", None),
    ("nonlinear", "float64", "scan"),
    ("density", "float64", None),
    ("one_layer", "float64", None),
]
FOREIGN = [("zbl", "float64", None), ("zbl", "float32", None), ("heads", "float64", "other")]


def foreign(checkpoint, dtype, head):
    """Write a file for mace's own pair style, by mace's own tool; return its name."""
    arguments = ["mace_create_lammps_model", checkpoint, "--dtype", dtype]
    arguments += ["--head", head] if head else []
    with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(io.StringIO()):
        create_lammps_model.main()
    name = f"{os.path.basename(checkpoint).removesuffix('.model')}-{dtype}-lammps.pt"
    os.replace(f"{checkpoint}-lammps.pt", os.path.join(os.path.dirname(checkpoint), name))
    return name


def cases(out, kind, dtype, head, file, is_foreign):
    """Yield the case of each structure for one file."""
    checkpoint = os.path.join(out, f"{kind}.model")
    options = tiny_mace.KINDS[kind]
    layers = options.get("num_interactions", 2)
    calculator = tiny_mace.calculator(checkpoint, dtype, head)
    label = f"mace-{kind}-{'foreign-' if is_foreign else ''}{dtype}"
    modes = ["folded", "shell"] if is_foreign else ["folded", "ghost", "shell"]
    for name, build in structures.ALL.items():
        values = case_file.truth(*tiny_mace.reference(calculator, build()))
        yield case_file.entry(
            label, file, name, values, dtype=dtype, layers=layers, cutoff=4.0, modes=modes, foreign=is_foreign
        )


def main(out):
    """Write all files into the folder out."""
    os.makedirs(out, exist_ok=True)
    found = []
    for kind in sorted({kind for kind, _, _ in EXPORTS + FOREIGN}):
        tiny_mace.write(os.path.join(out, f"{kind}.model"), kind)
    for kind, dtype, head in EXPORTS:
        file = f"mace-{kind}-{dtype}.pt"
        options = {"head": head} if head else {}
        export(mace, os.path.join(out, f"{kind}.model"), os.path.join(out, file), dtype, options=options)
        found += cases(out, kind, dtype, head, file, False)
    for kind, dtype, head in FOREIGN:
        file = foreign(os.path.join(out, f"{kind}.model"), dtype, head)
        found += cases(out, kind, dtype, head, file, True)
    case_file.write_cases(out, found)


if __name__ == "__main__":
    main(sys.argv[1])
