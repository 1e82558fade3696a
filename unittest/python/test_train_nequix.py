# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train/distill: nequix files that are tuned on frames of DFT."""

import os
import pathlib
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

TRAIN = pathlib.Path(__file__).parents[2] / "potentials" / "train"
sys.path[:0] = [str(TRAIN)]

import makings  # noqa: E402
import tiny_nqx  # noqa: E402
import torch  # noqa: E402
from distill import nequix_students, reference, tune  # noqa: E402
from natrolite import evaluate  # noqa: E402
from natrolite.errors import NatroliteError  # noqa: E402
from natrolite.exporters import nequix, nequix_files  # noqa: E402
from natrolite.modelfile import read_metadata  # noqa: E402

OPTIONS = {"epochs": 3, "rate": 1e-3, "batch": 4}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return str(tiny_nqx.write(tmp_path_factory.mktemp("nequix") / "tiny.nqx", ["C", "Na", "Ti"]))


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
    same = weights(tmp_path / "same.nqx")
    assert all(torch.allclose(array, same[place], atol=1e-6) for place, array in weights(source).items())


def test_training_goes_on_where_it_was_stopped(source, frames, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    whole = makings.training_goes_on(nequix_students, weights, frames, frames[:4], [6, 11], OPTIONS, folder, source)
    old, new = nequix_files.read(source), nequix_files.read(whole)
    assert new.config["finetune_from"] == "tiny.nqx" and new.config["cutoff"] == old.config["cutoff"]
    assert np.abs(new.readout - old.readout).max() > 1e-4


@pytest.mark.parametrize("label", ["energies", "forces"])
def test_energies_and_forces_count_both(label, source, frames, tmp_path):
    """Other energies that no element's energy explains, or other forces, give other weights."""
    found = []
    for name in ("those", "other"):
        for number, frame in enumerate(frames if name == "other" else ()):
            if label == "forces":
                frame.arrays["REF_forces"] *= 2
            else:
                frame.info["REF_energy"] += number % 3
        path = str(tmp_path / name)
        nequix_students.train(path, frames, frames[:4], [6, 11], 5, {**OPTIONS, "epochs": 1}, source, log=print)
        found.append(nequix_files.read(path).readout)
    assert np.abs(found[0] - found[1]).max() > 1e-6


def test_two_processes_train_as_one(source, frames, tmp_path):
    data = frames, frames[:4], [6, 11], OPTIONS, tmp_path
    assert makings.trained_together(nequix_students, weights, *data, "SOAP", source) < 1e-6


def springs():
    """Return labeled pairs of C and Na on springs of 2 eV/A^2 that are 2.5 A long, two of each of 15 trajectories."""
    found, rng = [], np.random.default_rng(3)
    for number in range(30):
        way, stretch = rng.normal(size=3), rng.uniform(-0.5, 0.5)
        way /= np.linalg.norm(way)
        pair = Atoms("CNa", [[0, 0, 0], (2.5 + stretch) * way], cell=[9.0] * 3, pbc=True)
        pair.info = {"kind": "spring", "source": f"spring-{number // 2}", "REF_energy": stretch**2 - 100.0}
        pair.info["REF_stress"] = reference.NO_STRESS
        pair.arrays["REF_forces"] = 2 * stretch * np.array([way, -way])
        found.append(pair)
    return found


def test_teacher_is_nearer_to_dft_when_tuned(source, tmp_path, monkeypatch, capfd):
    """Its terms are those of the file, its elements those of the frames; its errors on held-out frames are written, and
    nothing is done twice."""
    monkeypatch.setenv("LAMMPS_PLUGIN_PATH", os.environ["NATROLITE_PLUGINS"])
    frames, options = springs(), {"epochs": 100, "rate": 1e-2, "batch": 4}
    largest = 1000 * np.sqrt(np.mean([frame.arrays["REF_forces"] ** 2 for frame in frames]))
    model = tune.tuned(tmp_path, source, frames, ["C", "Na"], options, 1)
    before, after = (read_metadata(str(path)) for path in (tmp_path / "teacher-untuned.pt", model))
    assert all(after[name] == before[name] for name in ("license", "citation"))
    assert (before["type_names"], after["type_names"]) == (["C", "Na", "Ti"], ["C", "Na"])
    rows = {line.split()[0]: line.split()[1:] for line in (tmp_path / "teacher.txt").read_text().splitlines()}
    count, energy, forces, energy_before, forces_before = map(float, rows["spring"])
    assert count == 6 and forces < 0.3 * min(largest, forces_before) and energy < 0.5 * energy_before
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("teacher*")}
    capfd.readouterr()
    assert tune.tuned(tmp_path, source, frames, ["C", "Na"], options, 1) == model
    assert times == {path: path.stat().st_mtime_ns for path in tmp_path.glob("teacher*")}
    assert capfd.readouterr().out == ""


def test_model_file_of_a_tuned_file_has_its_elements(source, tmp_path):
    """Energies of C and Na are those of the same network with Ti, which its header leaves out."""
    file = nequix_files.read(source)
    file.config |= {"elements": [11, 6], "license": "one", "citation": ["@misc{two}"]}
    nequix_files.write(tmp_path / "two.nqx", source, file)
    atoms = bulk("Na", "bcc", 4.2, cubic=True)
    atoms.symbols[1] = "C"
    whole, built = nequix.build(source, "float64"), nequix.build(str(tmp_path / "two.nqx"), "float64")
    assert (built.fields["type_names"], built.fields["atomic_numbers"]) == (["C", "Na"], [6, 11])
    assert (built.fields["license"], built.fields["citation"]) == ("one", ["@misc{two}"])
    expected = whole.original(atoms)
    for found in (built.original(atoms), evaluate.evaluate(built.module, built.fields, atoms)[0]):
        assert found.energy == pytest.approx(expected.energy, abs=1e-9)
        assert np.abs(found.forces - expected.forces).max() < 1e-9


WRONG = [
    ({"license": 5}, "license = 5 in its header; it must be a text"),
    ({"citation": "@misc{a}"}, "it must be a list of BibTeX entries"),
    ({"citation": [1]}, "it must be a list of BibTeX entries"),
    *(({"elements": some}, "it must be a list of some of its") for some in ([6, 92], [], [[6]], [6, 6], 6)),
]


@pytest.mark.parametrize("header, words", WRONG)
def test_wrong_headers(header, words, source, tmp_path):
    file = nequix_files.read(source)
    file.config |= header
    nequix_files.write(tmp_path / "wrong.nqx", source, file)
    with pytest.raises(NatroliteError, match=words):
        nequix_files.read(tmp_path / "wrong.nqx")


def test_another_network_is_not_written(source, tmp_path):
    file = nequix_files.read(source)
    file.layers[0].radial[0] = np.zeros((4, 8))
    with pytest.raises(ValueError, match=r"array 2 of .* would be \(4, 8\), in .* it is \(5, 8\)"):
        nequix_files.write(tmp_path / "other.nqx", source, file)
