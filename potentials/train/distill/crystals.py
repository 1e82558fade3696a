# SPDX-License-Identifier: GPL-2.0-only
"""Hexagonal layers, sodium at random places, strained and rattled copies: what starts of data are made of.

Every structure is periodic in three directions and oriented as LAMMPS wants it (a along x, b in the
xy plane), so that frames need no rotation on their way.
"""

import numpy as np
from ase import Atoms
from ase.build import make_supercell
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list

VACUUM = 25.0  # Angstrom, height of the cells of layers
TOO_CLOSE = 0.75  # of the sum of two covalent radii


def cell(a, height=VACUUM):
    """Return the hexagonal cell (3, 3) with lattice constant a and a height, in Angstrom."""
    return np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, height]])


def layer(symbols, fractions, heights, a, indices):
    """Return a layer as a supercell of a hexagonal one, in standard orientation, its middle at z = 0."""
    unit = cell(a)
    positions = np.array(fractions) @ unit[:2]
    positions[:, 2] = heights
    m, n = indices
    atoms = Atoms(symbols, positions=positions, cell=unit, pbc=True)
    atoms = make_supercell(atoms, [[m, n, 0], [-n, m - n, 0], [0, 0, 1]], wrap=False)
    atoms.set_cell(cell(a * np.sqrt(m * m + n * n - m * n)), scale_atoms=False)
    angle = np.degrees(np.arctan2(n * np.sqrt(3) / 2, m - n / 2))
    atoms.rotate(-angle, "z")
    return atoms


def closest(atoms):
    """Return the smallest distance in units of the sum of the two covalent radii (infinity for none)."""
    i, j, d = neighbor_list("ijd", atoms, 3.0)
    radii = covalent_radii[atoms.numbers]
    return (d / (radii[i] + radii[j])).min(initial=np.inf)


def insert(atoms, count, low, high, rng):
    """Return atoms with at most count sodium ions at random places with low < z < high (Angstrom), apart from all.

    There are fewer where 500 trials for one find no room; ValueError where there is none at all.
    """
    filled = atoms.copy()
    for _ in range(500 * count):
        place = rng.random(3) @ atoms.cell.array
        place[2] = rng.uniform(low, high)
        trial = filled + Atoms("Na", positions=[place])
        if closest(trial) > 0.85:
            filled = trial
        if len(filled) == len(atoms) + count:
            break
    if len(filled) == len(atoms):
        raise ValueError(f"no room for sodium between {low:.2f} and {high:.2f} Angstrom")
    return filled


def press(atoms, symbol, low, high, rng):
    """Return a copy in which one atom of this element is as near to its nearest neighbor as low to high times the sum of
    their covalent radii; the same atoms where that brings it too near to others.
    """
    pressed = atoms.copy()
    atom = rng.choice(np.flatnonzero(atoms.symbols == symbol))
    others = np.delete(np.arange(len(atoms)), atom)
    ways = atoms.get_distances(atom, others, mic=True, vector=True)
    lengths = np.linalg.norm(ways, axis=1)
    nearest = np.argmin(lengths)
    radii = covalent_radii[atoms.numbers[[atom, others[nearest]]]].sum()
    length = rng.uniform(low, high) * radii
    pressed.positions[atom] += ways[nearest] * (1 - length / lengths[nearest])
    return pressed if closest(pressed) > 0.95 * low else atoms


def perturb(atoms, rng, strain=0.015, rattle=(0.01, 0.09), apart=TOO_CLOSE):
    """Return a strained and rattled copy without overlaps.

    strain: standard deviation of each component, along the layers only where there is vacuum; rattle: range of
    the standard deviation of displacements, Angstrom. Rattles that bring atoms nearer than apart sums of covalent radii are
    drawn again, smaller.
    """
    deformation = rng.normal(0, strain, (3, 3))
    deformation = np.eye(3) + (deformation + deformation.T) / 2
    if atoms.cell.lengths()[2] == VACUUM:
        deformation[2, :], deformation[:, 2] = [0, 0, 1], [0, 0, 1]
    sigma = rng.uniform(*rattle)
    strained = atoms.copy()
    strained.set_cell(atoms.cell.array @ deformation, scale_atoms=True)
    upright, turn = strained.cell.standard_form()
    strained.positions = strained.positions @ turn.T
    strained.set_cell(upright, scale_atoms=False)
    while True:
        moved = strained.copy()
        moved.positions += rng.normal(0, sigma, moved.positions.shape)
        if closest(moved) > apart:
            return moved
        sigma *= 0.7
        if sigma < 1e-3:
            raise ValueError(f"{atoms.info.get('source', atoms.symbols)} has overlaps before it is rattled")
