# SPDX-License-Identifier: GPL-2.0-only
"""Six test structures (ase.Atoms, Angstrom) for comparisons with a model's own ASE calculator.

Elements among H, C, O, Na, Ti; none has a symmetry left (seeded random displacements), none has a
pair at a cutoff. `ALL` maps a name to a function that builds the structure.
"""

import numpy as np
from ase import Atoms
from ase.build import graphene


def _shaken(atoms, seed, size=0.06):
    atoms.rattle(size, seed=seed)
    return atoms


def na_in_graphite():
    """36 C in two AB layers 3.9 A apart, one Na between them; periodic, hexagonal."""
    a, d, n = 2.46, 3.9, 3
    layer = graphene(a=a, size=(n, n, 1), vacuum=None)
    cell = layer.cell.array.copy()
    cell[2] = [0.0, 0.0, 2 * d]
    upper = layer.positions + [0.0, a / np.sqrt(3.0), d]
    positions = np.concatenate([layer.positions, upper, [[2.5, 2.9, 0.5 * d]]])
    atoms = Atoms(f"C{4 * n * n}Na", positions, cell=cell, pbc=True)
    return _shaken(atoms, 1)


def mxene_on_graphene():
    """Ti2CO2 (3x3, 45 atoms) under graphene (4x4, 32 C, strained), Na between; vacuum along z."""
    a, side, height = 3.15, 3 * 3.15, 26.0
    cell = np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, height]])
    rows = [("C", 0, 0, 0.0), ("Ti", 1, 2, 1.1), ("Ti", 2, 1, -1.1), ("O", 2, 1, 2.1), ("O", 1, 2, -2.1)]
    fractions = [[i / 3, j / 3, (8.0 + z) / height] for _, i, j, z in rows]
    symbols = [symbol for symbol, *_ in rows]
    mxene = Atoms(symbols, scaled_positions=fractions, cell=cell, pbc=[True, True, False])
    atoms = mxene.repeat((3, 3, 1))
    sheet = [
        [(i + s) / 4, (j + t) / 4, 14.8 / height]
        for i in range(4)
        for j in range(4)
        for s, t in ((0, 0), (1 / 3, 2 / 3))
    ]
    atoms += Atoms("C32", np.array(sheet) @ atoms.cell.array)
    atoms += Atoms("Na", [[0.4 * side, 0.3 * side, 12.4]])
    return _shaken(atoms, 2)


def amorphous_carbon():
    """36 C and 4 Na at random, no two closer than 1.45 A (2.3 A for Na); periodic cube."""
    rng, side = np.random.default_rng(3), 8.2
    symbols, placed = ["Na"] * 4 + ["C"] * 36, []
    for symbol in symbols:
        closest = 2.3 if symbol == "Na" else 1.45
        while True:
            x = rng.uniform(0, side, 3)
            d = np.array([x - p for p in placed]).reshape(-1, 3)
            r = np.linalg.norm(d - side * np.round(d / side), axis=1)
            limit = np.where(np.arange(len(placed)) < 4, 2.3, closest)
            if (r > limit).all():
                placed.append(x)
                break
    return Atoms(symbols, placed, cell=[side] * 3, pbc=True)


def short_triclinic():
    """Na, C, O and Ti in a strongly tilted cell, each edge shorter than 4 A."""
    cell = [[3.8, 0.0, 0.0], [1.6, 3.4, 0.0], [-1.2, 1.1, 3.5]]
    fractions = [[0.05, 0.1, 0.02], [0.55, 0.12, 0.35], [0.2, 0.6, 0.5], [0.7, 0.65, 0.9]]
    return Atoms("NaCOTi", scaled_positions=fractions, cell=cell, pbc=True)


def lone_atom():
    """One Na atom, not periodic, no cell: no edge at all."""
    return Atoms("Na", [[0.4, 0.3, 0.2]])


def far_clusters():
    """Two molecules-like clusters 60 A apart, not periodic, no cell."""
    ring = [[1.4 * np.cos(k * np.pi / 3), 1.4 * np.sin(k * np.pi / 3), 0.0] for k in range(6)]
    first = Atoms("C6Na", ring + [[0.1, 0.2, 2.4]])
    tail = [[0, 0, 0], [1.25, 0, 0.1], [-0.6, 1.0, 0.2], [0.3, -1.9, 0.4], [2.0, 1.7, -0.6]]
    second = Atoms("COHTiNa", tail)
    second.translate([35.0, 40.0, 28.0])
    return _shaken(first + second, 6)


ALL = {
    "na_in_graphite": na_in_graphite,
    "mxene_on_graphene": mxene_on_graphene,
    "amorphous_carbon": amorphous_carbon,
    "short_triclinic": short_triclinic,
    "lone_atom": lone_atom,
    "far_clusters": far_clusters,
}
