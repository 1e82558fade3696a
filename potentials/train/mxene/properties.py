# SPDX-License-Identifier: GPL-2.0-only
"""What the potential is for, by student and teacher alike: lattices, spacing, adhesion, phonons, sodium.

usage: properties.py --out FILE.json MODEL.pt ...   prints a table with a column for each model

Layers and sodium in them with D3 (BJ, PBE, 21.1671 Angstrom), the lattice of sodium metal without.
"""

import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np
import cells
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS
from distill import dynamics
from distill.labels import calculator
from explore import D3, ELEMENTS, run
from scipy.interpolate import CubicSpline

IN_PLANE = [1, 1, 0, 0, 0, 1]
DISTANCES = np.array([2.6, 2.7, 2.8, 2.9, 3.0, 3.1, 3.2, 3.3, 3.4, 3.6, 3.8, 4.0, 4.4, 5.0, 6.0])  # Angstrom
SHIFT = 0.01  # Angstrom, of an atom in finite differences
THZ = 15.633304  # of sqrt(eV / (amu Angstrom^2)) / (2 pi)


def relaxed(atoms, calculator, mask=None, fmax=0.01, steps=300):
    """Return a relaxed copy (mask: of the cell); ValueError where the steps do not suffice."""
    atoms = atoms.copy()
    atoms.calc = calculator
    target = FrechetCellFilter(atoms, mask=mask) if mask else atoms
    if not BFGS(target, logfile=None).run(fmax=fmax, steps=steps):
        raise ValueError(f"{atoms.symbols} is not relaxed to {fmax} eV/A after {steps} steps")
    return atoms


def top_mode(atoms, calculator):
    """Return the highest frequency (THz) at the center of the zone, by central differences of forces."""
    hessian = np.zeros((3 * len(atoms),) * 2)
    for index in range(3 * len(atoms)):
        forces = []
        for sign in (1, -1):
            moved = atoms.copy()
            moved.positions.flat[index] += sign * SHIFT
            moved.calc = calculator
            forces.append(moved.get_forces().ravel())
        hessian[index] = (forces[1] - forces[0]) / (2 * SHIFT)
    masses = np.repeat(atoms.get_masses(), 3)
    hessian = (hessian + hessian.T) / 2 / np.sqrt(np.outer(masses, masses))
    return float(np.sqrt(np.linalg.eigvalsh(hessian)[-1]) * THZ)


def lattices(bare, with_d3):
    """Return lattice constants (Angstrom), thickness (Angstrom) and highest modes (THz) of the parts."""
    mxene = relaxed(cells.mxene(), with_d3, IN_PLANE)
    graphene = relaxed(cells.graphene(), with_d3, IN_PLANE)
    sodium = relaxed(cells.sodium(1), bare, [1, 1, 1, 0, 0, 0])
    return {
        "Ti2CO2 a (A)": mxene.cell.lengths()[0],
        "Ti2CO2 thickness (A)": np.ptp(mxene.positions[:, 2]),
        "Ti2CO2 top mode (THz)": top_mode(mxene, bare),
        "graphene a (A)": graphene.cell.lengths()[0],
        "graphene top mode (THz)": top_mode(graphene, bare),
        "Na a, no D3 (A)": sodium.cell.lengths()[0],
    }


def adhesion(with_d3):
    """Return the largest adhesion energy (eV/nm^2) of rigid layers, spline over DISTANCES, and where (Angstrom).

    Against layers strained into the common cell, and against layers in cells of their own.
    """
    parts = [relaxed(part, with_d3) for part in (cells.stack("r16")[:80], cells.stack("r16")[80:])]
    apart = sum(part.get_potential_energy() for part in parts)
    free = 16 * relaxed(cells.mxene(), with_d3, IN_PLANE).get_potential_energy()
    free += 25 * relaxed(cells.graphene(), with_d3, IN_PLANE).get_potential_energy()
    area = parts[0].cell.areas()[2] / 100
    top, plane = parts[0].positions[:, 2].max(), parts[1].positions[:, 2].mean()
    energies = []
    for distance in DISTANCES:
        both = parts[0].copy() + parts[1].copy()
        both.positions[80:, 2] += top + distance - plane
        both.calc = with_d3
        energies.append((apart - both.get_potential_energy()) / area)
    fine = np.linspace(DISTANCES[0], DISTANCES[-1], 2000)
    curve = CubicSpline(DISTANCES, energies)(fine)
    return {
        "adhesion, strained (eV/nm2)": curve.max(),
        "adhesion, own cells (eV/nm2)": curve.max() - (apart - free) / area,
        "at distance (A)": fine[curve.argmax()],
        "adhesion curve (eV/nm2)": energies,
    }


def spacing(atoms):
    """Return the distance (Angstrom) of the mean plane of graphene from the mean upper oxygen of MXene."""
    z = atoms.positions[:, 2]
    carbon = (atoms.numbers == 6) & (z > cells.OXYGEN)
    oxygen = (atoms.numbers == 8) & (z > 0) & (z < cells.OXYGEN + 0.8)
    return z[carbon].mean() - z[oxygen].mean()


def with_sodium(count):
    """Return the published cell with count sodium ions over carbon of MXene, gallery 4.4 Angstrom."""
    atoms = cells.stack("r16", distance=4.4)
    places = atoms.positions[:80][atoms.numbers[:80] == 6][: 2 * count : 2] + [0, 0, cells.OXYGEN + 2.0]
    return atoms + cells.Atoms(["Na"] * count, positions=places)


def galleries(with_d3):
    """Return spacings (Angstrom) and insertion energies (eV for each ion, against the metal with the same D3)."""
    found, metal = {}, relaxed(cells.sodium(1), with_d3, [1, 1, 1, 0, 0, 0])
    mu = metal.get_potential_energy() / len(metal)
    for group in cells.LAYERS:
        stack = relaxed(cells.stack("r16", group, 3.2), with_d3, fmax=0.02)
        found[f"spacing, {group} (A)"] = spacing(stack)
        if group == "graphene":
            empty = stack.get_potential_energy()
    for count in (1, 8):
        filled = relaxed(with_sodium(count), with_d3, fmax=0.02)
        found[f"insertion of {count} Na (eV)"] = (filled.get_potential_energy() - empty) / count - mu
        found[f"spacing, {count} Na (A)"] = spacing(filled)
    return found


def hot(model, picoseconds):
    """Return for how long (ps, of picoseconds) dynamics at 600 K of a stack with 3 Na kept every bond of Ti and C."""
    rng = np.random.default_rng(1)
    start = cells.insert(cells.stack("r9", distance=4.4), 3, cells.OXYGEN + 1.4, cells.OXYGEN + 3.0, rng)
    bonds = {("Ti", "C"): 2.8, ("Ti", "O"): 2.6, ("C", "C"): 1.95}
    with tempfile.TemporaryDirectory() as folder:
        frames = run(folder, "hot", start, [model], 600, 1, steps=int(1000 * picoseconds), every=500)
    return {"whole at 600 K (ps)": 0.5 * dynamics.whole(start, frames, bonds)}


def properties(model, picoseconds=0, log=print):
    """Return {property: value} of a model file."""
    bare, with_d3 = calculator(model, ELEMENTS), calculator(model, ELEMENTS, D3)
    found = {}
    for part, arguments in ((lattices, (bare, with_d3)), (adhesion, (with_d3,)), (galleries, (with_d3,))):
        found |= part(*arguments)
        log(f"{model}: {part.__name__} done")
    if picoseconds:
        found |= hot(model, picoseconds)
    return {name: np.round(value, 4).tolist() for name, value in found.items()}


def main(argv=None):
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL.pt")
    parser.add_argument("--out", required=True, metavar="FILE.json")
    parser.add_argument("--hot", type=float, default=0, metavar="PS", help="also dynamics at 600 K, so long (0)")
    arguments = parser.parse_args(argv)
    found = {}
    if pathlib.Path(arguments.out).exists():
        found = json.loads(pathlib.Path(arguments.out).read_text())
    for model in arguments.models:
        if model not in found:
            found[model] = properties(model, arguments.hot)
            pathlib.Path(arguments.out).write_text(json.dumps(found, indent=1))
    for name, value in {key: value for model in arguments.models for key, value in found[model].items()}.items():
        values = [found[model].get(name, np.nan) for model in arguments.models]
        if not isinstance(value, list):
            print(f"{name:28s}", *(f"{value:10.4f}" for value in values))
    return 0


if __name__ == "__main__":
    sys.exit(main())
