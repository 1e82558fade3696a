# SPDX-License-Identifier: GPL-2.0-only
"""Check of a file without a reference: through LAMMPS, are its forces the slope of its energy?"""

import os

import numpy as np

from natrolite.errors import NatroliteError, reason
from natrolite.exporters import cases

# dtype -> (displacement in Angstrom, allowed difference in eV/A for forces of 1 eV/A)
STEPS = {"float32": (0.03, 1e-2), "float64": (0.01, 1e-5)}


def check(path, type_names, dtype):
    """Return (energy in eV, difference in eV/A along one direction, what is allowed, atoms).

    The structure is that of the exporters' self test. Raises NatroliteError: no LAMMPS with the
    pair style here, or what LAMMPS says of the file.
    """
    symbols = cases.elements({"type_names": type_names}, 5)
    host = _host()
    try:
        _set_up(host, os.path.abspath(path), symbols)
        return _compare(host, dtype)
    except Exception as error:  # LAMMPS' errors are of the class Exception itself
        raise NatroliteError(reason(error).removeprefix("ERROR: ")) from error
    finally:
        host.close()


def _host():
    """Return a LAMMPS with the pair style."""
    where = "set LAMMPS_PLUGIN_PATH to the folder of natroliteplugin.so"
    try:
        from natrolite.lammps import lammps

        host = lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    except (ImportError, OSError) as error:
        raise NatroliteError(
            f"a file without a reference is checked through LAMMPS' Python module, which cannot be "
            f"used ({reason(error)})"
        ) from error
    if not host.has_style("pair", "equivariant"):
        host.close()
        raise NatroliteError(f"a file without a reference is checked through LAMMPS, which has no plugin here: {where}")
    return host


def _set_up(host, path, symbols):
    """Load the file with the structure of the self test."""
    names = sorted(set(symbols))
    (lx, _, _), (xy, ly, _), (xz, yz, lz) = cases.CELL
    host.commands_list(
        [
            "units metal",
            "boundary p p p",
            "atom_modify map array sort 0 0",
            f"region cell prism 0 {lx} 0 {ly} 0 {lz} {xy} {xz} {yz}",
            f"create_box {len(names)} cell",
            "mass * 1.0",
            "neighbor 0.5 bin",
        ]
    )
    positions = np.array(cases.FRACTIONS) @ np.array(cases.CELL)
    types = [names.index(symbol) + 1 for symbol in symbols]
    host.create_atoms(len(types), None, types, positions.ravel().tolist(), None)
    host.commands_list(["pair_style equivariant", f"pair_coeff * * {path} {' '.join(names)}"])


def _compare(host, dtype):
    from ctypes import c_double

    step, allowed = STEPS[dtype]
    start = np.array(host.gather_atoms("x", 1, 3))
    direction = np.random.default_rng(1).normal(size=start.size)
    direction /= np.linalg.norm(direction)

    def energy(displacement):
        moved = start + displacement * direction
        host.scatter_atoms("x", 1, 3, (c_double * start.size)(*moved))
        host.command("run 0 post no")
        return host.get_thermo("pe")

    whole = energy(0.0)
    forces = np.array(host.gather_atoms("f", 1, 3))
    ahead, behind = ([energy(sign * k * step) for k in (1, 2)] for sign in (1, -1))
    slope = (8 * (ahead[0] - behind[0]) - (ahead[1] - behind[1])) / (12 * step)
    return whole, abs(slope + forces @ direction), allowed * (1 + np.abs(forces).max()), len(start) // 3
