# SPDX-License-Identifier: GPL-2.0-only
"""Time per atom and step, fixed cost of a step, memory per atom, the largest system; and the sanitizer."""

import pathlib
import re
import shutil
import subprocess
import threading
import time

import lammps_run
import numpy as np

LARGE = {"SevenNet-0": "sevennet-0.pt", "MACE 128x0e+128x1o": "mace-128.pt"}
# cells of diamond, 8 atoms each -> steps that count
SIZES = {(5, 5, 5): 20, (11, 11, 10): 10, (19, 18, 18): 5}
SMALL = {(2, 2, 2): 50}
REHEARSAL = {(2, 2, 2): 3, (3, 3, 3): 2}
WARM = 5  # steps: LibTorch compiles in the first ones, and plans its memory
FULL = 0.9  # of the memory that the estimate says
DECK = """
units metal
atom_style atomic
lattice diamond 3.75
region box block 0 {0} 0 {1} 0 {2}
create_box 2 box
create_atoms 1 box
set type 1 type/fraction 2 0.01 12345
mass 1 12.011
mass 2 22.99
displace_atoms all random 0.05 0.05 0.05 777
pair_style equivariant {device}
pair_coeff * * {model} C Na
fix 1 all nve
timestep 0.0005
thermo 100
run {warm}
run {steps} pre no
"""


class Memory:
    """The most memory of the GPU in use while the block runs, MiB; 0 without one."""

    def __enter__(self):
        self.most, self.over = 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.over.wait(0.2):
            self.most = max(self.most, gpu_memory("used"))

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def gpu_memory(what):
    """Return memory.used or memory.total of the GPU, MiB; 0 without one."""
    if not shutil.which("nvidia-smi"):
        return 0
    command = ["nvidia-smi", "-i", "0", f"--query-gpu=memory.{what}", "--format=csv,noheader,nounits"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    return int(done.stdout.split()[0]) if done.returncode == 0 else 0


class Measurement:
    """Runs of the large models in every way of one pack."""

    def __init__(self, pack, work, report, ways, cpu):
        self.models, self.folder, self.report, self.ways, self.cpu = pack / "models", work / "time", report, ways, cpu
        self.folder.mkdir(parents=True, exist_ok=True)
        self.memory = {}  # (model, way) -> {atoms: MiB}

    def once(self, model, way, cells, steps, timeout):
        """Return {atoms, us, memory, sections} of one run; a run that fails raises AssertionError."""
        deck = DECK.format(
            *cells, device=self.ways.device[way], model=self.models / LARGE[model], warm=WARM, steps=steps
        )
        with Memory() as memory:
            done = lammps_run.lmp(deck, self.folder, 1, self.ways.arguments(way), timeout=timeout, threads=0)
        seconds, atoms = re.findall(r"Loop time of (\S+) on .* with (\d+) atoms", done.output)[-1]
        sections = dict(
            re.findall(r"^(Pair|Neigh|Comm|Output|Modify|Other)\s+\|.*\|\s*([\d.]+)\s*$", done.output, re.M)
        )
        return {
            "atoms": int(atoms),
            "ms": 1e3 * float(seconds) / steps,
            "memory": memory.most,
            "sections": {name: float(share) for name, share in list(sections.items())},
        }

    def timed(self, stage, model, way, cells, steps, clock, limit=70):
        """Add one line; return whether it ran."""
        atoms, left = 8 * int(np.prod(cells)), clock.share(limit)
        what = f"{model} {way} {atoms}"
        if left < 5:
            self.report.add(stage, what, "missing", "no time left")
            return False
        try:
            run = self.once(model, way, cells, steps, left)
        except AssertionError as error:
            full = "out of memory" in str(error)
            self.report.add(
                stage, what, "missing" if full else "FAILED", "out of memory" if full else str(error)[-500:]
            )
            return False
        us = 1e3 * run["ms"] / run["atoms"]
        shares = ", ".join(f"{name} {share:.0f} %" for name, share in run["sections"].items() if share >= 1.0)
        text = f"{us:.2f} us/atom-step, {run['ms']:.2f} ms/step, {run['memory']} MiB; {shares}"
        self.report.add(stage, what, "ok", text, us=us, **run)
        self.memory.setdefault((model, way), {})[run["atoms"]] = run["memory"]
        return True

    def times(self, way, clock):
        """Every model, small systems first; one that ran out of memory gets no larger one."""
        for model in LARGE:
            for cells, steps in (REHEARSAL if self.cpu else {**SMALL, **SIZES}).items():
                if not self.timed("time", model, way, cells, steps, clock):
                    break

    def largest(self, clock):
        """Memory per atom from the two largest runs of /kk, and a run of the largest system it promises."""
        total = gpu_memory("total")
        for (model, way), sizes in self.memory.items():
            (a, low), (b, high) = [*[(0, 0), (0, 0)], *sorted(sizes.items())][-2:]
            if way != "kk" or not total or high <= low or b == a:
                self.report.add("memory", f"{model} {way}", "skipped", "no GPU, or too few sizes")
                continue
            per_atom = (high - low) / (b - a)
            atoms = int(FULL * (total - (high - per_atom * b)) / per_atom)
            self.report.add(
                "memory",
                f"{model} {way}",
                "ok",
                f"{per_atom:.3f} MiB/atom, fixed "
                f"{high - per_atom * b:.0f} MiB; {total} MiB hold {atoms} atoms at {FULL}",
                mib=per_atom,
            )
            for share in (1.0, 0.8):
                n = max(1, round((share * atoms / 8) ** (1 / 3)))
                cells = (n, n, max(1, int(share * atoms / 8 / n / n)))
                if self.timed("memory", model, way, cells, 2, clock, 90):
                    break


def sanitizer():
    """Return the program, or None."""
    places = ["/usr/local/cuda/bin", "/usr/local/cuda/compute-sanitizer", "/opt/nvidia/compute-sanitizer"]
    found = [shutil.which("compute-sanitizer"), *(shutil.which("compute-sanitizer", path=p) for p in places)]
    return next(filter(None, found), None)


def kernels(built, report, clock):
    """Compare the device's loops alone with core's."""
    if not built["kernels"]:
        return report.add("kernels", "loops alone", "missing", "not built")
    run_program("kernels", "loops alone", [built["kernels"]], report, clock, 60, r"(\d+) difference\(s\)")


def memcheck(built, pack, work, report, ways, clock):
    """compute-sanitizer over the loops alone, then over one small run of /kk."""
    program = sanitizer()
    if not program or "kk" not in ways.others or not built["kernels"]:
        return report.add("sanitizer", "memcheck", "skipped", "no compute-sanitizer, or nothing to check")
    check = [program, "--tool", "memcheck", "--error-exitcode", "9", "--print-limit", "5"]
    summary = r"ERROR SUMMARY: (\d+) error"
    run_program("sanitizer", "memcheck, loops alone", [*check, built["kernels"]], report, clock, 60, summary)
    folder = work / "sanitizer"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(pack / "models" / "toy-box.data", folder)
    (folder / "in.toy").write_text(f"""units metal
boundary p p p
read_data toy-box.data
mass * 20.0
pair_style equivariant exchange ghost check no
pair_coeff * * {pack / "models" / "lj.pt"} Ar Ne
compute nine all centroid/stress/atom NULL virial
compute sum all reduce sum c_nine[1]
thermo_style custom step pe press c_sum
fix 1 all nve
run 3
""")
    command = [*check, built["lmp"], "-nocite", "-log", "none", *ways.arguments("kk"), "-in", "in.toy"]
    run_program("sanitizer", "memcheck, equivariant/kk", command, report, clock, 100, summary, folder)


def run_program(stage, what, command, report, clock, limit, count, folder=None):
    """Run a program whose output ends with a count that must be 0."""
    left = clock.share(limit)
    if left < 5:
        return report.add(stage, what, "missing", "no time left")
    begin = time.monotonic()
    try:
        done = subprocess.run(
            [str(w) for w in command],
            cwd=folder,
            env=lammps_run.environment(),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=left,
        )
    except subprocess.TimeoutExpired:
        return report.add(stage, what, "FAILED", f"no end after {left:.0f} s")
    found = re.findall(count, done.stdout)
    good = done.returncode == 0 and found and found[-1] == "0"
    text = f"{time.monotonic() - begin:.0f} s" if good else (done.stdout + done.stderr)[-900:]
    report.add(stage, what, "ok" if good else "FAILED", text)


def profile(pack, report, python, source, cpu, clock):
    """LibTorch's profiler over the model alone; its table becomes profile-MODEL.txt."""
    for model, file in LARGE.items():
        left = clock.share(60)
        if left < 10:
            report.add("profile", model, "missing", "no time left")
            continue
        out = report.folder / f"profile-{file.removesuffix('.pt')}.txt"
        command = [
            python,
            pathlib.Path(__file__).with_name("profile_model.py"),
            pack / "models" / file,
            out,
            "216" if cpu else "4096",
            "cpu" if cpu else "cuda",
        ]
        env = lammps_run.environment() | {"PYTHONPATH": str(source / "python")}
        try:
            done = subprocess.run([str(w) for w in command], env=env, capture_output=True, text=True, timeout=left)
        except subprocess.TimeoutExpired:
            report.add("profile", model, "FAILED", "no end")
            continue
        good = done.returncode == 0
        text = done.stdout.strip().splitlines()[-1] if good else done.stderr[-500:]
        report.add("profile", model, "ok" if good else "FAILED", text)
