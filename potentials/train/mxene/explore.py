# SPDX-License-Identifier: GPL-2.0-only
"""Dynamics in LAMMPS that collects frames, and what is taken from them."""

import os
import pathlib

import numpy as np
from ase.io import read, write
from natrolite.lammps import lammps
from cells import TOO_CLOSE, closest

ELEMENTS = ["Ti", "C", "O", "H", "Na"]
DECK = pathlib.Path(__file__).with_name("in.sample")


def run(folder, name, start, models, temperature, seed, **variables):
    """Run in.sample from the structure start; return the frames of its dump (with the array f_doubt, eV/Angstrom,
    for a committee).

    models: model files, the first drives; variables: those of the deck. A run that LAMMPS ends after its start (lost
    atoms, forces that are not finite) returns what it has written before. A finished run is read, not repeated.
    """
    dump = os.path.join(folder, f"{name}.dump")
    if not os.path.exists(dump):
        data, partial = os.path.join(folder, f"{name}.data"), f"{dump}.partial"
        write(data, start, format="lammps-data", specorder=ELEMENTS, masses=True)
        variables |= {"model": ",".join(models), "start": data, "frames": partial}
        variables |= {"temperature": temperature, "seed": seed}
        variables |= {"committee": "yes" if len(models) > 1 else "no", "table": f"{dump}.deviation"}
        _dynamics(variables)
        os.replace(partial, dump)
    if not os.path.getsize(dump):
        return []
    return read(dump, ":", format="lammps-dump-text")


def _dynamics(variables):
    arguments = [text for name, value in variables.items() for text in ("-var", name, str(value))]
    host = lammps(cmdargs=["-log", "none", "-screen", "none", *arguments])
    try:
        host.file(str(DECK))
    except Exception as error:  # an exception of LAMMPS' module has no class of its own
        if not os.path.exists(variables["frames"]):  # before the dynamics: a mistake, not a poor model
            raise
        print(f"  a run ended early: {error}", flush=True)
    finally:
        host.close()


def doubtful(frames, low, high, most):
    """Return at most most frames whose largest deviation of a force is between low and high (eV/Angstrom), apart
    from each other in time; none with overlaps, where labels mean little."""
    worst = np.array([frame.arrays["f_doubt"].max() for frame in frames])
    usable = [i for i in np.flatnonzero((worst > low) & (worst < high)) if closest(frames[i]) > TOO_CLOSE]
    if len(usable) > most:
        usable = [usable[i] for i in np.linspace(0, len(usable) - 1, most).astype(int)]
    return [frames[i] for i in usable]
