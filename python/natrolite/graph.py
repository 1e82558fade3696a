# SPDX-License-Identifier: GPL-2.0-only
"""Edges of an ASE structure in the form the model files take (see doc: the model file)."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class Graph:
    """One structure as a model sees it.

    edge_vec: float64 [E, 3], x_j - x_i in Angstrom.
    edge_index: int64 [2, E], row 0 center, row 1 neighbor, sorted by center.
    types: int64 [nall], indices into the model's type_names; the first nlocal are the local atoms.
    owner: int64 [nall - nlocal], the local atom that each ghost copies.
    nlocal: number of local atoms.
    """

    edge_vec: np.ndarray
    edge_index: np.ndarray
    types: np.ndarray
    owner: np.ndarray
    nlocal: int


def folded(atoms, types, cutoff):
    """Return the Graph without ghosts: periodic images are edges to their owners.

    atoms: ase.Atoms (any cell, also shorter than the cutoff); types: int64 [n]; cutoff: Angstrom,
    one for all pairs or [ntypes, ntypes] (center, neighbor). Only pairs with r < cutoff are edges.
    """
    center, neighbor, vec, _ = _pairs(atoms, types, cutoff)
    index = np.stack([center, neighbor])
    return Graph(vec, index, np.asarray(types), np.zeros(0, np.int64), len(atoms))


def with_ghosts(atoms, types, cutoff):
    """Return the same graph with one explicit ghost atom per periodic image that is a neighbor.

    One ghost more, which no edge touches, stands at the end: an owner's copy that must not matter.
    """
    center, neighbor, vec, shift = _pairs(atoms, types, cutoff)
    nlocal = len(atoms)
    index, owner = neighbor.copy(), []
    rows = {}
    for edge in np.flatnonzero(shift.any(axis=1)):
        key = (int(neighbor[edge]), *map(int, shift[edge]))
        if key not in rows:
            rows[key] = nlocal + len(owner)
            owner.append(key[0])
        index[edge] = rows[key]
    if nlocal:
        owner.append(nlocal - 1)
    owner = np.asarray(owner, np.int64)
    types = np.asarray(types)
    return Graph(vec, np.stack([center, index]), np.concatenate([types, types[owner]]), owner, nlocal)


def extent(atoms):
    """Return a cutoff in Angstrom with which all pairs of a molecule are edges: more than its diameter."""
    size = np.ptp(atoms.positions, axis=0) if len(atoms) else np.zeros(3)
    return float(np.linalg.norm(size)) + 1.0


def _pairs(atoms, types, cutoff):
    """Return centers, neighbors, vectors and cell shifts of all pairs with r < cutoff, sorted."""
    from ase.neighborlist import primitive_neighbor_list

    if len(atoms) == 0:
        none = np.zeros(0, np.int64)
        return none, none, np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    cell = np.asarray(atoms.cell.complete())
    i, j, vec, r, shift = primitive_neighbor_list(
        "ijDdS", atoms.pbc, cell, atoms.get_positions(), float(np.max(cutoff)), self_interaction=False
    )
    limit = np.asarray(cutoff)[types[i], types[j]] if np.ndim(cutoff) else cutoff
    keep = np.flatnonzero(r < limit)
    keep = keep[np.argsort(i[keep], kind="stable")]
    return (
        i[keep].astype(np.int64),
        j[keep].astype(np.int64),
        np.ascontiguousarray(vec[keep], dtype=np.float64),
        shift[keep].astype(np.int64),
    )
