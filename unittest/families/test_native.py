# SPDX-License-Identifier: GPL-2.0-only
"""The tests of lammps/test_pair_native.py with the Allegro and NequIP files of make_nequip.py."""

import re

import lammps_run
import pytest
import test_pair_native
from ase.build import bulk
from ase.io import write
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


def test_memory_that_lammps_prints_is_what_the_process_takes(made, tmp_path, measured):
    """What a charged network keeps of every atom is by far the most: both grow by it from 216 to 1728 atoms."""
    file, numbers = made("spookynet")[0] / "spookynet-float32.pt", []
    for repeat in (3, 6):
        atoms = bulk("C", "diamond", a=3.57, cubic=True).repeat(repeat)
        atoms.rattle(0.05, seed=1)
        write(tmp_path / f"{repeat}.data", atoms, format="lammps-data", specorder=["C"])
        deck = f"units metal\natom_style atomic\natom_modify map yes\nread_data {repeat}.data\nmass 1 12.011\n"
        deck += lammps_run.pair(file, ["C"], "evaluator native") + "\nrun 0 post no\ninfo memory\n"
        deck += 'shell "grep VmHWM /proc/$PPID/status"\n'
        numbers.append(memory(lammps_run.lmp(deck, tmp_path, fresh=True).output))
    (printed, peak), (more_printed, more_peak) = numbers
    measured("growth: printed MB, peak MB", "spookynet", more_printed - printed, more_peak - peak)
    assert more_printed - printed == pytest.approx(more_peak - peak, rel=0.3)


def memory(output):
    """Return the memory that LAMMPS counts, and the peak of the resident set since the program began (MB).

    The maximum that LAMMPS prints is getrusage's, which starts at the size of the process that called exec.
    """
    counted = float(re.search(r"Total dynamically allocated memory: (\S+)", output).group(1))
    return counted, float(re.search(r"VmHWM:\s+(\d+) kB", output).group(1)) / 1024
