# SPDX-License-Identifier: GPL-2.0-only
"""The models of the families; the runner of LAMMPS decks is that of unittest/lammps."""

import functools
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "lammps")]

# glibc 2.41 opens the libraries of a .pt2 only so; older ones do not know the name
os.environ.setdefault("GLIBC_TUNABLES", "glibc.rtld.execstack=2")

from measured import measured, pytest_terminal_summary  # noqa: E402, F401


# family -> environment with an older version of its program, whose files differ
OLDER = {"sevennet": "sevenn012", "nequip06": "nequip05"}


def python_of(family):
    """Return the interpreter of a family's environment; skips the test where there is none.

    A family without a cmake/pins-FAMILY.txt has its packages in the environment of all other tests.
    """
    if not (HERE.parents[1] / "cmake" / f"pins-{family}.txt").exists():
        return sys.executable
    python = os.environ.get(f"NATROLITE_PYTHON_{family}")
    if not python:
        pytest.skip(
            f"no environment for {family}: configure with NATROLITE_PROVIDE=ON or -DNATROLITE_PYTHON_{family}=PYTHON"
        )
    return python


def sources():
    """Return a digest of all that the files of the families are made by."""
    top = HERE.parent.parent
    patterns = ["python/natrolite/**/*.py", "unittest/*.py", "cmake/pins*.txt"]
    patterns += ["unittest/families/make_*.py", "unittest/families/case_file.py"]
    files = sorted(path for pattern in patterns for path in top.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def make(family, folder):
    command = [python_of(family), HERE / f"make_{family}.py", folder]
    older = os.environ.get(f"NATROLITE_PYTHON_{OLDER.get(family)}")
    if older:
        command.append(older)
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """made(family) -> (folder, cases). The folder of NATROLITE_MADE keeps the files for another session."""

    @functools.cache
    def get(family):
        python_of(family)
        kept = os.environ.get("NATROLITE_MADE")
        folder = pathlib.Path(kept, f"{family}-{sources()}") if kept else tmp_path_factory.mktemp(family)
        if not (folder / "cases.json").exists():
            fresh = folder.with_name(f"{folder.name}-{os.getpid()}") if kept else folder
            fresh.mkdir(parents=True, exist_ok=True)
            make(family, fresh)
            if kept:
                fresh.rename(folder)
        return folder, json.loads((folder / "cases.json").read_text())

    return get
