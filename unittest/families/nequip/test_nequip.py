# SPDX-License-Identifier: GPL-2.0-only
"""Exported NequIP and Allegro models (small, random weights) against nequip's own calculator; refusals.

Runs in the environment of cmake/pins-nequip.txt.
"""

import dataclasses

import numpy as np
import pytest
import structures
import tiny_nequip as tiny
import torch
from natrolite import evaluate, exporters, graph, modelfile
from natrolite.errors import NatroliteError
from natrolite.export import export
from natrolite.exporters import common
from natrolite.exporters import nequip as family

SPLINE = {"_target_": "allegro.nn.TwoBodySplineScalarEmbed", "num_splines": 6, "spline_span": 4}

KINDS = {
    "nequip": tiny.nequip(parity=False),
    "nequip_l2": tiny.nequip(l_max=2, parity=False, num_layers=2, num_features=[4, 3, 2]),
    "nequip_zbl": tiny.nequip(pair_potential=tiny.ZBL, num_layers=2),
    "nequip_cutoffs": tiny.nequip(per_edge_type_cutoff=tiny.CUTOFFS, num_layers=2),
    "nequip_norm_resnet": tiny.nequip(
        convnet_resnet=True, convnet_nonlinearity_type="norm", convnet_sc=False, num_layers=2
    ),
    "nequip_one_layer": tiny.nequip(num_layers=1, readout_mlp_hidden_layers_depth=1),
    "allegro": tiny.allegro(),
    "allegro_cutoffs": tiny.allegro(per_edge_type_cutoff=tiny.CUTOFFS),
    "allegro_zbl": tiny.allegro(pair_potential=tiny.ZBL, num_layers=1, avg_num_neighbors=9.0),
    "allegro_spline": tiny.allegro(radial_chemical_embed=SPLINE, l_max=2, tp_path_channel_coupling=False),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("nequip")


@pytest.fixture(scope="session")
def checkpoint(folder):
    """Return a function: name of a kind, further changes -> path of its checkpoint, written once."""
    written = {}

    def write(kind, **changes):
        name = "-".join([kind, *(f"{k}{v}" for k, v in changes.items())])
        if name not in written:
            written[name] = tiny.write_checkpoint(str(folder / f"{name}.ckpt"), {**KINDS[kind], **changes})
        return written[name]

    return write


@pytest.fixture(scope="session")
def model(checkpoint, folder):
    """Return a function: name of a kind -> (module, metadata) of its model file in float64, exported once."""
    files = {}

    def load(kind):
        if kind not in files:
            files[kind] = exported(checkpoint(kind), folder / f"{kind}.pt")
        return files[kind]

    return load


def exported(source, path, dtype="float64", modality=None):
    """Export and read back; return (module, metadata)."""
    export(family, str(source), str(path), dtype, modality)
    return modelfile.load(path)


def differences(file, calculator, atoms, ghosts):
    """Return (eV/atom, eV/A, eV/A^3) between a model file and an ASE calculator."""
    result, _ = evaluate.evaluate(*file, atoms, ghosts=ghosts)
    atoms.calc = calculator
    energy = abs(result.energy - float(atoms.get_potential_energy())) / len(atoms)
    force = np.abs(result.forces - atoms.get_forces()).max()
    stress = 0.0
    if atoms.cell.rank == 3:
        stress = np.abs(result.stress(atoms.cell.volume) - atoms.get_stress()).max()
    return energy, force, stress


def compare(file, calculator, limits):
    for name in ("mxene_on_graphene", "short_triclinic", "lone_atom"):
        for ghosts in (False, True):
            found = differences(file, calculator, structures.ALL[name](), ghosts)
            assert all(value <= limit for value, limit in zip(found, limits)), (name, ghosts, found)
    forces = evaluate.evaluate(*file, structures.short_triclinic())[0].forces
    assert np.abs(forces).max() > 1e-4  # else all of the above would hold for nothing


@pytest.mark.parametrize("kind", KINDS)
def test_against_nequip(kind, model, checkpoint):
    compare(model(kind), tiny.calculator(checkpoint(kind)), (1e-9, 1e-9, 1e-9))


@pytest.mark.parametrize("kind", ["nequip_zbl", "allegro_cutoffs"])
def test_single_precision(kind, checkpoint, folder):
    source = checkpoint(kind, model_dtype="float32")
    file = exported(source, folder / "model.pt", "float32")
    assert torch.float32 in {t.dtype for t in file[0].state_dict().values()}
    compare(file, tiny.calculator(source), (2e-6, 2e-4, 2e-6))


@pytest.mark.parametrize("kind", ["nequip_zbl", "allegro_spline"])
def test_other_precision_than_trained(kind, checkpoint, folder):
    """float64 as float32 stays near the original; float32 as float64 is smooth: F = -dE/dx."""
    double = checkpoint(kind)
    compare(exported(double, folder / "a.pt", "float32"), tiny.calculator(double), (1e-5, 1e-3, 1e-5))
    file = exported(checkpoint(kind, model_dtype="float32"), folder / "b.pt", "float64")
    atoms, h = structures.short_triclinic(), 1e-4
    force = evaluate.evaluate(*file, atoms)[0].forces[1, 2]
    energies = []
    for step in (h, -h):
        moved = atoms.copy()
        moved.positions[1, 2] += step
        energies.append(evaluate.evaluate(*file, moved)[0].energy)
    assert -(energies[0] - energies[1]) / (2 * h) == pytest.approx(force, abs=1e-6)


@pytest.mark.parametrize("kind", ["nequip_zbl", "allegro_cutoffs"])
def test_package(kind, checkpoint, folder):
    """A packaged model carries its own copy of nequip's code."""
    source = checkpoint(kind)
    packed = tiny.package(source, str(folder / f"{kind}.nequip.zip"))
    assert exporters.resolve(packed) is family
    compare(exported(packed, folder / "model.pt"), tiny.calculator(source), (1e-9, 1e-9, 1e-9))


def test_what_the_native_evaluator_knows(checkpoint):
    """A description, or the part that has no word."""
    unknown = {"nequip_norm_resnet": "a nonlinearity other than the gate"}
    cases = [(kind, {}, unknown.get(kind)) for kind in KINDS] + [
        ("allegro", {"allegro_mlp_nonlinearity": None, "readout_mlp_nonlinearity": None}, None),
        ("allegro", {"allegro_mlp_nonlinearity": "gelu"}, "an activation that is none of"),
    ]
    for kind, changes, wanted in cases:
        records, reason = common.native_records(family.build(checkpoint(kind, **changes), "float64"))
        assert bool(records) is (wanted is None), (kind, reason)
        assert wanted is None or wanted in reason, (kind, reason)


@pytest.mark.parametrize("kind", KINDS)
def test_metadata(kind, model):
    _, meta = model(kind)
    layers = {"nequip": 3, "nequip_one_layer": 1}.get(kind, 2)
    layers = 1 if kind.startswith("allegro") else layers
    assert meta["family"] == kind.split("_")[0]
    assert meta["num_layers"] == layers and meta["strictly_local"] is (layers == 1)
    assert meta["collectives"] == {"ghost": layers - 1, "sum": 0, "max": 0}
    assert len(meta["exchange_widths"]) == layers - 1
    assert meta["type_names"] == tiny.TYPES and meta["atomic_numbers"] == [1, 6, 8, 11, 22]
    assert meta["r_max"] == 4.0 and meta["outputs"] == ["atomic_energy"]
    if kind.endswith("cutoffs"):
        assert meta["pair_cutoffs"][1] == [4.0, 3.0, 4.0, 3.6, 4.0]
        assert meta["pair_cutoffs"][3] == [3.8] * 5 and meta["pair_cutoffs"][0] == [2.5] * 5
    else:
        assert meta["pair_cutoffs"] is None


def test_contract_of_forward(checkpoint, folder):
    """Double in and out, frozen weights; no atoms; ghosts without edges."""
    module, meta = exported(checkpoint("nequip_zbl", model_dtype="float32"), folder / "model.pt", "float32")
    assert not any(parameter.requires_grad for parameter in module.parameters())
    result, _ = evaluate.evaluate(module, meta, structures.short_triclinic())
    assert result.atomic["atomic_energy"].dtype == np.float64
    none = graph.folded(structures.lone_atom()[:0], np.zeros(0, int), 4.0)
    empty, context = evaluate.evaluate_graph(module, none)
    assert empty.energy == 0.0 and context.calls["ghost_exchange"] == 1
    ghosts = dataclasses.replace(none, types=np.array([3, 0, 0]), owner=np.array([0, 0]), nlocal=1)
    alone, _ = evaluate.evaluate_graph(module, ghosts)
    lone, _ = evaluate.evaluate(module, meta, structures.lone_atom())
    assert alone.energy == lone.energy == pytest.approx(-0.9)


def test_export_leaves_the_process_as_it_was(checkpoint, folder):
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        exported(checkpoint("allegro"), folder / "model.pt")
        assert torch.get_default_dtype() == torch.float32
    finally:
        torch.set_default_dtype(before)


def test_file_of_several_models(folder):
    models = {"light": tiny.nequip(num_layers=1), "heavy": tiny.allegro()}
    source = tiny.write_checkpoint(str(folder / "several.ckpt"), tiny.several(**models))
    with pytest.raises(NatroliteError, match="--modality, one of: heavy, light"):
        exported(source, folder / "model.pt")
    with pytest.raises(NatroliteError, match="no model 'other'"):
        exported(source, folder / "model.pt", modality="other")
    file = exported(source, folder / "model.pt", modality="heavy")
    assert file[1]["family"] == "allegro" and file[1]["name"] == "several, model heavy"
    compare(file, tiny.calculator(source, "heavy"), (1e-9, 1e-9, 1e-9))


def test_claims(checkpoint, folder):
    assert exporters.resolve(checkpoint("nequip")) is family
    other = folder / "other.pth"
    torch.save({"state_dict": {}, "epoch": 3}, other)
    (folder / "text.ckpt").write_text("no zip")
    assert not family.claims(other) and not family.claims(folder / "text.ckpt")


REFUSED = {
    "self connection": (tiny.nequip(learnable_shift=True), "ConvNetLayer.*learnable_shift"),
    "extra input": (
        {
            **{k: v for k, v in tiny.nequip().items()
               if k not in ("num_layers", "l_max", "num_features", "radial_mlp_width")},
            "_target_": "nequip.model.FullNequIPGNNModel",
            "radial_mlp_depth": [1], "radial_mlp_width": [8], "feature_irreps_hidden": ["4x0e"],
            "irreps_edge_sh": "1x0e+1x1o", "type_embed_num_features": 4,
            "categorical_graph_field_embed": [
                {"field": "charge", "min": -1, "max": 1, "num_features": 2}
            ],
        },
        "the input charge",
    ),
    "type name": (
        tiny.nequip(type_names=["H", "C1"], avg_num_neighbors=9.0, per_type_energy_scales=1.0,
                    per_type_energy_shifts=0.0),
        "type name C1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name, folder):
    config, reason = REFUSED[name]
    source = tiny.write_checkpoint(str(folder / "refused.ckpt"), config)
    with pytest.raises(NatroliteError, match=reason):
        exported(source, folder / "refused.pt")
    assert not (folder / "refused.pt").exists()


def test_unknown_module_is_refused(checkpoint, monkeypatch, folder):
    """As an acceleration would be: the tensor product is of another class."""
    from natrolite.exporters import nequip_modules

    class FastTensorProductScatter(torch.nn.Module):
        pass

    monkeypatch.setattr(FastTensorProductScatter, "__module__", "nequip.nn._fast")
    load = family._load

    def accelerated(source):
        models = load(source)
        for block in nequip_modules.blocks(models):
            block.tp_scatter = FastTensorProductScatter()
        return models

    monkeypatch.setattr(family, "_load", accelerated)
    with pytest.raises(NatroliteError, match=r"FastTensorProductScatter \(layer0_convnet.conv.tp_scatter\)"):
        exported(checkpoint("nequip"), folder / "refused.pt")


def test_other_refusals(checkpoint, folder):
    with pytest.raises(NatroliteError, match="holds one model; leave --modality"):
        exported(checkpoint("nequip"), folder / "refused.pt", modality="x")
    broken = folder / "broken.nequip.zip"
    broken.write_bytes(b"PK\x05\x06" + 18 * b"\0")
    with pytest.raises(NatroliteError, match="nequip cannot load"):
        exported(broken, folder / "refused.pt")
