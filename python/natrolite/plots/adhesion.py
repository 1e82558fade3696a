# SPDX-License-Identifier: GPL-2.0-only
"""Adhesion energy over the distance of two layers, with the maximum of its spline."""

import numpy as np

from . import style

NAME = "adhesion energy"


def recognizes(table):
    return table.kind == "adhesion energy"


def maximum(x, y):
    """Return (x, y) of the highest point of the cubic spline through the points, in any order."""
    from scipy.interpolate import CubicSpline

    x, y = np.array(sorted(zip(x, y))).T
    spline = CubicSpline(x, y)
    at = np.r_[x[0], spline.derivative().roots(extrapolate=False), x[-1]]
    at = at[np.isfinite(at)]
    best = at[np.argmax(spline(at))]
    return float(best), float(spline(best))


def draw(table, figure):
    from scipy.interpolate import CubicSpline

    axes = figure.subplots()
    data = table.data[np.argsort(table.data[:, 0])]
    fine = np.linspace(data[0, 0], data[-1, 0], 400)
    for column, color, name in (
        (2, style.BLUE, "parts in the common cell"),
        (3, style.VERMILION, "parts in own cells"),
    ):
        x, y = maximum(data[:, 0], data[:, column])
        axes.plot(fine, CubicSpline(data[:, 0], data[:, column])(fine), color=color)
        axes.plot(data[:, 0], data[:, column], "o", ms=3.5, color=color)
        axes.plot(x, y, "*", ms=11, color=color, mec="white", label=f"{name}: {y:.2f} eV/nm² at {x:.2f} Å")
    axes.axhline(0, color="0.7", lw=0.8)
    axes.set(
        xlabel="distance (Å)",
        ylabel="adhesion energy (eV/nm²)",
        title="Ti$_2$CO$_2$ / " + table.settings.get("layer", ""),
    )
    axes.margins(y=0.12)
    axes.legend()
