# SPDX-License-Identifier: GPL-2.0-only
"""What the decks of this folder are compared with: quantity, published, ours, why they differ.

Published: sodium in disordered carbon with Allegro, 18 systems in cubes of 20 A. Its text has no numbers, so trends are
compared. Numbers for the carbon without sodium are from elsewhere; each names its source, and whether that was read."""

import pathlib
import re
import sys

import numpy as np
from compare import found, of
from natrolite.errors import NatroliteError
from natrolite.modes import systems
from natrolite.modes.populations import correlation
from natrolite.plots.spacing import mean
from natrolite.plots.table import Table

TITLE = "Na in disordered carbon"
BOND = 1.85  # A, as in settings.lmp
DENSITIES = ("1.5", "2.0", "2.5", "3.0")  # g/cm3
GALLI = "Galli et al., PRL 62, 555 (1989): 54 atoms, LDA; quoted from memory"
MCCULLOCH = "McCulloch et al., PRB 61, 2349 (2000): 125 atoms, LDA; from its abstract"
MARKS = "Marks et al., PRL 76, 768 (1996): 64 atoms at 2.9 g/cm3, LDA; quoted from memory"
QUENCH = (
    "small cells and fast quenches keep more sp and more strained bonds; ours are means over the annealing at "
    "1000 K with bonds up to 1.85 A, the others are of cold structures"
)
NO_NUMBER = "the published text has no number"
FEW = "r with fewer than 4 points says little, nor does a run too short for ions to leave their sites"
MADE = "D is one of the features that the modes are made of; log D, log tortuosity"
FAST = "modes are numbered by their mean log D; both readings: for each loading, and over all systems"


def runs(folder, kind, ending):
    """Return [(density, ..., path)] of the files KIND-DENSITY-...ENDING, sorted by the numbers in their names."""
    pattern = re.compile(rf"{kind}-([\d.]+?)(?:-([\d.]+?))?{re.escape(ending)}")
    matches = [(pattern.fullmatch(path.name), path) for path in folder.glob(f"{kind}-*{ending}")]
    return sorted((*(float(word) for word in match.groups() if word), path) for match, path in matches if match)


def related(x, y):
    """Return Pearson's r of y with x as text, with its 95 % confidence interval and p."""
    r, p, low, high = correlation(np.asarray(x, float), np.asarray(y, float))
    if np.isnan(r):
        return f"no r with {len(x)} point{'s' * (len(x) != 1)}"
    return f"r = {r:+.2f}{span(low, high)}, p = {p:.2g} ({len(x)} points)"


def span(low, high):
    return f" ({low:+.2f} to {high:+.2f})" if low == low else ""


def trend(points, form):
    """Return the values (x, y) as text, and how y goes with x; None without any."""
    if not points:
        return None
    return ", ".join(f"{form.format(y)} ({x:g})" for x, y in points) + "; " + related(*zip(*points))


# ---- carbon


def annealed(table, column):
    """Return the column of in.quench's table while the carbon was annealed."""
    time = table.column("time")
    length = float(re.search(r"then (\S+) ps", table.settings["settings"]).group(1))
    return table.column(column)[time > time[-1] - length]


@of("carbon-{0}.table")
def hybrids(table, _):
    parts = []
    for name in ("sp2", "sp3"):
        value, error = mean(100 * annealed(table, name))
        parts.append(f"{name} {value:.0f}" + (f" ± {error:.0f}" if error == error else ""))
    return ", ".join(parts)


def over_density(column, factor, form):
    def ours(folder):
        tables = [(density, found(folder, path.name)) for density, path in runs(folder, "carbon", ".table")]
        return trend([(d, factor * annealed(table, column).mean()) for d, table in tables if table is not None], form)

    return ours


def summit(x, y):
    """Return where a curve is highest: the vertex of the parabola through the three highest neighbors."""
    k = int(np.argmax(y))
    if k in (0, len(y) - 1):
        return x[k]
    left, here, right = y[k - 1 : k + 2]
    return x[k] + 0.5 * (x[1] - x[0]) * (left - right) / (left - 2 * here + right)


@of("validate-{0}-{1}.rdf")
def bond_peak(table, *_):
    r, g, running = table.data.T
    near = r < 2.0
    return f"{summit(r[near], g[near]):.3f} A, {running[r <= BOND][-1]:.2f} neighbors"


def vibrations(folder):
    """Return the highest peak above 30 THz and where the vibrations end, of every density and temperature."""
    parts = []
    for density, temperature, path in runs(folder, "validate", ".dump.vdos"):
        frequency, total = Table(path).data[:, :2].T
        first = int(np.searchsorted(frequency, 30.0))
        k = first + int(np.argmax(total[first:]))
        peak = f"{summit(frequency[k - 1 : k + 2], total[k - 1 : k + 2]):.1f}" if total[k] > total[k - 1] else "none"
        end = frequency[np.searchsorted(np.cumsum(total) / total.sum(), 0.99)]
        parts.append(f"{peak}, 99 % below {end:.1f} ({density:g} g/cm3, {temperature:g} K)")
    return "; ".join(parts) or None


# ---- sodium


def diffusion(loading):
    def ours(folder):
        points = []
        for density, own, path in runs(folder, "sodium", ".msd"):
            d = Table(path).settings.get("D", "").rpartition("=")[2].split()
            if own == loading and d and float(d[0]) > 0:
                points.append((density, np.log10(float(d[0]))))
        return trend(points, "{:.2f}")

    return ours


def ions(folder):
    """Return the ions of all systems with what they are compared by, None where there are none."""
    paths = [path for *_, path in runs(folder, "sodium", ".ions")]
    try:
        return systems.read(paths, ["tortuosity", "volume", "ion_ion"]) if paths else None
    except NatroliteError as error:
        print(f"reproduction.py: {error}", file=sys.stderr)
        return None


def with_mobility(name):
    """How log D goes with a feature: over all ions, and over the modes."""

    def ours(folder):
        every, centers = ions(folder), found(folder, "modes/centers.dat")
        parts = []
        if every is not None:
            parts.append("ions: " + related(every.log_d, every.features[:, every.names.index(name)]))
        if centers is not None:
            log_d, z = centers.column("mean_log10_D"), centers.column(f"z_{'log10_' * (name == 'tortuosity')}{name}")
            parts.append(f"modes: {related(log_d, z)}, fastest at z = {z[-1]:+.2f}")
        return "; ".join(parts) or None

    return ours


@of("modes/shap.dat")
def leading(table):
    names = [name.removeprefix("log10_") for name in table.columns[1:]]
    weights = table.data[:, 1:].sum(0)
    return ", ".join(f"{names[k]} {weights[k]:.2f}" for k in np.argsort(-weights))


@of("modes/pearson.dat")
def fastest(table):
    """Pearson's r of the fastest mode's share with density: for each loading, then over all systems."""
    parts = []
    for loading, mode, count, r, p, low, high, _ in table.data:
        if mode == table.column("mode").max():
            which = "all" if np.isnan(loading) else f"{loading:g} %"
            known = f"r = {r:+.2f}{span(low, high)}, p = {p:.2g}"
            parts.append(f"{which}: " + (known if r == r else f"no r with {count:.0f} points"))
    return "; ".join(parts)


@of("modes/centers.dat")
def quality(table):
    count, silhouette, accuracy = (table.settings[key] for key in ("modes", "silhouette", "accuracy"))
    return f"{count}, silhouette {silhouette}, accuracy {accuracy}"


@of("sodium-{0}-{1}.grid.levels")
def percolating(table, *_):
    """Up to which density of sodium its space percolates along each axis, and with which share of the ions."""
    parts = []
    for axis, column in zip("abc", table.data[:, 4:].T):
        rows = table.data[column > 0]
        share = f"up to {rows[-1, 0]:.3g}/A^3 ({100 * rows[-1, 2]:.0f} % of the ions)" if len(rows) else "not"
        parts.append(f"{axis} {share}")
    return ", ".join(parts)


def percolating_axes(folder):
    """Along how many axes the space of half of the ions percolates, in every system."""
    parts = []
    for density, loading, path in runs(folder, "sodium", ".grid.levels"):
        data = Table(path).data
        half = data[np.argmin(np.abs(data[:, 2] - 0.5))]
        parts.append(f"{half[4:].sum():.0f} ({density:g}, {loading:g} %)")
    return ", ".join(parts) or None


def shells(kind):
    def ours(folder):
        parts = []
        for density, loading, path in runs(folder, "sodium", f".{kind}.rdf"):
            r, g, _ = Table(path).data.T
            parts.append(f"{summit(r, g):.2f} ({density:g}, {loading:g} %)")
        return ", ".join(parts) or None

    return ours


def entries():
    """Yield (quantity, published, function of a folder that gives ours or None, why they differ)."""
    yield from entries_of_carbon()
    for loading in (25, 50, 100):
        yield f"log10 D of Na (cm2/s) against density, {loading} %", "", diffusion(loading), NO_NUMBER + "; " + FEW
    for name, words, value in (
        ("tortuosity", "log tortuosity", "negative: fast ions have small tortuosity"),
        ("volume", "accessible volume", "positive: fast ions have a large volume"),
        ("ion_ion", "Na-Na coordination", "one of the two leading features"),
    ):
        yield f"log D with {words}", value, with_mobility(name), FEW
    yield "modes", "8", quality(), MADE
    yield "what tells modes apart (SHAP, log-odds)", "tortuosity and Na-Na coordination lead", leading(), MADE
    yield "share of the fastest mode with density", "in a figure only", fastest(), FAST
    for density, loading in (("1.7", "100"), ("2.5", "25")):
        yield (
            f"percolation of the sodium's space at {density} g/cm3, {loading} %",
            "isosurface in a figure only",
            percolating(density, loading),
            "the published level is not known",
        )
    yield "axes along which the space of half of the ions percolates", "", percolating_axes, NO_NUMBER
    for kind, words in (("NaNa", "Na-Na"), ("NaC", "Na-C")):
        yield f"highest peak of g(r), {words} (A)", "", shells(kind), NO_NUMBER


def entries_of_carbon():
    cold = {"2.0": f"sp2 85, sp3 15 ({GALLI})", "3.0": f"sp3 65 ({MARKS})"}
    for density in DENSITIES:
        words = f"carbon of {density} g/cm3: atoms with three and four bonds (%)"
        yield words, cold.get(density, ""), hybrids(density), QUENCH
    linear = f"falls linearly from 2.0 to 3.2 g/cm3 ({MCCULLOCH})"
    for column, words, value in (("sp2", "three", linear), ("sp3", "four", "rises")):
        yield f"atoms with {words} bonds (%) against density", value, over_density(column, 100, "{:.0f}"), QUENCH
    yield "C-C coordination against density", "rises slightly", over_density("bonds", 1, "{:.2f}"), QUENCH
    films = {
        "2.0": "1.46 A, 3.34 neighbors (film; Li and Lannin, PRL 65, 1905 (1990); quoted from memory)",
        "3.0": "1.53 A (film of ta-C; Gaskell et al., PRL 67, 1286 (1991); quoted from memory)",
    }
    for density in DENSITIES:
        for temperature in (800, 1200):
            yield (
                f"carbon of {density} g/cm3 at {temperature} K: first peak of g(r)",
                films.get(density, ""),
                bond_peak(density, temperature),
                "films at room temperature; neighbors: up to 1.85 A",
            )
    lines = "Raman lines: graphite 47.4 (1580 cm-1), diamond 39.9 (1332 cm-1); quoted from memory"
    yield (
        "vibrations: highest peak above 30 THz (THz)",
        lines,
        vibrations,
        NO_NUMBER + "; a short run resolves no more than the width that its table names",
    )


def after(folder, natrolite):
    """Levels of grids, vibrations and modes, unless they are there. natrolite: runs the command."""
    for *_, grid in runs(folder, "sodium", ".grid"):
        if older(f"{grid}.levels", [grid]):
            natrolite("grid", grid)
    for *_, dump in runs(folder, "validate", ".dump"):
        if older(f"{dump}.vdos", [dump]):
            with dump.open() as lines:
                length = 0.005 * sum(line.startswith("ITEM: TIMESTEP") for line in lines)  # ps
            natrolite("vdos", dump, "--resolution", f"{max(1.0, 2.0 / length):.3g}")
    tables = [path for *_, path in runs(folder, "sodium", ".ions")]
    if len(tables) < 2:
        print("reproduction.py: no diffusion modes, they need more than one system", file=sys.stderr)
    elif older(folder / "modes/report.html", tables):
        natrolite("modes", *tables, "-o", folder / "modes")


def older(name, sources):
    """Whether a file is not there, or older than what it is made of."""
    path = pathlib.Path(name)
    return not path.is_file() or path.stat().st_mtime < max(source.stat().st_mtime for source in sources)
