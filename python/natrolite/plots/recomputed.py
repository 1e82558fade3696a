# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots of a run beside DFT: energies over the content, forces and charges as parity plots."""

import numpy as np

from . import style

NAME = "snapshots beside DFT"
ELEMENTS = {1: ("H", style.SKY), 6: ("C", style.GRAY), 7: ("N", style.BLUE), 11: ("Na", style.ORANGE)}


def recognizes(table):
    return table.kind == NAME


def errors(table):
    """Return the root mean squares of the errors of energies (meV/atom), force components (eV/A) and charges (e)."""
    once = np.unique(table.data[:, [0, 1, 4]], axis=0)[:, 2]
    pairs = [(table.column(f"{name} by DFT"), table.column(name)) for name in ("fx", "fy", "fz", "charge")]
    *forces, charges = (ours - dft for dft, ours in pairs)
    return tuple(float(np.sqrt(np.mean(np.square(values)))) for values in (once, forces, charges))


def draw(table, figure):
    energy, force, charge = errors(table)
    known = np.isfinite(charge)
    figure.set_size_inches(10 if known else 7, 3.9)
    first, *places = figure.subplots(1, 2 + known)
    first.axhline(0, color="0.7", lw=0.8, zorder=0)
    first.plot(table.column("x"), table.column("energy error"), "o", ms=4, color=style.BLUE)
    first.set(xlabel="Na per aminobenzene x", ylabel="energy − that of DFT (meV/atom)")
    first.set_title(f"energies: {energy:.1f} meV/atom", fontsize=9)
    parity(places[0], table, ["fx", "fy", "fz"], "force (eV/Å)", f"forces: {1000 * force:.0f} meV/Å")
    if known:
        parity(places[1], table, ["charge"], "charge (e)", f"charges: {charge:.3f} e")
    style.legend(figure, ncols=8, handles=places[0].get_legend_handles_labels()[0], markerscale=3)


def parity(place, table, names, label, title):
    """Draw columns against those by DFT, in a color for each element."""
    number = table.column("atomic number").astype(int)
    for z in np.unique(number):
        pairs = [(table.column(f"{name} by DFT")[number == z], table.column(name)[number == z]) for name in names]
        dft, ours = np.concatenate(pairs, axis=1)
        symbol, color = ELEMENTS.get(z, (f"element {z}", style.BLACK))
        place.plot(dft, ours, ".", ms=3, color=color, label=symbol, rasterized=True)
    limits = [min(place.get_xlim()[0], place.get_ylim()[0]), max(place.get_xlim()[1], place.get_ylim()[1])]
    place.plot(limits, limits, color="0.7", lw=0.8, zorder=0)
    place.set(xlim=limits, ylim=limits, aspect="equal", xlabel=f"{label}, DFT", ylabel=f"{label}, potential")
    place.set_title(title, fontsize=9)
