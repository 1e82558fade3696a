# SPDX-License-Identifier: GPL-2.0-only
"""Starts of the Janus data set: aniline, aminobenzene on graphene, sodium, and all of them together."""

import numpy as np
from ase import Atoms
from ase.build import bulk, graphene

from dft.cp2k import Settings
from dft.trajectory import Trajectory, boxed, crystal, insert, unpaired

SETTINGS = Settings(eps_scf=1e-4)
GRAPHENE = 2.466  # A, PBE
RING, CH, CN, NH = 1.40, 1.09, 1.40, 1.01
KPOINTS = (4, 4, 1)  # of 3 x 3 graphene
NA2 = 3.08  # A, bond of the molecule
GAPS = (9.0, 9.4, 9.8, 10.3, 11.0, 12.5)  # A, periods of the stack of gaps


def trajectories(seed):
    """All trajectories, seeded; the curves of the card first, then the kinds in turns, so that a part of the list has all of
    them, the largest cells last."""
    kinds = [aniline, aniline_sodium, sodium_metal, stacks, graphene_sodium, sodium_clusters, double_stacks, gaps]
    *small, large, scans = [kind(np.random.default_rng([seed, number])) for number, kind in enumerate(kinds)]
    return scans + [kind[i] for i in range(max(map(len, small))) for kind in small if i < len(kind)] + large


def with_spin(atoms):
    """Return a molecule or cluster."""
    return unpaired(atoms, True)


def phenylamine(foot):
    """Aminobenzene along +z, in the plane x = 0, with its first carbon at the origin; foot: that carbon's H too."""
    angles = np.radians([-90, -30, 30, 90, 150, 210])
    ring = RING * np.array([np.zeros(6), np.cos(angles), np.sin(angles)]).T + [0, 0, RING]
    outward = np.array([np.zeros(6), np.cos(angles), np.sin(angles)]).T
    hydrogens = ring + CH * outward
    nitrogen = ring[3] + [0, 0, CN]
    amine = nitrogen + NH * np.array([[0.25, 0.84, 0.48], [0.25, -0.84, 0.48]])
    keep = [0, 1, 2, 4, 5] if foot else [1, 2, 4, 5]
    return Atoms(f"C6H{len(keep)}NH2", [*ring, *hydrogens[keep], nitrogen, *amine])


def turned(rng):
    """Aniline turned at random about each axis by up to 20 degrees, so that its cell stays small."""
    molecule = phenylamine(True)
    for axis in "xyz":
        molecule.rotate(rng.uniform(-20, 20), axis)
    return molecule


def aniline(rng):
    """Return the molecule in a cell of its own, with a neighbor, and with its dipole in vacuum."""
    single = [
        Trajectory(f"aniline-{t}", "aniline", [with_spin(crystal(turned(rng), 3.0))], t, 4) for t in (300, 600, 450)
    ]
    vacuum = Trajectory("aniline-vacuum", "aniline", [with_spin(boxed(phenylamine(True), 4.0))], 450, 4)
    pairs = []
    for i in range(4):
        pair = phenylamine(True)
        other = phenylamine(True)
        other.rotate(rng.uniform(0, 360), "z")
        other.rotate(rng.choice([0, 180]) + rng.uniform(-30, 30), "y")
        other.translate(
            [rng.uniform(3.6, 5.0), *rng.uniform(-1, 1, 2)] - other.get_center_of_mass() + pair.get_center_of_mass()
        )
        pairs.append(Trajectory(f"aniline-pair-{i}", "aniline", [with_spin(crystal(pair + other, 3.5))], 450, 3))
    return [*single, *pairs, vacuum]


def aniline_sodium(rng):
    """Sodium moved towards N, the ring's face and its edge in large cells; 2 to 8 Na about the molecule in small cells."""
    molecule = phenylamine(True)
    nitrogen = molecule.positions[list(molecule.symbols).index("N")]
    center = molecule.positions[:6].mean(axis=0)
    paths = {"n": (nitrogen, [-0.9, 0, 0.44]), "face": (center, [1, 0, 0]), "edge": (center, [0, 1, 0])}
    scans = []
    for name, (origin, direction) in paths.items():
        first = {"n": 2.2, "face": 2.4, "edge": 4.4}[name]
        images = [
            with_spin(
                crystal(molecule + Atoms("Na", [origin + d * np.array(direction) / np.linalg.norm(direction)]), 6.0)
            )
            for d in (first, first + 0.3, first + 0.7, first + 1.3, first + 2.5)
        ]
        scans.append(Trajectory(f"aniline-na1-{name}", "aniline-sodium", images))
    cells = []
    for i, number in enumerate([2, 4, 8, 2, 6, 4, 2, 8, 4, 6, 2, 4]):
        start = crystal(turned(rng), 4.5 + 0.3 * number)
        near = [j for j, s in enumerate(start.symbols) if s in ("N" if i % 2 else "C")]
        start = insert(start, "Na", number, rng, (near, 2.2, 4.0))
        cells.append(
            Trajectory(
                f"aniline-na{number}-{i}",
                "aniline-sodium",
                [with_spin(start)],
                (300, 450, 600)[i % 3],
                4,
                kpoints=(2, 2, 2),
            )
        )
    return [*cells[:2], scans[1], *cells[2:4], scans[2], *cells[4:6], scans[0], *cells[6:]]


def sodium_clusters(rng):
    """Return an atom, the molecule at several distances, and clusters of 3 to 8, all in vacuum."""
    atom = with_spin(boxed(Atoms("Na", [[0, 0, 0]]), 5.5))
    pairs = [with_spin(boxed(Atoms("Na2", [[0, 0, 0], [0, 0, d]]), 4.5)) for d in (2.7, NA2, 3.6, 4.8)]
    few = [Trajectory("na-atom", "sodium", [atom]), Trajectory("na2", "sodium", pairs)]
    for number in (4, 8, 6, 3):
        seed = Atoms("Na", [[0, 0, 0]], cell=[20] * 3)
        while len(seed) < number:
            seed = insert(seed, "Na", 1, rng, (list(range(len(seed))), 3.0, 3.6))
        few.append(Trajectory(f"na{number}", "sodium", [with_spin(boxed(gathered(seed), 4.5))], 500, 2))
    return few


def gathered(cluster):
    """Return a cluster that does not go over the borders of its cell."""
    cluster = cluster.copy()
    cluster.pbc = True
    cluster.positions = cluster.positions[0] + cluster.get_distances(0, range(len(cluster)), mic=True, vector=True)
    return cluster


def sodium_metal(rng):
    """bcc at several volumes as two-atom cells, shaken and molten cells of 16 atoms."""
    cells = [metallic(bulk("Na", "bcc", a, cubic=True)) for a in (3.9, 4.05, 4.2, 4.35, 4.6)]
    lattice = [Trajectory("bcc", "sodium-metal", cells, kpoints=(8, 8, 8))]
    for i, (a, temperature) in enumerate([(4.2, 300), (4.35, 800), (4.05, 300), (4.5, 1000)]):
        start = bulk("Na", "bcc", a, cubic=True).repeat(2)
        start.set_cell(start.cell.array @ (np.eye(3) + np.triu(rng.uniform(-0.04, 0.04, (3, 3)))), scale_atoms=True)
        start.rattle(0.05, rng=rng)
        lattice.append(Trajectory(f"na16-{i}", "sodium-metal", [metallic(start)], temperature, 4, kpoints=(3, 3, 3)))
    return lattice


def metallic(atoms):
    """Sodium's band and doped graphene: not polarized, also with an odd number of electrons."""
    atoms.pbc = True
    return unpaired(atoms, False)


def sheet(height, cells=3):
    """Graphene at z = 0 in a cell of this height (A), the second vector at 120 degrees."""
    layer = graphene(a=GRAPHENE, size=(cells, cells, 1))
    layer.set_cell([*layer.cell[:2], [0, 0, height]])
    return metallic(layer)


def graphene_sodium(rng):
    """Sodium between sheets, one or two of them, at gaps from 3.6 to 8 A."""
    made = []
    for i, (gap, number) in enumerate([(4.5, 1), (6.5, 2), (3.6, 0), (8.0, 3), (5.0, 3), (4.4, 2)]):
        start = insert(sheet(gap), "Na", number, rng)
        made.append(
            Trajectory(
                f"sheet-na{number}-{i}",
                "graphene-sodium",
                [metallic(start)],
                500,
                4,
                kpoints=(*KPOINTS[:2], 2 if gap < 6 else 1),
            )
        )
    for i, number in enumerate([1, 3]):
        upper = sheet(8.6)
        upper.positions += [0, GRAPHENE / np.sqrt(3), rng.uniform(3.3, 4.6)]
        start = insert(sheet(8.6) + upper, "Na", number, rng)
        made.append(
            Trajectory(f"bilayer-na{number}-{i}", "graphene-sodium", [metallic(start)], 500, 3, kpoints=KPOINTS)
        )
    return made


def pillared(height, rng, upside_down=False):
    """Return a sheet of 18 C with one aminobenzene upright on it, turned and tilted by up to 15 degrees."""
    layer = sheet(height)
    pillar = phenylamine(False)
    pillar.rotate(rng.uniform(0, 360), "z")
    pillar.rotate(rng.uniform(0, 15), [*rng.normal(size=2), 0], center=(0, 0, 0))
    anchor = rng.integers(len(layer))
    layer.positions[anchor, 2] += 0.4
    pillar.translate(layer.positions[anchor] + [0, 0, 1.55])
    both = layer + pillar
    if upside_down:
        both.positions[:, 2] *= -1
    return metallic(both)


def stacks(rng):
    """One layer as an endless stack: 0 to 8 Na, sampled while the gap goes from 10 to one of 6 to 10 A."""
    made = []
    sodium = [1, 0, 2, 4, 1, 3, 2, 0, 6, 8, 1, 2, 4, 3, 5, 0, 2, 1, 8, 4, 6, 2, 1, 3]
    for i, number in enumerate(sodium):
        start = pillared(10.0, rng)
        near = None if i % 2 else ([j for j, s in enumerate(start.symbols) if s == "N"], 2.2, 4.5)
        start = insert(start, "Na", min(number, 2), rng, near)
        start = insert(start, "Na", number - min(number, 2), rng)
        end = round(rng.uniform(6.0, 10.0), 2)
        made.append(
            Trajectory(
                f"stack-na{number}-{i}",
                "janus-stack",
                [metallic(start)],
                (300, 450, 600)[i % 3],
                6,
                end,
                kpoints=KPOINTS,
            )
        )
    return made


def gaps(rng):
    """One rigid layer as an endless stack of several periods (A), empty and with a Na at N: curves for the card."""
    empty = pillared(GAPS[0], rng)
    nitrogen = [j for j, s in enumerate(empty.symbols) if s == "N"]
    made = []
    for number in (0, 1):
        start = insert(empty, "Na", number, rng, (nitrogen, 2.3, 2.6))
        images = []
        for height in GAPS:
            image = start.copy()
            image.set_cell([*start.cell[:2], [0, 0, height]])
            images.append(metallic(image))
        made.append(Trajectory(f"gap-na{number}", "janus-gap", images, kpoints=KPOINTS))
    return made


def double_stacks(rng):
    """Two layers, the second one's pillar up or down, with 0 to 6 Na."""
    made = []
    for i, number in enumerate([2, 0, 4, 6]):
        lower, upper = pillared(19.0, rng), pillared(19.0, rng, upside_down=i % 2 == 1)
        upper.translate([0, 0, 9.5 if i % 2 == 0 else 15.2])
        start = lower + upper
        start.wrap()
        start = insert(start, "Na", number, rng)
        made.append(
            Trajectory(
                f"double-na{number}-{i}",
                "janus-double-stack",
                [metallic(start)],
                450,
                3,
                round(rng.uniform(15.0, 19.0), 2),
                kpoints=KPOINTS,
            )
        )
    return made
