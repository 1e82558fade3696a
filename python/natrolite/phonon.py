# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite phonon DYNMAT`: folds the output of LAMMPS' dynamical_matrix to bands, DOS and the lowest mode.

phonopy interpolates between the wave vectors that fit into the box, and has the paths and the DOS."""

import pathlib
from fractions import Fraction

import numpy as np

from natrolite.errors import NatroliteError, reason
from natrolite.plots.table import write_table

FAR = 0.3  # Angstrom: an atom this far from its place is no periodic copy
POINTS = 51  # wave vectors of a segment of the path
HEXAGONAL = {  # corners by the angle between a and b
    120: "0 0 0, 1/2 0 0, 1/3 1/3 0, 0 0 0",
    60: "0 0 0, 1/2 0 0, 2/3 1/3 0, 0 0 0",
}


def read_matrix(path, atoms):
    """Return the matrix [3n, 3n] (eV/Angstrom^2/u) that `dynamical_matrix all regular` wrote as text."""
    try:
        values = np.array(pathlib.Path(path).read_text().split(), float)
    except ValueError as error:
        raise NatroliteError(
            f"{path} holds no text of numbers ({reason(error)}); write it by "
            "'dynamical_matrix all regular 0.01 file FILE' (binary no)"
        ) from None
    if values.size != 9 * atoms**2:
        raise NatroliteError(
            f"{path} holds {values.size} numbers; {atoms} atoms need {9 * atoms**2}: "
            "is it of the group all, and of these atoms?"
        )
    if not np.isfinite(values).all():
        raise NatroliteError(f"{path} holds numbers that are not finite")
    return values.reshape(3 * atoms, 3 * atoms)


def read_atoms(path):
    """Return the ase.Atoms of a LAMMPS data file (atom_style atomic, units metal), sorted by ID."""
    from ase.io import read

    try:
        return read(path, format="lammps-data", atom_style="atomic", sort_by_id=True, units="metal")
    except OSError:
        raise
    except Exception as error:
        raise NatroliteError(
            f"{path} is no data file of atom_style atomic ({reason(error)}); write it by write_data FILE nocoeff"
        ) from None


def fold(atoms, repeat):
    """Return (cell [3, 3], fractional positions [m, 3] in it, basis [n]): atom i is a copy of basis[i]."""
    cell = atoms.cell.array / np.array(repeat)[:, None]
    places = atoms.positions @ np.linalg.inv(cell)
    numbers, found, members, basis = atoms.numbers, [], [], []
    for number, place in zip(numbers, places):
        for k, (first, copies) in enumerate(zip(found, members)):
            shift = place - first[1]
            shift -= np.round(shift)
            if first[0] == number and np.linalg.norm(shift @ cell) < FAR:
                copies.append(first[1] + shift)
                basis.append(k)
                break
        else:
            basis.append(len(found))
            found.append((number, place))
            members.append([place])
    count = int(np.prod(repeat))
    wrong = [len(copies) for copies in members if len(copies) != count]
    if wrong:
        raise NatroliteError(
            f"the box is no {' x '.join(map(str, repeat))} repetition of a cell: an atom has "
            f"{wrong[0]} copies, not {count}; give the repetition by --repeat"
        )
    return cell, np.array([np.mean(copies, 0) for copies in members]), np.array(basis)


def phonons(matrix, atoms, repeat, symmetrize=True):
    """Return the phonopy.Phonopy with the force constants of a box that repeats a cell.

    matrix: [3n, 3n] eV/Angstrom^2/u; symmetrize: make them symmetric and free of forces on a translation."""
    try:
        from phonopy import Phonopy
        from phonopy.structure.atoms import PhonopyAtoms
    except ImportError as error:
        raise NatroliteError(
            f"phonons need phonopy ({reason(error)}); install it: pip install phonopy==2.48.0"
        ) from None
    cell, places, basis = fold(atoms, repeat)
    firsts = [int(np.argmax(basis == k)) for k in range(len(places))]
    masses = atoms.get_masses()
    unit = PhonopyAtoms(
        symbols=[atoms.symbols[k] for k in firsts], masses=masses[firsts], cell=cell, scaled_positions=places
    )
    result = Phonopy(unit, np.diag(repeat), primitive_matrix=np.eye(3), is_symmetry=False, log_level=0)
    order = positions_in(result.supercell, atoms)
    root = np.sqrt(np.repeat(masses, 3))
    constants = (matrix * np.outer(root, root)).reshape(len(atoms), 3, len(atoms), 3).transpose(0, 2, 1, 3)
    result.force_constants = np.array(constants[np.ix_(order, order)], order="C")
    if symmetrize:
        result.symmetrize_force_constants()
    return result


def positions_in(supercell, atoms):
    """Return, for every atom of phonopy's supercell, the index of the atom at its place."""
    order = []
    inverse = np.linalg.inv(atoms.cell.array)
    for place in supercell.positions:
        shift = (atoms.positions - place) @ inverse
        shift -= np.round(shift)
        order.append(int(np.argmin(np.linalg.norm(shift @ atoms.cell.array, axis=1))))
    if len(set(order)) != len(atoms):
        raise NatroliteError("atoms stand too far from their places in the repeated cell: relax the structure first")
    return order


def read_path(text, labels, cell):
    """Return (corners [k, 3] in reciprocal lattice vectors, labels); without text those of a hexagonal layer."""
    if text is None:
        a, b = cell[:2]
        angle = np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
        known = [k for k in HEXAGONAL if abs(angle - k) < 0.5]
        if not known or abs(np.linalg.norm(a) / np.linalg.norm(b) - 1) > 0.005:
            raise NatroliteError("the cell is not hexagonal in a and b: give --path, for example '0 0 0, 1/2 0 0'")
        text, labels = HEXAGONAL[known[0]], labels or "G M K G"
    try:
        corners = np.array([[float(Fraction(word)) for word in corner.split()] for corner in text.split(",")])
    except (ValueError, ZeroDivisionError):
        corners = np.empty((0, 0))
    if corners.ndim != 2 or corners.shape[1:] != (3,) or len(corners) < 2:
        raise NatroliteError(f"--path '{text}' is no list of wave vectors such as '0 0 0, 1/2 0 0'")
    names = labels.split() if labels else [str(k + 1) for k in range(len(corners))]
    if len(names) != len(corners):
        raise NatroliteError(f"--labels '{labels}' names {len(names)} corners, --path has {len(corners)}")
    return corners, names


def bands(ph, corners):
    """Return (distance [k] 1/Angstrom, wave vectors [k, 3], frequencies [k, 3m] THz, corners' distances)."""
    from phonopy.phonon.band_structure import get_band_qpoints

    paths = get_band_qpoints([corners], npoints=POINTS)
    ph.run_band_structure(paths)
    found = ph.get_band_structure_dict()
    distances, frequencies = found["distances"], found["frequencies"]
    marks = [distances[0][0], *(d[-1] for d in distances)]
    return np.concatenate(distances), np.concatenate(found["qpoints"]), np.concatenate(frequencies), marks


def mesh(ph, repeat, count):
    """Return (wave vectors, frequencies [k, 3m] THz) of a mesh, and the DOS of ph is that of the mesh."""
    ph.run_mesh([count if n > 1 else 1 for n in repeat], is_gamma_center=True)
    ph.run_total_dos(sigma=0.1)
    found = ph.get_mesh_dict()
    return found["qpoints"], found["frequencies"]


def run(arguments):
    from ase.formula import Formula

    repeat = arguments.repeat
    if min(repeat) < 1 or arguments.mesh < 1:
        raise NatroliteError(f"--repeat {' '.join(map(str, repeat))} and --mesh {arguments.mesh} must be positive")
    atoms = read_atoms(arguments.data)
    matrix = read_matrix(arguments.dynmat, len(atoms))
    ph = phonons(matrix, atoms, repeat, not arguments.raw)
    corners, labels = read_path(arguments.path, arguments.labels, ph.unitcell.cell)
    distance, wave, frequency, marks = bands(ph, corners)
    points, modes = mesh(ph, repeat, arguments.mesh)
    stem = pathlib.Path(arguments.folder or pathlib.Path(arguments.dynmat).parent) / pathlib.Path(arguments.dynmat).name
    settings = {
        "structure": arguments.data,
        "cell": Formula("".join(ph.unitcell.symbols)).reduce()[0].format("metal"),
        "repeat": " ".join(map(str, repeat)),
        "asymmetry": f"{np.abs(matrix - matrix.T).max():.3g} eV/A^2/u",
        "symmetrized": not arguments.raw,
    }
    corner_text = ", ".join(f"{name} {mark:.6g}" for name, mark in zip(labels, marks))
    write_table(
        stem.with_name(stem.name + ".bands"),
        "phonon bands",
        {**settings, "corners": corner_text},
        ["distance (1/A)", "qa", "qb", "qc", *(f"f{k + 1} (THz)" for k in range(frequency.shape[1]))],
        np.column_stack([distance, wave, frequency]),
    )
    dos = ph.get_total_dos_dict()
    write_table(
        stem.with_name(stem.name + ".dos"),
        "phonon DOS",
        {**settings, "mesh": arguments.mesh, "smearing": "0.1 THz (Gaussian)"},
        ["frequency (THz)", "DOS (1/THz/cell)"],
        np.column_stack([dos["frequency_points"], dos["total_dos"]]),
    )
    report(stem, np.concatenate([points, wave]), np.concatenate([modes, frequency]))
    return 0


def report(stem, wave, frequency):
    """Print the lowest and the highest mode, and what was written."""
    for word, pick in (("lowest", np.argmin), ("highest", np.argmax)):
        k = np.unravel_index(pick(frequency), frequency.shape)[0]
        value = round(float(frequency[k].min() if word == "lowest" else frequency[k].max()), 3) + 0.0  # no -0.000
        imaginary = " (imaginary)" if value < 0 else ""
        print(f"{word} mode: {value:.3f} THz{imaginary} at q = {' '.join(f'{x:.4g}' for x in wave[k])}")
    print(f"{stem}.bands\n{stem}.dos")


def add_parser(subparsers):
    parser = subparsers.add_parser("phonon", help="bands and DOS from the output of LAMMPS' dynamical_matrix")
    parser.add_argument("dynmat", metavar="DYNMAT", help="what 'dynamical_matrix all regular D file DYNMAT' wrote")
    parser.add_argument("--data", required=True, metavar="FILE", help="data file of the same atoms (write_data)")
    parser.add_argument(
        "--repeat",
        required=True,
        nargs=3,
        type=int,
        metavar=("NA", "NB", "NC"),
        help="how many cells the box has along a, b and c",
    )
    parser.add_argument(
        "--path",
        help="corners in reciprocal lattice vectors: '0 0 0, 1/2 0 0, ...' (default, for hexagonal layers: G M K G)",
    )
    parser.add_argument("--labels", help="their names: 'G M ...'")
    parser.add_argument(
        "--mesh",
        type=int,
        default=60,
        metavar="N",
        help="wave vectors along each repeated direction, for the DOS (default 60)",
    )
    parser.add_argument("--raw", action="store_true", help="take the force constants as they are")
    parser.add_argument("--folder", help="where to write (default: beside DYNMAT)")
    parser.set_defaults(run=run)
    return parser
