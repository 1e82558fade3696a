# SPDX-License-Identifier: GPL-2.0-only
"""Starting structures of the hard-carbon data: crystals, layers, close contacts, and what dynamics begins with.

`info` of a structure names its `kind`, by which errors are reported and the teacher is chosen, its `source`, a name of
its own, by which frames are divided into training and test data, and, where dynamics begins with it, its `program`:
variables of in.melt.
"""

import numpy as np
from ase import Atoms
from ase.build import bulk
from dft.__main__ import structures
from distill.crystals import insert, layer, perturb

DFT = structures("hard-carbon")  # the starts of the DFT frames
DENSITIES, FULL = DFT.DENSITIES, DFT.FULL  # g/cm^3, and Na per C at 100 % loading
ELEMENTS = ["C", "Na"]
A_GRAPHENE, A_DIAMOND, A_SODIUM = 2.46, 3.57, 4.20  # Angstrom
LAYERED = ("graphene", "graphene-sodium", "graphite", "graphite-sodium")
SHARED = ("graphene", "diamond", "sodium-metal")  # kinds that both teachers can do
BORDER = ("graphene", "sodium-metal")  # of these, what the layers are made of
LIQUID = 3000.0  # K, of the thermostat, from which a frame is of a liquid
SHEETS = [(2, 0), (3, 1), (3, 0)]  # lattices of a layer: 8, 14, 18 atoms
CONTACTS = {"CC": (0.85, 1.25), "CNa": (1.1, 2.1), "NaNa": (1.5, 2.7)}  # Angstrom, closest distances


def sheet(indices, a=A_GRAPHENE):
    """Return graphene."""
    return layer("C2", [(1 / 3, 2 / 3), (2 / 3, 1 / 3)], [0, 0], a, indices)


def graphite(indices, spacing, rng, sodium=0):
    """Return two layers in a cell of twice the spacing (Angstrom), shifted by chance, with sodium between them."""
    lower = sheet(indices, rng.normal(A_GRAPHENE, 0.02))
    upper = lower.copy()
    upper.positions += [*rng.uniform(0, 2.5, 2), spacing]
    atoms = lower + upper
    atoms.set_cell([*atoms.cell.array[:2], [0, 0, 2 * spacing]], scale_atoms=False)
    return insert(atoms, sodium, 1.6, spacing - 1.6, rng) if sodium else atoms


def _graphite(rng):
    return graphite(SHEETS[rng.integers(3)], rng.uniform(2.6, 6.0), rng)


def _graphite_sodium(rng):
    indices = SHEETS[rng.integers(3)]
    most = max(1, round(len(sheet(indices)) * 2 * FULL / 2))
    return graphite(indices, rng.uniform(3.9, 6.0), rng, int(rng.integers(1, most + 1)))


def _graphene(rng):
    return sheet([(3, 0), (3, 1), (4, 0)][rng.integers(3)], rng.normal(A_GRAPHENE, 0.04))


def _graphene_sodium(rng):
    return insert(sheet([(3, 0), (3, 1), (4, 0)][rng.integers(3)]), int(rng.integers(1, 4)), 1.7, 4.5, rng)


def _diamond(rng):
    return bulk("C", "diamond", a=rng.normal(A_DIAMOND, 0.1), cubic=True).repeat(
        [(2, 1, 1), (2, 2, 1)][rng.integers(2)]
    )


def _sodium(rng):
    return bulk("Na", "bcc", a=rng.normal(A_SODIUM, 0.18), cubic=True).repeat(2)


def _chain(rng):
    """Two straight chains of 6 to 10 C along z, side by side: what hot carbon of low density has, and no crystal."""
    number, bond, side = int(rng.integers(3, 6)) * 2, rng.normal(1.30, 0.02), rng.uniform(6.0, 9.0)
    along = bond * np.arange(number)
    alternation = rng.uniform(0, 0.03) * (-1.0) ** np.arange(number)  # of the bonds, as in polyyne
    one = np.column_stack([np.zeros(number), np.zeros(number), along + alternation])
    other = one + [rng.uniform(2.8, side - 2.8), rng.uniform(0, side), rng.uniform(0, 2 * bond)]
    return Atoms(f"C{2 * number}", [*one, *other], cell=[side, side, number * bond], pbc=True)


def contact(rng):
    """Return a crystal or layer with one atom moved to a short distance from another."""
    pair = list(CONTACTS)[rng.integers(3)]
    host = {"CC": _diamond if rng.random() < 0.5 else _graphene, "CNa": _graphene_sodium, "NaNa": _sodium}[pair](rng)
    mover = int(np.flatnonzero(host.numbers == (6 if pair == "CC" else 11))[0])
    others = [i for i in np.flatnonzero(host.numbers == (11 if pair == "NaNa" else 6)) if i != mover]
    partner = others[np.argmin(host.get_distances(mover, others, mic=True))]
    host.set_distance(partner, mover, rng.uniform(*CONTACTS[pair]), fix=0, mic=True)
    return host


CRYSTALS = {
    "graphite": _graphite,
    "diamond": _diamond,
    "graphite-sodium": _graphite_sodium,
    "graphene": _graphene,
    "sodium-metal": _sodium,
    "graphene-sodium": _graphene_sodium,
    "chain": _chain,
}


def shared(count, seed):
    """Return count little strained and rattled structures of the kinds that both teachers can do, in turn."""
    rng, frames = np.random.default_rng(seed), []
    for number in range(count):
        kind = SHARED[number % len(SHARED)]
        perfect = {"graphene": sheet((3, 0)), "diamond": bulk("C", "diamond", a=A_DIAMOND, cubic=True),
                   "sodium-metal": bulk("Na", "bcc", a=A_SODIUM, cubic=True).repeat(2)}[kind]  # fmt: skip
        frame = perturb(perfect, rng, strain=0.01, rattle=(0.01, 0.06))
        frame.info = {"kind": kind, "source": f"shared-{number}"}
        frames.append(frame)
    return frames


def crystals(count, seed):
    """Return count strained and rattled crystals and layers, and a contact after each third, the same for a seed."""
    rng, frames = np.random.default_rng(seed), []
    kinds = list(CRYSTALS)
    for number in range(count):
        if number % 4 == 3:
            frame, kind = contact(rng), "contact"
        else:
            kind = kinds[(number - number // 4) % len(kinds)]
            frame = perturb(CRYSTALS[kind](rng), rng, strain=0.02, rattle=(0.02, 0.16))
        frame.info = {"kind": kind, "source": f"start-{number}"}
        frames.append(frame)
    return frames


def melts(count, seed, atoms):
    """Return count structures with programs: random carbon with and without sodium, crystals and layers.

    atoms: range of the numbers of carbon atoms.
    """
    rng, frames = np.random.default_rng(seed), []
    for number in range(count):
        turn, place = divmod(number, 5)
        if place == 4:
            frame = _heated(list(CRYSTALS)[turn % len(CRYSTALS)], rng)
        else:
            frame = (_molten, _sodiated)[place % 2](2 * turn + place // 2, int(rng.integers(*atoms)), rng)
        frame.info["source"] = f"molten-{number}"
        frames.append(frame)
    return frames


def state(program, step, settings):
    """Return the kind of a frame of carbon: by the temperature of the thermostat at its step."""
    share = min(max((step - settings["hold"]) / settings["quench"], 0.0), 1.0)
    temperature = program["hot"] + share * (program["cold"] - program["hot"])
    return "carbon-liquid" if temperature > LIQUID else "carbon-quenched"


def _with(frame, kind, **program):
    frame.info = {"kind": kind, "program": program}
    return frame


def _molten(turn, carbon, rng):
    hot = rng.uniform(12000, 14000) if turn % 3 == 0 else 8000.0
    start = DFT.random_carbon(carbon, DENSITIES[turn % 4] * rng.uniform(0.95, 1.05), rng)
    return _with(start, "carbon", hot=hot, cold=300.0, timestep=0.0005 if hot > 9000 else 0.001)


def _sodiated(turn, carbon, rng):
    density = DENSITIES[turn % 4] * rng.uniform(0.95, 1.05)
    full = carbon * FULL * (0.5 if density > 2.2 else 1.0)  # there is no room for more
    start = DFT.random_carbon(carbon, density, rng, max(1, round(full * rng.uniform(0.1, 1.0))))
    return _with(start, "carbon-sodium", hot=6000.0, cold=rng.uniform(300, 1500), rest=200)


def _heated(kind, rng):
    hottest = {"sodium-metal": 1500.0, "diamond": 4000.0}.get(kind, 2000.0)
    return _with(perturb(CRYSTALS[kind](rng), rng, strain=0.015, rattle=(0.01, 0.03)), kind, hot=hottest, cold=300.0)
