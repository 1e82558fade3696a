# SPDX-License-Identifier: GPL-2.0-only
"""Adhesion energy over the distance of two layers, with the maximum of its spline."""

import numpy as np

from . import style

NAME = "adhesion energy"
LIMITS = {"face O-Ti": 2.5, "O-C": 1.8, "O-H": 1.2}  # A, of the columns that begin so; beyond, the bond is broken
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


def states(table, data):
    """Return for each row and each length of LIMITS that the table has: whether it is within the limit."""
    known = [(named(table, name), limit) for name, limit in LIMITS.items()]
    # nan is a length that the layer does not have, -1 one beyond 4 A
    return np.array([~((data[:, k] > limit) | (data[:, k] < 0)) for k, limit in known if k is not None]).T


def parts(table):
    """Return the rows in order of the distance, in parts within which the layers stay the same, as their bonds say.

    One part where the table does not have these bonds."""
    data, bond = table.data[np.argsort(table.data[:, 0])], named(table, "O-C")
    kept = states(table, data)
    other = (kept[1:] != kept[:-1]).any(1) if kept.size else np.zeros(len(data) - 1, bool)
    if bond is not None:
        other |= np.abs(np.diff(data[:, bond])) > CHANGE
    return np.split(data, np.flatnonzero(other) + 1)


def strongest(table, column):
    """Return (x, y, whether it is a maximum, no end of its part) of the strongest adhesion of layers that are whole.

    None if they never are."""
    found = []
    for rows in parts(table):
        if states(table, rows).all():
            x, y = maximum(rows[:, 0], rows[:, column])
            found.append((x, y, rows[0, 0] < x < rows[-1, 0]))
    return max(found, key=lambda one: one[1], default=None)


def said(best, between="at", after=""):
    """Return what strongest() found in words."""
    if best is None:
        return "the layers are nowhere what their names say"
    return f"{best[1]:.2f} {between} {best[0]:.2f} {after}".strip() + ("" if best[2] else ", no maximum")


def unrelaxed(table, rows):
    """Return which rows hold a force above the limit fmax; none where the table has no forces or names no limit."""
    force = named(table, "largest force")
    if force is None or "fmax" not in table.settings:
        return np.zeros(len(rows), bool)
    return rows[:, force] > table.number("fmax")


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
        axes.plot([], [], color="0.4", lw=0.6, label="straight: from one state of the bonds to another")
    axes.set(xlabel="distance (Å)", ylabel="adhesion energy (eV/nm²)")
    axes.margins(y=0.12)
    style.legend(figure, 1)
