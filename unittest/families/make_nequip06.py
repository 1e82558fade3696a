# SPDX-License-Identifier: GPL-2.0-only
"""Writes small files of nequip 0.6's (and 0.5's) `nequip-deploy build`, and what its own calculator says.

usage: make_nequip06.py OUT [PYTHON_OF_NEQUIP_0.5]
       (environment of cmake/pins-nequip06.txt, the other one that of pins-nequip05.txt)

OUT gets the deployed files and cases.json (see test_matrix.py).
"""

import json
import os
import subprocess
import sys

import case_file
import nequip
import structures
import tiny_deployed as tiny
from ase import Atoms

FORCES = ["SimpleIrrepsConfig", "EnergyModel", "PerSpeciesRescale", "ForceOutput", "RescaleEnergyEtc"]
PLAIN = ["SimpleIrrepsConfig", "EnergyModel", "ForceOutput", "RescaleEnergyEtc"]
SHIFT = -3.5  # eV, on the total energy whatever the number of atoms; lmp leaves it out
# name -> (configuration, type of the network, layers); the energies of nequip-mixed are float64
MODELS = {
    "0.6.2": {
        "nequip-zbl": (tiny.nequip(pair_style="ZBL", units="metal"), "float64", 2),
        "nequip-mixed": (tiny.nequip(model_dtype="float32", allow_tf32=True, model_builders=FORCES), "float32", 2),
        "allegro-cutoffs": (tiny.allegro(per_edge_type_cutoff=tiny.PAIRS, r_max=4.3), "float64", 1),
        "allegro-single": (tiny.allegro(model_dtype="float32", default_dtype="float32"), "float32", 1),
    },
    "0.5.6": {
        "nequip05": (tiny.nequip(default_dtype="float32"), "float32", 2),
        "nequip05-double": (tiny.nequip(model_builders=PLAIN, global_rescale_shift=SHIFT), "float64", 2),
    },
}
SOME = ["na_in_graphite", "short_triclinic", "far_clusters"]  # for all but the first of a kind
EVERYWHERE = ["nequip-zbl", "allegro-cutoffs"]


def truth(calculator, atoms, shift):
    """Return energy (eV, without a shift), forces (eV/A) and stress (eV/A^3 or None) of a structure."""
    alone = len(atoms) == 1
    far = Atoms("C2", [[50.0, 0.0, 0.0], [51.3, 0.0, 0.0]], calculator=calculator)
    whole = atoms + far if alone else atoms  # nequip's calculator refuses a structure without a pair
    whole.calc = calculator
    energy = float(whole.get_potential_energy()) - (float(far.get_potential_energy()) if alone else shift)
    stress = None
    if atoms.cell.rank == 3 and "stress" in calculator.results:  # not in that of a model with ForceOutput
        stress = whole.get_stress(voigt=False)
    return case_file.truth(energy, whole.get_forces()[: len(atoms)], stress)


def write(out, name):
    """Deploy one model; return its entries of cases.json."""
    config, dtype, layers = MODELS[nequip.__version__][name]
    file = f"{name}-deployed.pth"
    calculator = tiny.calculator(tiny.deploy(os.path.join(out, file), config))
    keys = list(structures.ALL) if name in EVERYWHERE else SOME
    modes = ["folded", "ghost", "shell"] if layers == 1 else ["folded", "shell"]
    shift = config.get("global_rescale_shift", 0.0)
    return [
        case_file.entry(
            f"{name}-deployed-{dtype}", file, key, truth(calculator, structures.ALL[key](), shift),
            dtype=dtype, layers=layers, cutoff=config["r_max"], modes=modes, foreign=True,
        )
        for key in keys
    ]  # fmt: skip


def main(out, older=None):
    """Write everything into the folder out."""
    os.makedirs(out, exist_ok=True)
    found = [case for name in MODELS[nequip.__version__] for case in write(out, name)]
    if older:
        subprocess.run([older, __file__, out], check=True)
        with open(os.path.join(out, "cases.json")) as file:
            found += json.load(file)
    case_file.write_cases(out, found)


if __name__ == "__main__":
    main(*sys.argv[1:])
