# SPDX-License-Identifier: GPL-2.0-only
"""Energies, forces and stresses of frames by a model file in LAMMPS, and files of labeled frames.

Labels are named as mace-torch expects them: info REF_energy (eV), arrays REF_forces (eV/Angstrom), info
REF_stress (eV/Angstrom^3, Voigt order xx yy zz yz xz xy, ASE's sign).
"""

import natrolite.lammps  # noqa: F401  (before ASE opens LAMMPS' library)
from ase.calculators.lammpslib import LAMMPSlib
from ase.data import atomic_masses, atomic_numbers
from ase.io import read, write
from distill.files import complete

MASSES = {symbol: atomic_masses[atomic_numbers[symbol]] for symbol in ("Ti", "C", "O", "H", "Na", "N")}


def calculator(model, elements, d3=None, options=""):
    """Return an ASE calculator: a model file in LAMMPS, with D3 (BJ, PBE) to d3 Angstrom if that is given, and options
    of pair_style equivariant."""
    names = " ".join(elements)
    lines = [f"pair_style equivariant {options}", f"pair_coeff * * {model} {names}"]
    if d3:
        lines = [
            f"pair_style hybrid/overlay equivariant {options} dispersion/d3/opt bj pbe {d3} {d3}",
            f"pair_coeff * * equivariant {model} {names}",
            f"pair_coeff * * dispersion/d3/opt {names}",
        ]
    return LAMMPSlib(
        lmpcmds=["neigh_modify one 10000 page 200000", *lines],
        atom_types={symbol: number + 1 for number, symbol in enumerate(elements)},
        atom_type_masses=MASSES,
        lammps_header=["units metal", "atom_style atomic", "atom_modify map array sort 0 0"],
        keep_alive=True,
    )


def label(frames, calculator, largest_force=float("inf")):
    """Return labeled copies of frames (ase.Atoms), without those with a force above largest_force (eV/Angstrom)."""
    labeled = []
    for frame in frames:
        frame = frame.copy()
        frame.calc = calculator
        forces = frame.get_forces()
        if abs(forces).max() > largest_force:
            continue
        frame.info["REF_energy"] = frame.get_potential_energy()
        frame.info["REF_stress"] = frame.get_stress()
        frame.arrays["REF_forces"] = forces
        frame.calc = None
        labeled.append(frame)
    return labeled


def save(path, frames):
    """Write frames as extended XYZ; path appears when it is complete."""
    complete(path, lambda partial: write(partial, frames, format="extxyz"))


def load(path):
    """Return the frames of an extended XYZ file; ValueError names the first one without labels."""
    frames = read(path, ":", format="extxyz")
    for number, frame in enumerate(frames):
        missing = [key for key in ("REF_energy", "REF_stress") if key not in frame.info]
        missing += [key for key in ("REF_forces",) if key not in frame.arrays]
        if missing:
            raise ValueError(f"{path}: frame {number} has no {', '.join(missing)}; label it with the teacher first")
    return frames
