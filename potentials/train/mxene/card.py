# SPDX-License-Identifier: GPL-2.0-only
"""Print the card of the potential, potentials/mace-mxene.md, from what make.py and properties.py have written.

usage: card.py --run DIR --properties FILE.json [--notes FILE] > potentials/mace-mxene.md

Limits that are missed are marked: forces 60 meV/A, energies 3 meV/atom; against the teacher: spacing 0.03 A,
adhesion 0.1 eV/nm2, insertion of sodium 0.05 eV.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from distill import cards

LIMITS = {"spacing": 0.03, "adhesion": 0.1, "insertion": 0.05}
TEXT = pathlib.Path(__file__).with_name("card.md")


def missed(kind, column, value):
    """Return whether an error is above its limit."""
    return value > {"E_rmse(meV/atom)": 3.0, "F_rmse(meV/A)": 60.0}.get(column, float("inf"))


def properties(teacher, student):
    """Return the table of both in Markdown; a student farther from the teacher than its limit is bold."""
    table = ["| | teacher | student |", "|---|---|---|"]
    for name, value in student.items():
        if isinstance(value, list):
            continue
        reference = teacher.get(name)
        limit = next((limit for start, limit in LIMITS.items() if name.startswith(start)), None)
        far = limit is not None and reference is not None and abs(value - reference) > limit
        first = "" if reference is None else f"{reference:.3f}"
        table.append(f"| {name} | {first} | {'**' if far else ''}{value:.3f}{'**' if far else ''} |")
    return table


def card(arguments):
    """Return the card."""
    run = arguments.run
    teacher, student = json.loads(arguments.properties.read_text()).values()
    parts = {
        "ERRORS": cards.errors((run / "errors.txt").read_text().splitlines(), missed),
        "DATA": cards.data(run),
        "PROPERTIES": "\n".join(properties(teacher, student)),
    }
    return cards.filled(TEXT.read_text(), run / "mace-mxene.pt", **parts)


def main(argv=None):
    """Print the card; return the exit code."""
    arguments = cards.parser(__doc__, properties=True).parse_args(argv)
    return cards.main(card, arguments, "make.py writes DIR, properties.py TEACHER STUDENT the file")


if __name__ == "__main__":
    sys.exit(main())
