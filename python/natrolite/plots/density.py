# SPDX-License-Identifier: GPL-2.0-only
"""A density on a grid: its projections, and shares of space and ions over its levels."""

import numpy as np

from . import style

NAME = "density levels"


def recognizes(table):
    return table.kind == NAME


def draw(table, figure):
    draw_levels(table.data, figure.subplots())


def draw_levels(rows, axes):
    """Shares of space and ions above a level, and up to which level each axis percolates."""
    level = rows[:, 0]
    axes.plot(level, 100 * rows[:, 2], color=style.BLUE, label="of the ions")
    axes.plot(level, 100 * rows[:, 1], color=style.ORANGE, label="of space")
    for axis, column, color, height in zip(
        "abc", rows[:, 4:].T, (style.VERMILION, style.GREEN, "0.3"), (4, 8, 12), strict=True
    ):
        reach = level[column > 0]
        text = f"percolates along {axis}" if len(reach) else f"no percolation along {axis}"
        axes.plot(
            [level[0], reach[-1] if len(reach) else level[0]],
            [height, height],
            color=color,
            lw=3,
            label=text,
            solid_capstyle="butt",
        )
    axes.set(xlabel="density level (1/Å$^3$)", ylabel="share above the level (%)", ylim=(0, 101), xscale="log")
    axes.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)  # curves fill the axes


def draw_grid(values, cell, rows, path):
    """Draw the density summed along c, b and a, and the levels, into a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lengths = np.linalg.norm(cell, axis=1)
    with pyplot.rc_context(style.SETTINGS):
        figure, axes = pyplot.subplots(2, 2, figsize=(8.4, 7.6), layout="compressed")
        for (along, across, axis), place in zip(((0, 1, 2), (0, 2, 1), (1, 2, 0)), axes.flat):
            mean = values.mean(axis)
            shown = place.imshow(
                mean.T,
                origin="lower",
                extent=(0, lengths[along], 0, lengths[across]),
                cmap="magma_r",
                interpolation="bilinear",
                aspect="equal",
            )
            place.set(xlabel=f"{'abc'[along]} (Å)", ylabel=f"{'abc'[across]} (Å)", title=f"mean along {'abc'[axis]}")
            figure.colorbar(shown, ax=place, label="ions / Å$^3$")
        draw_levels(rows, axes[1, 1])
        figure.savefig(path)
        pyplot.close(figure)
