# SPDX-License-Identifier: GPL-2.0-only
"""The map of the gap between two layers, from fix ave/time."""

import numpy as np

from natrolite.errors import NatroliteError

from . import style

NAME = "layer map"
SPAN = 0.2  # A, the least span of the colors: what is smaller is noise and looks like it


def shape(data):
    """Nx, Ny: the nodes of the first row share their y."""
    other = ~np.isclose(data[:, 1], data[0, 1])
    nx = int(np.argmax(other)) if other.any() else len(data)
    return nx, len(data) // nx


def recognizes(table):
    """Five columns, the first two of which are the nodes of a lattice (two rows and columns at least)."""
    data = table.data
    if table.kind != "blocks" or data.shape[1] != 5 or len(data) < 4:
        return False
    nx, ny = shape(data)
    if nx < 2 or ny < 2 or nx * ny != len(data):
        return False
    i, j = np.arange(len(data)) % nx, np.arange(len(data)) // nx
    node = data[0, :2] + i[:, None] * (data[1, :2] - data[0, :2]) + j[:, None] * (data[nx, :2] - data[0, :2])
    return bool(np.allclose(node, data[:, :2], atol=1e-3))


def colors(gap):
    """Return the range of the colors."""
    low, high = np.nanmin(gap), np.nanmax(gap)
    return (low + high) / 2 + max(high - low, SPAN) / 2 * np.array([-1, 1])


def draw(table, figure, ends=False):
    """Draw the map. ends: the outermost nodes lie on the edges of the cell, not half a step inside."""
    data = table.data
    if not np.isfinite(data[:, 2]).any():
        raise NatroliteError(
            f"{table.path}: all {len(data)} cells of the map are empty; take fewer nodes, or mode kernel"
        )
    axes = figure.subplots()
    nx, ny = shape(data)
    x, y, gap = (data[:, k].reshape(ny, nx) for k in range(3))
    a = np.array([x[0, 1] - x[0, 0], 0.0])
    b = np.array([x[1, 0] - x[0, 0], y[1, 0] - y[0, 0]]) if ny > 1 else np.array([0.0, a[0]])
    # repeat the nodes once around, then show the cell itself
    around = 0 if ends else 1
    grid = np.pad(gap, around, mode="wrap")
    i, j = np.meshgrid(np.arange(-around, nx + around), np.arange(-around, ny + around))
    px, py = x[0, 0] + i * a[0] + j * b[0], y[0, 0] + j * b[1]
    empty = ~np.isfinite(gap)
    low, high = colors(gap)
    if empty.any():  # contours would lose cells without neighbors
        shown = axes.pcolormesh(
            px, py, np.ma.masked_invalid(grid), shading="nearest", vmin=low, vmax=high, cmap=style.COLORMAP
        )
    else:
        shown = axes.contourf(px, py, grid, levels=np.linspace(low, high, 15), cmap=style.COLORMAP)
    origin = np.array([x[0, 0], y[0, 0]]) - (0.0 if ends else 0.5) * (a + b)
    a, b = (nx - ends) * a, (ny - ends) * b
    corners = np.array([origin, origin + a, origin + a + b, origin + b, origin])
    axes.plot(*corners.T, color="black", lw=1)
    from matplotlib.patches import Polygon

    outline = Polygon(corners, closed=True, transform=axes.transData)
    shown.set_clip_path(outline)
    if empty.any():
        axes.scatter(x[empty], y[empty], marker="x", s=12, color=style.VERMILION)
    note = f", ×: {empty.sum()} of {empty.size} cells empty" if empty.any() else ""
    axes.set(
        xlabel="x (Å)",
        ylabel="y (Å)",
        aspect="equal",
        xlim=(corners[:, 0].min() - 0.3, corners[:, 0].max() + 0.3),
        ylim=(corners[:, 1].min() - 0.3, corners[:, 1].max() + 0.3),
    )
    axes.set_title(f"{np.nanmin(gap):.2f} to {np.nanmax(gap):.2f} Å{note}", fontsize=8)
    figure.colorbar(shown, ax=axes, label="gap (Å)", shrink=0.75, format="%.2f")
