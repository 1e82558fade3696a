# SPDX-License-Identifier: GPL-2.0-only
"""No memory per step: what a run needs once warm does not grow, as LAMMPS' `info memory` counts it.

64 atoms with some 2600 edges: one forgotten array of one number per edge and step would be 20 kB a
step, 4 MB in 200 steps. Allowed is 0.5 MB of heap and of the largest resident set (fragments of the
allocator, a longer edge list at another temperature). With KOKKOS the resident set of stock lj/cut/kk
grows by 1.2 MB here, so 2 MB are allowed.
"""

import os
import re

import lammps_run
import pytest
import toy_systems

LIMITS = {"heap": 0.5, "peak": 2.0 if lammps_run.KOKKOS else 0.5}  # MB
HEAP = re.compile(r"Total dynamically allocated memory: ([0-9.]+) Mbyte")
PEAK = re.compile(r"Maximum resident set size: ([0-9.]+) Mbyte")


def growth_in(output):
    """Return how much heap and peak grew between two `info memory`, MB."""
    growth = []
    for pattern in (HEAP, PEAK):
        warm, end = (float(value) for value in pattern.findall(output))
        growth.append(end - warm)
    return growth


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("toy, mode", [("lj", "auto"), ("mp3", "ghost"), ("mp3_32", "shell"), ("charged", "ghost")])
def test_200_steps_allocate_nothing(toy, mode, ranks, toys, tmp_path, measured):
    deck = lammps_run.load("liquid", toy_systems.system("liquid"), tmp_path)
    deck += "comm_modify cutoff 14\n" if mode == "shell" else ""
    electrons = "charge 1 spin 3" if toy == "charged" else ""
    deck += lammps_run.pair(toys / f"{toy}.pt", toy_systems.NAMES, f"exchange {mode} {electrons}")
    deck += """
velocity all create 60 12 loop geom mom yes dist gaussian
fix move all nve
compute atomic all centroid/stress/atom NULL virial
compute largest all reduce max c_atomic[*]
thermo_style custom step pe press c_largest[1]
thermo 1
timestep 0.001
run 200 post no
info memory
run 200 post no
info memory
"""
    output = lammps_run.lmp(deck, tmp_path, ranks, fresh=True).output
    growth = growth_in(output)
    measured("growth in 200 steps: heap MB, peak MB", f"{toy}, {mode}, {ranks} rank(s)", *growth)
    assert growth[0] <= LIMITS["heap"] and growth[1] <= LIMITS["peak"]


SOAK = """
neighbor 1.0 bin
velocity all create 100 12 loop geom mom yes dist gaussian
fix move all nve
fix heat all langevin 100 100 0.5 4711
fix fields all pair 10 equivariant energy 0
compute fields all reduce sum f_fields
thermo_style custom step pe c_fields
thermo 1000
timestep 0.002
restart 500 one.restart two.restart
run 20000 post no
info memory
run 80000 post no
info memory
print "@ end $(pe) $(step)"
"""


@pytest.mark.skipif(not os.environ.get("NATROLITE_ALL"), reason="100 000 steps, minutes: set NATROLITE_ALL=1")
@pytest.mark.parametrize("ranks", [1, 2])
def test_soak(ranks, toys, tmp_path, measured):
    """100 000 steps with restart files and fields of fix pair: what is allocated once warm stays."""
    deck = lammps_run.load("box", toy_systems.system("box"), tmp_path)
    deck += lammps_run.pair(toys / "mp3.pt", toy_systems.NAMES) + SOAK
    done = lammps_run.lmp(deck, tmp_path, ranks, timeout=2000, fresh=True)
    assert done.printed()["end"][1] == 100000
    growth = growth_in(done.output)
    measured("growth in 80 000 steps: heap MB, peak MB", f"{ranks} rank(s)", *growth)
    assert growth[0] <= LIMITS["heap"] and growth[1] <= LIMITS["peak"]
