# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train/distill: nequix files that are tuned on frames of DFT."""

import os
import pathlib
import sys

import numpy as np
import pytest
from ase.build import bulk

TRAIN = pathlib.Path(__file__).parents[2] / "potentials" / "train"
sys.path[:0] = [str(TRAIN)]

import makings  # noqa: E402
import tiny_nqx  # noqa: E402
import torch  # noqa: E402
from distill import nequix_students, reference, tune  # noqa: E402
from natrolite.exporters import nequix, nequix_files  # noqa: E402
from natrolite.modelfile import read_metadata  # noqa: E402

OPTIONS = {"epochs": 3, "rate": 1e-3, "batch": 4}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return str(tiny_nqx.write(tmp_path_factory.mktemp("nequix") / "tiny.nqx", ["C", "Na"]))


@pytest.fixture
def frames(tmp_path):
    return reference.load(makings.dft_frames(tmp_path / "data", ["stack"]))


def weights(path):
    """Return the arrays of a file by their place in it."""
    return dict(enumerate(map(torch.from_numpy, nequix_files._arrays(nequix_files.read(path)))))


def test_network_that_learns_is_the_plain_one(source, tmp_path):
    atoms = bulk("Na", "bcc", 4.2, cubic=True) * (2, 1, 1)
    atoms.symbols[1] = "C"
    atoms.rattle(0.2, seed=1)
    atoms.info["REF_energy"], atoms.arrays["REF_forces"] = 0.0, np.zeros((4, 3))
    network = nequix_students.Network(nequix_files.read(source))
    batch = nequix_students.together([nequix_students.Graph(frame, network.config) for frame in (atoms[:2], atoms)])
    energy, forces = nequix_students.deviations(network, batch)
    plain = nequix.build(source, "float64").original
    one, two = plain(atoms[:2]), plain(atoms)
    assert energy.tolist() == pytest.approx([one.energy / 2, two.energy / 4], abs=1e-5)
    expected = np.concatenate([one.forces, two.forces])
    assert np.abs(expected).max() > 0.02 and np.abs(forces.detach().numpy() - expected).max() < 1e-5
    nequix_files.write(tmp_path / "same.nqx", source, network.file())
    old, new = nequix_files.read(source), nequix_files.read(tmp_path / "same.nqx")
    energies = new.config.pop("atom_energies")
    assert new.config == old.config and list(energies.values()) == pytest.approx(old.energies, abs=1e-6)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(weights(source).values(), weights(tmp_path / "same.nqx").values(), strict=True))  # fmt: skip


def test_training_goes_on_where_it_was_stopped(source, frames, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    whole = makings.training_goes_on(nequix_students, weights, frames, frames[:4], [6, 11], OPTIONS, folder, source)
    old, new = nequix_files.read(source), nequix_files.read(whole)
    assert new.config["finetune_from"] == "tiny.nqx" and new.config["cutoff"] == old.config["cutoff"]
    assert np.abs(new.readout - old.readout).max() > 1e-4


def test_two_processes_train_as_one(source, frames, tmp_path):
    data = frames, frames[:4], [6, 11], OPTIONS, tmp_path
    assert makings.trained_together(nequix_students, weights, *data, "SOAP", source) < 1e-4


def test_element_that_the_file_lacks(source, frames, tmp_path):
    with pytest.raises(ValueError, match="tiny.nqx has no N$"):
        nequix_students.train(str(tmp_path / "x.nqx"), frames, frames, [6, 7, 11], 1, OPTIONS, source)


def test_teacher_is_nearer_to_dft_when_tuned(source, frames, tmp_path, monkeypatch, capfd):
    """Its terms are those of the file, its errors on held-out frames are written, and nothing is done twice."""
    monkeypatch.setenv("LAMMPS_PLUGIN_PATH", os.environ["NATROLITE_PLUGINS"])
    assert tune.can_be_tuned(source) and not tune.can_be_tuned(__file__)
    options = {"epochs": 60, "rate": 1e-2, "batch": 4}
    model = tune.tuned(tmp_path, source, frames, ["C", "Na"], options, 1)
    before, after = (read_metadata(str(path)) for path in (tmp_path / "teacher-untuned.pt", model))
    assert {name: after[name] for name in ("license", "citation")} == {name: before[name] for name in ("license", "citation")}  # fmt: skip
    rows = {line.split()[0]: line.split()[1:] for line in (tmp_path / "teacher.txt").read_text().splitlines()}
    count, _, tuned, _, untuned = rows["stack"]
    assert count == "2" and float(tuned) < 0.5 * float(untuned)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("teacher*")}
    capfd.readouterr()
    assert tune.tuned(tmp_path, source, frames, ["C", "Na"], options, 1) == model
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.glob("teacher*")}
    assert capfd.readouterr().out == ""
