# SPDX-License-Identifier: GPL-2.0-only
"""Derivatives, symmetries and conservation: what must hold whatever the model's numbers are."""

import functools
import itertools

import lammps_run
import numpy as np
import pytest
import structures
import toy_systems
import toys_numpy
from ase import Atoms
from test_pair_lj import COMPUTES, FIELDS

RANKS = pytest.mark.parametrize("ranks", [1, 2, 4])
MODES = {1: ["folded", "ghost", "shell"], 2: ["ghost", "shell"], 4: ["ghost", "shell"]}


def pair_in_mode(toys, toy, mode):
    """Return the deck lines of a toy in a mode; the ghosts reach far enough for every mode."""
    return "comm_modify cutoff 14\n" + lammps_run.pair(toys / f"{toy}.pt", toy_systems.NAMES, f"exchange {mode}") + "\n"


@RANKS
def test_numdiff(ranks, toys, tmp_path, measured):
    """LAMMPS' own central differences of the energy, by atom and by strain, in every mode."""
    columns = [f"f_force[{k}]" for k in (1, 2, 3)]
    cases = list(itertools.product(["mp3", "lj"], ["box", "tilted"], MODES[ranks]))
    deck = ""
    for toy, name, mode in cases:
        tag = f"{toy}-{name}-{mode}"
        deck += lammps_run.load(tag, toy_systems.system(name), tmp_path, "atom_modify map array")
        deck += "fix force all numdiff 1 1.0e-4\nfix strain all numdiff/virial 1 1.0e-5\n"
        deck += lammps_run.evaluate(tag, pair_in_mode(toys, toy, mode), columns)
        strains = " ".join(f"$(f_strain[{k}]:%.17g)" for k in range(1, 7))
        deck += f'print "@ strain-{tag} {strains}"\n'
    done = lammps_run.lmp(deck, tmp_path, ranks)
    for toy, name, mode in cases:
        tag, volume = f"{toy}-{name}-{mode}", toy_systems.system(name).volume
        found = lammps_run.point(done, tag)
        numeric = np.stack([found.columns[c] for c in columns], 1)
        pressure = done.printed()[f"strain-{tag}"] / lammps_run.EV_PER_A3
        voigt = [found.virial[a, b] / volume for a, b in [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]]
        force, stress = np.abs(found.forces).max(), np.abs(voigt).max()
        errors = np.abs(numeric - found.forces).max() / force, np.abs(pressure - voigt).max() / stress
        measured("numdiff, numdiff/virial: relative error", f"{toy}, {name}", *errors)
        assert force > 0.02 and stress > 1e-4, tag
        assert max(errors) <= 1e-7, tag


@functools.cache
def edge_truth(toy, system):
    """Return per-atom virials (6 and 9 components, eV) of a toy, edge by edge from its formula.

    With g = dE/dv of the edge i -> j and w = -v (x) g: half of w for i, half for j (stress/atom);
    all of it for j (centroid/stress/atom).
    """
    s = toy_systems.system(system)
    i, j, shift = toys_numpy.pairs(s.atoms, toys_numpy.FORMULAS[toy][1])
    types, x = np.array(s.types) - 1, s.atoms.positions
    v = x[j] + shift - x[i]
    half, centroid = np.zeros((len(s), 3, 3)), np.zeros((len(s), 3, 3))
    for edge in range(len(i)):
        g = np.zeros(3)
        for d in range(3):
            moved = v.astype(complex)
            moved[edge, d] += 1j * toys_numpy.STEP
            atomic = toys_numpy.FORMULAS[toy][0](i, j, moved, types, {})["atomic_energy"]
            g[d] = atomic.sum().imag / toys_numpy.STEP
        w = s.rotated(-np.outer(v[edge], g))
        half[i[edge]] += 0.5 * w
        half[j[edge]] += 0.5 * w
        centroid[j[edge]] += w
    return half, centroid


@RANKS
def test_atomic_virials_of_a_many_body_model(ranks, toys, tmp_path):
    """Here the nine components differ, and who gets an edge's virial matters."""
    cases = list(itertools.product(["clusters", "slab", "tilted"], MODES[ranks]))
    deck = ""
    for name, mode in cases:
        lines = COMPUTES + pair_in_mode(toys, "mp3", mode)
        system = toy_systems.system(name)
        deck += lammps_run.single_point(f"{name}-{mode}", system, tmp_path, lines, fields=FIELDS)
    done = lammps_run.lmp(deck, tmp_path, ranks)
    for name, mode in cases:
        found = lammps_run.point(done, f"{name}-{mode}")
        half, centroid = edge_truth("mp3", name)
        for k, (a, b) in enumerate(lammps_run.PLACES, 1):
            mine = -found.columns[f"c_centroid[{k}]"] / lammps_run.EV_PER_A3
            assert np.abs(mine - centroid[:, a, b]).max() <= 1e-11, (name, mode)
            assert mine.sum() == pytest.approx(found.virial[a, b], abs=1e-11), (name, mode)
            if k <= 6:
                mine = -found.columns[f"c_stress[{k}]"] / lammps_run.EV_PER_A3
                assert np.abs(mine - half[:, a, b]).max() <= 1e-11, (name, mode)
        assert np.abs(centroid - centroid.transpose(0, 2, 1)).max() > 1e-4
        assert np.abs(centroid - half).max() > 1e-3


def test_energy_is_conserved(toys, tmp_path, measured):
    """2000 steps of 1 fs with 64 atoms at some 100 K: drift from a straight line through E(t)."""
    for ranks in (1, 2):
        deck = lammps_run.load("liquid", toy_systems.system("liquid"), tmp_path)
        deck += (
            lammps_run.pair(toys / "mp3.pt", toy_systems.NAMES)
            + """
velocity all create 200 12 loop geom mom yes dist gaussian
fix move all nve
timestep 0.001
thermo_style custom step etotal temp
variable total equal etotal/atoms
variable warm equal temp
fix record all print 10 "@ $(step) ${total} ${warm}" screen yes
thermo 10
run 2000 post no
"""
        )
        deck = deck.replace("${total} ${warm}", "$(v_total:%.17g) $(v_warm)")
        rows = lammps_run.lmp(deck, tmp_path, ranks).printed()
        time = np.array([int(step) for step in rows]) * 0.001
        energy, temperature = np.array(list(rows.values())).T
        slope = np.polyfit(time, energy, 1)[0]
        measured(
            "NVE: |drift| eV/atom/ps, swing eV/atom, mean K",
            f"mp3, {ranks} rank(s)",
            abs(slope),
            np.ptp(energy),
            temperature.mean(),
        )
        assert len(time) == 201 and temperature.mean() > 30
        assert abs(slope) < 1e-6
        assert np.ptp(energy) < 1e-4


def transformed(atoms):
    """Return {name: (atoms, order, rotation)}: x' = R x for the atoms taken in that order."""
    n, order = len(atoms), np.arange(len(atoms))
    angle = 0.83
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    tip = np.array([[1, 0, 0], [0, 0.6, -0.8], [0, 0.8, 0.6]])
    copies = {}
    for name in ("as it is", "shifted", "wrapped", "renumbered", "rotated", "other cell"):
        copy, permutation, rotation = atoms.copy(), order, np.eye(3)
        if name == "shifted":
            copy.positions += [0.37, -1.91, 2.63]
        elif name == "wrapped" and atoms.pbc.all():
            copy.positions += np.array([[2, -1, 0], [0, 0, 3], [-1, 1, 1]])[order % 3] @ atoms.cell.array
        elif name == "renumbered":
            permutation = np.roll(order[::-1], n // 3)
            copy = copy[permutation]
        elif name == "rotated" and not atoms.pbc.any():
            rotation = tip @ turn
            copy.positions = copy.positions @ rotation.T
        elif name == "other cell" and atoms.pbc.all():
            copy.cell = np.array([[1, 0, 0], [1, 1, 0], [0, -1, 1]]) @ atoms.cell.array
        elif name != "as it is":
            continue
        copies[name] = copy, permutation, rotation
    return copies


def molecule():
    """Return the first of the far clusters, for models of C and Na."""
    return structures.far_clusters()[:7]


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize(
    "model, build",
    [
        ("mp3", toy_systems.box),
        ("mp3", toy_systems.tilted),
        ("mp3", toy_systems.clusters),
        ("tiny", structures.short_triclinic),
        ("tiny", molecule),
    ],
    ids=["mp3-box", "mp3-tilted", "mp3-clusters", "tiny-triclinic", "tiny-molecule"],
)
def test_invariances(model, build, ranks, toys, sevennets, tmp_path):
    """Rotation, translation, wrapping, numbering, another cell of the lattice: same energy.

    Forces turn with the structure. sevenn's tables of rotations are good to 1e-9 only.
    """
    limit = 1e-12 if model == "mp3" else 1e-8
    file = toys / "mp3.pt" if model == "mp3" else sevennets("tiny")[1]["float64"]
    names = toy_systems.NAMES if model == "mp3" else sorted(set(build().get_chemical_symbols()))
    copies, deck = transformed(build()), ""
    assert len(copies) >= 4
    for k, (atoms, *_) in enumerate(copies.values()):
        system = lammps_run.System(atoms, names)
        deck += lammps_run.single_point(f"copy{k}", system, tmp_path, lammps_run.pair(file, names))
    done = lammps_run.lmp(deck, tmp_path, ranks)
    first = lammps_run.point(done, "copy0")
    to_ase = lammps_run.System(build(), names).rotation.T
    for k, (atoms, permutation, rotation) in enumerate(copies.values()):
        found = lammps_run.point(done, f"copy{k}")
        back = lammps_run.System(atoms, names).rotation.T
        assert found.energy == pytest.approx(first.energy, abs=limit * len(atoms))
        expected = ((first.forces @ to_ase) @ rotation.T)[permutation]
        assert np.abs(found.forces @ back - expected).max() <= limit


@RANKS
def test_supercell_of_a_cell_shorter_than_the_cutoff(ranks, toys, sevennets, tmp_path):
    """Eight copies have eight times the energy and virial, and the same forces."""
    cases = {
        "mp3": (toy_systems.tilted(), toys / "mp3.pt", toy_systems.NAMES),
        "tiny": (structures.short_triclinic(), sevennets("tiny")[1]["float64"], ["C", "Na", "O", "Ti"]),
    }
    deck = ""
    for name, (atoms, file, names) in cases.items():
        for copies in (1, 2):
            system = lammps_run.System(atoms.repeat(copies), names)
            deck += lammps_run.single_point(f"{name}{copies}", system, tmp_path, lammps_run.pair(file, names))
    done = lammps_run.lmp(deck, tmp_path, ranks)
    for name in cases:
        one, eight = (lammps_run.point(done, f"{name}{copies}") for copies in (1, 2))
        assert eight.energy == pytest.approx(8 * one.energy, abs=1e-11)
        assert np.abs(eight.virial - 8 * one.virial).max() <= 1e-10
        assert np.abs(eight.forces - np.tile(one.forces, (8, 1))).max() <= 1e-11


def test_no_atoms_of_the_model(toys, tmp_path):
    """A group of a hybrid's model may be empty: no energy, no force, no error, on 1 and 4 ranks."""
    system = lammps_run.System(Atoms("Ar3", [[0, 0, 0], [3, 0, 0], [0, 3, 0]]), toy_systems.NAMES)
    pair = f"""
pair_style hybrid equivariant zero 5.0
pair_coeff * * equivariant {toys / "gmax.pt"} NULL Ne
pair_coeff 1 1 zero
pair_coeff 1 2 zero
"""
    for ranks in (1, 4):
        deck = lammps_run.single_point("none", system, tmp_path, pair)
        found = lammps_run.point(lammps_run.lmp(deck, tmp_path, ranks), "none")
        assert found.energy == 0.0 and not found.forces.any()
