# SPDX-License-Identifier: GPL-2.0-only
"""The GPU against the CPU: every model file, structure and mode; then dynamics; then two ranks."""

import concurrent.futures
import json
import pathlib
import shutil
import threading
import time

import lammps_run
import numpy as np

SIX = [f"c_six[{k}]" for k in range(1, 7)]
NINE = [f"c_nine[{k}]" for k in range(1, 10)]
COMPUTES = "compute six all stress/atom NULL virial\ncompute nine all centroid/stress/atom NULL virial\n"
# eV per atom; then relative to the largest entry (or 1): forces, per-atom energies and virials
LIMITS = {"float64": (1e-9, 1e-9), "float32": (5e-6, 2e-4), "tf32": (1e-4, 2e-2)}
WALK = {"float64": 1e-6, "float32": 2e-2, "tf32": 2e-2}  # Angstrom, after the steps below
STEPS = 200
PLACES = {"toy": "liquid", "spookynet": "benzene"}  # structure of the dynamics; else na_in_graphite
STAGE_SECONDS = {"agree": 110, "ranks": 40}


class NoTime(RuntimeError):
    """The stage's time is over."""


class Structure:
    """What lammps_run asks of a structure, which is a file of the pack."""

    def __init__(self, folder, case):
        self.source, self.boundary = folder / case["data"], f"boundary {case['boundary'].removeprefix('boundary ')}"

    def write(self, path):
        shutil.copy(self.source, path)


class Ways:
    """How lmp is called: plain on the CPU, plain with the model on the GPU, equivariant/kk."""

    def __init__(self, cpu, with_kk=True):
        kk = "-k on t 2 -sf kk" if cpu else "-k on g 1 -sf kk -pk kokkos newton on neigh half"
        self.switches = {"cpu": [], "cuda": [], "kk": kk.split()}
        # without a GPU the native evaluator would be compared with itself
        self.device = {"cpu": "device cpu", "cuda": "device cuda", "kk": "evaluator torch" if cpu else ""}
        self.others = ["kk"] * with_kk + ["cuda"] * (not cpu)
        self.aware = [] if cpu else ["gpu/aware", "off"]

    def arguments(self, way, ranks=1):
        return [*self.switches[way], *(self.aware if ranks > 1 and way == "kk" else [])]


def style(case, way, ways, mode):
    """Return pair_style and what must come before it."""
    ghosts = f"comm_modify cutoff {case['shell_cutoff']}\n" if mode == "shell" else ""
    electrons = f"charge {case['charge']:g} spin {case['spin']:g}" if case["charge"] or case["spin"] else ""
    return f"{ghosts}pair_style equivariant exchange {mode} {ways.device[way]} {electrons}\n"


def deck_of(entry, pack, folder, way, ways, only=None):
    """Return the deck of one file in one way: all structures and modes, then dynamics."""
    text = ""
    for case in entry["cases"]:
        text += lammps_run.load(case["data"][:-5], Structure(pack, case), folder) + COMPUTES
        lines = f"pair_coeff * * {pack / entry['file']} {' '.join(case['names'])}\n"
        charges = case.get("charges") is not None
        lines += "fix natq all pair 1 equivariant charge 0\n" if charges else ""
        for mode in only or case["modes"]:
            fields = [*SIX, *NINE, *(["f_natq"] if charges else [])]
            text += lammps_run.evaluate(f"{case['id']}-{mode}", style(case, way, ways, mode) + lines, fields)
            lines = ""
    return text + ("" if only else walk_of(entry, pack, folder, way, ways))


def walk_of(entry, pack, folder, way, ways):
    """Return the deck of the dynamics."""
    place = PLACES.get(entry["family"], "na_in_graphite")
    case = next(case for case in entry["cases"] if case["id"] == place)
    text = lammps_run.load(case["data"][:-5], Structure(pack, case), folder) + style(case, way, ways, "auto")
    return (
        text
        + f"""pair_coeff * * {pack / entry["file"]} {" ".join(case["names"])}
velocity all create 300 77 loop geom
fix move all nve
timestep 0.00025
dump walk all custom {STEPS // 4} walk.dump id x y z
dump_modify walk sort id format float %.17g
run {STEPS} post no
"""
    )


class Agreement:
    """Runs and comparisons of one pack."""

    def __init__(self, pack, work, report, ways, jobs):
        self.models, self.work, self.report = pack / "models", work / "runs", report
        self.ways, self.jobs, self.end = ways, jobs, 0.0
        self.entries = json.loads((self.models / "models.json").read_text())

    def run(self, entry, way, ranks=1, only=None):
        """Return (Finished, seconds) of a file in a way."""
        folder = self.work / f"{entry['file']}-{way}-{ranks}-{threading.get_ident()}"
        folder.mkdir(parents=True, exist_ok=True)
        deck, begin = deck_of(entry, self.models, folder, way, self.ways, only), time.monotonic()
        try:
            arguments = self.ways.arguments(way, ranks)
            done = lammps_run.lmp(deck, folder, ranks, arguments, timeout=max(0.1, self.end - begin), threads=0)
        except AssertionError as error:
            if time.monotonic() < self.end:
                raise
            raise NoTime(f"{way} was cut off after {time.monotonic() - begin:.0f} s") from error
        return done, time.monotonic() - begin

    def compare(self, done, plain, pairs):
        """Return the largest errors: eV/atom, and relative ones of forces and of what is per atom."""
        energy = forces = peratom = 0.0
        for case, mode in pairs:
            found, right = (lammps_run.point(run, f"{case['id']}-{mode}") for run in (done, plain))
            energy = max(energy, abs(found.energy - right.energy) / case["atoms"])
            forces = max(forces, relative(found.forces, right.forces))
            for name in set(right.columns) - {"id", "proc", "fx", "fy", "fz"}:
                peratom = max(peratom, relative(found.columns[name], right.columns[name]))
        return energy, forces, peratom

    def judge(self, stage, what, entry, errors, seconds, extra="", more_wrong=False):
        per_atom, size = LIMITS[entry["dtype"] if what.endswith(" cpu") else precision(entry)]
        wrong = more_wrong or not (errors[0] <= per_atom and errors[1] <= size and errors[2] <= size)
        text = "dE {:.1e} eV/atom, dF {:.1e}, per atom {:.1e}".format(*errors) + f"{extra}, {seconds:.0f} s"
        self.report.add(stage, what, "FAILED" if wrong else "ok", text, errors=list(errors), seconds=seconds)

    def one_file(self, entry):
        """Compare a file on the CPU with its family's calculator; then every other way against that."""
        name = entry["file"]
        plain, seconds = self.run(entry, "cpu")
        if entry["cases"][0]["energy"] is not None:
            self.judge("agree", f"{name} cpu", entry, own_errors(entry, plain), seconds, " against its own calculator")
        for way in self.ways.others:
            self.guarded("agree", f"{name} {way}", self.one_way, entry, way, plain)

    def one_way(self, entry, way, plain):
        """Compare a way of calling lmp with the plain style on the CPU."""
        done, seconds = self.run(entry, way)
        pairs = [(case, mode) for case in entry["cases"] for mode in case["modes"]]
        apart = steps_apart(done, plain)
        self.judge(
            "agree",
            f"{entry['file']} {way}",
            entry,
            self.compare(done, plain, pairs),
            seconds,
            f", {STEPS} steps {apart:.1e} A",
            not apart <= WALK[precision(entry)],
        )

    def first(self):
        """Return the first file of each family."""
        return {entry["family"]: entry for entry in reversed(self.entries)}.values()

    def files(self, clock):
        """All files, some at a time, one of each family first."""
        ordered = [*self.first(), *(entry for entry in self.entries if entry not in self.first())]
        self.together("agree", clock, [(entry["file"], self.one_file, entry) for entry in ordered])

    def two_ranks(self, clock):
        """Two ranks on one GPU against one on the CPU; of each family the first file that can."""
        tasks, able = [], {}
        for entry in self.entries:
            cases = [case for case in entry["cases"] if "ghost" in case["modes"]][:3]
            if cases:
                able.setdefault(entry["family"], {**entry, "cases": cases})
        for entry in able.values():
            tasks += [(f"{entry['file']} {way}", self.ranks_of, entry, way) for way in self.ways.others]
        self.together("ranks", clock, tasks)

    def together(self, stage, clock, tasks):
        """Do the tasks (what, step, arguments...) side by side, as far as the time of the stage goes."""
        self.end = time.monotonic() + clock.share(STAGE_SECONDS[stage])
        with concurrent.futures.ThreadPoolExecutor(max(1, self.jobs * 3 // 4)) as pool:
            for what, step, *arguments in tasks:
                pool.submit(self.guarded, stage, what, step, *arguments)

    def guarded(self, stage, what, step, *arguments):
        """Take a step; one that goes wrong is a line of the report and never ends the run."""
        try:
            if time.monotonic() > self.end:
                raise NoTime("no time left")
            step(*arguments)
        except NoTime as error:
            self.report.add(stage, what, "missing", str(error))
        except Exception as error:
            self.report.add(stage, what, "FAILED", f"{type(error).__name__}: {error}"[-700:])

    def ranks_of(self, entry, way):
        plain, _ = self.run(entry, "cpu", 1, ["ghost"])
        done, seconds = self.run(entry, way, 2, ["ghost"])
        pairs = [(case, "ghost") for case in entry["cases"]]
        self.judge("ranks", f"{entry['file']} {way} 2 ranks", entry, self.compare(done, plain, pairs), seconds)


def precision(entry):
    """Return what a GPU computes a file in."""
    return "tf32" if entry["tf32"] and entry["dtype"] == "float32" else entry["dtype"]


def relative(found, right):
    """Return the largest difference over the largest entry, or over 1; inf for NaN."""
    apart = np.abs(np.asarray(found) - right).max()
    return float(apart / max(1.0, np.abs(right).max())) if np.isfinite(apart) else float("inf")


def steps_apart(done, plain):
    """Return how far the dynamics are apart at their end, Angstrom."""
    ends = [lammps_run.read_dump(pathlib.Path(run.folder, "walk.dump"))[-1] for run in (done, plain)]
    apart = max(np.abs(ends[0][c] - ends[1][c]).max() for c in "xyz")
    return float(apart) if np.isfinite(apart) else float("inf")


def own_errors(entry, plain):
    """Return the errors against the family's own calculator: eV/atom, forces, virial and charges."""
    energy = forces = rest = 0.0
    for case in entry["cases"]:
        for mode in case["modes"]:
            found = lammps_run.point(plain, f"{case['id']}-{mode}")
            energy = max(energy, abs(found.energy - case["energy"]) / case["atoms"])
            forces = max(forces, relative(found.forces, np.array(case["forces"])))
            if case["virial"] is not None:
                rest = max(rest, relative(found.virial, np.array(case["virial"])))
            if case["charges"] is not None:
                rest = max(rest, relative(found.columns["f_natq"], np.array(case["charges"])))
    return energy, forces, rest
