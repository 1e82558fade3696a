# SPDX-License-Identifier: GPL-2.0-only
"""Keyword committee and the field uncertainty: several files, one file with members, warnings.

The expected deviations come from the formulas of the toys (toys_numpy.py), in eV and eV/A.
"""

import functools

import lammps_run
import numpy as np
import pytest
import toy_systems
import toys_numpy

FILES = ["mp", "gsum", "swapped"]
FORMULAS = {"swapped": "peratom"}
SYSTEM = toy_systems.system("box")


@functools.cache
def member(name):
    """Return (energy, forces) of a toy's formula in LAMMPS' frame."""
    energy, forces, *_ = toys_numpy.evaluate(FORMULAS.get(name, name), SYSTEM.atoms)
    return energy, forces @ SYSTEM.rotation


def spread(members):
    """Return the standard deviations of [(energy, forces)]: eV, and eV/A for each atom."""
    energies, forces = np.array([e for e, _ in members]), np.array([f for _, f in members])
    away = forces - forces.mean(0)
    return energies.std(), np.sqrt((away**2).sum(2).mean(0))


def run(toys, folder, ranks=1, files=FILES, keywords="", units="metal", tail=""):
    names = ",".join(str(toys / f"{name}.pt") for name in files)
    lines = lammps_run.pair(names, SYSTEM.names, f"committee 2 table.txt {keywords}")
    if "shell" in keywords:
        lines = "comm_modify cutoff 11\n" + lines
    lines += "\nfix doubt all pair 1 equivariant uncertainty 1\n"
    deck = lammps_run.single_point("at", SYSTEM, folder, lines, units=units, fields=["f_doubt"])
    return lammps_run.lmp(deck + tail, folder, ranks)


def table(folder):
    return np.loadtxt(folder / "table.txt", ndmin=2)


@pytest.mark.parametrize("ranks, mode", [(1, "folded"), (1, "ghost"), (2, "ghost"), (4, "ghost")])
def test_deviation_of_several_files(ranks, mode, toys, tmp_path):
    done = run(toys, tmp_path, ranks, keywords=f"exchange {mode}")
    found = lammps_run.point(done, "at")
    energy, forces = spread([member(name) for name in FILES])
    assert np.abs(found.columns["f_doubt"] - forces).max() <= 1e-12
    assert np.abs(found.forces - member("mp")[1]).max() <= 1e-12  # the first file drives
    assert found.energy == pytest.approx(member("mp")[0], abs=1e-12)
    step, spread_e, per_atom, largest, mean, atom = table(tmp_path)[0]
    assert (step, atom) == (0, 1 + forces.argmax())
    expected = [energy, energy / len(SYSTEM), forces.max(), forces.mean()]
    assert [spread_e, per_atom, largest, mean] == pytest.approx(expected, rel=1e-9)
    assert forces.max() > 0.1


@pytest.mark.parametrize("ranks", [1, 2])
def test_shell_gives_the_same(ranks, toys, tmp_path):
    done = run(toys, tmp_path, ranks, ["mp", "swapped"], "exchange shell")
    forces = spread([member("mp"), member("swapped")])[1]
    assert np.abs(lammps_run.point(done, "at").columns["f_doubt"] - forces).max() <= 1e-12


@pytest.mark.parametrize("ranks", [1, 2])
def test_shell_reaches_as_far_as_the_deepest_member(ranks, toys, tmp_path):
    """The model that drives has one layer, another two: the shell is that of two."""
    done = run(toys, tmp_path, ranks, ["swapped", "mp"], "exchange shell")
    forces = spread([member("swapped"), member("mp")])[1]
    assert np.abs(lammps_run.point(done, "at").columns["f_doubt"] - forces).max() <= 1e-12


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("style", ["hybrid", "hybrid/overlay"])
def test_committee_of_a_sub_style(style, ranks, toys, tmp_path):
    """Ne is left to another style: it has no uncertainty and does not count."""
    names = f"{toys / 'mp.pt'},{toys / 'peratom.pt'}"
    lines = f"""
pair_style {style} equivariant exchange {"folded" if ranks == 1 else "ghost"} committee 1 table.txt zero 5.0
pair_coeff * * equivariant {names} Ar NULL
pair_coeff * 2 zero
fix doubt all pair 1 equivariant uncertainty 1
"""
    deck = lammps_run.single_point("at", SYSTEM, tmp_path, lines, fields=["f_doubt"])
    found = lammps_run.point(lammps_run.lmp(deck, tmp_path, ranks), "at").columns["f_doubt"]
    argon = SYSTEM.atoms.numbers == 18
    alone = SYSTEM.atoms[argon]
    forces = [toys_numpy.evaluate(name, alone)[:2] for name in ("mp", "peratom")]
    expected = spread(forces)[1]
    assert np.abs(found[argon] - expected).max() <= 1e-12 and not found[~argon].any()
    assert table(tmp_path)[0, 4] == pytest.approx(expected.mean(), rel=1e-9)


@pytest.mark.parametrize("ranks", [1, 2])
def test_run_0_again_is_a_new_row_and_a_new_warning(ranks, toys, tmp_path):
    """A loop of displaced structures at step 0; then another table."""
    limit = 0.2 * spread([member(name) for name in FILES])[1].max()
    tail = "displace_atoms all random 0.1 0.1 0.1 77\nrun 0 post no\n"
    tail += "pair_style equivariant committee 1 other.txt\nrun 0 post no\n"
    done = run(toys, tmp_path, ranks, keywords=f"{limit}", tail=tail)
    rows = table(tmp_path)
    assert rows[:, 0].tolist() == [0, 0] and rows[0, 3] != rows[1, 3]
    assert sum("committee's forces" in line for line in done.output.splitlines()) == 2
    assert np.loadtxt(tmp_path / "other.txt")[3] == pytest.approx(rows[1, 3], rel=1e-9)


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_step_of_two_runs_is_one_row(ranks, toys, tmp_path):
    """Also where atoms are wrapped into the box in between, and not where anything has changed."""
    tail = RUN.replace("run 6", "velocity all set 40 40 40 sum yes\nrun 6") + "run 4 post no\n"
    tail += "".join(
        f"{line}\nrun 0 post no\n"
        for line in [
            "",
            "displace_atoms all move 0.3 0 0",
            "group one id 7\ndisplace_atoms one move 1e-6 0 0",
            "set atom 7 type 2",
            "change_box all x scale 1.01",
            "",
            f"pair_coeff * * {toys / 'mp.pt'},{toys / 'gsum.pt'} Ar Ne",
            "pair_style equivariant committee 2 table.txt",
        ]
    )
    run(toys, tmp_path, ranks, tail=tail)
    rows = table(tmp_path)
    assert rows[:, 0].tolist() == [0, 2, 4, 6, 8, *[10] * 7]
    assert np.allclose(rows[5, 1:5], rows[6, 1:5], rtol=1e-6)  # all moved: another place, the same numbers
    assert np.array_equal(rows[-2], rows[-1])


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_forces_that_are_no_numbers(ranks, toys, tmp_path):
    """A member gone wrong that does not drive the run is the largest deviation, not a hang."""
    names = f"{toys / 'calm.pt'},{toys / 'nan.pt'}"
    lines = lammps_run.pair(names, SYSTEM.names, "committee 1 table.txt 1.0 charge 2 check no")
    done = lammps_run.lmp(lammps_run.single_point("at", SYSTEM, tmp_path, lines), tmp_path, ranks)
    assert "committee's forces on atom" in done.output, done.tail()
    assert np.isinf(table(tmp_path)[0, 3])


@pytest.mark.parametrize("ranks", [1, 2])
def test_members_in_one_file(ranks, toys, tmp_path):
    done = run(toys, tmp_path, ranks, ["committee"])
    energy, forces = member("lj")
    found = lammps_run.point(done, "at")
    share = np.std([0.9, 1.0, 1.1])
    assert np.allclose(found.columns["f_doubt"], share * np.linalg.norm(forces, axis=1), rtol=1e-10)
    assert np.abs(found.forces - forces).max() <= 1e-10 * np.abs(forces).max()
    assert table(tmp_path)[0, 1] == pytest.approx(share * abs(energy), rel=1e-9)


def test_units_real(toys, tmp_path):
    """The field is in LAMMPS' units, the table in eV and Angstrom."""
    done = run(toys, tmp_path, units="real")
    forces = spread([member(name) for name in FILES])[1]
    found = lammps_run.point(done, "at", 68568.415).columns["f_doubt"]
    assert np.allclose(found, forces * lammps_run.KCAL_PER_EV, rtol=1e-8)
    assert table(tmp_path)[0, 3] == pytest.approx(forces.max(), rel=1e-9)


RUN = "fix move all nve\ntimestep 0.0005\nvelocity all create 50 3 loop geom\nthermo 5\nrun 6 post no\n"


@pytest.mark.parametrize("ranks", [1, 2])
def test_every_n_steps_and_one_warning(ranks, toys, tmp_path):
    limit = 0.5 * spread([member(name) for name in FILES])[1].max()
    done = run(toys, tmp_path, ranks, keywords=f"{limit}", tail=RUN)
    rows = table(tmp_path)
    assert rows[:, 0].tolist() == [0, 2, 4, 6]  # run 0 and the run of six steps have step 0 in common
    assert len(set(rows[:, 3])) == 4 and (rows[:, 3] > limit).all()
    warnings = [line for line in done.output.splitlines() if "committee's forces" in line]
    assert len(warnings) == 2, warnings  # one in each of the two runs
    assert f"atom {int(rows[0, 5])} deviate" in warnings[0] and "at step 0" in warnings[0]


def test_no_warning_below_the_threshold(toys, tmp_path):
    limit = 10.0 * spread([member(name) for name in FILES])[1].max()
    done = run(toys, tmp_path, keywords=f"{limit}", tail=RUN)
    assert "committee's forces" not in done.output


def test_fix_pair_alone_asks_for_it(toys, tmp_path):
    """Without the keyword there is no table, but the field is there when fix pair asks."""
    names = ",".join(str(toys / f"{name}.pt") for name in FILES)
    lines = lammps_run.pair(names, SYSTEM.names) + "\nfix doubt all pair 1 equivariant uncertainty 1"
    deck = lammps_run.single_point("at", SYSTEM, tmp_path, lines, fields=["f_doubt"])
    found = lammps_run.point(lammps_run.lmp(deck, tmp_path), "at")
    forces = spread([member(name) for name in FILES])[1]
    assert np.abs(found.columns["f_doubt"] - forces).max() <= 1e-12


AGAIN = """
undump d
pair_style equivariant committee 1 again.txt
pair_coeff * * {files} Ar Ne
rerun steps.dump dump x y z purge yes add keep replace no
"""
STEPS = {
    "trial moves": """
fix mc all atom/swap 1 4 2949 3000.0 ke no types 1 2
fix derivatives all numdiff 4 0.01
run 4 post no
unfix mc
unfix derivatives
""",
    "trial points": "min_modify dmax 2.0\nminimize 0.0 1e-9 4 80\n",
}


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("name", list(STEPS))
def test_table_is_of_the_last_configuration_of_a_step(name, ranks, toys, tmp_path):
    """Trial moves before the step's forces, numerical derivatives after them, a line search."""
    files = ",".join(str(toys / f"{name}.pt") for name in FILES)
    before = lammps_run.load("at", SYSTEM, tmp_path, "atom_modify map array")
    deck = f"""{before}
{lammps_run.pair(files, SYSTEM.names, "committee 1 table.txt")}
dump d all custom 1 steps.dump id type x y z
dump_modify d sort id format float %.15g
{STEPS[name]}{AGAIN.format(files=files)}"""
    lammps_run.lmp(deck, tmp_path, ranks)
    live, again = table(tmp_path), np.loadtxt(tmp_path / "again.txt")
    assert live[:, 0].tolist() == [0, 1, 2, 3, 4] and len(set(live[:, 3])) >= 4
    assert np.allclose(live, again, rtol=1e-8)


def test_table_goes_on(toys, tmp_path):
    """After a restart rows of its step and later ones are written anew; `clear` and a run of another
    model in the same input append; a run from step 0 in a process of its own begins afresh."""
    files = ",".join(str(toys / f"{name}.pt") for name in FILES)
    pair = lammps_run.pair(files, SYSTEM.names, "committee 2 table.txt") + "\n"
    moving = "fix move all nve\ntimestep 0.0005\n"
    start = lammps_run.load("at", SYSTEM, tmp_path) + pair + moving
    lammps_run.lmp(start + "run 4 post no\nwrite_restart four\nrun 4 post no\n", tmp_path, fresh=True)
    whole = table(tmp_path)
    assert whole[:, 0].tolist() == [0, 2, 4, 6, 8]
    text = (tmp_path / "table.txt").read_text()
    (tmp_path / "table.txt").write_text(text + "10 0.12")  # a run that was killed
    after = f"clear\nread_restart four\n{pair}{moving}run 6 post no\n"
    lammps_run.lmp(after, tmp_path, fresh=True)
    again = table(tmp_path)
    assert again[:, 0].tolist() == [0, 2, 4, 6, 8, 10]
    assert np.array_equal(again[:2], whole[:2]) and np.allclose(again[2:5], whole[2:], rtol=1e-9)
    twice = start + "run 2 post no\n" + lammps_run.load("at", SYSTEM, tmp_path) + pair + "run 0 post no\n"
    lammps_run.lmp(twice, tmp_path, fresh=True)
    assert table(tmp_path)[:, 0].tolist() == [0, 2, 0]
    assert (tmp_path / "table.txt").read_text().count("# committee of 3 models") == 2


@pytest.mark.parametrize("ranks", [1, 2])
def test_two_pair_styles_do_not_share_a_table(ranks, toys, tmp_path):
    names = f"{toys / 'mp.pt'},{toys / 'peratom.pt'}"
    style = "equivariant committee 1 table.txt exchange shell"
    lines = f"""
comm_modify cutoff 11
pair_style hybrid/overlay {style} {style}
pair_coeff * * equivariant 1 {names} Ar Ne
pair_coeff * * equivariant 2 {names} Ar Ne
"""
    done = lammps_run.attempt(lammps_run.single_point("at", SYSTEM, tmp_path, lines), tmp_path, ranks)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert "table.txt: another pair style writes it" in done.errors()[0]


REFUSED = {
    "one model": ("mp", "committee 2 t.txt", ["needs several models", "FILE1,FILE2"]),
    "no steps": ("mp,gsum", "committee 0 t.txt", ["'committee N'", "at least 1, not 0"]),
    "no table": ("mp,gsum", "committee 2", ["'committee FILE' lacks a value"]),
    "negative": ("mp,gsum", "committee 2 t.txt -1", ["committee threshold", "above 0, not -1"]),
    "nowhere": ("mp,gsum", "committee 2 nowhere/t.txt", ["nowhere/t.txt", "No such file"]),
    "cutoffs": ("mp,mp3", "committee 2 t.txt", ["same cutoffs", "5", "4"]),
    "charge": ("mp,charged", "committee 2 t.txt", ["same charge and spin", "charged.pt"]),
    "sums on a shell": ("mp,gsum", "exchange shell committee 2 t.txt", ["exchange shell", "sums"]),
    "second missing": ("mp,nowhere", "committee 2 t.txt", ["nowhere.pt", "cannot read"]),
    "no field": ("mp", "", ["uncertainty"]),
}


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("name", list(REFUSED))
def test_refusals(name, ranks, toys, tmp_path):
    files, keywords, words = REFUSED[name]
    paths = ",".join(str(toys / f"{file}.pt") for file in files.split(","))
    lines = lammps_run.pair(paths, SYSTEM.names, keywords)
    if name == "no field":
        lines += "\nfix doubt all pair 1 equivariant uncertainty 1"
    done = lammps_run.attempt(lammps_run.single_point("at", SYSTEM, tmp_path, lines), tmp_path, ranks)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert all(word in done.errors()[0] for word in words), done.errors()
