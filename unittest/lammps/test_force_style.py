# SPDX-License-Identifier: GPL-2.0-only
"""LAMMPS' own test of pair styles (test_pair_style and its YAML files) on toy models.

It compares forces, stress and energies, before and after 4 steps, of the plain style and of /kk on 4
threads, from restart and data files too, with newton pair on and off asked for, against a YAML file.
The model lj is held to values of LAMMPS' lj/cut, the message-passing one to those of the plain style.
"""

import pathlib
import os
import re
import subprocess

import lammps_run
import numpy as np
import pytest
import toy_systems

TESTER = os.environ.get("NATROLITE_TESTER", "")
pytestmark = pytest.mark.skipif(
    not pathlib.Path(TESTER).is_file(),
    reason="needs LAMMPS' test_pair_style: cmake --workflow --preset test-kokkos, or NATROLITE_TESTER",
)
EPSILON = 1e-11  # relative, of each number
DECK = """
variable newton_pair index on
variable newton_bond index on
variable input_dir index .
variable data_file index ${input_dir}/liquid.data
variable pair_style index 'zero 8.0'
units metal
atom_style atomic
atom_modify map array
neigh_modify delay 2 every 2 check no
timestep 0.001
newton ${newton_pair} ${newton_bond}
pair_style ${pair_style}
read_data ${data_file}
mass * 20.0
"""


def yaml(style, coefficients):
    """Return a file of the tester without the values, which its option -g adds."""
    lines = ["---", "lammps_version: none", "date_generated: none", f"epsilon: {EPSILON}", "skip_tests:"]
    lines += ["prerequisites: ! |", f"  pair {style.split()[0]}", "pre_commands: ! |"]
    lines += ["  variable newton_pair delete", "  variable newton_pair index on", 'post_commands: ! ""']
    lines += ["input_file: in.toys", f"pair_style: {style}", "pair_coeff: ! |"]
    lines += [f"  {line}" for line in coefficients]
    return "\n".join([*lines, "extract: ! |", "natoms: 0", "init_vdwl: 0", "init_coul: 0", "..."]) + "\n"


def run_tester(folder, file, *options):
    """Return the output of a tester that must succeed."""
    command = [TESTER, file, "-d", ".", *options]  # -g ends it: -d comes first
    done = subprocess.run(
        command, cwd=folder, env=lammps_run.environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def check(folder, reference, style, coefficients):
    """Test a style against reference values, which are those of another."""
    toy_systems.system("liquid").write(folder / "liquid.data")
    (folder / "in.toys").write_text(DECK)
    (folder / "blank.yaml").write_text(reference)
    run_tester(folder, "blank.yaml", "-g", "values.yaml")
    values = (folder / "values.yaml").read_text()
    assert len(re.findall(r"(?m)^ +\d+( +\S+e[+-]\d+){3}$", values)) == 2 * len(toy_systems.system("liquid"))
    head, tail = values.split("pair_style:")[0], values[values.index("natoms:") :]
    lines = [f"pair_style: {style}", "pair_coeff: ! |", *(f"  {line}" for line in coefficients)]
    lines += ["extract: ! |", "  cutoff 0", "  num_layers 0", "  total_charge 0"]
    head = re.sub(r"(?m)^  pair .*", f"  pair {style.split()[0]}", head)
    (folder / "style.yaml").write_text(head + "\n".join(lines) + "\n" + tail)
    out = run_tester(folder, "style.yaml")
    for name in ["plain", "kokkos_omp", "extract"]:
        assert re.search(rf"\[ +OK \] PairStyle\.{name} ", out), out[-3000:]


def test_lennard_jones_has_the_values_of_lj_cut(toys, tmp_path):
    energy, size = np.array([0.0104, 0.0031]), np.array([3.4, 2.74])
    coefficients = [
        f"{i + 1} {j + 1} {np.sqrt(energy[i] * energy[j]):.17g} {0.5 * (size[i] + size[j]):.17g}"
        for i, j in [(0, 0), (0, 1), (1, 1)]
    ]
    check(tmp_path, yaml("lj/cut 8.5", coefficients), "equivariant", [f"* * {toys / 'lj.pt'} Ar Ne"])


def test_message_passing_kk_has_the_values_of_the_plain_style(toys, tmp_path):
    coefficients = [f"* * {toys / 'mp3.pt'} Ar Ne"]
    check(tmp_path, yaml("equivariant", coefficients), "equivariant", coefficients)
