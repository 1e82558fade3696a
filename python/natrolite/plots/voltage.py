# SPDX-License-Identifier: GPL-2.0-only
"""Voltage over content, from command ocv or fix ocv."""

from . import style

NAME = "voltage curve"


def recognizes(table):
    return table.kind == "ocv voltages"


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
    axes.set(xlabel="ions n", ylabel="voltage (V)", xlim=(0, n[-1] * 1.02))
    axes.margins(y=0.15)
    axes.legend()
    if capacity[-1] > 0:
        scale = capacity[-1] / n[-1]
        top = axes.secondary_xaxis("top", functions=(lambda x: x * scale, lambda q: q / scale))
        top.set_xlabel("capacity (mAh/g)")
