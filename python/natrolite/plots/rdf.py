# SPDX-License-Identifier: GPL-2.0-only
"""Radial distributions around sites, from fix ave/time."""

from . import style

NAME = "radial distribution"


def recognizes(table):
    return table.kind == "blocks" and table.data.shape[1] == 3


def draw(table, figure):
    axes = figure.subplots()
    r, g, n = table.data.T
    axes.plot(r, g, color=style.BLUE)
    axes.axhline(1, color="0.7", lw=0.8, zorder=0)
    axes.set(xlabel="r (Å)", ylabel="g(r)", xlim=(0, r[-1]), ylim=(0, None))
    axes.yaxis.label.set_color(style.BLUE)
    right = axes.twinx()
    right.spines["right"].set_visible(True)
    right.plot(r, n, "--", color=style.VERMILION)
    right.set(ylabel="running coordination", ylim=(0, None))
    right.yaxis.label.set_color(style.VERMILION)
