# SPDX-License-Identifier: GPL-2.0-only
"""Make the data and the MXene potential from nothing but a teacher: see README.md.

usage: make.py --teacher MODEL.pt --out DIR [--size test|small|full] [--seed N] [--jobs N]

Every result is a file in DIR that appears when it is complete: the same command goes on where it was ended.
"""

import argparse
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import pathlib
import sys
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import explore  # noqa: E402
import numpy as np  # noqa: E402
import cells  # noqa: E402
from distill import errors, labels  # noqa: E402
from natrolite.errors import NatroliteError  # noqa: E402

# start: perturbed structures; runs: by the teacher, with `steps` each; members of the committee; epochs of its
# trainings, the last one's of its first member alone; one round of active learning before each but the first: `searches` runs of `length` steps, at most `most` frames of
# each whose largest deviation of a force is within `doubt` (eV/Angstrom)
SIZES = {
    "test": {"start": 36, "runs": 2, "steps": 40, "members": 2, "epochs": [1, 1], "searches": 2, "length": 40},
    "small": {"start": 320, "runs": 24, "steps": 240, "members": 2, "epochs": [10, 8, 110], "searches": 24,
              "length": 600},
    "full": {"start": 1000, "runs": 120, "steps": 600, "members": 3, "epochs": [40, 40, 40, 250], "searches": 90,
             "length": 4000},
}  # fmt: skip
COMMON = {
    "every": 30,
    "most": 5,
    "doubt": [0.15, 4.0],
    "rate": 0.01,
    "batch": 5,
    "largest_force": 20.0,
    "temperatures": [50, 650],
}
NUMBERS = [1, 6, 8, 11, 22]


def say(line):
    """Print a line with the time of day."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


class Work:
    """The folder of one making, its settings, and the pool of processes."""

    def __init__(self, arguments):
        self.folder = arguments.out
        self.teacher = os.path.abspath(arguments.teacher)
        with open(self.teacher, "rb") as stream:
            digest = hashlib.sha256(stream.read()).hexdigest()
        self.settings = {**COMMON, **SIZES[arguments.size], "seed": arguments.seed, "teacher": digest}
        os.makedirs(self.folder, exist_ok=True)
        self._same_settings()
        context = multiprocessing.get_context("spawn")  # LAMMPS and torch do not survive a fork
        # one thread a process; glibc keeps freed memory, without which torch takes 1.1 times as long
        os.environ |= {"OMP_NUM_THREADS": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "20000000000"}
        self.pool = concurrent.futures.ProcessPoolExecutor(arguments.jobs, context)

    def _same_settings(self):
        path = self.path("settings.json")
        if os.path.exists(path):
            with open(path) as stream:
                if json.load(stream) != self.settings:
                    raise ValueError(f"{path}: other settings or another teacher made this folder; take another --out")
        else:
            with open(path, "w") as stream:
                json.dump(self.settings, stream, indent=1)

    def path(self, name):
        return os.path.join(self.folder, name)

    def map(self, what, function, tasks):
        """Return function(*task) of every task, in order, with a line and the time left as they end."""
        began, futures = time.monotonic(), [self.pool.submit(function, *task) for task in tasks]
        for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
            future.result()
            left = (time.monotonic() - began) / done * (len(futures) - done) / 60
            say(f"{what}: {done}/{len(futures)}, {left:.0f} min left")
        return [future.result() for future in futures]

    def label(self, name, frames):
        """Label frames with the teacher, without D3, and write them to the file name."""
        calculator = labels.calculator(self.teacher, explore.ELEMENTS)
        labeled = labels.label(frames, calculator, self.settings["largest_force"])
        labels.save(self.path(name), labeled)
        atoms = sum(len(frame) for frame in labeled)
        say(f"{name}: {len(labeled)} of {len(frames)} frames labeled, {atoms} atoms")


def start_frames(work):
    """Write start.xyz: perturbed structures."""
    if not os.path.exists(work.path("start.xyz")):
        work.label("start.xyz", cells.generate(work.settings["start"], work.settings["seed"]))


def runs(work, name, count, models, steps, **variables):
    """Run count dynamics from new structures; return their frames with kind and source."""
    settings = work.settings
    number = zlib.crc32(name.encode()) % 10**6 + settings["seed"]
    starts, rng = cells.generate(count, number), np.random.default_rng(number)
    os.makedirs(work.path(name), exist_ok=True)
    variables = {"steps": steps, "every": settings["every"], **variables}
    tasks = []
    for run, start in enumerate(starts):
        temperature = round(rng.uniform(*settings["temperatures"]), 1)
        tasks.append((work.path(name), f"{run}", start, models, temperature, int(rng.integers(1, 10**8)), variables))
    found = []
    for run, frames in enumerate(work.map(name, _run, tasks)):
        for frame in frames:
            frame.info = {"kind": starts[run].info["kind"], "source": f"{name}-{run}"}
        found.append(frames)
    return found


def _run(folder, name, start, models, temperature, seed, variables):
    return explore.run(folder, name, start, models, temperature, seed, **variables)


def teacher_frames(work):
    """Write teacher.xyz: frames of dynamics by the teacher with D3."""
    if not os.path.exists(work.path("teacher.xyz")):
        settings = work.settings
        found = runs(work, "teacher", settings["runs"], [work.teacher], settings["steps"])
        work.label("teacher.xyz", [frame for frames in found for frame in frames[1:]])


def part(frame):
    """Return which part of the data a frame belongs to: by its source, so that a run is never in two."""
    return {0: "test", 1: "valid"}.get(zlib.crc32(frame.info["source"].encode()) % 10, "train")


def split(work):
    """Return {"train": frames, "valid": ..., "test": ...} of all labeled files."""
    parts = {"train": [], "valid": [], "test": []}
    for path in sorted(pathlib.Path(work.folder).glob("*.xyz")):
        for frame in labels.load(path):
            parts[part(frame)].append(frame)
    return parts


def train_members(work, number):
    """Train the committee of a round on all data so far, from the last round's; return the files of the members.

    After the last round nobody is asked for a second opinion: only the first member is trained.
    """
    settings, parts = work.settings, split(work)
    last = number == len(settings["epochs"]) - 1
    paths = [work.path(f"member-{number}-{m}.model") for m in range(1 if last else settings["members"])]
    if not all(os.path.exists(path) for path in paths):
        say(f"training {number}: {len(parts['train'])} frames, {len(parts['valid'])} for validation")
    options = {"epochs": settings["epochs"][number], "rate": settings["rate"], "batch": settings["batch"]}
    tasks = []
    for member, path in enumerate(paths):
        start = work.path(f"member-{number - 1}-{member}.model") if number else None
        seed = settings["seed"] + 1000 * number + member
        tasks.append((path, parts["train"], parts["valid"], NUMBERS, seed, options, start))
    work.map(f"training {number}", _train, tasks)
    return paths


def _train(*arguments):
    from distill import students

    return students.train(*arguments, log=say)


def export(path):
    """Write the model file beside a trained model, unless it is there; return its path."""
    from natrolite.export import export
    from natrolite.exporters import mace

    output = path.replace(".model", ".pt")
    if not os.path.exists(output):
        export(mace, path, f"{output}.partial", "float32")
        os.replace(f"{output}.partial", output)
    return output


def search(work, number, members):
    """Write round-N.xyz: frames of dynamics by the committee on which it disagrees, labeled by the teacher."""
    name = f"round-{number}"
    if os.path.exists(work.path(f"{name}.xyz")):
        return
    settings = work.settings
    found = runs(work, name, settings["searches"], [export(path) for path in members], settings["length"])
    low, high = settings["doubt"]
    picked = [frame for frames in found for frame in explore.doubtful(frames, low, high, settings["most"])]
    worst = [frame.arrays["f_doubt"].max() for frames in found for frame in frames[1:]]
    say(f"{name}: median of the largest deviations {np.median(worst):.3f} eV/A, {len(picked)} frames taken")
    work.label(f"{name}.xyz", picked)


def publish(work, member):
    """Write mace-mxene.pt: a member under its name, with the license of the teacher, and its citation beside
    that of MACE."""
    import torch
    from natrolite.modelfile import read_metadata

    teacher, named = read_metadata(work.teacher), work.path("mace-mxene.model")
    model = torch.load(member, weights_only=False)
    model.license, model.citation = teacher["license"], teacher["citation"]
    torch.save(model, named)
    return export(named)


def report(work, student):
    """Write errors.txt and parity.png: the student on the frames that are held out."""
    found = errors.compare(split(work)["test"], labels.calculator(student, explore.ELEMENTS))
    lines = errors.table(found)
    pathlib.Path(work.path("errors.txt")).write_text("\n".join(lines) + "\n")
    errors.parity(found, work.path("parity.png"))
    print(*lines, sep="\n", flush=True)


def check_teacher(path):
    """Refuse a file that is no model file (NatroliteError) or lacks an element (ValueError)."""
    from natrolite.modelfile import read_metadata

    missing = sorted(set(explore.ELEMENTS) - set(read_metadata(path)["type_names"]))
    if missing:
        raise ValueError(f"{path} has no {', '.join(missing)}; take a teacher with {', '.join(explore.ELEMENTS)}")


def main(argv=None):
    """Make everything; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", required=True, metavar="FILE", help="model file with Ti, C, O, H and Na")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of all that is made")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes, of one thread each (2)")
    arguments = parser.parse_args(argv)
    try:
        check_teacher(arguments.teacher)
        work = Work(arguments)
        start_frames(work)
        teacher_frames(work)
        members = train_members(work, 0)
        for number in range(1, len(work.settings["epochs"])):
            search(work, number, members)
            members = train_members(work, number)
        student = publish(work, members[0])
        report(work, student)
    except (OSError, ValueError, NatroliteError) as error:
        print(f"make.py: error: {error}", file=sys.stderr)
        return 1
    say(f"made {student}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
