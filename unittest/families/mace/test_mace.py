# SPDX-License-Identifier: GPL-2.0-only
"""Exported MACE models (small, random weights) against mace's own calculator; refusals.

Needs mace-torch (cmake/pins-mace.txt). Limits in float64: 1e-9 eV/atom, eV/A, eV/A^3.
"""

import copy
import os

import numpy as np
import pytest
import structures
import tiny_mace
import torch
from mace import modules
from mace.modules.lora import inject_LoRAs
from natrolite import cli, evaluate, exporters, modelfile
from natrolite.errors import NatroliteError
from natrolite.export import export
from natrolite.exporters import mace, mace_build

HEAD = {"nonlinear": "scan", "heads": "other"}
WIDTHS = {  # of an exchange: features only, never one-hot rows
    "density": [64, 64],
    "attention": [128],  # 64 and 64 scalars for the attention
    "nonlinear": [32],
    "heads": [72],
    "one_layer": [],
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """checkpoint(kind) -> path of a model file, as mace's training writes it."""
    folder, made = tmp_path_factory.mktemp("checkpoints"), {}

    def get(kind):
        if kind not in made:
            made[kind] = str(tiny_mace.write(folder / f"{kind}.model", kind))
        return made[kind]

    return get


@pytest.fixture(scope="module")
def exported(checkpoint, tmp_path_factory):
    """exported(kind, dtype, head) -> (scripted module, metadata) read back from the file."""
    folder, made = tmp_path_factory.mktemp("files"), {}

    def get(kind, dtype="float64", head=None):
        key = f"{kind}-{dtype}-{head}"
        if key not in made:
            options = {"head": head} if head else {}
            export(mace, checkpoint(kind), folder / key, dtype, options=options)
            made[key] = modelfile.load(str(folder / key))
        return made[key]

    return get


def differences(file, calculator, atoms, ghosts):
    """Return (eV/atom, eV/A, eV/A^3) between a model file and mace's calculator."""
    result, _ = evaluate.evaluate(*file, atoms, ghosts=ghosts)
    energy, forces, stress = tiny_mace.reference(calculator, atoms)
    if stress is None:
        stress = error = 0.0
    else:
        error = np.abs(result.virial / atoms.get_volume() + stress).max()
    return abs(result.energy - energy) / len(atoms), np.abs(result.forces - forces).max(), error


@pytest.mark.parametrize("kind", tiny_mace.KINDS)
def test_equals_maces_calculator(kind, checkpoint, exported):
    head = HEAD.get(kind)
    file, calculator = exported(kind, head=head), tiny_mace.calculator(checkpoint(kind), head=head)
    for name, ghosts in [("short_triclinic", True), ("mxene_on_graphene", False), ("lone_atom", False)]:
        found = differences(file, calculator, structures.ALL[name](), ghosts)
        assert max(found) <= 1e-9, (name, found)


def test_float32(checkpoint, exported):
    file = exported("nonlinear", "float32", "scan")
    calculator = tiny_mace.calculator(checkpoint("nonlinear"), "float32", "scan")
    for build in structures.ALL.values():
        energy, force, stress = differences(file, calculator, build(), True)
        assert energy <= 2e-6 and force <= 2e-4 and stress <= 1e-5
    real = {t.dtype for t in file[0].state_dict().values() if t.is_floating_point()}
    assert torch.float32 in real and file[1]["dtype"] == "float32"
    result, _ = evaluate.evaluate(*file, structures.lone_atom())
    assert result.atomic["atomic_energy"].dtype == np.float64


@pytest.mark.parametrize("kind", tiny_mace.KINDS)
def test_metadata(kind, exported):
    _, meta = exported(kind, head=HEAD.get(kind))
    widths = WIDTHS.get(kind, [64])
    assert meta["exchange_widths"] == widths and meta["collectives"]["ghost"] == len(widths)
    assert meta["num_layers"] == len(widths) + 1 and meta["strictly_local"] is (kind == "one_layer")
    assert meta["type_names"] == ["H", "C", "O", "Na", "Ti"]
    assert meta["atomic_numbers"] == tiny_mace.NUMBERS
    assert (meta["family"], meta["r_max"], meta["license"]) == ("mace", 4.0, "not declared")
    assert meta["arch"]["head"] == HEAD.get(kind, "Default")
    assert "mace-torch 0.3.16" in meta["created_by"] and "e3nn 0.4.4" in meta["created_by"]


def test_only_the_first_contraction_would_fail_without_atoms(exported):
    """0 atoms: energy 0, and as many exchanges as ever."""
    file = exported("density")
    result, context = evaluate.evaluate(*file, structures.lone_atom()[:0])
    assert result.energy == 0.0 and context.calls["ghost_exchange"] == 2


def test_weights_are_frozen_and_the_original_is_left_alone(checkpoint):
    """The model that is exported from can still be trained, and nothing global has changed."""
    model = torch.load(checkpoint("zbl"), weights_only=False)
    before, names = copy.deepcopy(model.state_dict()), set(dir(modules.blocks.InteractionBlock))
    hook = modules.blocks.InteractionBlock.handle_lammps
    environment, default = dict(os.environ), torch.get_default_dtype()
    built = mace_build.build(model, 0, torch.float32)
    assert not any(p.requires_grad for p in built.parameters())
    built.isolated += 1.0
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert all(p.requires_grad for n, p in model.named_parameters() if "weights" in n and p.abs().sum() > 0)
    assert modules.blocks.InteractionBlock.handle_lammps is hook
    assert set(dir(modules.blocks.InteractionBlock)) == names
    assert dict(os.environ) == environment and torch.get_default_dtype() == default


def test_large_energies_of_isolated_atoms_keep_their_digits(tmp_path):
    """All-electron E0 of thousands of eV, which float32 would round to 1e-4 eV."""
    energies = np.array([-13.6, -1036.123456789, -2041.3, -4421.7, -23102.9])
    path = tiny_mace.write(tmp_path / "m.model", "one_layer", atomic_energies=energies)
    export(mace, str(path), tmp_path / "m.pt", "float32")
    module, meta = modelfile.load(str(tmp_path / "m.pt"))
    lone = structures.lone_atom()
    lone.symbols[0] = "C"
    result, _ = evaluate.evaluate(module, meta, lone)
    network = result.energy - energies[1]
    lone.symbols[0] = "Ti"
    result, _ = evaluate.evaluate(module, meta, lone)
    assert abs(result.energy - energies[4] - network) < 1.0 and abs(network) < 10.0
    assert module.isolated.dtype == torch.float64
    assert np.abs(module.isolated.numpy() - energies).max() == 0.0


def test_a_model_of_an_old_version(checkpoint, tmp_path):
    """Files of the first public models lack what mace has added since: heads, options, tables."""
    model = torch.load(checkpoint("plain"), weights_only=False)
    del model.heads, model.radial_embedding.apply_cutoff, model.readouts[1].num_heads
    model.atomic_energies_fn.atomic_energies = model.atomic_energies_fn.atomic_energies.flatten()
    for part in [*model.interactions, *model.products]:
        del part.cueq_config
    for block, product in zip(model.interactions, model.products):
        del block.oeq_config, block.edge_irreps, block.reshape.cueq_config, product.use_agnostic_product
    path = tmp_path / "old.model"
    torch.save(model, path)
    built, calculator = mace.build(str(path), "float64"), tiny_mace.calculator(path)
    found = differences((built.module, built.fields), calculator, structures.short_triclinic(), True)
    assert max(found) <= 1e-9 and built.fields["arch"]["heads"] == ["Default"]


# --- heads ----------------------------------------------------------------------------------------


def test_the_head_named_default_is_taken(exported):
    _, meta = exported("heads")
    assert meta["arch"]["head"] == "Default" and meta["name"] == "heads, head Default"
    energies = [
        evaluate.evaluate(*exported("heads", head=head), structures.far_clusters())[0].energy
        for head in (None, "other")
    ]
    assert abs(energies[0] - energies[1]) > 0.1


def test_heads_are_listed(checkpoint, tmp_path, capsys):
    with pytest.raises(NatroliteError, match="needs --head, one of: pbe, r2scan, scan"):
        mace.build(checkpoint("nonlinear"), "float64")
    with pytest.raises(NatroliteError, match="no head 'PBE'; it has: pbe, r2scan, scan"):
        mace.build(checkpoint("nonlinear"), "float64", head="PBE")
    with pytest.raises(NatroliteError, match="--head in place of --modality pbe"):
        mace.build(checkpoint("nonlinear"), "float64", "pbe")
    arguments = ["export", checkpoint("nonlinear"), "-o", str(tmp_path / "x.pt")]
    assert cli.main(arguments) == 1
    assert "needs --head" in capsys.readouterr().err and not os.listdir(tmp_path)


def test_command(checkpoint, tmp_path, capsys):
    """By the command: a MACE file is recognized, the head is an option, the result is named."""
    target = tmp_path / "x.pt"
    arguments = ["export", checkpoint("one_layer"), "-o", str(target), "--head", "Default"]
    assert cli.main(arguments) == 0
    assert "one_layer, float32; largest error" in capsys.readouterr().out
    assert modelfile.read_metadata(str(target))["family"] == "mace"


# --- refusals -------------------------------------------------------------------------------------


def refused(model, tmp_path, *words, suffix=".model"):
    """Check that the file is claimed and refused, in one line that has all words."""
    path = str(tmp_path / f"refused{suffix}")
    if model is not None:
        torch.save(model, path)
    assert exporters.resolve(path) is mace
    with pytest.raises(NatroliteError) as error:
        mace.build(path, "float64")
    text = str(error.value)
    assert all(word in text for word in words) and "\n" not in text, text


def tiny(**changes):
    return tiny_mace.model("one_layer", **changes)


def test_other_kinds_of_models(tmp_path):
    options = {"hidden_irreps": "4x0e+4x1o", "num_interactions": 2, "cls": modules.AtomicDipolesMACE}
    options |= {"MLP_irreps": "4x0e+4x1o", "atomic_energies": None}
    refused(tiny(**options), tmp_path, "AtomicDipolesMACE", "energy and forces")

    class Polar(modules.ScaleShiftMACE):
        pass

    model = tiny()
    model.__class__ = Polar
    with pytest.raises(NatroliteError, match="this is a Polar model"):
        mace_build.check(model)


def test_embedded_charge_and_spin(tmp_path):
    specs = {"total_charge": {"type": "continuous", "in_dim": 1, "emb_dim": 4, "per": "graph"}}
    refused(tiny(embedding_specs=specs), tmp_path, "total_charge", "not supported")


def test_chebyshev(tmp_path):
    """torch's Chebyshev polynomials carry no gradient, so mace's forces lack a part."""
    x = torch.tensor([[0.5]], requires_grad=True)
    assert not torch.special.chebyshev_polynomial_t(x, torch.tensor([[2.0]])).requires_grad
    refused(tiny(radial_type="chebyshev"), tmp_path, "Chebyshev", "--radial_type bessel")


@pytest.mark.parametrize("part", ["interactions", "products", "readouts"])
def test_unknown_blocks(part, checkpoint):
    model = torch.load(checkpoint("plain"), weights_only=False)
    block = getattr(model, part)[1]
    block.__class__ = type("MyOwnBlock", (type(block),), {"__module__": "mace.modules.blocks"})
    with pytest.raises(NatroliteError, match="MyOwnBlock of this model is not supported; supported: .*Block"):
        mace_build.build(model, 0, torch.float64)


def test_converted_models(checkpoint):
    def model():
        return torch.load(checkpoint("one_layer"), weights_only=False)

    cue, other = model(), model()
    cue.interactions[0].cueq_config = object()
    with pytest.raises(NatroliteError, match="cuEquivariance; convert it back: mace_cueq_to_e3nn"):
        mace_build.check(cue)
    other.interactions[0].oeq_config = object()
    with pytest.raises(NatroliteError, match="OpenEquivariance"):
        mace_build.check(other)
    with pytest.raises(NatroliteError, match="LoRA.*merge_lora_weights"):
        mace_build.check(inject_LoRAs(model()))


def test_files_that_are_no_models(checkpoint, tmp_path):
    model = torch.load(checkpoint("plain"), weights_only=False)
    refused(model.state_dict(), tmp_path, "weights only", ".model file")
    refused({"model": model.state_dict(), "optimizer": {}}, tmp_path, "training checkpoint", suffix=".pt")
    refused([model], tmp_path, "list, no model")


def test_scripted_files(checkpoint, tmp_path):
    from e3nn.util import jit
    from mace.calculators import LAMMPS_MACE

    model = torch.load(checkpoint("one_layer"), weights_only=False)
    path = str(tmp_path / "refused.model")
    jit.compile(copy.deepcopy(model)).save(path)
    refused(None, tmp_path, "compiled TorchScript", ".model file")
    jit.compile(LAMMPS_MACE(copy.deepcopy(model))).save(path)
    refused(None, tmp_path, "for LAMMPS", "reads it as it is")


def test_other_files_are_not_claimed(tmp_path):
    torch.save({"config": {}, "model_state_dict": {"a": torch.zeros(1)}}, tmp_path / "a.pth")
    torch.save(torch.nn.Linear(2, 2), tmp_path / "b.pth")
    (tmp_path / "c.pth").write_text("no archive")
    (tmp_path / "d.pth").write_bytes(b"")
    for name in "abcd":
        assert not mace.claims(str(tmp_path / f"{name}.pth"))
    whole = tiny_mace.write(tmp_path / "whole.model", "one_layer")
    (tmp_path / "cut.model").write_bytes(whole.read_bytes()[:3000])
    assert mace.claims(str(whole)) and not mace.claims(str(tmp_path / "cut.model"))


def test_a_class_that_is_not_there(checkpoint, tmp_path, monkeypatch):
    """A file of another version of mace: the missing class is named."""
    kind = "RealAgnosticResidualInteractionBlock"
    monkeypatch.delattr(modules.blocks, kind)
    with pytest.raises(NatroliteError, match=f"cannot be loaded with mace-torch 0.3.16.*{kind}"):
        mace.build(checkpoint("plain"), "float64")
