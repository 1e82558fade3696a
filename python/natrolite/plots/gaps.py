# SPDX-License-Identifier: GPL-2.0-only
"""Gaps between layers over time, from scalars or blocks of fix ave/time."""

import numpy as np

from . import layer_map, style

NAME = "layer gaps over time"


def recognizes(table):
    """fix ave/time of compute layer/spacing: rows of steps, or its vector or array, and no map."""
    if table.kind == "series":
        return True
    return table.kind == "blocks" and table.data.shape[1] in (1, 5) and not layer_map.recognizes(table)


def draw(table, figure):
    axes = figure.subplots()
    if table.kind == "series":
        steps, values, names = table.data[:, 0], table.data[:, 1:], table.columns[1:]
    else:
        steps = np.array([s for s, _ in table.blocks])
        values = np.array([b[:, 0] for _, b in table.blocks])
        names = [f"gap {k + 1}" for k in range(values.shape[1])]
    for k, name in enumerate(names):
        color = style.CYCLE[k % len(style.CYCLE)]
        axes.plot(
            steps,
            values[:, k],
            color=color,
            marker="o",
            ms=2.5,
            lw=1.2,
            label=f"{name}: {values[:, k].mean():.3f} ± {values[:, k].std():.3f} Å",
        )
    axes.set(xlabel="time step", ylabel="gap (Å)")
    axes.margins(y=0.15)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
