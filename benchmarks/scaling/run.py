#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Weak scaling of examples/hard-carbon/in.transport: the same number of atoms for each rank.

Every rank gets copies of one sodiated cell; the cells of all ranks stand in a block that is as cubic as their number
allows. Prints, for each number of ranks: atoms and ghost atoms of a rank, its memory as LAMMPS counts it, the time of a
step and its parts (of the slowest rank), and the efficiency: the time of a step on the first number of ranks over
that on this one.

usage: run.py --model MODEL.pt --data sodium-2.0-50.data --plugins DIR [--ranks 1 2] [--copies 1] [--steps 100]
              [--rounds 3] [--launch "mpiexec -n {ranks}"] [--lmp LMP] [--scratch DIR]

--data: what in.sodiate writes; --copies N: each rank gets N x N x N cells; --launch: how ranks are started ("srun -n
{ranks}" with Slurm, see weak.slurm); --scratch: a folder that all ranks see.
"""

import argparse
import os
import pathlib
import re
import shlex
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from timing import BIN, ROOT, environment, slowest

DECKS = ROOT / "examples" / "hard-carbon"
PARTS = ("Pair", "Neigh", "Comm", "Modify", "Output", "Other")


def block(ranks):
    """Return three factors of ranks, as close to each other as they can be, the largest first."""
    found = min(
        ((x, y, ranks // (x * y)) for x in range(1, ranks + 1) for y in range(1, ranks + 1) if ranks % (x * y) == 0),
        key=lambda sides: (max(sides) - min(sides), -sides[0], -sides[1]),
    )
    return tuple(sorted(found, reverse=True))


def write_cells(args, ranks, path):
    """Write the data file of a run; return the number of its atoms."""
    from ase.io import read, write

    cell = read(args.data, format="lammps-data", atom_style="atomic", Z_of_type={1: 6, 2: 11})
    atoms = cell.repeat([args.copies * side for side in block(ranks)])
    write(path, atoms, format="lammps-data", specorder=["C", "Na"], masses=True)
    return len(atoms)


def run_deck(args, ranks, data, folder):
    """Return LAMMPS' output of the deck."""
    variables = {
        "here": DECKS, "from": data, "out": folder, "model": args.model.resolve(), "size": "test", "tequil": 0.01,
        "trun": args.steps / 1000, "block": args.steps, "each": 10,
    }  # fmt: skip
    command = [*shlex.split(args.launch.format(ranks=ranks)), args.lmp, "-nocite", "-log", "none"]
    command += ["-in", DECKS / "in.transport", *(word for item in variables.items() for word in ("-var", *item))]
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=environment(args.plugins), capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{ranks} ranks failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def numbers(output):
    """Return {name: value} of the last run in LAMMPS' output: ms of a step and its parts, atoms of the largest rank."""
    seconds, steps = re.findall(r"^Loop time of (\S+) on \d+ procs for (\d+) steps", output, re.MULTILINE)[-1]
    found = {"step": 1000 * float(seconds) / int(steps)}
    for part in PARTS:
        found[part] = 1000 * slowest(output, part) / int(steps)
    found["MB"] = float(re.findall(r"^Per MPI rank memory allocation .*\|\s*(\S+) Mbytes", output, re.MULTILINE)[-1])
    for kind in ("Nlocal", "Nghost"):
        found[kind] = float(re.findall(rf"^{kind}:\s+\S+ ave\s+(\S+) max", output, re.MULTILINE)[-1])
    return found


def measure(args):
    """Return {ranks: {name: median over the rounds}}, the numbers of ranks by turns; prints as it goes."""
    rounds = {ranks: [] for ranks in args.ranks}
    with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
        files = {ranks: pathlib.Path(folder) / f"{ranks}.data" for ranks in args.ranks}
        atoms = {ranks: write_cells(args, ranks, file) for ranks, file in files.items()}
        for number in range(args.rounds):
            for ranks, file in files.items():
                rounds[ranks].append(numbers(run_deck(args, ranks, file, folder)))
                step = rounds[ranks][-1]["step"]
                print(f"round {number + 1}, {ranks} ranks: {step:.2f} ms a step", file=sys.stderr, flush=True)
    return {
        ranks: {"atoms": atoms[ranks], **{name: statistics.median(one[name] for one in all_of) for name in all_of[0]}}
        for ranks, all_of in rounds.items()
    }


def table(found):
    """Return the lines of the table."""
    head = ["ranks", "atoms", "of a rank", "ghosts", "MB", "ms/step", *PARTS, "us/atom", "efficiency"]
    first, lines = next(iter(found.values()))["step"], ["  ".join(f"{name:>10}" for name in head)]
    for ranks, one in found.items():
        per_atom = 1000 * one["step"] * ranks / one["atoms"]
        cells = [f"{one['step']:.2f}", *(f"{one[part]:.2f}" for part in PARTS), f"{per_atom:.1f}"]
        counts = [ranks, one["atoms"], f"{one['Nlocal']:.0f}", f"{one['Nghost']:.0f}", f"{one['MB']:.1f}"]
        lines.append("  ".join(f"{cell:>10}" for cell in [*counts, *cells, f"{first / one['step']:.2f}"]))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--plugins", type=pathlib.Path, required=True)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--launch", default=f"{BIN / 'mpiexec'} -n {{ranks}}")
    parser.add_argument("--lmp", default=os.environ.get("NATROLITE_LMP", BIN / "lmp"))
    parser.add_argument("--scratch", help="folder that all ranks see; default: that of temporary files")
    args = parser.parse_args()
    print(*table(measure(args)), sep="\n")


if __name__ == "__main__":
    main()
