# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite export` of SpookyNet parameter files: the written file, its metadata, refusals."""

import sys
import types

import numpy as np
import pytest
import spooky_cases as cases
import torch
from natrolite import evaluate, export, exporters, modelfile
from natrolite.errors import NatroliteError
from natrolite.exporters import spookynet
from natrolite.spookynet import load_parameters

REFERENCE = {case["name"]: case for case in cases.reference()}
PERIODIC = "benzene, triclinic cell, lr 10"


@pytest.fixture(scope="module")
def periodic(tmp_path_factory):
    """Path of the exported public parameters, float64, lr_cutoff 10 A."""
    path = tmp_path_factory.mktemp("periodic") / "spooky.pt"
    export.export(spookynet, cases.PARAMETERS, path, "float64", options={"lr_cutoff": 10.0})
    return path


@pytest.fixture(scope="module")
def isolated(tmp_path_factory):
    """Path of the exported public parameters, float32, for isolated molecules."""
    path = tmp_path_factory.mktemp("isolated") / "spooky.pt"
    export.export(spookynet, cases.PARAMETERS, path)
    return path


def compare(path, name, ghosts, energy, force, charge):
    """Evaluate the file on a reference case; assert errors in eV, eV/A and e."""
    case = REFERENCE[name]
    result, _ = evaluate.evaluate(*modelfile.load(path), cases.atoms_of(case), ghosts=ghosts)
    assert abs(result.energy - case["energy"]) < energy
    assert np.abs(result.forces - case["forces"]).max() < force
    assert np.abs(result.atomic["charges"] - case["qa"]).max() < charge


@pytest.mark.parametrize("ghosts", [False, True], ids=["folded", "ghosts"])
def test_the_file_gives_the_values_of_the_original(periodic, ghosts):
    compare(periodic, PERIODIC, ghosts, 1e-9, 1e-9, 1e-9)


@pytest.mark.parametrize("name", [name for name in REFERENCE if name != PERIODIC])
def test_the_single_precision_file_for_molecules(isolated, name):
    compare(isolated, name, False, 1e-4, 1e-4, 1e-5)


def test_metadata(periodic, isolated):
    meta, alone = modelfile.read_metadata(periodic), modelfile.read_metadata(isolated)
    assert (meta["family"], meta["license"], meta["num_layers"]) == ("spookynet", "MIT", 3)
    assert meta["type_names"][10] == "Na" and meta["atomic_numbers"] == list(range(1, 87))
    assert abs(meta["r_max"] - 5.291772) < 1e-6
    assert (meta["lr_cutoff"], meta["arch"]["all_pairs"], meta["dtype"]) == (10.0, False, "float64")
    assert (alone["lr_cutoff"], alone["arch"]["all_pairs"], alone["dtype"]) == (None, True, "float32")
    assert meta["collectives"] == alone["collectives"] == {"ghost": 4, "sum": 5, "max": 3}
    widths = load_parameters(cases.PARAMETERS).exchange_widths()
    assert meta["exchange_widths"] == widths == [192, 192, 192, 8]
    assert meta["needs_total_charge"] and meta["needs_total_spin"]
    assert meta["spin_convention"] == "unpaired_electrons"
    assert meta["outputs"][:2] == ["atomic_energy", "charges"] and not meta["strictly_local"]
    assert meta["reference"]["cell"] is not None and alone["reference"]["cell"] is None
    assert meta["reference"]["total_charge"] == meta["reference"]["total_spin"] == 1.0


def test_check_and_info(natrolite, isolated):
    code, out, _ = natrolite("check", isolated)
    assert code == 0 and "energy differs by" in out
    code, out, _ = natrolite("info", isolated)
    assert code == 0 and "4 of ghosts (widths 192, 192, 192, 8), 5 sums, 3 maxima" in out


def test_a_periodic_system_is_refused_without_lr_cutoff(isolated):
    module, meta = modelfile.load(isolated)
    with pytest.raises(NatroliteError, match="periodic.*--lr-cutoff"):
        evaluate.evaluate(module, meta, cases.atoms_of(REFERENCE[PERIODIC]))


def test_the_reference_fails_for_changed_weights(isolated, tmp_path):
    """`natrolite check` compares with something: a file whose charge offsets moved is refused."""
    module, meta = modelfile.load(isolated)
    state = module.state_dict()
    state["offset"] += 1e-3
    meta["weights_sha256"] = modelfile.weights_sha256(module)
    modelfile.write(tmp_path / "x.pt", module, meta)
    from natrolite import check

    energy, force, _ = check.errors(*modelfile.load(tmp_path / "x.pt"))
    assert energy > meta["reference"]["energy_tolerance"]


# --- refusals


def test_the_command_line_finds_the_family_and_refuses_wrong_options(natrolite, tmp_path):
    assert exporters.resolve(cases.PARAMETERS) is spookynet
    out = tmp_path / "x.pt"
    words = {"3": "at least r_max = 5.29177 Angstrom, got 3", "nan": "got nan", "inf": "got inf"}
    for value, word in words.items():
        code, _, error = natrolite("export", cases.PARAMETERS, "-o", out, "--lr-cutoff", value)
        assert code == 1 and word in error and error.count("\n") == 1
    code, _, error = natrolite("export", cases.PARAMETERS, "-o", out, "--modality", "A")
    assert code == 1 and "no modalities" in error
    assert not out.exists()


def test_no_package_of_another_family_is_needed(monkeypatch):
    """The file is recognized before a family is asked whose package may be missing."""
    monkeypatch.setitem(sys.modules, "sevenn", None)
    monkeypatch.setitem(sys.modules, "e3nn", None)
    assert exporters.resolve(cases.PARAMETERS) is spookynet


def test_lr_cutoff_is_refused_by_families_without_it(tmp_path):
    family = types.SimpleNamespace(build=None)
    with pytest.raises(NatroliteError, match="family without --lr-cutoff"):
        export.export(family, "file", tmp_path / "x.pt", options={"lr_cutoff": 9.0})


@pytest.fixture(scope="module")
def saved():
    return torch.load(cases.PARAMETERS, map_location="cpu", weights_only=True)


CHANGES = {
    "activation": "ssp",
    "basis_functions": "gaussian",
    "use_irreps": False,
    "use_nonlinear_embedding": True,
}


@pytest.mark.parametrize("name", CHANGES)
def test_unsupported_parts_are_named(saved, tmp_path, name):
    torch.save({**saved, name: CHANGES[name]}, tmp_path / "x.pth")
    with pytest.raises(NatroliteError, match=f"{name} = .*{CHANGES[name]}.* not supported"):
        spookynet.build(str(tmp_path / "x.pth"), "float32")


def test_an_old_file_without_the_flags_is_refused_by_their_name(saved, tmp_path):
    old = {key: value for key, value in saved.items() if key != "use_irreps"}
    torch.save(old, tmp_path / "x.pth")
    with pytest.raises(ValueError, match="use_irreps"):
        load_parameters(tmp_path / "x.pth")


def test_damaged_files_are_refused(saved, tmp_path):
    path = tmp_path / "x.pth"
    state = dict(saved["state_dict"])
    del state["output.weight"]
    torch.save({**saved, "state_dict": state}, path)
    with pytest.raises(ValueError, match="missing weights.*output.weight"):
        load_parameters(path)
    torch.save({**saved, "state_dict": {**saved["state_dict"], "output.weight": torch.zeros(3, 64)}}, path)
    with pytest.raises(ValueError, match=r"output.weight has shape \(3, 64\), not \(2, 64\)"):
        load_parameters(path)
    torch.save({**saved, "num_modules": 2}, path)
    with pytest.raises(ValueError, match="unknown weights.*interactions.2"):
        load_parameters(path)
    torch.save({key: value for key, value in saved.items() if key != "num_residual_pre"}, path)
    with pytest.raises(ValueError, match="no num_residual_pre"):
        load_parameters(path)
    for content in (b"", b"not a zip at all", open(cases.PARAMETERS, "rb").read()[:5000]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not a file of torch.save"):
            load_parameters(path)
        assert not spookynet.claims(path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="not a SpookyNet parameter file"):
        load_parameters(path)
    assert not spookynet.claims(path) and spookynet.claims(cases.PARAMETERS)
