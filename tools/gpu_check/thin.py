# SPDX-License-Identifier: GPL-2.0-only
"""Drops those of LAMMPS' own styles that nothing in the check reaches, since the compiler's time is short there."""

import re

THINNED = ("compute", "dump", "fix", "pair", "region")  # kinds of styles, by the first word of their file names
# Named in decks of the check and of the /kk tests, or by LAMMPS in a string. What these include comes with them.
WANTED = [
    "compute_centroid_stress_atom",
    "compute_pe",
    "compute_pe_atom",
    "compute_pressure",
    "compute_reduce",
    "compute_stress_atom",
    "compute_temp",
    "dump_custom",
    "fix_ave_time",
    "fix_deform",
    "fix_group",
    "fix_minimize",
    "fix_nve",
    "fix_pair",
    "fix_property_atom",
    "fix_read_restart",
    "fix_store_atom",
    "pair_hybrid",
    "pair_hybrid_overlay",
    "pair_lj_cut",
    "pair_zero",
    "region_block",
]


def includes(*folders):
    """Return {stem: stems that its header or source includes} of all C++ files in the folders."""
    found = {}
    for path in [path for folder in folders for path in folder.glob("*") if path.suffix in (".cpp", ".h")]:
        named = re.findall(r'#include "(?:[\w/]*/)?(\w+)\.h"', path.read_text(errors="replace"))
        found.setdefault(path.stem, set()).update(named)
    return found


def reached(graph, roots):
    """Return all stems that are reached from the roots."""
    todo, seen = list(roots), set()
    while todo:
        stem = todo.pop()
        if stem not in seen:
            seen.add(stem)
            todo += graph.get(stem, ())
    return seen


def thin(source, ours):
    """Delete the needless styles of LAMMPS' folder src. ours: folders of sources that include from it."""
    own = {path.stem for path in source.glob("*.cpp")}
    styles = {stem for stem in own if stem.split("_")[0] in THINNED and "_" in stem}
    compiled = {path.stem for path in (source / "KOKKOS").glob("*.cpp")} | {
        path.stem for path in (source / "PLUGIN").glob("*.cpp")
    }
    others = {path.stem for path in source.glob("*.h")} - styles
    graph = includes(source, source / "KOKKOS", source / "PLUGIN", *ours)
    ours_own = {path.stem for folder in ours for path in folder.glob("*.cpp")}
    kept = reached(graph, (own - styles) | others | compiled | ours_own | set(WANTED))
    for stem in styles - kept:
        for suffix in (".cpp", ".h"):
            (source / f"{stem}{suffix}").unlink(missing_ok=True)
