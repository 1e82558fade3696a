# SPDX-License-Identifier: GPL-2.0-only
"""Energy along the path of a nudged elastic band."""

import numpy as np

from . import style

NAME = "NEB profile"


def recognizes(table):
    return table.kind == "NEB profile"


def profile(table):
    """Return (path of the ion, energy above the first replica) in Angstrom and eV, in order of the replicas."""
    data = table.data[np.argsort(table.data[:, 0])]
    steps = np.linalg.norm(np.diff(data[:, 1:4], axis=0), axis=1)
    return np.r_[0, np.cumsum(steps)], data[:, 4] - data[0, 4]


def draw(table, figure):
    from scipy.interpolate import PchipInterpolator

    axes = figure.subplots()
    path, energy = profile(table)
    fine = np.linspace(0, path[-1], 300)
    axes.plot(fine, PchipInterpolator(path, energy)(fine), color=style.SKY)
    axes.plot(path, energy, "o", ms=5, color=style.BLUE)
    top = energy.argmax()
    axes.annotate(
        f"{energy[top]:.3f} eV forward, {energy[top] - energy[-1]:.3f} eV back",
        (path[top], energy[top]),
        xytext=(0, 10),
        textcoords="offset points",
        ha="center",
        fontsize=8,
    )
    axes.set(
        xlabel="path of the ion (Å)", ylabel="energy (eV)", title="Ti$_2$CO$_2$ / " + table.settings.get("layer", "")
    )
    axes.margins(y=0.2)
