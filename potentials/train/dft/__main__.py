# SPDX-License-Identifier: GPL-2.0-only
"""python -m dft SYSTEM {list,run,collect}: DFT frames of potentials/train/SYSTEM."""

import argparse
import dataclasses
import importlib.util
import pathlib
import re

from ase.io import read

from . import label
from .collect import collect

HERE = pathlib.Path(__file__).resolve().parent.parent


def structures(system):
    """Return the module structures.py of a system's folder, whose name need not be one of Python."""
    spec = importlib.util.spec_from_file_location("structures", HERE / system / "structures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_round(module, seed, number):
    """Return the trajectories of a system; those of a further round are dynamics all, from other starts or velocities."""
    if not number:
        return module.trajectories(seed)
    return [
        dataclasses.replace(t, name=f"r{number}-{t.name}")
        for t in module.trajectories(seed + 1000 * number)
        if t.temperature
    ]


def arguments():
    """Return the parser of the arguments."""
    parser = argparse.ArgumentParser(prog="python -m dft", description=__doc__)
    parser.add_argument("system", choices=sorted(path.parent.name for path in HERE.glob("*/structures.py")))
    parser.add_argument(
        "action",
        choices=["list", "run", "collect"],
        help="list the trajectories; sample and label them; write data/ and the card's table",
    )
    parser.add_argument(
        "--work", type=pathlib.Path, default="build/dft", help="folder of unfinished work [%(default)s]"
    )
    parser.add_argument(
        "--model",
        default="",
        metavar="FILE[,FILE...]",
        help="model file that samples (run), or several: frames are taken on which they disagree",
    )
    parser.add_argument(
        "--round", type=int, default=0, metavar="N", help="of active learning: other starts or velocities, named rN-"
    )
    parser.add_argument("--lmp", default="lmp", help="LAMMPS with the plugin and D3 [%(default)s]")
    parser.add_argument("--cp2k", default="cp2k.psmp", help="command, with mpirun if you like [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, help="trajectories at a time [%(default)s]")
    parser.add_argument("--only", default="", metavar="PATTERN", help="regular expression for names of trajectories")
    parser.add_argument("--seed", type=int, default=1, help="of the structures [%(default)s]")
    return parser


def main():
    parser = arguments()
    args = parser.parse_args()
    work = args.work.resolve() / args.system
    module = structures(args.system)
    if args.action == "collect":
        total, reasons = collect(work, HERE / args.system / "data", HERE / args.system / "README.md")
        print(f"{total} frames; {len(reasons)} dropped", *sorted(set(reasons)), sep="\n  ")
        return
    trajectories = [t for t in of_round(module, args.seed, args.round) if re.search(args.only, t.name)]
    if args.action == "list":
        for t in trajectories:
            print(f"{t.kind} {t.name} {len(t)} frames of {t.images[0].get_chemical_formula()} k {t.kpoints}")
        print(sum(map(len, trajectories)), "frames")
        return
    models = [pathlib.Path(name).resolve() for name in args.model.split(",")]
    for model in models:
        if not model.is_file():
            parser.error(f"--model {args.model}: no such file; natrolite export makes one")
    programs = label.Programs(args.cp2k, args.lmp, models)
    files = (HERE / args.system / "data").glob("*.extxyz")
    known = {frame.info["name"] for file in files for frame in read(file, ":")}
    label.run(trajectories, module.SETTINGS, programs, work, args.jobs, known)


if __name__ == "__main__":
    main()
