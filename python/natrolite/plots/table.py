# SPDX-License-Identifier: GPL-2.0-only
"""Reads the tables that the measurement commands, and fix ave/time, write; writes such tables."""

import pathlib
import re

import numpy as np

from natrolite import dump
from natrolite.errors import NatroliteError, reason
from natrolite.units import factor

# What rows and columns that do not fit make Python and NumPy raise; text that is none, too.
DAMAGED = (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError)


class Table:
    """kind: what the first line says; settings: `# key = value` lines; columns and units; data.

    Of several lines `# warning = ...` the setting has all; it is missing where no line warns of anything.

    Files of fix ave/time have kind "series" (one row per step; data) or "blocks" (mode vector;
    blocks is a list of (step, array), data the last one). A dump of LAMMPS has kind "dump": columns
    and frames (natrolite.dump), and as data the number of these."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        try:
            self._read(self.path.read_text())
        except DAMAGED as error:
            raise NatroliteError(f"{path} is no whole table ({reason(error)}); write it again") from error

    def _read(self, text):
        comments = [line for line in text.splitlines() if line.startswith("#")]
        found = [m.groups() for m in (re.match(r"# (\w+) = (.*)", c) for c in comments) if m]
        warnings = [text for key, text in found if key == "warning" and text.strip() not in ("", "none", "no")]
        self.settings = {key: text for key, text in found if key != "warning"}
        if warnings:
            self.settings["warning"] = "; ".join(dict.fromkeys(warnings))
        self.kind, self.columns, self.units, self.blocks, self.data = "", [], [], [], np.empty((0, 0))
        rows = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        first = re.match(r"# natrolite table: (.*)", comments[0]) if comments else None
        if first:
            self.kind = first.group(1).strip()
            named = [c for c in comments if c.startswith("# columns:")][-1][len("# columns:") :]
            for column in named.split("|"):
                name, _, unit = column.strip().partition(" (")
                self.columns.append(name)
                self.units.append(unit.rstrip(")"))
            if rows:
                self.data = np.atleast_2d(np.loadtxt(rows))
            if rows and self.columns[0] == "step":  # a run that went on wrote its first step again
                self.data = self.data[np.sort(np.unique(self.data[:, 0], return_index=True)[1])]
        elif comments and comments[0].startswith("# Time-averaged"):
            self._read_average([row.split() for row in rows], comments)
        elif text.startswith("ITEM: "):
            self._read_dump(text)

    def _read_dump(self, text):
        self.kind, self.frames = "dump", list(dump.frames(text.splitlines()))
        self.columns = self.frames[0].names
        self.data = np.array([[len(self.frames)]])

    def _read_average(self, rows, comments):
        if "Number-of-rows" in comments[1]:
            self.kind, self.columns = "blocks", comments[2].split()[2:]
            at = 0
            while at < len(rows):
                count = int(rows[at][1])
                if not 0 < count < len(rows) - at:
                    raise ValueError(f"{count} rows are announced, {len(rows) - at - 1} follow")
                block = np.array([[float(v) for v in r[1:]] for r in rows[at + 1 : at + 1 + count]])
                self.blocks.append((int(rows[at][0]), block))
                at += 1 + count
            self.data = self.blocks[-1][1] if self.blocks else self.data
        else:
            self.kind, self.columns = "series", comments[1].split()[1:]
            self.data = np.array([[float(v) for v in r] for r in rows])

    def number(self, key):
        """Return the leading number of a setting."""
        return float(self.settings[key].split()[0])

    def column(self, name, unit=None):
        """Return the column, in its own unit or converted; of several with the name the one that has the unit."""
        found = [k for k, n in enumerate(self.columns) if n == name]
        if not found:
            raise KeyError(f"{self.path} has no column {name}")
        k = next((k for k in found if unit in (None, self.units[k])), found[0])
        return self.data[:, k] * (1.0 if unit is None else factor(self.units[k], unit))


def write_table(path, kind, settings, columns, rows):
    """Write rows of numbers under the header that Table reads. columns: "name" or "name (unit)"."""
    lines = [
        f"# natrolite table: {kind}",
        *(f"# {key} = {value}" for key, value in settings.items()),
        "# columns: " + " | ".join(columns),
        *(" ".join(f"{v:.6g}" for v in row) for row in rows),
    ]
    pathlib.Path(path).write_text("\n".join(lines) + "\n")


def read_dump_means(path, column):
    """Return the mean over the frames of one column of a text dump, as {id: mean}."""
    sums = {}
    try:
        for frame in dump.read(path):
            for atom, value in zip(frame.words("id"), frame[column]):
                sums.setdefault(int(atom), []).append(value)
    except ValueError as error:
        raise NatroliteError(f"{path} is no whole text dump with id and {column} ({reason(error)})") from error
    return {k: float(np.mean(v)) for k, v in sums.items()}
