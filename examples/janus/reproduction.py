# SPDX-License-Identifier: GPL-2.0-only
"""What the decks of this folder are compared with: quantity, published number, ours, why they differ.

Published: Janus aminobenzene-graphene with SpookyNet trained on FHI-aims (PBE with MBD), 300 K, 4 layers, 5 ns."""

import sys

import numpy as np
from compare import found, of
from natrolite.plots import recomputed

TITLE = "Na in Janus aminobenzene-graphene"
DFT = "the published potential was trained on PBE with many-body dispersion, ours on PBE with D3 and another basis set"
TIME = "5 ns of a larger stack; short runs start at the gap of 9.5 A and may not have closed it"
GROUPS = "another definition of charge or of the atoms it is a mean of would shift it"


@of("janus.table")
def over(table, column, low, high, form="{:.2f}"):
    """Return the column at every content from low to high."""
    if column not in table.columns:
        return None
    x, values = table.column("x"), table.column(column)
    errors = table.column(f"{column} error") if f"{column} error" in table.columns else np.full(len(x), np.nan)
    rows = (x >= low) & (x <= high) & ~np.isnan(values)
    text = [
        form.format(v) + (" ± " + form.format(e) if e == e else "") + f" (x = {n:g})"
        for n, v, e in zip(x[rows], values[rows], errors[rows])
    ]
    return ", ".join(text) or None


def voltages(folder):
    table = found(folder, "md.voltages")
    groups = found(folder, "build.table")
    if table is None:
        return None
    per = f", {table.data[-1, 7]:.0f} mAh/g"
    if groups is not None:
        n = table.data[1:, 0] / float(groups.settings["aminobenzene"])
        per = f" (x = {n[0]:g} to {n[-1]:g})" + per
    return ", ".join(f"{v:.2f} ± {e:.2f}" for v, e in table.data[1:, 5:7]) + per


@of("build.table")
def capacity(table):
    return f"{table.column('capacity')[-1]:.0f} at x = {table.column('x')[-1]:g}"


@of("recomputed.table")
def beside_dft(table):
    energy, force, charge = recomputed.errors(table)
    known = f", {charge:.3f} e" if np.isfinite(charge) else ""
    count = len(np.unique(table.data[:, :2], axis=0))
    return f"{energy:.1f} meV/atom, {1000 * force:.0f} meV/A{known} (rms, {count} frames)"


def entries():
    """Yield (quantity, published, function of a folder that gives ours or None, why they differ)."""
    yield "layer gap at x = 0 (A)", "9.5", over("spacing", 0, 0), TIME
    yield "layer gap for x of 1.5 and more (A)", "6.3", over("spacing", 1.5, 99), TIME
    yield "D for x up to 1.5 (cm2/s)", "3.5e-6", over("D", 0, 1.5, "{:.1e}"), TIME
    yield "D for x of 4 and more (cm2/s)", "5e-6", over("D", 4, 99, "{:.1e}"), TIME
    yield (
        "first peak of Na-N (A)",
        "2.5, then 4.0 and 7.0",
        over("Na-N peak", 0, 99),
        "ours is the highest peak; " + DFT,
    )
    yield "first peak of Na-Na (A)", "3.0, then 6.5", over("Na-Na peak", 0, 99), "ours is the highest peak; " + DFT
    yield "charge of Na (e), lowest to highest x", "0.5 to 0.17", over("charge sodium", 0, 99), GROUPS
    yield "voltage along the hull (V)", "up to 1.6 below x = 1.5, then 0.15", voltages, DFT
    yield "capacity (mAh/g)", "about 400", capacity(), "that of the largest x that was run"
    yield "frames beside DFT: energy, forces, charges", "-", beside_dft(), "made by recompute.py, which needs CP2K"


def after(folder, natrolite):
    """Means over the runs, and the files for DFT, from the decks' output. natrolite: runs the command."""
    sys.path.insert(0, str(__file__.rsplit("/", 1)[0]))
    import snapshots
    import summary

    for made in (summary.summarize, snapshots.convert):
        try:
            made(folder)
        except (ValueError, OSError, IndexError) as error:
            print(f"reproduction.py: {error}", file=sys.stderr)
