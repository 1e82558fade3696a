# SPDX-License-Identifier: GPL-2.0-only
"""What the reproduction.py of the examples share: tables of results that may not be there yet."""

from natrolite.plots.table import Table


def found(folder, name):
    """Return the table of a file, None where it is not there or has no rows yet."""
    path = folder / name
    table = Table(path) if path.is_file() else None
    return table if table is not None and table.data.size else None


def of(*names):
    """Make f(table, ..., *words) a function of the words that returns a function of a folder.

    names: files of the tables, in which {0}, {1}, ... are the words. None where a table is not there.
    """

    def wrap(function):
        def with_words(*words):
            def ours(folder):
                tables = [found(folder, name.format(*words)) for name in names]
                return None if any(table is None for table in tables) else function(*tables, *words)

            return ours

        return with_words

    return wrap
