# SPDX-License-Identifier: GPL-2.0-only
"""The compute of unittest/skeletons, which doc/CONTRIBUTING.rst shows, in a plugin of its own."""

import os
import pathlib

import lammps_run
import numpy as np
import pytest
from harness import BOXES, good, refused, write_data

PLUGIN = pathlib.Path(os.environ["NATROLITE_DECK_SERVER"]).parent / "skeletons" / "skeletonplugin.so"
pytestmark = pytest.mark.skipif(lammps_run.KOKKOS, reason="the skeleton is built for the LAMMPS without KOKKOS alone")

HEAD = f"""units metal
atom_style atomic
box tilt large
read_data data.two
pair_style zero 6.0
pair_coeff * *
plugin load {PLUGIN}
group heavy type 2
group none empty
"""


def write(folder):
    """Atoms anywhere; return their heights and masses, not wrapped."""
    rng, box = np.random.default_rng(5), BOXES["triclinic"]
    x, types = box.lo + rng.random((30, 3)) @ box.h, rng.integers(1, 3, 30)
    image = rng.integers(-2, 3, (30, 3))
    write_data(folder / "data.two", box, types, x, [12.0, 23.0], images=image)
    return (x + image @ box.h)[:, 2], np.array([12.0, 23.0])[types - 1]


@pytest.mark.parametrize("ranks", [1, 4])
def test_mean_heights(tmp_path, ranks):
    z, mass = write(tmp_path)
    computes = ["all mean/height", "all mean/height weight mass", "heavy mean/height", "none mean/height"]
    deck = HEAD + "".join(f"compute {k} {words}\n" for k, words in enumerate(computes))
    deck += 'run 0\nprint "means $(c_0:%.15g) $(c_1:%.15g) $(c_2:%.15g) $(c_3:%.15g)"\n'
    text = good(deck, tmp_path, ranks).text
    means = [float(word) for word in text.split("\nmeans ")[1].split()[:4]]
    np.testing.assert_allclose(means, [z.mean(), z @ mass / mass.sum(), z[mass > 20].mean(), 0.0], rtol=1e-12)


def test_wrong_words_are_refused(tmp_path):
    write(tmp_path)
    refused(HEAD + "compute a all mean/height weight half\n", tmp_path, "mean/height", "half", "number, mass")
    refused(HEAD + "compute a all mean/height width 1\n", tmp_path, "mean/height", "width", "weight")
