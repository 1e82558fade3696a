# SPDX-License-Identifier: GPL-2.0-only
"""DFT frames of a data folder (what `python -m dft SYSTEM collect` writes) as labels of a training."""

import collections
import pathlib

import numpy as np
from ase.io import read
from distill import errors

TEST, VALID = 0, 2  # which of five trajectories of a kind
NO_STRESS = np.full(6, np.nan)  # of frames without one: distill.allegro_students and distill.errors leave it out


def load(folder):
    """Return the frames of a data folder, without D3: REF_energy (eV), REF_forces (eV/Angstrom), kind and source, the
    trajectory. ValueError for a folder without frames."""
    found = []
    for path in sorted(pathlib.Path(folder).glob("*.extxyz")):
        for frame in read(path, ":"):
            labeled = frame.copy()
            labeled.calc = None
            labeled.info = {"kind": frame.info["kind"], "source": frame.info["name"].rpartition("-")[0]}
            labeled.info |= {"REF_energy": frame.info["energy_pbe"], "REF_stress": NO_STRESS}
            labeled.arrays["REF_forces"] = labeled.arrays.pop("forces_pbe")
            found.append(labeled)
    if not found:
        raise ValueError(f"{folder}: no frames of DFT (*.extxyz)")
    return found


def split(frames):
    """Return {"train": frames, "valid": ..., "test": ...}: of each kind every fifth trajectory for test and for
    validation, so that every kind of five trajectories or more is in each."""
    sources = collections.defaultdict(set)
    for frame in frames:
        sources[frame.info["kind"]].add(frame.info["source"])
    places = {(kind, name): place for kind, names in sources.items() for place, name in enumerate(sorted(names))}
    parts = {"train": [], "valid": [], "test": []}
    for frame in frames:
        place = places[frame.info["kind"], frame.info["source"]] % 5
        parts[{TEST: "test", VALID: "valid"}.get(place, "train")].append(frame)
    return parts


def element_energies(frames, energies, elements):
    """Return {element: energy} (eV) that give energies (eV) of frames best, by least squares per atom."""
    shares = np.array([[frame.get_chemical_symbols().count(s) / len(frame) for s in elements] for frame in frames])
    per_atom = np.array([energy / len(frame) for frame, energy in zip(frames, energies, strict=True)])
    found = np.linalg.lstsq(shares, per_atom, rcond=None)[0]
    return dict(zip(elements, map(float, found), strict=True))


def align(frames, calculator, elements):
    """Shift REF_energy of frames by an energy per element, so that they agree best with a model; return the shifts.

    Programs with other core electrons, and those of other reference atoms, differ by such energies, which no force
    depends on.
    """
    differences = []
    for frame in frames:
        trial = frame.copy()
        trial.calc = calculator
        differences.append(trial.get_potential_energy() - frame.info["REF_energy"])
    shifts = element_energies(frames, differences, elements)
    for frame in frames:
        frame.info["REF_energy"] += sum(shifts[symbol] for symbol in frame.symbols)
    return shifts


def judged(frames, held_out, calculators, elements):
    """Return lines of a table: for each kind of the frames of the numbers held_out, E_rmse (meV/atom) and F_rmse (meV/Angstrom) of
    every model of calculators {name: ASE calculator}; energies are shifted to each by align on all frames."""
    columns = {name: _errors(frames, held_out, calculator, elements) for name, calculator in calculators.items()}
    lines = ["# kind frames " + " ".join(f"E_rmse({name}) F_rmse({name})" for name in columns)]
    for kind in next(iter(columns.values())):
        rows = [column[kind].row() for column in columns.values()]
        numbers = " ".join(f"{row[2]:8.2f} {row[4]:8.2f}" for row in rows)
        lines.append(f"{kind:18s} {rows[0][0]:5d} {numbers}")
    return lines


def _errors(frames, held_out, calculator, elements):
    copies = [frame.copy() for frame in frames]
    align(copies, calculator, elements)
    return errors.compare([copies[k] for k in held_out], calculator)
