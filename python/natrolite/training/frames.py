# SPDX-License-Identifier: GPL-2.0-only
"""Structures with what is known of them, and batches of them."""

import dataclasses

import numpy as np

from natrolite import graph
from natrolite.errors import NatroliteError, reason


@dataclasses.dataclass
class Frame:
    """One structure; properties that are not known are NaN.

    graph: natrolite.graph.Graph without ghosts; positions [n, 3] in A; energy in eV; forces [n, 3] in eV/A;
    charges [n] in e; dipole [3] in e A (NaN for periodic or charged structures); kind: a word for the errors.
    """

    graph: graph.Graph
    positions: np.ndarray
    energy: float
    forces: np.ndarray
    charges: np.ndarray
    dipole: np.ndarray
    total_charge: float
    spin: float
    kind: str

    @property
    def atoms(self):
        """Number of atoms."""
        return self.graph.nlocal


def read(paths, settings, data):
    """Return the Frames of extxyz files; settings: of the model; data: config.Data.

    Raises NatroliteError: unreadable file, unknown element, no energy, a periodic structure without lr_cutoff.
    """
    import ase.io

    frames = []
    for path in paths:
        try:
            images = ase.io.read(path, ":")
        except Exception as error:  # whatever ASE's readers raise
            raise NatroliteError(f"{path} cannot be read: {reason(error)}") from None
        frames += [_frame(atoms, f"{path}, structure {k}", settings, data) for k, atoms in enumerate(images, 1)]
    return frames


def _frame(atoms, where, settings, data):
    known = {**atoms.info, **atoms.arrays, **(atoms.calc.results if atoms.calc else {})}
    unknown = sorted(set(atoms.numbers) - set(settings.atomic_numbers))
    if unknown:
        raise NatroliteError(f"{where} has atomic number {unknown[0]}, which is not among [model] elements")
    if atoms.pbc.any() and settings.all_pairs:
        raise NatroliteError(f"{where} is periodic: give [model] lr_cutoff")
    if known.get(data.energy) is None:
        raise NatroliteError(f"{where} has no '{data.energy}'; name it by [data] energy")
    n, total = len(atoms), float(known.get(data.total_charge, 0.0))
    types = np.array([settings.atomic_numbers.index(z) for z in atoms.numbers], np.int64)
    cutoff = max(settings.r_max, settings.lr_cutoff or 0.0)
    if settings.all_pairs:
        cutoff = max(cutoff, graph.extent(atoms))
    dipole = _array(known, data.dipole, (3,), where)
    return Frame(
        graph=graph.folded(atoms, types, cutoff), positions=atoms.get_positions(), energy=float(known[data.energy]),
        forces=_array(known, data.forces, (n, 3), where), charges=_array(known, data.charges, (n,), where),
        dipole=dipole if not atoms.pbc.any() and total == 0.0 else np.full(3, np.nan), total_charge=total,
        spin=float(known.get(data.spin, 0.0)), kind=str(known.get(data.kind, "all")),
    )  # fmt: skip


def _array(known, name, shape, where):
    value = known.get(name)
    if value is None:
        return np.full(shape, np.nan)
    value = np.asarray(value, float)
    if value.shape != shape:
        raise NatroliteError(f"{where}: '{name}' has shape {value.shape}, not {shape}")
    return value


def batch(frames, device="cpu"):
    """Return what BatchedSpookyNet takes, with the properties beside it (tensors in float64)."""
    import torch

    first = np.cumsum([0] + [f.atoms for f in frames])
    counts = [f.atoms for f in frames]
    joined = {
        "edge_vec": np.concatenate([f.graph.edge_vec for f in frames]),
        "edge_index": np.concatenate([f.graph.edge_index + at for f, at in zip(frames, first)], axis=1),
        "types": np.concatenate([f.graph.types for f in frames]),
        "frame": np.repeat(np.arange(len(frames)), counts),
        "total_charge": np.array([f.total_charge for f in frames]),
        "total_spin": np.array([f.spin for f in frames]),
        "atoms": np.array(counts, float),
        "energy": np.array([f.energy for f in frames]),
        "dipole": np.array([f.dipole for f in frames]),
        **{name: np.concatenate([getattr(f, name) for f in frames]) for name in ("positions", "forces", "charges")},
    }
    data = {name: torch.as_tensor(value, device=device) for name, value in joined.items()}
    data["types_local"] = data["types"]
    return data


def energies_of_elements(frames, energies, types):
    """Return [types] eV: least squares of energies (eV) of frames by composition, shortest where it is not unique."""
    counts = np.array([np.bincount(f.graph.types, minlength=types) for f in frames], float)
    return np.linalg.lstsq(counts, np.asarray(energies), rcond=1e-10)[0]
