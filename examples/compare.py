# SPDX-License-Identifier: GPL-2.0-only
"""What the reproduction.py of the examples share: tables of results that may not be there yet, their warnings."""

import sys

from natrolite.errors import NatroliteError
from natrolite.plots import style
from natrolite.plots.table import Table


def read(folder, name):
    """Return the table of a file, None where it is not there or damaged."""
    path = folder / name
    try:
        return Table(path) if path.is_file() else None
    except NatroliteError as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return None


def found(folder, name):
    """Return the table of a file, None where it is not there, is damaged or has no rows yet."""
    table = read(folder, name)
    return table if table is not None and table.data.size else None


def limits(*tables):
    """Return what the headers of tables say against their numbers, in words, once each."""
    said = []
    for settings in (table.settings for table in tables if table is not None):
        if "starts" in settings:
            spread = f", spread {settings['spread']}" if "spread" in settings else ""
            said.append(f"lowest of {settings['starts']} starts{spread}, not the ground state")
        if style.warning(settings):
            said.append(style.warning(settings))
    return list(dict.fromkeys(said))


def of(*names, also=()):
    """Make f(table, ..., *words) a function of the words that returns a function of a folder.

    names: files of the tables, in which {0}, {1}, ... are the words. None where a table is not there. What these
    headers, and those of the files also that are there, say against the number follows it.
    """

    def wrap(function):
        def with_words(*words):
            def ours(folder):
                tables = [read(folder, name.format(*words)) for name in names]
                if any(table is None for table in tables):
                    return None
                if not all(table.data.size for table in tables):  # no rows, or none yet: the header may say why
                    return "; ".join(limits(*tables)) or None
                more = [found(folder, name.format(*words)) for name in also]
                value = function(*tables, *words)
                return "; ".join([value, *limits(*tables, *more)]) if isinstance(value, str) else value

            return ours

        return with_words

    return wrap
