# SPDX-License-Identifier: GPL-2.0-only
"""DIR/run of a folder made by `tools/gpu-check pack`; see there for what it does and its options."""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PACK = HERE.parent
STAGES = ["build", "kernels", "agree", "ranks", "sanitizer", "time", "memory", "profile", "plain", "tests"]

sys.path.insert(0, str(HERE))
import build as build_steps  # noqa: E402
import clock as clocks  # noqa: E402
import report as reports  # noqa: E402


def said(*command):
    """Return the first line that a program prints, or why not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[-1 if command[0] == "nvcc" else 0] if lines else f"exit code {done.returncode}"


def facts(args):
    """Return what a number of this run depends on."""
    torch = (
        "import importlib.util, pathlib; at = importlib.util.find_spec('torch').submodule_search_locations[0]; "
        "exec(pathlib.Path(at, 'version.py').read_text()); print(__version__, 'CUDA', cuda)"
    )
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    content = json.loads((PACK / "content.json").read_text())
    return {
        "natrolite": content["natrolite"],
        "lammps": content["lammps"],
        "kokkos": content["kokkos"],
        "gpu": "none asked for" if args.cpu else said(*query),
        "torch": said(sys.executable, "-c", torch),
        "nvcc": said("nvcc", "--version"),
        "g++": said("g++", "--version"),
        "cmake": said("cmake", "--version"),
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} processors, {platform.release()}",
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }


def environment(built, source, work, cpu):
    """Set what the runner of decks reads when it is imported."""
    os.environ.update(
        {
            "NATROLITE_LMP": built["lmp"],
            "NATROLITE_MPIEXEC": built["mpiexec"] or "mpiexec",
            "NATROLITE_PLUGINS": built["plugins"],
            "NATROLITE_ENGINE": built["engine"],
            "NATROLITE_KOKKOS": "1",
            "HYDRA_LAUNCHER": "fork",
            "OMP_NUM_THREADS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
    )
    if not cpu:
        os.environ["NATROLITE_KOKKOS_SWITCHES"] = "g 1 -pk kokkos newton on neigh half gpu/aware off"
    sys.path[:0] = [str(source / "unittest" / "lammps"), str(source / "python"), str(work / "site")]


def own_tests(source, work, report, clock):
    """Run the /kk tests of the repository, which compare with the plain styles in the same process."""
    folder = source / "unittest" / "lammps"
    limit = clock.share(150)
    if limit < 15:
        return report.add("tests", "unittest/lammps", "missing", "no time left")
    path = os.pathsep.join(map(str, [source / "python", source / "unittest", work / "site"]))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        folder / "test_compute_kokkos.py",
        folder / "test_pair_kokkos.py",
    ]
    log = report.folder / "tests.txt"
    with open(log, "w") as stream:
        try:
            code = subprocess.run(
                [str(word) for word in command],
                env=os.environ | {"PYTHONPATH": path},
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=limit,
            ).returncode
        except subprocess.TimeoutExpired:
            code = "time is up"
    lines = log.read_text(errors="replace").strip().splitlines()
    outcome = {0: "ok", "time is up": "missing"}.get(code, "FAILED")
    report.add("tests", "unittest/lammps, -suffix kk", outcome, f"{code}: {lines[-1] if lines else ''}")


def check(args, report, built, source, clock):
    """All stages after the build."""
    environment(built, source, args.work, args.cpu)
    import agree
    import measure

    ways = agree.Ways(args.cpu, built.get("kk", True))
    agreement = agree.Agreement(PACK, args.work, report, ways, args.jobs)
    timing = measure.Measurement(PACK, args.work, report, ways, args.cpu)
    ranks = agreement.two_ranks if built["mpiexec"] else lambda _: report.add("ranks", "all", "skipped", "no MPI")
    stages = {
        "kernels": lambda: measure.kernels(built, report, clock),
        "agree": lambda: agreement.files(clock),
        "ranks": lambda: ranks(clock),
        "sanitizer": lambda: measure.memcheck(built, PACK, args.work, report, ways, clock),
        "time": lambda: [timing.times(way, clock) for way in ways.others if way == "kk"],
        "memory": lambda: timing.largest(clock),
        "profile": lambda: measure.profile(PACK, report, sys.executable, source, args.cpu, clock),
        "plain": lambda: [timing.times(way, clock) for way in ways.others if way != "kk"],
        "tests": lambda: own_tests(source, args.work, report, clock),
    }
    for name in STAGES[1:]:
        if not args.only or name in args.only:
            try:
                stages[name]()
            except Exception as error:  # the next stage may still tell something
                report.add(name, "stage", "FAILED", f"{type(error).__name__}: {error}"[-900:])


def arguments():
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--out", type=pathlib.Path, default=PACK / "results")
    parser.add_argument("--work", type=pathlib.Path, default=PACK / "work")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--minutes", type=float, default=clocks.PLANNED)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--built", type=pathlib.Path)
    parser.add_argument("--only", nargs="+", choices=STAGES)
    return parser.parse_args()


def main():
    args = arguments()
    args.work, args.out = args.work.resolve(), args.out.resolve()
    clock = clocks.Clock(args.minutes)
    report = reports.Report(args.out, facts(args))
    steps = build_steps.Build(PACK, args.work, report, clock, args.cpu, args.jobs)
    if args.built:
        steps.unpack()
        built = json.loads((args.built / "built.json").read_text())
    else:
        built = steps.everything()
    logs = sorted(args.work.glob("*.log"))
    (args.out / "build.log").write_text("".join(f"== {log.name}\n{log.read_text(errors='replace')}" for log in logs))
    if built and args.only != ["build"]:
        check(args, report, built, args.work / "natrolite", clock)
    failures = report.failures()
    print(f"{failures} failure(s); {args.out}/table.txt")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
