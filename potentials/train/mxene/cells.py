# SPDX-License-Identifier: GPL-2.0-only
"""Starting structures of the MXene data: layers, stacks of them, sodium.

`info` of a structure names its `kind`, by which errors are reported,
and its `source`, a name of its own, by which frames are divided into training and test data.
"""

import numpy as np
from ase import Atoms
from ase.build import bulk
from distill.crystals import TOO_CLOSE, cell, closest, insert, layer, perturb, press

A_MXENE, A_GRAPHENE, A_SODIUM = 3.03, 2.46, 4.20  # Angstrom
TITANIUM, OXYGEN = 1.30, 2.23  # Angstrom, heights over the plane of carbon in Ti2CO2
LAYERS = ["graphene", "go", "goh"]
FREE = 0.8  # of the sum of two covalent radii: nearer is an overlap
PRESSED = (0.6, 0.85)  # of the same: how near Na is brought to another atom, which dynamics hardly shows
OH = 0.97  # Angstrom
RATTLE = (0.01, 0.07)  # Angstrom, range of the standard deviation of displacements; at 600 K carbon has 0.05

# Cells in which both layers fit: (m, n) of MXene and of graphene, their lattices being m a1 + n a2 and the
# same turned by 120 degrees. Atoms: 23, 34, 71, 130. Strain is shared evenly, except in the last, where
# graphene takes it all (the cell of the publication).
STACKS = {"r3": ((2, 1), (2, 0)), "r4": ((2, 0), (3, 1)), "r9": ((3, 0), (4, 1)), "r16": ((4, 0), (5, 0))}


def mxene(indices=(1, 0), a=A_MXENE):
    """Return Ti2CO2: carbon in the middle, oxygen outside, each over the titanium of the other side."""
    fractions = [(0, 0), (1 / 3, 2 / 3), (2 / 3, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1 / 3)]
    heights = [0, -TITANIUM, TITANIUM, OXYGEN, -OXYGEN]
    return layer("CTi2O2", fractions, heights, a, indices)


def graphene(indices=(1, 0), a=A_GRAPHENE, group="graphene", side=1, oh=(0.90, 0.20, 0.30)):
    """Return graphene, with one O ("go") or OH ("goh") on a carbon, above (side 1) or below (-1).

    oh: from O to H, Angstrom, z away from graphene."""
    atoms = layer("C2", [(1 / 3, 2 / 3), (2 / 3, 1 / 3)], [0, 0], a, indices)
    foot = atoms.positions[0]
    if group == "go":
        atoms += Atoms("O", positions=[foot + [0, 0, side * 1.40]])
    elif group == "goh":
        oxygen = foot + [0, 0, side * 1.48]
        atoms += Atoms("OH", positions=[oxygen, oxygen + np.array(oh) * [1, 1, side]])
    return atoms


def sodium(repeat=2, a=A_SODIUM):
    """Return bcc sodium, repeat^3 cubic cells."""
    return bulk("Na", "bcc", a=a, cubic=True).repeat(repeat)


def stack(name, group="graphene", distance=3.3, side=1, shift=(0.0, 0.0), **direction):
    """Return MXene with graphene above it.

    name: key of STACKS; distance: from the upper oxygen to the plane of graphene, Angstrom; side: of the
    group, -1 is the gallery; shift: of graphene along the layers, Angstrom; direction: oh of graphene().
    """
    of_mxene, of_graphene = STACKS[name]
    lower = mxene(of_mxene)
    upper = graphene(of_graphene, group=group, side=side, **direction)
    common = lower.cell.lengths()[0]
    if name != "r16":
        common = (common + upper.cell.lengths()[0]) / 2
    for part in (lower, upper):
        part.set_cell(cell(common), scale_atoms=True)
    upper.positions += [*shift, OXYGEN + distance]
    return lower + upper


def parents(rng):
    """Yield (kind, unperturbed structure) without end, in turn the kinds of the data.

    The 130 atoms of the published cell appear with each eighth stack only: small cells teach the same for less.
    """
    names = ["r3", "r4", "r3", "r9", "r4", "r3", "r4", "r16"]
    for turn in range(10**6):
        name, side = names[turn % len(names)], int(rng.choice([-1, 1]))
        group, small = LAYERS[turn % 3], [(2, 0), (2, 1), (3, 0)][turn % 3]
        yield "mxene", mxene(small, a=rng.normal(A_MXENE, 0.03))
        yield group, graphene((3 + turn % 2, 0), a=rng.normal(A_GRAPHENE, 0.025), group=group)
        inside = group != "graphene" and side < 0
        yield f"mxene-{group}", _apart(name, group, side, 2.9 if inside else 2.5, rng)[0]
        if group != "graphene":
            yield f"mxene-{group}-exchange", _exchange(name, group, rng)
        bare, distance = _apart(name, group, side, 4.4 if inside else 3.8, rng)
        most = {"r3": 1, "r4": 2, "r9": 5, "r16": 9}[name]
        room = OXYGEN + 1.2, OXYGEN + distance - 1.5
        full = insert(bare, int(rng.integers(1, most + 1)), *room, rng)
        yield f"mxene-{group}-na", full
        if turn % 2:
            yield f"mxene-{group}-na-pressed", press(full, "Na", *PRESSED, rng)
        yield from _without_partner(turn, group, small, rng)


def _apart(name, group, side, lowest, rng, highest=6.0):
    """Return a stack of random distance and shift, OH in any direction, without overlaps; and the distance (Angstrom)."""
    while True:
        polar, azimuth = np.radians(rng.uniform(0, 80)), rng.uniform(0, 2 * np.pi)
        along = np.sin(polar)
        oh = OH * np.array([along * np.cos(azimuth), along * np.sin(azimuth), np.cos(polar)])
        distance = rng.uniform(lowest, highest)
        stacked = stack(name, group, distance, side, rng.uniform(0, 3, 2), oh=oh)
        if closest(stacked) > FREE:
            return stacked, distance


def _exchange(name, group, rng):
    """Return a stack in which the face's O below a group in the gallery is on its way up to it, and the group's H on
    its way down to that O: what must cost energy."""
    while True:
        stacked, _ = _apart(name, group, -1, 2.9, rng, 4.6)
        oxygens = np.flatnonzero(stacked.symbols == "O")
        own, face = oxygens[-1], oxygens[np.abs(stacked.positions[oxygens, 2] - OXYGEN) < 0.1]
        partner = face[np.argmin(stacked.get_distances(own, face, mic=True))]
        if group == "go" or rng.random() < 0.5:
            stacked.positions[partner, 2] += rng.uniform(0.2, 1.6)
        if group == "goh":
            way = stacked.get_distance(own, partner, mic=True, vector=True)
            length = np.linalg.norm(way)
            place = rng.uniform(OH, max(length - OH, OH))
            stacked.positions[-1] = stacked.positions[own] + way / length * place
        if closest(stacked) > FREE:
            return stacked


def _without_partner(turn, group, small, rng):
    """Yield sodium on one layer, or sodium metal, in turn."""
    if turn % 3 == 0:
        yield "mxene-na", insert(mxene(small), int(rng.integers(1, 3)), OXYGEN + 1.2, OXYGEN + 3.5, rng)
    elif turn % 3 == 1:
        bare = graphene((4, 0), group=group, side=-1)
        yield f"{group}-na", insert(bare, int(rng.integers(1, 3)), 1.8, 4.0, rng)
    else:
        # far from rest as well: D3 pulls, and only the model holds against it
        metal = sodium(2 + (turn % 9 == 8), a=rng.uniform(3.5, 4.7))
        yield "sodium", metal
        yield "sodium-pressed", press(metal, "Na", *PRESSED, rng)


def galleries(count, seed):
    """Return count stacks near rest, in turn by cell, layer and number of sodium ions: what a relaxation starts with."""
    rng, frames = np.random.default_rng(seed), []
    for number in range(count):
        name, group = ["r9", "r4", "r9", "r16"][number % 4], LAYERS[number % 3]
        full = {"r4": 2, "r9": 5, "r16": 9}[name]
        ions = round(full * (number % 5) / 4)
        inside = ions or (group != "graphene" and number % 2 == 0)
        lowest, highest = (3.6, 4.6) if inside else (3.2, 3.3)
        stacked, _ = _apart(name, group, -1 if inside else 1, lowest, rng, highest)
        if ions:
            stacked = insert(stacked, ions, OXYGEN + 1.3, OXYGEN + 2.6, rng)
        stacked.info = {"kind": "relaxed-na" if ions else "relaxed", "source": f"relaxed-{number}"}
        frames.append(stacked)
    return frames


def generate(count, seed):
    """Return count perturbed structures, the same for the same seed."""
    rng = np.random.default_rng(seed)
    frames = []
    for number, (kind, parent) in zip(range(count), parents(rng), strict=False):
        apart = 0.9 * PRESSED[0] if kind.endswith("pressed") else TOO_CLOSE
        frame = perturb(parent, rng, rattle=RATTLE, apart=apart)
        frame.info = {"kind": kind, "source": f"start-{number}"}
        frames.append(frame)
    return frames
