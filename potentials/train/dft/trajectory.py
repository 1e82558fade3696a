# SPDX-License-Identifier: GPL-2.0-only
"""What a system's structures.py gives: starts of trajectories, and geometry that the systems share."""

import dataclasses

import numpy as np
from ase import Atoms
from ase.geometry import get_distances

# Closest distances (A) of a start; dynamics may come nearer.
NEAREST = {
    frozenset("C"): 1.2,
    frozenset("CH"): 0.95,
    frozenset("CN"): 1.2,
    frozenset("H"): 1.4,
    frozenset("HN"): 0.9,
    frozenset("N"): 2.2,
    frozenset(("C", "Na")): 2.2,
    frozenset(("H", "Na")): 2.0,
    frozenset(("N", "Na")): 2.1,
    frozenset(("Na",)): 2.6,
}


BATCH = 20  # random places looked at together


@dataclasses.dataclass
class Trajectory:
    """Frames that follow one another, so that each may start from the last one's electrons.

    images: one start, from which dynamics at `temperature` (K) takes `frames` frames, while the third cell
    vector goes to the length `height` (A; None: stays); or, without a temperature, the frames themselves. With
    `melt` (K) the start is molten at that temperature and cooled before the first frame.
    """

    name: str
    kind: str
    images: list
    temperature: float | None = None
    frames: int = 0
    height: float | None = None
    melt: float | None = None
    kpoints: tuple = (1, 1, 1)

    def __len__(self):
        return self.frames if self.temperature else len(self.images)


def unpaired(atoms, polarized):
    """Return the neutral atoms labeled with the fewest unpaired electrons that their number allows, 0 or 1.

    polarized: whether to compute with orbitals of their own for the two spins, if there is one.
    """
    atoms.info = {"charge": 0, "spin": int(sum(atoms.numbers) % 2), "polarized": polarized}
    return atoms


def nearest(first, second):
    """NEAREST of every symbol of the first list with every one of the second: array (A)."""
    return np.array([[NEAREST[frozenset((a, b))] for b in second] for a in first]).reshape(len(first), len(second))


def overlap(atoms, shrink=1.0):
    """Return 'A-B at d A' for a pair nearer than NEAREST * shrink, the shortest one, or None."""
    _, distances = get_distances(atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    symbols = atoms.get_chemical_symbols()
    near = np.triu(distances < shrink * nearest(symbols, symbols), 1)
    if not near.any():
        return None
    i, j = np.unravel_index(np.argmin(np.where(near, distances, np.inf)), near.shape)
    return f"{symbols[i]}-{symbols[j]} at {distances[i, j]:.2f} A"


def insert(atoms, symbol, number, rng, near=None, tries=4000):
    """Return the atoms with `number` more at random places without overlap.

    near: (indices, smallest, largest distance in A), a shell about one of these atoms to be in; without it
    anywhere in the cell. Raises ValueError where there is no room.
    """
    atoms = atoms.copy()
    for _ in range(number):
        for _ in range(tries // BATCH):
            places = random_places(atoms, BATCH, rng, near)
            free = np.full(len(places), True)
            if len(atoms):
                _, distances = get_distances(places, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
                free = (distances >= nearest([symbol], atoms.get_chemical_symbols())).all(axis=1)
            if free.any():
                break
        else:
            raise ValueError(f"no room for one more {symbol} in {atoms.get_chemical_formula()}")
        atoms += Atoms(symbol, [places[free.argmax()]])
        atoms.wrap()
    return atoms


def random_places(atoms, number, rng, near):
    """Random positions (number, 3) in the cell, or in a shell."""
    if near is None:
        return rng.random((number, 3)) @ atoms.cell.array
    indices, smallest, largest = near
    directions = rng.normal(size=(number, 3))
    directions *= rng.uniform(smallest, largest, (number, 1)) / np.linalg.norm(directions, axis=1, keepdims=True)
    return atoms.positions[rng.choice(indices, number)] + directions


def boxed(atoms, margin):
    """Return a cluster without periodicity in the middle of a cube that leaves `margin` A about it."""
    atoms = atoms.copy()
    side = np.ceil(2 * np.ptp(atoms.positions, axis=0).max()) / 2 + 2 * margin
    atoms.set_cell([side] * 3)
    atoms.pbc = False
    atoms.center()
    return atoms


def crystal(atoms, gap):
    """Return a molecule in an orthorhombic cell, `gap` A between images along each axis and 7 A long at least."""
    atoms = atoms.copy()
    atoms.set_cell(np.maximum(np.ptp(atoms.positions, axis=0) + gap, 7.0))
    atoms.pbc = True
    atoms.center()
    return atoms
