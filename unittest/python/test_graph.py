# SPDX-License-Identifier: GPL-2.0-only
"""Graphs from ase.Atoms: cutoffs of type pairs, ghosts, sizes 0 and 1."""

import ase
import numpy as np

from natrolite import graph


def chain():
    """Types 0 1 0 at x = 0, 2, 4 Angstrom."""
    return ase.Atoms("NaCNa", positions=[[0, 0, 0], [2, 0, 0], [4, 0, 0]]), np.array([0, 1, 0])


def test_cutoffs_of_type_pairs_are_used_per_center_and_neighbor():
    atoms, types = chain()
    # 0-0 reaches 4.5, 0-1 reaches 2.5, 1-0 and 1-1 reach 1
    g = graph.folded(atoms, types, np.array([[4.5, 2.5], [1.0, 1.0]]))
    assert sorted(map(tuple, g.edge_index.T)) == [(0, 1), (0, 2), (2, 0), (2, 1)]


def test_one_cutoff_leaves_out_a_pair_exactly_at_it():
    atoms, types = chain()
    assert graph.folded(atoms, types, 2.0).edge_index.shape == (2, 0)
    assert graph.folded(atoms, types, 2.000001).edge_index.shape == (2, 4)


def test_ghosts_copy_their_owners_and_keep_the_vectors():
    atoms, types = chain()
    atoms.set_cell([6, 6, 6])
    atoms.pbc = [True, False, False]
    folded, ghosts = graph.folded(atoms, types, 2.5), graph.with_ghosts(atoms, types, 2.5)
    assert len(ghosts.types) == 3 + len(ghosts.owner)
    owners = np.concatenate([np.arange(3), ghosts.owner])
    assert np.array_equal(owners[ghosts.edge_index[1]], folded.edge_index[1])
    assert np.array_equal(ghosts.edge_vec, folded.edge_vec)
    assert np.array_equal(ghosts.types[3:], types[ghosts.owner])


def test_no_atoms_and_one_atom_have_no_edges():
    for atoms in (ase.Atoms(), ase.Atoms("Na")):
        g = graph.folded(atoms, np.zeros(len(atoms), int), 5.0)
        assert g.edge_index.shape == (2, 0) and g.edge_vec.shape == (0, 3)
