# SPDX-License-Identifier: GPL-2.0-only
"""pair_style equivariant as a sub-style: NULL types, stock partners, two models in one hybrid."""

import lammps_run
import numpy as np
import pytest
import toy_systems
import toys_numpy
from test_pair_lj import COMPUTES, FIELDS, stock

RANKS = pytest.mark.parametrize("ranks", [1, 2, 4])
D3 = "dispersion/d3 bj pbe 15.0 10.0"  # its damping "zero" would be a style of its own to hybrid


def results(decks, folder, ranks, system="box"):
    """Run {tag: lines} on one structure, each afresh; return {tag: Point}."""
    s = toy_systems.system(system)
    deck = ""
    for name, lines in decks.items():
        deck += lammps_run.single_point(name, s, folder, COMPUTES + lines, fields=FIELDS)
    done = lammps_run.lmp(deck, folder, ranks)
    return {name: lammps_run.point(done, name) for name in decks}


def agree(found, *parts, limit=1e-11):
    """Assert that a Point is the sum of others: energy, forces, virial, all columns but proc."""
    assert found.energy == pytest.approx(sum(p.energy for p in parts), abs=limit)
    assert np.abs(found.forces - sum(p.forces for p in parts)).max() <= limit
    assert np.abs(found.virial - sum(p.virial for p in parts)).max() <= limit
    for key in ["c_natpe", *FIELDS]:
        total = sum(p.columns[key] for p in parts)
        assert np.abs(found.columns[key] - total).max() <= limit * max(1.0, np.abs(total).max()), key


def overlay(*styles):
    """Return the deck lines of hybrid/overlay from (style with keywords, pair_coeff words)."""
    lines = "pair_style hybrid/overlay " + " ".join(style for style, _ in styles) + "\n"
    return lines + "".join(f"pair_coeff * * {coeff}\n" for _, coeff in styles)


@RANKS
def test_null_types_beside_lj_cut(ranks, toys, tmp_path):
    """The model does Ar-Ar, lj/cut the rest: together they are lj/cut for all."""
    lines = f"""
pair_style hybrid equivariant lj/cut 8.5
pair_coeff * * equivariant {toys / "lj.pt"} Ar NULL
pair_coeff 1 2 lj/cut {np.sqrt(0.0104 * 0.0031):.17g} 3.07
pair_coeff 2 2 lj/cut 0.0031 2.74
"""
    found = results({"mixed": lines, "stock": stock()}, tmp_path, ranks)
    agree(found["mixed"], found["stock"])


@RANKS
def test_overlay_with_stock_styles(ranks, toys, tmp_path):
    """mp3 + lj/cut, and mp3 + dispersion/d3, are the sums of what each gives alone."""
    mp3 = f"{toys / 'mp3.pt'} Ar Ne"
    lj = "pair_coeff 1 1 lj/cut 0.01 3.4\npair_coeff 1 2 lj/cut 0.005 3.0\npair_coeff 2 2 lj/cut 0.003 2.7\n"
    decks = {
        "mp3": f"pair_style equivariant\npair_coeff * * {mp3}",
        "lj": "pair_style lj/cut 6\n" + lj.replace("lj/cut ", ""),
        "d3": f"pair_style {D3}\npair_coeff * * Ar Ne",
        "mp3lj": f"pair_style hybrid/overlay equivariant lj/cut 6\npair_coeff * * equivariant {mp3}\n{lj}",
        "mp3d3": overlay(("equivariant", f"equivariant {mp3}"), (D3, "dispersion/d3 Ar Ne")),
    }
    found = results(decks, tmp_path, ranks)
    agree(found["mp3lj"], found["mp3"], found["lj"])
    total, parts = found["mp3d3"], (found["mp3"], found["d3"])  # d3 has no centroid stress
    assert total.energy == pytest.approx(sum(p.energy for p in parts), abs=1e-11)
    assert np.abs(total.forces - sum(p.forces for p in parts)).max() <= 1e-11
    assert np.abs(total.virial - sum(p.virial for p in parts)).max() <= 1e-11
    assert abs(found["d3"].energy) > 0.1 and abs(found["lj"].energy) > 0.1


@RANKS
def test_two_models_on_the_same_atoms(ranks, toys, tmp_path):
    """Two instances with exchanges of different widths and modes in one hybrid/overlay."""
    mp, mp3 = f"{toys / 'mp.pt'} Ar Ne", f"{toys / 'mp3.pt'} Ar Ne"
    styles = ("equivariant", f"equivariant 1 {mp3}"), ("equivariant exchange ghost", f"equivariant 2 {mp}")
    decks = {
        "mp": f"pair_style equivariant\npair_coeff * * {mp}",
        "mp3": f"pair_style equivariant exchange ghost\npair_coeff * * {mp3}",
        "both": overlay(*styles),
        "charged": overlay(styles[0], ("equivariant charge 1 spin 3", f"equivariant 2 {toys / 'charged.pt'} Ar Ne")),
    }
    found = results(decks, tmp_path, ranks)
    agree(found["both"], found["mp"], found["mp3"])
    s = toy_systems.system("box")
    s.atoms.info = {"charge": 1.0, "spin": 3.0}
    energy = toys_numpy.evaluate("charged", s.atoms)[0]
    assert found["charged"].energy == pytest.approx(energy + found["mp3"].energy, abs=1e-11)


@RANKS
@pytest.mark.parametrize("system", ["box", "tilted", "clusters"])
def test_two_models_on_different_types(system, ranks, toys, tmp_path):
    """Ar by mp3, Ne by mp, nothing between them: each is its formula on its own atoms."""
    lines = f"""
comm_modify cutoff 16.0
pair_style hybrid equivariant equivariant exchange {"shell" if ranks == 2 else "auto"} zero 5.0
pair_coeff * * equivariant 1 {toys / "mp3.pt"} Ar NULL
pair_coeff * * equivariant 2 {toys / "mp.pt"} NULL Ne
pair_coeff 1 2 zero
"""
    found = results({"two": lines}, tmp_path, ranks, system)["two"]
    s = toy_systems.system(system)
    energy, forces, virial = 0.0, np.zeros((len(s), 3)), np.zeros((3, 3))
    for toy, element in ("mp3", "Ar"), ("mp", "Ne"):
        chosen = [symbol == element for symbol in s.atoms.get_chemical_symbols()]
        part = toys_numpy.evaluate(toy, s.atoms[chosen])
        energy += part[0]
        forces[chosen] = part[1] @ s.rotation
        virial += s.rotated(part[2])
    assert found.energy == pytest.approx(energy, abs=1e-11)
    assert np.abs(found.forces - forces).max() <= 1e-12
    assert np.abs(found.virial - virial).max() <= 1e-11


def test_fix_pair_finds_a_sub_style(toys, tmp_path):
    """Per-atom fields of one of two instances, and zero for the atoms that it does not have."""
    lines = f"""
pair_style hybrid equivariant equivariant zero 5.0
pair_coeff * * equivariant 1 {toys / "mp3.pt"} Ar NULL
pair_coeff * * equivariant 2 {toys / "peratom.pt"} NULL Ne
pair_coeff 1 2 zero
fix field all pair 1 equivariant:2 coordination 0
"""
    s = toy_systems.system("box")
    deck = lammps_run.single_point("field", s, tmp_path, lines, fields=["f_field"])
    found = lammps_run.point(lammps_run.lmp(deck, tmp_path, 2), "field").columns["f_field"]
    neon = s.atoms.numbers == 10
    truth = toys_numpy.evaluate("peratom", s.atoms[neon])[3]["coordination"]
    assert np.abs(found[neon] - truth).max() <= 1e-12
    assert not found[~neon].any()
