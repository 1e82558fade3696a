# SPDX-License-Identifier: GPL-2.0-only
"""Phonon bands, with the DOS of the file beside theirs, or a DOS alone."""

import numpy as np

from . import style

NAME = "phonon bands or DOS"


def recognizes(table):
    return table.kind in ("phonon bands", "phonon DOS")


def draw_dos(table, axes, upright=True):
    frequency, dos = table.data.T
    x, y = (dos, frequency) if upright else (frequency, dos)
    axes.plot(x, y, color=style.VERMILION, lw=1.2)
    if upright:
        axes.set(xlabel="DOS (1/THz)", xlim=(0, None))
    else:
        axes.set(xlabel="frequency (THz)", ylabel="DOS (1/THz per cell)", ylim=(0, None))


def draw(table, figure):
    """Bands with the DOS beside them where its file stands beside theirs; or the DOS alone."""
    if table.kind == "phonon DOS":
        return draw_dos(table, figure.subplots(), upright=False)
    beside = table.path.with_suffix(".dos")
    if beside.is_file():
        axes, right = figure.subplots(1, 2, sharey=True, width_ratios=[3, 1])
        draw_dos(type(table)(beside), right)
    else:
        axes = figure.subplots()
    axes.plot(table.data[:, 0], table.data[:, 4:], color=style.BLUE, lw=1)
    corners = [corner.split() for corner in table.settings["corners"].split(",")]
    for _, at in corners:
        axes.axvline(float(at), color="0.7", lw=0.8, zorder=0)
    axes.axhline(0, color="0.7", lw=0.8, zorder=0)
    axes.set(
        xticks=[float(at) for _, at in corners],
        xticklabels=["Γ" if n == "G" else n for n, _ in corners],
        ylabel="frequency (THz)",
        xlim=(table.data[0, 0], table.data[-1, 0]),
    )
    low, high = (round(pick(table.data[:, 4:]), 2) + 0.0 for pick in (np.min, np.max))  # + 0.0: no -0.00
    axes.text(
        1.0,
        1.01,
        f"lowest {low:.2f}, highest {high:.2f} THz",
        fontsize=8,
        ha="right",
        va="bottom",
        transform=axes.transAxes,
    )
    return np.array(axes)
