# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks share: one run of lmp, timed calls, the engine's allocator settings."""

import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(sys.executable).parent
# of the size of MACE-MP-0 medium, but 5 elements and random weights
MACE = {
    "r_max": 6.0,
    "num_bessel": 10,
    "max_ell": 3,
    "hidden_irreps": "128x0e+128x1o",
    "MLP_irreps": "16x0e",
    "radial_MLP": [64, 64, 64],
    "avg_num_neighbors": 60.0,
}
DECK = """
units metal
atom_style atomic
read_data {data}
pair_style equivariant evaluator {evaluator}
pair_coeff * * {model} C Na
fix 1 all nve
timestep 0.0005
thermo {steps}
run 1
run {steps} pre no
"""


def keep_memory():
    """Return the engine's allocator settings (glibc): keep freed blocks in the process."""
    libc = ctypes.CDLL("libc.so.6")
    libc.mallopt(-4, 0)
    libc.mallopt(-1, -1)


def time_calls(step, n, warm=1, clock=time.perf_counter):
    """Seconds per call of step(), after `warm` calls that do not count."""
    for _ in range(warm):
        step()
    start = clock()
    for _ in range(n):
        step()
    return (clock() - start) / n


def environment(plugins, threads=1, path=()):
    """Return the environment of a measurement: folder of the plugin, threads, more PYTHONPATH."""
    return os.environ | {
        "LAMMPS_PLUGIN_PATH": str(plugins),
        "PYTHONPATH": os.pathsep.join(map(str, [ROOT / "python", *path])),
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",
    }


def output_of_lmp(atoms, model, steps, env, ranks=1, arguments=(), evaluator="torch", wrapper=()):
    """Return (output, peak kB of one process) of one step and then `steps` more.

    atoms: ase.Atoms of C and Na; model: file for pair_style equivariant; arguments: of lmp; wrapper: words
    before it. The programs are those beside Python, or NATROLITE_LMP and NATROLITE_MPIEXEC.
    """
    from ase.io import write

    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        write(data, atoms, format="lammps-data", specorder=["C", "Na"], masses=True)
        deck = pathlib.Path(folder) / "in"
        deck.write_text(DECK.format(data=data, model=model, steps=steps, evaluator=evaluator))
        lmp = os.environ.get("NATROLITE_LMP") or BIN / "lmp"
        mpiexec = os.environ.get("NATROLITE_MPIEXEC") or BIN / "mpiexec"
        command = [*wrapper, lmp, "-nocite", "-log", "none", *arguments, "-in", deck]
        if ranks > 1:
            command = [mpiexec, "-n", str(ranks), *command]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"lmp failed:\n{text[-2000:]}")
    return text, float(usage.ru_maxrss)


def slowest(text, section):
    """Return the time (s) of a section of LAMMPS' last run on the slowest rank; of Other, which has no such, the mean."""
    times = re.findall(rf"^{section}\s+\|([^|]*)\|([^|]*)\|([^|]*)\|", text, re.MULTILINE)[-1]
    return float(times[2].strip() or times[1])


def run_lmp(atoms, model, steps, env, ranks=1, evaluator="torch"):
    """Return (s of the Pair section per step on the slowest rank, share of CPU use, peak kB of one process).

    For the arguments see output_of_lmp().
    """
    text, peak = output_of_lmp(atoms, model, steps, env, ranks, evaluator=evaluator)
    share = re.findall(r"([\d.]+)% CPU use", text)
    return slowest(text, "Pair") / steps, float(share[-1]) / 100, peak
