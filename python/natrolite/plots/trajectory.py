# SPDX-License-Identifier: GPL-2.0-only
"""The ions of a dump: their paths, folded over the last frame, and how far each has gone."""

import numpy as np

from natrolite.errors import NatroliteError

from . import style

NAME = "trajectory of ions"
ION = "Na"
METAL, BOND = "Ti", 2.7  # A; the motion is against the layer of these atoms and those so near to them
COLORS = ["#882255" if color == style.BLACK else color for color in style.CYCLE]  # black are the starts
FAR = 3.0  # Angstrom, the filter of published counts of mobile ions
COLUMNS = ("id", "element", "x", "y", "z", "ix", "iy", "iz")


def recognizes(table):
    return table.kind == "dump" and all(name in table.columns for name in COLUMNS)


def settings(table):
    """Return the layer and the number of ions, which a dump does not name, from its elements."""
    elements = table.frames[0].words("element")
    number = {name: elements.count(name) for name in ("H", "O", METAL, ION)}
    layer = "GOH" if number["H"] else "GO" if number["O"] > number[METAL] else "G"
    return {"layer": layer, "na": str(number[ION])}


def read(table):
    """Return (times [t], elements [n], unwrapped positions [t, n, 3], origin, cell of the last frame).

    The times are in ps of units metal where the dump has them (dump_modify time yes), else steps. Of
    frames that a run wrote again after a restart the first ones count."""
    steps, clock, positions, elements = [], [], [], None
    for frame in table.frames:
        frame = frame.by_id()
        symbols = frame.words("element")
        elements = elements or symbols
        if symbols != elements:
            raise NatroliteError(f"{table.path}: the atoms change from frame to frame")
        if steps and frame.step <= steps[-1]:
            continue
        steps.append(frame.step)
        clock.append(frame.step if frame.time is None else frame.time)
        positions.append(frame.numbers("x", "y", "z") + frame.numbers("ix", "iy", "iz") @ frame.cell)
        last = frame
    # LAMMPS' clock starts anew when a run goes on from a restart file; its steps do not
    interval = (clock[1] - clock[0]) / (steps[1] - steps[0]) if len(steps) > 1 else 1.0
    return np.array(steps) * interval, np.array(elements), np.array(positions), last.origin, last.cell


def mxene(elements, places, h):
    """Return which atoms [n] are of the MXene in one frame: Ti and all but ions within BOND of one."""
    gap = places[:, None] - places[elements == METAL]
    gap -= np.round(np.linalg.solve(h.T, gap.reshape(-1, 3).T).T).reshape(gap.shape) @ h
    return (np.linalg.norm(gap, axis=2).min(axis=1) < BOND) & (elements != ION)


def displacements(elements, positions, h):
    """Return [t, ions, 3]: what the ions moved since the first frame, less what the MXene's center of mass did.

    Not that of the whole host: a layer that slides over the MXene moves it, and would seem to move all ions."""
    from ase.data import atomic_masses, atomic_numbers

    masses = np.array([atomic_masses[atomic_numbers[e]] for e in elements])
    rest = mxene(elements, positions[0], h)
    moved = positions - positions[0]
    drift = np.average(moved[:, rest], axis=1, weights=masses[rest])
    return moved[:, elements == ION] - drift[:, None]


def draw_host(axes, elements, places, h):
    """Draw the cell, the bonds of the upper carbon layer, its O, and the O that faces it."""
    carbon = places[(elements == "C") & (places[:, 2] > places[elements == "Ti", 2].max())]
    oxygen, ours = elements == "O", mxene(elements, places, h)
    face = places[oxygen & ours & (places[:, 2] > places[elements == "Ti", 2].mean())]
    group = places[oxygen & ~ours]
    for shift in (m * h[0] + n * h[1] for m in (-1, 0, 1) for n in (-1, 0, 1)):
        gap = np.linalg.norm(carbon[:, None] - carbon - shift, axis=2)
        for i, j in np.argwhere((gap > 0.1) & (gap < 1.75)):
            axes.plot(*np.array([carbon[i], carbon[j] + shift])[:, :2].T, color="0.8", lw=0.8, zorder=1)
    axes.scatter(*face[:, :2].T, s=22, color=style.ORANGE, alpha=0.35, lw=0, zorder=1, label="O of the face")
    if len(group):
        axes.scatter(*group[:, :2].T, s=22, color=style.PURPLE, lw=0, zorder=1, label="O off the face")
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) @ h[:2, :2]
    axes.plot(*corners.T, color="black", lw=0.8)
    axes.set(
        xlabel="x (Å)",
        ylabel="y (Å)",
        aspect="equal",
        xlim=(corners[:, 0].min() - 1, corners[:, 0].max() + 1),
        ylim=(corners[:, 1].min() - 1, corners[:, 1].max() + 1),
    )


def folded(points, h):
    return points - np.floor(np.linalg.solve(h.T, points.reshape(-1, 3).T).T).reshape(points.shape) @ h


def draw(table, figure):
    times, elements, positions, origin, h = read(table)
    ions = elements == ION
    if not ions.any() or METAL not in elements:
        raise NatroliteError(f"{table.path} holds no {ION} between layers with {METAL}: nothing to draw")
    moved = displacements(elements, positions, h)
    figure.set_size_inches(9.0, 3.8)
    left, right = figure.subplots(1, 2, width_ratios=[1.25, 1])
    last = positions[-1] - origin
    draw_host(left, elements, folded(last, h), h)
    paths = folded(last[ions] - moved[-1] + moved, h)
    far = np.linalg.norm(moved[:, :, :2], axis=2)
    for k in range(ions.sum()):
        color = COLORS[k % len(COLORS)]
        left.scatter(*paths[:, k, :2].T, s=3, color=color, lw=0, zorder=2)
        left.plot(
            *paths[0, k, :2], "o", ms=6, mfc="none", mec=style.BLACK, mew=1.2, zorder=4, label=None if k else "start"
        )
        right.plot(times, far[:, k], color=color, lw=1)
    style.legend(figure)
    movers = far.max(0) > FAR
    right.axhline(FAR, color="0.5", lw=0.8, ls="--")
    square = (far[-1] ** 2).mean()
    label = f"against the MXene: {movers.sum()} of {len(movers)} Na farther than {FAR:.0f} Å\nlast MSD {square:.2f} Å²"
    if movers.any():
        label += f", of these {(far[-1, movers] ** 2).mean():.2f} Å²"
    right.set(
        xlabel="time step" if table.frames[0].time is None else "time (ps)",
        ylabel="displacement (Å)",
        ylim=(0, max(1.15 * FAR, 1.2 * far.max())),
        title=label,
    )
    right.title.set_fontsize(8)
