# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train/janus: the committee of SpookyNets on frames of DFT."""

import importlib.util
import pathlib
import sys

import pytest
from ase.io import read

TRAIN = pathlib.Path(__file__).parents[2] / "potentials" / "train"
sys.path[:0] = [str(TRAIN)]

import makings  # noqa: E402
from natrolite.modelfile import read_metadata  # noqa: E402

specification = importlib.util.spec_from_file_location("make_janus", TRAIN / "janus" / "make.py")
make = importlib.util.module_from_spec(specification)
specification.loader.exec_module(make)


@pytest.fixture
def data(tmp_path):
    return makings.dft_frames(tmp_path / "data", ["janus-stack", "sodium"])


def test_a_committee_is_made_and_goes_on(data, tmp_path, capfd):
    out = tmp_path / "out"
    command = ["--out", str(out), "--data", str(data), "--size", "test", "--jobs", "1"]
    assert make.main(command) == 0, capfd.readouterr().err
    counts = {name: len(read(out / f"{name}.extxyz", ":")) for name in ("train", "valid", "test")}
    assert counts == {"train": 12, "valid": 4, "test": 4}
    (frame,) = read(out / "test.extxyz", "0:1")
    assert frame.info["energy_pbe"] == -400.0 and frame.arrays["forces_pbe"].shape == (4, 3)
    product = read_metadata(out / "spookynet-janus.pt")
    assert product["name"] == "spookynet-janus" and product["type_names"] == ["C", "H", "N", "Na"]
    members = [(out / f"member-{k}.pt").read_bytes() for k in (0, 1)]
    assert members[0] != members[1] and (out / "spookynet-janus.pt").read_bytes() == members[0]
    rows = (out / "member-0/errors.dat").read_text()
    assert "test janus-stack 2 " in rows and "test sodium 2 " in rows
    capfd.readouterr()
    assert make.main(command) == 0
    assert "a new training" not in capfd.readouterr().out
    for path in data.glob("*.extxyz"):
        path.write_text(path.read_text().replace("-400.0", "-401.0"))
    assert make.main(command) == 1
    error = capfd.readouterr().err
    assert "test.extxyz: of other data than" in error or "train.extxyz: of other data than" in error


def test_no_data_is_one_line(tmp_path, capsys):
    (tmp_path / "nothing").mkdir()
    assert make.main(["--out", str(tmp_path / "out"), "--data", str(tmp_path / "nothing")]) == 1
    error = capsys.readouterr().err
    assert error == f"make.py: error: {tmp_path}/nothing: no frames of DFT (*.extxyz)\n"
