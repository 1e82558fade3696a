# SPDX-License-Identifier: GPL-2.0-only
"""Input of CP2K for one frame, and what its output says."""

import dataclasses
import re

import numpy as np
from ase.units import Bohr, Hartree

FORCE = Hartree / Bohr  # eV/A in an atomic unit of force
DEBYE = 0.2081943  # e A in a debye

BASIS = {
    "H": ("DZVP-MOLOPT-SR-GTH", "GTH-PBE-q1"),
    "C": ("DZVP-MOLOPT-SR-GTH", "GTH-PBE-q4"),
    "N": ("DZVP-MOLOPT-SR-GTH", "GTH-PBE-q5"),
    "Na": ("TZVP-MOLOPT-PBE-GTH-q1", "GTH-PBE-q1"),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a frame is computed. cutoffs in Ry, temperature of the electrons in K, k points along the vectors;
    a frame with a force above largest_force (eV/A) is dropped. reuse: start from the electrons of the frame before,
    which helps unless atoms have moved far since."""

    cutoff: int = 600
    rel_cutoff: int = 40
    eps_default: float = 1e-8
    eps_scf: float = 1e-5
    electrons: float = 600.0
    kpoints: tuple = (1, 1, 1)
    basis: tuple = tuple(sorted(BASIS.items()))
    max_scf: int = 80
    mixing: float = 0.3
    largest_force: float = 30.0
    reuse: bool = True

    def describe(self):
        """One line for the header of a frame."""
        kinds = " ".join(f"{symbol}:{basis}/{potential}" for symbol, (basis, potential) in self.basis)
        return (
            f"CP2K PBE {self.cutoff}/{self.rel_cutoff} Ry Fermi {self.electrons:g} K "
            f"k {'x'.join(map(str, self.kpoints))} EPS_SCF {self.eps_scf:g} {kinds}"
        )


class Failed(ValueError):
    """A frame that cannot be used, with the reason."""


def section(name, *lines):
    """Lines of a section of CP2K's input; a line may be a list of lines."""
    body = [inner for line in lines for inner in ([line] if isinstance(line, str) else line)]
    return [f"&{name}", *("  " + line for line in body), f"&END {name.split()[0]}"]


def write_input(atoms, settings, restart=None):
    """Text of the input: energy, forces, Hirshfeld charges and, without periodicity, the dipole.

    atoms.info may hold `charge` (e), `spin` (unpaired electrons) and `polarized` (false: the same orbitals for both
    spins in spite of them). restart is the file of a wave function, or for k points of a density, to start from.
    """
    polarized = atoms.info.get("spin", 0) > 0 and atoms.info.get("polarized", True)
    periodic = atoms.pbc.any()
    if periodic and not atoms.pbc.all():
        raise ValueError(f"periodic along {atoms.pbc}: along all vectors or none")
    dft = [
        f"CHARGE {atoms.info.get('charge', 0)}",
        *(["UKS", f"MULTIPLICITY {atoms.info['spin'] + 1}"] if polarized else []),
        "BASIS_SET_FILE_NAME BASIS_MOLOPT",
        "BASIS_SET_FILE_NAME BASIS_MOLOPT_UZH",
        "POTENTIAL_FILE_NAME POTENTIAL_UZH",
        *([f"WFN_RESTART_FILE_NAME {restart}"] if restart else []),
        section("MGRID", f"CUTOFF {settings.cutoff}", f"REL_CUTOFF {settings.rel_cutoff}"),
        section("QS", f"EPS_DEFAULT {settings.eps_default:g}"),
        [] if periodic else section("POISSON", "PERIODIC NONE", "PSOLVER WAVELET"),
        scf(settings, atoms, polarized, restart),
        section("XC", *section("XC_FUNCTIONAL PBE")),
        kpoints(settings),
        section(
            "PRINT",
            section("HIRSHFELD", "SELF_CONSISTENT F", "SHAPE_FUNCTION DENSITY"),
            [] if periodic else section("MOMENTS", "PERIODIC F", "REFERENCE COM"),
        ),
    ]
    return (
        "\n".join(
            [
                *section("GLOBAL", "PROJECT frame", "RUN_TYPE ENERGY_FORCE", "PRINT_LEVEL MEDIUM"),
                *section(
                    "FORCE_EVAL",
                    "METHOD QS",
                    section("DFT", *dft),
                    section("PRINT", section("FORCES")),
                    subsystem(atoms, settings, periodic),
                ),
            ]
        )
        + "\n"
    )


def scf(settings, atoms, polarized, restart):
    """Return the loop to self-consistency, with enough empty states for the smearing."""
    empty = 10 + len(atoms)
    moment = [f"FIXED_MAGNETIC_MOMENT {atoms.info['spin']}"] if polarized else []
    return section(
        "SCF",
        f"SCF_GUESS {'RESTART' if restart else 'ATOMIC'}",
        f"EPS_SCF {settings.eps_scf:g}",
        f"MAX_SCF {settings.max_scf}",
        f"ADDED_MOS {empty}" + (f" {empty}" if polarized else ""),
        section("SMEAR ON", "METHOD FERMI_DIRAC", f"ELECTRONIC_TEMPERATURE [K] {settings.electrons:g}", *moment),
        section("MIXING", "METHOD BROYDEN_MIXING", f"ALPHA {settings.mixing:g}", "NBROYDEN 20"),
        section("DIAGONALIZATION"),
        section(
            "PRINT",
            section("RESTART", "BACKUP_COPIES 0") if settings.reuse else section("RESTART OFF"),
            section("RESTART_HISTORY OFF"),
        ),
    )


def kpoints(settings):
    """Monkhorst-Pack points without symmetry but that of time; nothing for Gamma alone."""
    if settings.kpoints == (1, 1, 1):
        return []
    grid = " ".join(map(str, settings.kpoints))
    return section("KPOINTS", f"SCHEME MONKHORST-PACK {grid}", "SYMMETRY OFF", "FULL_GRID OFF", "PARALLEL_GROUP_SIZE 0")


def subsystem(atoms, settings, periodic):
    """Cell, coordinates (A) and kinds."""
    vectors = [f"{name} " + " ".join(f"{x:.8f}" for x in vector) for name, vector in zip("ABC", atoms.cell)]
    places = [f"{a.symbol} " + " ".join(f"{x:.8f}" for x in a.position) for a in atoms]
    basis = dict(settings.basis)
    kinds = [
        section(f"KIND {symbol}", f"BASIS_SET {basis[symbol][0]}", f"POTENTIAL {basis[symbol][1]}")
        for symbol in sorted(set(atoms.symbols))
    ]
    return section(
        "SUBSYS",
        section("CELL", *vectors, f"PERIODIC {'XYZ' if periodic else 'NONE'}"),
        section("COORD", *places),
        *kinds,
    )


def read_output(text, atoms):
    """Return what a finished run says: dict of energy (eV), forces (eV/A), charges (e), steps and, if printed, dipole (e A).

    Raises Failed where the run broke off or did not converge.
    """
    if "PROGRAM ENDED AT" not in text:
        reason = re.search(r"\[ABORT\].*\n.*?\|?\s*\\___/\s*(.*?)\s*\*", text)
        raise Failed(f"cp2k broke off: {reason.group(1) if reason else 'no end of the program'}")
    steps = re.search(r"SCF run converged in\s+(\d+) steps", text)
    if not steps or "SCF run NOT converged" in text:
        raise Failed("the SCF loop did not converge")
    energy = re.search(r"ENERGY\| Total FORCE_EVAL.*:\s+(\S+)", text)
    result = {
        "energy": float(energy.group(1)) * Hartree,
        "steps": int(steps.group(1)),
        "forces": table(text, r"ATOMIC FORCES in \[a.u.\]", len(atoms), slice(3, 6)) * FORCE,
        "charges": table(text, r"Hirshfeld Charges", len(atoms), slice(-1, None))[:, 0],
    }
    dipole = re.search(r"Dipole moment \[Debye\]\s+X=\s*(\S+)\s+Y=\s*(\S+)\s+Z=\s*(\S+)", text)
    if dipole:
        result["dipole"] = np.array(dipole.groups(), float) * DEBYE
    return result


def table(text, title, rows, columns):
    """Columns of the lines `number ...` below a title: array (rows, columns)."""
    place = re.search(title, text)
    lines = re.findall(r"^ *\d+ .*$", text[place.end() :], re.MULTILINE)[:rows] if place else []
    if len(lines) < rows:
        raise Failed(f"{title}: {len(lines)} of {rows} atoms")
    return np.array([line.split()[columns] for line in lines], float)
