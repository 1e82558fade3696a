# SPDX-License-Identifier: GPL-2.0-only
"""The GPU against the CPU: every model file, structure and mode; then dynamics; then two ranks."""

import concurrent.futures
import json
import pathlib
import shutil
import time

import lammps_run
import numpy as np

SIX = [f"c_six[{k}]" for k in range(1, 7)]
NINE = [f"c_nine[{k}]" for k in range(1, 10)]
COMPUTES = "compute six all stress/atom NULL virial\ncompute nine all centroid/stress/atom NULL virial\n"
# eV per atom; then relative to the largest entry (or 1): forces, per-atom energies and virials
LIMITS = {"float64": (1e-9, 1e-9), "float32": (5e-6, 2e-4)}
WALK = {"float64": 1e-6, "float32": 2e-2}  # Angstrom, after the steps below
STEPS = 200
PLACES = {"toy": "liquid", "spookynet": "benzene"}  # structure of the dynamics; else na_in_graphite
STAGE_SECONDS, ONE_SECONDS = 150, 110


class Structure:
    """What lammps_run asks of a structure, which is a file of the pack."""

    def __init__(self, folder, case):
        self.source, self.boundary = folder / case["data"], f"boundary {case['boundary'].removeprefix('boundary ')}"

    def write(self, path):
        shutil.copy(self.source, path)


class Ways:
    """How lmp is called: plain on the CPU, plain with the model on the GPU, equivariant/kk."""

    def __init__(self, cpu):
        kk = "-k on t 2 -sf kk" if cpu else "-k on g 1 -sf kk -pk kokkos newton on neigh half"
        self.switches = {"cpu": [], "cuda": [], "kk": kk.split()}
        self.device = {"cpu": "device cpu", "cuda": "device cuda", "kk": ""}
        self.others = ["kk"] if cpu else ["kk", "cuda"]
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
    return text + f"""pair_coeff * * {pack / entry['file']} {' '.join(case['names'])}
velocity all create 300 77 loop geom
fix move all nve
timestep 0.00025
dump walk all custom {STEPS // 4} walk.dump id x y z
dump_modify walk sort id format float %.17g
run {STEPS} post no
"""


class Agreement:
    """Runs and comparisons of one pack."""

    def __init__(self, pack, work, report, cpu, jobs):
        self.models, self.work, self.report = pack / "models", work / "runs", report
        self.ways, self.jobs = Ways(cpu), jobs
        self.entries = json.loads((self.models / "models.json").read_text())

    def run(self, entry, way, ranks=1, only=None, timeout=ONE_SECONDS):
        """Return (Finished, seconds) of a file in a way."""
        folder = self.work / f"{entry['file']}-{way}-{ranks}"
        folder.mkdir(parents=True, exist_ok=True)
        deck, begin = deck_of(entry, self.models, folder, way, self.ways, only), time.monotonic()
        done = lammps_run.lmp(deck, folder, ranks, self.ways.arguments(way, ranks), timeout=timeout, threads=0)
        return done, time.monotonic() - begin

    def compare(self, entry, done, plain, pairs):
        """Return the largest errors: eV/atom, and relative ones of forces and of what is per atom."""
        energy = forces = peratom = 0.0
        for case, mode, truth in pairs:
            found = lammps_run.point(done, f"{case['id']}-{mode}")
            right = lammps_run.point(plain, f"{case['id']}-{truth}")
            energy = max(energy, abs(found.energy - right.energy) / case["atoms"])
            forces = max(forces, relative(found.forces, right.forces))
            for name in set(right.columns) - {"id", "proc", "fx", "fy", "fz"}:
                peratom = max(peratom, relative(found.columns[name], right.columns[name]))
        return energy, forces, peratom

    def judge(self, stage, what, entry, errors, seconds, extra="", more_wrong=False):
        per_atom, size = LIMITS[entry["dtype"]]
        wrong = more_wrong or not (errors[0] <= per_atom and errors[1] <= size and errors[2] <= size)
        text = "dE {:.1e} eV/atom, dF {:.1e}, per atom {:.1e}".format(*errors) + f"{extra}, {seconds:.0f} s"
        self.report.add(stage, what, "FAILED" if wrong else "ok", text, errors=list(errors), seconds=seconds)

    def one_file(self, entry):
        """A file on the CPU, against its family's calculator; then every other way against that."""
        name = entry["file"]
        plain, seconds = self.run(entry, "cpu")
        if entry["family"] != "toy":
            self.judge("agree", f"{name} cpu", entry, own_errors(entry, plain), seconds, " against its own calculator")
        for way in self.ways.others:
            try:
                done, seconds = self.run(entry, way)
            except AssertionError as error:
                self.report.add("agree", f"{name} {way}", "FAILED", str(error)[-700:])
                continue
            pairs = [(case, mode, mode) for case in entry["cases"] for mode in case["modes"]]
            apart = steps_apart(done, plain)
            self.judge("agree", f"{name} {way}", entry, self.compare(entry, done, plain, pairs), seconds,
                       f", {STEPS} steps {apart:.1e} A", not apart <= WALK[entry["dtype"]])

    def files(self, deadline):
        """All files, some at a time, one of each family first."""
        first = {entry["family"]: entry for entry in reversed(self.entries)}
        ordered = [*first.values(), *(e for e in self.entries if e not in first.values())]
        end = min(deadline, time.monotonic() + STAGE_SECONDS)
        with concurrent.futures.ThreadPoolExecutor(max(1, self.jobs // 2)) as pool:
            futures = {pool.submit(self.guarded, self.one_file, entry): entry for entry in ordered}
            done, late = concurrent.futures.wait(futures, timeout=max(0.0, end - time.monotonic()))
            for future in late:
                if future.cancel():
                    self.report.add("agree", futures[future]["file"], "missing", "no time left")

    def guarded(self, step, entry):
        try:
            step(entry)
        except Exception as error:  # one line of the report must never end the run
            self.report.add("agree", entry["file"], "FAILED", f"{type(error).__name__}: {error}"[-700:])

    def two_ranks(self, deadline):
        """Two ranks on one GPU against one on the CPU; one file of each family."""
        first = {entry["family"]: entry for entry in reversed(self.entries)}
        for entry in first.values():
            entry = {**entry, "cases": [c for c in entry["cases"] if "ghost" in c["modes"]][:3]}
            if not entry["cases"]:
                continue
            for way in self.ways.others:
                left = deadline - time.monotonic()
                if left < 5:
                    self.report.add("ranks", f"{entry['file']} {way}", "missing", "no time left")
                    continue
                self.guarded(lambda e, way=way, left=left: self.ranks_of(e, way, min(60, left)), entry)

    def ranks_of(self, entry, way, timeout):
        plain, _ = self.run(entry, "cpu", only=["ghost"], timeout=timeout)
        done, seconds = self.run(entry, way, 2, ["ghost"], timeout)
        pairs = [(case, "ghost", "ghost") for case in entry["cases"]]
        self.judge("ranks", f"{entry['file']} {way} 2 ranks", entry, self.compare(entry, done, plain, pairs), seconds)


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
