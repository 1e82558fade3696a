# SPDX-License-Identifier: GPL-2.0-only
"""Recomputes frames of in.snapshots with CP2K and puts energies, forces and charges beside the potential's.

usage: recompute.py [RESULTS] [--frames N] [--cp2k COMMAND] [--jobs N]

Takes N frames of RESULTS/snapshots-*.dump, as many of every x and evenly spaced. Each is written to
RESULTS/recomputed/snapshots-X-K.extxyz when it is done, or why it failed to a file .failed there; all that are those of
the dumps of now go into RESULTS/recomputed.table, a row for every atom. Goes on where it was ended. PBE-D3(BJ) where the decks
had d3 = yes, else PBE. Energies can be compared for potentials that were trained on such data only: others differ by
energies of free atoms."""

import argparse
import concurrent.futures
import importlib.util
import pathlib
import shlex
import shutil
import sys
import time

import numpy as np
from ase.io import read
from natrolite.errors import NatroliteError
from natrolite.plots.table import Table, write_table
from snapshots import frames, settings  # puts the folder of dft into the path

from dft import label

COLUMNS = (
    "x | frame | atomic number | energy by DFT (eV/atom) | energy error (meV/atom) | fx by DFT (eV/A) | "
    "fy by DFT (eV/A) | fz by DFT (eV/A) | fx (eV/A) | fy (eV/A) | fz (eV/A) | charge by DFT (e) | charge (e)"
).split(" | ")
SAME = 2e-5  # A: as labels are written


def snapshots(results):
    """Return {x: (settings, frames)} of the dumps of a folder; ValueError where there is none."""
    found, told = {}, {}
    for dump in sorted(results.glob("snapshots-*.dump")):
        header = Table(dump.with_suffix(".energies")).settings
        now = {key: header[key] for key in ("form", "model", "settings")}
        if (told := told or now) != now:
            raise ValueError(f"{dump} was made with other settings than another x; run in.snapshots again")
        found[header["x"]] = now, frames(dump)
    if not found:
        raise ValueError(f"no snapshots-*.dump in {results}; run in.snapshots first")
    return dict(sorted(found.items(), key=lambda one: float(one[0])))


def chosen(shots, count):
    """Return [(name, frame)] of count frames, as many of every x and evenly spaced, from the last one on."""
    shares, found = np.diff(np.linspace(0, count, len(shots) + 1).round().astype(int)), []
    for (x, (_, every)), share in zip(shots.items(), shares, strict=True):
        for k in np.unique(np.linspace(len(every) - 1, 0, min(share, len(every))).round().astype(int)):
            found.append((f"snapshots-{x}-{k}", every[k]))
    return found


def known(path, atoms):
    """Return the frame of a file by DFT; None where it is not there or is of other atoms or settings."""
    frame = read(path) if path.is_file() else None
    if frame is None or frame.info["settings"] != settings(atoms).describe():
        return None
    if len(frame) != len(atoms) or (frame.numbers != atoms.numbers).any():
        return None
    apart = [np.abs(frame.positions - atoms.positions).max(), np.abs(frame.cell - atoms.cell).max()]
    return frame if max(apart) < SAME else None


def recompute(name, atoms, folder, command):
    """Write the file of one frame unless it is there; return a line about it."""
    result, work, begin = folder / f"{name}.extxyz", folder / name, time.monotonic()
    if known(result, atoms):
        return f"{name}: done before"
    for old in (result, result.with_suffix(".failed")):
        old.unlink(missing_ok=True)
    work.mkdir(exist_ok=True)
    what = label.label_one(atoms, settings(atoms), command, work, result, name, "snapshot")
    if result.exists():
        shutil.rmtree(work)
    return f"{name}: {what}, {time.monotonic() - begin:.0f} s"


def rows(x, number, ours, dft):
    """Return the rows of a frame in the order of COLUMNS; charges are nan from a potential that knows none."""
    count = len(ours)
    energies = [frame.get_potential_energy() / count for frame in (dft, ours)]
    same = [float(x), number], [energies[0], 1000 * (energies[1] - energies[0])]
    charges = [frame.calc.results.get("charges", np.full(count, np.nan)) for frame in (dft, ours)]
    parts = [np.tile(same[0], (count, 1)), ours.numbers[:, None], np.tile(same[1], (count, 1))]
    return np.hstack([*parts, dft.get_forces(), ours.get_forces(), np.array(charges).T])


def report(results, shots):
    """Write the table of all frames that were recomputed; return their number."""
    told, found = {}, []
    for x, (header, every) in shots.items():
        dispersion = "d3 = yes" in header["settings"]
        for number, ours in enumerate(every):
            dft = known(results / "recomputed" / f"snapshots-{x}-{number}.extxyz", ours)
            if dft is None:
                continue
            if not dispersion:
                dft.calc.results |= {"energy": dft.info["energy_pbe"], "forces": dft.arrays["forces_pbe"]}
            told = {**header, "DFT": dft.info["settings"] + (", with D3(BJ)" if dispersion else ", without D3")}
            found.append(rows(x, number, ours, dft))
    if found:
        told = {"x": "all of the table", **told}
        write_table(results / "recomputed.table", "snapshots beside DFT", told, COLUMNS, np.concatenate(found))
    return len(found)


def needs(command):
    """Raise ValueError where a program or a package is missing."""
    if not shutil.which((shlex.split(command) or [""])[0]):
        raise ValueError(f"no {command}; name CP2K by --cp2k (Debian: apt-get install cp2k cp2k-data)")
    if not importlib.util.find_spec("dftd3"):
        raise ValueError("no simple-dftd3; install it: pip install dftd3")


def computed(arguments):
    """Recompute frames and write the table; return whether all went well."""
    shots, folder = snapshots(arguments.results), arguments.results / "recomputed"
    frames = chosen(shots, arguments.frames)
    if not all(known(folder / f"{name}.extxyz", atoms) for name, atoms in frames):
        needs(arguments.cp2k)
    folder.mkdir(exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        tasks = [pool.submit(recompute, *frame, folder, arguments.cp2k) for frame in frames]
        for number, task in enumerate(concurrent.futures.as_completed(tasks), 1):
            print(f"{number}/{len(tasks)} {task.result()}", flush=True)
    print(f"{arguments.results / 'recomputed.table'}: {report(arguments.results, shots)} frames")
    return not any((folder / f"{name}.failed").exists() for name, _ in frames)


def main(argv=None):
    """Recompute; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, nargs="?", default=pathlib.Path("results"))
    parser.add_argument("--frames", type=int, default=10, metavar="N", help="of all x together [%(default)s]")
    parser.add_argument("--cp2k", default="cp2k.psmp", metavar="COMMAND", help="with mpirun if you like [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="frames at a time, a core each [%(default)s]")
    arguments = parser.parse_args(argv)
    for name in ("frames", "jobs"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} {getattr(arguments, name)}: take 1 or more")
    try:
        return 0 if computed(arguments) else 1
    except (OSError, ValueError, RuntimeError, NatroliteError) as error:
        print(f"recompute.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
