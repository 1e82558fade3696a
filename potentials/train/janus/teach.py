# SPDX-License-Identifier: GPL-2.0-only
"""Frames of a teacher, from which the SpookyNets learn before they see DFT."""

import concurrent.futures

from dft.__main__ import of_round, structures
from dft.sample import sample
from distill import labels

SPACING = 30  # steps between frames
FIRST = 100  # number of the first round: other starts than those of the frames of DFT


def frames(teacher, elements, folder, count, jobs, lmp):
    """Return frames of the dynamics of count trajectories of structures.py (periodic ones) by a teacher, labeled by it
    without D3 (distill.labels).

    folder: of the runs; those that are done are read, not repeated. A run that LAMMPS ended early is left out and said.
    """
    module, tasks, number = structures("janus"), [], FIRST
    while len(tasks) < count:
        tasks += [t for t in of_round(module, 1, number) if t.images[0].pbc.all()]
        number += 1
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(run, t, folder / t.name, teacher, lmp) for t in tasks[:count]]
        found = [frame for task in runs for frame in task.result()]
    return labels.label(found, labels.calculator(teacher, elements), largest_force=30.0)


def run(trajectory, folder, teacher, lmp):
    """Return the frames of one trajectory, with its kind."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = sample(trajectory, folder, [teacher], lmp, SPACING)
    except ValueError as error:
        print(f"{trajectory.name}: {error}", flush=True)
        found = []
    for frame in found:
        frame.info["kind"] = trajectory.kind
    return found
