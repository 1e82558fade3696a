# SPDX-License-Identifier: GPL-2.0-only
"""Makes extxyz, POSCAR and inputs of CP2K of the frames of in.snapshots.

usage: snapshots.py [RESULTS]

For every RESULTS/snapshots-X.dump: snapshots-X.extxyz (energy in eV, forces in eV/A, charges in e, all of the
potential), snapshots-X/N.POSCAR (its charges are in the extxyz) and
snapshots-X/N.inp, N from 0. Atoms are sorted by element in all of them."""

import argparse
import dataclasses
import pathlib
import sys

import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write
from natrolite.plots.table import Table

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "potentials" / "train"))
from dft import cp2k
from dft.__main__ import structures

REACH = 4 * 7.398  # A: k points of the training data times the edge of its cell; one along z


def frames(dump):
    """Return the frames of a dump as Atoms with energy (eV), forces (eV/A) and, if there are any, charges (e)."""
    table = Table(dump.with_suffix(".energies"))
    made = []
    shots = read(dump, ":", format="lammps-dump-text")
    for atoms, energy, total in zip(shots, table.column("energy"), table.column("charge")):
        results = {"energy": energy, "forces": atoms.get_forces()}
        if "f_q" in atoms.arrays:
            results["charges"] = atoms.arrays["f_q"].ravel()
        order = np.argsort(atoms.get_chemical_symbols(), kind="stable")
        frame = atoms[order]
        frame.arrays = {name: frame.arrays[name] for name in ("numbers", "positions")}
        charge = int(round(total))
        frame.info = {"charge": charge, "spin": int((frame.numbers.sum() - charge) % 2), "polarized": False}
        results = {key: value if key == "energy" else value[order] for key, value in results.items()}
        frame.calc = SinglePointCalculator(frame, **results)
        made.append(frame)
    return made


def poscar(path, atoms, name):
    """Write a POSCAR whose first line has name, energy (eV) and total charge (e)."""
    write(path, atoms, format="vasp", direct=True)
    _, rest = path.read_text().split("\n", 1)
    path.write_text(f"{name}, energy {atoms.get_potential_energy():.6f} eV, charge {atoms.info['charge']} e\n{rest}")


def settings(atoms):
    """Those of the training data, with as dense k points in the plane."""
    dense = [max(1, round(REACH / length)) for length in atoms.cell.lengths()[:2]]
    return dataclasses.replace(structures("janus").SETTINGS, kpoints=(*dense, 1))


def convert(results):
    """Write the files of every dump in the folder of the results; raise ValueError where there is none."""
    dumps = sorted(results.glob("snapshots-*.dump"))
    if not dumps:
        raise ValueError(f"no snapshots-*.dump in {results}; run in.snapshots first")
    for dump in dumps:
        made = frames(dump)
        write(dump.with_suffix(".extxyz"), made, format="extxyz")
        folder = dump.with_suffix("")
        folder.mkdir(exist_ok=True)
        for number, atoms in enumerate(made):
            poscar(folder / f"{number}.POSCAR", atoms, f"{dump.stem} frame {number}")
            (folder / f"{number}.inp").write_text(cp2k.write_input(atoms, settings(atoms)))
        print(f"{dump.stem}: {len(made)} frames")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=pathlib.Path, nargs="?", default=pathlib.Path("results"))
    try:
        convert(parser.parse_args().results)
    except ValueError as error:
        sys.exit(f"snapshots.py: {error}")


if __name__ == "__main__":
    main()
