# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train/hard-carbon without a training: structures, programs, two teachers, what is taken from runs.

The training itself is tested where nequip is, in families/nequip/test_train_hard_carbon.py.
"""

import argparse
import hashlib
import importlib.util
import json
import pathlib
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator

TRAIN = pathlib.Path(__file__).parents[2] / "potentials" / "train"
FOLDER = TRAIN / "hard-carbon"
sys.path[:0] = [str(TRAIN), str(FOLDER)]

import carbon  # noqa: E402
import makings  # noqa: E402
from distill import dynamics, errors, reference  # noqa: E402

specification = importlib.util.spec_from_file_location("make_hard_carbon", FOLDER / "make.py")
make = importlib.util.module_from_spec(specification)
specification.loader.exec_module(make)

PROGRAM = {"hot": 8000.0, "cold": 300.0}


@pytest.fixture(scope="module")
def crystals():
    return carbon.crystals(48, 7)


@pytest.fixture(scope="module")
def melts():
    return carbon.melts(35, 7, [16, 20])


@pytest.mark.parametrize(
    "generate", [lambda seed: carbon.crystals(12, seed), lambda seed: carbon.melts(5, seed, [16, 20])]
)
def test_the_seed_decides(generate):
    first, again, other = generate(7), generate(7), generate(8)
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(first, again, strict=True))
    assert [frame.info for frame in first] == [frame.info for frame in again]
    assert not np.array_equal(first[0].positions, other[0].positions)


def test_every_kind_is_there(crystals, melts):
    assert {frame.info["kind"] for frame in crystals} == {*carbon.CRYSTALS, "contact"}
    assert {frame.info["kind"] for frame in melts} == {*carbon.CRYSTALS, "carbon", "carbon-sodium"}
    for frames in (crystals, melts):
        assert len({frame.info["source"] for frame in frames}) == len(frames)
        assert {symbol for frame in frames for symbol in frame.symbols} == {"C", "Na"}
    assert max(map(len, crystals)) <= 64 and min(map(len, crystals)) >= 12


def test_frames_are_oriented_as_in_lammps(crystals, melts):
    for frame in crystals + melts:
        assert np.allclose(np.triu(frame.cell.array, 1), 0, atol=1e-12) and frame.pbc.all()


def test_densities_loadings_and_temperatures(melts):
    """Random carbon at 1.5 to 3.0 g/cm^3 within 5 %, molten at 8000 K or at 12000 to 14000 K; at most NaC6."""
    for frame in melts:
        carbons, program = np.count_nonzero(frame.numbers == 6), frame.info["program"]
        if frame.info["kind"] in ("carbon", "carbon-sodium"):
            density = carbons * 12.011 / (0.602214 * frame.get_volume())
            assert min(abs(density / wanted - 1) for wanted in (1.5, 2.0, 2.5, 3.0)) < 0.051
        if frame.info["kind"] == "carbon":
            assert program["hot"] == 8000 or 12000 <= program["hot"] <= 14000
            assert program["cold"] == 300 and carbons == len(frame)
        if frame.info["kind"] == "carbon-sodium":
            assert 300 <= program["cold"] <= 1500 and 1 <= len(frame) - carbons <= max(1, round(carbons / 6))


def test_contacts_are_close_and_others_not(crystals):
    for frame in crystals:
        distances = frame.get_all_distances(mic=True)[np.triu_indices(len(frame), 1)]
        assert (distances.min() < 2.71) if frame.info["kind"] == "contact" else (distances.min() > 1.1)
    closest = [
        f.get_all_distances(mic=True)[np.triu_indices(len(f), 1)].min() for f in crystals if f.info["kind"] == "contact"
    ]
    assert 0.8 < min(closest) < 1.3


def test_layers_have_their_spacing_with_sodium_between_them():
    rng = np.random.default_rng(1)
    atoms = carbon.graphite((3, 0), 4.5, rng, 2)
    heights = atoms.positions[:, 2]
    assert atoms.cell.lengths()[2] == pytest.approx(9.0) and len(atoms) == 38
    assert np.allclose(np.unique(heights[atoms.numbers == 6].round(6)), [0, 4.5])
    assert ((heights[atoms.numbers == 11] > 1.6) & (heights[atoms.numbers == 11] < 2.9)).all()


def test_a_frame_is_of_a_liquid_above_3000_kelvin():
    """Held for 100 steps, then 8000 K to 300 K in 1000: 3000 K at step 749."""
    settings = {"hold": 100, "quench": 1000}
    states = [carbon.state(PROGRAM, step, settings) for step in (0, 700, 800, 5000)]
    assert states == ["carbon-liquid", "carbon-liquid", "carbon-quenched", "carbon-quenched"]


def labeled(kind, symbols, energy, force=0.0):
    frame = Atoms(symbols, positions=[[2.5 * k, 0, 0] for k in range(len(Atoms(symbols)))], cell=[20] * 3, pbc=True)
    frame.info = {"kind": kind, "REF_energy": energy, "REF_stress": np.zeros(6)}
    frame.arrays["REF_forces"] = np.full((len(frame), 3), force)
    return frame


def test_the_teachers_are_shifted_to_agree():
    """Shifts of 0.5 eV for C and -0.2 for Na are found; 0.3 eV more are left, half of it for one of two equal frames of
    two sodium atoms, all for four atoms of diamond."""
    frames = [
        ("graphene", "C4", 0.0),
        ("sodium-metal", "Na2", 0.0),
        ("sodium-metal", "Na2", 0.3),
        ("diamond", "C4", 0.3),
    ]
    second = [labeled(kind, symbols, 1.0, 0.1) for kind, symbols, _ in frames]
    first = [
        labeled(kind, symbols, 1.0 + more + (4 * 0.5 if symbols == "C4" else -2 * 0.2))
        for kind, symbols, more in frames
    ]
    found = make.difference(first, second, ["C", "Na"])
    assert found["shift (eV)"] == pytest.approx({"C": 0.5, "Na": -0.2 + 0.075})
    left = {"diamond": 75, "graphene": 0, "sodium-metal": 75}
    assert found["energy left, rms (meV/atom)"] == pytest.approx(left, abs=1e-6)
    assert found["energy left, mean (meV/atom)"] == pytest.approx({**left, "sodium-metal": 0}, abs=1e-6)
    assert found["forces, rms (meV/A)"] == pytest.approx(dict.fromkeys(left, 100))


class Constant(Calculator):
    """Energy and forces are one number, the calculator's."""

    implemented_properties = ["energy", "forces", "stress"]

    def __init__(self, value):
        super().__init__()
        self.value = value

    def calculate(self, *arguments):
        super().calculate(*arguments)
        count = len(self.atoms)
        self.results = {"energy": self.value, "forces": np.full((count, 3), self.value), "stress": np.zeros(6)}


def test_each_kind_is_labeled_by_its_teacher(tmp_path, monkeypatch):
    """The teacher says 1 eV for everything, that of layers 2 eV: with its shift on graphite only."""
    for name in ("a.pt", "b.pt"):
        (tmp_path / name).write_bytes(name.encode())
    monkeypatch.setattr(make.labels, "calculator", lambda model, _: Constant(1.0 if model.endswith("a.pt") else 2.0))
    options = {"out": str(tmp_path / "out"), "size": "test", "jobs": 1, "seed": 1, "dft": None}
    options |= {"teacher": str(tmp_path / "a.pt"), "teacher_of_layers": str(tmp_path / "b.pt")}
    work = make.Work(argparse.Namespace(**options))
    monkeypatch.setattr(make, "compare_teachers", lambda _: {"shift (eV)": {"C": 0.5, "Na": -0.1}})
    frames = [labeled(kind, "C2Na", 0.0) for kind in ("carbon-liquid", "graphite-sodium", "contact")]
    found = {frame.info["kind"]: frame for frame in work.labeled(frames)}
    energies = {kind: frame.info["REF_energy"] for kind, frame in found.items()}
    assert energies == pytest.approx({"carbon-liquid": 1.0, "graphite-sodium": 2.9, "contact": 1.0})
    assert found["graphite-sodium"].arrays["REF_forces"].max() == 2.0
    with pytest.raises(ValueError, match=r"settings\.json: other settings or another teacher"):
        make.Work(argparse.Namespace(**{**options, "teacher_of_layers": None}))


def test_frames_of_dft_are_labels_without_dispersion(tmp_path):
    frames = reference.load(makings.dft_frames(tmp_path / "data", ["carbon-liquid", "graphite"]))
    assert len(frames) == 20 and {frame.info["kind"] for frame in frames} == {"carbon-liquid", "graphite"}
    assert {f.info["source"] for f in frames if f.info["kind"] == "graphite"} == {f"graphite-{n}" for n in range(5)}
    for frame in frames:
        assert frame.info["REF_energy"] == -400.0 and abs(frame.arrays["REF_forces"]).max() < 1.0
        assert np.isnan(frame.info["REF_stress"]).all()
    with pytest.raises(ValueError, match="nothing: no frames of DFT"):
        reference.load(tmp_path / "nothing")


def test_too_few_frames_of_dft_are_refused_before_anything_is_made(toys, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make.making, "check_teacher", lambda *_: None)
    data = makings.dft_frames(tmp_path / "data", ["graphite"], 4)
    assert make.main(["--teacher", str(toys / "mp.pt"), "--out", str(tmp_path / "out"), "--dft", str(data)]) == 1
    assert "4 trajectories of DFT of a kind at most" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_every_kind_of_dft_is_in_every_part(tmp_path):
    """And no trajectory in two. Others do not move what is held out, but for one that takes its place."""
    frames = reference.load(makings.dft_frames(tmp_path / "data", ["carbon-liquid", "graphite"], 6))
    parts = reference.split(frames)
    sources = {part: {frame.info["source"] for frame in found} for part, found in parts.items()}
    assert {part: len(found) for part, found in parts.items()} == {"train": 16, "valid": 4, "test": 4}
    assert all({f.info["kind"] for f in found} == {"carbon-liquid", "graphite"} for found in parts.values())
    assert len(sources["train"] | sources["valid"] | sources["test"]) == sum(map(len, sources.values()))
    few = [frame for frame in frames if frame.info["source"][-1] in "0123"]
    with pytest.raises(ValueError, match="4 trajectories of DFT of a kind at most: make 5"):
        reference.split(few)
    some = [f for f in frames if f.info["kind"] == "graphite" or f.info["source"][-1] in "0123"]
    assert {f.info["kind"] for f in reference.split(some)["test"]} == {"graphite"}


def test_energies_of_dft_are_shifted_by_element():
    """A model with 7 and 2 eV more for C and Na: what is left is what no such shift gives, +- 0.1 eV of two frames."""
    frames = [labeled("x", symbols, energy) for symbols, energy in (("C2Na", -9.9), ("C2Na", -10.1), ("Na3", 20.0))]
    shifts = reference.align(frames, Constant(3.0), ["C", "Na"])
    assert shifts == pytest.approx({"C": (13.0 + 17.0 / 3) / 2, "Na": -17.0 / 3})
    assert [frame.info["REF_energy"] for frame in frames] == pytest.approx([3.1, 2.9, 3.0])


def test_errors_of_stresses_are_those_that_are_known():
    frames = [labeled("x", "C2", 1.0), labeled("x", "C2", 1.0)]
    frames[0].info["REF_stress"] = np.full(6, 0.002)
    frames[1].info["REF_stress"] = np.full(6, np.nan)
    found = errors.compare(frames, Constant(1.0))
    assert found["x"].row()[-1] == pytest.approx(2.0)
    assert np.isnan(errors.compare(frames[1:], Constant(1.0))["x"].row()[-1])


def test_a_committee_disagrees():
    """Forces (1, 1, 1) and (3, 3, 3): each is sqrt(3) from their mean."""
    frame = labeled("x", "C2", 0.0)
    (found,) = dynamics.disagreement([frame], [Constant(1.0), Constant(3.0)])
    assert found.arrays["f_doubt"] == pytest.approx([np.sqrt(3)] * 2)
    frame.positions[1] = [1.0, 0, 0]
    (close,) = dynamics.disagreement([frame], [Constant(1.0), Constant(3.0)])
    assert dynamics.doubtful([found, close], 0.1, 9.0, 9) == [found]
    assert dynamics.doubtful([found, close], 0.1, 9.0, 9, make.Work.too_close) == [found, close]


@pytest.mark.parametrize(("name", "words"), [("garbage.pt", "garbage.pt"), ("mp.pt", "mp.pt has no C, Na; take")])
def test_a_wrong_teacher_is_one_line(name, words, toys, tmp_path, capsys):
    makings.refuses_teacher(make, toys, tmp_path, name, words, capsys)


def test_the_card_marks_what_misses(tmp_path, capsys):
    """Errors of forces above 350 meV/A in the liquid and 120 elsewhere are bold, none of contacts."""
    specification = importlib.util.spec_from_file_location("card_hard_carbon", FOLDER / "card.py")
    card = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(card)
    (tmp_path / "allegro-hardcarbon.pt").write_bytes(b"weights")
    (tmp_path / "start.xyz").write_bytes(b"frames")
    forces = {"carbon-liquid": 351, "carbon-quenched": 121, "diamond": 119, "contact": 900}
    rows = ["# " + " ".join(errors.COLUMNS), *(f"{kind} 5 1.00 90.00 20.00 {f:.2f} 1.00" for kind, f in forces.items())]
    (tmp_path / "errors.txt").write_text("\n".join(rows) + "\n")
    first = [labeled("graphene", "C2", 1.0), labeled("sodium-metal", "Na2", 1.0)]
    (tmp_path / "teachers.json").write_text(json.dumps(make.difference(first, first, ["C", "Na"])))
    assert card.main(["--run", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "| carbon-liquid | 5 | 1.00 | 90.00 | 20.00 | **351.00** | 1.00 |" in text
    assert "**121.00**" in text and "| 119.00 |" in text and "| 900.00 |" in text
    assert "| graphene | 0.0 | 0.0 | 0.0 |" in text and "C +0.000 eV, Na +0.000 eV; from 2 frames" in text
    assert hashlib.sha256(b"weights").hexdigest() in text and hashlib.sha256(b"frames").hexdigest() in text
    assert "@" not in text and "not been tuned" in text
    judged = ["# kind frames E_rmse(student) F_rmse(student) E_rmse(teacher) F_rmse(teacher)"]
    judged += ["carbon-liquid 4 9.00 351.00 8.00 900.00", "graphite 2 9.00 119.00 8.00 300.00"]
    (tmp_path / "judged.txt").write_text("\n".join(judged) + "\n")
    assert card.main(["--run", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "| carbon-liquid | 4 | 9.00 | **351.00** | 8.00 | 900.00 |" in text and "not been tuned" not in text
    assert "| graphite | 2 | 9.00 | 119.00 | 8.00 | 300.00 |" in text
    (tmp_path / "errors.txt").unlink()
    assert card.main(["--run", str(tmp_path)]) == 1
    assert "errors.txt" in capsys.readouterr().err
