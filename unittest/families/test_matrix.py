# SPDX-License-Identifier: GPL-2.0-only
"""Every family through LAMMPS against the family's own calculator: files, structures, modes, ranks.

`make_FAMILY.py OUT`, run by the family's own Python (NATROLITE_PYTHON_<family>), writes model files
and `cases.json`: a list of objects with
    id, file, dtype, structure (a key of structures.ALL, or `atoms` beside it), charge, spin,
    layers, cutoff (Angstrom), modes (exchange modes the file can run), max_ranks (0 = any),
    energy (eV), forces (eV/A) and stress (eV/A^3, or null without a cell) in ASE's frame,
    charges (e, optional).

A file with a network description runs on both evaluators. Of the cells (file, structure, mode and ranks,
evaluator) so many run that every two meet; with KOKKOS every file, and every structure and kind of file in
every mode (pairwise.py).

Limits: float64 1e-9 eV/atom, eV/A, eV/A^3, e; float32 2e-6 eV/atom, 2e-4 eV/A, 1e-5 eV/A^3, 1e-5 e, as
in test_pair_sevennet.py.
"""

import functools

import lammps_run
import numpy as np
import pairwise
import pytest
import structures
from ase import Atoms
from case_file import FAMILIES
from natrolite import archive

LIMITS = {"float32": (2e-6, 2e-4, 1e-5, 1e-5), "float64": (1e-9,) * 4}
RANKS = [1, 2] if lammps_run.KOKKOS else [1, 2, 4]
MODES = [(1, "folded")] + [(ranks, mode) for ranks in RANKS for mode in ("ghost", "shell")]
ENOUGH = [(1, "folded"), (2, "ghost"), (2, "shell")]  # for the second and further files of a kind
SKIN = 1.0  # Angstrom, of lammps_run.load


def system(case):
    """Return the case's structure in LAMMPS' frame."""
    if "atoms" in case:
        atoms = Atoms(**case["atoms"], pbc=case["atoms"]["cell"] is not None)
    else:
        atoms = structures.ALL[case["structure"]]()
    return lammps_run.System(atoms)


def dense_shell(case, s):
    """Is the shell of all layers too large for a quick test?"""
    reach = case["layers"] * case["cutoff"]
    return s.volume > 0 and len(s) / s.volume * 4.2 * reach**3 > 20000


def evaluators(files, case):
    """Return the values of keyword evaluator that a case's file can run with."""
    described = archive.record(str(files / case["file"]), "extra/native.json") is not None
    return ["native", "torch"] if described else ["torch"]


def kind(case):
    return case["foreign"], case["dtype"], case["strictly_local"]


def representatives(cases):
    """Return the first exported and the first foreign file of each dtype: they run in every way."""
    first = {}
    for case in cases:
        first.setdefault(kind(case), case["file"])
    return set(first.values())


def ways(case, everyway):
    """Return the (ranks, mode) in which a case can and need run."""
    asked = MODES if case["file"] in everyway else ENOUGH
    crowded = dense_shell(case, system(case))
    return [
        (ranks, mode)
        for ranks, mode in asked
        if mode in case["modes"]
        and not (case["max_ranks"] and ranks > case["max_ranks"])
        and not (mode == "shell" and crowded)
    ]


def cells(files, cases):
    """Return the (case, (ranks, mode), evaluator) to run."""
    everyway = representatives(cases)
    rows = [
        (case, way, evaluator)
        for case in cases
        for way in ways(case, everyway)
        for evaluator in evaluators(files, case)
    ]

    def wanted(row):
        case, way, evaluator = row
        file, structure = ("file", case["file"]), ("structure", system(case).atoms.get_chemical_formula())
        if lammps_run.KOKKOS:
            return {(file, evaluator), (structure, way), (kind(case), way, evaluator)}
        return {
            (file, structure), (file, way), (structure, way), (file, evaluator), (structure, evaluator),
            (way, evaluator),
        }  # fmt: skip

    return pairwise.cover(rows, wanted)


def deck_of(case, file, folder, ranks, ways):
    """Return the deck of one case: each evaluator loads the model once, then its modes follow one another."""
    s = system(case)
    deck = lammps_run.load(case["id"], s, folder)
    load = f"pair_coeff * * {file} {' '.join(s.names)}"
    fix = ["fix natq all pair 1 equivariant charge 0"] if "charges" in case else []
    loaded = None
    for evaluator, mode in sorted(ways):
        style = f"pair_style equivariant exchange {mode} evaluator {evaluator}"
        lines = ([] if evaluator == loaded else [load]) + fix  # once per timestep the old one would give
        loaded = evaluator
        if case["charge"] or case["spin"]:
            style += f" charge {case['charge']:g} spin {case['spin']:g}"
        ghosts = [f"comm_modify cutoff {case['layers'] * case['cutoff'] + SKIN}"] if mode == "shell" else []
        fields = ["f_natq"] if "charges" in case else []
        pair = "\n".join([*ghosts, style, *lines])
        deck += lammps_run.evaluate(f"{case['id']}-{mode}-{evaluator}-{ranks}", pair, fields)
    return deck


@pytest.fixture(scope="session")
def runs(made, tmp_path_factory):
    """runs(family, ranks) -> ({case: its evaluators and modes}, Finished of one process group that does them all)."""

    @functools.cache
    def get(family, ranks):
        files, cases = made(family)
        folder = tmp_path_factory.mktemp(f"{family}{ranks}")
        chosen = {case["id"]: [] for case in cases}
        for case, (needs, mode), evaluator in cells(files, cases):
            if needs == ranks:
                chosen[case["id"]].append((evaluator, mode))
        decks = [
            deck_of(case, files / case["file"], folder, ranks, chosen[case["id"]])
            for case in cases
            if chosen[case["id"]]
        ]
        return chosen, lammps_run.lmp("".join(decks), folder, ranks, timeout=1200)

    return get


def errors(case, found):
    """Return the errors: eV/atom, eV/A, eV/A^3, e."""
    s = system(case)
    charge = 0.0
    if "charges" in case:
        charge = np.abs(found.columns["f_natq"] - case["charges"]).max()
    stress = 0.0
    if case["stress"] is not None:
        virial = s.rotated(-s.volume * np.array(case["stress"]))
        stress = np.abs(found.virial - virial).max() / s.volume
    forces = np.abs(found.forces - np.array(case["forces"]) @ s.rotation).max()
    return abs(found.energy - case["energy"]) / len(s), forces, stress, charge


@pytest.mark.parametrize("ranks, mode", MODES)
@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_familys_own_calculator(family, ranks, mode, made, runs, measured):
    chosen, done = runs(family, ranks)
    cases = [(case, evaluator) for case in made(family)[1] for evaluator, its in chosen[case["id"]] if its == mode]
    if not cases:
        pytest.skip(f"{family} has no file that runs with exchange {mode} on {ranks} ranks")
    wrong, owners = [], set()
    for case, evaluator in cases:
        found = lammps_run.point(done, f"{case['id']}-{mode}-{evaluator}-{ranks}")
        owners.add(len(found.owners))
        miss = errors(case, found)
        kind = "foreign" if case["foreign"] else "exported"
        title = f"{family} {kind} {case['dtype']} {evaluator} against its own calculator: eV/atom, eV/A, eV/A^3, e"
        measured(title, f"{mode}, {ranks} rank(s)", *miss)
        if not all(e <= limit for e, limit in zip(miss, LIMITS[case["dtype"]])):
            wrong.append((case["id"], evaluator, miss))
    assert not wrong, wrong
    assert min(owners) < ranks or ranks == 1, "no case with an empty rank"
    assert max(owners) == ranks, "no case with atoms on every rank"
