# SPDX-License-Identifier: GPL-2.0-only
"""What was measured at several contents: gaps, charges, peaks of g(r)."""

import numpy as np

from . import style

NAME = "quantities over content"


def recognizes(table):
    return table.kind == NAME


def panels(table):
    """Return {(unit, name of the panel): [column]}: gaps together, mean charges together, each other quantity alone."""
    found = {}
    for name, unit in zip(table.columns[1:], table.units[1:]):
        if not unit or " error" in name or " SD over" in name or name.startswith("temperature"):
            continue
        panel = (
            name.split()[0]
            if name.startswith(("gap ", "charge "))
            else "peak of g(r)"
            if name.endswith(" peak")
            else name
        )
        found.setdefault((unit, "spacing" if panel == "gap" else panel), []).append(name)
    return found


def draw(table, figure):
    found = panels(table)
    wide = min(3, len(found))
    figure.set_size_inches(2.9 * max(wide, 2), 2.5 * -(-len(found) // wide))
    axes = figure.subplots(-(-len(found) // wide), wide, squeeze=False).ravel()
    x = table.column("x")
    for place, ((unit, title), names) in zip(axes, found.items()):
        for name, color in zip(names, style.CYCLE * 3):
            spread = next((s for s in (f"{name} error", f"{name} SD over atoms") if s in table.columns), None)
            error = np.nan_to_num(table.column(spread)) if spread else None
            short = name.removeprefix("charge ").removesuffix(" peak")
            place.errorbar(x, table.column(name), error, fmt="o-", ms=3, lw=1, capsize=2, color=color, label=short)
        place.set(xlabel="Na per aminobenzene x", ylabel=f"{title} ({style.unit(unit)})")
        if len(names) > 1:
            place.legend(fontsize=6)
    for place in axes[len(found) :]:
        place.set_visible(False)
