# SPDX-License-Identifier: GPL-2.0-only
"""What the potential is for, beside DFT on the same structures: where Na binds to aniline, the gap of a stack, bcc Na;
and whether a stack keeps its bonds.

usage: properties.py --out FILE.json [--data DIR] [--hot PS] MODEL.pt     prints a table: DFT, model, and how far apart

Energies without D3. Curves are those of the data (frames NAME-00, NAME-01, ...), relative to their last point.
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np
from ase.eos import EquationOfState
from ase.io import read
from ase.neighborlist import neighbor_list
from ase.units import GPa
from distill import dynamics, labels

HERE = pathlib.Path(__file__).resolve().parent
ELEMENTS = ["C", "H", "N", "Na"]
CURVES = {  # name in the data: what it is
    "aniline-na1-n": "Na to N of aniline",
    "aniline-na1-face": "Na to the face of aniline",
    "aniline-na1-edge": "Na to the edge of aniline",
    "gap-na0": "gap of a stack",
    "gap-na1": "gap of a stack with a Na at N",
}
LATTICE = "bcc"  # name in the data: cells of two atoms
BONDS = {("C", "C"): 1.9, ("C", "N"): 1.9, ("C", "H"): 1.5, ("H", "N"): 1.5}  # A, longer ones are broken
DECK = HERE / "in.hot"


def curve(frames, name):
    """Return the frames NAME-00, NAME-01, ... in order."""
    return sorted((f for f in frames if re.fullmatch(rf"{name}-\d\d", f.info["name"])), key=lambda f: f.info["name"])


def energies(model, frames):
    """Return the energies (eV) of frames by a model file, each with its charge and unpaired electrons."""
    found = []
    for frame in frames:
        options = f"charge {frame.info['charge']} spin {frame.info['spin']}"
        trial = frame.copy()
        trial.calc = labels.calculator(model, ELEMENTS, options=options)
        found.append(trial.get_potential_energy())
    return np.array(found)


def lattice(volumes, energies):
    """Return the lattice constant (A) and the bulk modulus (GPa) of bcc, of cells (A^3) of two atoms."""
    volume, _, modulus = EquationOfState(volumes, energies, eos="birchmurnaghan").fit(warn=False)
    return {"bcc Na, a (A)": volume ** (1 / 3), "bcc Na, bulk modulus (GPa)": modulus / GPa}


def compared(frames, model):
    """Return {property: [DFT, model]} of what the data have."""
    found = {}
    for name, what in CURVES.items():
        points = curve(frames, name)
        if len(points) < 2:
            continue
        both = [np.array([f.info["energy_pbe"] for f in points]), energies(model, points)]
        both = [1000 * (values - values[-1]) for values in both]
        found[f"{what}: lowest point (meV)"] = [float(values[:-1].min()) for values in both]
        found[f"{what}: largest difference (meV)"] = [0.0, float(np.abs(both[1] - both[0]).max())]
    cells = curve(frames, LATTICE)
    if len(cells) > 4:
        volumes = [cell.get_volume() for cell in cells]
        both = [lattice(volumes, values) for values in ([f.info["energy_pbe"] for f in cells], energies(model, cells))]
        found |= {name: [float(values[name]) for values in both] for name in both[0]}
    return found


def hot(model, start, picoseconds):
    """Return for how long (ps, of picoseconds) dynamics at 500 K of the structure start kept all its bonds."""
    with tempfile.TemporaryDirectory() as folder:
        frames = dynamics.run(
            DECK, ELEMENTS, folder, "hot", start, [model], spin=start.info["spin"], steps=int(2000 * picoseconds)
        )
    whole = bonds(start)
    broken = (k for k, frame in enumerate(frames) if (bonds(frame) != whole).any())
    return max(0, next(broken, len(frames)) - 1) / (len(frames) - 1) * picoseconds


def bonds(atoms):
    """Return the number of bonds of every atom."""
    return np.bincount(neighbor_list("i", atoms, BONDS), minlength=len(atoms))


def main(argv=None):
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL.pt")
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="FILE.json")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data", metavar="DIR", help="frames of DFT [data]")
    parser.add_argument("--hot", type=float, default=0, metavar="PS", help="also dynamics at 500 K, so long (0)")
    arguments = parser.parse_args(argv)
    frames = [frame for path in sorted(arguments.data.glob("*.extxyz")) for frame in read(path, ":")]
    found = compared(frames, arguments.model)
    if arguments.hot:
        stack = next(f for f in frames if f.info["kind"] == "janus-stack" and f.symbols.count("Na") == 2)
        found["whole at 500 K (ps)"] = [arguments.hot, hot(arguments.model, stack, arguments.hot)]
    arguments.out.write_text(json.dumps(found, indent=1))
    for name, (dft, model) in found.items():
        print(f"{name:55s} {dft:10.2f} {model:10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
