# SPDX-License-Identifier: GPL-2.0-only
"""Toy model files against their formulas in numpy, and the edges they are given."""

import numpy as np
import pytest
import structures
import torch
import toys_numpy
from ase import Atoms
from natrolite import check, evaluate, graph, modelfile

FILES = {"mp32": "mp", "mp3_32": "mp3", **{name: name for name in toys_numpy.FORMULAS}}


def noble(atoms):
    """Return the structure with its elements replaced by Ar and Ne, stretched to sane distances."""
    wide = atoms.copy()
    wide.numbers = np.where(atoms.numbers % 4 == 2, 18, 10)
    wide.set_cell(1.3 * atoms.cell.array)
    wide.positions *= 1.3
    wide.info = {"charge": 2.0, "spin": 3.0}
    return wide


CASES = ["short_triclinic", "na_in_graphite", "far_clusters", "lone_atom"]


@pytest.mark.parametrize("ghosts", [False, True])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("file", FILES)
def test_energy_forces_virial_and_outputs(toys, file, case, ghosts):
    module, meta = modelfile.load(toys / f"{file}.pt")
    atoms = noble(structures.ALL[case]())
    energy, forces, virial, outputs = toys_numpy.evaluate(FILES[file], atoms)
    result, context = evaluate.evaluate(module, meta, atoms, ghosts=ghosts)
    close = 1e-11 if meta["dtype"] == "float64" else 2e-6
    size = max(1.0, np.abs(forces).max())
    assert abs(result.energy - energy) < close * len(atoms) * max(1.0, abs(energy) / len(atoms))
    assert np.abs(result.forces - forces).max() < close * size
    assert np.abs(result.virial - virial).max() < 10 * close * size * len(atoms)
    assert set(result.atomic) == set(outputs) == set(meta["outputs"])
    for name, value in outputs.items():
        assert np.abs(result.atomic[name] - value).max() < close * max(1.0, np.abs(value).max())
    calls = context.calls
    assert [calls["ghost_exchange"], calls["global_sum"], calls["global_max"]] == [
        meta["collectives"][k] for k in ("ghost", "sum", "max")
    ]


def test_formulas_feel_the_structure():
    """The comparison would be idle with forces that are all zero."""
    for name in toys_numpy.FORMULAS:
        _, forces, virial, _ = toys_numpy.evaluate(name, noble(structures.short_triclinic()))
        assert np.abs(forces).max() > 1e-3 and np.abs(virial).max() > 1e-2, name


@pytest.mark.parametrize("file", FILES)
def test_no_atoms_and_ghosts_without_edges(toys, file):
    module, meta = modelfile.load(toys / f"{file}.pt")
    none = graph.Graph(np.zeros((0, 3)), np.zeros((2, 0), int), np.zeros(0, int), np.zeros(0, int), 0)
    result, context = evaluate.evaluate_graph(module, none)
    assert result.energy == 0.0 and result.atomic["atomic_energy"].shape == (0,)
    assert context.calls["ghost_exchange"] == meta["collectives"]["ghost"]
    ghosts = graph.Graph(none.edge_vec, none.edge_index, np.array([0, 1, 0, 0]), np.array([0, 0]), 2)
    result, _ = evaluate.evaluate_graph(module, ghosts)
    assert result.atomic["atomic_energy"].shape == (2,) and np.isfinite(result.energy)


@pytest.mark.parametrize("file", FILES)
def test_input_and_output_are_double_and_weights_frozen(toys, file):
    module, meta = modelfile.load(toys / f"{file}.pt")
    result, _ = evaluate.evaluate(module, meta, Atoms("Ar2", [[0, 0, 0], [3.0, 1.0, 0.5]]))
    assert all(value.dtype == np.float64 for value in result.atomic.values())
    assert not any(parameter.requires_grad for parameter in module.parameters())


@pytest.mark.parametrize("file", FILES)
def test_embedded_reference(toys, file):
    module, meta = modelfile.load(toys / f"{file}.pt")
    energy, force, atoms = check.errors(module, meta)
    assert len(atoms) == 5 and energy < meta["reference"]["energy_tolerance"]
    assert force < meta["reference"]["force_tolerance"]


@pytest.mark.parametrize("case", [*structures.ALL, "reference"])
def test_edges_against_brute_force(case):
    from natrolite.exporters import cases

    fields = {"type_names": ["Ar", "Ne"], "r_max": 5.0}
    atoms = cases.reference(fields) if case == "reference" else structures.ALL[case]()
    i, j, shift = toys_numpy.pairs(atoms, 5.0)
    truth = atoms.positions[j] + shift - atoms.positions[i]
    types = np.arange(len(atoms))
    for build in (graph.folded, graph.with_ghosts):
        g = build(atoms, types, 5.0)
        center, neighbor = g.edge_index
        assert (np.diff(center) >= 0).all() and (center < g.nlocal).all()
        owner = np.concatenate([np.arange(g.nlocal), g.owner])[neighbor]
        assert (g.types[neighbor] == types[owner]).all()
        mine = sorted(zip(center, owner, *np.round(g.edge_vec, 8).T + 0.0))
        theirs = sorted(zip(i, j, *np.round(truth, 8).T + 0.0))
        assert len(mine) == len(theirs) and np.allclose(mine, theirs, atol=2e-8)


def test_ghosts_are_explicit_where_images_are_neighbors():
    g = graph.with_ghosts(structures.short_triclinic(), np.arange(4), 5.0)
    assert len(g.types) > 4 + 20 and len(g.owner) == len(g.types) - 4
    assert len(g.types) - 1 not in g.edge_index[1]  # the last ghost has no edge, on purpose


def test_torch_is_not_needed_for_the_metadata(toys):
    assert modelfile.read_metadata(toys / "mp.pt")["collectives"] == {"ghost": 1, "sum": 0, "max": 0}
    assert torch.__version__ in modelfile.read_metadata(toys / "mp.pt")["created_by"]
