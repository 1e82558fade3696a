# SPDX-License-Identifier: GPL-2.0-only
"""Mean squared displacement over time, with its fit."""

import numpy as np

from . import style

NAME = "mean squared displacement"
HOP = 1.5  # A, of a table that does not name its hop length
FEWEST = 10  # hops' worth of squared displacements of all ions together, below which a slope is a matter of chance


def recognizes(table):
    return table.kind == "ion/transport msd"


def doubt(table):
    """Return why there is no diffusion coefficient, in words; "" where there is one."""
    if "fit_slope" not in table.settings:
        return "no D: " + table.settings.get("fit", "no fit").removesuffix(": no D").replace("r^2", "r²")
    hop = table.number("hop") if "hop" in table.settings else HOP
    last = float(table.settings["fit_range"].split()[1])
    reached = np.interp(last, table.data[:, 0], table.data[:, 1])
    if reached < hop**2:
        return f"no D: {reached:.2f} Å² at {last:g} {table.units[0]}, less than a hop of {hop:g} Å squared"
    if reached * table.number("ions") < FEWEST * hop**2:
        return f"no D: the ions have moved less than {FEWEST} hops of {hop:g} Å in all"
    return ""


def draw(table, figure):
    axes = figure.subplots()
    time = style.unit(table.units[0])
    lag, msd, sd = table.data[:, 0], table.data[:, 1], table.data[:, 2]
    error = sd / np.sqrt(max(1.0, table.number("ions")))
    if error.any():
        axes.fill_between(
            lag,
            np.maximum(0, msd - 2 * error),
            msd + 2 * error,
            color=style.SKY,
            alpha=0.4,
            lw=0,
            label="± 2 standard errors (spread of ions)",
        )
    axes.plot(lag, msd, color=style.BLUE, label="MSD")
    for k, (name, dash) in enumerate(zip("xyz", (":", "--", "-."))):
        if name in table.settings.get("dims", "xyz"):
            axes.plot(lag, table.data[:, 4 + k], dash, color="0.45", lw=1, label=name)
    if doubt(table):
        axes.set_title(doubt(table), fontsize=8)
    else:
        draw_fit(table, axes)
    axes.set(xlabel=f"lag ({time})", ylabel="mean squared displacement (Å²)", xlim=(0, lag[-1]), ylim=(0, None))
    style.legend(figure, 3)


def draw_fit(table, axes):
    first, last = (float(v) for v in table.settings["fit_range"].split()[:2])
    x = np.array([first, last])
    y = table.number("fit_intercept") + table.number("fit_slope") * x
    d = table.settings["D"].split("=")[-1].split()[0]
    axes.plot(
        x,
        y,
        color=style.VERMILION,
        lw=2.5,
        label=f"fit: D = {float(d):.3g} cm²/s, r² = {table.number('fit_r2'):.3f}",
    )
