# SPDX-License-Identifier: GPL-2.0-only
"""Writes SpookyNet model files and what the Python model says of the test structures.

`python make_spookynet.py OUT` exports the public parameters with a long-range cutoff, and once without
for test_runs.py, and writes `cases.json` (see test_matrix.py). The periodic case of the reference holds numbers of the original
code; the others, charged or not, are evaluated in float64 by natrolite.spookynet, which
unittest/python compares with the original's energies, forces and charges.
"""

import json
import os
import pathlib
import sys

import case_file
import numpy as np
import structures
from natrolite.exporters import common, spookynet
from natrolite import modelfile

REFERENCE = pathlib.Path(__file__).resolve().parents[1] / "reference" / "spookynet"
LR_CUTOFF = 10.0  # Angstrom, of the reference's periodic case
PERIODIC = "benzene, triclinic cell, lr 10"
CHARGES = {"na_in_graphite": 1, "short_triclinic": 0, "far_clusters": -1, "lone_atom": 1}


def parity(atoms, charge):
    """Return the fewest unpaired electrons."""
    return int(atoms.numbers.sum() - charge) % 2


def original_case(reference):
    """Return the case of the original code."""
    keys = ("numbers", "positions", "cell")
    return {
        "structure": "benzene",
        "atoms": {key: reference[key] for key in keys},
        "charge": reference["total_charge"],
        "spin": reference["unpaired_electrons"],
        **case_file.truth(reference["energy"], reference["forces"], None),
        "charges": reference["qa"],
    }


def python_case(original, name, charge):
    """Return the case of one structure, evaluated in Python."""
    atoms = structures.ALL[name]()
    atoms.info = {"charge": charge, "spin": parity(atoms, charge)}
    result = original(atoms)
    stress = None
    if atoms.cell.array.any():
        stress = -np.asarray(result.virial) / atoms.get_volume()
    return {
        "structure": name,
        **atoms.info,
        **case_file.truth(result.energy, result.forces, stress),
        "charges": np.asarray(result.atomic["charges"]).ravel().tolist(),
    }


def write(out, name, dtype, lr_cutoff=None):
    """Export the public parameters; return (Built, file, metadata)."""
    built = spookynet.build(str(REFERENCE / "parameters.pth"), dtype, lr_cutoff=lr_cutoff)
    records, against = common.native_records(built)
    assert records, against
    scripted, metadata, _ = common.finish(built)
    modelfile.write(os.path.join(out, f"{name}.pt"), scripted, metadata, records)
    return built, f"{name}.pt", metadata


def main(out):
    """Write all files into the folder out."""
    write(out, "spookynet-molecular", "float32")
    with open(REFERENCE / "reference.json") as stream:
        reference = next(case for case in json.load(stream) if case["name"] == PERIODIC)
    found = []
    for dtype in ("float64", "float32"):
        built, file, metadata = write(out, f"spookynet-{dtype}", dtype, LR_CUTOFF)
        cases = [original_case(reference)]
        cases += [python_case(built.original, name, charge) for name, charge in CHARGES.items()]
        for values in cases:
            found.append(
                case_file.entry(
                    f"spookynet-{dtype}", file, values["structure"], values,
                    dtype=dtype, layers=metadata["num_layers"], cutoff=LR_CUTOFF, modes=["folded", "ghost"],
                )
            )  # fmt: skip
    case_file.write_cases(out, found)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    main(sys.argv[1])
