# SPDX-License-Identifier: GPL-2.0-only
"""Cost of DFT-D3 in LAMMPS: dispersion/d3/opt against dispersion/d3, and D3's share of a step.

    python benchmarks/dispersion/run.py [--plugins DIR] [--model sevennet-0.pt] [--rounds N]

Prints the tables of benchmarks/dispersion/README.md. Times are processor time of lmp per atom and step: that of
a run of many steps less that of one of few, neighbor lists not rebuilt; rounds of the styles take turns, the
best counts. --model: a native SevenNet-0 (`natrolite export sevennet-0`) for the deck of Ti2CO2 and graphene.
"""

import argparse
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "unittest")]

import structures  # noqa: E402
import timing  # noqa: E402

STYLES = ("dispersion/d3", "dispersion/d3/opt")
CUTOFFS = ((15.0, 10.0), (21.17, 21.17))
SKIN = 2.0
DECK = """
units metal
boundary {boundary}
box tilt large
read_data {data}
neighbor {skin} bin
neigh_modify one 20000 page 400000 delay 100000
{pair}
run {steps}
print "@ $(pe:%.15g)"
"""


def graphite(n):
    """n carbon atoms of graphite, about a cube (ase.Atoms); 240 or 2000."""
    from ase import Atoms
    from ase.build import graphene

    layer = graphene(a=2.46, size=(1, 1, 1))
    cell = np.array([layer.cell[0], layer.cell[1], [0.0, 0.0, 6.7]])
    positions = np.concatenate([layer.positions, layer.positions + [0.0, 2.46 / np.sqrt(3.0), 3.35]])
    repeats = {240: (5, 6, 2), 2000: (10, 10, 5)}[n]
    atoms = Atoms("C4", positions, cell=cell, pbc=True).repeat(repeats)
    atoms.rattle(0.03, seed=1)
    return atoms


def run_lmp(atoms, pair, steps, plugins, **variables):
    """Return (seconds of processor time, output) of one lmp."""
    from ase.io import write

    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        names = sorted(set(atoms.get_chemical_symbols()))
        write(data, atoms, format="lammps-data", specorder=names, masses=True)
        boundary = " ".join("p" if p else "f" for p in atoms.pbc)
        deck = DECK.format(
            boundary=boundary, data=data, skin=SKIN, pair=pair.format(names=" ".join(names)), steps=steps
        )
        (pathlib.Path(folder) / "in").write_text(deck)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        lmp = os.environ.get("NATROLITE_LMP") or timing.BIN / "lmp"
        done = subprocess.run(
            [lmp, "-nocite", "-log", "none", "-in", "in"],
            cwd=folder,
            capture_output=True,
            text=True,
            env=timing.environment(plugins) | variables,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or "@ " not in done.stdout:
        sys.exit(f"lmp failed:\n{done.stdout[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def cost(atoms, pair, plugins, steps, **variables):
    """Return (ms per atom and step, output)."""
    few, _ = run_lmp(atoms, pair, 1, plugins, **variables)
    many, output = run_lmp(atoms, pair, 1 + steps, plugins, **variables)
    return 1e3 * (many - few) / steps / len(atoms), output


def d3(style, cutoff, cn_cutoff, damping="bj"):
    return f"pair_style {style} {damping} pbe {cutoff} {cn_cutoff}\npair_coeff * * {{names}}"


def styles(plugins, rounds):
    """Print the table of the two styles."""
    print(
        "| atoms | cutoff, cn_cutoff (A) | damping | d3 (ms/atom-step) | d3/opt | d3 / d3/opt | neighbors/atom | list (kB/atom) |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for n in (240, 2000):
        atoms = graphite(n)
        for cutoff, cn_cutoff in CUTOFFS:
            for damping in ("bj", "original") if n == 240 else ("bj",):
                best = {}
                for _ in range(rounds):
                    for style in STYLES:
                        steps = {"dispersion/d3": 4, "dispersion/d3/opt": 40}[style] * 240 // n or 1
                        time, output = cost(atoms, d3(style, cutoff, cn_cutoff, damping), plugins, steps)
                        best[style] = min(time, best.get(style, np.inf))
                neighbors = float(re.findall(r"Ave neighs/atom = ([\d.]+)", output)[-1])
                stock, mine = (best[style] for style in STYLES)
                print(
                    f"| {n} | {cutoff}, {cn_cutoff} | {damping} | {stock:.3f} | {mine:.4f} | {stock / mine:.1f} "
                    f"| {neighbors:.0f} | {4e-3 * neighbors:.1f} |",
                    flush=True,
                )


def instruction_sets(plugins, rounds):
    """Print the table of the instruction sets that this processor has."""
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    print("\n| NATROLITE_SIMD | d3/opt (ms/atom-step), 240 atoms, 21.17 A |\n|---|---|")
    for name, flag in {"avx512": "avx512f", "avx2": "avx2", "plain": ""}.items():
        if flag and flag not in flags:
            continue
        times = [
            cost(graphite(240), d3(STYLES[1], 21.17, 21.17), plugins, 40, NATROLITE_SIMD=name)[0] for _ in range(rounds)
        ]
        print(f"| {name} | {min(times):.4f} |", flush=True)


def share(plugins, model, rounds):
    """Print D3's part of a step of Ti2CO2, graphene and sodium with a model."""
    atoms = structures.mxene_on_graphene()
    alone = f"pair_style equivariant evaluator native\npair_coeff * * {model} {{names}}"
    print(
        f"\n| Na in Ti2CO2/graphene, {len(atoms)} atoms, cutoffs 21.17 A | ms/atom-step | share of D3 |\n|---|---|---|"
    )
    times = {}
    for _ in range(rounds):
        for style in (None, *STYLES):
            pair = (
                alone
                if style is None
                else (
                    f"pair_style hybrid/overlay equivariant evaluator native {style} bj pbe 21.17 21.17\n"
                    f"pair_coeff * * equivariant {model} {{names}}\npair_coeff * * {style} {{names}}"
                )
            )
            times[style] = min(cost(atoms, pair, plugins, 20)[0], times.get(style, np.inf))
    for style, time in times.items():
        part = "-" if style is None else f"{100.0 * (1.0 - times[None] / time):.0f} %"
        print(f"| SevenNet-0{' + ' + style if style else ''} | {time:.3f} | {part} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plugins", default=ROOT / "build" / "plugins")
    parser.add_argument("--model")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    styles(options.plugins, options.rounds)
    instruction_sets(options.plugins, options.rounds)
    if options.model:
        share(options.plugins, options.model, options.rounds)
    else:
        print("\nno --model: the share of D3 is not measured")
