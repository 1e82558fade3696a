# SPDX-License-Identifier: GPL-2.0-only
"""equivariant/kk against the plain style in one LAMMPS with KOKKOS: wall time of whole steps.

For each size (diamond-like carbon with sodium, displaced) rounds of

  plain   pair_style equivariant, without KOKKOS, on --threads threads
  kk      -k on SWITCHES -sf kk, by default with as many threads

are interleaved; printed are the medians in microseconds per atom and step, their ratio, and for each
style the line time = fixed + slope x atoms through all sizes.

usage: tools/kokkos-host.sh -- build/venv/bin/python benchmarks/kokkos.py
           [--plugins DIR] [--engine FILE] [--model FILE] [--sizes 216 1000] [--rounds 3] [--steps 5]
           [--threads 1] [--switches "t 1"] [--package "newton on neigh half"]
On a GPU: NATROLITE_LMP=lmp python benchmarks/kokkos.py --sizes 1000 10000 50000 --switches "g 1"
"""

import argparse
import re
import statistics

import numpy as np
from pair_overhead import structure
from timing import ROOT, environment, output_of_lmp

BUILD = ROOT / "build"


def seconds_per_step(natoms, args, kokkos):
    """Return the wall time of a step, s."""
    folders = f"{args.plugins}:{args.plugins}/kokkos"
    env = environment(folders, args.threads) | {"OMP_PROC_BIND": "false", "NATROLITE_ENGINE": args.engine}
    switches = args.switches or f"t {args.threads}"
    arguments = ["-k", "on", *switches.split(), "-sf", "kk", "-pk", "kokkos", *args.package.split()]
    text, _ = output_of_lmp(structure(natoms), args.model, args.steps, env, arguments=arguments if kokkos else [])
    return float(re.findall(r"Loop time of (\S+)", text)[-1]) / args.steps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", default=str(BUILD / "kokkos" / "plugins"))
    parser.add_argument("--engine", default=str(BUILD / "plugins" / "libnatrolite_engine.so"))
    parser.add_argument("--model", default=str(BUILD / "demo" / "sevennet-0.pt"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[216, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--switches", default="", help="of -k on; default: t THREADS")
    parser.add_argument("--package", default="newton on neigh half")
    args = parser.parse_args()
    atoms, times = [], {"plain": [], "kk": []}
    print(f"{'atoms':>8}{'plain':>12}{'kk':>12}  us per atom and step; plain / kk")
    for natoms in args.sizes:
        samples = {style: [] for style in times}
        for _ in range(args.rounds):
            for style, found in samples.items():
                found.append(seconds_per_step(natoms, args, style == "kk"))
        atoms.append(len(structure(natoms)))
        for style, found in samples.items():
            times[style].append(statistics.median(found))
        plain, kk = times["plain"][-1], times["kk"][-1]
        print(f"{atoms[-1]:8}{1e6 * plain / atoms[-1]:12.1f}{1e6 * kk / atoms[-1]:12.1f}  {plain / kk:.3f}", flush=True)
    for style, found in times.items():
        if len(atoms) > 1:
            slope, fixed = np.polyfit(atoms, found, 1)
            print(f"{style}: {1e3 * fixed:.2f} ms per step + {1e6 * slope:.1f} us per atom and step")


if __name__ == "__main__":
    main()
