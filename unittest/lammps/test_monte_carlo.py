# SPDX-License-Identifier: GPL-2.0-only
"""Atoms that fixes of Monte Carlo put in and take away: fix gcmc and fix widom.

The site: one Ne (the gas) among Ar, in a region too small to move in, so that every trial energy is
known from the formulas of the toys (toys_numpy.py). The toys mp and gsum have no energy of an isolated
atom, mp3 has one, and in the toy charged all energies depend on the number of atoms.
"""

import lammps_run
import numpy as np
import pytest
import toy_systems
import toys_numpy
from ase import Atoms

BOLTZ, PLANCK, MVV2E = 8.617343e-5, 4.135667403e-3, 1.0364269e-4  # LAMMPS' metal units
TINY = 1e-5  # half an edge of the region (A)
BEFORE = "atom_style molecular\ncomm_modify cutoff 14"  # shell needs the ghosts
KEYWORDS = {"charged": "charge 0 spin 0"}


def structure(symbols, sides, closest):
    """Return scattered atoms, the gas last."""
    n, sides = len(Atoms(symbols)), np.array(sides)
    return Atoms(symbols, toy_systems.scattered(n, sides, closest, 1), cell=sides, pbc=True)


def crowd():
    return structure("Ar13Ne", [9.1, 8.3, 10.7], 2.4)


def narrow():
    """Return a box in which an atom sees its own images."""
    return structure("Ar3Ne", [4.6, 4.4, 9.0], 2.2)


def write_molecules(system, path, gas):
    """Write a data file; the last `gas` atoms are molecule 1."""
    system.write(path)
    head, atoms = path.read_text().split("Atoms # atomic\n\n")
    lines = [line.split() for line in atoms.splitlines()]
    molecules = [0] * (len(lines) - gas) + [int(gas > 1)] * gas
    rows = [" ".join([line[0], str(m), *line[1:]]) for line, m in zip(lines, molecules)]
    path.write_text(head + "Atoms # molecular\n\n" + "\n".join(rows) + "\n")


def deck(model, atoms, folder, toys, commands, mode="auto", gas=1):
    system = lammps_run.System(atoms, toy_systems.NAMES)
    head = lammps_run.load("mc", system, folder, BEFORE)
    write_molecules(system, folder / "mc.data", gas)
    pair = lammps_run.pair(toys / f"{model}.pt", system.names, f"exchange {mode} {KEYWORDS.get(model, '')}")
    low, high = system.positions[-1] - TINY, system.positions[-1] + TINY
    walls = " ".join(f"{a:.15g} {b:.15g}" for a, b in zip(low, high))
    return f"{head}\n{pair}\nregion site block {walls}\ngroup gas type 2\n{commands}\n"


def exchanges(potential, temperature, kind="2", tail="region site max 1"):
    """Return the commands of 40 exchanges with a chemical potential (eV); kind: the atom type."""
    return f"""
fix mc gas gcmc 1 40 0 {kind} 5 {temperature} {potential:.15g} 0.0 group gas {tail}
thermo 1
run 1 post no
run 0 post no
print "@@ $(f_mc[4]) $(f_mc[6]) $(atoms) $(pe:%.15g)"
"""


def ended(done):
    """Return rows of (insertions, deletions, atoms, energy), one for each exchanges()."""
    return [[float(word) for word in line.split()[1:]] for line in done.output.splitlines() if line.startswith("@@ ")]


def even(cost, temperature, volume, mass):
    """Return the chemical potential at which a place is as likely full as empty, if filling it costs `cost`."""
    wave = np.sqrt(PLANCK**2 / (2.0 * np.pi * mass * MVV2E * BOLTZ * temperature))
    return cost - BOLTZ * temperature * np.log(volume / wave**3)


CASES = [
    ("mp3", crowd, 1, "folded"),
    ("mp3", crowd, 2, "ghost"),
    ("mp3", crowd, 1, "shell"),
    ("mp", crowd, 2, "shell"),
    ("charged", crowd, 1, "ghost"),
    ("charged", crowd, 2, "ghost"),
    ("gsum", narrow, 1, "folded"),
    ("mp3", narrow, 2, "ghost"),
]


@pytest.mark.parametrize("model, atoms, ranks, mode", CASES)
def test_an_atom_comes_and_goes_at_the_right_potential(model, atoms, ranks, mode, toys, tmp_path):
    """0.15 eV (17 kT) below the potential of equal chances the atom is taken away and stays away, 0.15
    above it stays."""
    atoms = atoms()
    empty, full = (toys_numpy.evaluate(model, part)[0] for part in (atoms[:-1], atoms))
    middle = even(full - empty, 100.0, (2.0 * TINY) ** 3, 20.0)
    text = "".join(
        deck(model, atoms, tmp_path, toys, exchanges(middle + shift, 100.0), mode) for shift in (-0.15, 0.15)
    )
    done = lammps_run.lmp(text, tmp_path, ranks)
    below, above = ended(done)
    assert below == [0, 1, len(atoms) - 1, pytest.approx(empty, abs=1e-9)]
    assert above == [0, 0, len(atoms), pytest.approx(full, abs=1e-9)]
    assert "takes neighbors away" not in done.output  # the fix's own exclusions do not matter


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_molecule_goes_at_the_right_potential(ranks, toys, tmp_path):
    """Two Ne, 2.6 A apart: their own energies and that between them go with them."""
    atoms = structure("Ar12Ne", [9.1, 8.3, 10.7], 2.4)
    atoms += Atoms("Ne", [atoms.positions[-1] + [0.0, 0.0, 2.6]])
    empty, full = (toys_numpy.evaluate("mp3", part)[0] for part in (atoms[:-2], atoms))
    middle = even(full - empty, 100.0, atoms.get_volume(), 40.0) - BOLTZ * 100.0 * np.log(2.0)
    (tmp_path / "dimer.mol").write_text("dimer\n\n2 atoms\n\nCoords\n\n1 0 0 0\n2 0 0 2.6\n\nTypes\n\n1 2\n2 2\n")
    text = ""
    for shift in (-0.15, 0.15):
        commands = exchanges(middle + shift, 100.0, "0", "mol dimer max 0")
        text += deck("mp3", atoms, tmp_path, toys, "molecule dimer dimer.mol\n" + commands, gas=2)
    below, above = ended(lammps_run.lmp(text, tmp_path, ranks))
    assert below == [0, 1, 12, pytest.approx(empty, abs=1e-9)]
    assert above == [0, 0, 14, pytest.approx(full, abs=1e-9)]


@pytest.mark.parametrize("model, ranks", [("mp3", 1), ("charged", 2)])
def test_widom_insertions(model, ranks, toys, tmp_path):
    """The energy of insertion at the site, from the average of exp(-E/kT) over 5 insertions."""
    atoms, temperature = crowd(), 5000.0
    empty, full = (toys_numpy.evaluate(model, part)[0] for part in (atoms[:-1], atoms))
    commands = f"""
group first id {len(atoms)}
delete_atoms group first compress no
fix mu all widom 1 5 2 5 {temperature} region site
run 1 post no
print "@ found $(f_mu[1]:%.15g) $(f_mu[2]:%.15g) $(atoms) $(pe:%.15g)"
"""
    done = lammps_run.lmp(deck(model, atoms, tmp_path, toys, commands), tmp_path, ranks)
    excess, average, left, energy = done.printed()["found"]
    assert -BOLTZ * temperature * np.log(average) == pytest.approx(full - empty, abs=1e-5)
    assert excess == pytest.approx(full - empty, abs=1e-5)
    assert left == len(atoms) - 1 and energy == pytest.approx(empty, abs=1e-9)


@pytest.mark.parametrize("ranks", [1, 2])
def test_number_of_atoms_changes(ranks, toys, tmp_path):
    """Atoms come, go and move at 5000 K: energy and forces of every step as in a rerun of the dump."""
    columns = "id type x y z fx fy fz"
    potential = even(-0.7, 5000.0, crowd().get_volume(), 20.0)
    commands = f"""
fix mc gas gcmc 1 12 4 2 5 5000.0 {potential:.15g} 0.5 group gas
thermo 1
dump d all custom 1 live.dump {columns}
dump_modify d sort id format float %.15g
fix out all print 1 "@live$(step) $(atoms) $(pe:%.15g)"
run 8 post no
print "@ moves $(f_mc[4]) $(f_mc[6])"
undump d
unfix mc
unfix out
dump d all custom 1 again.dump {columns}
dump_modify d sort id format float %.15g
fix out all print 1 "@again$(step) $(atoms) $(pe:%.15g)"
rerun live.dump dump x y z purge yes add keep replace no
"""
    done = lammps_run.lmp(deck("mp3", crowd(), tmp_path, toys, commands), tmp_path, ranks)
    inserted, deleted = done.printed()["moves"]
    assert inserted > 0 and deleted > 0
    energies = {
        line.split()[0]: [float(word) for word in line.split()[1:]]
        for line in done.output.splitlines()
        if line.startswith(("@live", "@again"))
    }
    for step in range(1, 9):
        assert energies[f"@live{step}"] == pytest.approx(energies[f"@again{step}"], abs=1e-9)
    live, again = (lammps_run.read_dump(tmp_path / f"{name}.dump") for name in ("live", "again"))
    assert len({len(frame["id"]) for frame in live}) > 1
    for one, other in zip(live, again, strict=True):
        for column in ("type", "fx", "fy", "fz"):
            assert np.abs(one[column] - other[column]).max() <= 1e-9
