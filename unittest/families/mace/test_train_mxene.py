# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train with mace-torch: one training goes on after it was ended, and so does the whole making.

The teacher is a MACE of random weights.
"""

import os
import pathlib
import sys

import numpy as np
import pytest
import tiny_mace
import torch
from ase import Atoms
from natrolite.export import export
from natrolite.exporters import mace

TRAIN = pathlib.Path(__file__).parents[3] / "potentials" / "train"
sys.path[:0] = [str(TRAIN), str(TRAIN / "mxene")]

import cells  # noqa: E402
import explore  # noqa: E402
import makings  # noqa: E402
from distill import students  # noqa: E402

SMALL = {**students.ARCHITECTURE, "r_max": 3.0, "hidden_irreps": "4x0e+4x1o", "radial_MLP": [8], "MLP_irreps": "4x0e"}
OPTIONS = {"epochs": 3, "rate": 0.01, "batch": 2, "architecture": SMALL}


def labeled(count, seed):
    """Return frames of three atoms with made-up labels: springs of 1.2 Angstrom and 3 eV/Angstrom^2 between all."""
    rng, frames = np.random.default_rng(seed), []
    for _ in range(count):
        frame = Atoms("COC", positions=rng.normal(0, 0.05, (3, 3)) + [[0, 0, 0], [1.2, 0, 0], [0.6, 1.0, 0]])
        frame.set_cell([8, 8, 8])
        frame.pbc = True
        vectors = frame.positions[:, None] - frame.positions
        lengths = np.linalg.norm(vectors, axis=-1) + np.eye(3)
        stretch = np.where(np.eye(3), 0, lengths - 1.2)
        frame.info = {"REF_energy": 0.75 * np.sum(stretch**2) * 2, "REF_stress": np.zeros(6)}
        frame.arrays["REF_forces"] = -6.0 * np.sum((stretch / lengths)[..., None] * vectors, 1)
        frames.append(frame)
    return frames


def weights(path):
    return torch.load(path, weights_only=False).state_dict()


def test_a_training_goes_on_where_it_ended(tmp_path):
    makings.training_goes_on(students, weights, labeled(8, 1), labeled(3, 2), [6, 8], OPTIONS, tmp_path)


def test_two_processes_train_as_one(tmp_path):
    options = {**OPTIONS, "epochs": 2, "batch": 3}
    assert makings.trained_together(students, weights, labeled(8, 1), labeled(3, 2), [6, 8], options, tmp_path) < 2e-5


def test_a_training_learns(tmp_path):
    """Springs between three atoms: the error falls well below the forces' own size."""
    frames, valid, said = labeled(40, 1), labeled(10, 2), []
    options = {**OPTIONS, "epochs": 15}
    students.train(str(tmp_path / "a"), frames, valid, [6, 8], 5, options, log=said.append)
    size = 1000 * np.sqrt(np.mean([frame.arrays["REF_forces"] ** 2 for frame in valid]))
    reached = float(said[-1].split("meV/atom, ")[1].split()[0])
    assert reached < 0.3 * size, (reached, size, said[-1])


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher")
    tiny_mace.write(folder / "teacher.model", "plain")
    export(mace, str(folder / "teacher.model"), str(folder / "teacher.pt"), "float32")
    return folder / "teacher.pt"


def test_a_run_that_breaks_gives_what_it_has(teacher, tmp_path, capfd, monkeypatch):
    """At 10^8 K atoms are lost; a model file that is not there is a mistake."""
    monkeypatch.setenv("LAMMPS_PLUGIN_PATH", os.environ["NATROLITE_PLUGINS"])
    start = cells.perturb(cells.mxene((2, 0)), np.random.default_rng(1))
    options = {"steps": 500, "every": 1}
    found = explore.run(str(tmp_path), "broken", start, [str(teacher)], 1e8, 1, **options)
    assert 1 <= len(found) < 501
    assert "a run ended early: ERROR" in capfd.readouterr().out
    assert len(explore.run(str(tmp_path), "broken", start, ["nowhere.pt"], 1e8, 1, **options)) == len(found)
    with pytest.raises(Exception, match=r"nowhere\.pt"):
        explore.run(str(tmp_path), "mistake", start, ["nowhere.pt"], 300, 1, **options)


def test_the_making_goes_on_after_it_was_killed(teacher, tmp_path):
    out = makings.killed_and_resumed("mxene", teacher, tmp_path, "teacher.xyz", "mace-mxene.pt")
    assert (out / "mace-mxene.pt").stat().st_size < 5e6
