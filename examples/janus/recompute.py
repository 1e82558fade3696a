# SPDX-License-Identifier: GPL-2.0-only
"""Recomputes frames of in.snapshots with CP2K and compares energies, forces and charges with the potential's.

usage: recompute.py [RESULTS] [--frames N] [--only PATTERN] [--cp2k COMMAND] [--jobs N]

Of RESULTS/snapshots-*.extxyz (snapshots.py) N frames are taken, as many of every x. Writes a file
RESULTS/recomputed/snapshots-X-N.extxyz as each is done and, of all that are there, RESULTS/recomputed.table and
recomputed.png. Goes on where it was ended. PBE-D3 where the decks had d3 = yes, else PBE."""

import argparse
import concurrent.futures
import pathlib
import re
import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from ase.io import read
from natrolite.plots import style
from natrolite.plots.table import Table, write_table
from snapshots import settings  # puts the folder of dft into the path

from dft import label
from dft import frames as labels
from distill.files import complete_text

COLUMNS = (
    "x | frame | energy of DFT (eV/atom) | energy error (meV/atom) | rms force (eV/A) | force error rms (meV/A) | "
    "force error largest (meV/A) | charge error rms (e) | charge of Na by DFT (e) | charge of Na (e)"
).split(" | ")
COLORS = {"C": style.GRAY, "H": style.SKY, "N": style.BLUE, "Na": style.ORANGE}


def chosen(results, count):
    """Return [(name, atoms)] of about count frames, as many of every x and evenly spaced; ValueError for none."""
    files = sorted(results.glob("snapshots-*.extxyz"))
    if not files:
        raise ValueError(f"no snapshots-*.extxyz in {results}; run in.snapshots and snapshots.py first")
    shares, found = np.diff(np.linspace(0, count, len(files) + 1).round().astype(int)), []
    for path, share in zip(files, shares):
        shots = read(path, ":")
        for k in np.unique(np.linspace(len(shots) - 1, 0, min(share, len(shots))).round().astype(int)):
            found.append((f"{path.stem}-{k}", shots[k]))
    return found


def recompute(name, atoms, folder, command):
    """Write the file of one frame unless it is there, and return a line about it."""
    result, begin = folder / f"{name}.extxyz", time.monotonic()
    if result.exists():
        return f"{name}: done before"
    work = folder / name
    work.mkdir(exist_ok=True)
    how = settings(atoms)
    answer = label.compute(atoms, how, label.Programs(command, "", []), work)
    complete_text(result, labels.text([labels.labeled(atoms, answer, how, name, "snapshot")]))
    for rest in work.glob("frame-*"):  # electrons
        rest.unlink()
    return f"{name}: {answer['steps']} SCF steps, {time.monotonic() - begin:.0f} s"


def pairs(results):
    """Return {name: (frame by the potential, frame by DFT)} of all frames that were recomputed, without D3 where the
    decks had none."""
    found = {}
    for path in sorted((results / "recomputed").glob("*.extxyz")):
        stem, _, number = path.stem.rpartition("-")
        frame = read(path)
        if "d3 = yes" not in Table(results / f"{stem}.energies").settings["settings"]:
            frame.calc.results |= {"energy": frame.info["energy_pbe"], "forces": frame.arrays["forces_pbe"]}
        found[path.stem] = read(results / f"{stem}.extxyz", int(number)), frame
    return found


def row(name, ours, dft):
    """Return the numbers of a frame, in the order of COLUMNS."""
    x, number = re.fullmatch(r"snapshots-(.+)-(\d+)", name).groups()
    sodium, energies = dft.symbols == "Na", [frame.get_potential_energy() / len(dft) for frame in (dft, ours)]
    errors, charges = 1000 * (ours.get_forces() - dft.get_forces()), [charges_of(frame) for frame in (dft, ours)]
    mean = [q[sodium].mean() if sodium.any() else np.nan for q in charges]
    return [float(x), int(number), energies[0], 1000 * (energies[1] - energies[0]),
            rms(dft.get_forces()), rms(errors), abs(errors).max(), rms(charges[1] - charges[0]), *mean]  # fmt: skip


def charges_of(frame):
    """Return the charges (e), nan from a potential that knows none."""
    return frame.get_charges() if "charges" in frame.calc.results else np.full(len(frame), np.nan)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def draw(found, rows, path):
    """Write the picture: differences of the energies over x, forces and charges against those of DFT."""
    with plt.rc_context(style.SETTINGS):
        figure, (energy, force, charge) = plt.subplots(1, 3, figsize=(10, 3.4), constrained_layout=True)
        energy.axhline(0, color="0.7", lw=0.8, zorder=0)
        energy.plot(rows[:, 0], rows[:, 3], "o", ms=4, color=style.BLUE)
        energy.set(xlabel="Na per aminobenzene x", ylabel="energy, potential − DFT (meV/atom)")
        for symbol, color in COLORS.items():
            for place, take in ((force, lambda f: f.get_forces()), (charge, charges_of)):
                values = [np.array([take(f)[f.symbols == symbol] for f in both]).reshape(2, -1) for both in found]
                ours, dft = np.concatenate(values, axis=1)
                if dft.size and np.isfinite(ours).any():
                    place.plot(dft, ours, ".", ms=3, color=color, label=symbol, rasterized=True)
        for place, unit, mean in ((force, "force (eV/Å)", rows[:, 5]), (charge, "charge (e)", 1000 * rows[:, 7])):
            limits = [min(place.get_xlim()[0], place.get_ylim()[0]), max(place.get_xlim()[1], place.get_ylim()[1])]
            place.plot(limits, limits, color="0.7", lw=0.8, zorder=0)
            error = f"rms error {rms(mean):.0f} {'meV/Å' if place is force else 'me'}"
            place.set(
                xlim=limits, ylim=limits, aspect="equal", xlabel=f"{unit} by DFT", ylabel=f"{unit} of the potential"
            )
            place.set_title(error, fontsize=9)
        style.legend(figure, ncols=4, handles=force.get_legend_handles_labels()[0], markerscale=3)
        figure.savefig(path)
        plt.close(figure)


def report(results):
    """Write the table and the picture of all frames that were recomputed; return its rows."""
    found = pairs(results)
    rows = np.array([row(name, *both) for name, both in found.items()])
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    told = Table(results / f"{next(iter(found)).rpartition('-')[0]}.energies").settings
    known = {key: told[key] for key in ("form", "model", "settings")}
    known["DFT"] = next(iter(found.values()))[1].info["settings"]
    write_table(results / "recomputed.table", "snapshots beside DFT", known, COLUMNS, rows)
    draw(found.values(), rows, results / "recomputed.png")
    return rows


def main(argv=None):
    """Recompute; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path, nargs="?", default=pathlib.Path("results"))
    parser.add_argument("--frames", type=int, default=10, metavar="N", help="of all x together [%(default)s]")
    parser.add_argument("--only", default="", metavar="PATTERN", help="regular expression for names of frames")
    parser.add_argument("--cp2k", default="cp2k.psmp", metavar="COMMAND", help="with mpirun if you like [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="frames at a time, a core each [%(default)s]")
    arguments = parser.parse_args(argv)
    folder = arguments.results / "recomputed"
    try:
        frames = [one for one in chosen(arguments.results, arguments.frames) if re.search(arguments.only, one[0])]
        folder.mkdir(exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            tasks = [pool.submit(recompute, *one, folder, arguments.cp2k) for one in frames]
            for task in concurrent.futures.as_completed(tasks):
                print(task.result(), flush=True)
        rows = report(arguments.results)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"recompute.py: {error}", file=sys.stderr)
        return 1
    print(f"{len(rows)} frames: forces {rms(rows[:, 5]):.0f} meV/A, charges {rms(rows[:, 7]):.3f} e")
    return 0


if __name__ == "__main__":
    sys.exit(main())
