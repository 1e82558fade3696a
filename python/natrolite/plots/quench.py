# SPDX-License-Identifier: GPL-2.0-only
"""Quench of carbon over time."""

from . import style

NAME = "quench of carbon"


def recognizes(table):
    return table.kind == NAME


def draw(table, figure):
    upper, lower = figure.subplots(2, 1, sharex=True)
    time = table.column("time")
    upper.plot(time, table.column("temperature"), color=style.VERMILION, lw=1)
    upper.set(ylabel="T (K)", ylim=(0, None))
    lower.plot(time, 100 * table.column("sp2"), color=style.BLUE, label="three bonds")
    lower.plot(time, 100 * table.column("sp3"), color=style.GREEN, label="four bonds")
    rest = 1 - table.column("sp2") - table.column("sp3")
    lower.plot(time, 100 * rest, color="0.5", label="others")
    lower.set(xlabel="time (ps)", ylabel="share of atoms (%)", ylim=(0, 100))
    lower.legend()
