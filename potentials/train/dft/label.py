# SPDX-License-Identifier: GPL-2.0-only
"""Labels trajectories with CP2K, each frame from the last one's electrons where the settings say so; goes on where it
stopped."""

import concurrent.futures
import dataclasses
import fcntl
import os
import shlex
import subprocess
import threading
import time

from ase.io import read, write
from distill.files import complete, complete_text

from . import cp2k, frames
from .sample import refuse_stopped, sample


@dataclasses.dataclass
class Programs:
    """What is run: CP2K's command, LAMMPS, and the model files that sample."""

    cp2k: str
    lmp: str
    models: list


class Progress:
    """Prints a line a frame: what is done, seconds for it, and the time left at the pace so far."""

    def __init__(self, total, done):
        self.total, self.done, self.new = total, done, 0
        self.start, self.lock = time.monotonic(), threading.Lock()

    def line(self, name, seconds, what):
        with self.lock:
            self.done, self.new = self.done + 1, self.new + 1
            left = (time.monotonic() - self.start) / self.new * (self.total - self.done) / 3600
            print(f"{self.done}/{self.total} {name}: {what}, {seconds:.0f} s, {left:.1f} h left", flush=True)


def run(trajectories, settings, programs, work, jobs, known=frozenset()):
    """Label all trajectories in the order given, `jobs` at a time, in folders of `work`; not frames of `known` names."""
    in_work = {name_of(file.parent.name, file.stem) for file in [*results(work), *failures(work)]}
    done = sum(name.rpartition("-")[0] in {t.name for t in trajectories} for name in in_work | known)
    progress = Progress(sum(map(len, trajectories)), done)
    trajectories = [t for t in trajectories if not known.issuperset(name_of(t.name, i) for i in range(len(t)))]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = [
            pool.submit(label, t, settings, programs, work / t.kind / t.name, progress, known) for t in trajectories
        ]
        for future in concurrent.futures.as_completed(waiting):
            future.result()


def results(work):
    """Files of the labeled frames, in order."""
    return sorted(work.glob("*/*/[0-9]*.extxyz"))


def failures(work):
    """Files with the reasons why frames were dropped, in order."""
    return sorted(work.glob("*/*/*.failed"))


def name_of(trajectory, number):
    """Name of a frame in data/: that of its trajectory and its number."""
    return f"{trajectory}-{int(number):02d}"


def label(trajectory, settings, programs, folder, progress, known):
    """Label the frames of one trajectory that have no result yet; nothing if another process is at it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        label_rest(trajectory, settings, programs, folder, progress, known)


def label_rest(trajectory, settings, programs, folder, progress, known):
    """Sample a trajectory unless that was done, and label its frames in turn."""
    settings = dataclasses.replace(settings, kpoints=trajectory.kpoints)
    for number, atoms in enumerate(sampled(trajectory, folder, programs)):
        name = name_of(trajectory.name, number)
        result = folder / f"{number:02d}.extxyz"
        if name in known or result.exists() or result.with_suffix(".failed").exists():
            continue
        begin = time.monotonic()
        what = label_one(atoms, settings, programs.cp2k, folder, result, name, trajectory.kind)
        progress.line(name, time.monotonic() - begin, what)
    for rest in folder.glob("frame*"):  # wave functions
        rest.unlink()


def label_one(atoms, settings, command, folder, result, name, kind):
    """Compute a frame by CP2K, a command, in a folder and write it to the file result, or why that failed to result's
    name with .failed; return what happened in words."""
    try:
        answer = compute(atoms, settings, command, folder)
        complete_text(result, frames.text([frames.labeled(atoms, answer, settings, name, kind)]))
        return f"{answer['steps']} SCF steps"
    except cp2k.Failed as error:
        complete_text(result.with_suffix(".failed"), f"{error}\n")
        return f"dropped: {error}"


def sampled(trajectory, folder, programs, spacing=None):
    """Return the frames to label, kept in a file so that a second run labels the same ones; spacing: of sample."""
    file = folder / "sampled.traj"
    if not file.exists():
        found = sample(trajectory, folder, programs.models, programs.lmp, spacing)
        complete(file, lambda path: write(path, found, format="traj"))
    return read(file, ":") if file.stat().st_size else []  # a committee may agree on all


def compute(atoms, settings, command, folder):
    """Run CP2K, a command, in the folder and return what it says; Failed if that cannot be used."""
    restarts = [name for name in ("frame-RESTART.wfn", "frame-RESTART.kp") if (folder / name).exists()] * settings.reuse
    (folder / "frame.inp").write_text(cp2k.write_input(atoms, settings, restarts[0] if restarts else None))
    with open(folder / "frame.out", "w") as out:
        done = subprocess.run(
            [*shlex.split(command), "-i", "frame.inp"],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={"OMP_NUM_THREADS": "1", **os.environ},
        )
    refuse_stopped("CP2K", done.returncode, folder)
    try:
        return cp2k.read_output((folder / "frame.out").read_text(), atoms)
    except cp2k.Failed:
        for restart in restarts:  # it may be the reason
            (folder / restart).unlink(missing_ok=True)
        raise
