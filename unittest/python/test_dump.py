# SPDX-License-Identifier: GPL-2.0-only
"""Text dumps as LAMMPS writes them, with every head that dump_modify makes, and damaged ones."""

import pathlib
import re
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "unittest" / "lammps")]

from harness import Box, good, write_data  # noqa: E402
from natrolite import dump  # noqa: E402
from natrolite.errors import NatroliteError  # noqa: E402
from natrolite.plots import trajectory  # noqa: E402
from natrolite.plots.table import Table, read_dump_means  # noqa: E402

BOX = Box(9, 8, 7, xy=-2, xz=1, yz=0.5, lo=(-1, 2, 3))
RUN = """units metal
atom_style atomic
read_data data
pair_style zero 3.0
pair_coeff * *
timestep 0.002
fix drift all move linear 1.0 -20.0 300.0 units box
compute cells all property/grid 4 3 2 id
dump plain all custom 5 plain.dump id type element x y z ix iy iz
dump_modify plain element C Na format float %.17g
dump dressed all custom 5 dressed.dump id type element x y z ix iy iz
dump_modify dressed element C Na time yes units yes sort -4 format float %.17g
dump grid all grid 10 cells.grid c_cells:grid:data
run 10
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dumps")
    x = BOX.lo + np.random.default_rng(2).random((12, 3)) @ BOX.h
    write_data(folder / "data", BOX, np.repeat([1, 2], 6), x, [12.011, 22.99])
    good(RUN, folder)
    return folder


def test_frames_of_lammps(folder):
    """Steps, times, the tilted cell, columns; atoms that move at a constant velocity through the faces."""
    plain, dressed = (list(dump.read(folder / f"{name}.dump")) for name in ("plain", "dressed"))
    assert [frame.step for frame in plain] == [frame.step for frame in dressed] == [0, 5, 10]
    assert [frame.time for frame in plain] == [None] * 3
    np.testing.assert_allclose([frame.time for frame in dressed], [0, 0.01, 0.02], atol=1e-12)
    names = ["id", "type", "element", "x", "y", "z", "ix", "iy", "iz"]
    for one, other in zip(plain, dressed):
        assert one.names == other.names == names and one.grid is None and len(one.lines) == 12
        np.testing.assert_allclose([one.cell, other.cell], [BOX.h] * 2, atol=1e-12)
        np.testing.assert_allclose([one.origin, other.origin], [BOX.lo] * 2, atol=1e-12)
        assert one.lines != other.lines and one.by_id().lines == other.by_id().lines
        assert one.by_id().words("element") == ["C"] * 6 + ["Na"] * 6
        assert np.array_equal(one.by_id()["id"], np.arange(1, 13))
        assert np.array_equal(one.numbers("id", "x"), np.c_[one["id"], one["x"]])
    places = [f.by_id().numbers("x", "y", "z") + f.by_id().numbers("ix", "iy", "iz") @ f.cell for f in plain]
    np.testing.assert_allclose(np.diff(places, axis=0), np.full((2, 12, 3), [0.01, -0.2, 3.0]), atol=1e-9)


def test_grid_of_lammps(folder):
    """Cells with x fastest: LAMMPS numbers them from 1."""
    frame = dump.read_last(folder / "cells.grid")
    assert (frame.step, frame.grid, len(frame.names)) == (10, (4, 3, 2), 1)
    assert np.array_equal(frame.numbers()[:, 0], np.arange(1, 25))
    np.testing.assert_allclose(frame.cell, BOX.h)


def test_dump_with_times_is_a_table(folder):
    """Means and trajectories are the same with and without what dump_modify adds; the times are ps."""
    assert read_dump_means(folder / "dressed.dump", "x") == read_dump_means(folder / "plain.dump", "x")
    tables = [Table(folder / f"{name}.dump") for name in ("plain", "dressed")]
    assert all(table.kind == "dump" and table.data[0, 0] == 3 and trajectory.recognizes(table) for table in tables)
    one, other = (trajectory.read(table) for table in tables)
    assert np.array_equal(one[0], [0, 5, 10])
    np.testing.assert_allclose(other[0], [0, 0.01, 0.02], atol=1e-12)
    for a, b in zip(one[1:], other[1:]):
        assert np.array_equal(a, b)


def test_general_triclinic_box():
    """dump_modify triclinic/general yes: rows a, b and c, each with a coordinate of the origin."""
    head = "ITEM: TIMESTEP\n3\nITEM: NUMBER OF ATOMS\n0\nITEM: BOX BOUNDS abc origin pp pp pp\n"
    text = head + "0 1 2 10\n3 4 5 11\n6 7 8 12\nITEM: ATOMS id x\n"
    (frame,) = dump.frames(text.splitlines())
    assert np.array_equal(frame.cell, np.arange(9).reshape(3, 3)) and np.array_equal(frame.origin, [10, 11, 12])
    assert frame.numbers().shape == (0, 2) and frame.by_id().lines == []


WRONG = {
    "no dump": (lambda t: "step 1\n" + t, "'step 1' in place of an ITEM"),
    "no step": (lambda t: t.replace("ITEM: TIMESTEP\n0\n", "", 1), "no ITEM: TIMESTEP"),
    "no box": (lambda t: t[: t.index("ITEM: BOX")] + t[t.index("ITEM: ATOMS") :], "no ITEM: BOX BOUNDS"),
    "a box of one column": (lambda t: re.sub(r"pp pp pp\n(.*\n){3}", "pp pp pp\n1\n2\n3\n", t, count=1), "1 numbers"),
    "an atom too few": (lambda t: t.replace("\n12\n", "\n13\n", 1), "12 atoms of 13"),
    "an atom too many": (lambda t: t.replace("\n12\n", "\n11\n", 1), "in place of an ITEM"),
    "a negative number": (lambda t: t.replace("\n12\n", "\n-9\n", 1), "NUMBER OF ATOMS -9"),
    "cut in a head": (lambda t: t[: t.rindex("ITEM: ATOMS")], "the last frame is not whole"),
    "two heads": (lambda t: "ITEM: TIMESTEP\n7\n" + t, "ITEM: TIMESTEP twice"),
    "cut in a row": (lambda t: t.rstrip().rsplit(" ", 2)[0], "7 words of 9 in a line of atoms"),
    "a word": (lambda t: t.replace(" 0 0 0\n", " 0 0 x\n", 1), "could not convert"),
}


@pytest.mark.parametrize("name", WRONG)
def test_damaged_dumps(folder, tmp_path, name):
    spoil, message = WRONG[name]
    whole = (folder / "plain.dump").read_text()
    (tmp_path / "wrong").write_text(spoil(whole))
    assert spoil(whole) != whole
    with pytest.raises(ValueError, match=message):
        for frame in dump.read(tmp_path / "wrong"):
            frame.numbers("iz")
    with pytest.raises(NatroliteError, match="wrong is no whole text dump with id and iz"):
        read_dump_means(tmp_path / "wrong", "iz")


def test_no_frames_and_no_such_column(folder, tmp_path):
    (tmp_path / "empty").write_text("")
    assert list(dump.read(tmp_path / "empty")) == []
    with pytest.raises(ValueError, match="no frames"):
        dump.read_last(tmp_path / "empty")
    with pytest.raises(ValueError, match="no column 'vx'; it has id, type"):
        dump.read_last(folder / "plain.dump").numbers("x", "vx")
    with pytest.raises(ValueError, match="no column 'id'"):
        dump.read_last(folder / "cells.grid").by_id()
    with pytest.raises(OSError):
        list(dump.read(tmp_path))
