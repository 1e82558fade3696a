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

PERATOM = [f"c_s[{k}]" for k in range(1, 7)] + [f"c_c[{k}]" for k in range(1, 10)]
STRESS = """
compute s all stress/atom NULL virial
compute c all centroid/stress/atom NULL virial
"""
SETS = ["avx512", "avx2", "plain"]


def system(name):
    return lammps_run.System(structures.ALL[name]())


@pytest.fixture(scope="session")
def file(sevennets):
    return sevennets("tiny")[1]["float64"]


@pytest.mark.parametrize("ranks", [1, 2])
def test_per_atom_results_are_those_of_libtorch(ranks, file, tmp_path, measured):
    """Energies and the six- and nine-component virials of every atom, folded and ghost."""
    mode = "folded" if ranks == 1 else "ghost"
    deck = ""
    for name in structures.ALL:
        s = system(name)
        deck += lammps_run.load(name, s, tmp_path) + STRESS
        for evaluator in ("native", "torch"):
            pair = lammps_run.pair(file, s.names, f"exchange {mode} evaluator {evaluator}")
            deck += lammps_run.evaluate(f"{name}-{evaluator}", pair, PERATOM)
    done = lammps_run.lmp(deck, tmp_path, ranks)
    for name in structures.ALL:
        native, torch = (lammps_run.point(done, f"{name}-{e}") for e in ("native", "torch"))
        miss = [
            max(np.abs(native.columns[c] - torch.columns[c]).max() for c in columns)
            for columns in (["c_natpe"], ["fx", "fy", "fz"], PERATOM)
        ]
        measured("native against LibTorch, float64: eV, eV/A, bar A^3", f"{name}, {ranks} rank(s)", *miss)
        assert miss[0] < 1e-9 and miss[1] < 1e-9 and miss[2] < 1e-3  # 1e-3 bar A^3 = 6e-10 eV


def test_instruction_sets_agree(file, tmp_path):
    """A vector of one width against another: the same numbers to rounding."""
    s, found = system("na_in_graphite"), {}
    deck = lammps_run.single_point("at", s, tmp_path, lammps_run.pair(file, s.names, "evaluator native"))
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
    deck += lammps_run.pair(file, s.names, "evaluator native")
    deck += '\nthermo_style custom step pe\nrun 50 post no\nprint "@ at $(pe:%.17g)"\n'
    runs = [lammps_run.lmp(deck, tmp_path, OMP_NUM_THREADS=threads).printed()["at"][0] for threads in ("2", "2", "1")]
    assert runs[0] == runs[1] and abs(runs[0] - runs[2]) < 1e-10


def test_forces_are_the_derivative_of_the_energy(file, tmp_path):
    s = system("short_triclinic")
    deck = lammps_run.load("at", s, tmp_path, "atom_modify map yes") + "fix n all numdiff 1 1e-4\n"
    columns = ["f_n[1]", "f_n[2]", "f_n[3]"]
    deck += lammps_run.evaluate("at", lammps_run.pair(file, s.names, "evaluator native"), columns)
    found = lammps_run.point(lammps_run.lmp(deck, tmp_path), "at")
    slope = np.stack([found.columns[c] for c in columns], 1)
    assert np.abs(slope - found.forces).max() < 1e-6 * np.abs(found.forces).max() + 1e-9


def test_the_log_says_which_evaluator_and_why(file, toys, tmp_path):
    s = system("lone_atom")
    names = " ".join(s.names)
    deck = lammps_run.load("at", s, tmp_path)
    output = lammps_run.lmp(
        f"{deck}pair_style equivariant\npair_coeff * * {file} {names}\n"
        f"pair_style equivariant evaluator torch\npair_coeff * * {file} {names}\n",
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
        deck = lammps_run.single_point("at", places, folder, lammps_run.pair(path, places.names, "evaluator native"))
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
