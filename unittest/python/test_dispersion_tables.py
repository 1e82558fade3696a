# SPDX-License-Identifier: GPL-2.0-only
"""The element data in src/core are what tools/dispersion_tables.py writes."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_tables_are_those_of_the_package(tmp_path):
    python = os.environ.get("NATROLITE_PYTHON_d3")
    if not python:
        pytest.skip("no environment d3 with torch-dftd: give NATROLITE_PROVIDE=ON or -DNATROLITE_PYTHON_d3=PYTHON")
    subprocess.run([python, ROOT / "tools" / "dispersion_tables.py", tmp_path], check=True)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["dispersion_references.cpp", "dispersion_tables.cpp"]
    for name in written:
        assert (tmp_path / name).read_text() == (ROOT / "src" / "core" / name).read_text(), name
