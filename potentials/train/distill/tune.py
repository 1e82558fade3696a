# SPDX-License-Identifier: GPL-2.0-only
"""A teacher that is tuned on frames of DFT: what it then tells of frames without DFT is nearer to DFT."""

import concurrent.futures
import multiprocessing
import pathlib

from ase.data import atomic_numbers, chemical_symbols
from distill import labels, making, reference
from distill.files import complete_text
from distill.parent import end_with_parent
from natrolite.exporters import nequix, nequix_files
from natrolite.modelfile import read_metadata
from natrolite.training.loop import need_soap

TUNED, UNTUNED, TABLE = "teacher.pt", "teacher-untuned.pt", "teacher.txt"
SEED = 1


def check(path, elements):
    """Refuse a file that cannot be tuned: none of nequix or without an element (ValueError), or damaged (NatroliteError)."""
    if not nequix_files.looks_like(path):
        raise ValueError(f"{path} cannot be tuned: it is no file of nequix (.nqx)")
    need_soap(f"tuning {path}")
    making.check_elements(path, [chemical_symbols[z] for z in nequix_files.read(path).numbers], elements)


def tuned(folder, source, frames, elements, options, jobs):
    """Tune a nequix file on frames of DFT and export it; return the model file, folder/teacher.pt, of these elements.

    frames: of reference.labeled, split by reference.split; options: epochs, rate, batch (nequix_students.train); jobs:
    processes, with making.ENVIRONMENT of the caller. Errors on frames that are held out, of the tuned and the untuned
    teacher, are in folder/teacher.txt. Goes on where it ended, with the same frames and options.
    """
    folder = pathlib.Path(folder)
    before, after = making.model_file(nequix, str(source), str(folder / UNTUNED)), folder / "teacher.nqx"
    terms, parts = read_metadata(before), reference.split(frames)
    options = {**options, "declared": {name: terms[name] for name in ("license", "citation")}}
    if not after.exists():
        making.say(f"tuning the teacher: {len(parts['train'])} frames, {len(parts['valid'])} for validation")
        _train(after, parts, [atomic_numbers[e] for e in elements], options, source, jobs)
    model = making.model_file(nequix, str(after), str(folder / TUNED))
    if not (folder / TABLE).exists():
        models = {"tuned": model, "untuned": before}
        calculators = {name: labels.calculator(path, elements) for name, path in models.items()}
        lines = reference.judged(frames, parts["test"], calculators, elements)
        complete_text(folder / TABLE, "\n".join(lines) + "\n")
        print(*lines, sep="\n", flush=True)
    return pathlib.Path(model)


def _train(path, parts, numbers, options, source, jobs):
    """Train path by as many processes as there are jobs."""
    from distill import nequix_students

    jobs = min(jobs, options["batch"])
    context = multiprocessing.get_context("spawn")  # torch does not survive a fork
    data = parts["train"], parts["valid"], numbers
    with concurrent.futures.ProcessPoolExecutor(jobs, context, end_with_parent) as pool:
        tasks = [
            pool.submit(nequix_students.train, str(path), *data, SEED, options, str(source), share, making.say)
            for share in making.shares(path, jobs)
        ]
        for task in concurrent.futures.as_completed(tasks):
            task.result()
