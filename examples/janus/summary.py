# SPDX-License-Identifier: GPL-2.0-only
"""Means over the runs of in.md, a row for every content x, and the clusters of sodium.

usage: summary.py [RESULTS]

Writes RESULTS/janus.table (gaps, tilt, D, peaks of g(r), charges; errors from ten block means) and
RESULTS/clusters.table: the share of all Na that sits in clusters of n Na that touch m aminobenzene."""

import argparse
import pathlib
import sys
from collections import Counter

import numpy as np
from ase.io import read
from ase.neighborlist import neighbor_list
from natrolite.plots.spacing import mean
from natrolite.plots.table import Table, write_table
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

SODIUM, NITROGEN, RING = 4.2, 3.2, 3.4  # A: Na closer to Na, N, C of the ring than this touches it
PAIRS = {"NaN": "Na-N", "NaNa": "Na-Na", "Naring": "Na-ring"}
SPECIES = ("sheet", "ring", "hydrogen", "nitrogen", "sodium")
NONE = float("nan")


def clusters(atoms):
    """Return [(n, m)] of a frame: Na of every cluster, and the aminobenzene molecules that touch it."""
    symbols, molecules = np.array(atoms.get_chemical_symbols()), atoms.arrays["v_molecule"].ravel().astype(int)
    sodium = symbols == "Na"
    first, second = neighbor_list("ij", atoms, {("Na", "Na"): SODIUM, ("Na", "N"): NITROGEN, ("Na", "C"): RING})
    place = np.cumsum(sodium) - 1
    bonds = sodium[first] & sodium[second]
    graph = coo_matrix((np.ones(bonds.sum()), (place[first[bonds]], place[second[bonds]])), shape=[sodium.sum()] * 2)
    count, labels = connected_components(graph, directed=False)
    touching = [set() for _ in range(count)]
    for i, j in zip(first, second):
        if sodium[i] and molecules[j] > 0:
            touching[labels[place[i]]].add(molecules[j])
    return [(int((labels == k).sum()), len(touching[k])) for k in range(count)]


def shares(dump):
    """Return {(n, m): share of all Na}, a mean over the frames of a dump."""
    found = Counter()
    for atoms in read(dump, ":", format="lammps-dump-text"):
        for n, m in clusters(atoms):
            found[n, m] += n
    return {key: value / sum(found.values()) for key, value in sorted(found.items())}


def peak(path):
    """Return the distance (A) at which g(r) is largest."""
    if not path.is_file():
        return NONE
    table = Table(path)
    return table.data[np.argmax(table.data[:, 1]), 0] if table.data.size and table.data[:, 1].any() else NONE


def row(gap):
    """Return (columns, numbers) of the run whose table of the layers' distance this is."""
    table, stem = Table(gap), gap.with_suffix("")
    columns, numbers = ["x"], [table.number("x")]

    def add(name, unit, values):
        value, error = mean(values) if np.ndim(values) else (values, None)
        columns.extend([f"{name} ({unit})"] + [f"{name} error ({unit})"] * (error is not None))
        numbers.extend([value] + [error] * (error is not None))

    for name in table.columns[2:3] + table.columns[6:]:
        add(name, "A", table.column(name))
    add("tilt", "deg", table.column("tilt"))
    add("temperature", "K", table.column("temperature"))
    msd = pathlib.Path(f"{stem}.msd")
    add("D", "cm^2/s", float(Table(msd).settings["D"].split("=")[1].split()[0]) if msd.is_file() else NONE)
    for kind, name in PAIRS.items():
        add(f"{name} peak", "A", peak(pathlib.Path(f"{stem}.{kind}.rdf")))
    charges = pathlib.Path(f"{stem}.charges")
    if charges.is_file():
        table = Table(charges)
        for name in SPECIES:
            there = name in table.columns
            add(f"charge {name}", "e", table.column(name).mean() if there else NONE)
            add(f"charge {name} SD over atoms", "e", table.column(f"{name} SD").mean() if there else NONE)
            add(f"charge {name} SD over frames", "e", table.column(name).std() if there else NONE)
    return columns, numbers


def summarize(results):
    """Write both tables into the folder of the results and return the rows; raise ValueError where they cannot be made."""
    gaps = sorted(results.glob("md-*.gap"), key=lambda path: Table(path).number("x"))
    if not gaps:
        raise ValueError(f"no md-*.gap in {results}; run in.md first")
    told = Table(gaps[0]).settings
    settings = {"x": "all of the table", **{key: told[key] for key in ("form", "model", "settings")}}
    rows = [row(gap) for gap in gaps]
    if any(columns != rows[0][0] for columns, _ in rows):
        raise ValueError(f"the runs in {results} differ in layers or charges; give each its own folder")
    write_table(
        results / "janus.table", "quantities over content", settings, rows[0][0], [numbers for _, numbers in rows]
    )
    found = [
        (Table(gap).number("x"), n, m, share)
        for gap in gaps
        if (gap.with_suffix(".msd")).is_file()
        for (n, m), share in shares(gap.with_suffix(".dump")).items()
    ]
    if found:
        settings["cutoffs"] = f"Na-Na {SODIUM}, Na-N {NITROGEN}, Na-ring C {RING} A"
        write_table(results / "clusters.table", "clusters", settings, ["x", "n", "m", "share"], found)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=pathlib.Path, nargs="?", default=pathlib.Path("results"))
    try:
        rows = summarize(parser.parse_args().results)
    except ValueError as error:
        sys.exit(f"summary.py: {error}")
    for columns, numbers in rows:
        print(", ".join(f"{name} {value:.4g}" for name, value in zip(columns, numbers) if value == value))


if __name__ == "__main__":
    main()
