# SPDX-License-Identifier: GPL-2.0-only
"""Dynamics in LAMMPS that collects frames, and what is taken from them."""

import os
import pathlib
import subprocess
import sys

import numpy as np
from ase.io import read, write
from ase.neighborlist import neighbor_list
from distill.crystals import TOO_CLOSE, closest
from distill.files import complete

# what runs a deck: a process of its own, since the command quit ends it
RUNNER = f"""import sys
sys.path.insert(0, {str(pathlib.Path(__file__).parents[1])!r})
from distill.parent import end_with_parent
end_with_parent()
from natrolite.lammps import lammps
lammps(cmdargs=sys.argv[2:]).file(sys.argv[1])
"""


def run(deck, elements, folder, name, start, models, **variables):
    """Run a deck from the structure start; return the frames of its dump (with the array f_doubt, eV/Angstrom,
    for a committee).

    elements: the types of the deck; models: model files, the first drives; variables: those of the deck, besides
    model, start, frames, committee and table. A run that LAMMPS ends after its start (lost atoms, forces that are
    not finite) returns what it has written before. A finished run is read, not repeated.
    """
    dump = os.path.join(folder, f"{name}.dump")
    if not os.path.exists(dump):
        data = os.path.join(folder, f"{name}.data")
        write(data, start, format="lammps-data", specorder=elements, masses=True)
        variables |= {"model": ",".join(models), "start": data}
        variables |= {"committee": "yes" if len(models) > 1 else "no", "table": f"{dump}.deviation"}
        complete(dump, lambda partial: execute(deck, {**variables, "frames": partial}, partial))
    return frames(dump)


def frames(dump):
    """Return the frames of a dump, which may be empty."""
    return read(dump, ":", format="lammps-dump-text") if os.path.getsize(dump) else []


def whole(start, frames, lengths):
    """Return the number of the last frame before the first in which an atom has other bonds than in start.

    lengths: {(symbol, symbol): longest bond (Angstrom)}. The first frame has number 0; LAMMPS may have ended the run
    early.
    """
    kept = bonds(start, lengths)
    broken = (number for number, frame in enumerate(frames) if (bonds(frame, lengths) != kept).any())
    return max(0, next(broken, len(frames)) - 1)


def bonds(atoms, lengths):
    """Return the number of bonds of every atom."""
    return np.bincount(neighbor_list("i", atoms, lengths), minlength=len(atoms))


def execute(deck, variables, output):
    """Run a deck with variables {name: value}. An error before the file output is there is a mistake, no poor model:
    ValueError with LAMMPS' line; a later one is said."""
    arguments = [text for name, value in variables.items() for text in ("-var", name, str(value))]
    command = [sys.executable, "-c", RUNNER, str(deck), "-log", "none", *arguments]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    )
    if done.returncode == 0:
        return
    lines = [line for line in done.stdout.splitlines() if line.strip()] or ["no output"]
    reason = next((line for line in lines if line.startswith("ERROR")), lines[-1])
    if not os.path.exists(output):
        raise ValueError(f"{os.path.basename(deck)}: {reason}")
    print(f"  a run ended early: {reason}", flush=True)


def disagreement(frames, calculators):
    """Return copies of frames with the array f_doubt, the deviation of the forces of a committee (eV/Angstrom): the
    root of the mean square distance to their mean, as pair_style equivariant has it."""
    found = []
    for frame in frames:
        forces = []
        for calculator in calculators:
            frame.calc = calculator
            forces.append(frame.get_forces())
        frame.calc = None
        away = np.array(forces) - np.mean(forces, 0)
        frame = frame.copy()
        frame.arrays["f_doubt"] = np.sqrt((away**2).sum(-1).mean(0))
        found.append(frame)
    return found


def doubtful(frames, low, high, most, too_close=TOO_CLOSE):
    """Return at most most frames whose largest deviation of a force is between low and high (eV/Angstrom), apart
    from each other in time; none with distances below too_close covalent ones, where labels mean little."""
    worst = np.array([frame.arrays["f_doubt"].max() for frame in frames])
    usable = [i for i in np.flatnonzero((worst > low) & (worst < high)) if closest(frames[i]) > too_close]
    if len(usable) > most:
        usable = [usable[i] for i in np.linspace(0, len(usable) - 1, most).astype(int)]
    return [frames[i] for i in usable]
