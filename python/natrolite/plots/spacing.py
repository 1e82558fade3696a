# SPDX-License-Identifier: GPL-2.0-only
"""Distance of two layers over time."""

import numpy as np

from . import style

NAME = "layer spacing over time"
BLOCKS = 10


def recognizes(table):
    return table.kind == "layer spacing over time"


def mean(values):
    """Return the mean and its standard error from the spread of ten block means."""
    if len(values) < 2 * BLOCKS:
        return values.mean(), float("nan")
    blocks = [block.mean() for block in np.array_split(values, BLOCKS)]
    return values.mean(), np.std(blocks, ddof=1) / np.sqrt(BLOCKS)


def title(settings):
    """Return what the layers are: those of the MXene decks, or those of the Janus decks with their content."""
    if "x" in settings:
        return f"aminobenzene-graphene, x = {settings['x']}"
    return "Ti$_2$CO$_2$ / " + settings.get("layer", "")


def draw(table, figure):
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    time, spacing, temperature = table.data[:, 1], table.data[:, 2], table.data[:, 3]
    value, error = mean(spacing)
    upper.plot(time, spacing, color=style.BLUE, lw=1)
    text = f"mean {value:.3f}" + (f" ± {error:.3f} Å" if error == error else " Å")
    upper.axhline(value, color=style.VERMILION, lw=1.2, label=text)
    upper.set(ylabel="spacing (Å)", title=title(table.settings))
    upper.legend()
    lower.plot(time, temperature, color=style.ORANGE, lw=0.8)
    lower.axhline(temperature.mean(), color="0.4", lw=0.8, ls="--", label=f"mean {temperature.mean():.0f} K")
    lower.set(xlabel="time (ps)", ylabel="T (K)")
    lower.legend()
