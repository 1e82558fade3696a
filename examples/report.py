# SPDX-License-Identifier: GPL-2.0-only
"""Writes one HTML page about the results of the decks of one folder of examples.

usage: report.py SYSTEM FOLDER --size SIZE     FOLDER has a folder of results for every model

SYSTEM/reproduction.py says what is compared (entries) and what is computed first (after). Why a number differs is text,
or a function of the model's folder that returns text, "" where nothing is to be said. Pictures and pages that after has
made, in the folder of a model or in folders in it, are shown as well."""

import argparse
import base64
import datetime
import importlib.util
import pathlib
import platform
import re
import sys

import jinja2
from natrolite import cli, plot
from natrolite.errors import NatroliteError
from natrolite.plots.table import Table

SKIPPED = set(".png .svg .log .tsv .data .dynmat .done .begun .state .settings .start .end .new .moved .grid".split())
LARGEST = 2**26  # bytes; longer dumps take minutes to read, and natrolite plot draws them when asked
HERE = pathlib.Path(__file__).resolve().parent


def load(system):
    path = HERE / system / "reproduction.py"
    spec = importlib.util.spec_from_file_location("reproduction", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def natrolite(*arguments):
    if cli.main([str(argument) for argument in arguments]):
        print(f"report.py: natrolite {arguments[0]} failed, see above", file=sys.stderr)


def skipped(path):
    """Whether a file is surely no table: a restart file, a folder, ..."""
    return path.suffix in SKIPPED or ".restart" in path.name or not path.is_file() or path.stat().st_size > LARGEST


def drawn(folder):
    """Return [{name, picture, comments}] of all tables and trajectories in a folder."""
    found = []
    for path in sorted(folder.iterdir()):
        if skipped(path):
            continue
        try:
            table = Table(path)
        except (NatroliteError, UnicodeDecodeError):
            continue
        if plot.recognize(table) is None:
            continue
        try:
            picture = plot.plot(path, **({"ends": True} if path.suffix == ".node" else {}))[0]
        except NatroliteError as error:
            if table.kind != "dump":  # many have no ions
                print(f"report.py: no picture: {error}", file=sys.stderr)
            continue
        text = path.read_text()
        comments = [line[2:] for line in text.splitlines() if line.startswith("# ")] if text.startswith("#") else []
        found.append(figure(path.name, picture, comments, wide=path.suffix == ".dump"))
    names = {f"{one['name']}.png" for one in found}
    made = [path for path in sorted(folder.rglob("*.png")) if path.relative_to(folder).as_posix() not in names]
    return found + [figure(path.relative_to(folder).with_suffix("").as_posix(), path, [], wide=True) for path in made]


def figure(name, picture, comments, wide):
    data = base64.b64encode(picture.read_bytes()).decode()
    return {"name": name, "picture": data, "comments": comments, "wide": wide, "group": re.split("[-./]", name)[0]}


def pages(folder):
    """Return the pages in folders of a model's folder, as seen from the report."""
    return [path.relative_to(folder.parent).as_posix() for path in sorted(folder.rglob("*.html"))]


def times(folder):
    path = folder / "times.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()] if path.is_file() else []
    return [(name, float(seconds), code == "0") for name, seconds, code in rows]


def reason(why, folders):
    """Return the text of a reason, or what a function of a folder says of all folders."""
    if isinstance(why, str):
        return why
    parts = [part for folder in folders for part in (why(folder) or "").split("; ") if part]
    return "; ".join(dict.fromkeys(parts))


def spanned(rows):
    """Return the rows with the number of rows that their reason stands for: 0 where it stands above."""
    spans = [1] * len(rows)
    for k in range(len(rows) - 1, 0, -1):
        if rows[k][3] == rows[k - 1][3]:
            spans[k - 1] += spans[k]
            spans[k] = 0
    return [(*row, span) for row, span in zip(rows, spans)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--size", required=True)
    arguments = parser.parse_args()
    module = load(arguments.system)
    models = sorted(path for path in arguments.folder.iterdir() if path.is_dir())
    for folder in models:
        module.after(folder, natrolite)
    rows = [
        (quantity, paper, [ours(folder) for folder in models], reason(why, models))
        for quantity, paper, ours, why in module.entries()
    ]
    page = (
        jinja2.Environment(autoescape=False)
        .from_string((HERE / "report.html").read_text())
        .render(
            title=module.TITLE,
            size=arguments.size,
            date=datetime.date.today(),
            machine=platform.processor() or platform.machine(),
            models=[
                {"name": folder.name, "tables": drawn(folder), "pages": pages(folder), "times": times(folder)}
                for folder in models
            ],
            rows=spanned(rows),
        )
    )
    out = arguments.folder / "report.html"
    out.write_text(page)
    print(out)


if __name__ == "__main__":
    main()
