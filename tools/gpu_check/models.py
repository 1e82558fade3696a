# SPDX-License-Identifier: GPL-2.0-only
"""Model files and structures for the check, with what each family's own calculator says of them.

models.json: a list of {file, family, dtype, tf32, foreign, cases}, a case being {id, data (file of LAMMPS),
names (of its types), boundary, atoms, charge, spin, modes, shell_cutoff, energy (eV; null without a calculator's
values), forces (eV/A), virial (eV; or null), charges (or null)}, all in LAMMPS' frame.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAMILIES = sorted(path.stem.removeprefix("make_") for path in (ROOT / "unittest/families").glob("make_*.py"))
TOYS = ["mp", "mp3", "mp3_32", "lj", "gsum", "gmax", "charged", "peratom", "committee"]
ELECTRONS = {"charged": (-0.7, 2)}
PATH = os.pathsep.join(
    str(ROOT / part)
    for part in ("tools/gpu_check", "python", "unittest", "unittest/families", "unittest/lammps", "unittest/model")
)
TOY_MODES = ["folded", "ghost", "shell"]


def stop(message):
    sys.exit(f"gpu-check: {message}")


def python_of(build, name=""):
    """Return the interpreter of an environment of the build folder, or the one named as in the tests."""
    given = os.environ.get(f"NATROLITE_PYTHON_{name}" if name else "NATROLITE_PYTHON")
    return given or str(build / (f"venv-{name}" if name else "venv") / "bin" / "python")


def newest(build, family):
    """Return the folder that the last run of the tests of families left."""
    found = [path.parent for path in (build / "families").glob(f"{family}-*/cases.json")]
    if not found:
        stop(f"no model files of {family} in {build}/families: run `ctest -R families` in {build} first")
    return max(found, key=os.path.getmtime)


def family_files(build, family, to):
    """Copy a family's files, but those that are machine code; return their entries."""
    folder = newest(build, family)
    script = "import family_cases, sys; family_cases.main(*sys.argv[1:])"
    command = [python_of(build), "-c", script, folder, to, family]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": PATH}, capture_output=True, text=True)
    if done.returncode:
        stop(f"the cases of {family} could not be read:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def toys(build, to):
    """Write the toys; return their entries."""
    command = [python_of(build), "-c", "import family_cases, sys; family_cases.toys(*sys.argv[1:])", to, *TOYS]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": PATH}, capture_output=True, text=True)
    if done.returncode:
        stop(f"the toys could not be made:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def large(build, to):
    """Make the two models that are timed: SevenNet-0, and a MACE of usual size with random weights."""
    sevennet = build / "demo" / "sevennet-0.pt"
    if not sevennet.exists():
        stop(f"no {sevennet}: build the target demo first")
    shutil.copy(sevennet, to)
    program = ROOT / "benchmarks" / "families" / "run.py"
    python, checkpoint, file = python_of(build, "mace"), to / "MACE.model", to / "mace-128.pt"
    path = os.pathsep.join(map(str, [ROOT / "python", ROOT / "unittest", ROOT / "unittest/families"]))
    for command in (
        [python, program, "--worker", "make", "--family", "MACE", "--out", to],
        [python, "-m", "natrolite", "export", checkpoint, "-o", file, "--dtype", "float32"],
    ):
        done = subprocess.run(
            [str(word) for word in command], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
        )
        if done.returncode:
            stop(f"the large MACE could not be made:\n{done.stderr[-2000:]}")
    for file in list(to.glob("MACE*")):
        file.unlink()


def pack(build, to):
    """Write everything into the folder `to`; return the names of the files with cases."""
    to.mkdir(parents=True)
    entries = toys(build, to)
    for family in FAMILIES:
        entries += family_files(build, family, to)
    large(build, to)
    (to / "models.json").write_text(json.dumps(entries))
    return [entry["file"] for entry in entries]
