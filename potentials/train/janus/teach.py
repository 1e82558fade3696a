# SPDX-License-Identifier: GPL-2.0-only
"""Frames of a teacher, from which the SpookyNets learn beside DFT."""

import concurrent.futures

from dft.__main__ import of_round, structures
from dft.label import Programs, sampled
from distill import labels

SPACING = 30  # steps between frames
FIRST = 100  # number of the first round: other starts than those of the frames of DFT
FAILED = 0.1  # share of the runs that may fail


def frames(teacher, elements, folder, count, jobs, lmp):
    """Return frames of the dynamics of count trajectories of structures.py (periodic ones) by a teacher, labeled by it
    without D3 (distill.labels).

    folder: of the runs; those that are done are read, not repeated. ValueError where LAMMPS fails in more than FAILED of them.
    """
    module, tasks, number = structures("janus"), [], FIRST
    while len(tasks) < count:
        tasks += [t for t in of_round(module, 1, number) if t.images[0].pbc.all()]
        number += 1
    tasks, found, reasons = tasks[:count], [], []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(run, t, folder / t.name, Programs("", lmp, [teacher])) for t in tasks]
        try:
            for number, (trajectory, task) in enumerate(zip(tasks, runs, strict=True), 1):
                some, reason = task.result()
                found += some
                reasons += [f"{trajectory.name}: {reason}"] * bool(reason)
                if len(reasons) > FAILED * count:
                    raise ValueError(f"{len(reasons)} of {number} runs of the teacher failed; {reasons[-1]}")
                print(f"teacher: {number}/{count} {trajectory.name}, {len(some)} frames {reason}", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return labels.label(found, labels.calculator(teacher, elements), largest_force=30.0)


def run(trajectory, folder, programs):
    """Return the frames of one trajectory, with its kind, and why there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = sampled(trajectory, folder, programs, SPACING)
    except ValueError as error:
        return [], str(error)
    for frame in found:
        frame.info["kind"] = trajectory.kind
    return found, ""
