# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of fix ion/transport share: systems, decks, and its results by plain loops."""

import re

import numpy as np
from harness import write_data
from lammps_run import read_dump

HEAD = """units {units}
atom_style atomic
{boundary}
box tilt large
read_data data.ions
pair_style zero 4.0
pair_coeff * *
neigh_modify every 1 delay 0 check yes
group ions type 1
group host type 2
group none empty
timestep {dt}
"""
MASSES = [22.99, 12.011]


def head(units="metal", dt=0.01, boundary=""):
    return HEAD.format(units=units, dt=dt, boundary=boundary)


def random_system(folder, box, ions=10, hosts=20, seed=1):
    rng = np.random.default_rng(seed)
    x = box.lo + rng.random((ions + hosts, 3)) @ box.h
    types = np.r_[np.ones(ions, int), np.full(hosts, 2)]
    write_data(folder / "data.ions", box, types, x, MASSES)
    return types, x


# fast Langevin ions: they cross many faces and change ranks
MOVE = """
velocity ions create 3e6 7 loop all
velocity host create 1e5 8 loop all
velocity host set 40.0 -30.0 20.0 sum yes
fix n all nve
"""
STRONG = "fix w ions langevin 3e6 3e6 0.05 48\n"
DUMP = """
dump u {group} custom {every} dump.unwrapped id type xu yu zu
dump_modify u format float %.17g
"""


def msd_table(path):
    lines = path.read_text().splitlines()
    assert lines[0] == "# natrolite table: ion/transport msd"
    settings = dict(re.findall(r"# (\w+) = (.*)", path.read_text()))
    return np.atleast_2d(np.loadtxt(path)), settings


def brute(x, maxlag, origins=10**9, dims=(1, 1, 1)):
    """x: samples, ions, 3. Returns MSD, SD over ions, observations, parts: definition, loops."""
    n, rows = len(x), []
    for lag in range(1, maxlag + 1):
        starts = [t for t in range(n - lag) if t < origins]
        if not starts:
            rows.append([0.0] * 6)
            continue
        square = np.array([(x[t + lag] - x[t]) ** 2 * dims for t in starts]).mean(0)
        per_ion = square.sum(1)
        sd = per_ion.std(ddof=1) if len(per_ion) > 1 else 0.0
        rows.append([per_ion.mean(), sd, len(starts) * x.shape[1], *square.mean(0)])
    return np.array(rows)


def unwrapped(path, kind=1):
    return np.array([frame.numbers("xu", "yu", "zu")[frame["type"] == kind] for frame in read_dump(path)])


def center(path):
    """Return the center of mass [frames, 3] of the atoms of type 2, which all have the same mass."""
    return unwrapped(path, 2).mean(1)


def ion_twin(x, dt, stride, window, hop, block, fit=(0.02, 0.1), average=np.median):
    rows = []
    n = len(x) - 1
    for i in range(x.shape[1]):
        track = x[:, i]
        steps = np.linalg.norm(np.diff(track[::stride], axis=0), axis=1)
        whole = len(steps) // window
        paths = steps[: whole * window].reshape(whole, window).sum(1)
        nets = np.linalg.norm(np.diff(track[:: stride * window][: whole + 1], axis=0), axis=1)
        values = np.minimum(paths / np.maximum(nets, 0.1), 1000)
        lags = np.arange(max(1, np.ceil(fit[0] * n - 1e-9)), np.floor(fit[1] * n + 1e-9) + 1).astype(int)
        curve = brute(x[:, i : i + 1], lags[-1])[:, 0][lags - 1]
        away = lags * dt - np.mean(lags * dt)
        slope = away @ (curve - curve.mean()) / (away @ away)
        r2 = np.corrcoef(lags * dt, curve)[0, 1] ** 2
        k = len(x) - lags[-1]
        m = lags[-1]
        error = np.sqrt(2 / 3 * (4 * m * m * k + 2 * k + m - m**3) / (6 * m * k * k))
        means = track[: len(track) // block * block].reshape(-1, block, 3).mean(1)
        site, hops = means[0], 0
        for p in means[1:]:
            if np.linalg.norm(p - site) > hop:
                site, hops = p, hops + 1
        rows.append(
            [
                steps.sum(),
                np.linalg.norm(track[-1] - track[0]),
                average(values) if whole else 0.0,
                slope / 6 if r2 >= 0.9 else 0.0,
                curve[-1] / (6 * lags[-1] * dt),
                error,
                np.linalg.norm(track - track[0], axis=1).max(),
                hops,
            ]
        )
    return np.array(rows)
