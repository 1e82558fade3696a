# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite check`: evaluates a model file's embedded reference again, in Python."""

import numpy as np

from natrolite import modelfile
from natrolite.errors import NatroliteError


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "check", help="evaluate the reference embedded in a model file again; exit code 1 if it differs"
    )
    parser.add_argument("file", metavar="FILE", help="a model file")
    parser.set_defaults(run=run)


def run(args):
    """Print both errors and the verdict; return 0, or raise NatroliteError on a mismatch."""
    module, meta = modelfile.load(args.file)
    if modelfile.weights_sha256(module) != meta["weights_sha256"]:
        raise NatroliteError(f"{args.file}: the weights are not those of weights_sha256; export again")
    energy, force, atoms = errors(module, meta)
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


def errors(module, meta):
    """Return (energy error in eV/atom, largest force error in eV/A, the ase.Atoms).

    The structure is evaluated folded and with explicit ghosts; the larger error counts.
    """
    from natrolite import evaluate

    reference = meta["reference"]
    atoms = structure(meta)
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
    info = {"charge": reference["total_charge"], "spin": reference["total_spin"]}
    cell, pbc = reference["cell"], reference["pbc"]
    return Atoms(numbers, reference["positions"], cell=cell, pbc=pbc, info=info)
