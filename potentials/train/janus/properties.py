# SPDX-License-Identifier: GPL-2.0-only
"""What the potential is for, beside DFT on the same structures: where Na binds to aniline, the gap of a stack, bcc Na;
and whether a stack keeps its bonds.

usage: properties.py --out FILE.json [--run DIR] [--data DIR] [--hot PS] MODEL.pt

Prints a table: DFT, model, part of the data: that of make.py's DIR, new where it is in none of its parts; without --run
as make.py would take the data now.

Energies without D3. Curves are those of the data (frames NAME-00, NAME-01, ...), relative to their last point; most of
them were trained on, as the column says. Of Na at aniline the cell grows with the distance.
Dynamics with D3.
"""

import argparse
import json
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np
from ase.eos import EquationOfState
from ase.io import read
from ase.units import GPa
from distill import dynamics, labels, making, reference
from natrolite.errors import NatroliteError

HERE = pathlib.Path(__file__).resolve().parent
ELEMENTS = ["C", "H", "N", "Na"]
CURVES = {  # name in the data: what it is, points
    "aniline-na1-n": ("Na to N of aniline", 5),
    "aniline-na1-face": ("Na to the face of aniline", 5),
    "aniline-na1-edge": ("Na to the edge of aniline", 5),
    "gap-na0": ("gap of a stack", 6),
    "gap-na1": ("gap of a stack with a Na at N", 6),
}
LATTICE = "bcc", 5  # name in the data: cells of two atoms; points
FRAMES = 100  # of the dynamics
TIMESTEP = 0.0005  # ps, as in in.hot
BONDS = {("C", "C"): 1.9, ("C", "N"): 1.9, ("C", "H"): 1.5, ("H", "N"): 1.5}  # A, longer ones are broken
DECK = HERE / "in.hot"


def curve(parts, name, count):
    """Return the count frames NAME-00, NAME-01, ... in order, and the part of the data they are in; none, with a line
    that says so, where some are missing."""
    for part, frames in parts.items():
        found = [frame for frame in frames if re.fullmatch(rf"{name}-\d\d", frame.info["name"])]
        if len(found) == count:
            return sorted(found, key=lambda frame: frame.info["name"]), part
        if found:
            print(f"{name}: {len(found)} of {count} frames, left out")
    return [], None


def energies(model, frames):
    """Return the energies (eV) of frames by a model file, each with its charge and unpaired electrons."""
    found = []
    for frame in frames:
        options = f"charge {frame.info['charge']} spin {frame.info['spin']}"
        trial = frame.copy()
        trial.calc = labels.calculator(model, ELEMENTS, options=options)
        found.append(trial.get_potential_energy())
    return np.array(found)


def lattice(volumes, energies):
    """Return the lattice constant (A) and the bulk modulus (GPa) of bcc, of cells (A^3) of two atoms. ValueError where
    the energies have no minimum among the volumes."""
    reason = f"bcc Na has no minimum between {min(volumes):.1f} and {max(volumes):.1f} A^3"
    try:
        volume, _, modulus = EquationOfState(volumes, energies, eos="birchmurnaghan").fit(warn=False)
    except RuntimeError as error:  # no fit
        raise ValueError(reason) from error
    if not min(volumes) <= volume <= max(volumes) or modulus <= 0:
        raise ValueError(reason)
    return {"bcc Na, a (A)": volume ** (1 / 3), "bcc Na, bulk modulus (GPa)": modulus / GPa}


def parts_of(frames, run):
    """Return {part: frames} of a run of make.py, those that it did not have as new; without a run as it would begin."""
    if run is None:
        return reference.split(frames)
    files = {part: run / f"{part}.extxyz" for part in ("train", "valid", "test")}
    known = {_mark(frame): part for part, path in files.items() for frame in read(path, ":")}
    parts = {}
    for frame in frames:
        parts.setdefault(known.get(_mark(frame), "new"), []).append(frame)
    return parts


def _mark(frame):
    """Return what tells a frame of DFT from another, also from one of its name that was computed anew."""
    return frame.info["name"], frame.info["energy_pbe"]


def compared(parts, model):
    """Return {property: [DFT or None, model, part of the data]} of what the data have."""
    found = {}
    for name, (what, count) in CURVES.items():
        points, part = curve(parts, name, count)
        if not points:
            continue
        both = [np.array([f.info["energy_pbe"] for f in points]), energies(model, points)]
        both = [1000 * (values - values[-1]) for values in both]
        found[f"{what}: lowest point (meV)"] = [*(float(values[:-1].min()) for values in both), part]
        found[f"{what}: largest difference (meV)"] = [None, float(np.abs(both[1] - both[0]).max()), part]
    cells, part = curve(parts, *LATTICE)
    if cells:
        volumes = [cell.get_volume() for cell in cells]
        both = [lattice(volumes, values) for values in ([f.info["energy_pbe"] for f in cells], energies(model, cells))]
        found |= {name: [*(float(values[name]) for values in both), part] for name in both[0]}
    return found


def hot(model, start, picoseconds):
    """Return for how long (ps, at most picoseconds) dynamics at 500 K of the structure start kept all its bonds."""
    steps = round(picoseconds / TIMESTEP)
    every = -(-steps // FRAMES)
    with tempfile.TemporaryDirectory() as folder:
        variables = {"spin": start.info["spin"], "steps": steps, "every": every}
        frames = dynamics.run(DECK, ELEMENTS, folder, "hot", start, [model], **variables)
    return dynamics.whole(start, frames, BONDS) * every * TIMESTEP


def main(argv=None):
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL.pt")
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="FILE.json")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data", metavar="DIR", help="frames of DFT [data]")
    parser.add_argument("--run", type=pathlib.Path, metavar="DIR", help="of make.py, that made the model")
    parser.add_argument("--hot", type=float, default=0, metavar="PS", help="also dynamics at 500 K, so long (0)")
    arguments = parser.parse_args(argv)
    try:
        found = properties(arguments)
    except (OSError, ValueError, NatroliteError) as error:
        print(f"properties.py: error: {error}", file=sys.stderr)
        return 1
    arguments.out.write_text(json.dumps(found, indent=1))
    for name, (dft, model, part) in found.items():
        print(f"{name:55s} {'-' if dft is None else f'{dft:.2f}':>10s} {model:10.2f} {part}")
    return 0


def properties(arguments):
    """Return all properties; ValueError where the data have none of them."""
    making.check_teacher(arguments.model, ELEMENTS)
    frames = reference.frames_of(arguments.data)
    found = compared(parts_of(frames, arguments.run), arguments.model)
    if arguments.hot:
        stacks = [f for f in frames if f.info["kind"] == "janus-stack" and f.symbols.count("Na") == 2]
        if not stacks:
            raise ValueError(f"{arguments.data}: no stack (janus-stack) with two Na, for dynamics")
        found["whole at 500 K (ps)"] = [None, hot(arguments.model, stacks[0], arguments.hot), "-"]
    if not found:
        raise ValueError(f"{arguments.data}: none of {', '.join([*CURVES, LATTICE[0]])}")
    return found


if __name__ == "__main__":
    sys.exit(main())
