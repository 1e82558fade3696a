# SPDX-License-Identifier: GPL-2.0-only
"""Voltage over content, from command ocv or fix ocv."""

import numpy as np

from . import style

NAME = "voltage curve"


def recognizes(table):
    return table.kind == "ocv voltages"


def usable(table):
    """Return the capacity (mAh/g) down to 0 V, and whether ions follow below it, where the metal forms instead.

    Along the hull where there is one, else from content to content."""
    volts = table.data[1:, 5] if table.data[:, 5].any() else table.data[1:, 3]
    below = volts < 0
    last = int(np.argmax(below)) if below.any() else len(volts)
    return table.data[last, 7], bool(below.any())


def stairs(axes, n, v, **look):
    """v[k] holds from n[k-1] to n[k]."""
    axes.stairs(v[1:], n, baseline=None, **look)


def draw(table, figure):
    axes = figure.subplots()
    n, empty, e0, previous, e1, hull, e2, capacity = table.data.T
    middle = 0.5 * (n[1:] + n[:-1])
    stairs(axes, n, previous, color=style.SKY, lw=1.2, label="from the previous content")
    axes.errorbar(middle, previous[1:], e1[1:], fmt="none", ecolor=style.SKY, capsize=2)
    if hull.any():
        stairs(axes, n, hull, color=style.BLUE, lw=2.4, label="along the convex hull")
        axes.errorbar(middle, hull[1:], e2[1:], fmt="none", ecolor=style.BLUE, capsize=3)
    axes.errorbar(
        n[1:], empty[1:], e0[1:], fmt="o", ms=4, color=style.VERMILION, capsize=3, label="from the empty host"
    )
    axes.axhline(0, color="0.3", lw=0.8, ls="--", zorder=0)
    axes.set(xlabel="ions n", ylabel="voltage (V)", xlim=(0, n[-1] * 1.02))
    axes.margins(y=0.15)
    if (table.data[1:, [1, 3, 5]] < 0).any():
        axes.text(n[-1], 0, "below 0 V: plating", ha="right", va="top", fontsize=7, color="0.3")
    style.legend(figure)
    if capacity[-1] > 0:
        scale = capacity[-1] / n[-1]
        top = axes.secondary_xaxis("top", functions=(lambda x: x * scale, lambda q: q / scale))
        top.set_xlabel("capacity (mAh/g)")
