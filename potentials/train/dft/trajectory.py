"""What a system's structures.py gives: starts of trajectories, and geometry that the systems share."""

import dataclasses

import numpy as np
from ase import Atoms
from ase.geometry import get_distances

# Closest distances (A) of a start; dynamics may come nearer.
NEAREST = {frozenset("C"): 1.2, frozenset("CH"): 0.95, frozenset("CN"): 1.2, frozenset("H"): 1.4,
           frozenset("HN"): 0.9, frozenset("N"): 2.2, frozenset(("C", "Na")): 2.2,
           frozenset(("H", "Na")): 2.0, frozenset(("N", "Na")): 2.1, frozenset(("Na",)): 2.6}


@dataclasses.dataclass
class Trajectory:
    """Frames that follow one another, so that each starts from the last one's wave function.

    images: one start, from which dynamics at `temperature` (K) takes `frames` frames, while the third cell
    vector goes to the length `height` (A; None: stays); or, without a temperature, the frames themselves.
    """

    name: str
    kind: str
    images: list
    temperature: float | None = None
    frames: int = 0
    height: float | None = None
    kpoints: tuple = (1, 1, 1)

    def __len__(self):
        return self.frames if self.temperature else len(self.images)


def overlap(atoms, shrink=1.0):
    """Return 'A-B at d A' for the first pair nearer than NEAREST * shrink, or None."""
    _, distances = get_distances(atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    symbols = atoms.get_chemical_symbols()
    for i, j in zip(*np.triu_indices(len(atoms), 1)):
        if distances[i, j] < shrink * NEAREST[frozenset((symbols[i], symbols[j]))]:
            return f"{symbols[i]}-{symbols[j]} at {distances[i, j]:.2f} A"
    return None


def insert(atoms, symbol, number, rng, near=None, tries=4000):
    """Return the atoms with `number` more at random places without overlap.

    near: (indices, smallest, largest distance in A), a shell about one of these atoms to be in; without it
    anywhere in the cell. Raises ValueError where there is no room.
    """
    atoms = atoms.copy()
    for _ in range(number):
        for _ in range(tries):
            more = atoms.copy()
            more += Atoms(symbol, [place(atoms, rng, near)])
            more.wrap()
            if not added_overlaps(more):
                break
        else:
            raise ValueError(f"no room for one more {symbol} in {atoms.get_chemical_formula()}")
        atoms = more
    return atoms


def place(atoms, rng, near):
    """A random position in the cell, or in a shell."""
    if near is None:
        return rng.random(3) @ atoms.cell.array
    indices, smallest, largest = near
    direction = rng.normal(size=3)
    center = atoms.positions[rng.choice(indices)]
    return center + direction / np.linalg.norm(direction) * rng.uniform(smallest, largest)


def added_overlaps(atoms):
    """Whether the last atom is too near to another one or to its own image."""
    distances = atoms.get_distances(len(atoms) - 1, range(len(atoms) - 1), mic=True) if len(atoms) > 1 else []
    symbol = atoms[-1].symbol
    return any(d < NEAREST[frozenset((symbol, other))] for d, other in zip(distances, atoms.symbols[:-1]))


def boxed(atoms, margin):
    """Return a cluster without periodicity in the middle of a cube that leaves `margin` A about it."""
    atoms = atoms.copy()
    side = np.ceil(2 * np.ptp(atoms.positions, axis=0).max()) / 2 + 2 * margin
    atoms.set_cell([side] * 3)
    atoms.pbc = False
    atoms.center()
    return atoms


def crystal(atoms, gap):
    """Return a molecule in an orthorhombic periodic cell that leaves `gap` A between images along each axis."""
    atoms = atoms.copy()
    atoms.set_cell(np.ptp(atoms.positions, axis=0) + gap)
    atoms.pbc = True
    atoms.center()
    return atoms
