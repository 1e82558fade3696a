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


def card(arguments):
    """Return the card."""
    run = arguments.run
    rows = cards.errors((run / "errors.txt").read_text().splitlines(), missed)
    parts = {"ERRORS": rows, "TEACHERS": teachers(json.loads((run / "teachers.json").read_text()))}
    return cards.filled(TEXT.read_text(), run / "allegro-hardcarbon.pt", DATA=cards.data(run), **parts)


def main(argv=None):
    """Print the card; return the exit code."""
    return cards.main(card, cards.parser(__doc__).parse_args(argv), "make.py writes DIR")


if __name__ == "__main__":
    sys.exit(main())
