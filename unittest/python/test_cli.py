# SPDX-License-Identifier: GPL-2.0-only
"""The command `natrolite`: what it prints, and one clear line for every wrong input."""

import json
import os
import subprocess
import sys

import pytest
import torch
from natrolite import exporters, modelfile
from natrolite.errors import NatroliteError


def refused(outcome, *words, code=1):
    """Assert a refusal: the exit code, one line on the error stream, all words in it."""
    status, _, error = outcome
    assert status == code
    assert error.count("\n") == 1 and error.startswith("natrolite") and "Traceback" not in error
    for word in words:
        assert str(word) in error


def test_export_info_check(natrolite, checkpoints, tmp_path):
    file = tmp_path / "tiny.pt"
    code, out, _ = natrolite("export", checkpoints["linear"], "-o", file)
    assert code == 0 and f"wrote {file}: linear, float32" in out
    code, out, _ = natrolite("info", file)
    assert code == 0
    for text in ("linear (sevennet)", "4 Angstrom", "2 of ghosts (widths 72, 72)", "5: C H Na O Ti"):
        assert text in out
    code, out, _ = natrolite("check", file)
    assert code == 0 and "5 atoms: energy differs by" in out
    assert [p.name for p in tmp_path.iterdir()] == ["tiny.pt"]  # no temporary file stays


def test_wrong_usage_is_one_line(natrolite):
    refused(natrolite(), "COMMAND", code=2)
    refused(natrolite("frobnicate"), "frobnicate", "export", code=2)
    refused(natrolite("export", "sevennet-0"), "-o", code=2)
    refused(natrolite("export", "sevennet-0", "-o", "x.pt", "--dtype", "half"), "half", "float64", code=2)


def test_unknown_name_or_missing_file(natrolite, tmp_path):
    refused(natrolite("export", "sevenet-0", "-o", tmp_path / "x.pt"), "sevenet-0", "sevennet-l3i5")
    refused(natrolite("export", tmp_path / "no.pth", "-o", tmp_path / "x.pt"), "no.pth", "neither a file")
    refused(natrolite("export", tmp_path, "-o", tmp_path / "x.pt"), tmp_path, "folder")


def test_modalities(natrolite, checkpoints, tmp_path):
    out = tmp_path / "x.pt"
    refused(natrolite("export", checkpoints["modal"], "-o", out), "--modality", "A, B")
    refused(natrolite("export", checkpoints["modal"], "-o", out, "--modality", "C"), "'C'", "A, B")
    refused(
        natrolite("export", checkpoints["linear"], "-o", out, "--modality", "A"),
        "no modalities",
        "leave --modality A out",
    )
    refused(natrolite("export", "sevennet-mf-0", "-o", out), "--modality", "PBE, R2SCAN")
    assert not out.exists()


@pytest.mark.parametrize("file", ["state_dict", "checkpoint", "truncated", "empty", "notzip", "plain_script"])
def test_export_of_something_else(natrolite, toys, tmp_path, file):
    refused(
        natrolite("export", toys / f"{file}.pt", "-o", tmp_path / "x.pt"),
        f"{file}.pt",
        f"not a {' or '.join(exporters.FAMILIES)} checkpoint",
    )


def test_export_of_a_model_file(natrolite, toys, tmp_path):
    refused(natrolite("export", toys / "mp.pt", "-o", tmp_path / "x.pt"), "model file already")


def test_unwritable_output(natrolite, tmp_path, monkeypatch):
    refused(natrolite("export", "sevennet-0", "-o", tmp_path / "no" / "x.pt"), "no folder", "create it")
    refused(natrolite("export", "sevennet-0", "-o", tmp_path), "it is a folder")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    refused(natrolite("export", "sevennet-0", "-o", tmp_path / "x.pt"), "no permission", tmp_path)


def test_without_sevenn(natrolite, checkpoints, tmp_path, monkeypatch):
    for name in [n for n in sys.modules if n == "sevenn" or n.startswith("sevenn.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sevenn", None)
    for source in ("sevennet-0", checkpoints["linear"]):
        refused(
            natrolite("export", source, "-o", tmp_path / "x.pt"),
            "need the package sevenn",
            "pip install sevenn==0.13.0",
        )


@pytest.mark.parametrize("command", ["info", "check"])
def test_bad_model_files(natrolite, toys, tmp_path, command):
    refused(natrolite(command, tmp_path / "none.pt"), "no such model file", "none.pt")
    for file in ("empty", "notzip", "truncated"):
        refused(natrolite(command, toys / f"{file}.pt"), f"{file}.pt", "not a complete zip")
    for file in ("plain_script", "metatomic_like", "state_dict", "checkpoint"):
        refused(natrolite(command, toys / f"{file}.pt"), f"{file}.pt", "no natrolite.json")
    refused(natrolite(command, toys / "newer.pt"), "format_version 2", "update")
    refused(natrolite(command, toys / "missing_key.pt"), "lacks the metadata r_max")


def test_check_finds_a_mismatch(natrolite, toys):
    refused(natrolite("check", toys / "mismatch.pt"), "mismatch.pt", "2.0e-01 eV/atom")
    assert natrolite("check", toys / "mp.pt")[0] == 0


def test_check_finds_an_unknown_operator(toys):
    # in a process of its own: this one has registered the operator to write the file
    done = subprocess.run(
        [sys.executable, "-m", "natrolite", "check", str(toys / "unknown_op.pt")],
        env={"PYTHONPATH": os.path.dirname(os.path.dirname(modelfile.__file__))},
        capture_output=True,
        text=True,
    )
    refused((done.returncode, done.stdout, done.stderr), "unknown_op.pt", "natrolite_unregistered")


def test_check_finds_changed_weights(natrolite, toys, tmp_path):
    module, meta = modelfile.load(toys / "mp.pt")
    with torch.no_grad():
        module.c += 1e-14
    modelfile.write(tmp_path / "changed.pt", module, meta)
    refused(natrolite("check", tmp_path / "changed.pt"), "changed.pt", "weights_sha256")


def test_metadata_has_exactly_the_keys_of_the_contract(toys):
    keys = """format_version family name created_by license citation weights_sha256 type_names
    atomic_numbers r_max pair_cutoffs lr_cutoff num_layers strictly_local exchange_widths
    collectives dtype allow_tf32 length_unit energy_unit charge_unit needs_total_charge
    needs_total_spin spin_convention defaults outputs committee_size arch reference"""
    meta = modelfile.read_metadata(toys / "charged.pt")
    assert list(meta) == keys.split()
    assert meta["format_version"] == 1 and len(meta["weights_sha256"]) == 64
    assert meta["reference"]["total_charge"] == meta["reference"]["total_spin"] == 1.0
    assert meta["arch"]["weights"] == {"c": ["float64", [2]], "x0": ["float64", [2]]}


def test_write_and_read_back(tmp_path, toys):
    module, meta = modelfile.load(toys / "mp.pt")
    modelfile.write(tmp_path / "again.pt", module, meta)
    again, read = modelfile.load(tmp_path / "again.pt")
    assert read == meta and modelfile.weights_sha256(again) == meta["weights_sha256"]
    extra = {"natrolite.json": ""}
    torch.jit.load(str(tmp_path / "again.pt"), _extra_files=extra)  # as LibTorch reads it
    assert json.loads(extra["natrolite.json"]) == meta


def test_a_failed_write_leaves_the_old_file(tmp_path, toys, monkeypatch):
    file = tmp_path / "old.pt"
    file.write_text("old")
    module, meta = modelfile.load(toys / "mp.pt")

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(NatroliteError, match="No space left"):
        modelfile.write(file, module, meta)
    assert file.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["old.pt"]
