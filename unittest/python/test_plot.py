# SPDX-License-Identifier: GPL-2.0-only
"""Draws a table of every kind, each written by the real command through lmp."""

import pathlib
import random
import re
import sys

import numpy as np
import pytest
from matplotlib import pyplot

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "unittest" / "lammps")]

from harness import Box, good, write_data  # noqa: E402
from natrolite import plot  # noqa: E402
from natrolite.errors import NatroliteError  # noqa: E402
from natrolite.plots import style  # noqa: E402
from natrolite.plots.table import Table  # noqa: E402
from test_cli import refused  # noqa: E402


DECK = """units metal
atom_style molecular
box tilt large
read_data data
pair_style zero 5.0
pair_coeff * *
comm_modify cutoff 10
group ions type 1
group low type 2
group mid type 3
group top type 4
group sheets type 2 3 4
timestep 0.005
neigh_modify every 5
velocity ions create 1500 7 loop all
velocity sheets create 1 7 loop all
fix n all nve
fix w ions langevin 1500 1500 0.3 48
compute env ions ion/environment 4.0 3.0 sheets volume 4.0 0.0 spacing 0.5
compute gap all layer/spacing low mid top periodic yes
compute map sheets layer/map mid top 16 14
compute bin sheets layer/map mid top 16 14 mode bin
compute rings sheets chunk/atom molecule
compute gr sheets rdf/site 40 9.0 ions rings
fix t ions ion/transport 10 maxlag 100 msd msd ions ions stride 0.1 window 2.0
dump e ions custom 50 dump.env id c_env[3]
fix g all ave/time 10 1 10 c_gap[1] c_gap[2] c_gap[3] file gaps
fix h all ave/time 50 1 50 c_gap[*] mode vector file gaparray
fix m all ave/time 50 1 50 c_map[*] mode vector file map
fix b all ave/time 50 1 50 c_bin[*] mode vector file binmap
compute node sheets layer/map mid top 15 13 mode node
fix k all ave/time 50 1 50 c_node[*] mode vector file nodemap
fix r all ave/time 50 5 250 c_gr[*] mode vector file rdf
run 1000
ocv energies mu -1.3 0.01 out volts
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    box = Box(24, 22, 30, xy=7)
    rng = np.random.default_rng(1)
    ions = box.lo + rng.random((60, 3)) @ box.h
    sheets = []
    for z in (2.0, 9.0, 16.5):
        f = rng.random((200, 2))
        x = f @ box.h[:2]
        x[:, 2] = z + 0.6 * np.sin(2 * np.pi * f[:, 0]) * (z > 5) + 0.3 * np.cos(2 * np.pi * f[:, 1])
        sheets.append(x)
    types = np.r_[np.ones(60, int), np.repeat([2, 3, 4], 200)]
    molecules = np.r_[np.zeros(60, int), np.arange(600) // 5 + 1]
    write_data(folder / "data", box, types, np.concatenate([ions, *sheets]), [22.99, 12, 12, 12], molecules=molecules)
    for n, e in ((0, -50.0), (1, -52.6), (2, -55.3), (3, -56.9), (4, -59.5)):
        with open(folder / "energies", "a") as out:
            out.write(
                f"# natrolite table: ocv energies\n# host = 288.264 g/mol\n# columns: n | E (eV) | error (eV)\n{n} {e} 0.08\n"
            )
    good(DECK, folder)
    write_decks_tables(folder)
    write_phonon_tables(folder)
    write_trajectory(folder / "dump.ions")
    return folder


def write_table(path, kind, columns, rows, *settings):
    lines = [f"# natrolite table: {kind}", "# layer = GO", *settings, "# columns: " + " | ".join(columns)]
    lines += [" ".join(f"{v:.6g}" for v in row) for row in rows]
    path.write_text("\n".join(lines) + "\n")


def write_decks_tables(folder):
    """Write tables of the decks of examples/, of made-up numbers."""
    d = np.linspace(2.8, 5.5, 12)
    morse = 2 * np.exp(-2 * (d - 3.2)) - 4 * np.exp(-(d - 3.2))
    write_table(
        folder / "adhesion",
        "adhesion energy",
        ["distance (A)", "energy (eV)", "adhesion, common (eV/nm^2)", "adhesion, own (eV/nm^2)"],
        np.c_[d, morse, -morse, -morse - 0.4],
    )
    t = np.arange(80.0)
    write_table(
        folder / "spacing",
        "layer spacing over time",
        ["step", "time (ps)", "spacing (A)", "temperature (K)", "potential energy (eV)"],
        np.c_[t, t / 1000, 3.1 + 0.1 * np.sin(t), 300 + 20 * np.cos(t), -100 + 0 * t],
    )
    write_table(
        folder / "neb",
        "NEB profile",
        ["replica", "x (A)", "y (A)", "z (A)", "energy (eV)", "spacing (A)"],
        [[2, 1, 1, 12, -1.8, 4.1], [1, 0, 0, 12, -2, 4.1], [3, 2, 2, 12, -1.95, 4.1]],
    )
    lengths = [f"{name} (A)" for name in ("cell edge", "thickness", "Ti-C", "Ti-O", "Ti-Ti", "C-C", "spacing")]
    write_table(
        folder / "relax",
        "relaxed structures",
        ["system", "atoms", "energy (eV)", *lengths],
        [[1, 80, -736, 12.1, 4.46, 2.18, 1.98, 3.03, -1, 0], [5, 130, -1203, 12.12, 4.45, 2.18, 1.98, 3.03, 1.4, 3.1]],
        "# settings = 5 iterations; systems 1 M, 2 G, 5 M/G",
    )


def write_phonon_tables(folder):
    """Write bands and a DOS as natrolite phonon does, of made-up numbers."""
    q = np.linspace(0, 1, 30)
    write_table(
        folder / "crystal.bands",
        "phonon bands",
        ["distance (1/A)", "qa", "qb", "qc", "f1 (THz)", "f2 (THz)", "f3 (THz)"],
        np.c_[q, q / 2, 0 * q, 0 * q, np.sin(q), 1 + q, 9 - q],
        "# corners = G 0, M 0.5, K 1",
    )
    dos = np.exp(-((q - 0.5) ** 2) / 0.02)
    write_table(folder / "crystal.dos", "phonon DOS", ["frequency (THz)", "DOS (1/THz/cell)"], np.c_[10 * q, dos])


ATOMS = [
    ("Ti", 2, 2, 5),
    ("Ti", 5, 4, 5),
    ("C", 3, 2, 10),
    ("C", 4.2, 2, 10),
    ("O", 2, 4, 6),
    ("Na", 3, 3, 8),
    ("Na", 6, 5, 8),
]


def write_trajectory(path):
    """Write a dump of six frames in which ATOMS move at random."""
    frames, rng = [], np.random.default_rng(3)
    for k in range(6):
        rows = [
            f"{i + 1} 1 {e} " + " ".join(f"{v:.6f}" for v in np.array(x) + rng.normal(0, 0.1 * k, 3)) + " 0 0 0"
            for i, (e, *x) in enumerate(ATOMS)
        ]
        frames += [
            f"ITEM: TIME\n{0.01 * k:g}\nITEM: TIMESTEP\n{10 * k}\nITEM: NUMBER OF ATOMS\n{len(ATOMS)}",
            "ITEM: BOX BOUNDS xy xz yz pp pp pp\n-3 9 -3\n0 7 0\n0 20 0",
            "ITEM: ATOMS id type element x y z ix iy iz",
            *rows,
        ]
    path.write_text("\n".join(frames) + "\n")


KINDS = {
    "msd": "msd",
    "ions": "ions",
    "volts": "voltage",
    "energies": "energies",
    "map": "layer_map",
    "binmap": "layer_map",
    "nodemap": "layer_map",
    "gaps": "gaps",
    "gaparray": "gaps",
    "rdf": "rdf",
    "adhesion": "adhesion",
    "spacing": "spacing",
    "neb": "neb",
    "relax": "structures",
    "crystal.bands": "bands",
    "crystal.dos": "bands",
    "dump.ions": "trajectory",
}


@pytest.mark.parametrize("name", KINDS)
def test_every_table_is_recognized_and_drawn(tables, name):
    table = Table(tables / name)
    assert [kind.__name__ for kind in plot.kinds() if kind.recognizes(table)] == ["natrolite.plots." + KINDS[name]]
    png, svg = plot.plot(tables / name)
    assert png.read_bytes()[:4] == b"\x89PNG" and png.stat().st_size > 10000
    text = svg.read_text()
    assert "<svg" in text and any(unit in text for unit in ("Å", "V)", "eV", "cm²", "THz")), "units on the axes"


def test_numbers_in_the_pictures(tables):
    """The maximum of a spline, barriers, means and displacements, against formulas."""
    from natrolite.plots import adhesion, neb, spacing, trajectory

    d, _, common, _ = Table(tables / "adhesion").data.T
    x, y = adhesion.maximum(d, common)
    assert abs(x - 3.2) < 0.02 and abs(y - 2) < 0.01
    path, energy = neb.profile(Table(tables / "neb"))
    np.testing.assert_allclose([path, energy], [[0, 2**0.5, 8**0.5], [0, 0.2, 0.05]], atol=1e-6)
    value, error = spacing.mean(np.arange(100.0))
    assert value == 49.5 and abs(error - np.std(np.arange(10) * 10, ddof=1) / 10**0.5) < 1e-12
    times, elements, positions, origin, h = trajectory.read(Table(tables / "dump.ions"))
    np.testing.assert_allclose(times, 0.01 * np.arange(6))
    np.testing.assert_allclose([origin, h[1]], [[0, 0, 0], [-3, 7, 0]])
    moved = trajectory.displacements(elements, positions, h)
    rest, weights = [0, 1, 4], np.array([47.867, 47.867, 15.999])  # Ti and the O at 2.2 A
    drift = np.einsum("tij,i->tj", positions[:, rest] - positions[0, rest], weights / weights.sum())
    np.testing.assert_allclose(moved, positions[:, 5:] - positions[0, 5:] - drift[:, None], atol=1e-9)
    slid = positions + np.where(elements == "C", np.arange(6)[:, None], 0)[..., None] * [9.0, 0, 0]
    np.testing.assert_allclose(trajectory.displacements(elements, slid, h), moved, atol=1e-9)


def changed(tables, folder, name, *settings, rows=None):
    """Return the table of a file with more lines # key = value, and other rows."""
    lines = (tables / name).read_text().splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("# columns"))
    lines[at:at] = [f"# {setting}" for setting in settings]
    if rows is not None:
        at = next(k for k, line in enumerate(lines) if line.startswith("# columns"))
        lines[at + 1 :] = [" ".join(f"{v:.8g}" for v in row) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n")
    return Table(folder / name)


def drawn_text(table):
    """Return the words of a table's picture, line ends and all else than letters as one space."""
    _, svg = plot.plot(table.path)
    return " ".join(re.sub(r"<[^>]*>", " ", svg.read_text()).split())


def test_titles_and_warnings(tables, tmp_path):
    """What the header knows is over every picture; what it does not name is not claimed."""
    from natrolite.plots import style

    line = "settings = size = full, T = 900, NVT 300 K, 8 Na, momenta layer, side = out"
    table = changed(tables, tmp_path, "msd", "layer = GOH", line, "warning = O-C 2.9 A", "warning = O-H 1.3 A")
    assert table.settings["warning"] == "O-C 2.9 A; O-H 1.3 A"
    words = "8 Na, 900 K, momenta layer, group outside"
    assert style.title(table.settings) == f"Ti₂CO₂ / GOH, {words}\nwarning: O-C 2.9 A; O-H 1.3 A"
    assert f"{words} warning: O-C 2.9 A; O-H 1.3 A" in drawn_text(table)
    starts = {"layer": "G", "host": "frozen", "starts": "6", "spread": "0.4 eV"}
    assert style.title(starts).endswith("host frozen\nlowest of 6 starts, not the ground state (spread 0.4 eV)")
    assert "warning" not in changed(tables, tmp_path, "energies", "warning = none").settings
    assert style.title({"cell": "Ti2CO2", "repeat": "4 4 1"}) == "Ti₂CO₂, box of 4 × 4 × 1 cells"
    assert style.title({"x": "all of the table"}) == "aminobenzene-graphene"
    assert style.title({"layer": "G", "frame": "mxene"}).endswith("frame stands still against the MXene")
    assert style.warning({"warning": "a; b; c; d"}) == "warning: a; b; and 2 more, see the file"
    assert style.title({}) == "" and style.title({"host": "12.0 g/mol", "hop": "1.5 A"}) == ""
    assert drawn_text(Table(tables / "crystal.dos")).count("/ GO") == 1
    assert "Na" in drawn_text(Table(tables / "dump.ions")) and "/ G, 2 Na" in drawn_text(Table(tables / "dump.ions"))


def test_a_barrier_is_one_only_between_minima_of_a_converged_band(tables, tmp_path):
    from natrolite.plots import neb

    rows = np.array([[k, k, 0, 12, e, 4] for k, e in ((1, 0), (2, 0.2), (3, 0.1))])
    fell = rows - [[0] * 6, [0, 0, 0, 0, 0.25, 0], [0] * 6]
    done = ("converged = yes", "site = hollow above Ti", "force = 0.02 eV/A")
    table = changed(tables, tmp_path, "neb", *done, rows=rows)
    assert neb.said(table) == "barrier 0.200 eV forward, 0.100 eV back" and neb.end(table) == "hollow above Ti"
    assert "hollow above Ti: +0.100 eV" in drawn_text(table)
    for settings, data, words in (
        ((), rows, "converged is not known"),
        (("converged = no", "force = 0.14 eV/A"), rows, "no barrier: not converged (force 0.14 eV/A)"),
        ((*done, "warning = an end is not at rest"), rows, "no barrier: see the warning"),
        (done, fell, "no barrier: beginning no minimum (0.05 eV above the next image), end no minimum"),
    ):
        table = changed(tables, tmp_path, "neb", *settings, rows=data)
        assert words in neb.said(table) and not neb.said(table).startswith("barrier")


def test_a_drift_is_no_mean():
    from natrolite.plots import spacing

    noise = np.random.default_rng(5).normal(0, 0.1, 1000)
    assert spacing.said(3 + noise).startswith("3.00") and "drifts" not in spacing.said(np.full(50, 3.1))
    assert spacing.said(np.linspace(4.2, 3.9, 1000) + noise / 10) == "drifts: 4.20 to 3.90 A, not at rest"
    assert spacing.said(np.array([3.0, 4.0])) == "3.500 A, too short for an error"


def test_no_diffusion_of_few_hops(tables, tmp_path):
    """No D below a hop squared or of a few hops in all; bars for fewer ions than a histogram needs."""
    from natrolite.plots import msd

    table = Table(tables / "msd")
    assert msd.doubt(table) == "" and "cm²/s" in drawn_text(table)
    data = table.data.copy()
    data[:, 1] *= 2.0 / data[:, 1].max()
    few = changed(tables, tmp_path, "msd", rows=data)
    assert "less than a hop of 1.5" in msd.doubt(few) and "cm²/s" not in drawn_text(few)
    one = changed(
        tables,
        tmp_path,
        "msd",
        "ions = 1",
        rows=table.data * [1, 0, *[1] * (table.data.shape[1] - 2)] + [0, 9, *[0] * (table.data.shape[1] - 2)],
    )
    assert "less than 10 hops" in msd.doubt(one)
    assert "SD" in drawn_text(Table(tables / "ions"))
    bars = changed(tables, tmp_path, "ions", rows=Table(tables / "ions").data[:8])
    assert "number of its hops" in drawn_text(bars) and "SD" not in drawn_text(bars)


def test_capacity_ends_at_0_volt(tables, tmp_path):
    from natrolite.plots import voltage

    rows = [[n, 0, 0, v, 0, v, 0, 10 * n] for n, v in ((0, 0), (1, 1.0), (2, 0.2), (3, -0.1), (4, -0.2))]
    table = changed(tables, tmp_path, "volts", rows=rows)
    assert voltage.usable(table) == (20, True) and "below 0 V: plating" in drawn_text(table)
    whole = changed(tables, tmp_path, "volts", rows=rows[:3])
    assert voltage.usable(whole) == (20, False) and "plating" not in drawn_text(whole)


def test_adhesion_of_a_bound_group(tables, tmp_path):
    """A spline ends where the group on the layer changes its bond; the maximum is that of a bound group."""
    from natrolite.plots import adhesion

    d = np.linspace(2.8, 5.5, 12)
    y = np.where(d < 3.4, 5 - d, 1 - (d - 4.2) ** 2)
    columns = "# columns: distance (A) | energy (eV) | a (eV/nm^2) | b (eV/nm^2) | largest force (eV/A) | O-C (A)"
    rows = np.c_[d, -y, y, y, np.where(d < 3.0, 0.05, 0.01), np.where(d < 3.4, 2.6, 1.45)]
    table = changed(tables, tmp_path, "adhesion", "fmax = 0.02", columns[2:], rows=rows)
    assert len(adhesion.parts(table)) == 2 and len(adhesion.parts(Table(tables / "adhesion"))) == 1
    x, top, inside = adhesion.strongest(table, 3)
    assert abs(x - 4.2) < 0.01 and abs(top - 1) < 0.01 and inside
    assert adhesion.unrelaxed(table, table.data).sum() == 1
    assert "state of the bonds" in drawn_text(table) and "not relaxed" in drawn_text(table)
    assert adhesion.hills(d, y) == [(pytest.approx(d[6], abs=0.2), pytest.approx(1, abs=0.05))]


def test_maps_with_empty_cells(tables, tmp_path, natrolite):
    """Some empty cells are counted, a map of nothing else is refused; noise does not fill the colors."""
    text = (tables / "binmap").read_text().splitlines()
    rows = [k for k, line in enumerate(text) if len(line.split()) == 6 and line[0] != "#"]
    for count in (3, len(rows)):
        for k in rows[:count] if count > 3 else rows[-3:]:
            words = text[k].split()
            text[k] = " ".join([*words[:3], "nan", *words[4:]])
        (tmp_path / "map").write_text("\n".join(text) + "\n")
        outcome = natrolite("plot", tmp_path / "map")
        if count == 3:
            assert outcome[0] == 0 and "empty" in (tmp_path / "map.svg").read_text()
    refused(outcome, "cells of the map are empty", "mode kernel")


def test_tortuosity_against_volume(tables, tmp_path):
    plot.plot(tables / "ions", tmp_path, tables / "dump.env")
    assert "accessible volume (Å³)" in (tmp_path / "ions.svg").read_text()
    with pytest.raises(NatroliteError, match="c_no"):
        plot.plot(tables / "ions", tmp_path, tables / "dump.env", "c_no")


@pytest.mark.parametrize("name,ends", [("map", False), ("nodemap", True)])
def test_the_map_fills_the_cell(tables, monkeypatch, name, ends):
    drawn = []
    monkeypatch.setattr("matplotlib.axes.Axes.plot", lambda self, x, y, **k: drawn.append(np.c_[x, y]))
    plot.plot(tables / name, ends=ends)
    np.testing.assert_allclose(drawn[0][:4], [[0, 0], [24, 0], [31, 22], [7, 22]], atol=1e-3)


def test_wrong_places_and_dumps(tables, tmp_path, natrolite):
    (tmp_path / "file").write_text("")
    (tmp_path / "random").write_bytes(random.Random(2).randbytes(3000))
    dump = (tables / "dump.env").read_text().splitlines()
    (tmp_path / "cut").write_text("\n".join(dump[:-3]))
    (tmp_path / "negative").write_text("\n".join(dump[:3] + ["-9"] + dump[4:]))
    ions = tables / "ions"
    for options, words in {
        ("--folder", tmp_path / "none"): ["none", "create it first"],
        ("--folder", tmp_path / "file"): ["is a file, no folder"],
        ("--volume", tmp_path / "none"): ["none", "No such file"],
        ("--volume", tmp_path): [tmp_path.name, "directory"],
        ("--volume", tmp_path / "random"): ["no whole text dump"],
        ("--volume", tmp_path / "cut"): ["no whole text dump"],
        ("--volume", tmp_path / "negative"): ["no whole text dump", "-9"],
        ("--volume", tables / "dump.env", "--column", "c_no"): ["no column 'c_no'"],
    }.items():
        places = options if "--folder" in options else (*options, "--folder", tmp_path)
        refused(natrolite("plot", ions, *places), *words)


def test_damaged_tables(tables, tmp_path, natrolite, monkeypatch):
    """Lines and numbers cut, lost or changed, and files that end anywhere: drawn, or one line."""
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda self, target: None)
    rng = random.Random(4)
    codes = []
    for name in KINDS:
        whole = (tables / name).read_text()
        for k in range(16):
            lines = whole.splitlines()
            at = rng.randrange(len(lines)) if k % 2 else rng.randrange(min(6, len(lines)))
            words = lines[at].split()
            change = k % 4
            if change == 0:
                del lines[at]
            elif change == 1 and words:
                words[rng.randrange(len(words))] = rng.choice(["word", "-3", "nan", "1e400", "", "#"])
                lines[at] = " ".join(words)
            elif change == 2:
                lines[at:] = [lines[at][: rng.randrange(len(lines[at]) + 1)]]
            else:
                lines.insert(at, rng.choice(["", "# columns: ", "1 2", "# D = ", "\x00"]))
            (tmp_path / name).write_text("\n".join(lines))
            outcome = natrolite("plot", tmp_path / name)
            codes.append(outcome[0])
            if outcome[0]:
                refused(outcome, name)
                assert "please report" not in outcome[2], outcome[2]
    assert {0, 1} == set(codes) and codes.count(1) > 50


def test_other_files_are_refused(tmp_path):
    (tmp_path / "x").write_text("# something\n1 2\n")
    with pytest.raises(NatroliteError, match="no table"):
        plot.plot(tmp_path / "x")
    with pytest.raises(NatroliteError, match="no file"):
        plot.plot(tmp_path / "y")


@pytest.mark.parametrize("count, ncols, rows", [(8, 8, 2), (3, 3, 1), (5, 3, 5), (1, 1, 1)])
def test_a_legend_is_never_wider_than_its_figure(count, ncols, rows):
    """And its rows are as even as can be; what fits is left as asked for."""
    label = "a" * {8: 10, 3: 10, 5: 60, 1: 10}[count]
    with pyplot.rc_context(style.SETTINGS):
        figure = pyplot.figure(figsize=(5.2, 3.8), layout="constrained")
        figure.subplots().plot(np.zeros((2, count)), label=[label] * count)
        style.legend(figure, ncols)
        figure.canvas.draw()
        (legend,) = figure.legends
        extent = legend.get_window_extent()
        places = {round(text.get_window_extent().y0) for text in legend.get_texts()}
        pyplot.close(figure)
    assert extent.x0 >= 0 and extent.x1 <= figure.bbox.width
    assert len(places) == rows
