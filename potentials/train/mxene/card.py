# SPDX-License-Identifier: GPL-2.0-only
"""Print the card of the potential, potentials/README.md, from what make.py and properties.py have written.

usage: card.py --run DIR --properties FILE.json > potentials/README.md

Limits that are missed are marked: forces 60 meV/A, energies 3 meV/atom; against the teacher: spacing 0.03 A,
adhesion 0.1 eV/nm2, insertion of sodium 0.05 eV.
"""

import argparse
import hashlib
import json
import pathlib
import sys

LIMITS = {"spacing": 0.03, "adhesion": 0.1, "insertion": 0.05}
TEXT = pathlib.Path(__file__).with_name("card.md")


def errors(lines):
    """Return the table of errors.txt in Markdown; a number above its limit is bold."""
    names, *rows = (line.split() for line in lines)
    limits = {"E_rmse(meV/atom)": 3.0, "F_rmse(meV/A)": 60.0}
    table = ["| " + " | ".join(names[1:]) + " |", "|---" * (len(names) - 1) + "|"]
    for row in rows:
        marked = [
            f"**{value}**" if name in limits and float(value) > limits[name] else value
            for name, value in zip(names[1:], row, strict=True)
        ]
        table.append("| " + " | ".join(marked) + " |")
    return table


def properties(teacher, student):
    """Return the table of both in Markdown; a student farther from the teacher than its limit is bold."""
    table = ["| | teacher | student |", "|---|---|---|"]
    for name, value in student.items():
        if isinstance(value, list):
            continue
        reference = teacher.get(name)
        limit = next((limit for start, limit in LIMITS.items() if name.startswith(start)), None)
        missed = limit is not None and reference is not None and abs(value - reference) > limit
        first = "" if reference is None else f"{reference:.3f}"
        table.append(f"| {name} | {first} | {'**' if missed else ''}{value:.3f}{'**' if missed else ''} |")
    return table


def data(folder):
    """Return a table of the files of labeled frames in Markdown: they are not in the repository."""
    table = ["| file | MB | SHA-256 |", "|---|---|---|"]
    for path in sorted(folder.glob("*.xyz")):
        content = path.read_bytes()
        table.append(f"| {path.name} | {len(content) / 1e6:.1f} | `{hashlib.sha256(content).hexdigest()}` |")
    return table


def main(argv=None):
    """Print the card; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, type=pathlib.Path, metavar="DIR")
    parser.add_argument("--properties", required=True, type=pathlib.Path, metavar="FILE.json")
    arguments = parser.parse_args(argv)
    try:
        model = (arguments.run / "mace-mxene.pt").read_bytes()
        rows = errors((arguments.run / "errors.txt").read_text().splitlines())
        teacher, student = json.loads(arguments.properties.read_text()).values()
    except (OSError, ValueError) as error:
        print(f"card.py: error: {error}; make.py writes DIR, properties.py TEACHER STUDENT the file", file=sys.stderr)
        return 1
    digest, size = hashlib.sha256(model).hexdigest(), f"{len(model) / 1e6:.2f} MB"
    text = TEXT.read_text().replace("@SHA256@", digest).replace("@SIZE@", size)
    text = text.replace("@ERRORS@", "\n".join(rows)).replace("@DATA@", "\n".join(data(arguments.run)))
    print(text.replace("@PROPERTIES@", "\n".join(properties(teacher, student))), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
