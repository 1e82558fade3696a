# SPDX-License-Identifier: GPL-2.0-only
"""The model of the decks' tests: the shipped potential that a module names."""

import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lammps"), str(HERE.parents[1] / "python")]
sys.path.append(str(HERE.parent / "model"))
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def natrolite(capsys):
    """Run the command in this process: natrolite(*arguments) -> (exit code, output, error text)."""
    from natrolite.cli import main

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="module")
def model(request):
    """Path of the shipped potential of the decks of a module."""
    return HERE.parents[1] / "potentials" / request.module.POTENTIAL
