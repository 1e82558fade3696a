# SPDX-License-Identifier: GPL-2.0-only
"""Starts of the hard-carbon data set: liquid and quenched carbon at four densities, with sodium; diamond, graphite with
and without sodium, and sodium metal."""

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal

from dft.cp2k import Settings
from dft.trajectory import Trajectory, insert, unpaired

SETTINGS = Settings(cutoff=400, eps_scf=3e-4, electrons=1000.0, largest_force=100.0, reuse=False)
DENSITIES = (1.5, 2.0, 2.5, 3.0)  # g/cc of carbon
CARBON, GRAM = 12.011, 0.6022141  # u; u/A3 in a g/cc
KPOINTS = (2, 2, 2)
FULL = 1 / 6  # Na per C at 100 % loading


def trajectories(seed):
    """All trajectories, seeded, the kinds taken in turns."""
    kinds = [liquid, quenched, sodiated, metal, layers]
    made = [kind(np.random.default_rng([seed, number])) for number, kind in enumerate(kinds)]
    return [kind[i] for i in range(max(map(len, made))) for kind in made if i < len(kind)]


def random_carbon(number, density, rng, sodium=0):
    """Na, then carbon at random places of a cube of this density of carbon (g/cc), none too near to another one."""
    side = (number * CARBON / (density * GRAM)) ** (1 / 3)
    empty = Atoms(cell=[side] * 3, pbc=True)
    return unpaired(insert(insert(empty, "Na", sodium, rng), "C", number, rng), False)


def carbon(state, temperatures, frames, rng):
    """64 C from a melt of 8000 K or more at each density, then at each temperature (K)."""
    return [
        Trajectory(f"{state}-{density}-{temperature}", f"carbon-{state}", [random_carbon(64, density, rng)], temperature,
                   frames, kpoints=KPOINTS, melt=max(8000, temperature))
        for temperature in temperatures
        for density in DENSITIES
    ]  # fmt: skip


def liquid(rng):
    """64 C from 4000 to 12000 K at each density."""
    return carbon("liquid", (5000, 8000, 4000), 5, rng) + carbon("liquid", (12000,), 3, rng)


def quenched(rng):
    """64 C quenched from the melt, then at 300 and 1000 K."""
    return carbon("quenched", (1000, 300), 4, rng)


def sodiated(rng):
    """64 C quenched, with a quarter, half and all of the Na of a full loading."""
    made = []
    for loading in (1.0, 0.5, 0.25):
        for density in DENSITIES[:3]:
            number = max(1, round(64 * FULL * loading))
            start = random_carbon(64, density, rng, number)
            made.append(
                Trajectory(
                    f"sodiated-{density}-na{number}", "carbon-sodium", [start], 800, 4, kpoints=KPOINTS, melt=6000
                )
            )
    return made


def layers(rng):
    """Diamond of 64 C, and two layers of graphite (64 C) of several spacings (A), empty or with 4 to 8 Na in one gallery
    or in both."""
    cubic = bulk("C", "diamond", 3.57, cubic=True).repeat(2)
    made = [
        Trajectory(f"diamond-{T}", "diamond", [unpaired(cubic, False)], T, 2, kpoints=KPOINTS) for T in (1000, 3000)
    ]
    for spacing, temperature, sodium in ((3.4, 1000, 0), (2.9, 2000, 0), (4.4, 1000, 8), (4.8, 800, 4), (4.0, 1500, 0)):
        atoms = graphite(2.46, 2 * spacing)
        inserted = insert(atoms, "Na", sodium, rng)
        kind = "graphite-sodium" if sodium else "graphite"
        made.append(Trajectory(f"graphite-{spacing}-na{sodium}", kind, [unpaired(inserted, False)], temperature, 3,
                               kpoints=(3, 3, 2)))  # fmt: skip
    return made


def graphite(a, c):
    """4 x 4 cells of AB graphite, a and c in A."""
    places = [(0, 0, 0.25), (1 / 3, 2 / 3, 0.25), (0, 0, 0.75), (2 / 3, 1 / 3, 0.75)]
    return crystal(["C"] * 4, places, cellpar=[a, a, c, 90, 90, 120]).repeat((4, 4, 1))


def metal(rng):
    """bcc Na, rattled."""
    made = []
    for i, (a, temperature) in enumerate([(4.2, 300), (4.4, 800), (4.0, 300)]):
        start = bulk("Na", "bcc", a, cubic=True).repeat(2)
        start.rattle(0.05, rng=rng)
        start = unpaired(start, False)
        made.append(Trajectory(f"na16-{i}", "sodium-metal", [start], temperature, 3, kpoints=(3, 3, 3)))
    return made
