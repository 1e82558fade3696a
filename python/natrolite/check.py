# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite check`: evaluates a model file's embedded reference again, in Python.

A file of another program has none: there the forces are compared with the slope of the energy.
"""

import numpy as np

from natrolite import archive, foreign, modelfile
from natrolite.errors import NatroliteError, reason

# A reference with more distances between atoms and images is none: see src/core/periodic_edges.h.
MOST_DISTANCES = 1e7


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "check", help="evaluate the reference embedded in a model file again; exit code 1 if it differs"
    )
    parser.add_argument(
        "file", metavar="FILE", help="a model file, or one of another program that pair_style equivariant reads"
    )
    parser.set_defaults(run=run)


def run(args):
    """Print both errors and the verdict; return 0, or raise NatroliteError on a mismatch."""
    archive.intact(args.file)
    known = None if modelfile.is_modelfile(args.file) else foreign.read(args.file)
    if known:
        return _run_foreign(args.file, known)
    module, meta = modelfile.load(args.file)
    try:
        sha256 = modelfile.weights_sha256(module)
        energy, force, atoms = errors(module, meta)
    except NatroliteError as error:
        raise NatroliteError(f"{args.file}: {error}") from None
    except Exception as error:  # whatever the model in the file raises when it is run
        raise NatroliteError(f"{args.file} cannot be evaluated: {reason(error)}; export it again") from error
    if sha256 != meta["weights_sha256"]:
        raise NatroliteError(f"{args.file}: the weights are not those of weights_sha256; export again")
    reference = meta["reference"]
    print(
        f"{args.file}: {meta['name']}, {meta['dtype']}, {len(atoms)} atoms: energy differs by "
        f"{energy:.1e} eV/atom (allowed {reference['energy_tolerance']:.0e}), forces by {force:.1e} "
        f"eV/A (allowed {reference['force_tolerance']:.0e})"
    )
    if not (energy <= reference["energy_tolerance"] and force <= reference["force_tolerance"]):
        raise NatroliteError(
            f"{args.file} does not give its own reference (energy off by {energy:.1e} eV/atom, "
            f"forces by {force:.1e} eV/A); export the model again"
        )
    return 0


def _run_foreign(path, known):
    from natrolite import slope

    try:
        energy, error, allowed, natoms = slope.check(path, known.type_names, known.dtype)
    except NatroliteError as error:
        raise NatroliteError(f"{path}: {error}") from None
    print(
        f"{path}: {known.family} of {known.maker}, {known.dtype}, no reference; through LAMMPS {natoms} "
        f"atoms have {energy:.6f} eV, the forces are the slope of the energy to {error:.1e} eV/A "
        f"(allowed {allowed:.0e})"
    )
    if not error <= allowed:
        raise NatroliteError(
            f"{path}: its forces are not the slope of its energy (off by {error:.1e} eV/A); make it again"
        )
    return 0


def errors(module, meta):
    """Return (energy error in eV/atom, largest force error in eV/A, the ase.Atoms).

    The structure is evaluated folded and with explicit ghosts; the larger error counts.
    """
    from natrolite import evaluate

    reference = meta["reference"]
    atoms = structure(meta)
    _limit(atoms, float(np.max(evaluate.cutoffs(meta))))
    energy = force = 0.0
    for ghosts in (False, True):
        result, _ = evaluate.evaluate(module, meta, atoms, ghosts=ghosts)
        energy = max(energy, abs(result.energy - reference["energy"]) / len(atoms))
        force = max(force, np.abs(result.forces - np.array(reference["forces"])).max())
    return energy, float(force), atoms


def structure(meta):
    """Return the reference as ase.Atoms."""
    from ase import Atoms

    reference = meta["reference"]
    numbers = [meta["atomic_numbers"][t] for t in reference["types"]]
    info = {"charge": reference["total_charge"] or 0.0, "spin": reference["total_spin"] or 0.0}
    cell, pbc = reference["cell"], reference["pbc"]
    return Atoms(numbers, reference["positions"], cell=cell, pbc=pbc, info=info)


def _limit(atoms, cutoff):
    """Refuse a reference whose periodic images are too many to look at."""
    reach = cutoff + np.linalg.norm(np.ptp(atoms.positions, axis=0))
    with np.errstate(all="ignore"):
        heights = 1.0 / np.linalg.norm(np.linalg.pinv(atoms.cell.complete().array), axis=0)
        images = np.where(atoms.pbc, 2.0 * np.ceil(reach / heights) + 1.0, 1.0)
        distances = len(atoms) ** 2 * images.prod()
    if not distances <= MOST_DISTANCES:
        raise NatroliteError(
            "its reference has atoms that are too many, too far apart, or in a cell too flat to look "
            "at all their periodic images; export the model again"
        )
