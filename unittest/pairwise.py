# SPDX-License-Identifier: GPL-2.0-only
"""Fewer rows of a matrix of tests, such that every pair of values that meets in some row still meets.

With the environment variable NATROLITE_ALL (-DNATROLITE_TESTS=ALL) nothing is left out.
"""

import itertools
import os

ALL = bool(os.environ.get("NATROLITE_ALL"))


def columns(row):
    """Return the pairs of a tuple's entries."""
    return set(itertools.combinations(enumerate(row), 2))


def cover(rows, wanted=columns):
    """Return rows, in their order, whose wanted(row) together are those of all rows.

    wanted: row -> set. Greedy: always the first of the rows that add most.
    """
    if ALL:
        return list(rows)
    parts = [wanted(row) for row in rows]
    missing, chosen = set().union(*parts), set()
    while missing:
        best = max(range(len(rows)), key=lambda k: len(parts[k] & missing))
        chosen.add(best)
        missing -= parts[best]
    return [rows[k] for k in sorted(chosen)]
