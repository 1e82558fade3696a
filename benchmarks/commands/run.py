#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Cost of the measurement commands, each as a ratio to a stock command in the same run of lmp.

Every deck runs a bare block, then a block per command; the cost of a command is its block's loop time
less that of the bare block. Needs the plugin (NATROLITE_PLUGINS) and prints one line per target.
"""

import argparse
import pathlib
import re
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "unittest" / "lammps"))
from harness import Box, good, write_data

HEAD = """units metal
atom_style atomic
read_data data
pair_style zero 6.0
pair_coeff * *
comm_modify cutoff 10.0
neigh_modify every 20 delay 0 check no
timestep 0.001
velocity all create 300 3
fix n all nve
thermo_modify norm no
thermo 1000000
group ions type 1
group host type 2
"""


def loop_times(text):
    """Processor time of every run: other work on the machine counts less than in the wall time."""
    share = [float(p) / 100 for p in re.findall(r"([\d.]+)% CPU use", text)]
    return [float(t) * p for t, p in zip(re.findall(r"Loop time of (\S+)", text), share)]


def atoms(folder, ions, count, side):
    rng = np.random.default_rng(1)
    cells = int(np.ceil(count ** (1 / 3)))
    grid = np.mgrid[0:cells, 0:cells, 0:cells].reshape(3, -1).T[:count] * side / cells
    x = grid + 0.3 * rng.random((count, 3))
    types = np.r_[np.ones(ions, int), np.full(count - ions, 2)]
    write_data(folder / "data", Box(side, side, side), rng.permutation(types), x, [22.99, 12.011])


def blocks(commands, steps):
    """Return the bare block, then for each (define, undefine) a block of `steps` steps."""
    deck = f"run 50\nrun {steps}\n"
    for define, undefine in commands:
        deck += f"{define}\nrun {steps}\n{undefine}\n"
    return deck


def coordination(folder, steps=400):
    atoms(folder, 500, 1000, 22.0)
    stock = (
        "compute c ions coord/atom cutoff 5.0 group all\ncompute r ions reduce sum c_c\nfix o all ave/time 1 1 1 c_r",
        "unfix o\nuncompute r\nuncompute c",
    )
    ours = (
        "compute c ions ion/environment 5.0 5.0 host\ncompute r ions reduce sum c_c[1]\nfix o all ave/time 1 1 1 c_r",
        "unfix o\nuncompute r\nuncompute c",
    )
    t = loop_times(good(HEAD + blocks([stock, ours, stock, ours], steps), folder).text)[1:]
    base, stock_time, our_time = t[0], min(t[1], t[3]), min(t[2], t[4])
    return (our_time - base) / (stock_time - base), (our_time - base) / (steps + 1) * 1e3


def volume(folder, steps=10):
    times = {}
    for ions in (50, 100, 200):
        atoms(folder, ions, 1000, 22.0)
        ours = (
            "compute c ions ion/environment 5.0 5.0 host volume 5.0 0.0 spacing 0.25\nfix o all ave/time 1 1 1 c_c[3]",
            "unfix o\nuncompute c",
        )
        t = loop_times(good(HEAD + blocks([ours], steps), folder).text)[1:]
        times[ions] = (t[1] - t[0]) / steps
    return times


def transport(folder, samples=3000):
    atoms(folder, 1000, 1000, 22.0)
    deck = HEAD + f"run {samples // 2}\nfix t ions ion/transport 1 maxlag 1000\nrun 1100\nrun {samples}\n"
    t = loop_times(good(deck, folder, timeout=600).text)
    return (t[2] - t[0] * 2) / samples * 1e3


def layer_map(folder, steps=3000, rounds=4):
    """{mode: (ratio to chunk/atom, ratio to the stock way to the same table, us per step)}.

    The stock way: chunk/atom and the heights of either layer averaged by fix ave/chunk. All atoms
    rest and the neighbor list is kept, so that the bare run is short; the best of some rounds.
    """
    box = Box(30, 30, 20)
    rng = np.random.default_rng(1)
    low, top = (np.c_[rng.random((500, 2)) * 30, z + 0.1 * rng.standard_normal(500)] for z in (5.0, 9.0))
    write_data(folder / "data", box, np.repeat([1, 2], 500), np.r_[low, top], [22.99, 12.011])
    bins = "compute c all chunk/atom bin/2d x lower 1.5 y lower 1.5\n"
    stock = (
        bins + "compute p all property/chunk c count\nfix o all ave/time 1 1 1 c_p mode vector",
        "unfix o\nuncompute p\nuncompute c",
    )
    table = (
        bins + "variable z atom z\nfix o ions ave/chunk 1 1 1 c v_z\nfix q host ave/chunk 1 1 1 c v_z",
        "unfix o\nunfix q\nuncompute c",
    )
    modes = ("kernel", "bin", "node")
    ours = [
        (
            f"compute c all layer/map ions host 20 20 mode {m}\nfix o all ave/time 1 1 1 c_c[3] mode vector",
            "unfix o\nuncompute c",
        )
        for m in modes
    ]
    head = HEAD.replace("velocity all create 300 3\n", "").replace("every 20", "every 1000000")
    text = good(head + blocks([("", ""), stock, table, *ours] * rounds, steps), folder, timeout=600).text
    t = np.array(loop_times(text)[2:]).reshape(rounds, -1).min(0)
    t = (t[1:] - t[0]) / steps * 1e6
    return {m: (t[k + 2] / t[0], t[k + 2] / t[1], t[k + 2]) for k, m in enumerate(modes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ratio, ms = coordination(folder)
        print(f"ion/environment coordination: {ratio:.2f} x coord/atom ({ms:.3f} ms per step; target 1.5 x)")
        times = volume(folder)
        print(
            "ion/environment volume, 1000 atoms: "
            + ", ".join(f"{n} ions {t:.3f} s" for n, t in times.items())
            + " (target 0.5 s for 100 ions, linear)"
        )
        print(f"ion/transport, 1000 ions, 1000 lags: {transport(folder):.2f} ms per sample (target 2 ms)")
        for mode, (ratio, other, us) in layer_map(folder).items():
            print(
                f"layer/map mode {mode}, 20 x 20 nodes, 1000 atoms: {ratio:.2f} x chunk/atom bin/2d with property/chunk, "
                f"{other:.2f} x the stock way to the same table ({us:.0f} us per step; target 3 x)"
            )


if __name__ == "__main__":
    main()
