# SPDX-License-Identifier: GPL-2.0-only
"""Dynamics in LAMMPS that collects frames, and what is taken from them."""

import os

import numpy as np
from ase.io import read, write
from distill.crystals import TOO_CLOSE, closest
from natrolite.lammps import lammps


def run(deck, elements, folder, name, start, models, **variables):
    """Run a deck from the structure start; return the frames of its dump (with the array f_doubt, eV/Angstrom,
    for a committee).

    elements: the types of the deck; models: model files, the first drives; variables: those of the deck, besides
    model, start, frames, committee and table. A run that LAMMPS ends after its start (lost atoms, forces that are
    not finite) returns what it has written before. A finished run is read, not repeated.
    """
    dump = os.path.join(folder, f"{name}.dump")
    if not os.path.exists(dump):
        data, partial = os.path.join(folder, f"{name}.data"), f"{dump}.partial"
        write(data, start, format="lammps-data", specorder=elements, masses=True)
        variables |= {"model": ",".join(models), "start": data, "frames": partial}
        variables |= {"committee": "yes" if len(models) > 1 else "no", "table": f"{dump}.deviation"}
        execute(deck, variables, partial)
        os.replace(partial, dump)
    return frames(dump)


def frames(dump):
    """Return the frames of a dump, which may be empty."""
    return read(dump, ":", format="lammps-dump-text") if os.path.getsize(dump) else []


def execute(deck, variables, dump):
    """Run a deck with variables {name: value}; an error of LAMMPS before the dump is there is raised, a later one said."""
    arguments = [text for name, value in variables.items() for text in ("-var", name, str(value))]
    host = lammps(cmdargs=["-log", "none", "-screen", "none", *arguments])
    try:
        host.file(str(deck))
    except Exception as error:  # an exception of LAMMPS' module has no class of its own
        if not os.path.exists(dump):  # before the dynamics: a mistake, not a poor model
            raise
        print(f"  a run ended early: {error}", flush=True)
    finally:
        host.close()


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
