# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train/janus: the committee of SpookyNets on frames of DFT."""

import importlib.util
import json
import os
import pathlib
import re
import sys

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, molecule
from ase.io import read, write
from ase.units import GPa

TRAIN = pathlib.Path(__file__).parents[2] / "potentials" / "train"
sys.path[:0] = [str(TRAIN), str(TRAIN / "janus")]

import makings  # noqa: E402
import tiny_nqx  # noqa: E402
from distill import dynamics, tune  # noqa: E402
from natrolite import cli, evaluate, modelfile  # noqa: E402
from natrolite.modelfile import read_metadata  # noqa: E402
from natrolite.spookynet import Settings, SpookyNet, checkpoint  # noqa: E402


def program(name):
    specification = importlib.util.spec_from_file_location(f"{name}_janus", TRAIN / "janus" / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


make, properties, card = program("make"), program("properties"), program("card")


@pytest.fixture(autouse=True)
def plugin(monkeypatch):
    """LAMMPS finds the plugin where ctest has built it."""
    monkeypatch.setenv("LAMMPS_PLUGIN_PATH", os.environ["NATROLITE_PLUGINS"])


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
    (tmp_path / "found.json").write_text('{"bcc Na, a (A)": [4.2, 4.3, "test"], "whole (ps)": [null, 50.0, "-"]}')
    capfd.readouterr()
    assert card.main(["--run", str(out), "--properties", str(tmp_path / "found.json")]) == 0
    text = capfd.readouterr().out
    assert "frames: 12 for train, 4 for valid, 4 for test" in text and "@" not in text
    assert "| bcc Na, a (A) | 4.20 | **4.30** | test |" in text and "| whole (ps) | - | 50.00 | - |" in text
    assert re.search(r"^\| ALL \| 4 \| \*\*[\d.e+]+\*\* \|", text, re.MULTILINE)
    capfd.readouterr()
    assert make.main(command) == 0
    assert "a new training" not in capfd.readouterr().out
    for path in data.glob("*.extxyz"):
        path.write_text(path.read_text().replace("-400.0", "-401.0"))
    assert make.main(command) == 1
    error = capfd.readouterr().err
    assert "test.extxyz: of other data than" in error or "train.extxyz: of other data than" in error


def test_members_learn_from_a_tuned_teacher_too(data, tmp_path, monkeypatch, capfd):
    """Its frames are those of its dynamics with its forces, its terms those of the product; nothing is done twice, and not
    with other rates or without the teacher."""
    source, out = tiny_nqx.write(tmp_path / "tiny.nqx", make.ELEMENTS), tmp_path / "out"
    command = ["--out", str(out), "--data", str(data), "--size", "test", "--members", "1", "--lmp"]
    command += [str(pathlib.Path(sys.executable).with_name("lmp")), "--teacher", str(source)]
    assert make.main(command) == 0, capfd.readouterr().err
    frames = read(out / "teacher.extxyz", ":")
    assert 10 < len(frames) <= 40 and {frame.info["kind"] for frame in frames} == {"aniline", "aniline-sodium"}
    assert np.abs(frames[0].positions - frames[5].positions).max() > 0.05
    models = [str(out / name) for name in (tune.TUNED, tune.UNTUNED)]
    tuned, untuned = (evaluate.evaluate(*modelfile.load(model), frames[7])[0] for model in models)
    assert frames[7].info["energy_pbe"] == pytest.approx(tuned.energy, abs=1e-3)
    apart = [np.abs(frames[7].arrays["forces_pbe"] - result.forces).max() for result in (tuned, untuned)]
    assert apart[0] < 2e-6 < 1e-5 < apart[1]
    product, terms = read_metadata(out / "spookynet-janus.pt"), read_metadata(models[0])
    assert product["license"] == f"GPL-2.0-only; {terms['license']}" and product["citation"][1:] == terms["citation"]
    rows = (out / "member-0/errors.dat").read_text()
    assert f"train ALL {2 * 12 + len(frames)} " in rows and "test janus-stack 2 " in rows
    names = "teacher.nqx", "teacher.pt", "teacher.txt", "teacher.extxyz", "member-0/best.pt"
    times = [(out / name).stat().st_mtime_ns for name in names]
    assert make.main(command) == 0 and times == [(out / name).stat().st_mtime_ns for name in names]
    runs = sorted(out.glob("teacher/*/sampled.traj"))
    once = [path.stat().st_mtime_ns for path in runs]
    (out / "teacher.extxyz").unlink()
    assert make.main(command) == 0 and once == [path.stat().st_mtime_ns for path in runs] and len(once) == 2
    capfd.readouterr()
    assert make.main(command[:-2]) == 1 and "another teacher made this folder" in capfd.readouterr().err
    monkeypatch.setitem(make.COMMON, "rate_tuning", 2e-3)
    assert make.main(command) == 1 and "other settings or another teacher" in capfd.readouterr().err


def test_teacher_without_lammps(data, tmp_path, capfd):
    source, out = tiny_nqx.write(tmp_path / "tiny.nqx", make.ELEMENTS), tmp_path / "out"
    command = ["--out", str(out), "--data", str(data), "--size", "test", "--teacher", str(source), "--lmp", "false"]
    assert make.main(command) == 1 and "1 of 1 runs of the teacher failed" in capfd.readouterr().err
    assert not (out / "teacher.extxyz").exists()


@pytest.mark.parametrize(
    "elements, kept, words",
    [
        (["C", "Na"], None, "tiny.nqx has no H, N; take a teacher with C, H, N, Na"),
        (["C", "H", "N", "Na"], -40, "ends or is damaged at array 23"),
        (["C", "H", "N", "Na"], 50, "tiny.nqx cannot be tuned: it is no file of nequix (.nqx)"),
    ],
)
def test_teacher_that_cannot_be_tuned_is_one_line(elements, kept, words, data, tmp_path, capsys):
    source = tiny_nqx.write(tmp_path / "tiny.nqx", elements)
    source.write_bytes(source.read_bytes()[:kept])
    assert make.main(["--teacher", str(source), "--out", str(tmp_path / "out"), "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1 and not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a SpookyNet of random weights."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(3)
    settings = Settings(atomic_numbers=(1, 6, 7, 11), features=8, basis=6, modules=1, r_max=5.0, lr_cutoff=8.0,
                        dispersion=False)  # fmt: skip
    checkpoint.save(str(folder / "random.pt"), SpookyNet(settings), {"name": "random", "license": "none"})
    assert cli.main(["export", str(folder / "random.pt"), "-o", str(folder / "model.pt")]) == 0
    return str(folder / "model.pt")


PRESSURE = 0.0097  # eV/A^3, under which bcc Na of a random network, which only repels, has a minimum


def known(frames, model, kind, name):
    """Write a model's own enthalpies, by the evaluator in Python, into frames in DFT's place."""
    module, meta = modelfile.load(model)
    for number, frame in enumerate(frames):
        frame.info |= {"name": f"{name}-{number:02d}", "kind": kind, "charge": 0, "spin": int(sum(frame.numbers) % 2)}
        frame.info["energy_pbe"] = evaluate.evaluate(module, meta, frame)[0].energy + PRESSURE * frame.get_volume()
    return frames


@pytest.fixture
def beside_dft(model, tmp_path, monkeypatch):
    """Write data, with energies under PRESSURE there and in properties.py: of five trajectories of stacks, of which
    gap-na0 is 0.1 eV off in its first frame, and of bcc."""
    bare = properties.energies
    volumes = lambda frames: np.array([frame.get_volume() for frame in frames])  # noqa: E731
    monkeypatch.setattr(properties, "energies", lambda m, frames: bare(m, frames) + PRESSURE * volumes(frames))
    places = [[0, 0, 0], [0, 0, 2.6], [0, 0, 5.3]]
    cells = known([bulk("Na", "bcc", a, cubic=True) for a in (3.9, 4.05, 4.2, 4.35, 4.5)], model, "sodium-metal", "bcc")
    stacks = [Atoms("CNaNa", places, cell=[9, 9, 9 + k], pbc=True) for k in range(6)]
    stacks = known(stacks, model, "janus-stack", "gap-na0")
    stacks[0].info["energy_pbe"] += 0.1
    others = [known([stacks[k].copy()], model, "janus-stack", f"stack-na2-{k}") for k in range(4)]
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "all.extxyz", cells + stacks + sum(others, []))
    return folder


def test_properties_are_those_of_the_model(model, beside_dft, tmp_path, capsys):
    out = tmp_path / "out.json"
    assert properties.main([model, "--data", str(beside_dft), "--out", str(out), "--hot", "0.002"]) == 0
    found = json.loads(out.read_text())
    dft, difference, part = found["gap of a stack: largest difference (meV)"]
    assert dft is None and difference == pytest.approx(100, abs=0.1) and part in ("train", "valid", "test")
    assert found["bcc Na, a (A)"][0] == pytest.approx(found["bcc Na, a (A)"][1], abs=1e-3)
    assert found["bcc Na, a (A)"][2] == "train"
    assert found["whole at 500 K (ps)"] == [None, pytest.approx(0.002), "-"] and len(found) == 5
    assert "gap of a stack: largest" in capsys.readouterr().out


def test_parts_are_those_of_the_run_that_made_the_model(model, beside_dft, tmp_path, capsys):
    frames = read(beside_dft / "all.extxyz", ":")
    kept = [frame for frame in frames if not frame.info["name"].startswith("bcc")]
    for part, some in {"train": kept[:-2], "valid": kept[-2:-1], "test": kept[-1:]}.items():
        write(tmp_path / f"{part}.extxyz", some)
    command = [model, "--data", str(beside_dft), "--out", str(tmp_path / "out.json"), "--run"]
    assert properties.main([*command, str(tmp_path)]) == 0
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["bcc Na, a (A)"][2] == "new" and found["gap of a stack: lowest point (meV)"][2] == "train"
    capsys.readouterr()
    assert properties.main([*command, str(tmp_path / "none")]) == 1
    assert "none/train.extxyz" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda text: text.replace("gap-na0-05", "other-05"), None),
        (lambda text: text.replace("gap-na0", "gap").replace("bcc", "fcc"), "all.extxyz: none of aniline-na1-n"),
    ],
)
def test_missing_curves_are_said(change, message, model, beside_dft, tmp_path, capsys):
    path = beside_dft / "all.extxyz"
    path.write_text(change(path.read_text()))
    code = properties.main([model, "--data", str(beside_dft), "--out", str(tmp_path / "out.json")])
    told = capsys.readouterr()
    if message:
        assert code == 1 and told.err == f"properties.py: error: {message.replace('all.extxyz', str(beside_dft))}" \
            ", aniline-na1-face, aniline-na1-edge, gap-na0, gap-na1, bcc\n"  # fmt: skip
    else:
        assert code == 0 and "gap-na0: 5 of 6 frames, left out" in told.out and "gap of a stack" not in told.out


def test_wrong_files_of_properties_are_one_line(model, tmp_path, capsys):
    for arguments in ([model, "--data", str(tmp_path / "none")], [str(tmp_path / "none.pt")]):
        assert properties.main([*arguments, "--out", str(tmp_path / "out.json")]) == 1
        error = capsys.readouterr().err
        assert error.startswith("properties.py: error: ") and error.count("\n") == 1 and "none" in error


def test_curves_are_in_the_list_of_structures():
    structures = program("structures")
    counts = {t.name: len(t) for t in structures.trajectories(1)}
    wanted = {name: count for name, (_, count) in properties.CURVES.items()} | dict([properties.LATTICE])
    assert {name: counts.get(name) for name in wanted} == wanted


def test_time_without_a_broken_bond():
    start = molecule("NH3", vacuum=5)
    broken = start.copy()
    broken.positions[1] *= 1.3
    assert dynamics.whole(start, [start, start, start, broken, start], properties.BONDS) == 2
    assert dynamics.whole(start, [start, start], properties.BONDS) == 1  # a run that LAMMPS ended early
    assert (
        dynamics.whole(start, [start], properties.BONDS) == 0 and dynamics.whole(start, [broken], properties.BONDS) == 0
    )


def test_lattice_and_broken_bonds():
    a = np.array([4.0, 4.1, 4.2, 4.3, 4.4])
    energies = 0.5 * 7.0 * GPa * (a**3 - 4.2**3) ** 2 / 4.2**3
    found = properties.lattice(a**3, energies)
    assert found["bcc Na, a (A)"] == pytest.approx(4.2, abs=0.005)
    assert found["bcc Na, bulk modulus (GPa)"] == pytest.approx(7.0, rel=0.05)
    with pytest.raises(ValueError, match="no minimum between 64.0 and 85.2"):
        properties.lattice(a**3, -a)
    ammonia = molecule("NH3", vacuum=5)
    assert list(dynamics.bonds(ammonia, properties.BONDS)) == [3, 1, 1, 1]
    ammonia.positions[1] *= 1.3
    assert list(dynamics.bonds(ammonia, properties.BONDS)) == [2, 0, 1, 1]


def test_no_data_is_one_line(tmp_path, capsys):
    (tmp_path / "nothing").mkdir()
    assert make.main(["--out", str(tmp_path / "out"), "--data", str(tmp_path / "nothing")]) == 1
    error = capsys.readouterr().err
    assert error == f"make.py: error: {tmp_path}/nothing: no frames of DFT (*.extxyz)\n"
