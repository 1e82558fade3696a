# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite grid`: a density on a grid: which part of space it takes, and along which axes it percolates."""

import pathlib

import numpy as np

from natrolite import dump
from natrolite.errors import NatroliteError, reason

LEVELS = 60
COLUMNS = ["level (1/A^3)", "share of space", "share of ions", "clusters", "along a", "along b", "along c"]


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "grid",
        help="a density on a grid: shares, levels, percolation",
        description="Read the last frame of a dump grid file with one column, a density. For levels of density: the "
        "share of space and of ions above it, the number of clusters, and along which axes they percolate.",
    )
    parser.add_argument("file", metavar="FILE", help="text file of LAMMPS' dump style grid (or write_dump grid)")
    parser.add_argument("--smooth", type=float, default=0.5, metavar="A",
                        help="width of the Gaussian that the density is convolved with (0.5 Angstrom; 0: none)")  # fmt: skip
    parser.add_argument("--folder", help="where to write (default: beside FILE)")
    parser.set_defaults(run=run)


def run(args):
    """Write table and picture; print the percolating levels; return 0."""
    from natrolite.plot import check_places
    from natrolite.plots import density
    from natrolite.plots.table import write_table

    path = pathlib.Path(args.file)
    check_places(path, args.folder)
    if not args.smooth >= 0:
        raise NatroliteError(f"--smooth {args.smooth} must not be negative")
    values, cell = read(path)
    ions = values.mean() * abs(np.linalg.det(cell))
    values = smoothed(values, cell, args.smooth)
    rows = table(values)
    out = (pathlib.Path(args.folder) if args.folder else path.parent) / path.name
    settings = {
        "source": path.name,
        "grid": "x".join(map(str, values.shape)),
        "smooth": f"{args.smooth} A",
        "ions": f"{ions:.6g}",
    }
    write_table(f"{out}.levels", "density levels", settings, COLUMNS, rows)
    density.draw_grid(values, cell, rows, f"{out}.png")
    print(f"{ions:.4g} ions on {settings['grid']} cells, highest density {values.max():.4g}/A^3")
    for axis, column in zip("abc", rows[:, 4:].T, strict=True):
        levels = rows[column > 0]
        if len(levels):
            best = levels[-1]
            print(
                f"percolates along {axis} up to {best[0]:.4g}/A^3: {100 * best[1]:.1f} % of space with {100 * best[2]:.1f} % of the ions"
            )
        else:
            print(f"does not percolate along {axis} at any level above 0")
    print(f"{out}.levels\n{out}.png")
    return 0


def read(path):
    """Return (density [nx, ny, nz] of the last frame, cell [3, 3] in A, rows a, b, c).

    Raises NatroliteError for a file that is no text dump of style grid with one column and three dimensions.
    """
    try:
        return _density(dump.read_last(path))
    except ValueError as error:
        raise NatroliteError(
            f"{path} is no whole text file of dump style grid with one column ({reason(error)})"
        ) from None


def _density(frame):
    if not frame.grid or len(frame.names) != 1:
        raise ValueError(f"columns: {' '.join(frame.names)}")
    values = frame.numbers()
    if not np.isfinite(values).all() or (values < 0).any() or not values.any():
        raise ValueError("densities must be finite, not negative, and not all 0")
    return values.reshape(frame.grid[::-1]).transpose(2, 1, 0), frame.cell


def smoothed(values, cell, width):
    """Return the density convolved with a periodic Gaussian of standard deviation `width` (A)."""
    if width == 0:
        return values
    frequencies = np.stack(np.meshgrid(*(np.fft.fftfreq(n, 1 / n) for n in values.shape), indexing="ij"), -1)
    k = 2 * np.pi * frequencies @ np.linalg.inv(cell).T
    factor = np.exp(-0.5 * width**2 * (k**2).sum(-1))
    return np.maximum(np.fft.ifftn(np.fft.fftn(values) * factor).real, 0.0)


def table(values):
    """Return the rows of COLUMNS for LEVELS levels, rising, each the density of an equal share of the ions."""
    rising = np.sort(values.ravel())
    below = np.cumsum(rising) / rising.sum()
    found = []
    for share in (np.arange(LEVELS) + 0.5) / LEVELS:
        level = rising[np.searchsorted(below, share)]
        inside = values >= level
        clusters, along = percolation(inside)
        found.append([level, inside.mean(), values[inside].sum() / values.sum(), clusters, *along])
    return np.array(found, float)


def percolation(inside):
    """Return (number of periodic clusters, [along a, b, c]) of True cells, which are connected by faces.

    A cluster percolates along an axis if it is connected to its own periodic image along it (and perhaps others).
    """
    from scipy.ndimage import label

    labels, count = label(inside)
    parents = {k: (k, np.zeros(3, int)) for k in range(1, count + 1)}  # image of a part, seen from its parent
    along = np.zeros(3, bool)

    def root(k):
        image = np.zeros(3, int)
        while parents[k][0] != k:
            image = image + parents[k][1]
            k = parents[k][0]
        return k, image

    for axis, step in enumerate(np.eye(3, dtype=int)):
        last, first = np.take(labels, -1, axis).ravel(), np.take(labels, 0, axis).ravel()
        for here, there in sorted({(int(a), int(b)) for a, b in zip(last, first, strict=True) if a and b}):
            (p, image_p), (q, image_q) = root(here), root(there)
            difference = image_p + step - image_q  # of the images of q and p, over the face
            if p != q:
                parents[q] = (p, difference)
            else:
                along |= difference != 0
    return len({root(k)[0] for k in parents}), along.astype(int)
