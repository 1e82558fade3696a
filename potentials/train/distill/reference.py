# SPDX-License-Identifier: GPL-2.0-only
"""DFT frames of a data folder (what `python -m dft SYSTEM collect` writes) as labels of a training."""

import collections
import pathlib
import zlib

import numpy as np
from ase.io import read
from distill import errors

NO_STRESS = np.full(6, np.nan)  # of frames without one: distill.allegro_students and distill.errors leave it out


def frames_of(folder):
    """Return the frames of a data folder as they are, and their trajectory as source. ValueError where there are none."""
    found = [frame for path in sorted(pathlib.Path(folder).glob("*.extxyz")) for frame in read(path, ":")]
    if not found:
        raise ValueError(f"{folder}: no frames of DFT (*.extxyz)")
    for frame in found:
        frame.info["source"] = frame.info["name"].rpartition("-")[0]
    return found


def load(folder):
    """Return `labeled` of the frames of a data folder. ValueError for a folder without frames."""
    return labeled(frames_of(folder))


def labeled(frames):
    """Return frames of frames_of as labels without D3: REF_energy (eV), REF_forces (eV/Angstrom), kind and source, the
    trajectory."""
    found = []
    for frame in frames:
        one = frame.copy()
        one.calc = None
        one.info = {name: frame.info[name] for name in ("kind", "source")}
        one.info |= {"REF_energy": frame.info["energy_pbe"], "REF_stress": NO_STRESS}
        one.arrays["REF_forces"] = one.arrays.pop("forces_pbe")
        found.append(one)
    return found


def split(frames):
    """Return {"train": frames, "valid": ..., "test": ...}, whole trajectories.

    Of the n trajectories of a kind, in the order of the checksums of their names, the first n // 5 are for test and as
    many for validation: none of a kind with fewer than five. ValueError where no kind has five.
    """
    sources = collections.defaultdict(set)
    for frame in frames:
        sources[frame.info["kind"]].add(frame.info["source"])
    place = {}
    for kind, names in sources.items():
        held = len(names) // 5
        for number, name in enumerate(sorted(names, key=lambda name: (zlib.crc32(name.encode()), name))):
            place[kind, name] = "test" if number < held else "valid" if number < 2 * held else "train"
    parts = {"train": [], "valid": [], "test": []}
    for frame in frames:
        parts[place[frame.info["kind"], frame.info["source"]]].append(frame)
    if not parts["test"]:
        most = max(map(len, sources.values()))
        raise ValueError(f"{most} trajectories of DFT of a kind at most: make 5 or more, so that one can be held out")
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
    """Return lines of a table: for each kind of those of the frames that are held out, E_rmse (meV/atom) and F_rmse
    (meV/Angstrom) of every model of calculators {name: ASE calculator}; energies are shifted to each by align on all
    frames."""
    numbers = [k for k, frame in enumerate(frames) if any(frame is one for one in held_out)]
    columns = {name: _errors(frames, numbers, calculator, elements) for name, calculator in calculators.items()}
    lines = ["# kind frames " + " ".join(f"E_rmse({name}) F_rmse({name})" for name in columns)]
    for kind in next(iter(columns.values())):
        rows = [column[kind].row() for column in columns.values()]
        lines.append(f"{kind:18s} {rows[0][0]:5d} " + " ".join(f"{row[2]:8.2f} {row[4]:8.2f}" for row in rows))
    return lines


def _errors(frames, numbers, calculator, elements):
    copies = [frame.copy() for frame in frames]
    align(copies, calculator, elements)
    return errors.compare([copies[k] for k in numbers], calculator)
