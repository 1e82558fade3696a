# SPDX-License-Identifier: GPL-2.0-only
"""compute ion/environment against loops over all atoms: coordination and accessible volume."""

import re

import numpy as np
import pytest
from harness import BOXES, Box, box_of, good, page_examples, refused, write_data
from lammps_run import read_dump
from scipy import ndimage

HEAD = """units metal
atom_style atomic
{boundary}
box tilt large
read_data data.ions
pair_style zero 5.0
pair_coeff * *
comm_modify cutoff {ghost}
group ions type 1
group host type 2 3
group carbon type 2
group none empty
"""
MASSES = [22.99, 12.011, 15.999]
RADIUS = {1: 2.27, 2: 1.70, 3: 1.52}
DUMP = """
dump d ions custom 1 dump.env id {columns}
dump_modify d format float %.17g
"""


def head(ghost=11.0, boundary=""):
    return HEAD.format(ghost=ghost, boundary=boundary)


def random_system(box, seed=1, ions=12, hosts=200):
    rng = np.random.default_rng(seed)
    x = box.lo + rng.random((ions + hosts, 3)) @ box.h
    types = np.r_[np.ones(ions, int), rng.integers(2, 4, hosts)]
    return types, x


def weight(r, kind, rc, *p):
    if kind == "hard":
        return (r <= rc).astype(float)
    if kind == "rational":
        n, m, cut = p
        with np.errstate(invalid="ignore", divide="ignore"):
            w = (1 - (r / rc) ** n) / (1 - (r / rc) ** m)
        return np.where(r <= cut, w, 0.0)
    return np.where(r <= rc, 1.0, np.where(r <= rc + p[0], 0.5 * (1 + np.cos(np.pi * (r - rc) / p[0])), 0.0))


def neighbors(box, x, types, i, reach):
    x, _ = box.wrap(x)
    shifts = box.images(reach)
    d = (x[None] + shifts[:, None] - x[i]).reshape(-1, 3)
    t = np.tile(types, len(shifts))
    r = np.linalg.norm(d, axis=1)
    keep = (r <= reach) & (r > 1e-12)
    return d[keep], t[keep], r[keep]


def grid_volume(rs, h, spheres, connected=False):
    m = int(rs / h + 1e-12) + 1
    g = np.arange(-m, m + 1) * h
    gx, gy, gz = np.meshgrid(g, g, g, indexing="ij")
    r2 = gx**2 + gy**2 + gz**2
    inside = r2 <= rs**2 * (1 + 1e-12)
    free = inside.copy()
    for d, radius in spheres:
        free &= (gx - d[0]) ** 2 + ((gy - d[1]) ** 2 + (gz - d[2]) ** 2) >= radius**2
    if connected:
        labels, _ = ndimage.label(free)
        near = np.where(free & (r2 <= 1.0 + 1e-12), r2, np.inf)
        if not np.isfinite(near).any():
            return 0.0
        free = labels == labels[np.unravel_index(np.argmin(near), near.shape)]
    return free.sum() / inside.sum()


def twin(
    box, types, x, rion, rhost, kind="hard", parameters=(), reach=None, volume=None, connected=False, others=False
):
    rows = []
    for i in np.flatnonzero(types == 1):
        d, t, r = neighbors(box, x, types, i, reach)
        row = [weight(r[t == 1], kind, rion, *parameters).sum(), weight(r[t > 1], kind, rhost, *parameters).sum()]
        if volume:
            rs, probe, h = volume
            spheres = [(d[k], RADIUS[t[k]] + probe) for k in range(len(d)) if others or t[k] > 1]
            f = grid_volume(rs, h, spheres, connected)
            row += [f * 4 / 3 * np.pi * rs**3, f]
        else:
            row += [0.0, 0.0]
        row += [r[t == 1].min() if (t == 1).any() else -1.0, r[t > 1].min() if (t > 1).any() else -1.0]
        rows.append(row)
    return np.array(rows)


COMPUTES = """
compute a ions ion/environment 6.0 3.0 host
compute b ions ion/environment 4.0 3.1 host switch rational 6 12 cut 9.0
compute c ions ion/environment 4.0 3.1 host switch cosine 1.5
compute v ions ion/environment 4.0 3.0 host volume 3.5 0.2 spacing 0.3
compute w ions ion/environment 4.0 3.0 host volume 3.5 0.0 spacing 0.3 others yes connected yes
"""


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
def test_random_configuration_against_brute_force(tmp_path, kind, ranks):
    box = BOXES[kind]
    types, x = random_system(box)
    write_data(tmp_path / "data.ions", box, types, x, MASSES)
    good(
        head()
        + COMPUTES
        + DUMP.format(columns="c_a[*] c_b[*] c_c[*] c_v[*] c_w[*]")
        + "fix o all ave/time 1 1 1 c_w[*] file average.txt format ' %.17g'\nrun 0\n",
        tmp_path,
        ranks,
    )
    got = read_dump(tmp_path / "dump.env")[0].numbers()[:, 1:].reshape(12, 5, 6)
    expected = [
        twin(box, types, x, 6.0, 3.0, reach=6.0),
        twin(box, types, x, 4.0, 3.1, "rational", (6, 12, 9.0), reach=9.0),
        twin(box, types, x, 4.0, 3.1, "cosine", (1.5,), reach=5.5),
        twin(box, types, x, 4.0, 3.0, reach=3.5 + 1.7 + 0.2, volume=(3.5, 0.2, 0.3)),
        twin(box, types, x, 4.0, 3.0, reach=3.5 + 2.27, volume=(3.5, 0.0, 0.3), connected=True, others=True),
    ]
    for k, table in enumerate(expected):
        np.testing.assert_allclose(got[:, k], table, rtol=1e-10, atol=1e-10, err_msg=f"compute {'abcvw'[k]}")
    average = np.loadtxt(tmp_path / "average.txt")[1:]
    known = np.where(expected[4] < 0, np.nan, expected[4])
    np.testing.assert_allclose(average, np.nanmean(known, axis=0), rtol=1e-10)
    assert 0 < expected[4][:, 3].mean() < 1 and 0 < expected[3][:, 3].mean() < 1


def test_box_smaller_than_the_sphere(tmp_path):
    """Simple cubic host, a = 3, one cell: all neighbors are images; the exact 9.102448 as well."""
    box = Box(3, 3, 3)
    write_data(tmp_path / "data.ions", box, [1], [[0.3, 0.4, 0.5]], MASSES)
    deck = (
        head(ghost=13.0)
        + """
compute a ions ion/environment 3.5 3.5 host switch rational 6 12 cut 10.0
compute b ions ion/environment 5.2 3.5 host volume 5.0 0.0 spacing 0.5 radii Na 1.2 others yes
compute c ions ion/environment 3.0 3.5 host
"""
        + DUMP.format(columns="c_a[1] c_b[1] c_b[3] c_b[4] c_b[5] c_b[6] c_c[1]")
        + "run 0\n"
    )
    good(deck, tmp_path)
    row = read_dump(tmp_path / "dump.env")[0].numbers()[0, 1:]
    assert abs(row[0] - 9.102448) < 5e-7
    assert row[1] == 26 and row[4] == 3.0 and row[5] == -1.0
    d, _, _ = neighbors(box, np.array([[0.3, 0.4, 0.5]]), np.array([1]), 0, 6.2)
    np.testing.assert_allclose(row[3], grid_volume(5.0, 0.5, [(p, 1.2) for p in d]), rtol=1e-12)


def test_neighbor_exactly_on_the_cutoff_counts(tmp_path):
    box = Box(30, 30, 30)
    x = [[10, 10, 10], [13, 10, 10], [10, 14, 10]]
    write_data(tmp_path / "data.ions", box, [1, 1, 2], x, MASSES)
    deck = (
        head() + "compute a ions ion/environment 3.0 4.0 host\ncompute b ions ion/environment 2.999999 3.999999 host\n"
    )
    good(deck + DUMP.format(columns="c_a[1] c_a[2] c_b[1] c_b[2]") + "run 0\n", tmp_path, 2)
    table = read_dump(tmp_path / "dump.env")[0].numbers()
    np.testing.assert_array_equal(table[0, 1:], [1, 1, 0, 0])


def test_isolated_ion_no_neighbors(tmp_path):
    box = Box(40, 40, 40)
    write_data(tmp_path / "data.ions", box, [1], [[20, 20, 20]], MASSES)
    deck = head() + "compute a ions ion/environment 3.0 4.0 host volume\nthermo_style custom c_a[3] c_a[5]\n"
    good(deck + DUMP.format(columns="c_a[*]") + "run 0\n", tmp_path, 4)
    row = read_dump(tmp_path / "dump.env")[0].numbers()[0, 1:]
    np.testing.assert_allclose(row, [0, 0, 4 / 3 * np.pi * 125, 1, -1, -1], rtol=1e-12)


def test_no_ions(tmp_path):
    box = Box(20, 20, 20)
    write_data(tmp_path / "data.ions", box, [2], [[10, 10, 10]], MASSES)
    deck = (
        head()
        + "compute a ions ion/environment 3.0 4.0 host volume\nfix o all ave/time 1 1 1 c_a[*] file o.txt\nrun 0\n"
    )
    good(deck, tmp_path, 2)
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "o.txt")[1:], [0, 0, 0, 0, -1, -1])


def uniform(seed, key, counter):
    def mix(z):
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    with np.errstate(over="ignore"):
        return (mix(mix(mix(np.uint64(seed)) ^ np.uint64(key)) ^ counter) >> np.uint64(11)).astype(float) * 2.0**-53


def test_monte_carlo_is_the_same_on_any_ranks_and_near_the_grid(tmp_path):
    box = BOXES["triclinic"]
    types, x = random_system(box, seed=9)
    tables = []
    for ranks in (1, 2, 4):
        folder = tmp_path / str(ranks)
        write_data(folder / "data.ions", box, types, x, MASSES)
        deck = (
            head()
            + """
compute m ions ion/environment 4.0 3.0 host volume 4.0 0.0 montecarlo 4000 77
compute g ions ion/environment 4.0 3.0 host volume 4.0 0.0 spacing 0.15
"""
        )
        good(deck + DUMP.format(columns="c_m[4] c_g[4]") + "run 0\n", folder, ranks)
        tables.append(read_dump(folder / "dump.env")[0].numbers())
    np.testing.assert_array_equal(tables[0], tables[1])
    np.testing.assert_array_equal(tables[0], tables[2])
    mc, grid = tables[0][:, 1], tables[0][:, 2]
    error = np.sqrt(grid * (1 - grid) / 4000)
    z = (mc - grid) / error
    print("deviations in standard errors:", z)
    assert np.abs(z).max() < 4.5 and 0.3 < np.sqrt((z**2).mean()) < 1.8
    # the same points by an independent generator, ion 1, step 0
    c = np.arange(4000, dtype=np.uint64) * np.uint64(3)
    r = 4.0 * np.cbrt(uniform(77, 1, c))
    cosine, phi = 2 * uniform(77, 1, c + np.uint64(1)) - 1, 2 * np.pi * uniform(77, 1, c + np.uint64(2))
    rho = np.sqrt(1 - cosine**2)
    p = np.c_[r * rho * np.cos(phi), r * rho * np.sin(phi), r * cosine]
    d, t, _ = neighbors(box, x, types, 0, 6.0)
    free = np.ones(4000, bool)
    for k in np.flatnonzero(t > 1):
        free &= ((p - d[k]) ** 2).sum(1) >= RADIUS[t[k]] ** 2
    assert abs(free.mean() - mc[0]) < 1e-12


def test_dynamics_with_npt_box_and_flips_one_is_four_ranks(tmp_path):
    box = BOXES["triclinic"]
    types, x = random_system(box, seed=4)
    tables = []
    for ranks in (1, 4):
        folder = tmp_path / str(ranks)
        write_data(folder / "data.ions", box, types, x, MASSES)
        deck = (
            head()
            + """
velocity all create 600 3 loop all
fix d all deform 1 xy erate 0.5 z erate -0.02 remap x flip yes
fix n all nve
timestep 0.01
neigh_modify every 1 delay 0 check yes
compute w ions ion/environment 5.0 3.0 host volume 3.5 0.0 spacing 0.3 connected yes switch cosine 0.5
dump d ions custom 50 dump.env id x y z c_w[*]
dump_modify d format float %.17g
dump b all custom 300 dump.all id type xu yu zu
dump_modify b format float %.17g
run 300
"""
        )
        good(deck, folder, ranks)
        tables.append(np.array([frame.numbers() for frame in read_dump(folder / "dump.env")]))
    np.testing.assert_allclose(tables[0][:, :, 4:], tables[1][:, :, 4:], rtol=1e-10, atol=1e-10)
    # the last frame against brute force in the box of that frame
    frame = read_dump(tmp_path / "1" / "dump.all")[-1]
    expected = twin(
        box_of(frame),
        frame["type"].astype(int),
        frame.numbers("xu", "yu", "zu"),
        5.0,
        3.0,
        "cosine",
        (0.5,),
        reach=5.5,
        volume=(3.5, 0.0, 0.3),
        connected=True,
    )
    np.testing.assert_allclose(tables[0][-1][:, 4:], expected, rtol=1e-10, atol=1e-10)


def test_rerun_and_access_by_stock_commands(tmp_path):
    box = BOXES["orthogonal"]
    types, x = random_system(box, seed=2)
    write_data(tmp_path / "data.ions", box, types, x, MASSES)
    deck = (
        head()
        + """
compute w ions ion/environment 5.0 3.0 host
compute sum ions reduce sum c_w[2]
compute least ions reduce min c_w[6]
variable many atom c_w[2]>2
compute count ions reduce sum v_many
thermo_style custom step c_w[1] c_w[2] c_sum c_least c_count
velocity all create 300 1
fix n all nve
dump d all custom 10 dump.all id type x y z ix iy iz
dump_modify d format float %.17g
fix o all ave/time 10 1 10 c_w[*] c_sum file live.txt format ' %.17g'
run 20
unfix o
undump d
reset_timestep 0
fix o all ave/time 10 1 10 c_w[*] c_sum file again.txt format ' %.17g'
rerun dump.all dump x y z ix iy iz
"""
    )
    result = good(deck, tmp_path, 2)
    live, again = result.table("live.txt"), result.table("again.txt")
    assert len(live) == 3
    np.testing.assert_allclose(live, again, rtol=1e-10)
    np.testing.assert_allclose(live[:, 2] * 12, live[:, 7], rtol=1e-12)


def test_type_labels_and_elements(tmp_path):
    box = BOXES["orthogonal"]
    types, x = random_system(box, seed=7)
    write_data(tmp_path / "data.ions", box, types, x, [1.0, 1.0, 1.0])  # masses say H everywhere
    deck = (
        head()
        + """
labelmap atom 1 Na 2 C 3 O
compute a ions ion/environment 4.0 3.0 host volume 3.5 0.0 spacing 0.3
compute b ions ion/environment 4.0 3.0 host volume 3.5 0.0 spacing 0.3 elements Na O C
compute c ions ion/environment 4.0 3.0 host volume 3.5 0.0 spacing 0.3 radii C 2.5 O 1.0
"""
    )
    good(deck + DUMP.format(columns="c_a[4] c_b[4] c_c[4]") + "run 0\n", tmp_path, threads=0)  # KOKKOS has no labels
    got = read_dump(tmp_path / "dump.env")[0].numbers()[:, 1:]
    for k, radii in enumerate([{2: 1.7, 3: 1.52}, {2: 1.52, 3: 1.7}, {2: 2.5, 3: 1.0}]):
        for row, i in zip(got, range(12)):
            d, t, _ = neighbors(box, x, types, i, 6.1)
            spheres = [(d[j], radii[t[j]]) for j in range(len(d)) if t[j] > 1]
            assert abs(row[k] - grid_volume(3.5, 0.3, spheres)) < 1e-12


WRONG = [
    ("", ["rIon", "lacks a value"]),
    ("-3.0 2.0 host", ["rIon", "-3"]),
    ("3.0 0 host", ["rHost", "0"]),
    ("3.0 abc host", ["rHost", "abc"]),
    ("3.0 2.0 nobody", ["nobody", "group"]),
    ("3.0 2.0 host switch soft", ["soft", "hard, rational, cosine"]),
    ("3.0 2.0 host switch rational 12 6", ["12 6", "m > n"]),
    ("3.0 2.0 host switch rational 6.5 12", ["6.5"]),
    ("3.0 2.0 host switch cosine -1", ["-1"]),
    ("3.0 2.0 host cut 0", ["cut", "0"]),
    ("3.0 2.0 host volume -5.0 0.0", ["-5"]),
    ("3.0 2.0 host volume 5.0 -0.1", ["-0.1"]),
    ("3.0 2.0 host volume spacing 0", ["spacing", "0"]),
    ("3.0 2.0 host volume spacing 0.001", ["0.001", "at least"]),
    ("3.0 2.0 host radii Xx 2.0", ["Xx"]),
    ("3.0 2.0 host radii C", ["radii C", "lacks"]),
    ("3.0 2.0 host radii C -1.0", ["radii C", "-1"]),
    ("3.0 2.0 host elements Na C", ["elements", "lacks"]),
    ("3.0 2.0 host elements Na C Qq", ["Qq"]),
    ("3.0 2.0 host volume elements Na C NULL", ["type 3", "radii"]),
    ("3.0 2.0 host volume elements Na C U", ["type 3", "'U'", "radii U R"]),
    ("3.0 2.0 host others perhaps", ["perhaps"]),
    ("3.0 2.0 host connected 1", ["'1'"]),
    ("3.0 2.0 host volume connected yes montecarlo 10 1", ["connected", "montecarlo"]),
    ("3.0 2.0 host montecarlo 0 1", ["montecarlo", "0"]),
    ("3.0 2.0 host montecarlo 10 -1", ["seed", "-1"]),
    ("3.0 2.0 host sauce hot", ["sauce"]),
    ("20.0 2.0 host", ["comm_modify cutoff 22"]),
    ("3.0 2.0 host volume 8.0 0.0", ["comm_modify cutoff 11.7"]),
]


@pytest.mark.parametrize("arguments,pieces", WRONG)
def test_wrong_input_is_refused(tmp_path, arguments, pieces):
    box = BOXES["orthogonal"]
    write_data(tmp_path / "data.ions", box, *random_system(box), MASSES)
    refused(
        head() + f"compute s ions ion/environment {arguments}\nthermo_style custom c_s[1]\nrun 0\n", tmp_path, *pieces
    )


def test_the_remedy_works(tmp_path):
    box = BOXES["orthogonal"]
    write_data(tmp_path / "data.ions", box, *random_system(box), MASSES)
    deck = "compute s ions ion/environment 3.0 2.0 host volume 8.0 0.0\nthermo_style custom c_s[1]\nrun 0\n"
    result = refused(head() + deck, tmp_path, "comm_modify cutoff", ranks=4)
    cutoff = re.search(r"comm_modify cutoff ([\d.]+)", result.error).group(1)
    good(head(cutoff) + deck, tmp_path, 4)


def test_examples_of_the_page(tmp_path):
    examples = page_examples("compute_ion_environment.rst", ".. code-block:: LAMMPS")
    assert examples
    box = BOXES["orthogonal"]
    write_data(tmp_path / "data.ions", box, *random_system(box), MASSES)
    good(head(13) + "\n".join(examples) + "\nrun 0\n", tmp_path)
