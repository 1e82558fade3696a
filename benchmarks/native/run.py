#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The native evaluator: time by atoms, threads and ranks, memory, start, instructions; and Symmetrix-XL.

Displaced graphite (60 neighbors within 5 Angstrom) or diamond (86 to 89) with one sodium per 100 carbon atoms. Rounds of
all programs take turns, medians are printed: wall time of the section Pair (Symmetrix-XL: of one evaluation), and its
processor time, which other work on the machine disturbs less.

usage: run.py [--plugins DIR] [--mace PYTHON] [--symmetrix PYTHON] [--sizes 216 1000 10000] [--rounds 3]
              [--tables times memory start instructions] [--models sevennet-0 mace] [--dtypes float32 float64]
              [--files MODEL.pt ...] [--crystal diamond|graphite]

--files: further models with C and Na, as `natrolite export` wrote them.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import pair_overhead
from timing import MACE, ROOT, environment, output_of_lmp, run_lmp, time_calls

LAYOUTS = {"1 x 1": (1, 1), "1 x 2": (1, 2), "2 x 1": (2, 1)}  # ranks x threads
TABLES = ["times", "memory", "start", "instructions"]


def run(command, env, what):
    """Run a command; return its output, or end with the end of its messages."""
    done = subprocess.run([*map(str, command)], env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{what} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def write_models(args, folder):
    """Return {(model, dtype): model file}."""
    env = environment(args.plugins, 2, [ROOT / "unittest"])
    files = {}
    for dtype in args.dtypes:
        for model in args.models:
            python, source = sys.executable, "sevennet-0"
            if model == "mace":
                if not args.mace:
                    continue
                python, source = args.mace, folder / "mace.model"
                code = f"import tiny_mace; tiny_mace.write({str(source)!r}, 'plain', 'float64', **{MACE!r})"
                run([python, "-c", code], env, "mace-torch")
            files[model, dtype] = folder / f"{model}-{dtype}.pt"
            export = ["-m", "natrolite", "export", source, "-o", files[model, dtype], "--dtype", dtype]
            run([python, *export], env, "natrolite export")
    for file in args.files:
        out = run([sys.executable, "-m", "natrolite", "info", file], env, "natrolite info")
        files[file.stem, re.search(r"float\d\d", out)[0]] = file.resolve()
    return files


def prepare_symmetrix(args, folder):
    """Return Symmetrix-XL's form of the MACE model. It compiles code for it in the first evaluation, which does
    not count."""
    compact = folder / "mace.json"
    env = environment(args.plugins, 2) | {"SYMMETRIX_JIT_CACHE": str(folder / "jit")}
    site = run([args.symmetrix, "-c", "import symmetrix; print(symmetrix.__path__[0])"], env, "symmetrix").strip()
    (folder / "site").mkdir()
    os.symlink(site, folder / "site" / "symmetrix")  # it converts with the torch of mace-torch
    extract = "import sys; from symmetrix.cli.extract_mace import main; sys.exit(main())"
    run([args.mace, "-c", extract, "--model", folder / "mace.model", "--output", compact],
        env | {"PYTHONPATH": str(folder / "site"), "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}, "symmetrix_extract_mace")  # fmt: skip
    return compact


def symmetrix_worker(args):
    """Print {wall, cpu} seconds of one evaluation of energy and forces by Symmetrix-XL's ASE calculator."""
    from symmetrix import Symmetrix

    atoms = pair_overhead.structure(args.sizes[0], args.crystal)
    atoms.calc = Symmetrix(args.worker, dtype=args.dtypes[0])
    places = [atoms.positions + 0.01 * k for k in range(2)]  # moved, so that it is evaluated again

    def step():
        places.reverse()
        atoms.positions = places[0]
        atoms.get_forces()

    wall, cpu = time.perf_counter(), time.process_time()
    seconds = time_calls(step, args.steps)
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    print(json.dumps({"wall": seconds, "cpu": seconds * share}))


def times(args, files, folder):
    """Print the table of times per atom and step."""
    compact = prepare_symmetrix(args, folder) if args.symmetrix and args.mace and "mace" in args.models else None
    print("| model | type | atoms | program | ranks x threads | wall (us/atom-step) | processor (us/atom-step) |")
    for (model, dtype), file in files.items():
        for size in args.sizes:
            atoms = pair_overhead.structure(size, args.crystal)
            programs = {("native", name): lambda r, t: native(atoms, file, args, r, t, "native") for name in LAYOUTS}
            if size == args.sizes[0]:
                programs["LibTorch", "1 x 2"] = lambda r, t: native(atoms, file, args, r, t, "torch")
            if compact and model == "mace":
                for name in ("1 x 1", "1 x 2"):
                    programs["Symmetrix-XL", name] = lambda r, t: symmetrix(size, dtype, compact, args, t, folder)
            results = {key: [] for key in programs}
            for _ in range(args.rounds):
                for key, program in programs.items():
                    results[key].append(program(*LAYOUTS[key[1]]))
            for (program, name), found in results.items():
                wall, cpu = (1e6 * statistics.median(values) / len(atoms) for values in zip(*found))
                cells = [model, dtype, len(atoms), program, name, f"{wall:.0f}", f"{cpu:.0f}"]
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def native(atoms, file, args, ranks, threads, evaluator):
    """Return (wall, processor) seconds of the section Pair per step; ranks add up."""
    steps = 2 if evaluator == "torch" else max(2, args.steps * 1000 // len(atoms))
    wall, share, _ = run_lmp(atoms, file, steps, environment(args.plugins, threads), ranks, evaluator)
    return wall, wall * share * ranks


def symmetrix(size, dtype, compact, args, threads, folder):
    """Return (wall, processor) seconds of one evaluation."""
    env = environment(args.plugins, threads) | {"SYMMETRIX_JIT_CACHE": str(folder / "jit")}
    command = [args.symmetrix, __file__, "--worker", compact, "--sizes", size, "--dtypes", dtype]
    command += ["--crystal", args.crystal, "--steps", max(2, args.steps * 1000 // size)]
    result = json.loads(run(command, env, "Symmetrix-XL").splitlines()[-1])
    return result["wall"], result["cpu"]


def memory(args, files, _folder):
    """Print peak memory by atoms, and its slope."""
    print("| model | type | atoms | peak (MB) | slope (kB/atom) | wall (us/atom-step) |")
    for (model, dtype), file in files.items():
        last = None
        for size in args.memory_sizes:
            atoms = pair_overhead.structure(size, args.crystal)
            wall, _, kb = run_lmp(atoms, file, 1, environment(args.plugins, 2), 1, "native")
            slope = "-" if last is None else f"{(kb - last[1]) / (len(atoms) - last[0]):.1f}"
            last = len(atoms), kb
            cells = [model, dtype, len(atoms), f"{kb / 1024:.0f}", slope, f"{1e6 * wall / len(atoms):.0f}"]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def start(args, files, _folder):
    """Print the wall time of a whole run of one step of 8 atoms."""
    print("| model | type | start (s) |")
    for (model, dtype), file in files.items():
        found = []
        for _ in range(args.rounds):
            begin = time.perf_counter()
            output_of_lmp(
                pair_overhead.structure(8, args.crystal), file, 1, environment(args.plugins, 1), evaluator="native"
            )
            found.append(time.perf_counter() - begin)
        print(f"| {model} | {dtype} | {statistics.median(found):.2f} |", flush=True)


def instructions(args, files, _folder):
    """Print instructions per atom and step, counted by valgrind, which has no AVX-512."""
    if not shutil.which("valgrind"):
        return print("no count of instructions: valgrind is not installed")
    print("| model | type | instruction set | million instructions / atom-step |")
    atoms = pair_overhead.structure(64, args.crystal)
    env = environment(args.plugins, 1) | {"NATROLITE_SIMD": "avx2"}
    wrapper = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes"]
    wrapper += ["--cachegrind-out-file=/dev/null"]
    for (model, dtype), file in files.items():
        counts = []
        for steps in (2, 6):
            text, _ = output_of_lmp(atoms, file, steps, env, evaluator="native", wrapper=wrapper)
            refs = re.findall(r"refs:\s*([\d,]+)", text)  # of lmp and of Python, which starts it
            counts.append(max(int(count.replace(",", "")) for count in refs))
        million = (counts[1] - counts[0]) / 4e6 / len(atoms)
        print(f"| {model} | {dtype} | avx2 | {million:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", default=str(ROOT / "build" / "plugins"))
    parser.add_argument("--mace", metavar="PYTHON", help="interpreter with mace-torch")
    parser.add_argument("--symmetrix", metavar="PYTHON", help="interpreter with symmetrix-xl")
    parser.add_argument("--sizes", nargs="+", type=int, default=[216, 1000, 10000])
    parser.add_argument("--memory-sizes", nargs="+", type=int, default=[1000, 10000, 30000, 100000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20, help="for 1000 atoms")
    parser.add_argument("--tables", nargs="+", default=TABLES, choices=TABLES)
    parser.add_argument("--models", nargs="*", default=["sevennet-0", "mace"], choices=["sevennet-0", "mace"])
    parser.add_argument("--dtypes", nargs="+", default=["float32", "float64"], choices=["float32", "float64"])
    parser.add_argument("--files", nargs="+", type=pathlib.Path, default=[])
    parser.add_argument("--crystal", default="diamond", choices=["graphite", "diamond"])
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return symmetrix_worker(args)
    if not args.mace:
        print("mace is left out: give --mace PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files = write_models(args, folder)
        for table in args.tables:
            globals()[table](args, files, folder)
        print(f"load {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
