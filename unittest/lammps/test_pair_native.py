# SPDX-License-Identifier: GPL-2.0-only
"""The native evaluator against LibTorch on the same file, its instruction sets, and bad descriptions."""

import json
import random
import re

import lammps_run
import numpy as np
import pytest
import structures
import test_pair_fuzz as fuzz
import tiny_spookynet
from ase import Atoms

PERATOM = [f"c_s[{k}]" for k in range(1, 7)] + [f"c_c[{k}]" for k in range(1, 10)]
STRESS = """
compute s all stress/atom NULL virial
compute c all centroid/stress/atom NULL virial
"""
SETS = ["avx512", "avx2", "plain"]


def system(name):
    return lammps_run.System(structures.ALL[name]())


@pytest.fixture(scope="session", params=["steps", "charged"])
def file(request, sevennets, tmp_path_factory):
    """Return a model file of either kind of description."""
    if request.param == "steps":
        return sevennets("tiny")[1]["float64"]
    return tiny_spookynet.write(tmp_path_factory.mktemp("native") / "charged.pt")


def electrons(file, s):
    """Return the keywords charge and spin that a file takes, for a cation of s."""
    return f"charge 1 spin {(int(s.atoms.numbers.sum()) - 1) % 2}" if file.stem == "charged" else ""


def native(file, s):
    """Return the lines that select a file."""
    return lammps_run.pair(file, s.names, f"evaluator native {electrons(file, s)}")


@pytest.mark.parametrize("ranks", [1, 2])
def test_per_atom_results_are_those_of_libtorch(ranks, file, tmp_path, measured):
    """Energies and the six- and nine-component virials of every atom, folded and ghost."""
    mode = "folded" if ranks == 1 else "ghost"
    charges, fix = [], ""
    if file.stem == "charged":
        charges, fix = ["f_q"], "\nfix q all pair 1 equivariant charge 0"
    deck = ""
    for name in structures.ALL:
        s = system(name)
        deck += lammps_run.load(name, s, tmp_path) + STRESS
        for evaluator in ("native", "torch"):
            keywords = f"exchange {mode} evaluator {evaluator} {electrons(file, s)}"
            pair = lammps_run.pair(file, s.names, keywords) + fix
            deck += lammps_run.evaluate(f"{name}-{evaluator}", pair, PERATOM + charges)
    done = lammps_run.lmp(deck, tmp_path, ranks)
    for name in structures.ALL:
        native, torch = (lammps_run.point(done, f"{name}-{e}") for e in ("native", "torch"))
        miss = [
            max(np.abs(native.columns[c] - torch.columns[c]).max() for c in columns)
            for columns in (["c_natpe"], ["fx", "fy", "fz"], PERATOM, charges or ["id"])
        ]
        title = f"native against LibTorch, {file.stem}: eV, eV/A, bar A^3, e"
        measured(title, f"{name}, {ranks} rank(s)", *miss)
        assert miss[0] < 1e-9 and miss[1] < 1e-9 and miss[2] < 1e-3 and miss[3] < 1e-12  # 1e-3 bar A^3 = 6e-10 eV
        for column in charges:
            assert abs(native.columns[column].sum() - 1.0) < 1e-11
            assert len(set(native.columns[column])) == len(native.forces)


@pytest.mark.parametrize("mode", ["ghost", "shell"])
def test_a_rank_that_becomes_empty(mode, file, tmp_path):
    """Per-atom virials where a rank loses its last atom are those of one rank."""
    if mode == "shell" and file.stem == "charged":
        pytest.skip("SpookyNet has no exchange shell")
    s = lammps_run.System(Atoms("C4", [[0, 0, 0], [1.3, 0, 0], [60, 0, 0], [61.3, 0, 0]]))
    keywords = {
        1: f"evaluator native {electrons(file, s)}",
        2: f"evaluator native exchange {mode} {electrons(file, s)}",
    }
    points = []
    for ranks in (1, 2):
        pair = lammps_run.pair(file, s.names, keywords[ranks]) + "\ncomm_modify cutoff 20.0"
        deck = lammps_run.load("at", s, tmp_path, "processors * 1 1") + STRESS
        deck += lammps_run.evaluate("both", pair, PERATOM)
        deck += "group right id 3 4\ndelete_atoms group right\n" + lammps_run.evaluate("left", "", PERATOM)
        done = lammps_run.lmp(deck, tmp_path, ranks)
        points.append({tag: lammps_run.point(done, tag) for tag in ("both", "left")})
    one, two = points
    assert len(two["both"].owners) == 2 and len(two["left"].owners) == 1 and len(two["left"].forces) == 2
    for tag in one:
        for column in (*PERATOM, "fx", "c_natpe"):
            assert np.allclose(one[tag].columns[column], two[tag].columns[column], rtol=1e-9, atol=1e-6), (tag, column)
    assert np.abs(two["left"].columns["c_s[1]"]).min() > 1.0


def test_instruction_sets_agree(file, tmp_path):
    """A vector of one width against another: the same numbers to rounding."""
    s, found = system("na_in_graphite"), {}
    deck = lammps_run.single_point("at", s, tmp_path, native(file, s))
    for name in SETS:
        done = lammps_run.attempt(deck, tmp_path, NATROLITE_SIMD=name)
        if done.code:
            assert f"NATROLITE_SIMD={name} is not to be had on this processor" in done.errors()[0]
            continue
        assert f"native evaluator ({name})" in done.output
        found[name] = lammps_run.point(done, "at")
    assert "plain" in found
    for point in found.values():
        assert abs(point.energy - found["plain"].energy) < 1e-11
        assert np.abs(point.forces - found["plain"].forces).max() < 1e-11


def test_the_same_bits_twice_with_threads(file, tmp_path):
    s = system("na_in_graphite")
    deck = lammps_run.load("at", s, tmp_path) + "velocity all create 300 4711\nfix 1 all nve\ntimestep 0.0005\n"
    deck += native(file, s)
    deck += '\nthermo_style custom step pe\nrun 50 post no\nprint "@ at $(pe:%.17g)"\n'
    runs = [lammps_run.lmp(deck, tmp_path, OMP_NUM_THREADS=threads).printed()["at"][0] for threads in ("2", "2", "1")]
    assert runs[0] == runs[1] and abs(runs[0] - runs[2]) < 1e-10


def test_forces_are_the_derivative_of_the_energy(file, tmp_path):
    s = system("short_triclinic")
    deck = lammps_run.load("at", s, tmp_path, "atom_modify map yes") + "fix n all numdiff 1 1e-4\n"
    columns = ["f_n[1]", "f_n[2]", "f_n[3]"]
    deck += lammps_run.evaluate("at", native(file, s), columns)
    found = lammps_run.point(lammps_run.lmp(deck, tmp_path), "at")
    slope = np.stack([found.columns[c] for c in columns], 1)
    assert np.abs(slope - found.forces).max() < 1e-6 * np.abs(found.forces).max() + 1e-9


def test_the_log_says_which_evaluator_and_why(file, toys, tmp_path):
    s = system("lone_atom")
    names = " ".join(s.names)
    deck = lammps_run.load("at", s, tmp_path)
    output = lammps_run.lmp(
        f"{deck}pair_style equivariant {electrons(file, s)}\npair_coeff * * {file} {names}\n"
        f"pair_style equivariant evaluator torch {electrons(file, s)}\npair_coeff * * {file} {names}\n",
        tmp_path,
    ).output
    runs = re.findall(r"runs on (.*)", output)
    assert len(runs) == 2 and "native evaluator" in runs[0] and "LibTorch (evaluator torch)" in runs[1]
    toy = f"pair_style equivariant evaluator native\npair_coeff * * {toys / 'mp.pt'} Ar\n"
    done = lammps_run.attempt(deck.replace("mass", "# mass") + toy, tmp_path)
    assert done.code and "evaluator native cannot be used (the file has no network description)" in done.errors()[0]
    done = lammps_run.attempt(deck + "pair_style equivariant evaluator fast\n", tmp_path)
    assert done.code and "'fast'" in done.errors()[0] and "auto, native, torch" in done.errors()[0]


def spoiled_description(data, rng):
    def change(name, content):
        if name.endswith("native.json"):
            return json.dumps(fuzz.spoiled(json.loads(content), rng))
        return content

    return fuzz.rewritten(data, change)


def spoiled_arrays(data, rng):
    """Cut the arrays off, or make numbers of them that are none."""
    how = rng.choice(["cut", "nan"])

    def change(name, content):
        if not name.endswith("native.bin"):
            return content
        at = rng.randrange(len(content) // 8) * 8
        return content[:at] if how == "cut" else content[:at] + b"\xff" * 8 + content[at + 8 :]

    return fuzz.rewritten(data, change)


def test_spoiled_descriptions(file, tmp_path):
    """One error line that names the file, or the very results of the whole file."""
    rng = random.Random(20261126)
    data = file.read_bytes()
    places = system("na_in_graphite")

    def run(path, folder):
        folder.mkdir()
        deck = lammps_run.single_point(
            "at", places, folder, lammps_run.pair(path, places.names, f"evaluator native {electrons(file, places)}")
        )
        done = lammps_run.attempt(deck, folder)
        return done, lammps_run.point(done, "at") if done.code == 0 and not done.errors() else None

    whole = run(file, tmp_path / "whole")[1]
    seen = {"refused": 0, "harmless": 0}
    for k in range(60):
        path = tmp_path / f"spoiled{k}.pt"
        path.write_bytes((spoiled_arrays if k % 4 == 0 else spoiled_description)(data, rng))
        done, found = run(path, tmp_path / f"run{k}")
        if found is not None:
            assert abs(found.energy - whole.energy) < 1e-9 and np.abs(found.forces - whole.forces).max() < 1e-9, k
            seen["harmless"] += 1
            continue
        assert 0 < done.code < 128, f"{k} crashed: exit {done.code}\n{done.tail()}"
        assert len(done.errors()) == 1 and path.name in done.errors()[0], (k, done.errors(), done.tail())
        seen["refused"] += 1
    print(f"\nspoiled descriptions: {seen}")
    assert seen["refused"] > 40, seen


@pytest.fixture(scope="session")
def charged(tmp_path_factory):
    """charged(seed, **settings) -> model file of a small SpookyNet."""
    folder, made = tmp_path_factory.mktemp("charged"), {}

    def get(seed=1, **settings):
        name = "-".join([str(seed), *settings])
        if name not in made:
            made[name] = tiny_spookynet.write(folder / f"charged-{name}.pt", seed=seed, **settings)
        return made[name]

    return get


@pytest.mark.parametrize("evaluator", ["native", "torch"])
def test_a_model_of_molecules_needs_every_pair(evaluator, charged, tmp_path):
    """Without a long-range cutoff: a molecule within the cutoff runs, a crystal is refused with one line."""
    path = charged(lr_cutoff=None, r_max=5.0)
    molecule = lammps_run.System(structures.Atoms("CO", [[0.0, 0.0, 0.0], [1.2, 0.1, 0.0]]))
    pair = lammps_run.pair(path, molecule.names, f"evaluator {evaluator}")
    done = lammps_run.lmp(lammps_run.single_point("at", molecule, tmp_path, pair), tmp_path)
    assert np.abs(lammps_run.point(done, "at").forces).max() > 1e-3
    s = system("short_triclinic")
    pair = lammps_run.pair(path, s.names, f"evaluator {evaluator} spin 1")
    for ranks in (1, 2):
        done = lammps_run.attempt(lammps_run.single_point("at", s, tmp_path, pair), tmp_path, ranks)
        assert done.code and 1 <= len(done.errors()) <= ranks, done.tail()
        assert all(word in line for line in done.errors() for word in (path.name, "every pair", "--lr-cutoff"))


def test_charged_networks_as_a_committee_and_beside_another_style(charged, tmp_path):
    """A committee's deviation and a hybrid with NULL atoms: the numbers of LibTorch."""
    s, found = system("na_in_graphite"), {}
    files = [charged(seed) for seed in (1, 2)]
    for evaluator in ("native", "torch"):
        committee = f"pair_style equivariant evaluator {evaluator} charge 1 committee 1 {evaluator}.txt\n"
        committee += f"pair_coeff * * {files[0]},{files[1]} {' '.join(s.names)}\n"
        hybrid = f"pair_style hybrid equivariant evaluator {evaluator} charge 0 zero 5.0\n"
        hybrid += f"pair_coeff * * equivariant {files[0]} C NULL\npair_coeff * 2 zero\n"
        deck = lammps_run.load("at", s, tmp_path)
        for name, pair in (("committee", committee), ("hybrid", hybrid)):
            deck += lammps_run.evaluate(f"{name}-{evaluator}", pair)
        done = lammps_run.lmp(deck, tmp_path, 2)
        found[evaluator] = [lammps_run.point(done, f"{name}-{evaluator}") for name in ("committee", "hybrid")]
    tables = [np.loadtxt(tmp_path / f"{evaluator}.txt") for evaluator in ("native", "torch")]
    assert np.abs(tables[0] - tables[1]).max() < 1e-6 * np.abs(tables[1]).max()
    for a, b in zip(found["native"], found["torch"]):
        assert abs(a.energy - b.energy) < 1e-9 and np.abs(a.forces - b.forces).max() < 1e-9
    assert abs(found["native"][0].energy - found["native"][1].energy) > 1e-3


def test_parts_that_a_charged_network_may_lack(charged, tmp_path):
    """Without the analytic terms, and with one module: the numbers of LibTorch."""
    s = system("short_triclinic")
    deck = lammps_run.load("at", s, tmp_path)
    for changes in ({"repulsion": False, "dispersion": False}, {"electrostatics": False}, {"modules": 1}):
        for evaluator in ("native", "torch"):
            pair = lammps_run.pair(charged(3, **changes), s.names, f"evaluator {evaluator} charge -2 spin 1")
            deck += lammps_run.evaluate(f"{'-'.join(changes)}-{evaluator}", pair)
    done = lammps_run.lmp(deck, tmp_path)
    for changes in ("repulsion-dispersion", "electrostatics", "modules"):
        a, b = (lammps_run.point(done, f"{changes}-{evaluator}") for evaluator in ("native", "torch"))
        assert abs(a.energy - b.energy) < 1e-9 and np.abs(a.forces - b.forces).max() < 1e-9
        assert np.abs(a.forces).max() > 1e-3
