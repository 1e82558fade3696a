# SPDX-License-Identifier: GPL-2.0-only
"""What the makers of the families' files (make_NAME.py) share."""

import json
import os
import pathlib

import numpy as np

# A family is one that has a maker in this folder.
FAMILIES = sorted(path.stem.removeprefix("make_") for path in pathlib.Path(__file__).parent.glob("make_*.py"))


def truth(energy, forces, stress):
    """Return what a calculator says as an entry has it: eV, eV/A, and eV/A^3 (matrix) or None without a cell."""
    stress = None if stress is None else np.asarray(stress, float).tolist()
    return {"energy": float(energy), "forces": np.asarray(forces, float).tolist(), "stress": stress}


def truth_by(calculator, atoms):
    """Return what an ASE calculator says of a structure."""
    atoms.calc = calculator
    stress = atoms.get_stress(voigt=False) if atoms.cell.rank == 3 else None
    return truth(atoms.get_potential_energy(), atoms.get_forces(), stress)


def entry(label, file, structure, values, *, dtype, layers, cutoff, modes, foreign=False, max_ranks=0):
    """Return an entry of cases.json, whose keys are those of test_matrix.py.

    label: of the file in the names of tests; structure: a key of structures.ALL; values: of truth, and keys that are
    not of most models (charge, spin, charges, atoms).
    """
    return {
        "id": f"{label}-{structure}",
        "file": file,
        "foreign": foreign,
        "dtype": dtype,
        "structure": structure,
        "charge": 0,
        "spin": 0,
        "layers": layers,
        "cutoff": cutoff,
        "strictly_local": layers == 1,
        "modes": modes,
        "max_ranks": max_ranks,
        **values,
    }


def write_cases(out, found):
    """Write the entries of test_matrix.py into the folder of the files."""
    with open(os.path.join(out, "cases.json"), "w") as stream:
        json.dump(found, stream, indent=1)


def write_all(out, models, write):
    """Make the folder, and in it the files of all models by write(out, name), which returns their entries."""
    os.makedirs(out, exist_ok=True)
    write_cases(out, [case for name in models for case in write(out, name)])
