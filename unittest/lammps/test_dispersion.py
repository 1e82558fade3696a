# SPDX-License-Identifier: GPL-2.0-only
"""pair_style dispersion/d3/opt: LAMMPS' own dispersion/d3, simple-dftd3, derivatives."""

import json
import os
import pathlib
import subprocess

import lammps_run
import numpy as np
import pytest
import structures
from ase import Atoms
from ase.build import bulk, graphene, molecule
from ase.neighborlist import neighbor_list
from test_pair_lj import COMPUTES, FIELDS

RANKS = pytest.mark.parametrize("ranks", [1, 2, 4])
LISTS = "neigh_modify one 20000 page 400000\n"
PBE = {
    "bj": {"s6": 1.0, "s8": 0.7875, "a1": 0.4289, "a2": 4.4407},
    "original": {"s6": 1.0, "s8": 0.722, "rs6": 1.217, "rs8": 1.0, "alp": 14.0},
    "zerom": {"s6": 1.0, "s8": 0.0, "rs6": 2.340218, "rs8": 1.0, "alp": 14.0, "bet": 0.129434},
    "bjm": {"s6": 1.0, "s8": 0.35894, "a1": 0.012092, "a2": 5.938951},
}


def graphite():
    """32 C of graphite (AB), rattled; periodic, hexagonal."""
    layer = graphene(a=2.46, size=(1, 1, 1))
    cell = layer.cell.array.copy()
    cell[2] = [0.0, 0.0, 6.7]
    positions = np.concatenate([layer.positions, layer.positions + [0.0, 2.46 / np.sqrt(3.0), 3.35]])
    atoms = Atoms("C4", positions, cell=cell, pbc=True).repeat((4, 2, 1))
    atoms.rattle(0.05, seed=11)
    return atoms


def sodium():
    """16 Na (bcc), rattled."""
    atoms = bulk("Na", "bcc", a=4.19, cubic=True).repeat(2)
    atoms.rattle(0.08, seed=12)
    return atoms


def aminobenzene():
    """Aniline on graphene (5x5), vacuum along z."""
    atoms = graphene(a=2.46, size=(5, 5, 1))
    atoms.cell[2] = [0.0, 0.0, 18.0]
    guest = molecule("C6H6")
    guest.positions[:] += [5.0, 5.0, 9.0 - guest.positions[:, 2].mean()]
    nitrogen = guest.positions[6] + 0.35 * (guest.positions[6] - guest.positions[0])
    guest.positions[6] = nitrogen + [0.0, 0.83, 0.2]
    atoms.positions[:, 2] = 5.5
    atoms += guest + Atoms("NH", [nitrogen, nitrogen + [0.0, -0.83, 0.2]])
    atoms.pbc = [True, True, False]
    atoms.rattle(0.03, seed=13)
    return atoms


def mxene():
    """Ti2CO2 under graphene, without the sodium of structures.mxene_on_graphene."""
    atoms = structures.mxene_on_graphene()
    return atoms[atoms.numbers != 11]


STRUCTURES = {
    "graphite": graphite,
    "Ti2CO2/graphene": mxene,
    "bcc Na": sodium,
    "aminobenzene/graphene": aminobenzene,
    "amorphous C + Na": structures.amorphous_carbon,
    "triclinic": structures.short_triclinic,
    "clusters": structures.far_clusters,
    "lone atom": structures.lone_atom,
    "Na in graphite": structures.na_in_graphite,
    "Na in Ti2CO2/graphene": structures.mxene_on_graphene,
}
# sodium or titanium with so many neighbors that LAMMPS' sum of Gaussians is below its limit, 1e-99
CROWDED = ["triclinic", "Ti2CO2/graphene", "Na in graphite", "Na in Ti2CO2/graphene"]


def lines(style, damping, system, cutoff=12.0, cn_cutoff=10.0, functional="pbe"):
    names = " ".join(system.names)
    return f"{LISTS}{COMPUTES}pair_style {style} {damping} {functional} {cutoff} {cn_cutoff}\npair_coeff * * {names}\n"


def evaluate(cases, folder, ranks=1, before="", units="metal", **options):
    """Run {tag: (system, lines)}; return {tag: Point}."""
    deck = ""
    for tag, (system, text) in cases.items():
        deck += lammps_run.single_point(tag, system, folder, text, before, units, FIELDS)
    done = lammps_run.lmp(deck, folder, ranks, **options)
    unit = lammps_run.EV_PER_A3 if units == "metal" else 68568.415
    return {tag: lammps_run.point(done, tag, unit) for tag in cases}


def differences(found, truth, fields=("c_natpe", *FIELDS)):
    """Return the largest differences of energy, forces, virial and columns, each by the largest of its kind."""
    pairs = [(found.energy, truth.energy), (found.forces, truth.forces), (found.virial, truth.virial)]
    pairs += [(found.columns[f], truth.columns[f]) for f in fields]
    return [np.abs(np.subtract(a, b)).max() / max(np.abs(b).max(), 1e-10) for a, b in pairs]


@RANKS
def test_numbers_of_the_stock_style(ranks, tmp_path, measured):
    cases = {}
    for k, name in enumerate(name for name in STRUCTURES if name not in CROWDED):
        system = lammps_run.System(STRUCTURES[name]())
        for damping in PBE:
            for style in ("dispersion/d3", "dispersion/d3/opt"):
                cases[f"{k}-{damping}-{style[14:] or 'stock'}"] = system, lines(style, damping, system)
    found = evaluate(cases, tmp_path, ranks)
    stress = [f for f in FIELDS if "stress" in f]
    for tag in [t[: -len("stock")] for t in cases if t.endswith("stock")]:
        errors = differences(found[tag + "opt"], found[tag + "stock"], ["c_natpe", *stress])
        measured(
            "dispersion/d3/opt against dispersion/d3: energy, forces, virial, atoms", tag, *errors[:3], max(errors[3:])
        )
        assert max(errors) <= 1e-10, tag


def every_element():
    """One atom of each of the 94 elements, far enough apart that LAMMPS' sums of Gaussians are above its limit."""
    places = np.stack(np.meshgrid(*[np.arange(5) * 5.8] * 3), -1).reshape(-1, 3)[:94]
    order = np.random.default_rng(1)
    atoms = Atoms(numbers=np.arange(1, 95), positions=order.permutation(places), cell=[30.0] * 3, pbc=False)
    atoms.positions += 1.0 + order.uniform(-0.6, 0.6, atoms.positions.shape)
    return atoms


def known_functionals(style, damping, folder):
    """Return the functionals that a style's refusal of one lists."""
    deck = f"units metal\nregion b block 0 9 0 9 0 9\ncreate_box 1 b\npair_style {style} {damping} nothing 9 9\n"
    return lammps_run.attempt(deck, folder).errors()[0].split("known are:")[1].split("(src")[0].split()


def test_every_functional_and_element(tmp_path, measured):
    """Against the stock style; what it does not know (LAMMPS of PyPI: mn15, r2scan) against simple-dftd3."""
    atoms = every_element()
    system = lammps_run.System(atoms)
    deck = start = lammps_run.load("box", system, tmp_path) + LISTS + "thermo_style custom step pe pxx fmax\n"
    elements = " ".join(system.names)
    cases = [(damping, name) for damping in PBE for name in known_functionals("dispersion/d3/opt", damping, tmp_path)]
    assert len(cases) == 118
    for damping, name in cases:
        deck += f"pair_style dispersion/d3/opt {damping} {name} 12 12\npair_coeff * * {elements}\nrun 0 post no\n"
        deck += f'print "@ {damping}:{name}:opt $(pe:%.15g) $(pxx:%.15g) $(fmax:%.15g)"\n'
    found = lammps_run.lmp(deck, tmp_path).printed()
    worst, unknown = 0.0, []
    for damping, name in cases:
        stock = f"{start}pair_style dispersion/d3 {damping} {name} 12 12\npair_coeff * * {elements}\nrun 0 post no\n"
        stock += 'print "@ stock $(pe:%.15g) $(pxx:%.15g) $(fmax:%.15g)"\n'
        done = lammps_run.attempt(stock, tmp_path)
        if done.code != 0:
            assert "unctional" in done.errors()[0], done.errors()
            unknown.append((damping, name))
            continue
        truth = np.array(done.printed()["stock"])
        worst = max(worst, np.abs(np.array(found[f"{damping}:{name}:opt"]) / truth - 1.0).max())
    measured("94 elements: all functionals that dispersion/d3 knows; largest relative difference", "", worst)
    assert worst <= 1e-10 and {name for _, name in unknown} <= {"mn15", "r2scan"}
    if not unknown:
        return
    atoms = atoms[:86]  # newer programs have other references from francium on
    system = lammps_run.System(atoms)
    mine = {n: (system, lines("dispersion/d3/opt", d, system, 12.0, 12.0, n)) for d, n in unknown}
    found = evaluate(mine, tmp_path)
    for (_, name), truth in zip(
        unknown, independent([(atoms, d, 12.0, 12.0, {"method": n}) for d, n in unknown], tmp_path)
    ):
        # LAMMPS rounds the parameters of r2scan to four decimals, and so does this style
        assert found[name].energy == pytest.approx(truth["energy"], rel=2e-4 if name == "r2scan" else 1e-6), name


def independent(cases, folder):
    """Return what simple-dftd3 says of [(atoms, damping, cutoff, cn_cutoff, parameters or those of PBE)]."""
    python = os.environ.get("NATROLITE_PYTHON_d3")
    if not python:
        pytest.skip("no environment d3 with simple-dftd3: give NATROLITE_PROVIDE=ON or -DNATROLITE_PYTHON_d3=PYTHON")
    described = [
        {
            "numbers": a.numbers.tolist(),
            "positions": a.positions.tolist(),
            "cell": a.cell.tolist() if a.pbc.any() else None,
            "pbc": a.pbc.tolist(),
            "damping": damping,
            "parameters": parameters[0] if parameters else PBE[damping],
            "cutoff": cutoff,
            "cn_cutoff": cn_cutoff,
        }
        for a, damping, cutoff, cn_cutoff, *parameters in cases
    ]
    (folder / "in.json").write_text(json.dumps(described))
    script = pathlib.Path(__file__).with_name("d3_reference.py")
    subprocess.run([python, script, folder / "in.json", folder / "out.json"], check=True, timeout=300)
    return json.loads((folder / "out.json").read_text())


def test_numbers_of_simple_dftd3(tmp_path, measured):
    """Everywhere, also where the stock style is wrong: its C6 jumps to the nearest references where atoms crowd."""
    keys = [(name, damping) for name in STRUCTURES for damping in PBE if name != "lone atom"]
    truth = independent([(STRUCTURES[name](), damping, 12.0, 10.0) for name, damping in keys], tmp_path)
    cases = {}
    for k, (name, damping) in enumerate(keys):
        system = lammps_run.System(STRUCTURES[name]())
        for style in ("dispersion/d3", "dispersion/d3/opt"):
            cases[f"{k}-{style[14:] or 'stock'}"] = system, lines(style, damping, system)
    found = evaluate(cases, tmp_path)
    for k, ((name, damping), expected) in enumerate(zip(keys, truth)):
        system = cases[f"{k}-opt"][0]
        forces = np.array(expected["forces"]) @ system.rotation
        virial = system.rotated(np.array(expected["virial"]))
        errors = {}
        for style in ("opt", "stock"):
            p = found[f"{k}-{style}"]
            errors[style] = [
                abs(p.energy / expected["energy"] - 1.0),
                np.abs(p.forces - forces).max() / np.abs(forces).max(),
                np.abs(p.virial - virial).max() / np.abs(virial).max(),
            ]
        measured(
            "dispersion/d3/opt, dispersion/d3 against simple-dftd3: energy, forces, virial",
            f"{name}, {damping}",
            *errors["opt"],
            *errors["stock"],
        )
        # its radii have other last digits; the virial of a slab in vacuum is what is left of larger terms
        assert max(errors["opt"][:2]) <= 5e-6 and errors["opt"][2] <= 1e-5, (name, damping)
        if name in CROWDED[1:]:
            assert errors["stock"][0] > 1e-4 and errors["stock"][1] > 1e-3


def between_pairs(atoms, near):
    """Return a cutoff near `near` that no pair of atoms crosses in a small step: the energy jumps there."""
    r = np.sort(neighbor_list("d", atoms, near + 0.3))
    r = np.append(r[r > near - 0.3], near + 0.3)
    widest = np.argmax(np.diff(r))
    assert r[widest + 1] - r[widest] > 2e-3
    return 0.5 * (r[widest] + r[widest + 1])


@pytest.mark.parametrize("ranks", [1, 2])
def test_numdiff(ranks, tmp_path, measured):
    """LAMMPS' own central differences of the energy, by atom and by strain."""
    columns = [f"f_force[{k}]" for k in (1, 2, 3)]
    cases = [("Na in graphite", "bj"), ("triclinic", "original"), ("triclinic", "zerom")]
    deck = ""
    for k, (name, damping) in enumerate(cases):
        system = lammps_run.System(STRUCTURES[name]())
        deck += lammps_run.load(f"c{k}", system, tmp_path, "atom_modify map array")
        deck += "fix force all numdiff 1 1.0e-4\nfix strain all numdiff/virial 1 1.0e-5\n"
        cutoffs = (between_pairs(STRUCTURES[name](), near) for near in (8.0, 6.5))
        text = lines("dispersion/d3/opt", damping, system, *cutoffs)
        deck += lammps_run.evaluate(f"c{k}", text, columns)
        deck += f'print "@ strain-c{k} ' + " ".join(f"$(f_strain[{m}]:%.17g)" for m in range(1, 7)) + '"\n'
    done = lammps_run.lmp(deck, tmp_path, ranks)
    for k, (name, damping) in enumerate(cases):
        found, volume = lammps_run.point(done, f"c{k}"), lammps_run.System(STRUCTURES[name]()).volume
        numeric = np.stack([found.columns[c] for c in columns], 1)
        pressure = done.printed()[f"strain-c{k}"] / lammps_run.EV_PER_A3
        voigt = [found.virial[a, b] / volume for a, b in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]]
        errors = (
            np.abs(numeric - found.forces).max() / np.abs(found.forces).max(),
            np.abs(pressure - voigt).max() / np.abs(voigt).max(),
        )
        measured("dispersion/d3/opt: numdiff, numdiff/virial", f"{name}, {damping}", *errors)
        assert np.abs(found.forces).max() > 1e-2 and max(errors) <= 3e-7, name


def test_rotation(tmp_path):
    atoms = structures.far_clusters()
    turned = atoms.copy()
    turned.rotate(37.0, (1.0, 2.0, -0.5))
    q = np.linalg.lstsq(
        atoms.positions - atoms.positions.mean(0), turned.positions - turned.positions.mean(0), rcond=None
    )[0]
    cases = {name: lammps_run.System(a) for name, a in [("one", atoms), ("two", turned)]}
    found = evaluate({t: (s, lines("dispersion/d3/opt", "bj", s, 15.0)) for t, s in cases.items()}, tmp_path)
    one, two = found["one"], found["two"]
    assert two.energy == pytest.approx(one.energy, rel=1e-12)
    assert np.abs(two.forces - one.forces @ q).max() <= 1e-12


def test_heat_current_of_the_centroid_virial(tmp_path):
    """sum_i W_i v_i is d/dt of sum_i r_i U_i less what the energies carry along, by differences along v."""
    atoms = structures.far_clusters()[:7]
    velocities, h = np.random.default_rng(5).normal(size=(len(atoms), 3)), 1e-4
    systems = {}
    for name, side in ("at", 0.0), ("on", h), ("back", -h):
        moved = atoms.copy()
        moved.positions += side * velocities
        systems[name] = lammps_run.System(moved)
    found = evaluate(
        {t: (s, lines("dispersion/d3/opt", "original", s, 9.0, 9.0)) for t, s in systems.items()}, tmp_path
    )
    energy = {t: p.columns["c_natpe"] for t, p in found.items()}
    where = {t: s.atoms.positions for t, s in systems.items()}
    rate = (where["on"].T @ energy["on"] - where["back"].T @ energy["back"]) / (2.0 * h) - velocities.T @ energy["at"]
    w = np.zeros((len(atoms), 3, 3))
    for k, (a, b) in enumerate(lammps_run.PLACES, 1):
        w[:, a, b] = -found["at"].columns[f"c_centroid[{k}]"] / lammps_run.EV_PER_A3
    # dE_k/dt = sum_j dE_k/dr_j v_j: the rate less sum_j r_j F_j v_j is sum_k r_k dE_k/dt + ...
    power = np.einsum("ia,ib,ib->a", where["at"], found["at"].forces, velocities)
    current = np.einsum("iab,ib->a", w, velocities)
    assert np.abs(current).max() > 1e-3
    assert np.abs(rate + power - current).max() <= 1e-6 * np.abs(current).max()
    assert np.abs(w - w.transpose(0, 2, 1)).max() > 1e-4
