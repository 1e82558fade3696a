# SPDX-License-Identifier: GPL-2.0-only
"""A Lennard-Jones potential as a model file against LAMMPS' own lj/cut, in every output.

Compared: energy, forces, global virial, energy, stress and centroid stress of every atom, in units
metal and real, with every mode and number of ranks. Limit: 1e-13 of the largest value of its kind.
"""

import functools

import lammps_run
import numpy as np
import pytest
import toy_systems

SYSTEMS = ["liquid", "box", "tilted", "slab", "clusters", "lone"]
MODES = {1: ["folded", "ghost", "shell"], 2: ["ghost", "shell"], 4: ["ghost", "shell"]}
UNITS = ["metal", "real"]
FIELDS = [f"c_stress[{k}]" for k in range(1, 7)] + [f"c_centroid[{k}]" for k in range(1, 10)]
COMPUTES = """
compute stress all stress/atom NULL virial
compute centroid all centroid/stress/atom NULL virial
"""
PRESSURE = {"metal": lammps_run.EV_PER_A3, "real": 68568.415}  # LAMMPS' nktv2p
CELLS = [(u, n, m, s) for u in UNITS for n, modes in MODES.items() for m in modes for s in SYSTEMS]


def stock(units="metal"):
    """Return lj/cut with the parameters of the toy lj."""
    scale = lammps_run.KCAL_PER_EV if units == "real" else 1.0
    return f"""
pair_style lj/cut 8.5
pair_modify mix arithmetic
pair_coeff 1 1 {0.0104 * scale:.17g} 3.4
pair_coeff 2 2 {0.0031 * scale:.17g} 2.74
"""


def tag(cell):
    return "-".join(str(word) for word in cell)


@pytest.fixture(scope="session")
def runs(toys, tmp_path_factory):
    """runs(ranks) -> Finished: per units and structure first lj/cut, then the model in each mode."""

    @functools.cache
    def get(ranks):
        folder = tmp_path_factory.mktemp(f"lj{ranks}")
        deck = ""
        for units in UNITS:
            for name in SYSTEMS:
                deck += lammps_run.load(f"{units}{name}", toy_systems.system(name), folder, units=units)
                lines = COMPUTES + stock(units)
                deck += lammps_run.evaluate(tag((units, ranks, "stock", name)), lines, FIELDS)
                coeff = f"pair_coeff * * {toys / 'lj.pt'} Ar Ne\n"
                for mode in MODES[ranks]:
                    lines = f"pair_style equivariant exchange {mode}\n" + coeff
                    deck += lammps_run.evaluate(tag((units, ranks, mode, name)), lines, FIELDS)
                    coeff = ""
        return lammps_run.lmp(deck, folder, ranks, timeout=300)

    return get


@pytest.mark.parametrize("cell", CELLS, ids=tag)
def test_every_output_equals_lj_cut(cell, runs, measured):
    units, ranks, mode, name = cell
    found, stock_ = (
        lammps_run.point(runs(ranks), tag((units, ranks, way, name)), PRESSURE[units]) for way in (mode, "stock")
    )
    pairs = {
        "energy": (found.energy, stock_.energy),
        "forces": (found.forces, stock_.forces),
        "virial": (found.virial, stock_.virial),
        "pe/atom": (found.columns["c_natpe"], stock_.columns["c_natpe"]),
        "stress/atom": rows("stress", 6, found, stock_),
        "centroid/stress/atom": rows("centroid", 9, found, stock_),
    }
    for what, (mine, theirs) in pairs.items():
        error = np.abs(mine - theirs).max() / max(np.abs(theirs).max(), 1.0)
        measured(f"lj/cut, units {units}: relative error", what, error)
        assert error <= 1e-13, what
    if name != "lone":
        assert np.abs(stock_.columns["c_stress[1]"]).max() > 1.0 and abs(stock_.energy) > 0.01


def rows(kind, width, *points):
    return [np.stack([p.columns[f"c_{kind}[{k}]"] for k in range(1, width + 1)]) for p in points]


@pytest.mark.parametrize("name", SYSTEMS)
def test_atoms_sum_to_the_whole(name, runs):
    """Per-atom energies and virials (which LAMMPS gives as pressure x volume) add up."""
    found = lammps_run.point(runs(2), f"metal-2-ghost-{name}")
    assert found.columns["c_natpe"].sum() == pytest.approx(found.energy, abs=1e-11)
    for k, (a, b) in enumerate(lammps_run.PLACES, 1):
        whole = -found.virial[a, b] * lammps_run.EV_PER_A3
        for kind in ["stress", "centroid"] if k <= 6 else ["centroid"]:
            total = found.columns[f"c_{kind}[{k}]"].sum()
            assert total == pytest.approx(whole, abs=1e-6 + 1e-12 * abs(whole))


def test_types_grouped_to_one_element(toys, tmp_path):
    """Four atom types, two elements: the types may come in any order."""
    two = toy_systems.system("box")
    split = [t if k % 2 else {1: 4, 2: 3}[t] for k, t in enumerate(two.types)]
    four = lammps_run.System(two.atoms, ["a", "b", "c", "d"], split)
    deck = lammps_run.single_point("two", two, tmp_path, lammps_run.pair(toys / "lj.pt", ["Ar", "Ne"]))
    names = ["Ar", "Ne", "Ne", "Ar"]
    deck += lammps_run.single_point("four", four, tmp_path, lammps_run.pair(toys / "lj.pt", names))
    done = lammps_run.lmp(deck, tmp_path, 2)
    first, second = (lammps_run.point(done, name) for name in ("two", "four"))
    assert set(split) == {1, 2, 3, 4}
    assert first.energy == pytest.approx(second.energy, rel=1e-14)
    assert np.abs(first.forces - second.forces).max() <= 1e-12
