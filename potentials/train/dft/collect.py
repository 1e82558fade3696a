# SPDX-License-Identifier: GPL-2.0-only
"""From the labeled frames to the files of the data set and the table of its card."""

import collections
import re

import numpy as np
from ase.io import read

from . import frames, label

BEGIN, END = "<!-- made by `collect` -->", "<!-- end -->"


def collect(work, data, card):
    """Add the frames of `work` to data/KIND.extxyz (by name; new ones replace old ones) and count them in the card."""
    data.mkdir(exist_ok=True)
    new = collections.defaultdict(dict)
    for file in label.results(work):
        frame = read(file)
        new[frame.info["kind"]][frame.info["name"]] = frame
    for kind, by_name in new.items():
        file = data / f"{kind}.extxyz"
        old = {frame.info["name"]: frame for frame in read(file, ":")} if file.exists() else {}
        file.write_text(frames.text([frame for _, frame in sorted((old | by_name).items())]))
    sets = {file.stem: read(file, ":") for file in sorted(data.glob("*.extxyz"))}
    text = card.read_text()
    reasons = [file.read_text().strip() for file in label.failures(work)]
    body = f"{BEGIN}\n{table(sets)}\n{END}"
    card.write_text(re.sub(f"{BEGIN}.*{END}", lambda _: body, text, flags=re.DOTALL))
    return sum(map(len, sets.values())), reasons


def table(sets):
    """Rows of a Markdown table: kind, frames, atoms, elements, largest force and net force (eV/A), charges of Na (e)."""
    rows = [
        "| kind | frames | atoms | Na | rms force (eV/A) | largest net force (eV/A) | charge of Na (e) |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, images in sets.items():
        sizes = [len(frame) for frame in images]
        sodium = [int(sum(frame.symbols == "Na")) for frame in images]
        forces = np.concatenate([frame.get_forces() for frame in images])
        net = max(np.abs(frame.arrays["forces_pbe"].sum(axis=0)).max() for frame in images)
        charges = np.concatenate([frame.get_charges()[frame.symbols == "Na"] for frame in images])
        spread = f"{charges.min():.2f} to {charges.max():.2f}" if len(charges) else "-"
        rows.append(
            f"| {kind} | {len(images)} | {min(sizes)}-{max(sizes)} | {min(sodium)}-{max(sodium)} | "
            f"{np.sqrt((forces**2).sum(axis=1).mean()):.2f} | {net:.3f} | {spread} |"
        )
    rows.append(f"| all | {sum(map(len, sets.values()))} | | | | | |")
    return "\n".join(rows)
