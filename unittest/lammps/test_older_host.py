# SPDX-License-Identifier: GPL-2.0-only
"""Pair style equivariant in an older release of LAMMPS against the newest, on the native evaluator.

NATROLITE_NEWEST names the newest one's programs: lmp, mpiexec and the folder of its plugins, with commas.
Without it conftest.py leaves this file out.
"""

import os

import lammps_run
import numpy as np
import pytest
import structures

PERATOM = [f"c_s[{k}]" for k in range(1, 7)] + [f"c_c[{k}]" for k in range(1, 10)]
STRESS = """
compute s all stress/atom NULL virial
compute c all centroid/stress/atom NULL virial
"""
MODES = {1: ["folded", "ghost", "shell"], 2: ["ghost", "shell"]}
RUN = """
velocity all create 300 4711 loop geom
fix move all nve
timestep 0.0005
run 5 post no
print "@ {name} $(step) $(pe:%.17g)"
"""


def both(deck, ranks, folder, monkeypatch):
    """Run a deck in this LAMMPS and in the newest; return both runs."""
    runs = []
    for name in ("this", "newest"):
        (folder / name).mkdir()
        for data in folder.glob("*.data"):
            (folder / name / data.name).write_bytes(data.read_bytes())
        if name == "newest":
            programs = os.environ["NATROLITE_NEWEST"].split(",")
            for variable, program in zip(("LMP", "MPIEXEC"), programs):
                monkeypatch.setattr(lammps_run, variable, program)
            monkeypatch.setenv("NATROLITE_PLUGINS", programs[2])
        runs.append(lammps_run.lmp(f'print "@ version $(version)"\n{deck}', folder / name, ranks, timeout=600))
    assert runs[0].printed()["version"] < runs[1].printed()["version"]
    return runs


@pytest.mark.parametrize("dtype, limit", [("float64", 1e-10), ("float32", 1e-5)], ids=["double", "single"])
@pytest.mark.parametrize("ranks", MODES)
def test_energies_forces_and_virials_are_those_of_the_newest(
    ranks, dtype, limit, sevennets, tmp_path, monkeypatch, measured
):
    deck = ""
    cells = [(name, mode) for name in structures.ALL for mode in MODES[ranks]]
    for name, mode in cells:
        system = lammps_run.System(structures.ALL[name]())
        pair = lammps_run.pair(sevennets("tiny")[1][dtype], system.names, f"exchange {mode} evaluator native")
        if mode == "shell":
            pair = f"comm_modify cutoff 13.0\n{pair}"
        deck += lammps_run.load(name, system, tmp_path) + STRESS
        deck += lammps_run.evaluate(f"{name}-{mode}", pair, PERATOM)
    runs = both(deck, ranks, tmp_path, monkeypatch)
    for name, mode in cells:
        this, newest = (lammps_run.point(run, f"{name}-{mode}") for run in runs)
        columns = [np.abs(this.columns[c] - newest.columns[c]).max() / lammps_run.EV_PER_A3 for c in PERATOM]
        errors = (
            abs(this.energy - newest.energy) / len(this.forces),
            np.abs(this.forces - newest.forces).max(),
            np.abs(this.virial - newest.virial).max() / len(this.forces),
            max(columns),
        )
        measured(f"older against newest, {dtype}: eV/atom, eV/A, eV/atom, eV", f"{mode}, {ranks} rank(s)", *errors)
        assert max(errors) < limit, (name, mode, errors)
    assert len({lammps_run.point(runs[0], f"{name}-{mode}").energy for name, mode in cells}) >= len(structures.ALL)


@pytest.mark.parametrize("ranks", MODES)
def test_dynamics_with_sevennet_0(ranks, sevennets, tmp_path, monkeypatch):
    """The usual case: the pretrained potential, the default keywords, a few steps."""
    system = lammps_run.System(structures.ALL["na_in_graphite"]())
    deck = lammps_run.load("at", system, tmp_path)
    deck += lammps_run.pair(sevennets("sevennet0")[1]["float64"], system.names)
    runs = both(deck + RUN.format(name="at"), ranks, tmp_path, monkeypatch)
    this, newest = (run.printed()["at"] for run in runs)
    assert this[0] == 5 and np.allclose(this, newest, rtol=1e-12, atol=1e-10 * len(system))
