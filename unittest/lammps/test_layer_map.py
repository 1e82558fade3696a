# SPDX-License-Identifier: GPL-2.0-only
"""compute layer/map against loops over all atoms of two sheets."""

import numpy as np
import pytest
from harness import BOXES, good, page_examples, read_vectors, refused, write_data

HEAD = """units metal
atom_style atomic
box tilt large
read_data data.layers
pair_style zero 6.0
pair_coeff * *
group low type 1
group top type 2
group none empty
"""


def sheets(box, seed=1, n=(150, 170), heights=(0.5, 5.0)):
    """Two wavy sheets; the lower one straddles the face."""
    rng = np.random.default_rng(seed)
    out = []
    for count, z in zip(n, heights):
        f = rng.random((count, 2))
        x = box.lo + f @ box.h[:2]
        x[:, 2] += z + 0.8 * np.cos(2 * np.pi * f[:, 0]) + 0.3 * rng.standard_normal(count)
        out.append(x)
    return out


def write(folder, box, layers):
    types = np.concatenate([np.full(len(x), k + 1) for k, x in enumerate(layers)])
    write_data(folder / "data.layers", box, types, np.concatenate(layers), [12.0, 47.9])


def unwrapped(box, layers):
    """Each layer next to its first atom, the upper one lifted above the lower one."""
    out = []
    for x in layers:
        x, _ = box.wrap(x)
        out.append(x[0] + box.minimum_image(x - x[0]))
    rise = out[1][:, 2].mean() - out[0][:, 2].mean()
    out[1] = out[1] - np.floor(rise / box.h[2, 2]) * box.h[2]
    return out


def plane_fractions(box, x):
    v = (x[:, 1] - box.lo[1]) / box.h[1, 1]
    u = (x[:, 0] - box.lo[0] - box.h[1, 0] * v) / box.h[0, 0]
    return u - np.floor(u), v - np.floor(v)


def twin(box, layers, nx, ny, mode, s=1.5):
    layers = unwrapped(box, layers)
    ends = mode == "node"
    us = np.linspace(0, 1, nx) if ends else (np.arange(nx) + 0.5) / nx
    vs = np.linspace(0, 1, ny) if ends else (np.arange(ny) + 0.5) / ny
    rows = []
    for v in vs:
        for u in us:
            node = box.lo[:2] + u * box.h[0, :2] + v * box.h[1, :2]
            z, counts = [], []
            for x in layers:
                pu, pv = plane_fractions(box, x)
                cell = (np.floor(pu * nx) == np.floor(u * nx)) & (np.floor(pv * ny) == np.floor(v * ny))
                p = box.lo[:2] + pu[:, None] * box.h[0, :2] + pv[:, None] * box.h[1, :2]
                if mode == "kernel":
                    sw = swz = 0.0
                    for i in range(-3, 4):
                        for j in range(-3, 4):
                            d2 = ((node + i * box.h[0, :2] + j * box.h[1, :2] - p) ** 2).sum(1)
                            w = np.where(d2 <= (6 * s) ** 2, np.exp(-d2 / (2 * s * s)), 0.0)
                            sw, swz = sw + w.sum(), swz + (w * x[:, 2]).sum()
                    z.append(swz / sw)
                    counts.append(cell.sum())
                elif mode == "bin":
                    z.append(x[cell, 2].mean() if cell.any() else np.nan)
                    counts.append(cell.sum())
                else:
                    half = 0.5 * box.h[0, 0] / (nx - 1)
                    inside = (np.abs(p - node) <= half).all(1)
                    z.append(x[inside, 2].mean() if inside.any() else x[:, 2].mean())
                    counts.append(inside.sum())
            gap = z[1] - z[0]
            if mode == "node" and counts == [0, 0]:
                gap = layers[1][:, 2].mean() - layers[0][:, 2].max()
            rows.append([*node, gap, *counts])
    return np.array(rows)


OUT = "fix {0} all ave/time {1} 1 {1} c_{0}[*] mode vector file {0}.txt format ' %.17g'\n"
COMPUTES = """
compute k all layer/map low top 6 5
compute w all layer/map low top 6 5 mode kernel 0.9
compute b all layer/map low top 9 8 mode bin
compute n all layer/map low top 9 10 mode node
thermo_style custom step c_k c_b c_n c_k[3][3]
"""


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
def test_three_modes_against_numpy(tmp_path, kind, ranks):
    box = BOXES[kind]
    layers = sheets(box)
    write(tmp_path, box, layers)
    good(HEAD + COMPUTES + "".join(OUT.format(c, 1) for c in "kwbn") + "run 0\n", tmp_path, ranks)
    for name, arguments in [
        ("k", (6, 5, "kernel")),
        ("w", (6, 5, "kernel", 0.9)),
        ("b", (9, 8, "bin")),
        ("n", (9, 10, "node")),
    ]:
        got = read_vectors(tmp_path / f"{name}.txt")[0][1]
        expected = twin(box, layers, *arguments)
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-10, err_msg=name)
        assert 3.5 < np.nanmean(got[:, 2]) < 5.5
    assert np.isnan(expected := twin(box, layers, 9, 8, "bin")[:, 2]).any() and not np.isnan(expected).all()


def test_scalar_counts_empty_nodes(tmp_path):
    box = BOXES["triclinic"]
    layers = sheets(box)
    write(tmp_path, box, layers)
    deck = HEAD + COMPUTES + "variable e equal c_b\nfix e all ave/time 1 1 1 v_e c_k file e.txt\nrun 0\n"
    result = good(deck, tmp_path, 2)
    expected = twin(box, layers, 9, 8, "bin")
    assert result.table("e.txt")[0, 1] == (expected[:, 3:] == 0).any(1).sum() > 0


def test_ramp_and_plane_exact(tmp_path):
    box = BOXES["triclinic"]
    f = (np.mgrid[0:24, 0:20].reshape(2, -1).T + 0.5) / [24, 20]
    low = box.lo + f @ box.h[:2] + [0, 0, 3.0]
    top = low + np.c_[np.zeros((480, 2)), 3.96 + 2 * f[:, 0]]
    write(tmp_path, box, [low, top])
    deck = (
        HEAD
        + """
group flat id 1:480
compute b all layer/map low top 6 5 mode bin
compute p all layer/map low low 6 5
"""
        + OUT.format("b", 1)
        + OUT.format("p", 1)
        + "run 0\n"
    )
    good(deck, tmp_path, 4)
    got = read_vectors(tmp_path / "b.txt")[0][1]
    np.testing.assert_allclose(
        got[:, 2].reshape(5, 6), 3.96 + 2 * np.tile((np.arange(6) + 0.5) / 6, (5, 1)), rtol=1e-12
    )
    np.testing.assert_allclose(read_vectors(tmp_path / "p.txt")[0][1][:, 2], 0.0, atol=1e-12)


def test_time_average_migration_and_rerun(tmp_path):
    box = BOXES["triclinic"]
    tables = {}
    for ranks in (1, 4):
        folder = tmp_path / str(ranks)
        write(folder, box, sheets(box))
        deck = (
            HEAD
            + """
velocity all create 300 1 loop all
velocity all set 0 0 30 sum yes
fix n all nve
fix d all deform 1 xy erate 0.3 remap x flip yes
timestep 0.002
compute k all layer/map low top 6 5
dump d all custom 25 dump.all id type x y z ix iy iz
dump_modify d format float %.17g
"""
            + OUT.format("k", 25)
            + "run 100\nunfix k\nundump d\nreset_timestep 0\n"
            + OUT.format("k", 25).replace("k.txt", "again.txt")
            + "rerun dump.all dump x y z ix iy iz box yes\n"
        )
        good(deck, folder, ranks)
        live, again = read_vectors(folder / "k.txt"), read_vectors(folder / "again.txt")
        assert len(live) == len(again) == 5
        tables[ranks] = np.array([b for _, b in live])
        np.testing.assert_allclose(tables[ranks][:, :, 2], np.array([b for _, b in again])[:, :, 2], rtol=1e-10)
    np.testing.assert_allclose(tables[1], tables[4], rtol=1e-10)


WRONG = [
    ("low", ["upper", "lacks a value"]),
    ("low nobody 4 4", ["nobody", "group"]),
    ("low top 0 4", ["Nx", "0"]),
    ("low top 4 2.5", ["Ny", "2.5"]),
    ("low top 4", ["Ny", "lacks a value"]),
    ("low top 4 4 mode cubic", ["cubic", "kernel, bin, node"]),
    ("low top 4 4 mode kernel -1.5", ["kernel", "-1.5"]),
    ("low top 4 4 mode kernel 0", ["kernel", "0"]),
    ("low top 1 4 mode node", ["2 x 2", "1 x 4"]),
    ("low top 4 4 color red", ["color"]),
    ("low top 9999 9999", ["9999 x 9999"]),
    ("low none 4 4", ["none", "no atoms"]),
]


@pytest.mark.parametrize("arguments,pieces", WRONG)
def test_wrong_input_is_refused(tmp_path, arguments, pieces):
    write(tmp_path, BOXES["orthogonal"], sheets(BOXES["orthogonal"]))
    refused(
        HEAD + f"compute m all layer/map {arguments}\nthermo_style custom c_m\nrun 0\n",
        tmp_path,
        *pieces,
        ranks=2 if "none" in arguments else 1,
    )


def test_examples_of_the_page(tmp_path):
    examples = page_examples("compute_layer_map.rst", ".. code-block:: LAMMPS")
    assert examples
    write(tmp_path, BOXES["triclinic"], sheets(BOXES["triclinic"]))
    good(HEAD + "\n".join(examples) + "\nrun 0\n", tmp_path)
