# SPDX-License-Identifier: GPL-2.0-only
"""What changes between two neighbor lists, or after a run began: types, bonds, the number of atoms.

Truth is the same state with a new neighbor list, lj/cut, or a refusal in one line.
"""

import lammps_run
import numpy as np
import pytest
import toy_systems
from test_pair_lj import stock

RANKS = pytest.mark.parametrize("ranks", [1, 2])
PACKAGES = pytest.mark.skipif(lammps_run.KOKKOS, reason="tools/kokkos-host.sh has no packages MC, MISC and REPLICA")
MODES = {1: ["folded", "ghost", "shell"], 2: ["ghost", "shell"]}
NULL = "pair_style hybrid equivariant {} zero 8.0\npair_coeff * * equivariant {} Ar NULL\npair_coeff * 2 zero\n"


def start(name, folder, pair, system="liquid"):
    """Return a deck that runs one step, so that the neighbor list is one step old."""
    deck = lammps_run.load(name, toy_systems.system(system), folder)
    return f"{deck}\nneighbor 2.0 bin\nneigh_modify delay 50\ncomm_modify cutoff 14\n{pair}\nrun 1 post no\n"


def result(tag):
    forces = f"write_dump all custom {tag}.dump id type fx fy fz modify sort id format float %.17g\n"
    return f'{forces}print "@ {tag} $(pe:%.17g) $(c_natvir[1]:%.17g)"\n'


def check_refused(deck, folder, ranks, *words):
    done = lammps_run.attempt(deck, folder, ranks)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    missing = [word for word in words if word not in done.errors()[0]]
    assert not missing, (missing, done.errors())
    return done


@RANKS
def test_types_are_read_in_every_step(ranks, toys, tmp_path):
    """`set type` and `run pre no`: the result is that of a new list, in every mode; atoms to NULL too."""
    deck, file = "", toys / "mp3.pt"
    for mode in MODES[ranks]:
        pairs = {
            "both": lammps_run.pair(file, toy_systems.NAMES, f"exchange {mode}"),
            "null": NULL.format(f"exchange {mode}", file),
        }
        for name, lines in pairs.items():
            deck += start(name, tmp_path, lines)
            for tag, do in [
                ("old", ""),
                ("set", "set atom 1*20 type 2\nrun 1 pre no post no\n"),
                ("new", "run 0 post no\n"),
                ("back", "set atom 1*20 type 1\nrun 1 post no\n" if name == "null" else ""),
            ]:
                deck += do + result(f"{name}-{mode}-{tag}")
    done = lammps_run.lmp(deck, tmp_path, ranks)
    numbers = done.printed()
    for tag, fresh in numbers.items():
        if not tag.endswith("-new"):
            continue
        same, old = numbers[tag[:-3] + "set"], numbers[tag[:-3] + "old"]
        assert np.abs(same - fresh).max() <= 1e-12 * np.abs(fresh).max(), tag
        assert abs(old[0] - fresh[0]) > 0.01
        forces = [lammps_run.read_dump(tmp_path / f"{tag[:-3]}{kind}.dump")[0] for kind in ("set", "new")]
        assert all(np.abs(forces[0][c] - forces[1][c]).max() <= 1e-12 for c in ("fx", "fy", "fz")), tag


@RANKS
def test_atom_that_enters_the_model_needs_a_new_list(ranks, toys, tmp_path):
    deck = start("enters", tmp_path, NULL.format("", toys / "mp3.pt"))
    deck += "set atom 50 type 1\nrun 1 pre no post no\n"
    check_refused(deck, tmp_path, ranks, "atom 50 changed from type 2 to 1", "without 'pre no'")


FLIPS = [
    ("sgcmc 1 0.25 100 0.0 randseed 7 window_size 1.0", 1),
    ("atom/swap 1 10 4711 100 ke no types 1 2", 2),
]


@PACKAGES
@pytest.mark.parametrize("fix, ranks", FLIPS)
def test_flips_equal_those_of_lj_cut(fix, ranks, toys, tmp_path):
    """The same random numbers, so the same flips where energy differences are the same."""
    deck = ""
    for name, lines in ("stock", stock()), ("model", lammps_run.pair(toys / "lj.pt", toy_systems.NAMES)):
        deck += start(name, tmp_path, lines) + f"fix flip all {fix}\nthermo 1\nrun 3\n{result(name)}"
        deck += f'print "@ {name}flips $(f_flip[1]) $(f_flip[2])"\n'
    numbers = lammps_run.lmp(deck, tmp_path, ranks).printed()
    one, two = numbers["stockflips"]  # accepted and rejected, or tried and accepted
    assert one > 0 and two > 0 and one != two
    assert np.array_equal(numbers["modelflips"], numbers["stockflips"])
    types = [lammps_run.read_dump(tmp_path / f"{name}.dump")[0]["type"] for name in ("stock", "model")]
    assert np.array_equal(*types)
    assert numbers["model"][0] == pytest.approx(numbers["stock"][0], abs=1e-11)


@RANKS
def test_parity_when_types_change(ranks, toys, tmp_path):
    """Two Ar become Na, which is right, then a third one."""
    deck = start("odd", tmp_path, lammps_run.pair(toys / "odd.pt", ["Ar", "Na"], "spin 0"), "box")
    deck += f"set atom 1*2 type 2\nrun 1 pre no post no\n{result('two')}"
    deck += "set atom 3 type 2\nrun 1 pre no post no\n"
    done = check_refused(deck, tmp_path, ranks, "189 electrons", "odd number")
    assert "two" in done.printed()


@PACKAGES
def test_parity_after_atom_swap(toys, tmp_path):
    deck = start("swap", tmp_path, lammps_run.pair(toys / "odd.pt", ["Ar", "Na"], "spin 0"), "box")
    deck += "fix swap all atom/swap 1 1 4711 3000 semi-grand yes types 1 2 mu 0 0\nrun 20\n"
    check_refused(deck, tmp_path, 1, "electrons", "odd number")


BONDED = """
clear
units metal
atom_style molecular
lattice fcc 5.4
region box block 0 2 0 2 0 2
create_box 2 box bond/types 1 extra/bond/per/atom 6 extra/special/per/atom 60
create_atoms 1 box
mass 1 39.95
mass 2 20.18
displace_atoms all random 0.15 0.15 0.15 42
bond_style zero nocoeff
bond_coeff *
special_bonds lj/coul {}
pair_style equivariant
pair_coeff * * {} Ar Ne
run 0 post no
print "@ before $(pe:%.17g)"
neigh_modify delay 0 every 1 check no
"""
BONDS = {
    "between runs": "create_bonds single/bond 1 1 2\nrun 1 pre no\n",
    "in a run": "fix b all bond/create 1 1 1 3.9 1\nrun 1\n",
}
TEMPLATE = """
clear
units metal
molecule dimer dimer.mol
atom_style template dimer
region box block 0 20 0 20 0 20
create_box 2 box bond/types 1
mass * 20
bond_style zero nocoeff
bond_coeff *
special_bonds lj/coul {}
pair_style equivariant
pair_coeff * * {} Ar Ne
create_atoms 0 single 5 5 5 mol dimer 4711
run 0 post no
print "@ after $(pe:%.17g)"
"""
DIMER = """dimer

2 atoms
1 bonds

Coords

1 0 0 0
2 3.2 0 0

Types

1 1
2 2

Bonds

1 1 1 2

Special Bond Counts

1 1 0 0
2 1 0 0

Special Bonds

1 2
2 1
"""


@pytest.mark.parametrize("when", [pytest.param(when, marks=PACKAGES if when == "in a run" else []) for when in BONDS])
@RANKS
def test_bonds_that_appear(when, ranks, toys, tmp_path):
    """With special_bonds 1 1 1 they change nothing; where they take neighbors away, the run ends."""
    end = BONDS[when] + 'print "@ after $(pe:%.17g)"\n'
    energy = lammps_run.lmp(BONDED.format("1 1 1", toys / "lj.pt") + end, tmp_path, ranks).printed()
    assert energy["after"] == pytest.approx(energy["before"], abs=1e-12)
    check_refused(BONDED.format("0 0 0", toys / "lj.pt") + end, tmp_path, ranks, "special_bonds lj/coul 1.0 1.0 1.0")


@pytest.mark.skipif(lammps_run.KOKKOS, reason="KOKKOS has no atom_style template")
def test_bonds_of_a_template(toys, tmp_path):
    (tmp_path / "dimer.mol").write_text(DIMER)
    energy = lammps_run.lmp(TEMPLATE.format("1 1 1", toys / "lj.pt"), tmp_path).printed()["after"]
    s6, eps = (3.07 / 3.2) ** 6, np.sqrt(0.0104 * 0.0031)
    assert energy == pytest.approx(4 * eps * (s6 * s6 - s6), abs=1e-12)
    check_refused(TEMPLATE.format("0 0 0", toys / "lj.pt"), tmp_path, 1, "special_bonds lj/coul 1.0 1.0 1.0")


@PACKAGES
@RANKS
def test_deposit_equals_lj_cut(ranks, toys, tmp_path):
    """From 0 atoms, also on a rank, to 8: the trajectory of lj/cut."""
    deck = ""
    for name, lines in ("stock", stock()), ("model", lammps_run.pair(toys / "lj.pt", toy_systems.NAMES)):
        deck += lammps_run.load("lone", toy_systems.system("lone"), tmp_path, "boundary p p p")
        deck += f"""
change_box all x final 0 24 y final 0 12 z final 0 12 boundary p p p
delete_atoms group all
{lines}
region all block 0 24 0 12 0 12
fix rain all deposit 8 1 3 4711 region all near 3.0 vx -5 5 vy -5 5
fix move all nve
timestep 0.002
dump {name} all custom 3 {name}.dump id x y z fx fy fz
dump_modify {name} sort id format float %.17g
run 30 post no
"""
    lammps_run.lmp(deck, tmp_path, ranks)
    frames = [lammps_run.read_dump(tmp_path / f"{name}.dump") for name in ("stock", "model")]
    assert not frames[0][0].lines and len(frames[0][-1]["id"]) == 8
    for a, b in zip(*frames, strict=True):
        assert all(np.abs(a[c] - b[c]).max(initial=0.0) <= 1e-9 for c in a.names)


@RANKS
def test_atoms_come_and_go(ranks, toys, tmp_path):
    """0, 1, 2 and again 0 atoms: fewer than ranks or threads."""
    deck, more = "", ["", "create_atoms 1 single 3 3 3\n", "create_atoms 2 single 6 3 3\n", "delete_atoms group all\n"]
    for name, lines in ("stock", stock()), ("model", lammps_run.pair(toys / "lj.pt", toy_systems.NAMES)):
        deck += lammps_run.load("few", toy_systems.system("box"), tmp_path) + lines + "\ndelete_atoms group all\n"
        for k, line in enumerate(more):
            deck += f'{line}run 1 post no\nprint "@ {name}{k} $(atoms) $(pe:%.17g) $(c_natvir[1]:%.17g)"\n'
    numbers = lammps_run.lmp(deck, tmp_path, ranks).printed()
    for k, n in enumerate([0, 1, 2, 0]):
        assert numbers[f"stock{k}"][0] == n
        assert np.abs(numbers[f"stock{k}"] - numbers[f"model{k}"]).max() <= 1e-12 * max(
            1, abs(numbers[f"stock{k}"][2])
        ), k
    assert abs(numbers["model2"][1]) > 1e-3
