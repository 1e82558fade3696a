# SPDX-License-Identifier: GPL-2.0-only
"""What the decks of this folder are compared with: quantity, published number, ours, why they differ.

Published: Ti2CO2/graphene with MACE-OMAT-0 and D3; phonons, bonds and thickness by PBE."""

import re

import numpy as np
from compare import of
from natrolite.plots import adhesion, neb, spacing, trajectory

TITLE = "Ti<sub>2</sub>CO<sub>2</sub> / graphene"
LAYERS = ("G", "GO", "GOH")
GALLERY = (
    "the published OMAT-0 keeps the layers 0.9 A farther apart than PBE with D3 does (3.11 A); a potential that "
    "follows PBE has the smaller spacing"
)
TIME = "a matter of chance in runs shorter than the published 100 ps, and of the wider gallery of OMAT-0"


@of("relax.table")
def length(table, column):
    return f"{table.column(column)[table.data[:, 0] == 1][0]:.3f}"


@of("relax.table")
def relaxed_spacing(table, system):
    rows = table.data[:, 0] == system
    return f"{table.column('spacing')[rows][0]:.2f}" if rows.any() else None


@of("phonon-{0}.dynmat.bands")
def modes(table, _):
    return f"{table.data[:, 4:].max():.1f}, lowest {round(table.data[:, 4:].min(), 2) + 0.0:.2f}"


@of("adhesion-{0}.table")
def strongest(table, _):
    (x1, y1), (x2, y2) = (adhesion.maximum(table.data[:, 0], table.data[:, column]) for column in (2, 3))
    return f"{y2:.2f} at {x2:.2f} (common cell: {y1:.2f} at {x1:.2f})"


@of("spacing-G-{0}.gap")
def mean_spacing(table, _):
    value, error = spacing.mean(table.data[:, 2])
    return f"{value:.3f} ± {error:.3f} ({table.data[-1, 1]:.3g} ps)"


@of("na1-{0}.ions")
def hops(table, _):
    length = float(table.settings["interval"].split()[0]) * (float(table.settings["samples"]) - 1)
    return f"{table.column('hops')[0]:.0f}, farthest {table.column('largest')[0]:.2f} A ({length:.3g} ps)"


@of("na8-{0}.dump")
def movers(table, _):
    times, elements, positions, _, h = trajectory.read(table)
    far = np.linalg.norm(trajectory.displacements(elements, positions, h), axis=2).max(0)
    return f"{(far > trajectory.FAR).sum()} of {len(far)}, farthest {far.max():.2f} A ({times[-1]:.3g} ps)"


@of("map{0}-{1}.node", "map{0}-{1}.kernel")
def range_of_map(node, kernel, *_):
    ranges = [f"{t.data[:, 2].min():.2f}-{t.data[:, 2].max():.2f}" for t in (node, kernel)]
    return f"{ranges[0]} (kernel {ranges[1]})"


@of("ocv-{0}-{1}.voltages")
def voltages(table, *_):
    n, hull = table.data[1:, 0], table.data[1:, 5]
    return (
        f"hull {hull[0]:.2f} V at n = {n[0]:.0f} to {hull[-1]:.2f} V at n = {n[-1]:.0f}, {table.data[-1, 7]:.0f} mAh/g"
    )


@of("neb-{0}-short.table")
def barrier(table, _):
    _, energy = neb.profile(table)
    return f"{energy.max():.3f} eV, site above Ti {energy[-1]:+.3f} eV"


def entries():
    """Yield (quantity, published, function of a folder that gives ours or None, why they differ)."""
    bond = "PBE; without D3"
    for name, value in (("thickness", "4.46"), ("Ti-C", "2.187"), ("Ti-O", "1.976"), ("Ti-Ti", "3.030")):
        yield f"Ti2CO2, {name} (A)", value, length(name), bond
    for system, layer, value in ((5, "G", "PBE with D3: 3.11"), (6, "GO", ""), (7, "GOH", "")):
        yield f"relaxed spacing, M/{layer} (A)", value, relaxed_spacing(system), GALLERY
    for name, words, value in (("M", "Ti2CO2", "21-22"), ("G", "graphene", "47-48")):
        yield (
            f"{words}, highest phonon (THz)",
            f"{value}, none imaginary",
            modes(name),
            "PBE; a slightly negative value next to the zone center is the interpolation of the finite box",
        )
    for layer, value in (("G", "1.79 at 3.96"), ("GO", "1.61 at 3.99"), ("GOH", "2.47 at 3.89")):
        yield f"strongest adhesion, M/{layer} (eV/nm2 at A), parts in own cells", value, strongest(layer), GALLERY
    for mode, value in (("free", "3.96"), ("layer", "4.03"), ("pinned", "4.04")):
        yield f"M/G at 300 K, momenta {mode}: spacing (A)", value, mean_spacing(mode), GALLERY
    for layer, value in (("G", "none"), ("GO", "a/sqrt 3 and a"), ("GOH", "none")):
        yield f"one Na in M/{layer}: hops", value, hops(layer), TIME
    for layer, value in (("G", "8"), ("GO", "3"), ("GOH", "7")):
        yield f"eight Na in M/{layer}: moved farther than 3 A", f"{value} of 8", movers(layer), TIME
    published = {1: ("3.98-4.20", "3.76-4.33", "3.68-4.32"), 8: ("4.38-4.50", "4.25-4.72", "4.51-4.96")}
    for count, values in published.items():
        for layer, value in zip(LAYERS, values):
            yield (
                f"{count} Na in M/{layer}: map of the spacing (A)",
                value,
                range_of_map(count, layer),
                "ours has the published recipe first, which jumps where a window holds no atom",
            )
    for layer in LAYERS:
        for host in ("relaxed", "frozen"):
            yield f"M/{layer}, host {host}: voltage", "in a notebook only", voltages(layer, host), ""
    for layer in LAYERS:
        yield f"hop of Na in M/{layer} (NEB)", "suggested, not done", barrier(layer), ""


def after(folder, natrolite):
    """Compute what has to be computed from the decks' output before tables are drawn. natrolite: runs the command."""
    for name in ("M", "G"):
        data, matrix = folder / f"phonon-{name}.data", folder / f"phonon-{name}.dynmat"
        if data.is_file() and matrix.is_file():
            natrolite("phonon", matrix, "--data", data, "--repeat", *repeat(data, 3.03 if name == "M" else 2.464))


def repeat(data, edge):
    """How many cells of about that edge (A) the box of a data file has along a, b and c."""
    low, high = re.search(r"(\S+) (\S+) xlo xhi", data.read_text()).groups()
    count = round((float(high) - float(low)) / edge)
    return count, count, 1
