# SPDX-License-Identifier: GPL-2.0-only
"""Measurements while IDs, groups, types, clocks and neighbor styles change: followed, or refused in one line."""

import re
import struct

import numpy as np
import pytest
from harness import Box, good, read_vectors, refused, run, write_data

BOX = Box(20.0, 18.0, 22.0)
MASSES = [22.99, 12.011, 51.996, 47.867]
HEAD = """units metal
atom_style atomic
{read}
pair_style soft 4.0
pair_coeff * * 0.0
comm_modify cutoff 9.0
neigh_modify every 1 delay 0 check yes
timestep 0.01
"""
GROUPS = """group ions type 1
group host type 2
group low id 1:15
group top id 16:30
"""
MOVE = "velocity ions create 3e6 7 loop all\n"
NVE = "fix n all nve\n"
ALL = """fix t ions ion/transport 5 maxlag 30 stride 0.1 window 1.0 hop 3 host host msd {0}.msd ions {0}.ions
fix v ions ocv 5 1 5 file {0}.energy
"""


def head(read="read_data data.all"):
    return HEAD.format(read=read) + (GROUPS if read.startswith("read_data") else "")


def write(folder, ions=6):
    """Thirty host atoms in two layers (IDs from 1), then the ions."""
    rng = np.random.default_rng(11)
    x = rng.random((30 + ions, 3)) @ BOX.h
    x[:15, 2], x[15:30, 2] = 4.0 + 0.3 * rng.random(15), 13.0 + 0.3 * rng.random(15)
    write_data(folder / "data.all", BOX, np.r_[np.full(30, 2), np.ones(ions, int)], x, MASSES)


def tables(folder, name):
    """Return the tables of a run; the rows of the ions without their IDs, sorted."""
    ions = np.loadtxt(folder / f"{name}.ions")[:, 1:]
    return [np.loadtxt(folder / f"{name}.msd"), ions[np.argsort(ions[:, 0])], np.loadtxt(folder / f"{name}.energy")]


def same(folder, one, two, samples):
    for a, b in zip(tables(folder, one), tables(folder, two)):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)
    assert f"# samples = {samples}\n" in (folder / f"{two}.msd").read_text()
    assert f"# samples = {samples}," in (folder / f"{two}.energy").read_text()


@pytest.mark.parametrize("ranks", [1, 2])
def test_new_ids_between_runs_mix_up_nothing(tmp_path, ranks):
    """reset_atoms id, and delete_atoms, which renumbers what is left."""
    write(tmp_path)
    spacing = """compute auto host layer/spacing auto 2.0
compute named host layer/spacing low top
compute m ions msd
fix s ions ion/transport 5 origins single maxlag 40
thermo_style custom step c_auto c_named c_m[4] f_s[20][2]
thermo_modify format float %.12g
"""
    deck = head() + MOVE + NVE + spacing + ALL
    good(deck.format("one") + "run 100\nrun 100\n", tmp_path, ranks)
    change = "reset_atoms id sort yes\nrun 50\ngroup gone id 3\ngroup host subtract host gone\n"
    ions = "group gone subtract gone ions\ndelete_atoms group gone\n"
    result = good(
        deck.replace("host host ", "").replace("fix v", "#").format("two")
        + "run 50\n"
        + change
        + ions
        + "run 50\nrun 50\n",
        tmp_path,
        ranks,
    )
    good(deck.replace("host host ", "").format("three") + "run 200\n", tmp_path, ranks)
    for name in ("msd", "ions"):
        a, b = (np.loadtxt(tmp_path / f"{k}.{name}") for k in ("three", "two"))
        columns = slice(1, None) if name == "ions" else slice(None)

        def order(t):
            return t[np.argsort(t[:, 1])][:, columns]

        np.testing.assert_allclose(order(b), order(a), rtol=1e-10, atol=1e-12)
    rows = np.array(
        [r.split() for r in result.text.splitlines() if re.fullmatch(r"\s*\d+( +[\d.e+-]+){4}\s*", r)], float
    )
    assert list(rows[:, 0]) == [0, 50, 50, 100, 100, 150, 150, 200]
    np.testing.assert_allclose(rows[:, 1], rows[:, 2], rtol=1e-10)
    np.testing.assert_allclose(rows[3:5, 4], rows[3:5, 3], rtol=1e-10)  # lag 20 of one origin: step 100


MOVED = {
    "displace_atoms ions move 1 0 0": "ions are not where the run before left them (step 30)",
    "change_box all x scale 1.1 remap": "ions are not where",
    "pair_coeff * * 0.05\nminimize 0 0 20 20": "ions are not where",
    "mass 2 14.0": "host group host has 30 atoms, 30 at the start; neither its atoms nor their masses",
    "group host clear\ngroup host id 1:29 31": "neither its atoms nor their masses",
}


@pytest.mark.parametrize("change", MOVED)
def test_what_breaks_displacements_is_refused(tmp_path, change):
    write(tmp_path)
    deck = head() + MOVE + NVE + ALL.format("a").replace("fix v", "#")
    refused(deck + f"run 30\n{change}\nrun 30\n", tmp_path, "fix ion/transport", MOVED[change], ranks=2)


def test_a_minimization_that_moves_nothing_takes_no_time(tmp_path):
    """It takes one step here: samples of every step go on, those of every fifth do not."""
    write(tmp_path)
    deck = head() + MOVE + NVE + ALL.replace("transport 5", "transport 1").replace("ocv 5 1 5", "ocv 1 1 1")
    good(deck.format("one") + "run 60\n", tmp_path)
    minimize = "run 30\nminimize 0 0 20 20\nrun 30\n"
    good(deck.format("two") + minimize, tmp_path)
    for name in ("msd", "ions"):
        a, b = (np.loadtxt(tmp_path / f"{k}.{name}") for k in ("one", "two"))
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)
    refused(
        head() + MOVE + NVE + ALL.format("x") + minimize,
        tmp_path,
        "fix ion/transport: after 1 steps of minimization, at step 31",
        "multiples of 5",
        "reset_timestep 35",
    )


@pytest.mark.parametrize("ranks", [1, 2])
def test_advice_after_a_minimization_works(ranks, tmp_path):
    """Samples of every fifth step go on after write_restart, clear, read_restart and reset_timestep."""
    write(tmp_path)
    deck = head() + MOVE + NVE + ALL
    good(deck.format("one") + "run 30\nrun 30\n", tmp_path, ranks)
    minimize = "run 30\nminimize 0 0 20 20\nwrite_restart between\nclear\n"
    again = head("read_restart between") + NVE + "reset_timestep 35\n" + ALL.format("two") + "run 30\n"
    good(deck.format("x") + minimize + again, tmp_path, ranks)
    for name in ("msd", "ions"):
        a, b = (np.loadtxt(tmp_path / f"{k}.{name}") for k in ("one", "two"))
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("clock,minimize", [(None, ""), (3, "minimize 0 0 9 9\n"), (1000003, "minimize 0 0 9 9\n")])
def test_restart_with_another_clock_and_new_ids(tmp_path, clock, minimize):
    """Uninterrupted against: run, new IDs, restart, fixes, a second restart before any run, the rest."""
    write(tmp_path)
    deck = head() + MOVE + NVE + ALL
    good(deck.format("one") + "run 233\nrun 100\n", tmp_path, 2)
    good(deck.format("x") + "run 233\nreset_atoms id sort yes\nwrite_restart first\n", tmp_path, 2)
    again = head("read_restart {}") + NVE
    good(again.format("first") + ALL.format("y") + minimize + "write_restart second\n", tmp_path, 1)
    reset = f"reset_timestep {clock}\n" if clock else ""
    good(again.format("second") + reset + ALL.format("two") + "run 0\nrun 100\n", tmp_path, 2)
    same(tmp_path, "one", "two", 67)


def test_restart_that_cannot_continue_is_refused(tmp_path):
    write(tmp_path)
    good(head() + MOVE + NVE + ALL.format("x") + "run 233\nwrite_restart state\n", tmp_path)
    again = head("read_restart state") + NVE
    fixes = ALL.format("y")
    refused(
        again + "reset_timestep 1\n" + fixes + "run 10\n", tmp_path, "at step 1", "multiples of 5", "reset_timestep 3"
    )
    for between in ("change_box all x scale 1.1 remap", "displace_atoms ions move 1 0 0"):
        refused(again + between + "\n" + fixes, tmp_path, "fix ion/transport: ions are not where", "another ID")
    bytes_ = (tmp_path / "state").read_bytes()
    for fix in fixes.splitlines():
        style = fix.split()[3].encode()
        layout = {b"ion/transport": 2, b"ocv": 3}[style]
        at = bytes_.index(struct.pack("<d", -float(layout)), bytes_.index(style))
        (tmp_path / "state").write_bytes(bytes_[:at] + struct.pack("<d", 12.0) + bytes_[at + 8 :])
        refused(again + fix + "\n", tmp_path, f"fix {style.decode()}", f"layout 1, this version reads layout {layout}")


def test_state_of_ocv_is_shown_after_a_restart(tmp_path):
    """The vector is renewed on multiples of Nfreq only, also across a restart."""
    write(tmp_path)
    deck = "fix v ions ocv 1 3 20 reference 0 -1.0 mu -2.0\nthermo_style custom step f_v[*]\nthermo 7\n"
    pair = "pair_coeff * * 0.05\n"
    shown = []
    for parts in (["run 33\nrun 37\n"], ["run 33\nwrite_restart state\n", "run 37\n"]):
        text = ""
        for k, part in enumerate(parts):
            start = head("read_restart state") if k else head() + MOVE
            text += good(start + pair + NVE + deck + part, tmp_path).text
        rows = [r.split() for r in text.splitlines() if re.fullmatch(r"\s*\d+( +[\d.e+-]+){6}\s*", r)]
        shown.append({int(r[0]): r[1:] for r in rows if int(r[0]) != 33})
    assert shown[0] == shown[1] and float(shown[0][35][1]) != 0.0


# what, and what the refusal says
CONTENT = {
    "delete_atoms group one": "the group has 5 ions at step 10, 6 at the start",
    "delete_atoms group two": "the host consists of 29 atoms of type 2 at step 10, 30 at the start",
    "set group two type 3": "the host consists of 29 atoms of type 2 at step 10, 30 at the start",
    "set group one type 4": "the group consists of 5 atoms of type 1 at step 10, 6 at the start",
}


@pytest.mark.parametrize("change", CONTENT)
def test_another_content_is_refused_by_ocv(tmp_path, change):
    write(tmp_path)
    deck = head() + MOVE + NVE + "fix v ions ocv 1 1 1\ngroup one id 31\ngroup two id 7\n"
    refused(deck + f"run 10\n{change}\nrun 10\n", tmp_path, CONTENT[change], ranks=2)


def test_host_that_changes_during_a_run_is_refused_by_ocv(tmp_path):
    write(tmp_path)
    deck = (
        head()
        + MOVE
        + NVE
        + """fix v ions ocv 2 1 2
region whole block INF INF INF INF INF INF
fix e host evaporate 5 3 whole 471
run 40
"""
    )
    result = run(deck, tmp_path, 2)
    if "Unrecognized fix style 'evaporate'" in result.error:
        pytest.skip("this LAMMPS has no fix evaporate")
    assert "fix ocv: the host consists of 27 atoms of type 2 at step 6, 30 at the start" in result.error, result.text


def test_several_runs_of_two_fixes_are_two_rows(tmp_path):
    """Each fix renews its own row, also after a restart; the command reads the table."""
    write(tmp_path)
    (tmp_path / "all").write_text("# by hand\n2 -3.0 0.1\n")
    pair = "pair_coeff * * 0.05\n"
    fixes = (
        "fix e none ocv 1 1 1 host 360.33 file all append yes\nfix v ions ocv 1 1 1 host 360.33 file all append yes\n"
    )
    deck = head() + pair + "group none empty\n" + MOVE + NVE + fixes
    good(deck + "run 10\nrun 10\nwrite_restart state\nocv all mu -1 out volts\n", tmp_path, 2)
    assert np.loadtxt(tmp_path / "all")[:, 0].tolist() == [2, 0, 6]
    good(head("read_restart state") + pair + NVE + fixes + "run 10\nocv all mu -1 out volts\n", tmp_path)
    text = (tmp_path / "all").read_text()
    assert np.loadtxt(tmp_path / "all")[:, 0].tolist() == [2, 0, 6] and text.startswith("# by hand\n")
    assert text.count("# samples = 31,") == 2 and text.count("ocv energies") == 2
    left = {p.name for p in tmp_path.iterdir()} - {"output"}  # the server's
    assert left == {"all", "data.all", "in.deck", "state", "volts"}


@pytest.mark.parametrize("fix", ["ion/transport 5 msd no/f", "ion/transport 5 ions no/f", "ocv 1 1 1 file no/f"])
def test_missing_folder_is_noticed_at_once(tmp_path, fix):
    write(tmp_path)
    refused(head() + f"fix a ions {fix}\n", tmp_path, "cannot write file 'no/f'", ranks=2)
    made = fix.replace("no/f", "made")
    (tmp_path / "old").write_text("kept")
    good(head() + f"fix a ions {made}\nfix b ions {fix.replace('no/f', 'old')}\n", tmp_path)
    assert not (tmp_path / "made").exists() and (tmp_path / "old").read_text() == "kept"


def test_memory_is_said_and_refused(tmp_path):
    write(tmp_path)
    fix = "fix t ions ion/transport 1 maxlag {}\n"
    text = good(head() + NVE + fix.format(1000) + "run 0\n", tmp_path, 2).text
    assert re.search(
        r"fix ion/transport: 6 ions, maxlag 1000: 0.24\d* MB of memory on each of 2 ranks, "
        r"0.00\d+ MB in a restart file",
        text,
    ), text
    refused(
        head() + NVE + fix.format(1000000000) + "run 0\n",
        tmp_path,
        "6 ions with maxlag 1000000000 take",
        "at most",
        ranks=2,
    )
    refused(head() + fix.format(1000000001), tmp_path, "maxlag 1000000001")
    many = head() + NVE + fix.format(10000000)
    for restart in ("restart 5000000 state", "restart 8000000 a b"):
        result = refused(
            many + restart + "\nrun 10000000\n", tmp_path, "restart file holds 2 GB", "maxlag of at most", ranks=2
        )
        most = int(re.search(r"at most (\d+)", result.error).group(1))
        assert 0.9 < most * 6 * 48 / 2**31 <= 1
    good(many.replace("maxlag 10000000", "maxlag 1000") + "restart 10000000 state\nrun 0\n", tmp_path)


def test_groups_that_are_made_anew_between_runs(tmp_path):
    """A group of the same name has another bit afterwards."""
    write(tmp_path)
    outputs = {"env": "c_e[*]", "gap": "c_s[*] mode vector", "map": "c_k[*] mode vector", "rdf": "c_r[*] mode vector"}
    deck = (
        head()
        + """compute whole all chunk/atom type
group some type 1
compute e ions ion/environment 4.0 4.0 host
compute s all layer/spacing low top
compute k all layer/map low top 3 3
compute r all rdf/site 5 6.0 some whole
"""
    )
    again = """
group host delete
group top delete
group some delete
group first type 1
group top id 16:30
group host type 2
group some type 1
"""
    fixes = "".join(f"fix {k}{{0}} all ave/time 1 1 1 {v} file {k}.{{0}} format ' %.17g'\n" for k, v in outputs.items())
    good(deck + fixes.format("a") + "run 0\n" + again + fixes.format("b") + "run 0\n", tmp_path, 2)
    for name in outputs:
        if name == "env":
            a, b = (np.loadtxt(tmp_path / f"{name}.{k}") for k in "ab")
        else:
            a, b = (read_vectors(tmp_path / f"{name}.{k}")[0][1] for k in "ab")
        np.testing.assert_allclose(b, a, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    "user, shown",
    [
        ("compute u ions ion/environment 4.0 4.0 host", ""),
        ("compute u all layer/spacing low host", " c_u"),
        ("fix u ions ion/transport 1 host host", ""),
    ],
)
def test_a_group_that_is_gone_is_refused(tmp_path, user, shown):
    write(tmp_path)
    deck = f"{head()}{user}\nthermo_style custom step{shown}\nrun 0\ngroup host delete\nrun 1\n"
    refused(deck, tmp_path, "group 'host' is gone")
