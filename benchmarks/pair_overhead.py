# SPDX-License-Identifier: GPL-2.0-only
"""What the pair style costs beyond the model itself.

For each size (diamond-like carbon with sodium, displaced), in one run on one machine, rounds of

  lammps      time of a step's Pair section in lmp, pair_style equivariant, 1 rank
  torch       bare LibTorch forward + backward of the same file on the same graph
  ase         sevenn's own ASE calculator, allocator tuned as in the engine
  ase plain   the same as it comes

are interleaved and the medians' ratios printed, then peak memory per atom, and 2 ranks x 1 thread
against 1 rank x 2 threads.

usage: pair_overhead.py [--plugins DIR] [--model FILE] [--sizes 200 1600] [--rounds 3] [--steps 3]
                        [--programs lammps torch ase "ase plain"] [--no-ranks]
"""

import argparse
import statistics
import subprocess
import sys

from timing import ROOT, environment, keep_memory, run_lmp, time_calls

PROGRAMS = ["lammps", "torch", "ase", "ase plain"]


def graphite():
    """Return AB graphite, 8 atoms in a right-angled cell."""
    from ase.lattice.hexagonal import Graphite

    return Graphite(directions=[[1, -1, 0, 0], [1, 1, -2, 0], [0, 0, 0, 1]], symbol="C", latticeconstant=(2.46, 6.70))


def structure(natoms, crystal="diamond"):
    """Return displaced diamond or graphite with one sodium per 100 carbon atoms, about natoms atoms."""
    import numpy as np
    from ase.build import bulk

    cell = graphite() if crystal == "graphite" else bulk("C", "diamond", 3.75, cubic=True)
    side = (natoms * cell.get_volume() / 8) ** (1 / 3)
    repeats = [max(1, round(side / length)) for length in cell.cell.lengths()[:2]]
    repeats.append(max(1, round(natoms / 8 / repeats[0] / repeats[1])))
    atoms = cell * repeats
    atoms.rattle(0.05, seed=7)
    atoms.symbols[np.arange(0, len(atoms), 100)] = "Na"
    return atoms


def worker_torch(model_file, atoms, steps):
    import torch

    from natrolite import evaluate, graph, modelfile, operators

    torch._C._jit_set_texpr_fuser_enabled(False)
    torch._C._jit_set_profiling_mode(False)
    module, metadata = modelfile.load(model_file)
    edges = graph.folded(atoms, evaluate.types_of(atoms, metadata), metadata["r_max"])
    index, types = torch.as_tensor(edges.edge_index), torch.as_tensor(edges.types)

    def step():
        vectors = torch.as_tensor(edges.edge_vec).clone().requires_grad_(True)
        data = {"edge_vec": vectors, "edge_index": index, "types": types, "types_local": types}
        with operators.exchange():
            energy = module(data)["atomic_energy"].sum()
            torch.autograd.grad([energy], [vectors])

    return time_calls(step, steps)


def worker_ase(atoms, steps):
    from sevenn.calculator import SevenNetCalculator

    atoms.calc = SevenNetCalculator("7net-0", device="cpu")

    def step():
        atoms.positions[0, 0] += 1e-6
        atoms.get_forces()

    return time_calls(step, steps)


def worker(args):
    """One measurement in a process of its own: prints seconds per evaluation and peak kB."""
    import resource

    import torch

    torch.set_num_threads(args.threads)
    if args.worker != "ase plain":
        keep_memory()
    atoms = structure(args.sizes[0])
    seconds = worker_torch(args.model, atoms, args.steps) if args.worker == "torch" else worker_ase(atoms, args.steps)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def run_worker(kind, natoms, args, threads):
    command = [sys.executable, __file__, "--worker", kind, "--model", args.model, "--sizes", str(natoms)]
    command += ["--steps", str(args.steps), "--threads", str(threads)]
    out = subprocess.run(command, env=environment(args.plugins, threads), capture_output=True, text=True, check=True)
    seconds, kb = out.stdout.split()[-2:]
    return float(seconds), float(kb)


def run_lammps(natoms, args, threads, ranks=1):
    """Seconds of the Pair section per step (slowest rank) and peak kB of one process."""
    env = environment(args.plugins, threads)
    seconds, _, kb = run_lmp(structure(natoms), args.model, args.steps, env, ranks)
    return seconds, kb


def measure(natoms, args):
    """Interleaved rounds; returns {program: (median seconds, peak kB)}."""
    kinds = {
        "lammps": lambda: run_lammps(natoms, args, 1),
        "torch": lambda: run_worker("torch", natoms, args, 1),
        "ase": lambda: run_worker("ase", natoms, args, 1),
        "ase plain": lambda: run_worker("ase plain", natoms, args, 1),
    }
    samples = {kind: [] for kind in args.programs}
    for _ in range(args.rounds):
        for kind in args.programs:
            samples[kind].append(kinds[kind]())
    return {
        kind: (statistics.median(s for s, _ in values), max(kb for _, kb in values)) for kind, values in samples.items()
    }


def report(natoms, args):
    n = len(structure(natoms))
    result = measure(natoms, args)
    base = result["lammps"][0]
    print(f"\n{n} atoms, 1 rank, 1 thread; {args.rounds} rounds of {args.steps} steps, medians")
    print(f"{'':12}{'ms/atom-step':>14}{'lammps / it':>14}{'peak kB/atom':>14}")
    for kind, (seconds, kb) in result.items():
        print(f"{kind:12}{1e3 * seconds / n:14.2f}{base / seconds:14.2f}{kb / n:14.0f}")
    if args.no_ranks:
        return
    pairs = [(run_lammps(natoms, args, 1, ranks=2)[0], run_lammps(natoms, args, 2)[0]) for _ in range(args.rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"2 ranks x 1 thread against 1 rank x 2 threads: time ratio {ratio:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", default=str(ROOT / "build" / "plugins"))
    parser.add_argument("--model", default=str(ROOT / "build" / "demo" / "sevennet-0.pt"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 1600])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--programs", nargs="+", default=PROGRAMS, choices=PROGRAMS)
    parser.add_argument("--no-ranks", action="store_true", help="leave out 2 ranks against 2 threads")
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(args)
    for natoms in args.sizes:
        report(natoms, args)


if __name__ == "__main__":
    main()
