# SPDX-License-Identifier: GPL-2.0-only
"""compute layer/spacing against least squares by NumPy."""

import numpy as np
import pytest
from harness import BOXES, Box, good, page_examples, read_vectors, refused, write_data

HEAD = """units metal
atom_style atomic
{boundary}
box tilt large
read_data data.layers
pair_style zero 6.0
pair_coeff * *
group low type 1
group mid type 2
group top type 3
group none empty
"""


def twin(box, layers, masses=None, closing=False):
    """Least squares by numpy.linalg.lstsq, layer by layer."""
    fitted = []
    for k, x in enumerate(layers):
        x, _ = box.wrap(x)
        x = x[0] + box.minimum_image(x - x[0])
        w = np.ones(len(x)) if masses is None else masses[k]
        c = (w[:, None] * x).sum(0) / w.sum()
        a = np.c_[x[:, :2] - c[:2], np.ones(len(x))] * np.sqrt(w)[:, None]
        slope = np.linalg.lstsq(a, (x[:, 2] - c[2]) * np.sqrt(w), rcond=None)[0][:2]
        residual = x[:, 2] - c[2] - (x[:, :2] - c[:2]) @ slope
        n = np.array([-slope[0], -slope[1], 1.0]) / np.sqrt(1 + slope @ slope)
        fitted.append((c, slope, n, np.sqrt((w * residual**2).sum() / w.sum()) * n[2]))
    pairs = list(zip(fitted[:-1], fitted[1:])) + ([(fitted[-1], fitted[0])] if closing else [])
    rows = []
    for (c0, s0, n0, r0), (c1, s1, n1, r1) in pairs:
        d = c1 - c0
        d = d - np.floor(d[2] / box.h[2, 2]) * box.h[2]
        z = d[2]
        for k in (1, 0):
            d = d - np.ceil(d[k] / box.h[k, k] - 0.5) * box.h[k]
        m = (n0 + n1) / np.linalg.norm(n0 + n1)
        perpendicular = (z - 0.5 * (s0 + s1) @ d[:2]) * m[2]
        tilt = np.degrees(np.arctan2(np.linalg.norm(np.cross(n0, n1)), n0 @ n1))
        rows.append([z, perpendicular, tilt, r0, r1])
    return np.array(rows)


def random_layers(box, seed, heights):
    rng = np.random.default_rng(seed)
    layers = []
    for k, z in enumerate(heights):
        f = rng.random((40 + 7 * k, 3))
        x = box.lo + f @ box.h
        shift = (z - x[:, 2] + 0.3 * rng.standard_normal(len(x))) / box.h[2, 2]
        layers.append(x + shift[:, None] * box.h[2])
    return layers


def write_layers(folder, box, layers):
    types = np.concatenate([np.full(len(x), k + 1) for k, x in enumerate(layers)])
    write_data(folder / "data.layers", box, types, np.concatenate(layers), [12.0, 47.9, 16.0])


OUT = """
fix o all ave/time 1 1 1 c_s[*] mode vector file rows.txt format ' %.17g'
variable v equal c_s
fix w all ave/time 1 1 1 v_v file scalar.txt format ' %.17g'
"""


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
def test_random_layers_against_least_squares(tmp_path, kind, ranks):
    box = BOXES[kind]
    layers = random_layers(box, 3, [1.0, 9.0, 16.0])  # the first one straddles the face
    write_layers(tmp_path, box, layers)
    deck = (
        HEAD.format(boundary="")
        + """
compute s all layer/spacing low mid top periodic yes
compute a all layer/spacing auto 2.5 periodic yes
fix p all ave/time 1 1 1 c_a[1] mode vector file auto.txt format ' %.17g'
thermo_style custom step c_s c_s[1] c_s[2] c_s[3] c_s[3][5]
"""
        + OUT
        + "run 0\n"
    )
    result = good(deck, tmp_path, ranks)
    got = read_vectors(tmp_path / "rows.txt")[0][1]
    expected = twin(box, layers, closing=True)
    np.testing.assert_allclose(got, expected, rtol=1e-10)
    np.testing.assert_allclose(result.table("scalar.txt")[0, 1], expected[:, 0].mean(), rtol=1e-10)
    # the clustering starts with its own lowest layer: the same gaps, turned around
    turned = read_vectors(tmp_path / "auto.txt")[0][1].ravel()
    np.testing.assert_allclose(sorted(turned), sorted(expected[:, 0]), rtol=1e-10)


def test_mass_weights(tmp_path):
    box = BOXES["triclinic"]
    layers = random_layers(box, 5, [4.0, 9.0, 16.0])
    types = [np.r_[1, np.full(len(layers[0]) - 1, 3)], np.full(len(layers[1]), 2), np.full(len(layers[2]), 3)]
    mass = np.array([0.0, 12.0, 47.9, 16.0])
    write_data(tmp_path / "data.layers", box, np.concatenate(types), np.concatenate(layers), mass[1:])
    n0, n1 = len(layers[0]), len(layers[1])
    deck = (
        HEAD.format(boundary="")
        + f"""
group one id 1:{n0}
group two id {n0 + 1}:{n0 + n1}
compute s all layer/spacing one two weight mass
"""
        + OUT
        + "run 0\n"
    )
    good(deck, tmp_path)
    expected = twin(box, layers[:2], masses=[mass[types[0]], mass[types[1]]])
    got = read_vectors(tmp_path / "rows.txt")[0][1]
    np.testing.assert_allclose(got[:, [0, 1, 3, 4]], expected[:, [0, 1, 3, 4]], rtol=1e-10)
    assert abs(expected[0, 0] - twin(box, layers[:2])[0, 0]) > 1e-4, "the weights must matter"


def test_four_layers_exact(tmp_path):
    box = Box(10, 10, 60)
    f = np.mgrid[0:5, 0:5].reshape(2, -1).T * 2.0
    layers = [np.c_[f, np.full(25, z)] for z in (1.0, 10.5, 19.9, 29.5)]
    write_data(tmp_path / "data.layers", box, np.repeat([1, 2, 3, 1], 25), np.concatenate(layers), [12.0, 47.9, 16.0])
    deck = HEAD.format(boundary="") + "compute s all layer/spacing auto" + OUT + "run 0\n"
    result = good(deck, tmp_path, 2)
    np.testing.assert_allclose(result.table("scalar.txt")[0, 1], 9.5, atol=1e-12)
    rows = read_vectors(tmp_path / "rows.txt")[0][1]
    np.testing.assert_allclose(rows[:, 0], [9.5, 9.4, 9.6], atol=1e-12)
    np.testing.assert_allclose(rows[:, 2:], 0.0, atol=1e-10)


def test_group_of_the_compute_masks_atoms(tmp_path):
    box = BOXES["orthogonal"]
    layers = random_layers(box, 8, [4.0, 9.0, 16.0])
    write_layers(tmp_path, box, layers)
    deck = HEAD.format(boundary="") + "group even id 2:200:2\ncompute s even layer/spacing low mid" + OUT + "run 0\n"
    good(deck, tmp_path)
    n = len(layers[0])
    expected = twin(box, [layers[0][1::2], layers[1][(n + 1) % 2 :: 2]])
    got = read_vectors(tmp_path / "rows.txt")[0][1]
    np.testing.assert_allclose(got[:, 0], expected[:, 0], rtol=1e-10)


def test_moving_box_and_migration_one_is_four_ranks(tmp_path):
    """NPT-like deformation with box flips; atoms stream through the faces."""
    box = BOXES["triclinic"]
    layers = random_layers(box, 4, [1.0, 9.0, 16.0])
    tables = {}
    for ranks in (1, 2, 4):
        folder = tmp_path / str(ranks)
        write_layers(folder, box, layers)
        deck = (
            HEAD.format(boundary="")
            + """
velocity all set 0.0 0.0 3.0
fix d all deform 1 xy erate 0.5 z erate 0.01 remap x flip yes units box
fix n all nve
timestep 0.01
neigh_modify every 1 delay 0 check yes
compute s all layer/spacing auto 2.5 periodic yes
thermo 50
thermo_style custom step xy c_s
fix o all ave/time 50 1 50 c_s[*] mode vector file rows.txt format ' %.17g'
run 300
"""
        )
        result = good(deck, folder, ranks)
        tables[ranks] = np.concatenate([b for _, b in read_vectors(folder / "rows.txt")])
        xy = [float(r.split()[1]) for r in result.text.splitlines() if r.split()[:1] in [["50"], ["300"], ["200"]]]
        assert min(np.diff(xy)) < -1.0, "the box must have flipped"
        assert np.isfinite(tables[ranks]).all()
    for ranks in (2, 4):
        np.testing.assert_allclose(tables[ranks], tables[1], rtol=1e-10)
    np.testing.assert_allclose(tables[1][:3, 0].sum(), 24.0, rtol=1e-10)


def test_rerun_gives_the_live_numbers(tmp_path):
    box = BOXES["orthogonal"]
    layers = random_layers(box, 6, [2.0, 9.0, 16.0])
    write_layers(tmp_path, box, layers)
    live = (
        HEAD.format(boundary="")
        + """
velocity all create 300 1
fix n all nve
compute s all layer/spacing low mid top
dump d all custom 20 dump.layers id type x y z ix iy iz
dump_modify d format float %.17g
fix o all ave/time 20 1 20 c_s[*] mode vector file live.txt format ' %.17g'
run 60
undump d
unfix o
reset_timestep 0
fix o all ave/time 20 1 20 c_s[*] mode vector file again.txt format ' %.17g'
rerun dump.layers dump x y z ix iy iz
"""
    )
    good(live, tmp_path)
    a, b = read_vectors(tmp_path / "live.txt"), read_vectors(tmp_path / "again.txt")
    assert [s for s, _ in a] == [s for s, _ in b] == [0, 20, 40, 60]
    for (_, p), (_, q) in zip(a, b):
        np.testing.assert_allclose(p, q, rtol=1e-10)


WRONG = [
    ("low", ["at least 2 layers", "1"]),
    ("low nobody", ["nobody", "group"]),
    ("low mid weight charge", ["charge", "mass"]),
    ("low mid weight", ["weight", "lacks a value"]),
    ("low mid periodic maybe", ["maybe", "yes"]),
    ("low mid speed 3", ["speed"]),
    ("low mid weight mass speed 3", ["speed", "weight, periodic"]),
    ("auto -1.5", ["-1.5"]),
    ("auto 50", ["auto 50", "smaller gap"]),
    ("auto 1e-6", ["auto 1e-06", "too fine", "at least 1.4e-05"]),
    ("low none", ["none", "no atoms"]),
]


@pytest.mark.parametrize("arguments,pieces", WRONG)
def test_wrong_input_is_refused(tmp_path, arguments, pieces):
    write_layers(tmp_path, BOXES["orthogonal"], random_layers(BOXES["orthogonal"], 3, [4, 9, 16]))
    deck = HEAD.format(boundary="") + f"compute s all layer/spacing {arguments}\nthermo_style custom c_s\nrun 0\n"
    refused(deck, tmp_path, *pieces)


def test_refusal_on_four_ranks_does_not_hang(tmp_path):
    write_layers(tmp_path, BOXES["orthogonal"], random_layers(BOXES["orthogonal"], 3, [4, 9, 16]))
    deck = HEAD.format(boundary="") + "compute s all layer/spacing low none\nthermo_style custom c_s\nrun 0\n"
    refused(deck, tmp_path, "no atoms", ranks=4)


def test_closing_gap_needs_a_periodic_box(tmp_path):
    write_layers(tmp_path, BOXES["orthogonal"], random_layers(BOXES["orthogonal"], 3, [4, 9, 16]))
    deck = HEAD.format(boundary="boundary p p f") + "compute s all layer/spacing low mid periodic yes\n"
    refused(deck, tmp_path, "boundary p p p")


def test_examples_of_the_page(tmp_path):
    examples = page_examples("compute_layer_spacing.rst", ".. code-block:: LAMMPS")
    assert examples
    write_layers(tmp_path, BOXES["orthogonal"], random_layers(BOXES["orthogonal"], 3, [4, 9, 16]))
    good(HEAD.format(boundary="") + "\n".join(examples) + "\nrun 0\n", tmp_path)
