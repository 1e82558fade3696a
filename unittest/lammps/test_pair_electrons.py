# SPDX-License-Identifier: GPL-2.0-only
"""Keywords charge and spin: both conventions, parity, variables that change or use a compute."""

import lammps_run
import numpy as np
import pytest
import toy_systems
from ase import Atoms

SYSTEM = toy_systems.system("box")  # Ar8Ne6: 204 electrons


def point(toys, folder, model, keywords, ranks=1):
    lines = lammps_run.pair(toys / f"{model}.pt", SYSTEM.names, keywords)
    done = lammps_run.lmp(lammps_run.single_point("at", SYSTEM, folder, lines), folder, ranks)
    return lammps_run.point(done, "at")


@pytest.mark.parametrize("ranks", [1, 2])
def test_multiplicity_is_one_more_than_unpaired_electrons(ranks, toys, tmp_path):
    """The user gives unpaired electrons: a model in multiplicities is told one more."""
    unpaired = point(toys, tmp_path, "charged", "charge 1 spin 3", ranks)
    other = point(toys, tmp_path, "multiplicity", "charge 1 spin 3", ranks)
    fractional = point(toys, tmp_path, "charged", "charge 1.5 spin 3", ranks)  # no parity to check
    shifted = point(toys, tmp_path, "multiplicity", "charge 1.5 spin 2", ranks)
    assert other.energy != pytest.approx(unpaired.energy, abs=1e-6)
    assert shifted.energy == pytest.approx(fractional.energy, abs=1e-12)


REFUSED = {
    "odd spin": ("charge 0 spin 1", ["204 electrons", "charge 0", "spin 1", "even number"]),
    "odd charge": ("charge 1", ["203 electrons", "charge 1", "spin 0", "odd number"]),
    "too many": ("charge 200 spin 6", ["4 electrons", "spin 6"]),
    "fraction": ("spin 1.5", ["spin is 1.5", "whole number"]),
    "negative": ("spin -2", ["spin is -2", "whole number"]),
}


@pytest.mark.parametrize("ranks", [1, 4])
@pytest.mark.parametrize("name", list(REFUSED))
def test_parity(name, ranks, toys, tmp_path):
    keywords, words = REFUSED[name]
    lines = lammps_run.pair(toys / "charged.pt", SYSTEM.names, keywords)
    deck = lammps_run.single_point("at", SYSTEM, tmp_path, lines)
    done = lammps_run.attempt(deck, tmp_path, ranks)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert all(word in done.errors()[0] for word in words), done.errors()


@pytest.mark.parametrize("ranks", [1, 2])
def test_parity_in_the_middle_of_a_run(ranks, toys, tmp_path):
    """A variable that reaches an impossible charge ends the run there, on all ranks."""
    lines = "variable q equal floor(step/3)\n"
    lines += lammps_run.pair(toys / "charged.pt", SYSTEM.names, "charge v_q spin 0")
    deck = lammps_run.single_point("at", SYSTEM, tmp_path, lines) + "thermo 1\nrun 5\n"
    done = lammps_run.attempt(deck, tmp_path, ranks)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert "203 electrons" in done.errors()[0] and "\n         2 " in done.output


def test_null_types_have_no_electrons(toys, tmp_path):
    """Only atoms of the model count: H is left to another style, so 18 electrons remain, not 19."""
    s = lammps_run.System(Atoms("ArH", [[0, 0, 0], [0, 0, 9.0]]), ["Ar", "H"])
    lines = f"pair_style hybrid equivariant charge 0 spin 2 zero 5.0\npair_coeff * * equivariant {toys / 'charged.pt'} Ar NULL\npair_coeff * 2 zero"
    lammps_run.lmp(lammps_run.single_point("at", s, tmp_path, lines), tmp_path)


@pytest.mark.parametrize("ranks", [1, 2])
def test_variable_of_a_compute(ranks, toys, tmp_path):
    """A charge may follow a compute: the charges sum to what the variable says on every step."""
    lines = f"""
compute where all reduce max x
variable q equal 0.01*c_where
pair_style equivariant charge v_q spin 0
pair_coeff * * {toys / "charged.pt"} Ar Ne
fix field all pair 1 equivariant charge 0
compute sum all reduce sum f_field
"""
    deck = lammps_run.single_point("at", SYSTEM, tmp_path, lines)
    deck += """
fix move all nve
velocity all create 300 5 loop geom
thermo_style custom step v_q c_sum
thermo_modify format float %.17g
thermo 1
run 4 post no
"""
    done = lammps_run.lmp(deck, tmp_path, ranks)
    rows = done.output.splitlines()
    start = max(k for k, line in enumerate(rows) if line.split() == ["Step", "v_q", "c_sum"])
    found = np.array([row.split() for row in rows[start + 1 : start + 6]], float)
    assert np.allclose(found[:, 1], found[:, 2], atol=1e-12) and len(set(found[:, 1])) == 5
