# SPDX-License-Identifier: GPL-2.0-only
"""Energies and forces by simple-dftd3, in the environment d3: `python d3_reference.py in.json out.json`.

in.json: [{numbers, positions, cell or null, pbc, damping, parameters, cutoff, cn_cutoff}] (Angstrom), parameters
as numbers or {method: functional};
out.json: [{energy, forces, virial}] (eV, Angstrom), in LAMMPS' values of Bohr and Hartree, no three-body terms.
"""

import json
import sys

import numpy as np
from dftd3 import interface

BOHR, HARTREE = 0.52917725, 27.21140795
DAMPING = {
    "bj": interface.RationalDampingParam,
    "original": interface.ZeroDampingParam,
    "zerom": interface.ModifiedZeroDampingParam,
    "bjm": interface.ModifiedRationalDampingParam,
}


def evaluate(case):
    cell = None if case["cell"] is None else np.array(case["cell"]) / BOHR
    model = interface.DispersionModel(
        np.array(case["numbers"]),
        np.array(case["positions"]) / BOHR,
        cell,
        None if cell is None else np.array(case["pbc"]),
    )
    model.set_realspace_cutoff(disp2=case["cutoff"] / BOHR, disp3=1.0, cn=case["cn_cutoff"] / BOHR)
    pairs_only = {"atm": False} if "method" in case["parameters"] else {"s9": 0.0}
    found = model.get_dispersion(DAMPING[case["damping"]](**pairs_only, **case["parameters"]), grad=True)
    virial = -found["virial"] * HARTREE
    return {
        "energy": float(found["energy"] * HARTREE),
        "forces": (-found["gradient"] * HARTREE / BOHR).tolist(),
        "virial": virial.tolist(),
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    with open(sys.argv[2], "w") as file:
        json.dump([evaluate(case) for case in cases], file)
