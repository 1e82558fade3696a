# SPDX-License-Identifier: GPL-2.0-only
"""The pictures of the modes: each a function draw_NAME(modes, figure), and the size of its figure in PICTURES."""

import numpy as np

from natrolite.plots import style

from .sankey import draw_sankey

SLOW_TO_FAST = "plasma"
GRAY = "#888888"


def colors(count):
    """Return one color for each mode, dark for the slowest."""
    from matplotlib import colormaps

    return colormaps[SLOW_TO_FAST](np.linspace(0.02, 0.92, count))


def mode_legend(modes, figure):
    """Draw a key of the modes with their mean D, below the axes."""
    from matplotlib.patches import Patch

    keys = [
        Patch(color=color, label=f"{k + 1}: $10^{{{d:.2f}}}$")
        for k, (color, d) in enumerate(zip(colors(modes.count), modes.log_d))
    ]
    title = "mode: geometric mean of D (cm²/s)"
    style.legend(figure, 8, handles=keys, title=title, title_fontsize=8, columnspacing=1.0, handlelength=1.0)


def draw_flows(modes, figure):
    """Which densities feed which modes, and at which loadings: every system has the same weight."""
    density = sorted({d for d, _ in modes.systems})
    loading = sorted({x for _, x in modes.systems})
    flows = np.zeros((len(density), modes.count, len(loading)))
    for (d, x), shares in zip(modes.systems, modes.fractions):
        flows[density.index(d), :, loading.index(x)] += shares
    draw_sankey(
        figure.subplots(),
        flows,
        colors(modes.count),
        (
            ("density (g/cm³)", plain(density)),
            ("mode, slow to fast", [str(k + 1) for k in range(modes.count)]),
            ("loading (%)", plain(loading)),
        ),
    )


def draw_pies(modes, figure):
    density = sorted({d for d, _ in modes.systems})
    loading = sorted({x for _, x in modes.systems}, reverse=True)
    grid = figure.subplots(len(loading), len(density), squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for system, shares in zip(modes.systems, modes.fractions):
        axes = grid[loading.index(system[1])][density.index(system[0])]
        axes.pie(
            shares,
            colors=colors(modes.count),
            startangle=90,
            counterclock=False,
            radius=1.15,
            wedgeprops={"linewidth": 0.6 * (shares.max() < 1), "edgecolor": "white"},
        )
        axes.text(0, -1.42, f"{modes.ions.of(system).sum()} ions", ha="center", va="center", fontsize=6.5, color=GRAY)
    for axes, d in zip(grid[0], plain(density)):
        axes.set_title(f"{d} g/cm³", fontsize=9, pad=8)
    for row, x in zip(grid, plain(loading)):
        row[0].text(-1.55, 0, f"{x} %", ha="right", va="center", fontsize=9, fontweight="bold")
    mode_legend(modes, figure)


def draw_radial(modes, figure):
    """Draw the center of every mode: bars outward from the mean of all ions (dashed) if above it, inward if below."""
    columns = min(4, modes.count)
    grid = figure.subplots(-(-modes.count // columns), columns, squeeze=False, subplot_kw={"projection": "polar"})
    reach = max(2.0, np.abs(modes.centers).max() * 1.05)
    around = np.arange(len(modes.ions.names)) * 2 * np.pi / len(modes.ions.names)
    fine = np.linspace(0, 2 * np.pi, 200)
    for axes in grid.flat[modes.count :]:
        axes.axis("off")
    for k, (axes, color) in enumerate(zip(grid.flat, colors(modes.count))):
        axes.bar(around, modes.centers[k], width=0.75 * around[1] if len(around) > 1 else 1, color=color, zorder=3)
        axes.plot(fine, 0 * fine, color=style.BLACK, lw=0.8, ls="--", zorder=4)
        axes.set_theta_offset(np.pi / 2)
        axes.set_theta_direction(-1)
        axes.set(ylim=(-reach, reach), xticks=around, yticks=[-reach / 2, reach / 2], yticklabels=[], xticklabels=[])
        axes.spines["polar"].set_color("#cccccc")
        axes.grid(color="#dddddd", lw=0.6)
        for angle, label in zip(around, modes.ions.labels):
            axes.text(
                angle,
                reach * (1.3 if np.cos(angle) > 0.9 else 1.15),
                wrapped(label),
                fontsize=7,
                va="center",
                ha="center" if abs(np.sin(angle)) < 0.1 else ("left" if np.sin(angle) > 0 else "right"),
            )
        axes.set_title(f"mode {k + 1}  ({modes.sizes[k]} ions)", fontsize=9, fontweight="bold", pad=24)


def plain(values):
    """Return the numbers as text with the same decimals: 1.5, 2.0."""
    return [f"{v:.{max(len(f'{v:g}'.partition('.')[2]) for v in values)}f}" for v in values]


def signed(value):
    return f"{value:.2f}".replace("-", "−")


def wrapped(label):
    return label.replace(" ", "\n", 1)


def draw_map(modes, figure):
    axes = figure.subplots()
    for k, color in enumerate(colors(modes.count)):
        places = modes.map[modes.labels == k + 1]
        axes.scatter(*places.T, s=12, color=color, alpha=0.65, lw=0)
    for k, color in enumerate(colors(modes.count)):
        center = modes.map[modes.labels == k + 1].mean(axis=0)
        axes.annotate(
            str(k + 1),
            center,
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold",
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": color, "linewidth": 1.5},
        )
    names = [
        f"discriminant {k + 1} ({100 * share:.0f} % of the variance between modes)"
        for k, share in enumerate(modes.shares)
    ]
    axes.set(xlabel=names[0], ylabel=names[1] if modes.shares[1] else "log$_{10}$ D (cm²/s)")
    mode_legend(modes, figure)


def draw_shap(modes, figure):
    axes = figure.subplots()
    order = np.argsort(modes.shap.sum(axis=0), kind="stable")
    left = np.zeros(len(order))
    for shap, color in zip(modes.shap[:, order], colors(modes.count)):
        axes.barh(np.arange(len(order)), shap, left=left, color=color, height=0.65)
        left += shap
    axes.set_yticks(np.arange(len(order)), [modes.ions.labels[k] for k in order])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("mean |SHAP value| (log-odds, summed over modes)")
    axes.set_title(f"accuracy in cross-validation: {100 * modes.accuracies.mean():.1f} %", fontsize=9, loc="left")
    mode_legend(modes, figure)


def draw_quadrants(modes, figure):
    """D against tortuosity and the coordination by other ions; the lines are medians."""
    names = [name for name in ("tortuosity", "ion_ion") if name in modes.ions.names]
    names = names or [name for name in modes.ions.names if name != "D_ratio"][:1]
    grid = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    tint = colors(modes.count)[modes.labels - 1]
    for axes, name in zip(grid, names):
        quadrant(modes, axes, modes.ions.names.index(name), tint)
    grid[0].set_ylabel("log$_{10}$ D (cm²/s)")
    mode_legend(modes, figure)


def quadrant(modes, axes, k, tint):
    from scipy.stats import spearmanr

    x, y = modes.ions.features[:, k], modes.ions.log_d
    mx, my = np.median(x), np.median(y)
    order = np.random.default_rng(0).permutation(len(x))  # no mode lies on top of the others
    axes.scatter(x[order], y[order], s=12, c=tint[order], alpha=0.65, lw=0)
    axes.axvline(mx, color=GRAY, lw=0.8, ls="--")
    axes.axhline(my, color=GRAY, lw=0.8, ls="--")
    for right in (False, True):
        for top in (False, True):
            share = np.mean(((x > mx) == right) & ((y > my) == top))
            axes.text(
                0.985 if right else 0.015,
                0.985 if top else 0.015,
                f"{100 * share:.0f} %",
                fontsize=9,
                transform=axes.transAxes,
                ha="right" if right else "left",
                va="top" if top else "bottom",
                fontweight="bold",
                color="#555555",
            )
    label = modes.ions.labels[k]
    axes.set_xlabel(f"log$_{{10}}$ {label}" if modes.ions.is_logarithm(modes.ions.names[k]) else label)
    axes.set_title(f"Spearman's ρ = {signed(spearmanr(x, y).statistic)}", fontsize=9)
    axes.margins(0.08)


def draw_correlations(modes, figure):
    """Pearson's r of a mode's share with density: a row for each loading, the last for all systems."""
    axes = figure.subplots()
    loadings = sorted({x for _, x in modes.systems})
    r = np.array([row[3] for row in modes.correlations]).reshape(-1, modes.count)
    p = np.array([row[7] for row in modes.correlations]).reshape(-1, modes.count)
    image = axes.imshow(r, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    for (i, k), value in np.ndenumerate(r):
        text = "–" if np.isnan(value) else signed(value) + ("*" if p[i, k] < 0.05 else "")
        axes.text(k, i, text, ha="center", va="center", fontsize=8, color="white" if abs(value) > 0.6 else "black")
    axes.set_xticks(np.arange(modes.count), [str(k + 1) for k in range(modes.count)])
    axes.set_yticks(np.arange(len(r)), [f"{x} %" for x in plain(loadings)] + ["all systems"])
    axes.axhline(len(loadings) - 0.5, color="white", lw=3)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="mode, slow to fast", ylabel="loading")
    figure.colorbar(image, ax=axes, label="Pearson's r with density", pad=0.02)


# name: (function, width and height in inches as a function of the modes, caption)
PICTURES = {
    "sankey": (
        draw_flows,
        lambda m: (7.6, 5.0),
        "Densities, modes and loadings. A band is as thick as the share of "
        "ions, every system counting the same; its color is the mode.",
    ),
    "pies": (
        draw_pies,
        lambda m: (1.4 + 1.25 * len({d for d, _ in m.systems}), 1.2 + 1.35 * len({x for _, x in m.systems})),
        "Shares of the modes in every system.",
    ),
    "radial": (
        draw_radial,
        lambda m: (2.5 * min(4, m.count), 2.5 * -(-m.count // 4)),
        "Centers of the modes in standard deviations: bars that leave the dashed circle (mean of all ions) "
        "outward are above it, inward below; the outer circle is {reach:.1f} standard deviations.",
    ),
    "map": (draw_map, lambda m: (5.6, 5.0), "Linear discriminants of the modes. D grows to the right."),
    "shap": (draw_shap, lambda m: (5.6, 3.8), "What the trees tell the modes apart by."),
    "quadrants": (
        draw_quadrants,
        lambda m: (8.4, 4.4),
        "Mobility against tortuosity and coordination. The dashed "
        "lines are medians; the numbers are the shares of the quadrants.",
    ),
    "pearson": (
        draw_correlations,
        lambda m: (1.8 + 0.7 * m.count, 1.4 + 0.5 * (len({x for _, x in m.systems}) + 1)),
        "Pearson's r of a mode's share with density, over the densities of one loading, and over all "
        "systems. A star: p < 0.05 after Benjamini and Hochberg.",
    ),
}
