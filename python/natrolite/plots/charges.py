# SPDX-License-Identifier: GPL-2.0-only
"""Mean charges of the species over time."""

from . import style

NAME = "charges over time"


def recognizes(table):
    return table.kind == NAME


def draw(table, figure):
    """Draw the mean of every species with its SD over the atoms, and below them the sum less the total charge."""
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    time, total = table.column("time"), table.column("total")
    species = [name for name in table.columns[3:] if not name.endswith(" SD")]
    for name, color in zip(species, style.CYCLE):
        value, spread = table.column(name), table.column(f"{name} SD")
        upper.plot(time, value, color=color, label=name, lw=1.2)
        upper.fill_between(time, value - spread, value + spread, color=color, alpha=0.15, lw=0)
    upper.set(ylabel="charge (e)", title="mean and SD over the atoms")
    upper.margins(y=0.2)
    upper.legend(ncols=5, loc="upper center", fontsize=7)
    lower.plot(time, total - round(total[0]), color=style.BLACK, lw=0.8)
    lower.set(xlabel="time (ps)", ylabel=f"sum − ({round(total[0])}) (e)")
