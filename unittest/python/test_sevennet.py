# SPDX-License-Identifier: GPL-2.0-only
"""Exported SevenNet models (small, random weights) against sevenn's own calculator; refusals."""

import dataclasses

import numpy as np
import pytest
import structures
import tiny_sevennet
import torch
from natrolite import evaluate, graph, modelfile
from natrolite.errors import NatroliteError
from natrolite.export import export
from natrolite.exporters import common, sevennet

KINDS = ["linear", "parity", "readout", "one_layer", "modal"]
# energy eV/atom, force eV/A, stress eV/A^3
LIMITS = {"float32": (2e-6, 2e-4, 2e-6), "float64": (1e-9, 1e-9, 1e-9)}


def differences(file, calculator, atoms, ghosts):
    """Return (eV/atom, eV/A, eV/A^3) between a model file and an ASE calculator."""
    module, meta = file
    result, _ = evaluate.evaluate(module, meta, atoms, ghosts=ghosts)
    atoms.calc = calculator
    energy = abs(result.energy - float(atoms.get_potential_energy())) / len(atoms)
    force = np.abs(result.forces - atoms.get_forces()).max()
    stress, volume = 0.0, atoms.cell.volume
    if volume > 0.0:
        stress = np.abs(result.stress(volume) - atoms.get_stress()).max()
    return energy, force, stress


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module", params=["float32", "float64"])
def pair(request, kind, checkpoints, tmp_path_factory):
    """(model file (module, metadata), sevenn's calculator) of one kind in one precision."""
    modality = "B" if kind == "modal" else None
    path = tmp_path_factory.mktemp("files") / f"{kind}.pt"
    export(sevennet, str(checkpoints[kind]), path, request.param, modality)
    return modelfile.load(path), tiny_sevennet.calculator(checkpoints[kind], request.param, modality)


def test_against_sevenn_on_six_structures(pair):
    file, calculator = pair
    for name, build in structures.ALL.items():
        for ghosts in (False, True):
            found = differences(file, calculator, build(), ghosts)
            limits = LIMITS[file[1]["dtype"]]
            assert all(value <= limit for value, limit in zip(found, limits)), (name, ghosts, found)


def test_metadata(pair, kind):
    _, meta = pair[0]
    layers = 1 if kind == "one_layer" else 3
    assert meta["num_layers"] == layers and meta["collectives"]["ghost"] == layers - 1
    assert meta["strictly_local"] is (layers == 1) and len(meta["exchange_widths"]) == layers - 1
    assert meta["type_names"] == ["C", "H", "Na", "O", "Ti"]
    assert meta["atomic_numbers"] == [6, 1, 11, 8, 22]
    assert (meta["r_max"], meta["family"], meta["outputs"]) == (4.0, "sevennet", ["atomic_energy"])
    assert meta["arch"]["config"]["num_convolution_layer"] == layers


def test_contract_of_forward(pair):
    """Double in and out whatever the compute type; frozen weights; no atoms, ghosts without edges."""
    module, meta = pair[0]
    assert not any(parameter.requires_grad for parameter in module.parameters())
    result, _ = evaluate.evaluate(module, meta, structures.short_triclinic())
    assert result.atomic["atomic_energy"].dtype == np.float64
    real = {t.dtype for t in module.state_dict().values() if t.is_floating_point()}
    assert getattr(torch, meta["dtype"]) in real
    none = graph.folded(structures.lone_atom()[:0], np.zeros(0, int), 4.0)
    ghosts = dataclasses.replace(none, types=np.array([2, 0, 0]), owner=np.array([0, 0]), nlocal=1)
    empty, context = evaluate.evaluate_graph(module, none)
    assert empty.energy == 0.0 and context.calls["ghost_exchange"] == meta["num_layers"] - 1
    alone, _ = evaluate.evaluate_graph(module, ghosts)
    lone, _ = evaluate.evaluate(module, meta, structures.lone_atom())
    assert alone.energy == lone.energy and lone.energy != 0.0


def test_the_comparison_sees_a_flipped_edge(checkpoints):
    """Without parity, x_i - x_j is a different model: the cases must be chiral enough to show it."""
    built = sevennet.build(str(checkpoints["linear"]), "float32")

    class Flipped(torch.nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, data: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            data["edge_vec"] = -data["edge_vec"]
            return self.inner(data)

    wrong = dataclasses.replace(built, module=Flipped(built.module))
    with pytest.raises(NatroliteError, match="differs from the original on the case 'reference'"):
        common.finish(wrong)


def test_a_wrong_weight_is_refused_and_nothing_written(checkpoints, tmp_path, monkeypatch):
    true = sevennet.build

    def wrong(*arguments):
        built = true(*arguments)
        built.module.shift += 1e-4
        return built

    monkeypatch.setattr(sevennet, "build", wrong)
    with pytest.raises(NatroliteError, match="1.00e-04 eV/atom.*nothing is written"):
        export(sevennet, str(checkpoints["linear"]), tmp_path / "x.pt")
    assert list(tmp_path.iterdir()) == []


class Exchanging(torch.nn.Module):
    """A model that may exchange in a branch which never, or not always, runs."""

    def __init__(self, inner, rows: int):
        super().__init__()
        self.inner = inner
        self.rows = rows
        self.register_buffer("one", torch.ones(3, dtype=torch.float64))

    def forward(self, data: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if data["types_local"].size(0) < self.rows:
            data["edge_vec"] = data["edge_vec"] + 0.0 * torch.ops.natrolite.global_sum(self.one)
        return self.inner(data)


@pytest.mark.parametrize("rows, hint", [(0, "'global_sum': 1"), (3, "'global_sum': 1")])
def test_a_branch_with_an_exchange_is_refused(checkpoints, rows, hint):
    built = sevennet.build(str(checkpoints["linear"]), "float64")
    wrong = dataclasses.replace(built, module=Exchanging(built.module, rows))
    with pytest.raises(NatroliteError, match=f"{hint}.*parallel runs would hang"):
        common.finish(wrong)


def test_the_two_modalities_differ(checkpoints):
    results = []
    for modality in "AB":
        built = sevennet.build(str(checkpoints["modal"]), "float64", modality)
        results.append(evaluate.evaluate(built.module, built.fields, structures.short_triclinic())[0])
    assert np.abs(results[0].forces - results[1].forces).max() > 1e-3


def test_element_that_the_model_lacks(checkpoints):
    from ase import Atoms

    built = sevennet.build(str(checkpoints["linear"]), "float32")
    with pytest.raises(NatroliteError, match="no parameters for Fe; it knows C H Na O Ti"):
        evaluate.evaluate(built.module, built.fields, Atoms("FeC", [[0, 0, 0], [1.9, 0, 0]]))
