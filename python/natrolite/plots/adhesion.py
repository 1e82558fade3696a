# SPDX-License-Identifier: GPL-2.0-only
"""Adhesion energy over the distance of two layers, with the maximum of its spline."""

import re

import numpy as np

from . import style

NAME = "adhesion energy"
BOUND = 1.8  # A; farther from its carbon the O is no longer of the layer
CHANGE = 0.3  # A; a bond O-C that differs by more from one distance to the next is another state of the group


def recognizes(table):
    return table.kind == "adhesion energy"


def curve(x, y):
    """Return the cubic spline through points in order of x, a straight line through two, through one a constant."""
    from scipy.interpolate import CubicSpline

    return CubicSpline(x, y) if len(x) > 2 else lambda at: np.interp(at, x, y)


def maximum(x, y):
    """Return (x, y) of the highest point of the cubic spline through the points, in any order."""
    x, y = np.array(sorted(zip(x, y))).T
    spline = curve(x, y)
    at = np.r_[x[0], spline.derivative().roots(extrapolate=False) if len(x) > 2 else [], x[-1]]
    at = at[np.isfinite(at)]
    best = at[np.argmax(spline(at))]
    return float(best), float(spline(best))


def hills(x, y):
    """Return the points inside, in order of x, that are higher than both their neighbors."""
    x, y = np.array(sorted(zip(x, y))).T
    inside = np.flatnonzero((y[1:-1] > y[:-2]) & (y[1:-1] > y[2:])) + 1
    return [(float(x[k]), float(y[k])) for k in inside]


def named(table, word):
    """Return the index of the first column whose name begins with a word, None without one."""
    return next((k for k, name in enumerate(table.columns) if name.startswith(word)), None)


def parts(table):
    """Return the rows in order of the distance, in parts within which the group on the layer keeps its bond O-C.

    One part where the table does not have this bond."""
    data, bond = table.data[np.argsort(table.data[:, 0])], named(table, "O-C")
    if bond is None:
        return [data]
    return np.split(data, np.flatnonzero(np.abs(np.diff(data[:, bond])) > CHANGE) + 1)


def strongest(table, column):
    """Return (x, y, whether it is a maximum, no end of its part) of the strongest adhesion with a group that is bound.

    None if it never is."""
    bond, found = named(table, "O-C"), []
    for rows in parts(table):
        if bond is None or not (rows[:, bond] > BOUND).any():
            x, y = maximum(rows[:, 0], rows[:, column])
            found.append((x, y, rows[0, 0] < x < rows[-1, 0]))
    return max(found, key=lambda one: one[1], default=None)


def said(best, between="at", after=""):
    """Return what strongest() found in words."""
    if best is None:
        return "the group is nowhere bound to the layer"
    return f"{best[1]:.2f} {between} {best[0]:.2f} {after}".strip() + ("" if best[2] else ", no maximum")


def unrelaxed(table, rows):
    """Return which rows hold a force above the limit that the settings name; none where either is missing."""
    force = named(table, "largest force")
    limit = re.search(r"relaxed to (\S+) eV/A", table.settings.get("settings", ""))
    return rows[:, force] > float(limit.group(1)) if force and limit else np.zeros(len(rows), bool)


def draw(table, figure):
    axes = figure.subplots()
    every = parts(table)
    data = np.concatenate(every)
    loose = unrelaxed(table, data)
    for column, color, name in (
        (2, style.BLUE, "parts in the common cell"),
        (3, style.VERMILION, "parts in own cells"),
    ):
        axes.plot(data[:, 0], data[:, column], color=color, lw=0.6 * (len(every) > 1))
        for rows in every:
            fine = np.linspace(rows[0, 0], rows[-1, 0], 400)
            axes.plot(fine, curve(rows[:, 0], rows[:, column])(fine), color=color)
        axes.plot(data[:, 0], data[:, column], "o", ms=3.5, color=color)
        axes.plot(data[loose, 0], data[loose, column], "o", ms=3.5, color=color, mfc="white")
        best = strongest(table, column)
        label = f"{name}: {said(best, 'eV/nm² at', 'Å')}"
        axes.plot(*best[:2] if best else ([], []), "*", ms=11, color=color, mec="white", label=label)
    axes.axhline(0, color="0.7", lw=0.8)
    if loose.any():
        axes.plot([], [], "o", ms=3.5, color="0.4", mfc="white", label="not relaxed to the limit of the forces")
    if len(every) > 1:
        axes.plot([], [], color="0.4", lw=0.6, label="straight: the group on the layer changes its bond")
    axes.set(xlabel="distance (Å)", ylabel="adhesion energy (eV/nm²)")
    axes.margins(y=0.12)
    style.legend(figure, 1)
