# SPDX-License-Identifier: GPL-2.0-only
"""A teacher that is tuned on frames of DFT: what it then tells of frames without DFT is nearer to DFT."""

import concurrent.futures
import multiprocessing
import os
import pathlib

from ase.data import atomic_numbers
from distill import labels, making, reference
from distill.files import complete, complete_text
from distill.parent import end_with_parent
from natrolite.exporters import nequix, nequix_files
from natrolite.modelfile import read_metadata

TUNED, UNTUNED, TABLE = "teacher.pt", "teacher-untuned.pt", "teacher.txt"


def can_be_tuned(path):
    """Return whether a teacher is a file of weights that can be tuned: one of nequix."""
    return nequix_files.looks_like(path)


def tuned(folder, source, frames, elements, options, jobs, seed=1):
    """Tune a nequix file on frames of DFT and export it; return the model file, folder/teacher.pt.

    frames: of reference.load, split by reference.split; options: epochs, rate, batch (nequix_students.train). Errors on
    frames that are held out, of the tuned and the untuned teacher, are in folder/teacher.txt. Goes on where it ended.
    """
    folder = pathlib.Path(folder)
    before, after = _export(source, folder / UNTUNED), folder / "teacher.nqx"
    terms, parts = read_metadata(str(before)), reference.split(frames)
    options = {**options, "declared": {name: terms[name] for name in ("license", "citation")}}
    if not after.exists():
        making.say(f"tuning the teacher: {len(parts['train'])} frames, {len(parts['valid'])} for validation")
        _train(after, parts, [atomic_numbers[e] for e in elements], seed, options, source, jobs)
    model = _export(after, folder / TUNED)
    if not (folder / TABLE).exists():
        held_out = [k for k, frame in enumerate(frames) if any(frame is one for one in parts["test"])]
        calculators = {"tuned": labels.calculator(model, elements), "untuned": labels.calculator(before, elements)}
        lines = reference.judged(frames, held_out, calculators, elements)
        complete_text(folder / TABLE, "\n".join(lines) + "\n")
        print(*lines, sep="\n", flush=True)
    return model


def _export(source, output):
    """Write the model file of a nequix file, unless it is there; return its path."""
    from natrolite.export import export

    if not output.exists():
        complete(output, lambda partial: export(nequix, str(source), partial, "float32"))
    return output


def _train(path, parts, numbers, seed, options, source, jobs):
    """Train path by as many processes as there are jobs, of one thread each."""
    from distill import nequix_students

    jobs = min(jobs, options["batch"])
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")  # torch does not survive a fork
    data = parts["train"], parts["valid"], numbers
    with concurrent.futures.ProcessPoolExecutor(jobs, context, end_with_parent) as pool:
        tasks = [
            pool.submit(nequix_students.train, str(path), *data, seed, options, str(source), share, making.say)
            for share in making.shares(path, jobs)
        ]
        for task in concurrent.futures.as_completed(tasks):
            task.result()
