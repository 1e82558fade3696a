# SPDX-License-Identifier: GPL-2.0-only
"""natrolite phonon: what it folds out of LAMMPS' dynamical_matrix is what phonopy finds by displacements of its own.

Forces: a Lennard-Jones crystal of two kinds of atoms with very different masses in a tilted box, whose atoms
have IDs in a random order. Limit: 0.02 THz at the wave vectors that fit into the box, where nothing is interpolated."""

import pathlib
import re
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "unittest" / "lammps")]

phonopy = pytest.importorskip("phonopy", reason="phonopy is not installed: pip install phonopy==2.48.0")

from harness import good  # noqa: E402
from lammps_run import read_dump  # noqa: E402
from natrolite import phonon  # noqa: E402
from natrolite.errors import NatroliteError  # noqa: E402
from natrolite.plots.table import Table  # noqa: E402
from test_cli import refused  # noqa: E402

REPEAT = (3, 2, 2)
HEAD = """units metal
atom_style atomic
atom_modify map yes sort 0 0
lattice custom 3.5 a1 1 0 0 a2 0.5 0.8660254037844386 0 a3 0 0 1.632993161855452 basis 0 0 0 basis $(1/3) $(1/3) 0.5
region box prism 0 10.5 0 $(3.5*sqrt(3)) 0 $(7*sqrt(8/3)) 3.5 0 0 units box
create_box 2 box
create_atoms 1 region box basis 2 2
mass 1 26.982
mass 2 6.94
reset_atoms id
pair_style lj/cut 9.0
pair_coeff 1 1 0.20 3.15
pair_coeff 2 2 0.30 3.10
pair_coeff 1 2 0.25 3.20
pair_modify shift yes
thermo_modify format float %.12g
"""


@pytest.fixture(scope="module")
def crystal(tmp_path_factory):
    """Folder with the relaxed crystal and its dynamical matrix."""
    folder = tmp_path_factory.mktemp("crystal")
    good(
        HEAD
        + """fix cell all box/relax aniso 0.0 vmax 0.001
minimize 0 1e-12 2000 4000
unfix cell
minimize 0 1e-12 2000 4000
write_data data nocoeff
dynamical_matrix all regular 0.005 file dynmat
""",
        folder,
    )
    return folder


def displaced_forces(folder, ph, atoms):
    """Return the forces of LAMMPS in every one of phonopy's displaced supercells, in phonopy's order of atoms."""
    shifts = (atoms.positions - ph.supercell.positions[:, None]) @ np.linalg.inv(atoms.cell.array)
    order = np.linalg.norm((shifts - np.round(shifts)) @ atoms.cell.array, axis=2).argmin(1)
    lines = [HEAD.partition("lattice")[0], "read_data data", HEAD.partition("reset_atoms id\n")[2]]
    for k, cell in enumerate(ph.supercells_with_displacements):
        shift = cell.positions - ph.supercell.positions
        moved = int(np.argmax(np.linalg.norm(shift, axis=1)))
        there = " ".join(f"{v:.17g}" for v in shift[moved])
        back = " ".join(f"{-v:.17g}" for v in shift[moved])
        lines.append(
            f"group moved id {order[moved] + 1}\ndisplace_atoms moved move {there} units box\n"
            f"dump d all custom 1 forces.{k} id fx fy fz\ndump_modify d format float %.15g sort id\n"
            f"run 0 post no\nundump d\ndisplace_atoms moved move {back} units box\ngroup moved delete"
        )
    good("\n".join(lines), folder)
    count = len(ph.supercells_with_displacements)
    return [read_dump(folder / f"forces.{k}")[0].numbers("fx", "fy", "fz")[order] for k in range(count)]


def commensurate():
    grids = np.mgrid[0 : REPEAT[0], 0 : REPEAT[1], 0 : REPEAT[2]].reshape(3, -1).T
    return grids / REPEAT


def test_phonopy_with_displacements_of_its_own_finds_the_same(crystal):
    atoms = phonon.read_atoms(crystal / "data")
    matrix = phonon.read_matrix(crystal / "dynmat", len(atoms))
    ours = phonon.phonons(matrix, atoms, REPEAT)
    theirs = phonopy.Phonopy(ours.unitcell, np.diag(REPEAT), primitive_matrix=np.eye(3))
    theirs.generate_displacements(distance=0.005, is_plusminus=True)
    theirs.forces = displaced_forces(crystal, theirs, atoms)
    theirs.produce_force_constants()
    theirs.symmetrize_force_constants()
    for ph in (ours, theirs):
        ph.run_qpoints(commensurate())
    a, b = (ph.get_qpoints_dict()["frequencies"] for ph in (ours, theirs))
    assert a.shape == (12, 6) and b.max() > 5 and b.min() > -0.02
    assert np.abs(a - b).max() < 0.02


def test_masses_and_units_of_an_exact_chain(tmp_path):
    """Two atoms on springs: the frequency is sqrt(k (1/m1 + 1/m2)) / 2 pi, with 15.633302 THz per sqrt(eV/A^2/u)."""
    m, k = np.array([12.0, 3.0]), 2.5
    springs = k * np.kron(np.array([[1, -1], [-1, 1]]), np.eye(3))
    matrix = springs / np.sqrt(np.outer(np.repeat(m, 3), np.repeat(m, 3)))
    from ase import Atoms

    atoms = Atoms("CLi", [[0, 0, 0], [1, 1, 1]], cell=[5, 5, 5], pbc=True, masses=m)
    ph = phonon.phonons(matrix, atoms, (1, 1, 1))
    ph.run_qpoints([[0, 0, 0]])
    f = ph.get_qpoints_dict()["frequencies"][0]
    assert np.allclose(f[:3], 0, atol=1e-6) and np.allclose(f[3:], 15.633302 * np.sqrt(k * (1 / 12 + 1 / 3)), rtol=1e-5)


def test_command_writes_bands_and_dos(crystal, natrolite, tmp_path):
    code, out, error = natrolite(
        "phonon",
        crystal / "dynmat",
        "--data",
        crystal / "data",
        "--repeat",
        *REPEAT,
        "--path",
        "0 0 0, 1/3 0 0, 1/3 1/2 0",
        "--labels",
        "G X Y",
        "--mesh",
        6,
        "--folder",
        tmp_path,
    )
    assert code == 0, error
    low, high = (float(v) for v in re.findall(r"mode: (\S+) THz", out))
    bands, dos = Table(tmp_path / "dynmat.bands"), Table(tmp_path / "dynmat.dos")
    assert bands.data.shape == (102, 10) and bands.settings["corners"].startswith("G 0, X ")
    assert bands.settings["cell"] == dos.settings["cell"] == "AlLi"
    assert low <= bands.data[:, 4:].min() + 1e-3 and high >= bands.data[:, 4:].max() - 1e-3
    area = np.trapezoid(dos.data[:, 1], dos.data[:, 0])
    assert abs(area - 6) < 0.1, "six modes a cell"
    assert np.allclose(bands.data[0, 4:7], 0, atol=0.02), "acoustic modes"


def test_wrong_input(crystal, natrolite, tmp_path):
    matrix, data = crystal / "dynmat", crystal / "data"
    fine = ("--repeat", *REPEAT, "--path", "0 0 0, 1/2 0 0", "--folder", tmp_path)
    (tmp_path / "words").write_text("no numbers")
    (tmp_path / "short").write_text("1 2 3\n")
    for arguments, words in (
        ((matrix, "--data", data, "--repeat", 2, 2, 3, "--path", "0 0 0, 1/2 0 0"), ["2 x 2 x 3", "--repeat"]),
        ((matrix, "--data", data, "--repeat", 0, 2, 3), ["0 2 3", "positive"]),
        ((matrix, "--data", data, "--repeat", *REPEAT, "--labels", "A B"), ["names 2", "has 4"]),
        ((matrix, "--data", data, "--repeat", *REPEAT, "--path", "0 0, 1"), ["0 0, 1", "wave vectors"]),
        ((matrix, "--data", data, *fine, "--labels", "A B C"), ["3 corners", "has 2"]),
        ((tmp_path / "none", "--data", data, *fine), ["none", "No such file"]),
        ((matrix, "--data", tmp_path / "none", *fine), ["none", "No such file"]),
        ((matrix, "--data", tmp_path / "words", *fine), ["words", "no data file"]),
        ((tmp_path / "words", "--data", data, *fine), ["words", "dynamical_matrix all regular"]),
        ((tmp_path / "short", "--data", data, *fine), ["3 numbers", "24 atoms need 5184"]),
    ):
        refused(natrolite("phonon", *arguments), *words)


def test_without_phonopy(crystal, natrolite, monkeypatch):
    monkeypatch.setitem(sys.modules, "phonopy", None)
    refused(
        natrolite("phonon", crystal / "dynmat", "--data", crystal / "data", "--repeat", *REPEAT),
        "pip install phonopy==",
    )


def test_atoms_far_from_their_places(crystal):
    atoms = phonon.read_atoms(crystal / "data")
    atoms.positions[3] += [0.6, 0, 0]
    with pytest.raises(NatroliteError, match="copies"):
        phonon.fold(atoms, REPEAT)
