# SPDX-License-Identifier: GPL-2.0-only
"""The model of the decks' tests: NATROLITE_DECK_MODEL, which ctest makes once, or SevenNet-0, exported here."""

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


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """Path of a model file with Ti, C, O, H and Na."""
    given = os.environ.get("NATROLITE_DECK_MODEL")
    if given:
        return pathlib.Path(given)
    from natrolite.export import export
    from natrolite.exporters import sevennet

    path = tmp_path_factory.mktemp("model") / "sevennet-0.pt"
    export(sevennet, "sevennet-0", path, "float32")
    return path
