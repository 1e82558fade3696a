# SPDX-License-Identifier: GPL-2.0-only
"""Print the card of the potential, potentials/spookynet-janus.md, from what make.py and properties.py have written.

usage: card.py --run DIR --properties FILE.json [--notes FILE] > potentials/spookynet-janus.md

Errors above the aims are bold: 4 meV/atom, 80 meV/A, 0.03 e, lattice of Na 2 %.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from ase.io import read
from distill import cards

AIMS = {"rmse_energy(meV/atom)": 4.0, "rmse_forces(meV/A)": 80.0, "rmse_charges(me)": 30.0}
TEXT = pathlib.Path(__file__).with_name("card.md")


def missed(kind, column, value):
    """Return whether an error is above its aim."""
    return value > AIMS.get(column, float("inf"))


def held_out(lines):
    """Return the rows of the set test of errors.dat with their header, without the column of the set and those in which
    nothing is known."""
    header, *rows = (line.lstrip("# ").split() for line in lines[1:])
    rows = [row for row in rows if row[0] == "test"]
    known = [k for k in range(1, len(header)) if any(row[k] != "nan" for row in rows)]
    return [" ".join(["#", *(header[k] for k in known)])] + [" ".join(row[k] for k in known) for row in rows]


def properties(found):
    """Return the table of properties.json; a lattice more than 2 % off is bold."""
    table = ["| | PBE | this file | part of the data |", "|---|---|---|---|"]
    for name, (dft, model, part) in found.items():
        mark = "**" * (name.endswith("a (A)") and abs(model / dft - 1) > 0.02)
        table.append(f"| {name} | {'-' if dft is None else f'{dft:.2f}'} | {mark}{model:.2f}{mark} | {part} |")
    return "\n".join(table)


def card(arguments):
    """Return the card."""
    run = arguments.run
    rows = held_out((run / "member-0" / "errors.dat").read_text().splitlines())
    counts = {name: len(read(run / f"{name}.extxyz", ":")) for name in ("train", "valid", "test")}
    parts = {
        "ERRORS": cards.errors(rows, missed),
        "FRAMES": ", ".join(f"{count} for {name}" for name, count in counts.items()),
        "PROPERTIES": properties(json.loads(arguments.properties.read_text())),
    }
    return cards.filled(TEXT.read_text(), run / "spookynet-janus.pt", **parts)


def main(argv=None):
    """Print the card; return the exit code."""
    arguments = cards.parser(__doc__, properties=True).parse_args(argv)
    return cards.main(card, arguments, "make.py writes DIR, properties.py MODEL the file")


if __name__ == "__main__":
    sys.exit(main())
