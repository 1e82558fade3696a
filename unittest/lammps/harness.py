# SPDX-License-Identifier: GPL-2.0-only
"""Runs decks through `lmp` with the plugin and reads back what they wrote."""

import pathlib

import lammps_run
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Result:
    def __init__(self, code, text, folder):
        self.code, self.text, self.folder = code, text, pathlib.Path(folder)

    def table(self, name):
        return np.atleast_2d(np.loadtxt(self.folder / name))

    @property
    def error(self):
        lines = [line for line in self.text.splitlines() if line.startswith("ERROR")]
        return lines[0] if lines else ""


def run(deck, folder, ranks=1, timeout=120, threads=None):
    """Run the deck in folder; a failing run is returned, not raised. threads: see attempt()."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    done = lammps_run.attempt(deck, folder, ranks, timeout=timeout, threads=threads)
    return Result(done.code, done.output, folder)


def good(deck, folder, ranks=1, timeout=120, threads=None):
    result = run(deck, folder, ranks, timeout, threads)
    assert result.code == 0 and not result.error, result.text[-3000:]
    return result


def refused(deck, folder, *pieces, ranks=1, threads=None):
    """Check that the deck ends with one error that holds every piece (the value, the remedy)."""
    result = run(deck, folder, ranks, threads=threads)
    assert result.error, f"was not refused:\n{result.text[-1500:]}"
    for piece in pieces:
        assert piece in result.error, f"'{piece}' is not in: {result.error}"
    return result


class Box:
    """A restricted triclinic cell; rows of h are a, b, c."""

    def __init__(self, lx, ly, lz, xy=0.0, xz=0.0, yz=0.0, lo=(0, 0, 0)):
        self.h = np.array([[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]], float)
        self.lo = np.array(lo, float)
        self.triclinic = bool(xy or xz or yz)

    @property
    def volume(self):
        return abs(np.linalg.det(self.h))

    def wrap(self, x):
        f = (x - self.lo) @ np.linalg.inv(self.h)
        image = np.floor(f).astype(int)
        return self.lo + (f - image) @ self.h, image

    def minimum_image(self, d):
        """Reduced along c, then b, then a, into (-1/2, 1/2]."""
        d = np.array(d, float)
        for k in (2, 1, 0):
            n = np.ceil(d[..., k] / self.h[k, k] - 0.5)
            d = d - n[..., None] * self.h[k]
        return d

    def images(self, reach):
        """All lattice vectors that may bring two wrapped points within reach."""
        faces = self.volume / np.array(
            [
                np.linalg.norm(np.cross(self.h[1], self.h[2])),
                np.linalg.norm(np.cross(self.h[2], self.h[0])),
                np.linalg.norm(np.cross(self.h[0], self.h[1])),
            ]
        )
        n = np.ceil(reach / faces).astype(int) + 1
        grid = np.mgrid[-n[0] : n[0] + 1, -n[1] : n[1] + 1, -n[2] : n[2] + 1].reshape(3, -1).T
        return grid @ self.h


def write_data(path, box, types, x, masses, images=None, molecules=None):
    types = np.asarray(types)
    x, image = box.wrap(np.asarray(x, float))
    if images is not None:
        image = images
    style = "molecular" if molecules is not None else "atomic"
    lines = ["natrolite test", "", f"{len(x)} atoms", f"{len(masses)} atom types", ""]
    for k, name in enumerate("xyz"):
        lines.append(f"{float(box.lo[k])!r} {float(box.lo[k] + box.h[k, k])!r} {name}lo {name}hi")
    if box.triclinic:
        lines.append(f"{float(box.h[1, 0])!r} {float(box.h[2, 0])!r} {float(box.h[2, 1])!r} xy xz yz")
    lines += ["", "Masses", ""] + [f"{k + 1} {m}" for k, m in enumerate(masses)]
    lines += ["", f"Atoms # {style}", ""]
    for i in range(len(x)):
        molecule = f"{molecules[i]} " if molecules is not None else ""
        position = " ".join(repr(float(v)) for v in x[i])
        lines.append(f"{i + 1} {molecule}{types[i]} {position} {image[i, 0]} {image[i, 1]} {image[i, 2]}")
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_text("\n".join(lines) + "\n")


def box_of(frame):
    """Return the Box of a frame of a dump."""
    a, b, c = frame.cell
    return Box(a[0], b[1], c[2], b[0], c[0], c[1], frame.origin)


def read_vectors(path):
    """Blocks of a `fix ave/time mode vector` file: list of (step, array without the row index)."""
    blocks, rows = [], pathlib.Path(path).read_text().splitlines()
    rows = [r.split() for r in rows if not r.startswith("#")]
    at = 0
    while at < len(rows):
        step, count = int(rows[at][0]), int(rows[at][1])
        block = [list(map(float, r[1:])) for r in rows[at + 1 : at + 1 + count]]
        blocks.append((step, np.array(block)))
        at += 1 + count
    return blocks


def page_examples(name, marker):
    """Return the literal blocks of a documentation page that follow the line `marker`."""
    lines = (ROOT / "doc" / name).read_text().splitlines()
    blocks, at = [], 0
    while at < len(lines):
        if lines[at].strip() == marker:
            at += 1
            block = []
            while at < len(lines) and (not lines[at].strip() or lines[at].startswith("   ")):
                block.append(lines[at][3:])
                at += 1
            blocks.append("\n".join(block).strip("\n"))
        else:
            at += 1
    return blocks


BOXES = {
    "orthogonal": Box(21.0, 19.0, 24.0, lo=(1.0, -2.0, 0.5)),
    "triclinic": Box(21.0, 19.0, 24.0, xy=6.0, xz=-4.0, yz=5.0, lo=(1.0, -2.0, 0.5)),
}
