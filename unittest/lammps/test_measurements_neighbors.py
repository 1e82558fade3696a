# SPDX-License-Identifier: GPL-2.0-only
"""Whom measurements see: atoms that join the host, and every neighbor style."""

import re

import lammps_run
import numpy as np
import pytest
from harness import Box, good, refused, run

JOINING = """units metal
region b block 0 20 0 20 0 20
create_box 4 b
mass 1 22.99
mass 2 12.011
mass 3 51.996
mass 4 47.867
create_atoms 1 single 10 10 10
create_atoms 2 single 13 10 10
create_atoms 2 single 10 10 14.5
group ions type 1
group carbon type 2
group late id 3
pair_style zero 1.0
pair_coeff * *
comm_modify cutoff 12
velocity all set 0 0 0
fix n all nve
timestep 0.01
thermo 1
{host}
compute env ions ion/environment 3.0 3.5 host volume 4.0 0.0 spacing 0.1 {radii}
compute m ions reduce sum c_env[2] c_env[3]
thermo_style custom step c_m[1] c_m[2]
thermo_modify format float %.12g
{run}
run 0
"""
STATIC = ("group host type 2", "run 5\nset atom 3 type {}\nrun 5 pre no")
MOVING = (
    "region r block INF INF INF INF INF 15.5\ngroup host dynamic carbon region r every 1\n"
    "set atom 3 z 17.0\nvelocity late set 0 0 -30",
    "run 12",
)
# how, new type, radii, what is refused ("": nothing)
JOINED = [
    (STATIC, 3, "", "no radius for atom type 3 (element 'Cr'); use radii Cr R or elements"),
    (STATIC, 4, "", "atoms of type 4 (element 'Ti') with radius 2 have joined by step"),
    (STATIC, 4, "radii Ti 2.0", ""),
    (STATIC, 3, "radii Cr 2.4", ""),
    (MOVING, 2, "", ""),
]


@pytest.mark.parametrize("how,kind,radii,problem", JOINED)
def test_atoms_that_join_the_host_after_the_start(tmp_path, how, kind, radii, problem):
    deck = JOINING.format(host=how[0], run=how[1].format(kind), radii=radii)
    if problem:
        refused(deck.replace("run 0\n", ""), tmp_path, problem, ranks=2)
        return
    text = good(deck, tmp_path, 2).text
    rows = [r.split() for r in text.splitlines() if re.fullmatch(r"\s*\d+( +[\d.e+-]+){2}\s*", r)]
    rows = np.array(rows, float)
    np.testing.assert_allclose(rows[-2], rows[-1], rtol=1e-12, err_msg="the next run sees the same")
    assert rows[-1, 2] < rows[0, 2] - 3, "the atom excludes more volume"


NEIGHBORS = """units metal
region b block 0 16 0 16 0 16
create_box 2 b
mass * 20
create_atoms 1 random 20 4711 b
create_atoms 2 random 60 471 b
group ions type 1
group host type 2
pair_style zero 3.0
pair_coeff * *
pair_coeff 2 2 2.0
comm_modify cutoff 10.0
neighbor 1.0 {style}
compute env ions ion/environment {reach} host
compute m ions reduce sum c_env[1] c_env[2]
fix o all ave/time 1 1 1 c_m[1] c_m[2] file sums.{name}
dump d all custom 1 dump.all id type x y z
dump_modify d format float %.17g
"""
SHORT, LONG = (2.0, 1.9), (6.0, 6.5)  # within and beyond the pair cutoffs


def neighbors(style, reach, name):
    return NEIGHBORS.format(style=style, reach=f"{reach[0]} {reach[1]}", name=name) + "run 0\n"


def removed(result):
    """LAMMPS since 2026 has no style multi/old."""
    return "multi/old has been removed" in result.error


def pairs(box, a, b, reach):
    d = np.linalg.norm(a[:, None, None] - b[None, :, None] - box.images(reach), axis=-1)
    return ((d <= reach) & (d > 1e-9)).sum()


# KOKKOS itself has no other style than bin
@pytest.mark.parametrize("styles", [["bin"]] if lammps_run.KOKKOS else [["bin", "nsq", "multi"], ["multi/old"]])
def test_every_neighbor_style_counts_the_same(tmp_path, styles):
    cases = {
        f"{k}{n}": (style, reach)
        for k, style in enumerate(styles)
        for n, reach in enumerate((SHORT, LONG))
        if reach == SHORT or "multi" not in style
    }
    result = run("clear\n".join(neighbors(*case, name) for name, case in cases.items()), tmp_path, 2)
    if removed(result):
        pytest.skip("this LAMMPS has no neighbor style multi/old")
    assert not result.error, result.text[-2000:]
    rows = [line.split() for line in (tmp_path / "dump.all").read_text().splitlines()[9:]]
    rows = np.array(rows, float)
    ions, host = rows[rows[:, 1] == 1, 2:], rows[rows[:, 1] == 2, 2:]
    for name, (_, reach) in cases.items():
        expected = [pairs(Box(16.0, 16.0, 16.0), ions, other, r) for other, r in zip((ions, host), reach)]
        assert np.loadtxt(tmp_path / f"sums.{name}")[1:].tolist() == expected, name


@pytest.mark.parametrize("style", ["multi", "multi/old"])
def test_reach_beyond_the_pair_cutoff_needs_bins(tmp_path, style):
    result = run(neighbors(style, LONG, "x"), tmp_path, 2)
    if removed(result):
        pytest.skip("this LAMMPS has no neighbor style multi/old")
    assert "neighbors up to 6.5, beyond the smallest pair cutoff 2" in result.error, result.text[-2000:]
    assert "use neighbor 1 bin" in result.error
