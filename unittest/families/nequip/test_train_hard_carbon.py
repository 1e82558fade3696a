# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train with nequip-allegro: one training goes on after it was ended, and so does the whole making.

The teacher is an Allegro of random weights with a pair potential.
"""

import json
import pathlib
import sys

import numpy as np
import pytest
import tiny_nequip as tiny
import torch
from ase import Atoms
from natrolite.export import export
from natrolite.exporters import nequip
from natrolite.modelfile import read_metadata

TRAIN = pathlib.Path(__file__).parents[3] / "potentials" / "train"
sys.path.insert(0, str(TRAIN))

from distill import allegro_students as students  # noqa: E402
import makings  # noqa: E402

SMALL = {
    **students.ARCHITECTURE, "num_scalar_features": 8, "num_tensor_features": 4, "allegro_mlp_hidden_layers_width": 8,
    "scalar_embed_mlp_hidden_layers_width": 8, "readout_mlp_hidden_layers_width": 8,
}  # fmt: skip
OPTIONS = {"epochs": 3, "rate": 0.01, "batch": 2, "architecture": SMALL}


def labeled(count, seed):
    """Return frames of four atoms with made-up labels: springs of 2.4 Angstrom and 3 eV/Angstrom^2 between all."""
    rng, frames = np.random.default_rng(seed), []
    corners = np.array([[0, 0, 0], [2.4, 0, 0], [1.2, 2.1, 0], [1.2, 0.7, 2.0]])
    for _ in range(count):
        frame = Atoms("CNaCC", positions=corners + rng.normal(0, 0.1, (4, 3)))
        frame.set_cell([9, 9, 9])
        frame.pbc = True
        vectors = frame.positions[:, None] - frame.positions
        lengths = np.linalg.norm(vectors, axis=-1) + np.eye(4)
        stretch = np.where(np.eye(4), 0, lengths - 2.4)
        forces = -6.0 * np.sum((stretch / lengths)[..., None] * vectors, 1)
        virial = -3.0 * np.einsum("ij,ijk,ijl->kl", stretch / lengths, vectors, vectors)
        stress = -virial / frame.get_volume()
        frame.info = {"REF_energy": 0.75 * np.sum(stretch**2) * 2, "REF_stress": stress.ravel()[[0, 4, 8, 5, 2, 1]]}
        frame.arrays["REF_forces"] = forces
        frames.append(frame)
    return frames


@pytest.mark.parametrize(("layers", "l_max", "parity", "coupled"), [
    (1, 1, True, True), (2, 2, False, True), (3, 2, True, True), (2, 2, True, False),
])  # fmt: skip
def test_products_at_the_centers_change_nothing(layers, l_max, parity, coupled):
    students.set_global_state(allow_tf32=False)
    options = {"l_max": l_max, "num_layers": layers, "parity": parity, "tp_path_channel_coupling": coupled}
    architecture = {**SMALL, **options, "model_dtype": "float64"}
    frames = labeled(3, 1)
    items = students.graphs(frames, ["C", "Na"], architecture)
    model = students.build(students.configure(frames, items, ["C", "Na"], 5, architecture))
    batch = next(iter(students.batches(items, batch_size=3)))
    results = [model(dict(batch)), students.centered(model)(dict(batch))]
    assert any(type(module) is students.CenteredAllegro for module in model.modules())
    for key in ("total_energy", "forces", "stress"):
        torch.testing.assert_close(results[0][key], results[1][key], rtol=1e-10, atol=1e-10)
    assert results[0]["forces"].abs().max() > 0.1


def test_the_first_guess_has_the_energies_of_the_free_atoms():
    """Frames whose energies are those of a model's pair potential and of free atoms."""
    students.set_global_state(allow_tf32=False)
    frames = labeled(4, 1)
    frames += [frame[[0, 1]] for frame in labeled(4, 2)]
    for frame, other in zip(frames[4:], labeled(4, 2), strict=True):
        frame.info = {**other.info, "REF_energy": 0.0}
    items = students.graphs(frames, ["C", "Na"], SMALL)
    found = students.configure(frames, items, ["C", "Na"], 5, SMALL)
    model = students.build({**found, "per_type_energy_scales": 0.0, "per_type_energy_shifts": {"C": -7.0, "Na": -1.0}})
    for frame, item in zip(frames, items, strict=True):
        frame.info["REF_energy"] = float(model(dict(item))["total_energy"].detach())
    items = students.graphs(frames, ["C", "Na"], SMALL)
    again = students.configure(frames, items, ["C", "Na"], 5, SMALL)["per_type_energy_shifts"]
    assert again["C"] == pytest.approx(-7.0, abs=1e-3) and again["Na"] == pytest.approx(-1.0, abs=1e-3)


def weights(path):
    return students.read(path)[1]


def test_a_training_goes_on_where_it_ended(tmp_path):
    frames, valid = labeled(8, 1), labeled(3, 2)
    whole = makings.training_goes_on(students, weights, frames, valid, [6, 11], OPTIONS, tmp_path)
    options = {**OPTIONS, "rate": 0.0}
    more = students.train(str(tmp_path / "more"), frames, valid, [6, 11], 5, options, start=whole, log=lambda _: None)
    assert all(torch.equal(value, weights(more)[name]) for name, value in weights(whole).items())


def test_two_processes_train_as_one(tmp_path):
    """With Adam: the eigenvectors of SOAP's first steps are not determined, rounding decides."""
    options = {**OPTIONS, "epochs": 2, "batch": 3}
    assert (
        makings.trained_together(students, weights, labeled(8, 1), labeled(3, 2), [6, 11], options, tmp_path, "SOAP")
        < 2e-5
    )


def test_a_training_learns(tmp_path):
    """Springs between four atoms: the errors fall well below the forces' and energies' own size."""
    frames, valid, said = labeled(60, 1), labeled(10, 2), []
    students.train(str(tmp_path / "a"), frames, valid, [6, 11], 5, {**OPTIONS, "epochs": 25}, log=said.append)
    size = 1000 * np.sqrt(np.mean([frame.arrays["REF_forces"] ** 2 for frame in valid]))
    spread = 1000 * np.std([frame.info["REF_energy"] / len(frame) for frame in valid])
    of_energy, of_forces = (float(said[-1].split(f" {unit}")[0].split()[-1]) for unit in ("meV/atom", "meV/A"))
    assert of_forces < 0.3 * size and of_energy < spread, (size, spread, said[-1])


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher")
    config = tiny.allegro(pair_potential=tiny.ZBL, model_dtype="float32")
    checkpoint = tiny.write_checkpoint(str(folder / "teacher.ckpt"), config)
    export(nequip, checkpoint, str(folder / "teacher.pt"), "float32")
    return folder / "teacher.pt"


def test_a_stress_that_is_not_known_teaches_nothing(tmp_path):
    """Weights with unknown stresses are those with any stress that weighs nothing, and not those with a wrong one."""
    frames, valid, options, found = labeled(6, 1), labeled(2, 2), {**OPTIONS, "epochs": 1}, []
    for name, stress, weight in (("none", np.nan, 1.0), ("any", 0.3, 0.0), ("wrong", 0.3, 1.0)):
        for frame in frames:
            frame.info["REF_stress"] = np.full(6, stress)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(students, "STRESS", students.STRESS if weight else (1e12, 0.0))
            path = students.train(str(tmp_path / name), frames, valid, [6, 11], 5, options, log=lambda _: None)
        found.append(torch.cat([value.view(-1) for value in weights(path).values() if value.is_floating_point()]))
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=1e-6)
    assert (found[0] - found[2]).abs().max() > 5e-5


def test_the_making_goes_on_after_it_was_killed(teacher, tmp_path):
    """And its last member is tuned on frames of DFT."""
    data = makings.dft_frames(tmp_path / "data", ["carbon-liquid", "graphite"])
    options = "hard-carbon", teacher, tmp_path, "molten.xyz", "allegro-hardcarbon.pt"
    out = makings.killed_and_resumed(*options, "--dft", data)
    (tuned,) = out.glob("tuned-*.model")
    assert all(
        torch.equal(value, weights(tuned)[name]) for name, value in weights(out / "allegro-hardcarbon.model").items()
    )
    assert not torch.equal(*(torch.cat([v.view(-1) for v in weights(path).values() if v.is_floating_point()])
                             for path in (tuned, out / "member-2-0.model")))  # fmt: skip
    rows = (out / "errors-dft.txt").read_text().splitlines()
    assert [row.split()[:2] for row in rows[1:]] == [["all", "4"], ["carbon-liquid", "2"], ["graphite", "2"]]
    judged = [row.split() for row in (out / "judged.txt").read_text().splitlines()[1:]]
    assert [row[0] for row in judged] == ["all", "carbon-liquid", "graphite"] and len(judged[0]) == 10
    for judge, row in zip(judged, rows[1:], strict=True):
        assert judge[3] == row.split()[5] and judge[6:8] == judge[8:10], "one teacher for all"
    assert rows[1].split()[-1] == "nan" and (out / "parity-dft.png").stat().st_size > 5000
    assert json.loads((out / "teachers.json").read_text())["shift (eV)"] == pytest.approx({"C": 0, "Na": 0}, abs=1e-9)
    made = read_metadata(out / "allegro-hardcarbon.pt")
    assert made["license"] == read_metadata(teacher)["license"] and made["name"] == "allegro-hardcarbon"
    assert set(read_metadata(teacher)["citation"]) <= set(made["citation"])
