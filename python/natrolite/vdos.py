# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite vdos`: vibrational density of states from the velocities of a trajectory."""

import pathlib

import numpy as np

from natrolite.errors import NatroliteError, reason


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "vdos",
        help="vibrational density of states of a trajectory with velocities",
        description="Read a text dump with id, element, vx, vy, vz and the times of its frames (dump_modify time yes) "
        "and write the mass-weighted power spectrum of the velocities, by element.",
    )
    parser.add_argument("file", metavar="DUMP")
    parser.add_argument("--resolution", type=float, default=1.0, metavar="THZ", help="of the spectrum (1 THz)")
    parser.add_argument("--folder", help="where to write (default: beside DUMP)")
    parser.set_defaults(run=run)


def run(args):
    """Write table and picture; return 0."""
    from natrolite import plot
    from natrolite.plots.table import write_table

    path = pathlib.Path(args.file)
    plot.check_places(path, args.folder)
    times, elements, velocities = read(path)
    interval = spacing(times, path)
    frequency, spectra = spectrum(velocities, elements, interval, args.resolution)
    names = list(spectra)
    out = (pathlib.Path(args.folder) if args.folder else path.parent) / (path.name + ".vdos")
    settings = {
        "source": path.name, "frames": len(times), "interval": f"{1000 * interval:.6g} fs",
        "resolution": f"{args.resolution:g} THz",
    }  # fmt: skip
    rows = np.column_stack([frequency, sum(spectra.values()), *spectra.values()])
    write_table(
        out,
        "vibrational density of states",
        settings,
        ["frequency (THz)", *(f"{n} (1/THz)" for n in ["all", *names])],
        rows,
    )
    for file in (out, *plot.plot(out)):
        print(file)
    return 0


def read(path):
    """Return (times [frames] in ps, element of each atom, velocities [frames, atoms, 3]), atoms by ID.

    Raises NatroliteError for a file that is no such dump, or whose atoms change.
    """
    try:
        text = pathlib.Path(path).read_text()
        frames = [_frame(part) for part in text.split("ITEM: TIMESTEP\n")[1:]]
        times = [float(part.split()[0]) for part in text.split("ITEM: TIME\n")[1:]]
        if len(times) != len(frames):
            raise ValueError(f"{len(times)} times of {len(frames)} frames")
    except (ValueError, IndexError) as error:
        raise NatroliteError(
            f"{path} is no whole text dump with id, element, vx, vy, vz and times ({reason(error)}); write it by "
            "dump custom and dump_modify time yes"
        ) from None
    if not frames or len({frame[0] for frame in frames}) > 1:
        raise NatroliteError(f"{path} has no frames, or not the same atoms in all of them")
    return np.array(times), [word for _, word in frames[0][0]], np.array([frame[1] for frame in frames])


def _frame(text):
    """Return (((id, element), ...), velocities [atoms, 3]) of one frame, sorted by ID."""
    head, body = text.split("ITEM: ATOMS ", 1)
    columns, *rows = body.split("ITEM:")[0].splitlines()
    names = columns.split()
    at = [names.index(word) for word in ("id", "element", "vx", "vy", "vz")]
    count = int(head.split("ITEM: NUMBER OF ATOMS\n")[1].split()[0])
    rows = sorted(([row.split()[k] for k in at] for row in rows), key=lambda row: int(row[0]))
    if len(rows) != count:
        raise ValueError(f"{len(rows)} of {count} atoms")
    return tuple((int(r[0]), r[1]) for r in rows), np.array([r[2:] for r in rows], float)


def spacing(times, path="the dump"):
    """Return the time between frames in ps. Raises NatroliteError where it is not always the same."""
    steps = np.diff(times)
    if len(steps) < 15 or not (steps > 0).all() or np.ptp(steps) > 1e-6 * steps.mean():
        raise NatroliteError(f"{path} needs at least 16 frames at equal distances in time")
    return float(steps.mean())


def spectrum(velocities, elements, interval, resolution=1.0):
    """Return (frequency [n] in THz, {element: spectrum [n] in 1/THz}); all of them together have area 3.

    velocities: [frames, atoms, 3]; interval: ps. Welch's method (scipy.signal.welch, Hann windows, half
    overlapping) with windows as long as the resolution asks for, weighted by mass: by the Wiener-Khinchin
    theorem the Fourier transform of the velocity autocorrelation over all time origins. The drift of the
    center of mass is taken out. Raises NatroliteError for a resolution that the trajectory is too short for.
    """
    from ase.data import atomic_masses, atomic_numbers
    from scipy.signal import welch

    length = round(1.0 / (resolution * interval)) if resolution > 0 else 0
    if not 8 <= length <= len(velocities):
        raise NatroliteError(
            f"--resolution {resolution:g} THz needs windows of {length} frames of {1000 * interval:g} fs; the "
            f"trajectory has {len(velocities)}, and 8 are the least"
        )
    mass = np.array([atomic_masses[atomic_numbers[e]] for e in elements])
    velocities = velocities - (mass[:, None] * velocities).sum(1, keepdims=True) / mass.sum()
    frequency, power = welch(velocities, 1.0 / interval, "hann", length, detrend=False, axis=0)
    weighted = (power * mass[:, None]).sum(2)
    area = np.trapezoid(weighted.sum(1), frequency)
    names = np.array(elements)
    return frequency, {e: 3.0 * weighted[:, names == e].sum(1) / area for e in sorted(set(elements))}
