#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every family in pair_style equivariant against its own ASE calculator, on sodium in graphite.

222 atoms, 1 rank, 1 thread, float32. For each family, in one run, rounds of

  native       section Pair of a step in lmp, model file of `natrolite export`, native evaluator
  LibTorch     the same file with `evaluator torch`
  own file     LibTorch with the file that the family's own LAMMPS tool writes
  calculator   energy and forces by the family's ASE calculator, allocator tuned as in the engine

are interleaved; the best round counts. Times are processor time (pair style: wall time x CPU use), which
other work on the machine disturbs least. Prints one table.

usage: run.py [--plugins DIR] [--mace PYTHON] [--nequip PYTHON] [--spookynet DIR] [--rounds 2] [--steps 2]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from timing import BIN, MACE, ROOT, environment, keep_memory, run_lmp, time_calls

PARAMETERS = ROOT / "unittest" / "reference" / "spookynet" / "parameters.pth"
LR_CUTOFF = 10.0  # Angstrom, of SpookyNet
NATIVE_STEPS = 10  # times as many, since they are short
# Sizes of the random-weight models; those of nequip and allegro are those of the packages' tutorials.
NEQUIP = {
    "model_dtype": "float32",
    "r_max": 5.0,
    "num_layers": 4,
    "l_max": 1,
    "num_features": 32,
    "num_bessels": 8,
    "radial_mlp_depth": 2,
    "radial_mlp_width": 64,
}
ALLEGRO = {
    "model_dtype": "float32",
    "r_max": 5.0,
    "num_layers": 2,
    "l_max": 1,
    "num_scalar_features": 64,
    "num_tensor_features": 32,
    "scalar_embed_mlp_hidden_layers_width": 64,
    "allegro_mlp_hidden_layers_depth": 2,
    "allegro_mlp_hidden_layers_width": 128,
    "readout_mlp_hidden_layers_width": 32,
    "radial_chemical_embed": {"_target_": "allegro.nn.TwoBodyBesselScalarEmbed", "num_bessels": 8},
}
# family -> (environment, model, calls of the calculator that compile)
FAMILIES = {
    "SevenNet": ("sevennet", "SevenNet-0", 1),
    "MACE": ("mace", "128x0e+128x1o, 2 layers, 6 A, random", 1),
    "NequIP": ("nequip", "32 features, l = 1, 4 layers, 5 A, random", 3),
    "Allegro": ("nequip", "64 + 32 features, l = 1, 2 layers, 5 A, random", 3),
    "SpookyNet": ("spookynet", "public parameters, 5.3 A and 10 A", 1),
}


def structure():
    """Return 216 C and 6 Na: two graphite layers with sodium between, displaced."""
    import structures

    atoms = structures.na_in_graphite().repeat((3, 2, 1))
    atoms.rattle(0.03, seed=8)
    return atoms


def make(family, out):
    """Write a family's model into the folder out; return {source, own, options} (own may be None)."""
    file = str(out / f"{family}.model")
    if family == "SevenNet":
        import make_sevennet

        own = make_sevennet.deploy([BIN / "sevenn", "get_model"], "7net-0", out, "deployed")
        return {"source": "sevennet-0", "own": str(out / own), "options": []}
    if family == "MACE":
        import make_mace
        import tiny_mace

        tiny_mace.write(file, "plain", "float32", **MACE)
        return {"source": file, "own": str(out / make_mace.foreign(file, "float32", None)), "options": []}
    if family in ("NequIP", "Allegro"):
        import tiny_nequip

        settings = tiny_nequip.nequip(**NEQUIP) if family == "NequIP" else tiny_nequip.allegro(**ALLEGRO)
        source = tiny_nequip.write_checkpoint(str(out / f"{family}.ckpt"), settings)
        own = tiny_nequip.torchscript(source, str(out / f"{family}.nequip.pth"))
        return {"source": source, "own": own, "options": []}
    return {"source": str(PARAMETERS), "own": None, "options": ["--lr-cutoff", str(LR_CUTOFF)]}


def calculator(family, files):
    """Return the family's own ASE calculator on the CPU."""
    if family == "SevenNet":
        import tiny_sevennet

        return tiny_sevennet.calculator("7net-0")
    if family == "MACE":
        import tiny_mace

        return tiny_mace.calculator(files["source"], "float32")
    if family in ("NequIP", "Allegro"):
        import tiny_nequip

        return tiny_nequip.calculator(files["own"])
    from spookynet.spookynet_calculator import SpookyNetCalculator

    return SpookyNetCalculator(load_from=files["source"], lr_cutoff=LR_CUTOFF, use_gpu=False)


def worker(args):
    """In the family's environment: make its files, or time its calculator; print one line of JSON."""
    if args.worker == "make":
        return print(json.dumps(make(args.family, args.out)))
    import resource

    import torch

    torch.set_num_threads(1)
    keep_memory()
    atoms = structure()
    atoms.calc = calculator(args.family, json.loads(args.files))

    def step():
        atoms.positions[0, 0] += 1e-6
        atoms.get_forces()

    seconds = time_calls(step, args.steps, FAMILIES[args.family][2], time.process_time)
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))


def python_of(family, args):
    """Return the interpreter of a family's environment, or None."""
    return {"mace": args.mace, "nequip": args.nequip}.get(FAMILIES[family][0], sys.executable)


def call(family, args, command):
    """Run a command of the family's interpreter; return what it printed."""
    path = [ROOT / "unittest", ROOT / "unittest" / "families", *filter(None, [args.spookynet])]
    done = subprocess.run(
        [python_of(family, args), *map(str, command)],
        env=environment(args.plugins, 1, path),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{family} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def run_worker(kind, family, args, *more):
    """Return what a worker in the family's environment printed."""
    command = [__file__, "--worker", kind, "--family", family, "--steps", args.steps, *more]
    return json.loads(call(family, args, command).splitlines()[-1])


def export(family, files, args, out):
    """Export the model; return (file, s of wall time)."""
    start = time.perf_counter()
    file = out / f"{family}.pt"
    call(family, args, ["-m", "natrolite", "export", files["source"], "-o", file, *files["options"]])
    return file, time.perf_counter() - start


def pair(model, args, evaluator="torch"):
    """Return (s of processor time of the pair style per step, peak kB)."""
    steps = args.steps * (NATIVE_STEPS if evaluator == "native" else 1)
    wall, share, kb = run_lmp(structure(), model, steps, environment(args.plugins), evaluator=evaluator)
    return wall * share, kb


def measure(family, args, out):
    """Return ({program: (s, kB)} of the best round, s of the export)."""
    files = run_worker("make", family, args, "--out", out)
    model, seconds = export(family, files, args, out)
    programs = {"native": lambda: pair(model, args, "native"), "torch": lambda: pair(model, args)}
    if files["own"]:
        programs["own"] = lambda: pair(files["own"], args)
    if family == "SpookyNet" and not args.spookynet:
        print("SpookyNet's calculator is left out: give --spookynet DIR, a checkout of OUnke/SpookyNet")
    else:
        programs["ase"] = lambda: run_worker("ase", family, args, "--files", json.dumps(files))
    rounds = [{name: program() for name, program in programs.items()} for _ in range(args.rounds)]
    return {name: min(tuple(r[name]) for r in rounds) for name in programs}, seconds


def row(family, result, seconds, atoms):
    """Return the cells of a family's line."""
    ms = {name: 1e3 * s / atoms for name, (s, _) in result.items()}
    mb = {name: kb / 1024 / atoms for name, (_, kb) in result.items()}
    ratio = {name: ms[name] / ms["native"] for name in ms}
    cells = [ms["native"], ms["torch"], ms.get("ase"), ratio["torch"], ratio.get("ase"), ratio.get("own")]
    cells += [mb["native"], mb["torch"], mb.get("ase")]
    return [family, *("-" if c is None else f"{c:.3g}" for c in cells), f"{seconds:.0f}", FAMILIES[family][1]]


HEAD = [
    "family",
    "native (ms/atom-step)",
    "LibTorch (ms/atom-step)",
    "calculator (ms/atom-step)",
    "LibTorch / native",
    "calculator / native",
    "own file / native",
    "native (MB/atom)",
    "LibTorch (MB/atom)",
    "calculator (MB/atom)",
    "export (s)",
    "model",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", default=str(ROOT / "build" / "plugins"))
    parser.add_argument("--mace", metavar="PYTHON", help="interpreter with mace-torch")
    parser.add_argument("--nequip", metavar="PYTHON", help="interpreter with nequip and nequip-allegro")
    parser.add_argument("--spookynet", metavar="DIR", help="checkout of the original SpookyNet")
    parser.add_argument("--families", nargs="+", default=list(FAMILIES), choices=FAMILIES)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2)
    for hidden, kind in (("worker", str), ("family", str), ("out", pathlib.Path), ("files", str)):
        parser.add_argument(f"--{hidden}", type=kind, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(args)
    sys.path.insert(0, str(ROOT / "unittest"))
    rows = [HEAD]
    for family in args.families:
        if not python_of(family, args):
            print(f"{family} is left out: give --{FAMILIES[family][0]} PYTHON")
            continue
        with tempfile.TemporaryDirectory() as out:
            rows.append(row(family, *measure(family, args, pathlib.Path(out)), len(structure())))
        print(f"{family} done", file=sys.stderr, flush=True)
    print(
        f"{len(structure())} atoms, 1 rank, 1 thread, float32; best of {args.rounds} rounds of {args.steps} steps; "
        f"load {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors"
    )
    for cells in rows:
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
