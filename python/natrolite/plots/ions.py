# SPDX-License-Identifier: GPL-2.0-only
"""Results of every ion: diffusion coefficients, and tortuosity against accessible volume."""

import numpy as np

from . import style
from .table import read_dump_means

NAME = "results of every ion"
FEW = 10  # ions; fewer are shown one by one, without D: one hop more or less would change it


def recognizes(table):
    return table.kind in ("ion/transport ions", "ions")


def draw_bars(table, axes):
    """How far each ion has gone, with its hops."""
    far, hops = table.column("largest"), table.column("hops")
    at = np.arange(len(far))
    axes.bar(at, far, color=style.SKY, width=0.6)
    for k, (height, count) in enumerate(zip(far, hops)):
        axes.text(k, height, f"{count:.0f}", ha="center", va="bottom", fontsize=8)
    if "hop" in table.settings:
        hop = table.number("hop")
        between = f" between means over {table.settings['hop_mean']}" if "hop_mean" in table.settings else ""
        axes.axhline(hop, color="0.4", lw=0.8, ls="--", label=f"hop: {hop:g} Å{between}")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1))
    axes.set(
        xlabel="ion, above it the number of its hops",
        ylabel="largest displacement (Å)",
        xlim=(-0.6, max(len(far), 3) - 0.4),
        xticks=at,
        xticklabels=[f"{number:.0f}" for number in table.data[:, 0]],
    )
    axes.margins(y=0.15)


def draw_each(table, axes):
    """Path over net displacement of each ion, where the table does not say how far it has gone."""
    at = np.arange(len(table.data))
    axes.bar(at, table.column("tortuosity"), color=style.SKY, width=0.6)
    axes.set(xlabel="ion", ylabel="tortuosity (0: none)", xlim=(-0.6, max(len(at), 3) - 0.4), xticks=at)
    axes.set_xticklabels([f"{number:.0f}" for number in table.data[:, 0]])
    axes.set_title(f"{len(at)} ions: too few for a histogram of D", fontsize=8)


def draw_histogram(table, axes):
    if len(table.data) < FEW:
        return draw_bars(table, axes) if {"largest", "hops"} <= set(table.columns) else draw_each(table, axes)
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
