# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite grid`: levels and percolation of densities whose answers are known."""

import numpy as np
import pytest

from natrolite import cli, grid


def write(path, values, box=("0 10", "0 8", "0 6")):
    nx, ny, nz = values.shape
    head = ["ITEM: TIMESTEP", "7", "ITEM: BOX BOUNDS pp pp pp", *box, "ITEM: DIMENSION", "3"]
    head += ["ITEM: GRID SIZE nx ny nz", f"{nx} {ny} {nz}", "ITEM: GRID CELLS f_a:grid:data"]
    path.write_text("\n".join(head + [repr(float(v)) for v in values.transpose(2, 1, 0).ravel()]) + "\n")
    return str(path)


def blob(shape, *indices):
    """Return a bool array that is True at these indices."""
    inside = np.zeros(shape, bool)
    for index in indices:
        inside[index] = True
    return inside


CASES = {
    "a rod along b": (blob((4, 5, 6), (1, slice(None), 2)), 1, [0, 1, 0]),
    "a slab": (blob((4, 5, 6), (slice(None), slice(None), 2)), 1, [1, 1, 0]),
    "a rod with a gap": (blob((4, 5, 6), (1, slice(0, 4), 2)), 1, [0, 0, 0]),
    "over the face, but no loop": (blob((4, 5, 6), (1, 0, 2), (1, 4, 2)), 1, [0, 0, 0]),
    "two lumps that touch at an edge only": (blob((4, 5, 6), (1, 1, 1), (2, 2, 1)), 2, [0, 0, 0]),
    # one turn around a staircase: reaches its image along a and b together
    "a diagonal staircase": (
        blob((4, 4, 3), *[(k, k, 1) for k in range(4)], *[((k + 1) % 4, k, 1) for k in range(4)]), 1, [1, 1, 0],
    ),
    # joined only by going around twice: over the face along a, and back inside
    "a hook": (blob((5, 5, 3), (slice(None), 1, 1), (0, slice(1, 4), 1)), 1, [1, 0, 0]),
    "everything": (np.ones((3, 3, 3), bool), 1, [1, 1, 1]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_percolation(name):
    inside, clusters, along = CASES[name]
    for shift in np.ndindex(3, 3, 2):  # where the cell is cut does not matter
        found = grid.percolation(np.roll(inside, shift, (0, 1, 2)))
        assert found[0] == clusters and list(found[1]) == along, (name, shift)
    turned = grid.percolation(inside.transpose(2, 0, 1))
    assert list(turned[1]) == [along[2], along[0], along[1]]


def test_percolation_equals_that_of_repeated_cells():
    """Random cells: a cluster percolates along an axis if some cell of it is joined to its own image in 5 x 5 x 5."""
    from scipy.ndimage import label

    random = np.random.default_rng(3)
    for share in (0.2, 0.3, 0.4, 0.5):
        inside = random.random((4, 4, 4)) < share
        labels, _ = label(np.tile(inside, (5, 5, 5)))
        along = np.zeros(3, bool)
        for cell in np.argwhere(inside):
            middle = labels[tuple(cell + 8)]
            images = labels[cell[0] :: 4, cell[1] :: 4, cell[2] :: 4] == middle
            for axis in range(3):
                along[axis] |= images.any(tuple(k for k in range(3) if k != axis)).sum() > 1
        assert list(grid.percolation(inside)[1]) == list(along)


def test_table_and_picture(tmp_path, capsys):
    """A rod along a, twice as dense as the rest of a slab."""
    values = np.full((10, 8, 6), 0.0)
    values[:, 3, :] = 0.5
    values[:, 3, 2] = 1.0
    path = write(tmp_path / "na.grid", values)
    assert cli.main(["grid", path, "--smooth", "0"]) == 0
    output = capsys.readouterr().out
    assert "percolates along a up to 1/A^3: 2.1 % of space with 28.6 % of the ions" in output
    assert "percolates along c up to 0.5/A^3: 12.5 % of space with 100.0 % of the ions" in output
    assert "does not percolate along b" in output and "35 ions" in output
    assert (tmp_path / "na.grid.png").stat().st_size > 10000
    assert cli.main(["plot", f"{path}.levels"]) == 0


def test_last_frame_in_a_tilted_box(tmp_path):
    values = np.arange(24.0).reshape(2, 3, 4)
    text = open(write(tmp_path / "one", values)).read()
    path = write(tmp_path / "two", values + 1, box=("-1 11 1", "0 8 0", "0 6 2"))
    (tmp_path / "two").write_text(text + open(path).read())
    found, cell = grid.read(path)
    assert np.array_equal(found, values + 1)
    # xlo_bound = xlo + min(0, xy, xz, xy+xz) etc.: LAMMPS manual, triclinic boxes
    assert np.allclose(cell, [[11, 0, 0], [1, 6, 0], [0, 2, 6]])


def test_smoothing_keeps_ions_and_is_a_gaussian():
    values = np.zeros((20, 20, 20))
    values[3, 4, 5] = 8.0
    cell = np.diag([10.0, 10.0, 10.0])
    found = grid.smoothed(values, cell, 0.8)
    assert found.sum() == pytest.approx(8.0, rel=1e-6)
    volume = 0.125
    peak = 8.0 * volume / (2 * np.pi * 0.8**2) ** 1.5
    assert found[3, 4, 5] == pytest.approx(peak, rel=1e-5)
    assert found[5, 4, 5] == pytest.approx(peak * np.exp(-0.5 * (1.0 / 0.8) ** 2), rel=1e-5)


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda t: t.replace("ITEM: GRID SIZE nx ny nz", "ITEM: X"), "no whole text file"),
        (lambda t: t.rsplit("\n", 3)[0], "cells of"),
        (lambda t: t.replace("0.25", "nan"), "finite"),
        (lambda t: t.replace("0.25", "-0.25"), "negative"),
        (lambda t: t.replace("0.25", "0.25 1"), "one column"),
        (lambda t: "# nothing", "no whole text file"),
    ],
)
def test_refusals(spoil, message, tmp_path, capsys):
    path = write(tmp_path / "a.grid", np.full((3, 3, 3), 0.25))
    text = spoil(open(path).read())
    open(path, "w").write(text)
    assert cli.main(["grid", path]) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
    assert cli.main(["grid", str(tmp_path / "none")]) == 1
