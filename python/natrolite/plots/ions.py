# SPDX-License-Identifier: GPL-2.0-only
"""Results of every ion: diffusion coefficients, and tortuosity against accessible volume."""

import numpy as np

from . import style
from .table import read_dump_means

NAME = "results of every ion"


def recognizes(table):
    return table.kind in ("ion/transport ions", "ions")


def draw_histogram(table, axes):
    d = table.column("D_ratio", "cm^2/s")
    good = d > 0
    if not good.any():
        axes.text(0.5, 0.5, "no ion has moved", ha="center", transform=axes.transAxes)
        return
    logs = np.log10(d[good])
    axes.hist(logs, bins=max(5, int(np.sqrt(good.sum()) * 1.5)), color=style.SKY, edgecolor="white")
    axes.axvline(logs.mean(), color=style.VERMILION, label=f"mean {logs.mean():.2f}, SD {logs.std():.2f}")
    axes.set(xlabel="log$_{10}$ D of one ion (cm²/s)", ylabel=f"ions (of {len(d)})")
    axes.legend()


def draw_tortuosity(table, axes, volumes):
    ids, tortuosity = table.data[:, 0].astype(int), table.column("tortuosity")
    known = np.array([i in volumes for i in ids]) & (tortuosity > 0)
    axes.scatter([volumes[i] for i in ids[known]], tortuosity[known], s=16, color=style.BLUE, alpha=0.7, lw=0)
    axes.set(xlabel="mean accessible volume (Å³)", ylabel="tortuosity", yscale="log")


def draw(table, figure, volume=None, column=None):
    if not volume:
        return draw_histogram(table, figure.subplots())
    left, right = figure.subplots(1, 2)
    draw_histogram(table, left)
    draw_tortuosity(table, right, read_dump_means(volume, column))
