# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the makings of potentials (potentials/train/*/make.py) share."""

import concurrent.futures
import importlib
import multiprocessing
import os
import pathlib
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from distill import labels, making
from dft.frames import text

TRAIN = pathlib.Path(__file__).parents[1] / "potentials" / "train"


class Ended(Exception):
    """What stops a training after its first epoch."""


def training_goes_on(students, weights, frames, valid, numbers, options, folder, start=None):
    """Train once in a piece and once in two: the same weights, and others with another seed; return the first file."""

    def train(name, seed=5, log=None):
        return students.train(str(folder / name), frames, valid, numbers, seed, options, start, log=log or said.append)

    def same(one, two):
        one, two = weights(one), weights(two)
        return all(torch.equal(value, two[name]) for name, value in one.items())

    def stop(_):
        raise Ended

    said = []
    whole = train("whole")
    with pytest.raises(Ended):
        train("part", log=stop)
    assert not (folder / "part").exists()
    assert same(whole, train("part"))
    assert said[3] == "part: goes on after epoch 1"
    assert said[2].startswith("whole: epoch 3/3, validation ") and said[2].endswith("; 0 min left")
    assert not same(whole, train("other", seed=6))
    return whole


def trained_together(students, weights, frames, valid, numbers, options, folder, optimizer=None, start=None):
    """Train in one process and in two that share batches of frames of two sizes; return the largest difference.

    The two are stopped after an epoch, both, and go on. optimizer: the name of students' one, to be replaced by Adam.
    """
    frames = [frame if k % 3 else _twice(frame) for k, frame in enumerate(frames)]
    alone = str(folder / "alone")
    context, path = multiprocessing.get_context("spawn"), str(folder / "together")
    with concurrent.futures.ProcessPoolExecutor(2, context) as pool:
        how = students.__name__, optimizer
        pool.submit(_train, *how, False, alone, frames, valid, numbers, 5, options, start, ()).result()
        for stops in (True, False):
            tasks = [
                pool.submit(_train, *how, stops, path, frames, valid, numbers, 5, options, start, share)
                for share in making.shares(path, 2)
            ]
            if stops:
                assert isinstance(tasks[0].exception(), Ended) and tasks[1].exception() is not None
    said = [task.result() for task in tasks]
    assert said[0][0].endswith("goes on after epoch 1") and len(said[0]) == options["epochs"] and len(said[1]) == 1
    one, two = weights(alone), weights(path)
    return max(
        float((one[name] - two[name]).abs().max())
        for name in one
        if one[name].numel() and one[name].is_floating_point()
    )


def _twice(frame):
    frame = frame.repeat((2, 1, 1))
    frame.info["REF_energy"] *= 2
    return frame


def _train(students, optimizer, stops, *arguments):
    said, students = [], importlib.import_module(students)
    if optimizer:
        setattr(students, optimizer, lambda weights, lr, **_: torch.optim.Adam(weights, lr=lr, amsgrad=True))

    def log(line):
        said.append(line)
        if stops:
            raise Ended

    students.train(*arguments, log=log)
    return said


def dft_frames(folder, kinds, trajectories=5, seed=1):
    """Write frames of DFT as `python -m dft SYSTEM collect` does, two of each trajectory, with made-up numbers: forces
    without D3 are -displacement (eV/Angstrom), energies -100 eV per atom."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for kind in kinds:
        found = []
        for number in range(2 * trajectories):
            moves = rng.normal(0, 0.1, (4, 3))
            frame = Atoms("C3Na", positions=np.array([[0, 0, 0], [2.4, 0, 0], [1.2, 2.1, 0], [1.2, 0.7, 2.0]]) + moves)
            frame.set_cell([7.0] * 3)
            frame.pbc = True
            frame.info = {"name": f"{kind}-{number // 2}-{number % 2:02d}", "kind": kind, "energy_pbe": -400.0}
            frame.arrays["forces_pbe"] = -(moves - moves.mean(0))
            frame.calc = SinglePointCalculator(frame, energy=-401.0, forces=frame.arrays["forces_pbe"] - 9.0)
            found.append(frame)
        (folder / f"{kind}.extxyz").write_text(text(found))
    return folder


def killed_and_resumed(system, teacher, folder, until, product, *more):
    """Make a potential in size test, with more arguments, kill it when the file until is there, and begin again; return
    its folder.

    The processes of its pool must end with it, what was there must stay, the rest be made, and the table of errors be
    that of the frames that are held out.
    """
    out = folder / "out"
    command = [sys.executable, "-W", "ignore", TRAIN / system / "make.py", "--teacher", teacher, "--out", out]
    command += ["--size", "test", "--jobs", "1", *more]
    environment = {**os.environ, "LAMMPS_PLUGIN_PATH": os.environ["NATROLITE_PLUGINS"]}
    with open(folder / "first.log", "w") as log:
        first = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        while first.poll() is None and not (out / until).exists():
            time.sleep(0.1)
        first.kill()
        first.wait()
    _wait_for_end_of_group(first.pid)
    assert (out / until).exists(), (folder / "first.log").read_text()
    assert not (out / product).exists()
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.xyz")}
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stdout + second.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert "start.xyz" not in second.stdout and "round-1.xyz" in second.stdout
    table = (out / "errors.txt").read_text().splitlines()
    held_out = [f for path in out.glob("*.xyz") for f in labels.load(path) if _is_test(f)]
    assert table[1].split()[:2] == ["all", str(len(held_out))]
    assert (out / "parity.png").stat().st_size > 5000
    return out


def _wait_for_end_of_group(number):
    for _ in range(100):
        try:
            os.killpg(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(number, 9)
    raise AssertionError("processes of a making that was killed go on")


def _is_test(frame):
    return zlib.crc32(frame.info["source"].encode()) % 10 == 0


def refuses_teacher(make, toys, folder, name, words, capsys):
    """Check that a teacher that is none, or lacks elements, is one line, and no folder is made."""
    (folder / "garbage.pt").write_bytes(b"weights")
    path = (toys if name == "mp.pt" else folder) / name
    assert make.main(["--teacher", str(path), "--out", str(folder / "out")]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not (folder / "out").exists()
