# SPDX-License-Identifier: GPL-2.0-only
import numpy as np

from . import style

NAME = "energies of several contents"


def recognizes(table):
    return table.kind == "ocv energies"


def draw(table, figure):
    """Energy less the straight line between the end points: the shape that sets the hull."""
    axes = figure.subplots()
    n, e, error = table.data[np.argsort(table.data[:, 0])].T[:3]
    line = np.interp(n, n[[0, -1]], e[[0, -1]]) if len(n) > 1 else e
    axes.axhline(0, color="0.7", lw=0.8)
    axes.errorbar(n, e - line, error, fmt="o-", color=style.BLUE, ms=4, capsize=3)
    axes.set(xlabel="ions n", ylabel=f"E less the line between the ends ({table.units[1]})")
