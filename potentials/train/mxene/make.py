# SPDX-License-Identifier: GPL-2.0-only
"""Make the data and the MXene potential from nothing but a teacher: see README.md.

usage: make.py --teacher MODEL.pt --out DIR [--size test|small|full] [--seed N] [--jobs N]

Every result is a file in DIR that appears when it is complete: the same command goes on where it was ended.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import explore
import cells
from distill import making

# start: perturbed structures; relaxed: stacks on their way to rest; runs: by the teacher, with `steps` each; members of
# the committee; epochs of its trainings, the last one's of its first member alone; one round of active learning
# before each but the first: `searches` runs of `length` steps, at most `most` frames of each whose largest deviation of
# a force is within `doubt` (eV/Angstrom)
SIZES = {
    "test": {"start": 36, "relaxed": 3, "runs": 2, "steps": 40, "members": 2, "epochs": [1, 1], "searches": 2,
             "length": 40},
    "small": {"start": 1400, "relaxed": 48, "runs": 40, "steps": 240, "members": 2, "epochs": [4, 3, 66],
              "searches": 36, "length": 600},
    "full": {"start": 1400, "relaxed": 120, "runs": 120, "steps": 600, "members": 3, "epochs": [40, 40, 40, 250],
             "searches": 90, "length": 4000},
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


class Work(making.Work):
    """The making of mace-mxene.pt."""

    product = "mace-mxene"
    elements = explore.ELEMENTS
    deck = explore.DECK
    students = "distill.students"
    family = "mace"

    def __init__(self, arguments):
        super().__init__(arguments, {**COMMON, **SIZES[arguments.size]}, arguments.teacher)

    def starts(self, count, seed):
        return cells.generate(count, seed)

    def variables(self, start, rng):
        temperature = round(rng.uniform(*self.settings["temperatures"]), 1)
        return {"temperature": temperature, "seed": int(rng.integers(1, 10**8))}


def start_frames(work):
    """Write start.xyz: perturbed structures."""
    if not os.path.exists(work.path("start.xyz")):
        work.label("start.xyz", cells.generate(work.settings["start"], work.settings["seed"]))


def teacher_frames(work):
    """Write teacher.xyz: frames of dynamics by the teacher with D3."""
    if not os.path.exists(work.path("teacher.xyz")):
        settings = work.settings
        found = making.runs(work, "teacher", settings["runs"], [work.teacher], steps=settings["steps"])
        work.label("teacher.xyz", [frame for frames in found for frame in frames[1:]])


def relaxed_frames(work):
    """Write relaxed.xyz: stacks without and with sodium on their way to rest by the teacher with D3."""
    if not os.path.exists(work.path("relaxed.xyz")):
        starts = cells.galleries(work.settings["relaxed"], work.settings["seed"])
        found = work.map("relaxed", explore.relax, [(work.teacher, start) for start in starts])
        work.label("relaxed.xyz", [frame for frames in found for frame in frames])


def search(work, number, members):
    """Write round-N.xyz: frames of dynamics by the committee on which it disagrees, labeled by the teacher."""
    name = f"round-{number}"
    if os.path.exists(work.path(f"{name}.xyz")):
        return
    settings, models = work.settings, [making.export(work, path) for path in members]
    making.take_doubtful(work, name, making.runs(work, name, settings["searches"], models, steps=settings["length"]))


def publish(work, member):
    """Write mace-mxene.pt: a member under its name, with the license of the teacher, and its citation beside
    that of MACE."""
    import torch
    from natrolite.modelfile import read_metadata

    teacher, named = read_metadata(work.teacher), work.path(f"{work.product}.model")
    model = torch.load(member, weights_only=False)
    model.license, model.citation = teacher["license"], teacher["citation"]
    torch.save(model, named)
    return making.export(work, named)


def make(arguments):
    """Make everything; return the potential."""
    making.check_teacher(arguments.teacher, explore.ELEMENTS)
    work = Work(arguments)
    start_frames(work)
    relaxed_frames(work)
    teacher_frames(work)
    return making.learn(work, search, publish)


def main(argv=None):
    """Make everything; return the exit code."""
    return making.main(make, making.parser(__doc__, SIZES, "Ti, C, O, H and Na").parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
