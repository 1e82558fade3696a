# SPDX-License-Identifier: GPL-2.0-only
"""Energies of several contents, less the line between the ends, with their lower convex hull."""

import numpy as np

from . import style

NAME = "energies of several contents"


def recognizes(table):
    return table.kind == "ocv energies"


def settings(table):
    """Return the settings; the host of a table that names only its mass is that of its file's name."""
    named = [host for host in ("relaxed", "frozen") if host in table.path.name]
    return {**table.settings, **({"host": named[0]} if named else {})}


def lower_hull(n, e):
    """Return the edges [[n1, e1], [n2, e2]] of the lower convex hull."""
    from scipy.spatial import ConvexHull, QhullError

    points = np.c_[n, e]
    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):  # too few points, or all on a line
        return [points[[0, -1]]]
    return [points[edge] for edge, normal in zip(hull.simplices, hull.equations) if normal[1] < -1e-12]


def draw(table, figure):
    """Energy less the straight line between the end points, and its lower convex hull."""
    axes = figure.subplots()
    n, e, error = table.data[np.argsort(table.data[:, 0])].T[:3]
    line = np.interp(n, n[[0, -1]], e[[0, -1]]) if len(n) > 1 else e
    axes.axhline(0, color="0.7", lw=0.8)
    for k, edge in enumerate(lower_hull(n, e - line)):
        axes.plot(*edge.T, color=style.VERMILION, lw=1.2, label=None if k else "lower convex hull")
    label = "with its error" if error.any() else "one value per content, no error"
    axes.errorbar(n, e - line, error, fmt="o-", color=style.BLUE, ms=4, capsize=3, label=label)
    axes.set(xlabel="ions n", ylabel=f"E less the line between the ends ({table.units[1]})")
    style.legend(figure)
