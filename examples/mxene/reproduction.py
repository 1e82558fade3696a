# SPDX-License-Identifier: GPL-2.0-only
"""What the decks of this folder are compared with: quantity, published number, ours, why they differ.

Published: Ti2CO2/graphene with MACE-OMAT-0 and D3; phonons, bonds and thickness by PBE."""

import re

import numpy as np
from compare import of
from natrolite.plots import adhesion, neb, spacing, style, trajectory, voltage

TITLE = "Ti<sub>2</sub>CO<sub>2</sub> / graphene"
LAYERS = ("G", "GO", "GOH")
LONG = 100  # ps, of the published runs
GALLERY = (
    "the published OMAT-0 keeps the layers 0.9 A farther apart than PBE with D3 does (3.11 A); a potential that "
    "follows PBE has the smaller spacing"
)
CHANCE = "which ions hop in one run is a matter of chance, and the published gallery of OMAT-0 is wider"
CREEP = "no mean of a run that still drifts"
LAYER = "; without its momentum a layer creeps, the slower the shorter the time step"
BOND = "published: PBE without D3"
FOLDED = "a slightly negative value next to the zone center is the interpolation of the finite box"
SHORT = "ours is of size {}, with fewer steps than full"


@of("relax.table")
def length(table, column):
    return table.column(column)[table.data[:, 0] == 1][0]


@of("relax.table")
def relaxed_spacing(table, system):
    rows = table.data[:, 0] == system
    return table.column("spacing")[rows][0] if rows.any() else None


@of("relax.table")
def changed(table, system):
    """Return the warnings about a system."""
    return [words for words in table.settings.get("warning", "").split("; ") if words.startswith(f"system {system} ")]


@of("phonon-{0}.dynmat.bands")
def modes(table, _):
    return round(table.data[:, 4:].max(), 1), round(table.data[:, 4:].min(), 2) + 0.0


@of("adhesion-{0}.table")
def strongest(table, _):
    common, own = (adhesion.strongest(table, column) for column in (2, 3))
    if own is None:
        return adhesion.said(own)
    text = f"{adhesion.said(own)} (common cell: {adhesion.said(common)})"
    others = [
        f"{y:.2f} at {x:.2f}" for x, y in adhesion.hills(table.data[:, 0], table.data[:, 3]) if abs(x - own[0]) > 0.2
    ]
    loose = adhesion.unrelaxed(table, table.data).sum()
    text += f"; further maxima {', '.join(others)}" if others else ""
    return text + (f"; {loose} of {len(table.data)} distances not relaxed to the limit" if loose else "")


@of("adhesion-{0}.table")
def distance(table, _):
    best = adhesion.strongest(table, 3)
    return best and best[0]


@of("spacing-G-{0}.gap")
def mean_spacing(table, _):
    time = table.data[:, 1]
    return f"{spacing.said(table.data[:, 2])} ({time[0]:.3g} to {time[-1]:.3g} ps)"


@of("spacing-G-{0}.gap")
def value_of_spacing(table, _):
    """Return the mean, nan of a run that drifts."""
    return np.nan if spacing.trend(table.data[:, 2])[2] else table.data[:, 2].mean()


def ps(table):
    """Return the length of a run from the header of fix ion/transport."""
    return table.number("interval") * (table.number("samples") - 1)


@of("na1-{0}.ions", also=["na1-{0}.gap"])
def hops(table, _):
    return f"{table.column('hops')[0]:.0f}, farthest {table.column('largest')[0]:.2f} A ({ps(table):.3g} ps)"


@of("na8-{0}.dump", also=["na8-{0}.ions", "na8-{0}.gap"])
def movers(table, _):
    times, elements, positions, _, h = trajectory.read(table)
    far = np.linalg.norm(trajectory.displacements(elements, positions, h)[:, :, :2], axis=2).max(0)
    return f"{(far > trajectory.FAR).sum()} of {len(far)}, farthest {far.max():.2f} A ({times[-1]:.3g} ps)"


@of("na1-{0}.ions")
def counted_hops(table, _):
    return table.column("hops")[0], ps(table)


@of("na8-{0}.ions")
def counted_movers(table, _):
    return (table.column("largest") > trajectory.FAR).sum(), ps(table)


@of("map{0}-{1}.node", "map{0}-{1}.kernel", also=["map{0}-{1}.gap", "na{0}-{1}.gap"])
def range_of_map(node, kernel, *_):
    texts = []
    for gap in (node.data[:, 2], kernel.data[:, 2]):
        gap = gap[np.isfinite(gap)]
        texts.append(f"{gap.min():.2f}-{gap.max():.2f}" if gap.size else "empty")
    frame = style.frame(kernel.settings)
    return f"published recipe {texts[0]}, kernel {texts[1]}" + (f", {frame}" if frame else "")


@of("map{0}-{1}.kernel")
def mean_of_map(kernel, *_):
    return kernel.data[:, 2].mean()


@of("ocv-{0}-{1}.voltages", also=["ocv-{0}-{1}.energies"])
def voltages(table, *_):
    n, hull = table.data[1:, 0], table.data[1:, 5]
    capacity, plating = voltage.usable(table)
    text = f"hull {hull[0]:.2f} V at n = {n[0]:.0f} to {hull[-1]:.2f} V at n = {n[-1]:.0f}, "
    return text + f"{capacity:.0f} mAh/g down to 0 V" + (", plating below 0 V" if plating else "")


@of("neb-{0}-short.table")
def barrier(table, _):
    return f"{neb.said(table)}; {neb.end(table)} {neb.profile(table)[1][-1]:+.3f} eV"


def text(value, form):
    """Make a function of a folder that returns a number as text, None without one."""

    def ours(folder):
        found = value(folder)
        return None if found is None else form.format(*np.atleast_1d(found))

    return ours


def at_rest(system):
    """Make a function of a folder that returns the spacing of a system as text, and the warnings about it."""

    def ours(folder):
        found = text(relaxed_spacing(system), "{:.2f}")(folder)
        return found and "; warning: ".join([found, *changed(system)(folder)])

    return ours


@of("{0}")
def size(table, _):
    return (style.told(table.settings).get("size"),)


def because(file, why):
    """Make a function of a folder that returns why a number differs; the size of the run where this is not full."""

    def reason(folder):
        (known,) = size(file)(folder) or (None,)
        said = [why(folder), SHORT.format(known) if known in ("test", "small") else ""]
        return "; ".join(part for part in said if part)

    return reason


def nearer(value, published):
    """Return a reason: layers that are nearer to each other than published."""

    def why(folder):
        ours = value(folder)
        return GALLERY if ours is not None and ours < published - 0.1 else ""

    return why


def other(value, published, why, by):
    """Return a reason that holds where the number differs by more than by."""

    def reason(folder):
        ours = value(folder)
        return why if ours is not None and abs(ours - published) > by else ""

    return reason


def imaginary(value, low, high):
    def why(folder):
        top, lowest = value(folder) or (low, 0)
        said = ["" if low <= top <= high else "published: PBE", FOLDED if lowest < 0 else ""]
        return "; ".join(part for part in said if part)

    return why


def drifting(mode, published):
    def why(folder):
        ours = value_of_spacing(mode)(folder)
        if ours is not None and np.isnan(ours):
            return CREEP + (LAYER if mode == "layer" else "")
        return nearer(value_of_spacing(mode), published)(folder)

    return why


def chance(counted, published):
    """Return a reason: another number of hops or movers than published, and the length of a run that is shorter."""

    def why(folder):
        ours, time = counted(folder) or (published, LONG)
        if ours == published:
            return ""
        return (f"a run of {time:.3g} ps, published {LONG} ps; " if time < 0.99 * LONG else "") + CHANCE

    return why


def rest_entries():
    """Yield the rows of structures at rest."""
    for name, value in (("thickness", 4.46), ("Ti-C", 2.187), ("Ti-O", 1.976), ("Ti-Ti", 3.030)):
        why = because("relax.table", other(length(name), value, BOND, 0.01))
        yield f"Ti2CO2, {name} (A)", f"{value:.{2 + (value < 4)}f}", text(length(name), "{:.3f}"), why
    for system, layer in zip((5, 6, 7), LAYERS):
        ours, known = relaxed_spacing(system), layer == "G"
        why = because("relax.table", other(ours, 3.11, "another potential than PBE", 0.03 if known else np.inf))
        yield f"relaxed spacing, M/{layer} (A)", "PBE with D3: 3.11" if known else "", at_rest(system), why
    for name, words, low, high in (("M", "Ti2CO2", 21, 22), ("G", "graphene", 47, 48)):
        yield (
            f"{words}, highest phonon (THz)",
            f"{low}-{high}, none imaginary",
            text(modes(name), "{:.1f}, lowest {:.2f}"),
            imaginary(modes(name), low, high),
        )
    for layer, value, at in (("G", 1.79, 3.96), ("GO", 1.61, 3.99), ("GOH", 2.47, 3.89)):
        yield (
            f"strongest adhesion, M/{layer} (eV/nm2 at A), parts in own cells",
            f"{value} at {at}",
            strongest(layer),
            because(f"adhesion-{layer}.table", nearer(distance(layer), at)),
        )


def entries():
    """Yield (quantity, published, function of a folder that gives ours or None, why they differ).

    Why is a function of a folder as well: a reason holds where the numbers differ, and follows from the run."""
    yield from rest_entries()
    for mode, value in (("free", "3.96"), ("layer", "4.03"), ("pinned", "4.04")):
        why = because(f"spacing-G-{mode}.gap", drifting(mode, float(value)))
        yield f"M/G at 300 K, momenta {mode}: spacing (A)", value, mean_spacing(mode), why
    for layer, value, count in (("G", "none", 0), ("GO", "a/sqrt 3 and a", 2), ("GOH", "none", 0)):
        yield f"one Na in M/{layer}: hops", value, hops(layer), chance(counted_hops(layer), count)
    for layer, count in (("G", 8), ("GO", 3), ("GOH", 7)):
        why = chance(counted_movers(layer), count)
        yield f"eight Na in M/{layer}: moved farther than 3 A", f"{count} of 8", movers(layer), why
    published = {1: ("3.98-4.20", "3.76-4.33", "3.68-4.32"), 8: ("4.38-4.50", "4.25-4.72", "4.51-4.96")}
    for count, values in published.items():
        for layer, value in zip(LAYERS, values):
            middle = sum(float(end) for end in value.split("-")) / 2
            why = nearer(mean_of_map(count, layer), middle)
            yield f"{count} Na in M/{layer}: map of the spacing (A)", value, range_of_map(count, layer), why
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
