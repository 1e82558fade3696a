# SPDX-License-Identifier: GPL-2.0-only
"""Reads LAMMPS' text dumps of the styles custom and grid, with what dump_modify adds to their heads.

The formats are those of LAMMPS' manual, pages dump and Howto_triclinic.
"""

import collections
import dataclasses
import functools
import math

import numpy as np


@dataclasses.dataclass
class Frame:
    """One frame of a dump, in the units of its run.

    step: of the run; time: of LAMMPS' clock, None without dump_modify time yes; origin: [3]; cell: [3, 3], rows a,
    b, c; grid: (nx, ny, nz) of a dump of style grid, else None; names: of the columns; lines: one an atom in the order
    of the file, or one a cell of the grid, x fastest.
    """

    step: int
    time: float | None
    origin: np.ndarray
    cell: np.ndarray
    grid: tuple | None
    names: list
    lines: list

    @functools.cached_property
    def rows(self):
        """The words of every line; ValueError for a line with more or fewer than there are columns."""
        return self._split()

    def words(self, name):
        """Return a column as a list of words; ValueError if there is none of this name."""
        k = self._place(name)
        return [row[k] for row in self.rows]

    def __getitem__(self, name):
        """Return a column of numbers, [n]; ValueError if there is none of this name, or what it has are no numbers."""
        return self.numbers(name)[:, 0]

    def numbers(self, *names):
        """Return these columns, or all of them, as numbers, [n, columns]; errors are those of one column."""
        places = [self._place(name) for name in names or self.names]
        return np.array([[row[k] for k in places] for row in self.rows], float).reshape(len(self.rows), len(places))

    def by_id(self):
        """Return the frame with its atoms in the order of their IDs; ValueError without a column of whole numbers id."""
        rows, k = self._split(), self._place("id")
        order = sorted(range(len(rows)), key=lambda line: int(rows[line][k]))
        ordered = dataclasses.replace(self, lines=[self.lines[line] for line in order])
        ordered.rows = [rows[line] for line in order]
        return ordered

    def _split(self):
        rows, what = [line.split() for line in self.lines], "cells" if self.grid else "atoms"
        for row in rows:
            if len(row) != len(self.names):
                raise ValueError(f"{len(row)} words of {len(self.names)} in a line of {what}")
        return rows

    def _place(self, name):
        if name not in self.names:
            raise ValueError(f"no column '{name}'; it has {', '.join(self.names)}")
        return self.names.index(name)


def read(path):
    """Yield the frames of a file. Raises OSError if it cannot be read, ValueError if it is no whole text dump."""
    with open(path) as lines:
        yield from frames(lines)


def read_last(path):
    """Return the last frame of a file; errors as those of read, and ValueError for a file without frames."""
    last = collections.deque(read(path), maxlen=1)
    if not last:
        raise ValueError("no frames")
    return last[0]


def frames(lines):
    """Yield the frames of the lines of a dump; ValueError where they do not go on or end as such."""
    lines, head = iter(lines), {}
    for line in lines:
        name, words = _item(line)
        if name in head:
            raise ValueError(f"ITEM: {name} twice in a frame")
        if name in ("ATOMS", "GRID CELLS"):
            yield _frame(head, name, words, lines)
            head = {}
        else:
            head[name] = _take(lines, 3 if name == "BOX BOUNDS" else 1)
    if head:
        raise ValueError("the last frame is not whole")


def _item(line):
    """Return (name of an ITEM, words after it)."""
    if not line.startswith("ITEM: "):
        raise ValueError(f"'{line.strip()[:40]}' in place of an ITEM")
    text = line[len("ITEM: ") :].strip()
    name = next((word for word in ("ATOMS", "BOX BOUNDS", "GRID SIZE", "GRID CELLS") if text.startswith(word)), text)
    return name, text[len(name) :].split()


def _take(lines, count, what="lines"):
    """Return the next lines; ValueError if there are fewer before the next ITEM."""
    taken = []
    for _ in range(count):
        line = next(lines, "ITEM:")
        if line.startswith("ITEM:"):
            raise ValueError(f"{len(taken)} {what} of {count}")
        taken.append(line)
    return taken


def _frame(head, name, names, lines):
    """Return the frame of a head {name of an ITEM: lines}, whose rows are the next of the lines."""
    sizes = "NUMBER OF ATOMS" if name == "ATOMS" else "GRID SIZE"
    for needed in ("TIMESTEP", "BOX BOUNDS", sizes):
        if needed not in head:
            raise ValueError(f"no ITEM: {needed}")
    counts = tuple(int(word) for word in head[sizes][0].split())
    if len(counts) != (1 if name == "ATOMS" else 3) or min(counts) < 0:
        raise ValueError(f"{sizes} {head[sizes][0].strip()}")
    origin, cell = _box(head["BOX BOUNDS"])
    return Frame(
        step=int(head["TIMESTEP"][0]),
        time=float(head["TIME"][0]) if "TIME" in head else None,
        origin=origin,
        cell=cell,
        grid=None if name == "ATOMS" else counts,
        names=names,
        lines=_take(lines, math.prod(counts), "atoms" if name == "ATOMS" else "cells"),
    )


def _box(lines):
    """Return (origin [3], cell [3, 3]) of BOX BOUNDS: orthogonal, with tilts, or of a general triclinic cell."""
    bounds = np.array([line.split() for line in lines], float)
    if bounds.shape[1] not in (2, 3, 4):
        raise ValueError(f"{bounds.shape[1]} numbers in a row of BOX BOUNDS")
    if bounds.shape[1] == 4:  # a, b, c, and in the last column the origin
        return bounds[:, 3], bounds[:, :3]
    xy, xz, yz = bounds[:, 2] if bounds.shape[1] == 3 else (0.0, 0.0, 0.0)
    low = bounds[:, 0] - [min(0, xy, xz, xy + xz), min(0, yz), 0]
    high = bounds[:, 1] - [max(0, xy, xz, xy + xz), max(0, yz), 0]
    a, b, c = high - low
    return low, np.array([[a, 0, 0], [xy, b, 0], [xz, yz, c]])
