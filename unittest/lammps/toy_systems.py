# SPDX-License-Identifier: GPL-2.0-only
"""Structures of Ar and Ne for the toy models (ase.Atoms, Angstrom)."""

import numpy as np
from ase import Atoms

from lammps_run import System

NAMES = ["Ar", "Ne"]


def scattered(n, sides, closest, seed):
    """Return n positions in a periodic orthogonal box, no two closer than `closest`."""
    rng, placed = np.random.default_rng(seed), np.zeros((0, 3))
    while len(placed) < n:
        x = rng.uniform(0, 1, 3) * sides
        d = placed - x
        d -= np.round(d / sides) * sides
        if (np.linalg.norm(d, axis=1) > closest).all():
            placed = np.vstack([placed, x])
    return placed


def box():
    """14 atoms, periodic, two sides shorter than twice the cutoff."""
    sides = np.array([9.1, 8.3, 10.7])
    return Atoms("Ar8Ne6", scattered(14, sides, 2.4, 1), cell=sides, pbc=True)


def liquid():
    """64 atoms, periodic, 3.2 A or more apart: fit for dynamics."""
    sides = np.array([16.0, 15.0, 17.0])
    return Atoms("Ar40Ne24", scattered(64, sides, 3.2, 2), cell=sides, pbc=True)


def tilted():
    """3 atoms in a triclinic cell whose edges are shorter than every cutoff."""
    cell = [[3.7, 0.0, 0.0], [1.4, 3.6, 0.0], [-1.1, 0.9, 3.9]]
    fractions = [[0.05, 0.1, 0.02], [0.55, 0.42, 0.35], [0.2, 0.8, 0.7]]
    return Atoms("ArNeAr", scaled_positions=fractions, cell=cell, pbc=True)


def slab():
    """10 atoms, periodic in x and y only."""
    sides = np.array([7.9, 6.6, 30.0])
    x = scattered(10, np.array([7.9, 6.6, 8.0]), 2.3, 3) + [0.0, 0.0, 12.0]
    return Atoms("Ar6Ne4", x, cell=sides, pbc=[True, True, False])


def clusters():
    """7 atoms in two clusters 40 A apart along x, not periodic."""
    first = [[0.0, 0.0, 0.0], [2.9, 0.3, 0.1], [0.4, 3.1, -0.5], [1.1, 1.2, 2.7]]
    second = [[40.0, 1.0, 0.5], [42.6, 1.4, 0.9], [40.9, 3.5, 1.6]]
    return Atoms("ArNeArNeNeArAr", np.array(first + second))


def twins():
    """Two equal atoms: the maximum of a quantity is reached twice, with 2 ranks once on each."""
    return Atoms("Ar2", [[0.0, 0.0, 0.0], [3.1, 0.0, 0.0]])


def lone():
    """One atom without neighbors."""
    return Atoms("Ne", [[0.4, 0.3, 0.2]])


ALL = {
    "box": box,
    "tilted": tilted,
    "slab": slab,
    "clusters": clusters,
    "twins": twins,
    "lone": lone,
}


def system(name):
    """Return a structure of this module as a System with the types Ar and Ne."""
    return System(globals()[name](), NAMES)
