# SPDX-License-Identifier: GPL-2.0-only
"""What a LAMMPS built from its sources has besides lmp: a program in one piece, and its Python module.

In the LAMMPS with Open MPI of tools/open-mpi-host.sh, whose folder NATROLITE_OPEN_MPI_HOST names; without it
conftest.py leaves this file out.
"""

import os
import pathlib
import subprocess
import sys

import lammps_run
import pytest
import toy_systems

HOST = pathlib.Path(os.environ["NATROLITE_OPEN_MPI_HOST"])
SYSTEM = toy_systems.system("box")
SCRIPT = """
import re
from natrolite.lammps import lammps
host = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
host.file("in.deck")
if host.extract_setting("world_rank") == 0:
    print("@ python", repr(host.get_thermo("pe")), host.extract_setting("world_size"))
    print("@ mpi", *sorted(set(re.findall(r"libmpi\\S*", open("/proc/self/maps").read()))))
host.close()
host.finalize()
"""


def deck(toys, folder):
    return lammps_run.single_point("at", SYSTEM, folder, lammps_run.pair(toys / "mp.pt", SYSTEM.names))


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_program_without_shared_library(ranks, toys, tmp_path, monkeypatch):
    text = deck(toys, tmp_path)
    usual = lammps_run.point(lammps_run.lmp(text, tmp_path, ranks, fresh=True), "at")
    monkeypatch.setattr(lammps_run, "LMP", HOST / "bin" / "lmp_static")
    found = lammps_run.point(lammps_run.lmp(text, tmp_path, ranks, fresh=True), "at")
    libraries = subprocess.run(
        [HOST / "bin" / "enter", "ldd", HOST / "build" / "lmp_static"], capture_output=True, text=True
    )
    assert "libmpi.so.40" in libraries.stdout and "liblammps" not in libraries.stdout
    assert found.energy == usual.energy and (found.forces == usual.forces).all() and usual.forces.any()


@pytest.mark.parametrize("ranks", [1, 2])
def test_python_module(ranks, toys, tmp_path):
    """natrolite.lammps leaves PyPI's MPICH alone, which is in the same environment."""
    (tmp_path / "in.deck").write_text(deck(toys, tmp_path))
    (tmp_path / "script.py").write_text(SCRIPT)
    source = pathlib.Path(os.environ["NATROLITE_SOURCE"])
    env = {
        **lammps_run.environment(),
        "PYTHONPATH": f"{source}/python:{HOST}/lammps/python",
        "LD_LIBRARY_PATH": str(HOST / "prefix" / "lib"),
    }
    command = [lammps_run.MPIEXEC, "-n", str(ranks), HOST / "bin" / "enter", sys.executable, "script.py"]
    done = subprocess.run(
        [str(word) for word in command],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    said = dict(line[2:].split(" ", 1) for line in done.stdout.splitlines() if line.startswith("@ "))
    energy, size = said["python"].split()
    wanted = lammps_run.point(lammps_run.lmp((tmp_path / "in.deck").read_text(), tmp_path, ranks), "at").energy
    assert float(energy) == pytest.approx(wanted, abs=1e-12) and int(size) == ranks
    assert "libmpi.so.40" in said["mpi"] and "libmpi.so.12" not in said["mpi"]
