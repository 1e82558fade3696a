# SPDX-License-Identifier: GPL-2.0-only
"""Shares of the ions in clusters of each size, over the content."""

import numpy as np

from . import style

NAME = "clusters"


def recognizes(table):
    return table.kind == NAME


def draw(table, figure):
    """Share of the sodium in clusters of n Na that touch m molecules, a column of bars for every content."""
    axes = figure.subplots()
    x, n, m, share = (table.column(name) for name in ("x", "n", "m", "share"))
    contents, kinds = np.unique(x), sorted(set(zip(n, m)))
    bottom = np.zeros(len(contents))
    for k, kind in enumerate(kinds):
        part = np.array([share[(x == c) & (n == kind[0]) & (m == kind[1])].sum() for c in contents])
        axes.bar(
            np.arange(len(contents)),
            part,
            bottom=bottom,
            color=style.CYCLE[k % len(style.CYCLE)],
            alpha=1 - 0.5 * (k // 7 % 2),
            label=f"Na$_{{{kind[0]:.0f}}}$@{kind[1]:.0f}",
        )
        bottom += part
    axes.set(
        xlabel="Na per aminobenzene x",
        ylabel="share of the Na",
        ylim=(0, 1),
        xticks=np.arange(len(contents)),
        xticklabels=[f"{c:g}" for c in contents],
    )
    axes.legend(
        fontsize=6,
        ncols=max(1, len(kinds) // 12),
        loc="upper left",
        bbox_to_anchor=(1, 1),
        title="Na$_n$@(aminobenzene)$_m$",
    )
