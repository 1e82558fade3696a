# SPDX-License-Identifier: GPL-2.0-only
"""A Sankey diagram of three columns of nodes. Bands pass through the middle column, whose nodes color them."""

import numpy as np

GAP = 0.03  # between the nodes of a column, of its height
WIDTH = 0.035  # of a node


def draw_sankey(axes, flows, colors, columns):
    """flows: [A, B, C] weights >= 0; colors: [B]; columns: three (title, names of its nodes)."""
    total = flows.sum()
    sums = [flows.sum(axis=(1, 2)) / total, flows.sum(axis=(0, 2)) / total, flows.sum(axis=(0, 1)) / total]
    tops = [stacked(s) for s in sums]
    bands(axes, flows.sum(axis=2) / total, colors, tops[0], tops[1], 0.0, True)
    bands(axes, flows.sum(axis=0) / total, colors, tops[1], tops[2], 1.0, False)
    for x, (title, names), top, size in zip((0.0, 1.0, 2.0), columns, tops, sums):
        tints = colors if x == 1.0 else ["#444444"] * len(names)
        for name, y, height, color in zip(names, top, size, tints):
            axes.bar(x, -height, bottom=y, width=WIDTH, color=color, zorder=3)
            place = {0.0: (x - WIDTH, "right"), 1.0: (x + WIDTH, "left"), 2.0: (x + WIDTH, "left")}[x]
            axes.text(
                place[0],
                y - height / 2,
                name,
                ha=place[1],
                va="center",
                fontsize=9,
                zorder=4,
                fontweight="bold" if x == 1.0 else "normal",
            )
        axes.text(x, 0.03, title, ha="center", va="bottom", fontsize=10)
    axes.set(xlim=(-0.2, 2.2), ylim=(min(t[-1] - s[-1] for t, s in zip(tops, sums)) - 0.01, 0.08))
    axes.axis("off")


def stacked(sizes):
    """Return the upper ends of nodes one below the other; columns with fewer nodes have larger gaps."""
    spare = 9 * GAP
    gap = spare / max(len(sizes) - 1, 1)
    start = -spare / 2 if len(sizes) == 1 else 0.0
    return start - np.concatenate([[0.0], np.cumsum(sizes + gap)[:-1]])


def bands(axes, weights, colors, left, right, x, middle_is_right):
    """Draw the bands weights [nodes on the left, nodes on the right] between x and x + 1."""
    t = np.linspace(0, 1, 60)
    ease = 3 * t**2 - 2 * t**3
    here, there = left.copy(), right.copy()
    for i, k in np.ndindex(weights.shape):
        if weights[i, k] == 0:
            continue
        upper = here[i] + (there[k] - here[i]) * ease
        axes.fill_between(
            x + t, upper, upper - weights[i, k], color=colors[k if middle_is_right else i], alpha=0.55, lw=0
        )
        here[i] -= weights[i, k]
        there[k] -= weights[i, k]
