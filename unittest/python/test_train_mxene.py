# SPDX-License-Identifier: GPL-2.0-only
"""potentials/train/mxene without a training: structures, what is taken from runs, files, errors.

The training itself is tested where mace-torch is, in families/mace/test_train_mxene.py.
"""

import argparse
import hashlib
import json
import pathlib
import sys
import time

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.data import covalent_radii
from ase.geometry import get_distances
from ase.neighborlist import neighbor_list

TRAIN = pathlib.Path(__file__).parents[2] / "potentials" / "train"
sys.path[:0] = [str(TRAIN), str(TRAIN / "mxene")]

import card  # noqa: E402
import cells  # noqa: E402
import explore  # noqa: E402
import make  # noqa: E402
import makings  # noqa: E402
from distill import crystals, dynamics, errors, labels, making  # noqa: E402

COUNT = 75  # frames: each kind of structure at least three times


@pytest.fixture(scope="module")
def frames():
    return cells.generate(COUNT, 7)


def shortest(atoms):
    """Return the smallest distance over the sum of covalent radii, from the 27 nearest images of each atom."""
    worst = np.inf
    for shift in np.ndindex(3, 3, 3):
        moved = atoms.positions + (np.array(shift) - 1) @ atoms.cell.array
        distance = get_distances(atoms.positions, moved)[1]
        radii = covalent_radii[atoms.numbers]
        ratio = distance / (radii[:, None] + radii)
        if shift == (1, 1, 1):
            np.fill_diagonal(ratio, np.inf)
        worst = min(worst, ratio.min())
    return worst


def test_the_seed_decides(frames):
    again, other = cells.generate(COUNT, 7), cells.generate(COUNT, 8)
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(frames, again, strict=True))
    assert all(np.array_equal(a.cell, b.cell) for a, b in zip(frames, again, strict=True))
    assert not np.array_equal(frames[0].positions, other[0].positions)


def test_galleries_have_every_layer_and_up_to_a_full_one():
    """All layers, cells and contents, no overlaps, again the same; sources differ, so that no run is in two parts."""
    found, again = cells.galleries(20, 7), cells.galleries(20, 7)
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(found, again, strict=True))
    assert len({frame.info["source"] for frame in found}) == 20
    assert {int((frame.numbers == 11).sum()) for frame in found if len(frame) > 120} == {0, 2, 4, 7, 9}
    for frame in found:
        assert frame.info["kind"] == ("relaxed-na" if 11 in frame.numbers else "relaxed")
        assert shortest(frame) > 0.75


def test_a_relaxation_goes_downhill(monkeypatch):
    """Frames of a relaxation carry kind and source of its start, and the last one is at rest."""

    class Springs(Calculator):
        implemented_properties = ("energy", "forces")

        def calculate(self, *arguments):
            super().calculate(*arguments)
            x = self.atoms.positions
            self.results = {"energy": (x**2).sum(), "forces": -2 * x}

    monkeypatch.setattr(labels, "calculator", lambda *_: Springs())
    start = Atoms("Na2", positions=[[0.3, 0, 0], [0, 0.2, 0.1]], info={"kind": "relaxed-na", "source": "relaxed-0"})
    frames = explore.relax("model", start, steps=40, every=1)
    assert len(frames) > 2 and all(frame.info == start.info for frame in frames)
    assert np.array_equal(frames[0].positions, start.positions) and abs(frames[-1].positions).max() < 0.01


def test_a_deck_that_gives_up_is_one_line(tmp_path, capsys):
    """Before its output is there it is an error with the deck's own line, later the run's end; the process goes on."""
    (tmp_path / "in.deck").write_text('print "ERROR: only 3 of 5 ions fit"\nquit 1\n')
    with pytest.raises(ValueError, match=r"in\.deck: ERROR: only 3 of 5 ions fit"):
        dynamics.execute(tmp_path / "in.deck", {}, tmp_path / "dump")
    (tmp_path / "dump").write_text("")
    dynamics.execute(tmp_path / "in.deck", {}, tmp_path / "dump")
    assert "a run ended early: ERROR: only 3 of 5 ions fit" in capsys.readouterr().out


def _sleep(seconds, path):
    if not seconds:
        raise ValueError("the first")
    time.sleep(seconds)
    pathlib.Path(path).touch()


def test_a_task_that_fails_ends_the_others(toys, tmp_path):
    """Those that wait are not begun."""
    options = {"teacher": str(toys / "mp.pt"), "out": str(tmp_path / "out"), "size": "test", "jobs": 1, "seed": 1}
    work = make.Work(argparse.Namespace(**options))
    tasks = [(0.0, ""), *((0.3, str(tmp_path / str(k))) for k in range(20))]
    with pytest.raises(ValueError, match="the first"):
        work.map("sleep", _sleep, tasks)
    work.pool.shutdown()
    assert len(list(tmp_path.glob("[0-9]*"))) < 5


def test_every_kind_is_there_with_all_elements(frames):
    kinds = {frame.info["kind"] for frame in frames}
    groups = ["graphene", "go", "goh"]
    stacks = {f"mxene-{group}{ion}" for group in groups for ion in ("", "-na")}
    exchanges = {"mxene-go-exchange", "mxene-goh-exchange"}
    pressed = {"sodium-pressed", *(f"mxene-{group}-na-pressed" for group in groups)}
    assert kinds == {"mxene", "mxene-na", "sodium", *groups, "go-na", *stacks, *exchanges, *pressed}
    assert {symbol for frame in frames for symbol in frame.symbols} == set(explore.ELEMENTS)
    assert len({frame.info["source"] for frame in frames}) == COUNT


def test_no_atoms_overlap(frames):
    near = {kind: [] for kind in (True, False)}
    for frame in frames:
        near[frame.info["kind"].endswith("pressed")].append(shortest(frame))
    assert min(near[False]) > crystals.TOO_CLOSE
    assert 0.9 * cells.PRESSED[0] < min(near[True]) < crystals.TOO_CLOSE < max(near[True]), "Na is pressed onto others"


def test_exchanges_are_between_the_group_and_the_face():
    """The nearest O of the face is in reach of the group's O or its H, some of these O have left their places."""
    lifted = 0
    for seed in range(12):
        stacked = cells._exchange("r9", "goh", np.random.default_rng(seed))
        own, hydrogen = len(stacked) - 2, len(stacked) - 1
        assert stacked.symbols[own] == "O" and stacked.symbols[hydrogen] == "H"
        face = np.array([i for i in np.flatnonzero(stacked.symbols == "O")[:-1] if stacked.positions[i, 2] > 0])
        partner = face[np.argmin(stacked.get_distances(own, face, mic=True))]
        ends = stacked.get_distances(hydrogen, [own, partner], mic=True)
        assert ends.min() > cells.FREE * 0.97 and abs(ends.sum() - stacked.get_distance(own, partner, mic=True)) < 0.6
        lifted += stacked.positions[partner, 2] > cells.OXYGEN + 0.15
    assert 2 <= lifted <= 10
    for seed in range(6):
        stacked = cells._exchange("r9", "go", np.random.default_rng(seed))
        heights = stacked.positions[stacked.symbols == "O", 2][:-1]
        assert heights.max() > cells.OXYGEN + 0.15, "an exchange in every frame"


def test_frames_are_oriented_as_in_lammps(frames):
    for frame in frames:
        assert np.allclose(np.triu(frame.cell.array, 1), 0, atol=1e-12)
        assert frame.pbc.all()


def test_sodium_is_in_the_gallery():
    bare = cells.stack("r9", distance=5.0)
    filled = cells.insert(bare, 4, cells.OXYGEN + 1.2, cells.OXYGEN + 3.5, np.random.default_rng(1))
    heights = filled.positions[filled.numbers == 11, 2]
    assert len(heights) == 4
    assert (heights > cells.OXYGEN + 1.2).all() and (heights < cells.OXYGEN + 3.5).all()


def test_no_room_for_sodium_is_an_error():
    with pytest.raises(ValueError, match=r"no room for sodium between 2\.40 and 2\.50"):
        cells.insert(cells.stack("r3", distance=2.5), 1, 2.4, 2.5, np.random.default_rng(1))


@pytest.mark.parametrize(("name", "atoms"), [("r3", 23), ("r4", 34), ("r9", 71), ("r16", 130)])
def test_both_lattices_fit_the_cell(name, atoms):
    """Every carbon of graphene has 3 neighbors, every titanium 3 carbon and 3 oxygen: also across the faces."""
    stack = cells.stack(name)
    assert len(stack) == atoms
    i, j = neighbor_list("ij", stack, {("C", "C"): 1.6, ("Ti", "C"): 2.4, ("Ti", "O"): 2.3})
    neighbors = np.bincount(i, minlength=len(stack))
    upper = (stack.numbers == 6) & (stack.positions[:, 2] > cells.OXYGEN)
    assert (neighbors[upper] == 3).all()
    assert (neighbors[stack.numbers == 22] == 6).all()
    lengths = [
        cells.mxene(cells.STACKS[name][0]).cell.lengths()[0],
        cells.graphene(cells.STACKS[name][1]).cell.lengths()[0],
    ]
    assert np.allclose(np.array(lengths) / stack.cell.lengths()[0], 1, atol=0.04)


def test_strain_leaves_the_vacuum(frames):
    for frame in frames:
        if not frame.info["kind"].startswith("sodium"):
            assert np.isclose(frame.cell.array[2, 2], crystals.VACUUM) and np.allclose(frame.cell.array[2, :2], 0)


def test_a_run_is_in_one_part_of_the_data_only():
    sources = [f"round-1-{number}" for number in range(2000)]
    parts = [making.part(Atoms(info={"source": source})) for source in sources]
    assert 150 < parts.count("test") < 250 and 150 < parts.count("valid") < 250
    assert parts == [making.part(Atoms(info={"source": source})) for source in sources]


def run_of(doubts, distance=2.0):
    """Return frames of two carbon atoms with these deviations."""
    found = []
    for doubt in doubts:
        frame = Atoms("C2", positions=[[0, 0, 0], [distance, 0, 0]], cell=[9, 9, 9], pbc=True)
        frame.arrays["f_doubt"] = np.array([0.0, doubt])
        found.append(frame)
    return found


def test_doubtful_frames():
    run = run_of([0.1, 0.2, 0.3, 0.4, 0.5, 9.0])
    assert dynamics.doubtful(run, 0.15, 1.0, 9) == run[1:5]
    assert dynamics.doubtful(run, 0.15, 1.0, 2) == [run[1], run[4]]
    assert dynamics.doubtful(run_of([0.5], distance=0.9), 0.15, 1.0, 9) == []


def test_files_of_frames(tmp_path):
    frame = run_of([0.3])[0]
    frame.info |= {"REF_energy": -1.5, "REF_stress": np.arange(6.0), "kind": "x", "source": "x-1"}
    frame.arrays["REF_forces"] = np.array([[0.0, 0, 0.25], [0, 0, -0.25]])
    labels.save(tmp_path / "a.xyz", [frame])
    (read,) = labels.load(tmp_path / "a.xyz")
    assert read.info["REF_energy"] == -1.5 and read.info["kind"] == "x"
    assert np.array_equal(read.arrays["REF_forces"], frame.arrays["REF_forces"])
    assert np.array_equal(read.info["REF_stress"], np.arange(6.0))
    del frame.info["REF_stress"]
    labels.save(tmp_path / "b.xyz", [read, frame])
    with pytest.raises(ValueError, match=r"b\.xyz: frame 1 has no REF_stress; label it"):
        labels.load(tmp_path / "b.xyz")


class Constant(Calculator):
    """Energy 0.02 eV, forces 0.1 eV/Angstrom along z, stress 0.004 eV/Angstrom^3 in all components."""

    implemented_properties = ["energy", "forces", "stress"]

    def calculate(self, *arguments):
        super().calculate(*arguments)
        count = len(self.atoms)
        self.results = {"energy": 0.02, "forces": np.tile([0, 0, 0.1], (count, 1)), "stress": np.full(6, 0.004)}


def test_errors_by_kind(tmp_path):
    """Two atoms, labels 0: 10 meV/atom, forces 100 meV/A in one of three components, stress 4 meV/A^3."""
    frame = run_of([0.3])[0]
    frame.info |= {"REF_energy": 0.0, "REF_stress": np.zeros(6), "kind": "pair"}
    frame.arrays["REF_forces"] = np.zeros((2, 3))
    found = errors.compare([frame], Constant())
    assert list(found) == ["all", "pair"]
    assert np.allclose(found["pair"].row(), [1, 10, 10, 100 / 3, 100 / np.sqrt(3), 4])
    lines = errors.table(found)
    assert lines[0].split()[1:] == errors.COLUMNS and len(lines) == 3
    errors.parity(found, tmp_path / "parity.png")
    assert (tmp_path / "parity.png").stat().st_size > 5000
    with pytest.raises(ValueError, match="no frames are held out"):
        errors.compare([], Constant())


def test_another_seed_needs_another_folder(tmp_path):
    teacher = tmp_path / "teacher.pt"
    teacher.write_bytes(b"weights")
    options = {"out": str(tmp_path / "out"), "teacher": str(teacher), "size": "test", "jobs": 1}
    make.Work(argparse.Namespace(**options, seed=1))
    make.Work(argparse.Namespace(**options, seed=1))
    with pytest.raises(ValueError, match=r"settings\.json: other settings .* take another --out"):
        make.Work(argparse.Namespace(**options, seed=2))


@pytest.mark.parametrize(("name", "words"), [
    ("no.pt", "no.pt"),
    ("garbage.pt", "garbage.pt"),
    ("mp.pt", "mp.pt has no C, H, Na, O, Ti; take a teacher with Ti, C, O, H, Na"),
])  # fmt: skip
def test_a_wrong_teacher_is_one_line(name, words, toys, tmp_path, capsys):
    makings.refuses_teacher(make, toys, tmp_path, name, words, capsys)


def test_the_card_marks_what_misses(tmp_path, capsys):
    (tmp_path / "mace-mxene.pt").write_bytes(b"weights")
    (tmp_path / "start.xyz").write_bytes(b"frames")
    rows = ["# " + " ".join(errors.COLUMNS), "all 5 1.00 2.90 20.00 61.00 1.00"]
    (tmp_path / "errors.txt").write_text("\n".join(rows) + "\n")
    teacher = {"spacing, graphene (A)": 3.09, "adhesion, strained (eV/nm2)": 2.70, "curve": [1.0]}
    student = {"spacing, graphene (A)": 3.13, "adhesion, strained (eV/nm2)": 2.65, "curve": [1.0]}
    (tmp_path / "both.json").write_text(json.dumps({"teacher.pt": teacher, "student.pt": student}))
    arguments = ["--run", str(tmp_path), "--properties", str(tmp_path / "both.json")]
    assert card.main(arguments) == 0
    text = capsys.readouterr().out
    assert "| all | 5 | 1.00 | 2.90 | 20.00 | **61.00** | 1.00 |" in text
    assert "| spacing, graphene (A) | 3.090 | **3.130** |" in text
    assert "| adhesion, strained (eV/nm2) | 2.700 | 2.650 |" in text
    assert f"| start.xyz | 0.0 | `{hashlib.sha256(b'frames').hexdigest()}` |" in text
    assert hashlib.sha256(b"weights").hexdigest() in text and "@" not in text and "[1.0]" not in text
    (tmp_path / "errors.txt").unlink()
    assert card.main(arguments) == 1
    assert "errors.txt" in capsys.readouterr().err
