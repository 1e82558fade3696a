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


def trend(values):
    """Return begin and end of the line through the ten block means, and whether they differ beyond the blocks' scatter:

    by more than three standard errors of the line's rise, and more than the standard error of the mean."""
    if len(values) < 2 * BLOCKS:
        return values[0], values[-1], False
    at = np.arange(BLOCKS) + 0.5
    means = np.array([block.mean() for block in np.array_split(values, BLOCKS)])
    slope, start = np.polyfit(at, means, 1)
    scatter = np.sum((means - start - slope * at) ** 2) / (BLOCKS - 2)
    error = BLOCKS * np.sqrt(scatter / np.sum((at - at.mean()) ** 2))
    rise = abs(BLOCKS * slope)
    return start, start + BLOCKS * slope, bool(rise > max(3 * error, mean(values)[1], 1e-6 * abs(start)))


def said(values, unit="A"):
    """Return the mean with its error in words, or that it drifts."""
    first, last, drifts = trend(values)
    if drifts:
        return f"drifts: {first:.2f} to {last:.2f} {unit}, not at rest"
    value, error = mean(values)
    return f"{value:.3f} ± {error:.3f} {unit}" if error == error else f"{value:.3f} {unit}, too short for an error"


def draw(table, figure):
    time, spacing, temperature = table.data[:, 1], table.data[:, 2], table.data[:, 3]
    warm = temperature.any()  # not where a trajectory without velocities was read again
    upper, *below = figure.subplots(1 + warm, 1, sharex=True, height_ratios=[2, 1][: 1 + warm], squeeze=False)[:, 0]
    first, last, drifts = trend(spacing)
    upper.plot(time, spacing, color=style.BLUE, lw=1)
    line = [first, last] if drifts else [mean(spacing)[0]] * 2
    label = ("" if drifts else "mean ") + said(spacing, "Å")
    upper.plot(time[[0, -1]], line, color=style.VERMILION, lw=1.2, label=label)
    upper.set(ylabel="spacing (Å)", xlabel="" if warm else "time (ps)")
    upper.margins(y=0.2)
    upper.legend(loc="upper right")
    for lower in below:
        lower.plot(time, temperature, color=style.ORANGE, lw=0.8)
        lower.axhline(temperature.mean(), color="0.4", lw=0.8, ls="--", label=f"mean {temperature.mean():.0f} K")
        lower.set(xlabel="time (ps)", ylabel="T (K)")
        lower.margins(y=0.4)
        lower.legend(loc="upper right")
