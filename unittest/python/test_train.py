# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite train spookynet`: batches, losses, going on, refusals, and the file it writes."""

import itertools
import pathlib
import re
import sys

import ase.io
import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import molecule
from ase.calculators.morse import MorsePotential
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from natrolite import cli, evaluate, graph, modelfile, operators
from natrolite.errors import NatroliteError
from natrolite.spookynet import Settings, SpookyNet, checkpoint
from natrolite.spookynet.batched import BatchedSpookyNet
from natrolite.training import config, errors, frames, loop

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CONFIG = """
[model]
elements = ["H", "N", "O"]
features = 8
basis = 6
modules = 1
r_max = 3.5
{model}
[data]
train = ["data.extxyz"]
{data}
[training]
epochs = {epochs}
batch = 4
seed = 3
{training}
"""


def labeled(name, random):
    """Return a displaced molecule with a Morse potential's energy and forces and charges of its own."""
    atoms = molecule(name)
    atoms.positions += random.normal(0, 0.04, atoms.positions.shape)
    atoms.calc = MorsePotential(rho0=6.0, epsilon=0.3, r0=1.1, rcut1=3, rcut2=4)
    charges = np.where(atoms.numbers == 1, 0.1, 0.0)
    charges -= charges.mean()
    known = {
        "energy": atoms.get_potential_energy() - 3.0 * len(atoms), "forces": atoms.get_forces(),
        "charges": charges, "dipole": charges @ atoms.positions,
    }  # fmt: skip
    atoms.calc = SinglePointCalculator(atoms, **known)
    atoms.info["kind"] = name
    return atoms


@pytest.fixture(scope="module")
def structures():
    random = np.random.default_rng(7)
    return [labeled(["H2O", "NH3"][k % 2], random) for k in range(24)]


def written(folder, structures, epochs=2, model="", data="", training=""):
    """Write data and settings; return the path of the settings."""
    write(folder / "data.extxyz", structures)
    path = folder / "train.toml"
    path.write_text(CONFIG.format(epochs=epochs, model=model, data=data, training=training))
    return str(path)


def train(path, folder, minutes=None):
    lines = []
    loop.train(config.read(path), str(folder), minutes, log=lines.append)
    return lines


def random_model(cls, lr_cutoff=6.0):
    torch.manual_seed(5)
    sizes = {"features": 8, "basis": 6, "modules": 2, "r_max": 3.5}
    model = cls(Settings((1, 7, 8), lr_cutoff=lr_cutoff, dispersion=False, **sizes), torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model.eval()


@pytest.mark.parametrize("lr_cutoff", [6.0, None])
def test_batches_are_single_structures(structures, lr_cutoff):
    """Energies, charges, forces, and the gradient by every weight."""
    one = random_model(SpookyNet, lr_cutoff=lr_cutoff)
    many = random_model(BatchedSpookyNet, lr_cutoff=lr_cutoff)
    many.load_state_dict(one.state_dict())
    chosen = structures[:5]
    for k, (charge, spin) in enumerate([(0, 0), (1, 1), (-2, 0), (0, 2), (-1, 1)]):
        chosen[k] = chosen[k].copy()
        chosen[k].info |= {"charge": charge, "spin": spin, "energy": 0.0}
    some = [frames._frame(atoms, "", one.settings, config.Data(["x"])) for atoms in chosen]
    data = frames.batch(some)
    data["edge_vec"].requires_grad_(True)
    with operators.exchange():
        together = many(data)
        loss = together["atomic_energy"].square().sum() + together["charges"].square().sum()
        gradients = torch.autograd.grad(loss, [data["edge_vec"], *many.parameters()], allow_unused=True)
    sums, first_atom, first_edge = None, 0, 0
    for frame in some:
        g = frame.graph
        alone = {
            "edge_vec": torch.as_tensor(g.edge_vec).clone().requires_grad_(True),
            "edge_index": torch.as_tensor(g.edge_index), "types": torch.as_tensor(g.types),
            "types_local": torch.as_tensor(g.types),
            "total_charge": torch.tensor([frame.total_charge], dtype=torch.float64),
            "total_spin": torch.tensor([frame.spin], dtype=torch.float64),
        }  # fmt: skip
        with operators.exchange():
            out = one(alone)
            loss = out["atomic_energy"].square().sum() + out["charges"].square().sum()
            mine = torch.autograd.grad(loss, [alone["edge_vec"], *one.parameters()], allow_unused=True)
        here = slice(first_atom, first_atom + frame.atoms)
        for name in ("atomic_energy", "charges"):
            torch.testing.assert_close(together[name][here], out[name], rtol=1e-11, atol=1e-11)
        edges = slice(first_edge, first_edge + len(g.edge_vec))
        torch.testing.assert_close(gradients[0][edges], mine[0], rtol=1e-10, atol=1e-11)
        first_atom, first_edge = here.stop, edges.stop
        here = [torch.zeros(1) if m is None else m for m in mine[1:]]
        sums = here if sums is None else [a + b for a, b in zip(sums, here, strict=True)]
    for whole, part in zip(gradients[1:], sums, strict=True):
        if whole is not None:
            torch.testing.assert_close(whole, part, rtol=1e-9, atol=1e-10)


def test_errors_go_down_and_the_file_is_what_was_trained(structures, tmp_path):
    path = written(tmp_path, structures, 60, "lr_cutoff = 6.0", "valid = 0.25", "rate = 4e-3\npatience = 100")
    lines = train(path, tmp_path / "out")
    epochs = [line for line in lines if line.startswith("epoch")]
    assert len(epochs) == 60
    first, last = (float(re.search(r"valid .*?, ([\d.e+]+) meV/A", line)[1]) for line in (epochs[0], epochs[-1]))
    assert last < 0.25 * first
    rows = [row.split() for row in (tmp_path / "out/errors.dat").read_text().splitlines() if row[0] != "#"]
    assert {(row[0], row[1]) for row in rows} == {(s, k) for s in ("train", "valid") for k in ("H2O", "NH3", "ALL")}
    assert cli.main(["export", str(tmp_path / "out/best.pt"), "-o", str(tmp_path / "m.pt"), "--dtype", "float64"]) == 0
    module, meta = modelfile.load(str(tmp_path / "m.pt"))
    cfg = config.read(path)
    data = loop.read(cfg)
    model, _ = checkpoint.load(str(tmp_path / "out/best.pt"), torch.float64, cls=BatchedSpookyNet)
    wrong = errors.differences(model, frames.batch(data["train"] + data["valid"]))["energy"].detach().numpy()
    left = [
        (evaluate.evaluate(module, meta, atoms)[0].energy - atoms.get_potential_energy()) / len(atoms)
        for atoms in ase.io.read(tmp_path / "data.extxyz", ":")
    ]
    np.testing.assert_allclose(sorted(left), sorted(wrong), atol=1e-9)


def weights(folder):
    saved = torch.load(folder / loop.LAST, weights_only=True)
    return saved["model"] | {f"averaged {k}": v for k, v in saved["averaged"].items()}


@pytest.mark.parametrize("optimizer", config.OPTIMIZERS)
def test_going_on_is_the_uninterrupted_training(optimizer, structures, tmp_path):
    """The same bits; and the same again from the start."""
    chosen = f"optimizer = '{optimizer}'"
    path = written(tmp_path, structures, 4, training=chosen)
    train(path, tmp_path / "whole")
    path = written(tmp_path, structures, 2, training=chosen)
    train(path, tmp_path / "parts")
    path = written(tmp_path, structures, 4, training=chosen)
    lines = train(path, tmp_path / "parts")
    assert "going on after epoch 2" in lines[1]
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    path = written(tmp_path, structures, 4, training=f"{chosen}\nclip = 5.0")
    with pytest.raises(NatroliteError, match="another training.clip"):
        train(path, tmp_path / "parts")


def test_the_rate_falls_with_every_step(structures, tmp_path):
    """Also where the training goes on: the same bits. Epochs are then a part of it."""
    path = written(tmp_path, structures, 4, training="schedule = 'linear'\nrate = 8e-3")
    lines = train(path, tmp_path / "whole")
    rates = [float(line.split()[3]) for line in lines if line.startswith("epoch")]
    assert rates == pytest.approx([6e-3, 4e-3, 2e-3, 1e-5])
    assert train(path, tmp_path / "parts", minutes=0)[-1] != lines[-1]
    assert "going on after epoch 1" in train(path, tmp_path / "parts")[1]
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    path = written(tmp_path, structures, 5, training="schedule = 'linear'\nrate = 8e-3")
    with pytest.raises(NatroliteError, match="another training.epochs"):
        train(path, tmp_path / "parts")
    path = written(tmp_path, structures[:20], 4, training="schedule = 'linear'\nrate = 8e-3")
    with pytest.raises(NatroliteError, match="began with 22 structures, not 18"):
        train(path, tmp_path / "parts")


def test_the_optimizer_is_the_one_asked_for(structures, tmp_path):
    found = {}
    for name in config.OPTIMIZERS:
        train(written(tmp_path, structures, 1, training=f"optimizer = '{name}'"), tmp_path / name)
        found[name] = torch.load(tmp_path / name / loop.LAST, weights_only=True)["optimizer"]["state"][0].keys()
    assert "max_exp_avg_sq" in found["adam"] and "GG" in found["soap"]


def test_a_training_of_before_soap_goes_on(structures, tmp_path):
    path = written(tmp_path, structures, 1)
    train(path, tmp_path / "out")
    saved = torch.load(tmp_path / "out" / loop.LAST, weights_only=True)
    del saved["config"]["training"]["optimizer"]
    torch.save(saved, tmp_path / "out" / loop.LAST)
    path = written(tmp_path, structures, 2)
    assert "going on after epoch 1" in train(path, tmp_path / "out")[1]
    path = written(tmp_path, structures, 2, training="optimizer = 'soap'")
    with pytest.raises(NatroliteError, match="another training.optimizer"):
        train(path, tmp_path / "out")


def test_soap_without_its_package(structures, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pytorch_optimizer", None)
    path = written(tmp_path, structures, 1, training="optimizer = 'soap'")
    with pytest.raises(NatroliteError, match="pip install --no-deps pytorch_optimizer"):
        train(path, tmp_path / "out")


def test_a_start_is_where_another_training_ended(structures, tmp_path, monkeypatch):
    """Its weights are the first ones; energies with other zeros of the elements are shifted back; it need not be there when
    the training goes on."""
    (tmp_path / "first").mkdir()
    first = written(tmp_path / "first", structures, 30, "lr_cutoff = 6.0", "valid = 0.25", "rate = 4e-3")
    train(first, tmp_path / "school")
    moved = []
    for atoms in structures:
        other = atoms.copy()
        zeros = {1: 5.0, 7: -20.0, 8: 300.0}
        results = {**atoms.calc.results, "energy": atoms.get_potential_energy() + sum(zeros[z] for z in atoms.numbers)}
        other.calc = SinglePointCalculator(other, **results)
        moved.append(other)
    training = 'rate = 1e-7\nrate_floor = 1e-9\nstart = "school/best.pt"\ncitation = ["@misc{teacher}"]'
    path = written(tmp_path, moved, 1, "lr_cutoff = 6.0", "valid = 0.25", training)
    train(path, tmp_path / "out")
    tables = [errors.table(tmp_path / name / "best.pt", loop.read(config.read(p)), config.read(p)).splitlines()
              for name, p in (("school", first), ("out", path))]  # fmt: skip
    school, out = (np.array(table[-1].split()[3:9], float) for table in tables)
    assert out[0] <= 1.1 * school[0] and np.allclose(out[2:4], school[2:4], rtol=1e-3), (school, out)
    model, fields = checkpoint.load(tmp_path / "out/best.pt")
    assert fields["citation"] == ["@misc{teacher}"]
    other = tmp_path / "school/other.pt"
    (tmp_path / "school/best.pt").rename(other)
    pathlib.Path(path).write_text(pathlib.Path(path).read_text().replace("epochs = 1", "epochs = 2"))
    assert any("going on after epoch 1" in line for line in train(path, tmp_path / "out"))
    with pytest.raises(NatroliteError, match=r"start: .*school/best\.pt"):
        train(path, tmp_path / "other")
    (tmp_path / "school/last.pt").rename(tmp_path / "school/best.pt")
    with pytest.raises(NatroliteError, match="began with another .*best.pt"):
        train(path, tmp_path / "out")
    checkpoint.save(tmp_path / "school/best.pt", random_model(SpookyNet), {"name": "x", "license": "y"})
    with pytest.raises(NatroliteError, match="has another .model.: modules 2, not 1"):
        train(path, tmp_path / "other")


def test_the_file_cites_what_a_training_says(tmp_path):
    checkpoint.save(
        tmp_path / "best.pt", random_model(SpookyNet), {"name": "x", "license": "y", "citation": ["@misc{a}"]}
    )
    assert cli.main(["export", str(tmp_path / "best.pt"), "-o", str(tmp_path / "model.pt")]) == 0
    found = modelfile.read_metadata(str(tmp_path / "model.pt"))["citation"]
    assert len(found) == 2 and "SpookyNet" in found[0] and found[1] == "@misc{a}"


def test_a_training_without_patience_is_over(structures, tmp_path, monkeypatch):
    """The same command changes nothing any more."""
    losses = itertools.count(1)
    monkeypatch.setattr(errors, "loss_of", lambda found, options: float(next(losses)))
    path = written(tmp_path, structures, 50, "lr_cutoff = 6.0", "valid = 0.25", "patience = 2")
    assert any("nothing got better in 2 epochs" in line for line in train(path, tmp_path / "out"))
    before = (tmp_path / "out/last.pt").read_bytes()
    assert any("nothing got better in 2 epochs" in line for line in train(path, tmp_path / "out"))
    assert (tmp_path / "out/last.pt").read_bytes() == before


def test_time_is_up(structures, tmp_path):
    path = written(tmp_path, structures, 50)
    lines = train(path, tmp_path / "out", minutes=0.0)
    assert any("time is up" in line for line in lines)
    assert sum(line.startswith("epoch") for line in lines) == 1


def test_only_what_is_known_counts(structures, tmp_path):
    """Structures without forces, charges or dipole, and charged and periodic ones, whose dipole says nothing."""
    some = [atoms.copy() for atoms in structures[:3]]
    some[0].info["energy"] = -1.0
    some[1].calc = SinglePointCalculator(some[1], energy=-2.0, dipole=[0.1, 0.2, 0.3])
    some[1].info["charge"] = 1
    some[2].calc = SinglePointCalculator(some[2], energy=-2.0, dipole=[0.1, 0.2, 0.3])
    some[2].set_cell([9, 9, 9])
    some[2].pbc = True
    model = random_model(BatchedSpookyNet)
    read = [frames._frame(atoms, "", model.settings, config.Data(["x"])) for atoms in some]
    found = errors.differences(model, frames.batch(read))
    assert {name: value.numel() for name, value in found.items()} == {
        "energy": 3, "forces": 0, "charges": 0, "dipole": 0,
    }  # fmt: skip
    sums = errors.Sums()
    loss = sums.add(found, config.Training(energy=2.0))
    assert loss.item() == pytest.approx(2.0 * found["energy"].square().mean().item())
    assert set(sums.rmse()) == {"energy"}


def test_forces_are_slopes(structures):
    model = random_model(BatchedSpookyNet)
    atoms = structures[0].copy()
    atoms.calc = SinglePointCalculator(atoms, energy=0.0, forces=np.zeros((3, 3)))

    def found(moved):
        moved.calc = atoms.calc
        read = frames._frame(moved, "", model.settings, config.Data(["x"]))
        return errors.differences(model, frames.batch([read]))

    forces = found(atoms)["forces"].reshape(3, 3)
    for i, d in np.ndindex(3, 3):
        energies = []
        for step in (1e-4, -1e-4):
            moved = atoms.copy()
            moved.positions[i, d] += step
            energies.append(3 * found(moved)["energy"].item())
        assert float(forces[i, d]) == pytest.approx(-(energies[0] - energies[1]) / 2e-4, abs=1e-6)


REFUSALS = [
    ({"model": "depth = 3"}, r"\[model\] has no 'depth'"),
    ({"model": "features = -1"}, "features must be at least 1"),
    ({"training": "rate = 0"}, "rate = 0 must be positive"),
    ({"training": "rate = 'fast'"}, "must be a number"),
    ({"training": "optimizer = 'lbfgs'"}, "take adam or soap"),
    ({"training": "schedule = 'cosine'"}, "take plateau or linear"),
    ({"training": "rate = 1e-6"}, "rate_floor = 1e-05 must not be above rate = 1e-06"),
    ({"training": "citation = '@misc{a}'"}, "must be a list of BibTeX entries"),
    ({"training": "dtype = 'float16'"}, "take float32 or float64"),
    ({"training": "device = 'cuda'"}, "sees no GPU"),
    ({"data": "valid = 2"}, "give a share between 0 and 1"),
    ({"data": "valid = ['none.extxyz']"}, "no file 'none.extxyz'"),
    ({"data": "energy = 'e_total'"}, "has no 'e_total'"),
    ({"data": "charges = 'forces'"}, r"has shape \(3, 3\), not \(3,\)"),
]


@pytest.mark.parametrize("parts, message", REFUSALS)
def test_refusals_of_settings(parts, message, structures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = pathlib.Path(written(tmp_path, structures, **parts))
    if "features" in parts.get("model", ""):
        path.write_text(path.read_text().replace("features = 8\n", ""))
    assert cli.main(["train", "spookynet", str(path), "-o", str(tmp_path / "out")]) == 1
    text = capsys.readouterr().err
    assert re.search(message, text) and len(text.splitlines()) == 1


def test_refusals_of_data(structures, tmp_path):
    path = written(tmp_path, [Atoms("C", info={"energy": 1.0})])
    with pytest.raises(NatroliteError, match="atomic number 6"):
        train(path, tmp_path / "out")
    crystal = Atoms("H", cell=[3, 3, 3], pbc=True, info={"energy": 1.0})
    with pytest.raises(NatroliteError, match="give \\[model\\] lr_cutoff"):
        train(written(tmp_path, [crystal]), tmp_path / "out")
    with pytest.raises(NatroliteError, match="no structure for 'train'"):
        train(written(tmp_path, structures[:1]), tmp_path / "out")
    (tmp_path / "train.toml").write_text("[model")
    with pytest.raises(NatroliteError, match="no TOML file"):
        config.read(str(tmp_path / "train.toml"))
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "last.pt").write_text("x")
    with pytest.raises(NatroliteError, match="remove it to begin anew"):
        train(written(tmp_path, structures), tmp_path / "out")


def test_the_example_of_the_page(structures, tmp_path):
    """Every setting in the page exists, and its settings train."""
    page = (SOURCE / "doc/natrolite_train.rst").read_text()
    block = re.search(r"code-block:: toml\n\n((?:   .*\n|\n)+)", page)[1]
    text = "\n".join(line[3:] for line in block.splitlines())
    text = re.sub(r"epochs = \d+", "epochs = 1", text)
    (tmp_path / "data").mkdir()
    write(tmp_path / "data/water.extxyz", structures)
    (tmp_path / "train.toml").write_text(text)
    assert any(line.startswith("epoch    1") for line in train(str(tmp_path / "train.toml"), tmp_path / "out"))
    for name in [
        f.name for cls in (config.Model, config.Data, config.Training) for f in cls.__dataclass_fields__.values()
    ]:
        assert f"``{name}``" in page, name


def test_folded_graph_of_a_frame_is_that_of_the_evaluator(structures):
    """Frames take the longer cutoff, also across periodic faces."""
    atoms = structures[0].copy()
    atoms.set_cell([4, 4, 4])
    atoms.pbc = True
    atoms.info["energy"] = 0.0
    settings = Settings((1, 7, 8), r_max=3.5, lr_cutoff=6.0, dispersion=False)
    frame = frames._frame(atoms, "", settings, config.Data(["x"]))
    types = np.array([settings.atomic_numbers.index(z) for z in atoms.numbers])
    assert len(frame.graph.edge_vec) == len(graph.folded(atoms, types, 6.0).edge_vec)
    assert len(frame.graph.edge_vec) > len(graph.folded(atoms, types, 3.5).edge_vec) > 0
