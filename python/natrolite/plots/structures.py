# SPDX-License-Identifier: GPL-2.0-only
"""Relaxed structures side by side: lengths and energies."""

import numpy as np

from . import style

NAME = "relaxed structures"
SHOWN = {"thickness": 4.46, "Ti-C": 2.187, "Ti-O": 1.976, "Ti-Ti": 3.030}  # lengths (A) published for Ti2CO2 (PBE)


def recognizes(table):
    return table.kind == "relaxed structures"


def names(table):
    """Return the systems' names in the order of the rows, from 'systems 1 M, 2 G, ...' in the settings."""
    listed = table.settings["settings"].partition("systems ")[2].split(",")
    known = dict(entry.split() for entry in listed)
    return [known[str(int(number))] for number in table.data[:, 0]]


def there(values):
    """Return the lengths, nan where a system has none: older tables have -1 or 0."""
    return np.where(values > 0, values, np.nan)


def draw(table, figure):
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    rows = np.array([name.startswith("M") for name in names(table)])
    at = np.arange(rows.sum())
    for k, (name, value) in enumerate(SHOWN.items()):
        color = style.CYCLE[k]
        left.plot(at, there(table.column(name)[rows]), "o", color=color, label=name)
        left.axhline(value, color=color, lw=0.8, ls="--")
    left.set(
        ylabel="length (Å)",
        xticks=at,
        xlim=(-0.5, len(at) - 0.5),
        xticklabels=[n for n, row in zip(names(table), rows) if row],
    )
    left.set_title("dashed: published", fontsize=8)
    style.legend(figure, len(SHOWN))
    both = np.array(["/" in name for name in names(table)])
    spacing = there(table.column("spacing")[both])
    right.bar(np.arange(both.sum()), spacing, color=style.SKY, width=0.6)
    for k, value in enumerate(spacing):
        right.text(k, value, f"{value:.2f}", ha="center", va="bottom", fontsize=8)
    right.set(
        ylabel="spacing (Å)", xticks=np.arange(both.sum()), xticklabels=[n for n, row in zip(names(table), both) if row]
    )
    right.margins(y=0.15)
