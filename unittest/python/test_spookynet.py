# SPDX-License-Identifier: GPL-2.0-only
"""SpookyNet: against the original's values, against formulas, over ranks, in training."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import spooky_cases as cases
import torch
from natrolite import evaluate, operators
from natrolite.errors import NatroliteError
from natrolite.spookynet import Settings, SpookyNet, elements, load_parameters
from natrolite.spookynet.dispersion import Dispersion
from natrolite.spookynet.radial import BernsteinBasis, smooth_cutoff, switch_off

REFERENCE = cases.reference()
TERMS = {"charges": "qa", "repulsion": "ea_rep", "electrostatics": "ea_ele", "dispersion": "ea_vdw"}


def relative(found, wanted):
    """Return the largest difference over the largest wanted magnitude."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


@pytest.fixture(scope="module")
def public():
    """lr_cutoff -> the model of the public parameter file, eager and scripted."""
    made = {}

    def get(lr_cutoff, scripted=False, dtype=torch.float64):
        key = lr_cutoff, scripted, dtype
        if key not in made:
            model = load_parameters(cases.PARAMETERS, dtype, lr_cutoff).requires_grad_(False)
            made[key] = torch.jit.script(model) if scripted else model
        return made[key]

    return get


# --- the values of the original code


@pytest.mark.parametrize("scripted", [False, True], ids=["eager", "scripted"])
@pytest.mark.parametrize("case", REFERENCE, ids=[c["name"] for c in REFERENCE])
def test_every_term_of_the_original(public, case, scripted):
    atoms = cases.atoms_of(case)
    found = cases.pairs(atoms, case["lr_cutoff"])
    model = public(case["lr_cutoff"], scripted)
    charge, spin = case["total_charge"], case["unpaired_electrons"]
    out, forces = cases.run(model, found, atoms.numbers - 1, charge, spin)
    assert relative(out["atomic_energy"].sum(), case["energy"]) < 1e-9
    assert relative(forces, case["forces"]) < 1e-9
    for name, key in TERMS.items():
        assert relative(out[name], case[key]) < 1e-9, name
    analytic = out["repulsion"] + out["electrostatics"] + out["dispersion"]
    assert relative(out["atomic_energy"] - analytic, case["ea"]) < 1e-9


@pytest.mark.parametrize("case", REFERENCE, ids=[c["name"] for c in REFERENCE])
def test_single_precision_network(public, case):
    """float32 errors of the network only: 1e-5 eV/atom, 1e-4 eV/A, 1e-5 e; the file's own limits."""
    atoms = cases.atoms_of(case)
    found = cases.pairs(atoms, case["lr_cutoff"])
    model = public(case["lr_cutoff"], dtype=torch.float32)
    charge, spin = case["total_charge"], case["unpaired_electrons"]
    out, forces = cases.run(model, found, atoms.numbers - 1, charge, spin)
    assert abs(out["atomic_energy"].sum() - case["energy"]) < 1e-5 * len(atoms)
    assert np.abs(forces - case["forces"]).max() < 1e-4
    assert np.abs(out["charges"] - case["qa"]).max() < 1e-5
    assert out["charges"].dtype == np.float64
    assert abs(out["charges"].sum() - case["total_charge"]) < 1e-12


def test_element_descriptors_are_those_of_the_file():
    theirs = cases.file_state()["nuclear_embedding.electron_config"]
    assert torch.equal(elements.descriptors(range(87)).float(), theirs)


def test_occupations_add_up():
    for z in range(87):
        assert sum(elements.occupation(z).values()) == z
    assert elements.occupation(24)["3d"] == 5 and elements.occupation(46)["5s"] == 0
    assert elements.valence(11) == [1, 0, 0, 0] and elements.valence(82) == [2, 2, 10, 14]


def test_coordination_numbers_by_hand():
    """C and O at r bohr with a cutoff of 4 bohr: error function, electronegativity, switch."""
    bohr = 0.5291772105638411
    tables = cases.file_tables((6, 8))
    model = Dispersion(tables, 4.0 * bohr)
    contact = 4 / 3 * float(tables.covalent.sum())
    polar = 4.10451 * math.exp(-((3.44 - 2.55 + 19.08857) ** 2) / (2 * 11.28174**2))
    edge, types = torch.tensor([0]), (torch.tensor([0]), torch.tensor([1]))
    for r in (2.0, 3.4, 3.6, 3.9, 4.1):
        t = min(max((r - (4.0 - bohr)) / bohr, 1e-9), 1 - 1e-9)
        up, down = math.exp(-1 / t), math.exp(-1 / (1 - t))
        wanted = 0.5 * polar * math.erfc(7.5 * (r - contact) / contact) * down / (up + down)
        found = model.coordination(torch.tensor([r], dtype=torch.float64), edge, *types, 1).item()
        assert abs(found - wanted) <= 1e-6 * wanted + 1e-100, r


# --- parts against their formulas


def test_basis_is_a_partition_times_cutoff():
    """Bernstein polynomials sum to one, so without decay the basis sums to the cutoff function."""
    basis = BernsteinBasis(7, 4.0, decay=False)
    r = torch.tensor([0.3, 1.0, 2.7, 3.999], dtype=torch.float64)
    assert torch.allclose(basis(r).sum(1), torch.exp(-(r**2) / (16.0 - r**2)), rtol=1e-13)
    z = torch.exp(-0.5 / 0.5291772105638411 * r)
    assert torch.allclose(basis(r)[:, 2], 15 * z**4 * (1 - z) ** 2 * smooth_cutoff(r, 4.0), rtol=1e-12)


def test_switch_values_and_ends():
    r = torch.tensor([0.0, 1.0, 1.5, 2.0, 3.0, 9.0], dtype=torch.float64, requires_grad=True)
    value = switch_off(r, 1.0, 3.0)
    wanted = [1.0, 1.0, np.exp(-4 / 3) / (np.exp(-4) + np.exp(-4 / 3)), 0.5, 0.0, 0.0]
    assert np.allclose(value.detach(), wanted, rtol=1e-14, atol=1e-200)
    value.sum().backward()
    slope = r.grad.tolist()
    assert slope[0] == slope[1] == 0.0 and slope[2] < -0.1 and abs(slope[4]) < 1e-200


# --- physics that any parameters must obey


def energy(model, atoms, charge=1.0, spin=2.0, cutoff=5.0):
    out, _ = cases.run(model, cases.pairs(atoms, cutoff), cases.types_of(atoms), charge, spin, False)
    return out["atomic_energy"].sum()


def test_forces_are_minus_the_gradient():
    model, atoms, h = cases.small_model(), cases.crystal(), 1e-4
    _, forces = cases.run(model, cases.pairs(atoms, 5.0), cases.types_of(atoms), 1.0, 2.0)
    for atom, axis in [(0, 0), (3, 1), (6, 2), (9, 0)]:
        moved = [atoms.copy(), atoms.copy()]
        for sign, copy in zip((1, -1), moved):
            copy.positions[atom, axis] += sign * h
        slope = (energy(model, moved[0]) - energy(model, moved[1])) / (2 * h)
        assert abs(forces[atom, axis] + slope) < 1e-6
    assert np.abs(forces.sum(0)).max() < 1e-12


def test_rotation_reflection_and_order_do_not_matter():
    model, atoms = cases.small_model(lr_cutoff=None), cases.molecule()
    before, forces = cases.run(model, cases.pairs(atoms), cases.types_of(atoms), -1.0, 1.0)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    turn *= -np.sign(np.linalg.det(turn))  # a rotation and an inversion
    order = np.random.default_rng(3).permutation(len(atoms))
    other = atoms[order]
    other.positions = other.positions @ turn.T + [3.0, 2.0, 1.0]
    after, turned = cases.run(model, cases.pairs(other), cases.types_of(other), -1.0, 1.0)
    assert np.allclose(after["atomic_energy"], before["atomic_energy"][order], rtol=0, atol=1e-11)
    assert np.allclose(after["charges"], before["charges"][order], rtol=0, atol=1e-11)
    assert np.allclose(turned, forces[order] @ turn.T, rtol=0, atol=1e-10)


@pytest.mark.parametrize("edge", [3.0, 5.0])
def test_smooth_at_both_cutoffs(edge):
    """Crossing r_max = 3 or lr_cutoff = 5 changes neither the energy nor the force by a step."""
    from ase import Atoms

    model, found = cases.small_model(), []
    for r in (edge - 1e-6, edge + 1e-6):
        atoms = Atoms("NaO", [[0, 0, 0], [r, 0, 0]])
        out, forces = cases.run(model, cases.pairs(atoms, 6.0), cases.types_of(atoms), 1.0, 0.0)
        found.append((out["atomic_energy"].sum(), forces[0, 0]))
    assert abs(found[0][0] - found[1][0]) < 1e-5 and abs(found[0][1] - found[1][1]) < 1e-5


def test_edges_beyond_the_cutoffs_are_not_used():
    model, atoms = cases.small_model(), cases.crystal()
    types = cases.types_of(atoms)
    exact, forces = cases.run(model, cases.pairs(atoms, 5.0), types, 1.0, 2.0)
    wide, same = cases.run(model, cases.pairs(atoms, 8.0), types, 1.0, 2.0)
    assert np.allclose(wide["atomic_energy"], exact["atomic_energy"], rtol=0, atol=1e-12)
    assert np.allclose(same, forces, rtol=0, atol=1e-12)


def test_total_charge_and_spin_have_an_effect_and_charges_add_up():
    model, atoms = cases.small_model(), cases.crystal()
    types, found = cases.types_of(atoms), cases.pairs(atoms, 5.0)
    energies = set()
    for charge, spin in [(0, 0), (1, 0), (-1, 0), (0, 2), (2.5, 3)]:
        out, _ = cases.run(model, found, types, charge, spin, False)
        assert abs(out["charges"].sum() - charge) < 1e-12
        energies.add(round(float(out["atomic_energy"].sum()), 6))
    assert len(energies) == 5
    plus, minus = (energy(model, atoms, 0.0, spin) for spin in (2.0, -2.0))
    assert plus == minus  # up and down are the same


# --- sizes: none, one, no edges; what is refused


@pytest.mark.parametrize("lr_cutoff", [None, 5.0])
@pytest.mark.parametrize("scripted", [False, True], ids=["eager", "scripted"])
def test_no_atoms_one_atom_and_no_edges(lr_cutoff, scripted):
    from ase import Atoms

    model = cases.small_model(lr_cutoff=lr_cutoff)
    model = torch.jit.script(model) if scripted else model
    none = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 3)), None
    out, forces = cases.run(model, none, np.zeros(0, dtype=np.int64))
    assert out["atomic_energy"].shape == (0,) and forces.shape == (0, 3)
    out, forces = cases.run(model, none, cases.types_of(Atoms("Na")), charge=1.0)
    assert out["charges"].tolist() == [1.0] and np.isfinite(out["atomic_energy"]).all()
    assert forces.tolist() == [[0.0, 0.0, 0.0]] and out["repulsion"][0] == 0.0
    if lr_cutoff is not None:
        out, forces = cases.run(model, none, cases.types_of(Atoms("NaH")), charge=1.0)
        assert abs(out["charges"].sum() - 1.0) < 1e-12 and not forces.any()


def test_missing_pairs_without_lr_cutoff_are_an_error():
    model, atoms = torch.jit.script(cases.small_model(lr_cutoff=None)), cases.molecule()
    short = cases.pairs(atoms, 3.5)
    words = f"9 atoms have 72 pairs, but {len(short[0])} edges were given.*--lr-cutoff"
    with pytest.raises(Exception, match=words):
        cases.run(model, short, cases.types_of(atoms))
    swapped = [
        np.sort(np.where(np.arange(72) == 5, 1, part)) if k == 0 else part for k, part in enumerate(cases.pairs(atoms))
    ]
    with pytest.raises(Exception, match="9 atoms have 72 pairs, but 72 edges"):
        cases.run(model, swapped, cases.types_of(atoms))  # one center has an edge too many


def test_a_periodic_system_without_lr_cutoff_is_an_error():
    model, atoms = cases.small_model(lr_cutoff=None), cases.crystal()
    meta = {
        "r_max": 3.0,
        "lr_cutoff": None,
        "atomic_numbers": list(cases.ELEMENTS),
        "type_names": ["H", "C", "O", "Na"],
        "arch": {"all_pairs": True},
    }
    with pytest.raises(NatroliteError, match="periodic.*--lr-cutoff"):
        evaluate.evaluate(model, meta, atoms)
    atoms.pbc = False
    result, _ = evaluate.evaluate(model, meta, atoms)
    out, forces = cases.run(model, cases.pairs(atoms), cases.types_of(atoms))
    assert abs(result.energy - out["atomic_energy"].sum()) < 1e-12
    assert np.allclose(result.forces, forces, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"lr_cutoff": 2.0}, "at least r_max = 3"),
        ({"lr_cutoff": float("nan")}, "at least r_max = 3"),
        ({"atomic_numbers": (1, 87)}, "87"),
        ({"atomic_numbers": (1, 1)}, "distinct"),
        ({"features": 0}, "features.*0"),
        ({"r_max": -1.0}, "r_max.*-1"),
        ({"blocks": {}}, "blocks"),
    ],
)
def test_impossible_settings_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        Settings(**{"atomic_numbers": (1, 6), "r_max": 3.0, **change})


# --- many ranks


@pytest.fixture(scope="module")
def split_runs():
    script = os.path.join(cases.HERE, "spooky_ranks.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


SPLITS = ["two", "three", "first empty", "middle empty", "one atom apart"]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("system", ["crystal", "molecule", "without long range", "nitromethane anion"])
def test_any_split_over_ranks_gives_the_same(split_runs, system, split):
    """Energies, charges, every term and forces to 1e-10, with the same sequence of exchanges."""
    one, many = split_runs[system]["one"], split_runs[system][split]
    for name, value in one["outputs"].items():
        assert np.abs(np.array(many["outputs"][name]) - value).max() < 1e-10, name
    assert np.abs(np.array(many["forces"]) - one["forces"]).max() < 1e-10
    assert many["log"] == one["log"] and len(one["log"]) >= 11


def test_the_unsplit_run_is_the_plain_one(split_runs):
    """The rank simulator itself: one rank gives what natrolite.operators gives."""
    atoms = cases.crystal()
    out, forces = cases.run(cases.small_model(), cases.pairs(atoms, 5.0), cases.types_of(atoms), 1.0, 2.0)
    one = split_runs["crystal"]["one"]
    assert np.abs(np.array(one["forces"]) - forces).max() < 1e-12 and np.abs(forces).max() > 0.1
    assert np.abs(np.array(one["outputs"]["atomic_energy"]) - out["atomic_energy"]).max() < 1e-12


# --- training


def labeled(count):
    """Return [(pairs, types, energy, forces)] of shaken molecules, labeled by a pair potential."""
    rng, data = np.random.default_rng(8), []
    for _ in range(count):
        atoms = cases.molecule()[:5]
        atoms.positions += rng.normal(0, 0.08, atoms.positions.shape)
        i, j, vec, shift = cases.pairs(atoms)
        r = np.linalg.norm(vec, axis=1)
        pair = 20.0 * (r - 1.6) ** 2 * np.exp(-r)
        slope = (40.0 * (r - 1.6) - 20.0 * (r - 1.6) ** 2) * np.exp(-r)
        g = vec * (0.5 * slope / r)[:, None]
        forces = np.zeros((len(atoms), 3))
        np.add.at(forces, i, g)
        np.subtract.at(forces, j, g)
        data.append(((i, j, vec, shift), cases.types_of(atoms), 0.5 * pair.sum(), forces))
    return data


def loss_of(model, sample):
    """Squared errors of energy and forces, differentiable with respect to the weights."""
    (i, j, vec, _), types, wanted, force = sample
    edge_vec = torch.tensor(vec, requires_grad=True)
    types = torch.tensor(types)
    zero = torch.zeros(1, dtype=torch.float64)
    with operators.exchange():
        out = model(
            {
                "edge_vec": edge_vec,
                "edge_index": torch.tensor(np.stack([i, j])),
                "types": types,
                "types_local": types,
                "total_charge": zero,
                "total_spin": zero,
            }
        )
        found = out["atomic_energy"].sum()
        (g,) = torch.autograd.grad([found], [edge_vec], create_graph=True)
    forces = torch.zeros(len(types), 3, dtype=torch.float64)
    forces = forces.index_add(0, torch.tensor(i), g).index_add(0, torch.tensor(j), -g)
    return (found - wanted) ** 2 + (forces - torch.tensor(force)).square().sum()


def test_it_trains():
    """20 configurations, plain Adam on energies and forces: the loss falls tenfold, and to a tenth
    of what the mean energy and no forces would give; the same in eval mode.
    """
    torch.manual_seed(4)
    settings = Settings(cases.ELEMENTS, features=12, basis=6, modules=1, r_max=3.5)
    model = SpookyNet(settings, torch.float64, cases.file_tables(cases.ELEMENTS))
    data = labeled(20)
    start = sum(loss_of(model, sample).item() for sample in data)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    for _ in range(8):
        for k in np.random.default_rng(1).permutation(20):
            optimizer.zero_grad()
            loss_of(model, data[k]).backward()
            optimizer.step()
    end = sum(loss_of(model, sample).item() for sample in data)
    energies = np.array([sample[2] for sample in data])
    constant = np.square(energies - energies.mean()).sum()
    constant += sum(np.square(sample[3]).sum() for sample in data)
    assert end < 0.1 * start and end < 0.1 * constant
    after = sum(loss_of(model.eval(), sample).item() for sample in data)
    assert abs(after - end) < 1e-9 * end  # the stored C6 follow the learned charge scale
