# SPDX-License-Identifier: GPL-2.0-only
"""A labeled frame: dispersion, checks, and its place in an extxyz file."""

import io
import re

import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from .cp2k import Failed

NET_FORCE = 0.05  # eV/A, along each axis
CHARGE_SUM = 0.02  # e
UNITS = "eV A e; energy, forces: PBE-D3(BJ), *_pbe: without D3; free energy of the smearing; Hirshfeld charges"


def dispersion(atoms):
    """D3(BJ) of PBE without three-body term, by simple-dftd3: energy (eV), forces (eV/A)."""
    from dftd3.ase import DFTD3

    copy = atoms.copy()
    copy.calc = DFTD3(damping="d3bj", params_tweaks={"method": "PBE", "atm": False})
    return copy.get_potential_energy(), copy.get_forces()


def check(result, charge, largest_force):
    """Raise Failed where a result of cp2k.read_output cannot be right, or has a force (eV/A) above largest_force."""
    net = np.abs(result["forces"].sum(axis=0)).max()
    if net > NET_FORCE:
        raise Failed(f"net force {net:.3f} eV/A, more than {NET_FORCE}")
    largest = np.linalg.norm(result["forces"], axis=1).max()
    if largest > largest_force:
        raise Failed(f"a force of {largest:.0f} eV/A, more than {largest_force:g}")
    total = result["charges"].sum()
    if abs(total - charge) > CHARGE_SUM:
        raise Failed(f"Hirshfeld charges add up to {total:.3f} e, not {charge}")


def labeled(atoms, result, settings, name, kind):
    """Return the frame with PBE-D3 energy and forces, those of PBE, charges and, if there is one, the dipole."""
    check(result, atoms.info.get("charge", 0), settings.largest_force)
    energy, forces = dispersion(atoms)
    frame = atoms.copy()
    frame.info = {
        "name": name,
        "kind": kind,
        "charge": atoms.info.get("charge", 0),
        "spin": atoms.info.get("spin", 0),
        "polarized": atoms.info.get("polarized", True),
        "energy_pbe": round(result["energy"], 6),
        "settings": settings.describe(),
        "units": UNITS,
    }
    frame.arrays["forces_pbe"] = result["forces"]
    properties = {
        "energy": round(result["energy"] + energy, 6),
        "forces": result["forces"] + forces,
        "charges": result["charges"],
    }
    if "dipole" in result:
        properties["dipole"] = np.round(result["dipole"], 5)
    frame.calc = SinglePointCalculator(frame, **properties)
    return frame


def text(frames):
    """Return the frames as extxyz: 5 decimals for the numbers of the atoms, no columns of blanks."""
    file = io.StringIO()
    write(file, frames, format="extxyz")
    lines = [
        re.sub(r" +", " ", line).strip() if re.match(r"[A-Z][a-z]? +-?\d", line) else line
        for line in file.getvalue().splitlines()
    ]
    return (
        "\n".join(re.sub(r"(\.\d{5})\d{3}(?= |$)", r"\1", line) if "=" not in line else line for line in lines) + "\n"
    )
