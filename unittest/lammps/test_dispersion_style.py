# SPDX-License-Identifier: GPL-2.0-only
"""pair_style dispersion/d3/opt in LAMMPS: units, suffix, hybrid, restart, lists, refusals."""

import lammps_run
import numpy as np
import pytest
import structures
from test_dispersion import COMPUTES, LISTS, RANKS, STRUCTURES, differences, evaluate, lines


def test_newton_off_units_real_threads_and_other_communication(tmp_path):
    system = lammps_run.System(STRUCTURES["Na in graphite"]())
    text = lines("dispersion/d3/opt", "bj", system)
    truth = evaluate({"truth": (system, text)}, tmp_path)["truth"]
    for ranks in (1, 2):
        off = evaluate({"off": (system, text)}, tmp_path, ranks, "newton off")["off"]
        assert max(differences(off, truth)) <= 1e-11
        short = evaluate({"short": (system, "comm_modify cutoff 3.0\n" + text)}, tmp_path, ranks)["short"]
        assert max(differences(short, truth)) <= 1e-11
    clusters = lammps_run.System(STRUCTURES["clusters"]())
    bricks, tiles = (
        evaluate({"c": (clusters, lines("dispersion/d3/opt", "bj", clusters))}, tmp_path, 4, before)["c"]
        for before in ("", "comm_style tiled")
    )
    assert max(differences(tiles, bricks)) <= 1e-11
    threads = evaluate({"threads": (system, text)}, tmp_path, OMP_NUM_THREADS=3)["threads"]
    assert max(differences(threads, truth)) <= 1e-11
    real = evaluate({"real": (system, text)}, tmp_path, units="real")["real"]
    assert real.energy == pytest.approx(truth.energy * lammps_run.KCAL_PER_EV, rel=1e-12)
    assert np.abs(real.forces - truth.forces * lammps_run.KCAL_PER_EV).max() <= 1e-10


def test_suffix(tmp_path):
    """-sf opt and suffix opt take it for dispersion/d3, in a hybrid too: the stock style says otherwise here."""
    system = lammps_run.System(STRUCTURES["Na in graphite"]())
    plain, mine = (lines(style, "bj", system) for style in ("dispersion/d3", "dispersion/d3/opt"))
    hybrid = plain.replace("pair_style ", "pair_style hybrid/overlay zero 5.0 ").replace("* * ", "* * dispersion/d3 ")
    hybrid += "pair_coeff * * zero\n"
    found = evaluate({"stock": (system, plain), "opt": (system, mine)}, tmp_path)
    assert abs(found["stock"].energy / found["opt"].energy - 1.0) > 1e-4
    for options in {"before": "suffix opt\nsuffix on"}, {"arguments": ["-sf", "opt"]}:
        for ranks in (1, 2):
            cases = {"alone": (system, plain), "hybrid": (system, hybrid)}
            taken = evaluate(cases, tmp_path, ranks, threads=0, **options)  # one suffix, not kk
            assert all(max(differences(taken[tag], found["opt"])) <= 1e-11 for tag in cases)


@RANKS
def test_null_types_in_a_hybrid(ranks, tmp_path):
    atoms = structures.amorphous_carbon()
    whole, carbon = lammps_run.System(atoms), lammps_run.System(atoms[atoms.numbers == 6])
    style = "dispersion/d3/opt original pbe 12.0 10.0"
    text = f"{LISTS}{COMPUTES}pair_style hybrid/overlay zero 5.0 {style}\npair_coeff * * zero\npair_coeff * * dispersion/d3/opt C NULL\n"
    found = evaluate(
        {"part": (whole, text), "alone": (carbon, lines("dispersion/d3/opt", "original", carbon))}, tmp_path, ranks
    )
    part, alone = found["part"], found["alone"]
    assert part.energy == pytest.approx(alone.energy, rel=1e-12)
    assert np.abs(part.forces[atoms.numbers == 6] - alone.forces).max() <= 1e-12
    assert not part.forces[atoms.numbers == 11].any()


def test_coordination_beyond_the_pairs(tmp_path):
    """A cn_cutoff above the cutoff lengthens the list; in the stock style what counts depends on the skin."""
    system = lammps_run.System(STRUCTURES["amorphous C + Na"]())
    cases = {}
    for style in ("dispersion/d3", "dispersion/d3/opt"):
        for skin in (0.4, 2.0):
            text = lines(style, "bj", system, 5.0, 7.0) + f"neighbor {skin} bin\n"
            cases[f"{style[14:] or 'stock'}{skin}"] = system, text
    found = evaluate(cases, tmp_path)
    assert max(differences(found["opt0.4"], found["opt2.0"])) <= 1e-11
    assert differences(found["stock0.4"], found["stock2.0"])[0] > 1e-6


def test_restart_data_and_clear(tmp_path):
    """Its settings are in no restart file, as those of the stock style; atoms give the same energy again."""
    system = lammps_run.System(STRUCTURES["amorphous C + Na"]())
    text = lines("dispersion/d3/opt", "bj", system)
    deck = lammps_run.single_point("first", system, tmp_path, text) + "write_restart r.bin\nwrite_data w.data\n"
    for read in "read_restart r.bin", "read_data w.data":
        deck += f"clear\nunits metal\n{system.boundary}\n{read}\n{LISTS}pair_style dispersion/d3/opt bj pbe 12.0 10.0\n"
        deck += "pair_coeff * * C Na\nrun 0 post no\n" + f'print "@ {read.split()[0]} $(pe:%.17g)"\n'
    printed = lammps_run.lmp(deck, tmp_path).printed()
    for read in "read_restart", "read_data":
        assert printed[read][0] == pytest.approx(printed["first"][0], rel=1e-12)


GOOD = "pair_style dispersion/d3/opt bj pbe 12.0 10.0\n"
REFUSALS = {
    "pair_style dispersion/d3/opt bz pbe 12.0 10.0": ["damping bz is none of original, zerom, bj and bjm"],
    "pair_style dispersion/d3/opt bj pbx 12.0 10.0": ["functional pbx has no parameters for damping bj", "r2scan"],
    "pair_style dispersion/d3/opt zerom m06l 12.0 10.0": ["functional m06l", "damping zerom", "lc-wpbe"],
    "pair_style dispersion/d3/opt bj pbe 12.0": ["needs 4 words, not 3"],
    "pair_style dispersion/d3/opt bj pbe 0.0 10.0": ["cutoff 0.0", "must be positive"],
    "pair_style dispersion/d3/opt bj pbe 12.0 -1": ["cn_cutoff -1", "must be positive"],
    "pair_style dispersion/d3/opt bj pbe 2000.0 10.0": ["cutoff 2000.0", "longer than 1000"],
    "pair_style hybrid/overlay dispersion/d3/opt zero pbe 12.0 10.0": ["original"],
    GOOD + "pair_coeff * * C": ["2 element(s) or NULL"],
    GOOD + "pair_coeff 1 1 C Na": ["air_coeff must start with * *"],
    GOOD + "pair_coeff * * C Am": ["element Am has no D3 parameters"],
    GOOD + "pair_coeff * * C Foo": ["element Foo has no D3 parameters"],
    GOOD + "pair_coeff * * NULL NULL": ["all types are NULL"],
    GOOD + "pair_coeff * * C NULL\nrun 0": ["All pair coeffs are not set"],
}


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals(text, tmp_path):
    deck = lammps_run.load("box", lammps_run.System(structures.amorphous_carbon()), tmp_path) + text + "\n"
    for ranks in (1, 2):
        done = lammps_run.attempt(deck, tmp_path, ranks)
        assert done.code != 0 and len(set(done.errors())) == 1, done.tail()
        assert all(piece in done.errors()[0] for piece in REFUSALS[text]), done.errors()


def test_units_and_bonds_refused(tmp_path):
    deck = "units lj\nregion b block 0 9 0 9 0 9\ncreate_box 1 b\n" + GOOD
    assert "needs units metal or real, not lj" in lammps_run.attempt(deck, tmp_path).errors()[0]
    (tmp_path / "m.data").write_text(
        "dimer\n\n2 atoms\n1 bonds\n1 atom types\n1 bond types\n0 20 xlo xhi\n0 20 ylo yhi\n0 20 zlo zhi\n\n"
        "Masses\n\n1 12.0\n\nAtoms # bond\n\n1 1 1 5 5 5\n2 1 1 6.4 5 5\n\nBonds\n\n1 1 1 2\n"
    )
    deck = (
        "units metal\natom_style bond\nbond_style zero\nread_data m.data\nbond_coeff *\n" + GOOD + "pair_coeff * * C\n"
    )
    refused = lammps_run.attempt(deck + "run 0\n", tmp_path, threads=0)  # not every KOKKOS has bonds
    assert "use 'special_bonds lj/coul 1.0 1.0 1.0'" in refused.errors()[0]
    lammps_run.lmp(deck + "special_bonds lj/coul 1.0 1.0 1.0\nrun 0\n", tmp_path, threads=0)


def test_bonds_to_atoms_that_take_no_part(tmp_path):
    """A bond of C and a NULL type brings no pair, so special_bonds may leave it out; one of C and C may not."""
    (tmp_path / "m.data").write_text(
        "three\n\n3 atoms\n1 bonds\n2 atom types\n1 bond types\n0 20 xlo xhi\n0 20 ylo yhi\n0 20 zlo zhi\n\n"
        "Masses\n\n1 12.0\n2 1.0\n\nAtoms # bond\n\n1 1 1 5 5 5\n2 1 1 6.4 5 5\n3 1 2 7 6.3 5\n\nBonds\n\n1 1 2 3\n"
    )
    deck = "units metal\natom_style bond\nbond_style zero\nread_data m.data\nbond_coeff *\n"
    deck += "pair_style hybrid/overlay zero 5 dispersion/d3/opt bj pbe 9 9\npair_coeff * * zero\n"
    lammps_run.lmp(deck + "pair_coeff * * dispersion/d3/opt C NULL\nrun 0\n", tmp_path, threads=0)
    refused = lammps_run.attempt(deck + "pair_coeff * * dispersion/d3/opt C H\nrun 0\n", tmp_path, threads=0)
    assert refused.code != 0 and "special_bonds" in refused.errors()[0]


@RANKS
def test_lists_that_are_new_while_it_is_switched_off(ranks, tmp_path):
    """A hybrid does not ask a style with `compute no`; what it knows of ghosts must not be that of an old list."""
    deck = """units metal
lattice fcc 4.5
region b block 0 4 0 4 0 4
create_box 1 b
create_atoms 1 box
mass 1 12
displace_atoms all random 0.2 0.2 0.2 77
pair_style hybrid/overlay zero 5 dispersion/d3/opt bj pbe 9 9
pair_coeff * * zero
pair_coeff * * dispersion/d3/opt C
velocity all create 30000 5
neighbor 0.5 bin
neigh_modify delay 0 every 1 check yes
fix 1 all nve
run 1 post no
pair_modify pair dispersion/d3/opt compute no
run 100 post no
pair_modify pair dispersion/d3/opt compute yes
run 1 pre no post no
print "energy $(pe:%.12g)"
run 0 post no
print "energy $(pe:%.12g)"
"""
    output = lammps_run.attempt(deck, tmp_path, ranks, threads=0)
    assert output.code == 0, output.tail()
    old, new = (float(line.split()[1]) for line in output.output.splitlines() if line.startswith("energy"))
    assert old == pytest.approx(new, rel=1e-11)


def test_ghosts_that_are_gone_are_one_error(tmp_path):
    """displace_atoms leaves LAMMPS without ghosts; `run N pre no` then uses a list that has them."""
    deck = "units metal\nlattice diamond 3.57\nregion b block 0 2 0 2 0 2\ncreate_box 1 b\ncreate_atoms 1 box\n"
    deck += GOOD + "pair_coeff * * C\nmass 1 12\nrun 0\ndisplace_atoms all move 0.0 0.0 0.0\nrun 1 pre no\n"
    refused = lammps_run.attempt(deck, tmp_path, threads=0)
    assert refused.code != 0 and "run again without 'pre no'" in refused.errors()[0]
