# SPDX-License-Identifier: GPL-2.0-only
"""Writes one HTML page about the results of the decks of one folder of examples.

usage: report.py SYSTEM FOLDER --size SIZE     FOLDER has a folder of results for every model

SYSTEM/reproduction.py says what is compared (entries) and what is computed first (after)."""
import argparse
import base64
import datetime
import importlib.util
import pathlib
import platform
import sys

import jinja2
from natrolite import cli, plot
from natrolite.errors import NatroliteError
from natrolite.plots.table import Table

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


def drawn(folder):
    """Returns [{name, picture, comments}] of all tables and trajectories in a folder."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".png", ".svg", ".log", ".tsv", ".data", ".dynmat", ".done", ".state", ".end") or path.is_dir():
            continue
        try:
            if plot.recognize(Table(path)) is None:
                continue
            ends = {"ends": True} if path.suffix == ".node" else {}
            picture = plot.plot(path, **ends)[0]
        except (NatroliteError, UnicodeDecodeError):
            continue
        text = path.read_text()
        comments = [line[2:] for line in text.splitlines() if line.startswith("# ")] if text.startswith("#") else []
        data = base64.b64encode(picture.read_bytes()).decode()
        found.append({"name": path.name, "picture": data, "comments": comments, "group": path.name.split("-")[0].split(".")[0]})
    return found


def times(folder):
    path = folder / "times.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()] if path.is_file() else []
    return [(name, float(seconds), code == "0") for name, seconds, code in rows]


def spanned(rows):
    """Returns the rows with the number of rows that their reason stands for: 0 where it stands above."""
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
    rows = [(quantity, paper, [ours(folder) for folder in models], why) for quantity, paper, ours, why in module.entries()]
    page = jinja2.Environment(autoescape=False).from_string((HERE / "report.html").read_text()).render(
        title=module.TITLE, size=arguments.size, date=datetime.date.today(), machine=platform.processor() or platform.machine(),
        models=[{"name": folder.name, "tables": drawn(folder), "times": times(folder)} for folder in models], rows=spanned(rows))
    out = arguments.folder / "report.html"
    out.write_text(page)
    print(out)


if __name__ == "__main__":
    main()
