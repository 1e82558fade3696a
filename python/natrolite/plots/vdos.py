# SPDX-License-Identifier: GPL-2.0-only
"""Vibrational densities of states, by element."""

import numpy as np

from . import style

NAME = "vibrational density of states"
COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE)


def recognizes(table):
    return table.kind == NAME


def draw(table, figure):
    axes = figure.subplots()
    frequency, total = table.data[:, 0], table.data[:, 1]
    axes.fill_between(frequency, total, color="0.9")
    axes.plot(frequency, total, color="0.4", lw=1, label="all" if len(table.columns) > 3 else table.columns[2])
    if len(table.columns) > 3:
        for name, values, color in zip(table.columns[2:], table.data[:, 2:].T, COLORS):
            axes.plot(frequency, values, color=color, label=name)
    share = np.cumsum(total) / total.sum()
    axes.set(
        xlabel="frequency (THz)",
        ylabel="density of states (1/THz)",
        ylim=(0, None),
        xlim=(0, 1.1 * frequency[np.searchsorted(share, 0.999)]),
    )
    axes.legend()
