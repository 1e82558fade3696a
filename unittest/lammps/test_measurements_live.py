# SPDX-License-Identifier: GPL-2.0-only
"""All measurements in one live run, against the numpy twins in the positions and box of every frame."""

import lammps_run
import numpy as np
import pytest
import test_ion_environment
import test_layer_map
import test_layer_spacing
import test_rdf_site
from harness import Box, box_of, good, read_vectors, write_data
from transport import brute, unwrapped

BOX = Box(20.0, 19.0, 16.0, xy=5.0, lo=(-1.0, 2.0, 0.5))
DECK = """units metal
atom_style molecular
read_data data.live
pair_style lj/cut 5.0
pair_coeff * * 0.01 2.1
comm_modify cutoff 9.0
neigh_modify every 1 delay 0 check yes
group ions type 1
group low type 2
group top type 3
group host type 2 3
timestep 0.002
velocity all create 300 {seed} loop all
{move}
compute sites host chunk/atom molecule
compute e ions ion/environment 6.0 4.0 host switch cosine 1.0 volume 3.5 0.0 spacing 0.3
compute s all layer/spacing low top periodic yes
compute k all layer/map low top 6 5
compute b all layer/map low top 3 4 mode bin
compute n all layer/map low top 5 6 mode node
compute r host rdf/site 20 7.0 ions sites
compute p all pe
fix t ions ion/transport 10 maxlag 8 msd {name}.msd
fix v ions ocv 10 1 10 file {name}.energy
variable g equal c_s
dump d all custom 10 {name}.dump id type mol x y z xu yu zu c_e[*]
dump_modify d format float %.17g
fix 0 all ave/time 10 1 10 c_p v_g file {name}.scalars format ' %.17g'
fix 1 all ave/time 10 1 10 c_s[*] mode vector file {name}.spacing format ' %.17g'
fix 2 all ave/time 10 1 10 c_k[*] mode vector file {name}.kernel format ' %.17g'
fix 3 all ave/time 10 1 10 c_b[*] mode vector file {name}.bin format ' %.17g'
fix 4 all ave/time 10 1 10 c_n[*] mode vector file {name}.node format ' %.17g'
fix 5 all ave/time 10 1 10 c_r[*] mode vector file {name}.rdf format ' %.17g'
run 100
"""
MOVES = {
    "npt": "fix i all npt temp 300 300 0.1 tri 1e4 1e4 0.1",
    "flip": "fix i all nve\nfix m all deform 1 xy erate 1.5 remap x flip yes",
    "recenter": "velocity all set 30 20 10 sum yes\nfix i all nve\nfix c all recenter 0.5 0.4 0.3 units fraction",
}
SAME = {"rtol": 1e-10, "atol": 1e-10}


def write(folder, ions=8):
    """Two layers, the lower one over the face, in molecules of 2 x 2 atoms; ions beside them."""
    rng = np.random.default_rng(4)
    grid = np.mgrid[0:8, 0:8].reshape(2, -1).T / 8.0
    layers = [BOX.lo + grid @ BOX.h[:2] + [0, 0, z] + 0.15 * rng.standard_normal((64, 3)) for z in (0.1, 7.8)]
    spots = rng.permutation(np.mgrid[0:4, 0:4, 0:2].reshape(3, -1).T)[:ions] / [4.0, 4.0, 2.0] + [0.06, 0.06, 0.24]
    x = np.concatenate([spots @ BOX.h + BOX.lo, *layers])
    square = np.arange(8) // 2
    square = (4 * square[:, None] + square).ravel()
    molecules = np.r_[np.zeros(ions, int), 1 + square, 17 + square]
    write_data(
        folder / "data.live", BOX, np.repeat([1, 2, 3], [ions, 64, 64]), x, [22.99, 12.011, 15.999], molecules=molecules
    )


def compare(folder, name):
    """Every table of a run against its definition. Returns the boxes."""
    frames = lammps_run.read_dump(folder / f"{name}.dump")
    boxes = [box_of(frame) for frame in frames]
    tables = {key: read_vectors(folder / f"{name}.{key}") for key in ("spacing", "kernel", "bin", "node", "rdf")}
    assert len(boxes) == len(frames) == 11 and all(len(t) == 11 for t in tables.values())
    for k, (box, frame) in enumerate(zip(boxes, frames)):
        step, types, x = frame.step, frame["type"].astype(int), frame.numbers("x", "y", "z")
        layers = [x[types == 2], x[types == 3]]
        expected = {
            "spacing": test_layer_spacing.twin(box, layers, closing=True),
            "kernel": test_layer_map.twin(box, layers, 6, 5, "kernel"),
            "bin": test_layer_map.twin(box, layers, 3, 4, "bin"),
            "node": test_layer_map.twin(box, layers, 5, 6, "node"),
            "rdf": test_rdf_site.twin(
                box,
                (np.where(types[:, None] == 1, x, frame.numbers("xu", "yu", "zu")), types, frame["mol"].astype(int)),
                20,
                7.0,
            ),
        }
        for key, table in tables.items():
            assert table[k][0] == step and np.isfinite(expected[key]).all()
            np.testing.assert_allclose(table[k][1], expected[key], **SAME, err_msg=f"{key}, step {step}")
        environment = test_ion_environment.twin(
            box, types, x, 6.0, 4.0, "cosine", (1.0,), reach=7.0, volume=(3.5, 0.0, 0.3)
        )
        np.testing.assert_allclose(
            frame.numbers()[types == 1, 9:], environment, **SAME, err_msg=f"environment, step {step}"
        )
    track = unwrapped(folder / f"{name}.dump")
    np.testing.assert_allclose(np.loadtxt(folder / f"{name}.msd")[:, 1:], brute(track, 8), **SAME)
    scalars = np.loadtxt(folder / f"{name}.scalars")
    gaps = [table[:, 0].mean() for _, table in tables["spacing"]]
    np.testing.assert_allclose(scalars[:, 2], gaps, rtol=1e-12)
    energy = np.atleast_2d(np.loadtxt(folder / f"{name}.energy"))
    np.testing.assert_allclose(energy[0, 1], scalars[:, 1].mean(), rtol=1e-10)
    return boxes


@pytest.mark.parametrize("ranks", [1, 4])
@pytest.mark.parametrize("move", MOVES)
def test_moving_box_against_the_twins(tmp_path, move, ranks):
    write(tmp_path)
    good(DECK.format(seed=7, move=MOVES[move], name="a"), tmp_path, ranks)
    boxes = compare(tmp_path, "a")
    volumes, tilts = [b.volume for b in boxes], [b.h[1, 0] for b in boxes]
    if move == "npt":
        assert abs(volumes[-1] / volumes[0] - 1) > 0.01 and np.ptp([b.h[2, 0] for b in boxes]) > 1e-3
    if move == "flip":
        assert np.diff(tilts).min() < -15, "the box must flip"


def test_partitions_measure_on_their_own(tmp_path):
    write(tmp_path)
    deck = "variable name world a b\nvariable seed world 7 8\n" + DECK.format(
        seed="${seed}", move=MOVES["npt"], name="${name}"
    )
    done = lammps_run.attempt(deck, tmp_path, 4, ["-partition", "2x2", "-plog", "none", "-pscreen", "none"])
    assert done.code == 0, done.tail()
    compare(tmp_path, "a")
    compare(tmp_path, "b")
    assert (tmp_path / "a.msd").read_text() != (tmp_path / "b.msd").read_text()


@pytest.mark.parametrize("ions", [0, 1])
def test_no_ion_and_one_ion(tmp_path, ions):
    write(tmp_path, ions)
    good(DECK.format(seed=7, move=MOVES["npt"], name="a"), tmp_path, 4)
    for name in ("msd", "energy", "kernel", "bin", "node", "rdf", "spacing", "dump", "scalars"):
        text = (tmp_path / f"a.{name}").read_text().lower()
        assert "nan" not in text and "inf" not in text, name
    if ions:
        track = unwrapped(tmp_path / "a.dump")
        np.testing.assert_allclose(np.loadtxt(tmp_path / "a.msd")[:, 1:], brute(track, 8), **SAME)
