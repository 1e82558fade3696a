# SPDX-License-Identifier: GPL-2.0-only
"""fix ocv and the command ocv: averages, blocks, hull and staircase against numpy, tables in all their forms."""

import re

import lammps_run
import numpy as np
import pytest
from harness import Box, good, page_examples, refused, run, write_data

HEAD = """units {units}
atom_style atomic
read_data data.host
pair_style lj/cut 5.0
pair_coeff * * 0.01 2.5
group ions type 1
group none empty
timestep 0.001
"""
MASSES = [22.99, 12.011]
MAH_PER_MOL = 96485.33212 / 3.6


def system(folder, ions=4, hosts=24):
    box = Box(12, 12, 12)
    g = np.mgrid[0:4, 0:4, 0:4].reshape(3, -1).T[: ions + hosts] * 3.0 + 0.5
    write_data(folder / "data.host", box, np.r_[np.ones(ions, int), np.full(hosts, 2)], g, MASSES)


def head(units="metal"):
    return HEAD.format(units=units)


MOVE = "velocity all create 200 5 loop all\nfix n all nve\nthermo 1\nthermo_style custom step pe f_v[1] f_v[2] f_v[3] f_v[4] f_v[5] f_v[6]\nthermo_modify format float %.15g\n"


def thermo(text, columns=8):
    rows = []
    for line in text.splitlines():
        words = line.split()
        if len(words) == columns and re.fullmatch(r"[-+.e\d ]+", line.strip()):
            rows.append([float(w) for w in words])
    return np.array(rows)


def voltage(n1, e1, n2, e2, mu):
    return -(e2 - e1 - (n2 - n1) * mu) / (n2 - n1)


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_average_voltage_and_capacity(tmp_path, ranks):
    system(tmp_path)
    deck = head() + "fix v ions ocv 2 3 10 reference 0 -3.5 0.01 mu -1.3 0.002 file energies\n" + MOVE + "run 60\n"
    result = good(deck, tmp_path, ranks)
    rows = thermo(result.text)
    pe = {int(r[0]): r[1] for r in rows}
    steps = [0] + [t - k for t in range(10, 61, 10) for k in (4, 2, 0)]
    mean = np.mean([pe[s] for s in steps])
    last = rows[-1]
    np.testing.assert_allclose(last[2:4], [4, mean], rtol=1e-12)
    np.testing.assert_allclose(last[5], voltage(0, -3.5, 4, mean, -1.3), rtol=1e-12)
    np.testing.assert_allclose(last[6], np.sqrt((0.01**2 + last[4] ** 2) / 16 + 0.002**2), rtol=1e-10)
    np.testing.assert_allclose(last[7], MAH_PER_MOL * 4 / (24 * 12.011), rtol=1e-10)
    assert last[4] > 0
    table = np.loadtxt(tmp_path / "energies")
    np.testing.assert_allclose(table[:2], [4, mean], rtol=1e-12)
    np.testing.assert_allclose(table[2], last[4], rtol=1e-5)  # 6 digits are written
    # the vector changes on multiples of Nfreq only
    assert rows[15][3] == rows[10][3] and rows[20][3] != rows[10][3]


def test_real_units_give_the_same_volts(tmp_path):
    system(tmp_path)
    volts = []
    for units, f in (("metal", 1.0), ("real", lammps_run.KCAL_PER_EV)):
        deck = (
            head(units).replace("0.01 2.5", f"{0.01 * f!r} 2.5")
            + f"fix v ions ocv 1 1 1 reference 0 {-3.5 * f!r} mu {-1.3 * f!r}\n"
        )
        result = good(
            deck + MOVE.replace("velocity all create 200 5 loop all\nfix n all nve", "") + "run 0\n", tmp_path
        )
        volts.append(thermo(result.text)[-1][5])
    np.testing.assert_allclose(volts[0], volts[1], rtol=1e-10)


def test_restart_continues_exactly(tmp_path):
    system(tmp_path)
    fix = "fix v ions ocv 1 5 5 file {}\nfix n all nve\n"
    good(
        head() + "velocity all create 200 5 loop all\n" + fix.format("one") + "run 33\nwrite_restart state\nrun 47\n",
        tmp_path,
        2,
    )
    again = """units metal
read_restart state
pair_style lj/cut 5.0
pair_coeff * * 0.01 2.5
"""
    good(again + fix.format("two") + "run 47\n", tmp_path, 1)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "one"), np.loadtxt(tmp_path / "two"), rtol=1e-10)
    assert (tmp_path / "one").read_text().splitlines()[2] == (tmp_path / "two").read_text().splitlines()[2]
    refused(again + "group more type 1 2\nfix v more ocv 1 5 5\nrun 5\n", tmp_path, "has 4 ions", "28")


def test_a_run_that_was_killed_after_it_wrote_leaves_no_second_row(tmp_path):
    """Its restart file is older than its row: the run that goes on puts its row in that place, also of several."""
    fix = "fix v ions ocv 1 5 5 file all.energies append yes\nfix n all nve\n"
    for n in (0, 4):
        system(tmp_path, ions=n)
        good(
            head() + "velocity all create 200 5 loop all\n" + fix + "run 20\nwrite_restart state\nrun 20\n", tmp_path, 1
        )
        if n == 0:
            before = (tmp_path / "all.energies").read_text()
    again = "units metal\nread_restart state\npair_style lj/cut 5.0\npair_coeff * * 0.01 2.5\n"
    for ranks, steps in ((1, 20), (2, 30)):  # as long as the run that was killed, and longer
        good(again + fix + f"run {steps}\n", tmp_path, ranks)
        text = (tmp_path / "all.energies").read_text()
        assert text.startswith(before) and text.count("# natrolite table") == 2
        np.testing.assert_array_equal(np.loadtxt(tmp_path / "all.energies")[:, 0], [0, 4])
        assert f"# samples = {21 + steps}," in text
    other = fix.replace("fix v", "fix other")  # a fix of another run adds its row
    good(head() + other + "run 5\n", tmp_path, 1)
    assert (tmp_path / "all.energies").read_text().count("# natrolite table") == 3


def test_rerun_gives_the_live_numbers(tmp_path):
    system(tmp_path)
    deck = (
        head()
        + """velocity all create 200 5 loop all
fix n all nve
fix v ions ocv 5 1 5 file live
dump d all custom 5 dump.all id type x y z
dump_modify d format float %.17g
run 50
undump d
unfix v
reset_timestep 0
fix v ions ocv 5 1 5 file again
rerun dump.all dump x y z
"""
    )
    good(deck, tmp_path, 2)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "live"), np.loadtxt(tmp_path / "again"), rtol=1e-10)


def test_contents_one_after_another_then_the_command(tmp_path):
    """A whole titration: runs append their rows, the command reads them."""
    energies = {}
    for n in (0, 2, 4):
        system(tmp_path, ions=n)
        good(head() + f"fix v ions ocv 1 1 1 file all.energies append {'yes' if n else 'no'}\nrun 0\n", tmp_path, 2)
        energies[n] = np.atleast_2d(np.loadtxt(tmp_path / "all.energies"))[-1, 1]
    deck = "units metal\nocv all.energies mu -1.3 0.01 out volts\n"
    for ranks in (1, 4):
        good(deck, tmp_path, ranks)
        got = np.loadtxt(tmp_path / "volts")
        np.testing.assert_allclose(got[:, 0], [0, 2, 4])
        np.testing.assert_allclose(
            got[1:, 1], [voltage(0, energies[0], n, energies[n], -1.3) for n in (2, 4)], rtol=1e-9
        )  # 10 digits
        np.testing.assert_allclose(got[2, 3], voltage(2, energies[2], 4, energies[4], -1.3), rtol=1e-9)
        np.testing.assert_allclose(got[1:, [2, 4]], 0.01, rtol=1e-5)
        np.testing.assert_allclose(got[:, 7], MAH_PER_MOL * np.array([0, 2, 4]) / (24 * 12.011), rtol=1e-10)


def test_command_against_numpy(tmp_path):
    rng = np.random.default_rng(3)
    n = np.array([0, 1, 2, 5, 6, 9.0])
    e = -2.1 * n + 0.8 * rng.standard_normal(6)
    s = 0.01 + 0.05 * rng.random(6)
    order = rng.permutation(6)
    np.savetxt(tmp_path / "table", np.c_[n, e, s][order], header="any order", fmt="%.17g")
    good("units metal\nocv table mu -1.1 0.02 host 72.066 hull yes out volts\n", tmp_path)
    got = np.loadtxt(tmp_path / "volts")
    for k in range(1, 6):
        row = [
            voltage(0, e[0], n[k], e[k], -1.1),
            np.hypot(np.hypot(s[0], s[k]) / n[k], 0.02),
            voltage(n[k - 1], e[k - 1], n[k], e[k], -1.1),
            np.hypot(np.hypot(s[k - 1], s[k]) / (n[k] - n[k - 1]), 0.02),
        ]
        np.testing.assert_allclose(got[k, [1, 3]], row[::2], rtol=1e-9)
        np.testing.assert_allclose(got[k, [2, 4]], row[1::2], rtol=1e-5)  # errors are written with 6 digits
        # the hull by trying all pairs: the lowest line under the middle of the step
        middle = 0.5 * (n[k - 1] + n[k])
        lines = [
            (e[a] + (e[b] - e[a]) * (middle - n[a]) / (n[b] - n[a]), a, b)
            for a in range(6)
            for b in range(6)
            if n[a] < middle < n[b]
        ]
        _, a, b = min(lines)
        np.testing.assert_allclose(got[k, 5], voltage(n[a], e[a], n[b], e[b], -1.1), rtol=1e-9)
    np.testing.assert_allclose(got[:, 7], MAH_PER_MOL * n / 72.066, rtol=1e-9)  # 10 digits are written
    good("units metal\nocv table mu -1.1 hull no out volts\n", tmp_path)
    assert (np.loadtxt(tmp_path / "volts")[:, 5:] == 0).all()


WRONG_FIX = [
    ("1 1", ["Nfreq", "lacks a value"]),
    ("0 1 1", ["Nevery", "0"]),
    ("2 1 5", ["Nfreq 5", "Nevery 2"]),
    ("2 6 10", ["12"]),
    ("1 1 1 reference -1 0 mu 0", ["n1", "-1"]),
    ("1 1 1 reference 0 x mu 0", ["'x'"]),
    ("1 1 1 reference 0 1.0 -0.1 mu 0", ["-0.1"]),
    ("1 1 1 reference 0 1.0", ["'mu E'"]),
    ("1 1 1 mu 1.0", ["reference"]),
    ("1 1 1 reference 4 1.0 mu -1.0", ["4 ions"]),
    ("1 1 1 mu 1.0 -2 reference 0 0", ["mu err", "-2"]),
    ("1 1 1 host 0", ["host", "0"]),
    ("1 1 1 append yes", ["file F"]),
    ("1 1 1 file f append si", ["si"]),
    ("1 1 1 charge 2", ["charge"]),
    ("1 1 1 file no/folder/f", ["no/folder/f"]),
]


@pytest.mark.parametrize("arguments,pieces", WRONG_FIX)
def test_wrong_fix_input_is_refused(tmp_path, arguments, pieces):
    system(tmp_path)
    refused(head() + f"fix v ions ocv {arguments}\nrun 0\n", tmp_path, *pieces)


GOOD = "0 -1\n1 -3\n2 -5 0.1\n"
WRONG_COMMAND = [
    ("table", GOOD, ["mu E"]),
    ("nofile mu -1", GOOD, ["nofile", "cannot read the file", "LAMMPS_POTENTIALS"]),
    ("table mu x", GOOD, ["'x'"]),
    ("table mu -1 -0.1", GOOD, ["-0.1"]),
    ("table mu -1 host -3", GOOD, ["host", "-3"]),
    ("table mu -1 hull maybe", GOOD, ["maybe"]),
    ("table mu -1 out no/folder/f", GOOD, ["no/folder/f"]),
    ("table mu -1 file f", GOOD, ["'file'", "mu, host, hull, out"]),
    ("table mu -1", "0 -1\n", ["1 row"]),
    ("table mu -1", "0 -1\n2 3\n2 4\n", ["n = 2"]),
    ("table mu -1", "# host = 10 g/mol\n0 -1\n# host = 20 g/mol\n2 3\n", ["mixes hosts", "10", "20"]),
    ("table mu -1", "0 -1\n2 three\n", ["line 2", "three"]),
    ("table mu -1", "1 -1\n2 3\n", ["n = 0"]),
]


@pytest.mark.parametrize("arguments,table,pieces", WRONG_COMMAND)
def test_wrong_command_input_is_refused(tmp_path, arguments, table, pieces):
    (tmp_path / "table").write_text(table)
    refused(f"units metal\nocv {arguments}\n", tmp_path, *pieces, ranks=2 if "folder" in arguments else 1)


def test_other_units_are_refused(tmp_path):
    (tmp_path / "table").write_text(GOOD)
    refused("units lj\nocv table mu -1\n", tmp_path, "metal or real", "lj")


def test_ions_that_change_are_refused(tmp_path):
    system(tmp_path)
    deck = head() + "fix v ions ocv 1 1 1\nfix n all nve\nregion all block INF INF INF INF INF INF\n"
    result = run(deck + "fix e ions evaporate 5 1 all 1\nrun 20\n", tmp_path, 2)
    if "Unrecognized fix style 'evaporate'" in result.error:
        pytest.skip("this LAMMPS has no fix evaporate")
    assert "fix ocv: the group has 3 ions" in result.error, result.text


def test_no_samples_yet_and_no_ions_are_finite(tmp_path):
    system(tmp_path, ions=0)
    result = good(head() + "fix v ions ocv 10 1 10\n" + MOVE + "run 3\n", tmp_path, 2)
    assert "nan" not in result.text.lower() and thermo(result.text)[-1][7] == 0


@pytest.mark.parametrize("page", ["fix_ocv.rst", "ocv.rst"])
def test_examples_of_the_page(tmp_path, page):
    examples = page_examples(page, ".. code-block:: LAMMPS")
    assert examples
    system(tmp_path)
    (tmp_path / "energies.txt").write_text(GOOD)
    good(head() + "\n".join(examples) + "\nrun 100\n", tmp_path, 2)
