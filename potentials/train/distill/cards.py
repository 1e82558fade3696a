# SPDX-License-Identifier: GPL-2.0-only
"""Tables of a potential's card in Markdown, and the program that prints it."""

import argparse
import hashlib
import pathlib
import sys


def errors(lines, missed):
    """Return the table of errors.txt; a number for which missed(kind, column, value) is true is bold."""
    names, *rows = (line.split() for line in lines)
    table = ["| " + " | ".join(names[1:]) + " |", "|---" * (len(names) - 1) + "|"]
    for row in rows:
        marked = [
            f"**{value}**" if number and missed(row[0], name, float(value)) else value
            for number, (name, value) in enumerate(zip(names[1:], row, strict=True))
        ]
        table.append("| " + " | ".join(marked) + " |")
    return "\n".join(table)


def data(folder):
    """Return a table of the files of labeled frames: they are not in the repository."""
    table = ["| file | MB | SHA-256 |", "|---|---|---|"]
    for path in sorted(folder.glob("*.xyz")):
        content = path.read_bytes()
        table.append(f"| {path.name} | {len(content) / 1e6:.1f} | `{hashlib.sha256(content).hexdigest()}` |")
    return "\n".join(table)


def filled(text, model, **parts):
    """Return a text with @SHA256@ and @SIZE@ of a model file, and @NAME@ of each further part."""
    content = model.read_bytes()
    parts |= {"SHA256": hashlib.sha256(content).hexdigest(), "SIZE": f"{len(content) / 1e6:.2f} MB"}
    for name, value in parts.items():
        text = text.replace(f"@{name}@", value)
    return text


def parser(description, properties=False):
    """Return the parser of the arguments that every card has, and of the file of properties."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--run", required=True, type=pathlib.Path, metavar="DIR")
    made.add_argument(
        "--notes", type=pathlib.Path, metavar="FILE", help="Markdown on this one file, for the card's end"
    )
    if properties:
        made.add_argument("--properties", required=True, type=pathlib.Path, metavar="FILE.json")
    return made


def main(text, arguments, needed):
    """Print the card text(arguments); return the exit code. needed: what made the files that it reads."""
    try:
        card = text(arguments)
        card += "\n" + arguments.notes.read_text() if arguments.notes else ""
    except (OSError, ValueError) as error:
        print(f"card.py: error: {error}; {needed}", file=sys.stderr)
        return 1
    print(card, end="")
    return 0
