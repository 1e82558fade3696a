# SPDX-License-Identifier: GPL-2.0-only
"""The tests of lammps/test_pair_native.py with the Allegro and NequIP files of make_nequip.py."""

import pytest
import test_pair_native
from test_pair_native import (  # noqa: F401  (pytest runs them with the files below)
    test_forces_are_the_derivative_of_the_energy,
    test_instruction_sets_agree,
    test_per_atom_results_are_those_of_libtorch,
    test_the_same_bits_twice_with_threads,
)


@pytest.fixture(params=["allegro-zbl", "allegro-spline", "nequip-cutoffs"])
def file(request, made):
    return made("nequip")[0] / f"{request.param}.pt"


def test_spoiled_descriptions(made, tmp_path):
    test_pair_native.test_spoiled_descriptions(made("nequip")[0] / "allegro-spline.pt", tmp_path)
