# SPDX-License-Identifier: GPL-2.0-only
"""Writes tables, pictures and one HTML page about the modes."""

import base64
import pathlib

import numpy as np

from natrolite.plots import style
from natrolite.plots.table import write_table

from . import trees
from .pictures import PICTURES, colors
from .systems import MOBILITY


def write_tables(modes, folder, settings):
    """Write what the page shows as tables; return their paths."""
    ions, count = modes.ions, modes.count
    numbers = [f"mode_{k + 1}" for k in range(count)]
    names = [f"log10_{name}" if ions.is_logarithm(name) else name for name in ions.names]
    units = [f" ({unit})" if unit else "" for unit in ions.units]
    of_mode = np.arange(count) + 1
    tables = {
        "labels": (
            ["density (g/cm^3)", "loading (%)", "id", "mode", "discriminant_1", "discriminant_2"],
            np.column_stack([ions.density, ions.loading, ions.identity, modes.labels, modes.map]),
        ),
        "centers": (
            [
                "mode",
                "ions",
                "mean_log10_D (cm^2/s)",
                *(f"z_{name}" for name in names),
                *(f"mean_{name}{unit}" for name, unit in zip(names, units)),
            ],
            np.column_stack([of_mode, modes.sizes, modes.log_d, modes.centers, modes.means]),
        ),
        "fractions": (
            ["density (g/cm^3)", "loading (%)", "ions", *numbers],
            np.column_stack([modes.systems, [ions.of(s).sum() for s in modes.systems], modes.fractions]),
        ),
        "pearson": (
            ["loading (%)", "mode", "systems", "r", "p", "r_low", "r_high", "p_adjusted"],
            np.array(modes.correlations),
        ),
        "shap": (["mode", *(f"{name} (log-odds)" for name in names)], np.column_stack([of_mode, modes.shap])),
        "silhouettes": (["modes", "mean_silhouette"], np.array(sorted(modes.silhouette.items()))),
    }
    paths = [folder / f"{name}.dat" for name in tables]
    for path, (name, (columns, rows)) in zip(paths, tables.items()):
        write_table(path, f"modes {name}", settings, columns, rows)
    return paths


def draw_pictures(modes, folder):
    """Draw all PICTURES as PNG; return [(name, path, caption)]."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    reach = max(2.0, np.abs(modes.centers).max() * 1.05)
    found = []
    with pyplot.rc_context(style.SETTINGS):
        for name, (draw, size, caption) in PICTURES.items():
            figure = pyplot.figure(figsize=size(modes), layout="constrained")
            figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
            draw(modes, figure)
            path = folder / f"{name}.png"
            figure.savefig(path, metadata={"Software": None})
            pyplot.close(figure)
            found.append((name, path, caption.format(reach=reach)))
    return found


def settings_of(modes):
    """Return {key: text}: how the modes came about, for the tables and the page."""
    largest = modes.sizes.max() / modes.sizes.sum()
    return {
        "ions": len(modes.labels),
        "systems": len(modes.systems),
        "modes": modes.count,
        "features": ", ".join(f"log10 {n}" if modes.ions.is_logarithm(n) else n for n in modes.ions.names),
        "silhouette": f"{modes.silhouette[modes.count]:.3f}",
        "accuracy": f"{modes.accuracies.mean():.4f} ± {modes.accuracies.std(ddof=1):.4f} "
        f"({trees.FOLDS}-fold; guessing the largest mode: {largest:.4f})",
    }


def features(modes):
    """Return [(label, unit, means [K])] of the features but D, which has a column anyhow."""
    ions = modes.ions
    return [
        (f"log₁₀ {label}" if ions.is_logarithm(name) else label, style.unit(unit), means)
        for name, label, unit, means in zip(ions.names, ions.labels, ions.units, modes.means.T)
        if name != MOBILITY
    ]


def write_page(modes, pictures, settings, folder):
    """Write report.html, which holds its pictures; return its path."""
    import jinja2
    from matplotlib.colors import to_hex

    template = pathlib.Path(__file__).with_name("report.html").read_text()
    environment = jinja2.Environment(autoescape=True)
    environment.filters["number"] = lambda value, form: "–" if np.isnan(value) else form % value
    ions, count = modes.ions, modes.count
    page = environment.from_string(template).render(
        settings=settings,
        count=count,
        colors=[to_hex(color) for color in colors(count)],
        sizes=modes.sizes,
        log_d=modes.log_d,
        spread=[ions.log_d[modes.labels == k + 1].std() for k in range(count)],
        features=features(modes),
        pictures=[(name, base64.b64encode(path.read_bytes()).decode(), caption) for name, path, caption in pictures],
        systems=list(zip(modes.systems, [int(ions.of(s).sum()) for s in modes.systems], modes.fractions)),
        correlations=modes.correlations,
    )
    path = folder / "report.html"
    path.write_text(page)
    return path
