# SPDX-License-Identifier: GPL-2.0-only
"""Energy along the path of a nudged elastic band."""

import textwrap

import numpy as np

from . import style

NAME = "NEB profile"
EVEN = 0.005  # eV; an end that much above its neighbor is no minimum of the band


def recognizes(table):
    return table.kind == "NEB profile"


def settings(table):
    """Return the settings; the hop of a table that does not name it is that of its file's name."""
    named = [hop for hop in ("short", "long") if hop in table.path.name]
    return {**({"hop": named[0]} if named else {}), **style.told(table.settings)}


def profile(table):
    """Return (path of the ion, energy above the first replica) in Angstrom and eV, in order of the replicas."""
    data = table.data[np.argsort(table.data[:, 0])]
    steps = np.linalg.norm(np.diff(data[:, 1:4], axis=0), axis=1)
    return np.r_[0, np.cumsum(steps)], data[:, 4] - data[0, 4]


def doubts(table):
    """Return why the highest energy is no barrier, in words; none where nothing known speaks against it."""
    energy, known = profile(table)[1], style.told(table.settings)
    found = []
    force = f" (force {known['force']})" if "force" in known else ""
    if not known.get("converged", "yes").startswith("yes"):
        found.append("not converged" + force)
    for name, end, inner in (("beginning", energy[0], energy[1]), ("end", energy[-1], energy[-2])):
        if end > inner + EVEN:
            found.append(f"{name} no minimum ({end - inner:.2f} eV above the next image)")
    if "warning" in known and not found:  # an end that is not at rest, or layers that changed
        found.append("see the warning")
    return found


def said(table):
    """Return the result in words: a barrier, or the highest energy and why it is none."""
    energy, found = profile(table)[1], doubts(table)
    highest = f"highest {energy.max():.3f} eV above the beginning; "
    if found:
        return f"{highest}no barrier: {', '.join(found)}"
    if "converged" not in style.told(table.settings):
        return f"{highest}whether the band has converged is not known"
    return f"barrier {energy.max():.3f} eV forward, {energy.max() - energy[-1]:.3f} eV back"


def end(table):
    """Return the name of the band's end, as the table has it."""
    return style.told(table.settings).get("site", "end")


def draw(table, figure):
    from scipy.interpolate import PchipInterpolator

    axes = figure.subplots()
    path, energy = profile(table)
    fine = np.linspace(0, path[-1], 300)
    axes.plot(fine, PchipInterpolator(path, energy)(fine), color=style.SKY)
    axes.plot(path, energy, "o", ms=5, color=style.BLUE)
    text = "\n".join(textwrap.fill(part, 70) for part in said(table).split("; "))
    axes.set(xlabel="path of the ion (Å)", ylabel="energy (eV)")
    axes.set_title(f"{text}\n{end(table)}: {energy[-1]:+.3f} eV", fontsize=8)
    axes.margins(y=0.15)
