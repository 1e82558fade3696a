# SPDX-License-Identifier: GPL-2.0-only
"""The toy models in LAMMPS against their formulas (toys_numpy.py): ranks, modes, per-atom fields.

Limits: float64 1e-13 eV per atom, 1e-13 eV/A and 2e-12 eV (virial); float32 1e-6, 2e-6 and 1e-5.
Energies and virials of a whole structure are of order 1 to 100 eV: some hundred roundings.
"""

import functools

import lammps_run
import numpy as np
import pytest
import toy_systems
import toys_numpy

LIMITS = {8: (1e-13, 1e-13, 2e-12), 4: (1e-6, 2e-6, 1e-5)}
FORMULAS = {
    "mp": "mp",
    "mp3": "mp3",
    "mp3_32": "mp3",
    "gsum": "gsum",
    "gmax": "gmax",
    "charged": "charged",
    "peratom": "peratom",
}
EVERYWHERE = ["gsum", "gmax", "charged"]  # global sums cannot be repeated on a shell
MODES = {1: ["folded", "ghost", "shell"], 2: ["ghost", "shell"], 4: ["ghost", "shell"]}
FIELDS = {"charged": "charge", "peratom": "coordination"}
OUTPUTS = {"charged": "charges", "peratom": "coordination"}
ELECTRONS = {"charged": "charge -0.7 spin v_unpaired"}
SHELL = 3 * 5.0 + 1.0
CELLS = [
    (toy, ranks, mode, name)
    for toy in FORMULAS
    for ranks, modes in MODES.items()
    for mode in modes
    for name in toy_systems.ALL
    if not (mode == "shell" and toy in EVERYWHERE)
]


def tag(cell):
    return "-".join(str(word) for word in cell)


@functools.cache
def truth(toy, name):
    """Return (energy, forces, virial, per-atom outputs) of the formula, in LAMMPS' frame."""
    s = toy_systems.system(name)
    s.atoms.info = {"charge": -0.7, "spin": 2.0}
    energy, forces, virial, values = toys_numpy.evaluate(FORMULAS[toy], s.atoms)
    return energy, forces @ s.rotation, s.rotated(virial), values


@pytest.fixture(scope="session")
def runs(toys, tmp_path_factory):
    """runs(ranks) -> Finished of one process group that does all toys, structures and modes."""

    def evaluations(toy, ranks, name):
        """One structure: the model is loaded once, then the modes follow one another."""
        coeff = f"pair_coeff * * {toys / toy}.pt Ar Ne"
        field = f"fix field all pair 1 equivariant {FIELDS[toy]} 0\n" if toy in FIELDS else ""
        for cell in CELLS:
            if (cell[0], cell[1], cell[3]) != (toy, ranks, name):
                continue
            ghosts = f"comm_modify cutoff {SHELL}\n" if cell[2] == "shell" else ""
            style = f"{ghosts}pair_style equivariant exchange {cell[2]} {ELECTRONS.get(toy, '')}\n"
            columns = ["f_field"] if toy in FIELDS else []
            yield lammps_run.evaluate(tag(cell), style + coeff + "\n" + field, columns)
            coeff = field = ""

    @functools.cache
    def get(ranks):
        folder = tmp_path_factory.mktemp(f"toys{ranks}")
        deck = "variable unpaired equal 4/2\n"
        before = "processors 4 1 1" if ranks == 4 else ""
        for toy in FORMULAS:
            for name in toy_systems.ALL:
                deck += lammps_run.load(f"{toy}{name}", toy_systems.system(name), folder, before)
                deck += "".join(evaluations(toy, ranks, name))
        return lammps_run.lmp(deck, folder, ranks, timeout=400)

    return get


@pytest.mark.parametrize("cell", CELLS, ids=tag)
def test_equals_formula(cell, runs, measured):
    toy, ranks, mode, name = cell
    found = lammps_run.point(runs(ranks), tag(cell))
    energy, forces, virial, values = truth(toy, name)
    errors = (
        abs(found.energy - energy) / len(forces),
        np.abs(found.forces - forces).max(),
        np.abs(found.virial - virial).max(),
    )
    measured("toys against their formulas: eV/atom, eV/A, eV", f"{toy}, {mode}, {ranks} rank(s)", *errors)
    limits = LIMITS[4 if toy.endswith("_32") else 8]
    assert all(e <= limit for e, limit in zip(errors, limits)), errors
    assert np.abs(found.columns["c_natpe"] - values["atomic_energy"]).max() <= 10 * limits[0]
    if toy in FIELDS:
        assert np.abs(found.columns["f_field"] - values[OUTPUTS[toy]]).max() <= 1e-12


@pytest.mark.parametrize("name", ["clusters", "lone"])
def test_four_ranks_leave_one_empty(name, runs):
    for toy in FORMULAS:
        assert len(lammps_run.point(runs(4), f"{toy}-4-ghost-{name}").owners) < 4


def test_twins_sit_on_two_ranks(runs):
    assert lammps_run.point(runs(2), "gmax-2-ghost-twins").owners == {0, 1}


def test_formulas_are_not_trivial():
    """A model that forgets its neighbors would be seen: forces, charges, all are large."""
    for toy in FORMULAS:
        energy, forces, virial, values = truth(toy, "box")
        assert np.abs(forces).max() > 0.02 and np.abs(virial).max() > 0.1
    assert truth("charged", "box")[3]["charges"].sum() == pytest.approx(-0.7)


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("style", ["equivariant", "hybrid/overlay equivariant"])
def test_fields_of_fix_pair(style, ranks, toys, tmp_path):
    """Both flags of fix pair, two fields at once, the model's name of the field, energies."""
    s = toy_systems.system("box")
    hybrid = "equivariant " if style.startswith("hybrid") else ""
    lines = f"""
pair_style {style} charge v_total spin 2
pair_coeff * * {hybrid}{toys / "charged.pt"} Ar Ne
variable total equal -0.7
fix one all pair 1 equivariant charge 1
fix two all pair 1 equivariant charges 0 energy 0
compute sum all reduce sum f_one
"""
    deck = lammps_run.single_point("fields", s, tmp_path, lines, fields=["f_one", "f_two[1]", "f_two[2]"])
    deck += 'run 0 post no\nprint "@ sum $(c_sum:%.17g)"\n'
    done = lammps_run.lmp(deck, tmp_path, ranks)
    columns = lammps_run.point(done, "fields").columns
    values = truth("charged", "box")[3]
    assert np.abs(columns["f_one"] - values["charges"]).max() <= 1e-12
    assert np.array_equal(columns["f_one"], columns["f_two[1]"])
    assert np.array_equal(columns["c_natpe"], columns["f_two[2]"])
    assert abs(done.printed()["sum"][0] + 0.7) <= 1e-12


def test_variable_charge_follows_the_step(toys, tmp_path):
    """An equal-style variable is read on every step: the total charge grows with the step."""
    s = toy_systems.system("box")
    lines = f"""
variable ramp equal 0.1*step
pair_style equivariant charge v_ramp spin 0
pair_coeff * * {toys / "charged.pt"} Ar Ne
fix field all pair 1 equivariant charge 0
compute sum all reduce sum f_field
fix out all print 1 "@ $(step) $(c_sum:%.17g)" screen yes
"""
    deck = lammps_run.single_point("ramp", s, tmp_path, lines)
    done = lammps_run.lmp(deck + "thermo_style custom step c_sum\nrun 5 post no\n", tmp_path)
    for step in range(1, 6):
        assert done.printed()[str(step)][0] == pytest.approx(0.1 * step, abs=1e-12)


def test_one_neighbor_list_serves_many_steps(toys, tmp_path):
    """Forces along a trajectory are those of a fresh start, with 2 ranks and old lists."""
    s = toy_systems.system("box")
    lines = lammps_run.pair(toys / "mp3.pt", s.names)
    deck = lammps_run.single_point("start", s, tmp_path, lines)
    deck += """
velocity all create 150 77 loop geom
fix move all nve
timestep 0.002
dump walk all custom 20 walk.dump id type x y z fx fy fz
dump_modify walk sort id format float %.17g
run 60 post no
undump walk
unfix move
dump again all custom 20 again.dump id fx fy fz
dump_modify again sort id format float %.17g
rerun walk.dump dump x y z box yes
"""
    lammps_run.lmp(deck, tmp_path, 2)
    walk, again = (lammps_run.read_dump(tmp_path / f"{f}.dump") for f in ("walk", "again"))
    assert len(walk) == len(again) == 4
    for old, new in zip(walk, again):
        assert max(np.abs(old[f"f{c}"] - new[f"f{c}"]).max() for c in "xyz") <= 1e-11
    assert np.abs(walk[0]["x"] - walk[3]["x"]).max() > 0.05
