# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite vdos`: vibrational density of states from the velocities of a trajectory."""

import pathlib

import numpy as np

from natrolite import dump
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
    times, atoms, velocities, same = [], None, [], True
    try:
        for frame in map(dump.Frame.by_id, dump.read(path)):
            if frame.time is None:
                raise ValueError("no times")
            times.append(frame.time)
            velocities.append(frame.numbers("vx", "vy", "vz"))
            these = frame.words("id"), frame.words("element")
            atoms = atoms or these
            same = same and these == atoms
    except ValueError as error:
        raise NatroliteError(
            f"{path} is no whole text dump with id, element, vx, vy, vz and times ({reason(error)}); write it by "
            "dump custom and dump_modify time yes"
        ) from None
    if not (times and same):
        raise NatroliteError(f"{path} has no frames, or not the same atoms in all of them")
    return np.array(times), atoms[1], np.array(velocities)


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
