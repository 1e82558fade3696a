# SPDX-License-Identifier: GPL-2.0-only
"""Print the card of the potential, potentials/allegro-hardcarbon.md, from what make.py has written.

usage: card.py --run DIR [--notes FILE] > potentials/allegro-hardcarbon.md

Errors of forces above the aims are bold: 350 meV/A in the liquid, 120 meV/A elsewhere; none for contacts.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from distill import cards

AIMS = {"carbon-liquid": 350.0, "contact": float("inf"), "all": float("inf")}
TUNED = """On trajectories that were held out (the data and their settings: `train/hard-carbon`), beside the student
before it was tuned and its teachers; energies are
shifted by element to each model. Energies E in meV/atom, forces F in meV/A:"""
UNTUNED = """**It has not been tuned on DFT.** What the teachers do not know it does not know either: on a frame of the
liquid (64 C, 2.0 g/cc, 5000 K) nequix-omat-1 itself is 0.47 eV/A off PBE."""
TEXT = pathlib.Path(__file__).with_name("card.md")


def missed(kind, column, value):
    """Return whether an error is above its aim."""
    return column == "F_rmse(meV/A)" and value > AIMS.get(kind, 120.0)


def teachers(found):
    """Return the table of teachers.json: what is left between the teachers after the shift."""
    columns = [name for name, value in found.items() if isinstance(value, dict) and "shift" not in name]
    table = ["| kind | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for kind in found[columns[0]]:
        table.append(f"| {kind} | " + " | ".join(f"{found[column][kind]:.1f}" for column in columns) + " |")
    shifts = ", ".join(f"{symbol} {value:+.3f} eV" for symbol, value in found["shift (eV)"].items())
    return "\n".join([f"Shift of the teacher of layers: {shifts}; from {found['frames']} frames.", "", *table])


def judged(path):
    """Return what to say of frames of DFT: the table judged.txt, the first model of which is the student."""
    if not path.exists():
        return UNTUNED
    names, *rows = (line.split() for line in path.read_text().splitlines())
    table = ["| " + " | ".join(names[1:]) + " |", "|---" * (len(names) - 1) + "|"]
    for kind, frames, energy, forces, *others in rows:
        forces = f"**{forces}**" if missed(kind, "F_rmse(meV/A)", float(forces)) else forces
        table.append("| " + " | ".join([kind, frames, energy, forces, *others]) + " |")
    return "\n".join([TUNED, "", *table])


def card(arguments):
    """Return the card."""
    run = arguments.run
    rows = cards.errors((run / "errors.txt").read_text().splitlines(), missed)
    parts = {"ERRORS": rows, "TEACHERS": teachers(json.loads((run / "teachers.json").read_text()))}
    parts["DFT"] = judged(run / "judged.txt")
    return cards.filled(TEXT.read_text(), run / "allegro-hardcarbon.pt", DATA=cards.data(run), **parts)


def main(argv=None):
    """Print the card; return the exit code."""
    return cards.main(card, cards.parser(__doc__).parse_args(argv), "make.py writes DIR")


if __name__ == "__main__":
    sys.exit(main())
