# SPDX-License-Identifier: GPL-2.0-only
"""Evaluation of a model file in Python: energies, forces and the virial from edge gradients."""

import dataclasses

import numpy as np

from natrolite import graph as graphs
from natrolite.errors import NatroliteError


@dataclasses.dataclass
class Result:
    """Energy in eV, forces float64 [n, 3] in eV/A, virial float64 [3, 3] in eV (-sum v (x) dE/dv).

    atomic: dict of the model's per-atom outputs (float64 numpy arrays), may be empty.
    """

    energy: float
    forces: np.ndarray
    virial: np.ndarray
    atomic: dict = dataclasses.field(default_factory=dict)

    def stress(self, volume):
        """Return the Voigt stress (xx yy zz yz xz xy) in eV/A^3 with ASE's sign."""
        s = -0.5 * (self.virial + self.virial.T) / volume
        return np.array([s[0, 0], s[1, 1], s[2, 2], s[1, 2], s[0, 2], s[0, 1]])


def types_of(atoms, metadata):
    """Return int64 [n] indices into metadata["atomic_numbers"]; an unknown element is refused."""
    index = {z: i for i, z in enumerate(metadata["atomic_numbers"])}
    unknown = sorted({s for s, z in zip(atoms.get_chemical_symbols(), atoms.numbers) if z not in index})
    if unknown:
        raise NatroliteError(
            f"the model has no parameters for {' '.join(unknown)}; it knows {' '.join(metadata['type_names'])}"
        )
    return np.array([index[z] for z in atoms.numbers], dtype=np.int64)


def cutoffs(metadata):
    """Return what a graph is built with, in Angstrom: pair_cutoffs, or the larger of the others."""
    if metadata.get("pair_cutoffs"):
        return np.asarray(metadata["pair_cutoffs"], float)
    return max(metadata["r_max"], metadata.get("lr_cutoff") or 0.0)


def reach(metadata, atoms):
    """Return how far edges must reach in Angstrom: the cutoff, or all of a molecule.

    Raises NatroliteError for a periodic system of a model that needs all pairs.
    """
    if not metadata.get("arch", {}).get("all_pairs"):
        return cutoffs(metadata)
    if atoms.pbc.any():
        raise NatroliteError(
            "this model has no lr_cutoff and takes isolated molecules only, but the system is "
            "periodic; export the model with --lr-cutoff"
        )
    return max(cutoffs(metadata), graphs.extent(atoms))


def evaluate(module, metadata, atoms, *, ghosts=False):
    """Evaluate a model on an ase.Atoms; return (Result, the Exchange context with its counters).

    module: callable Dict[str, Tensor] -> Dict[str, Tensor]; ghosts: with explicit ghost atoms.
    atoms.info may hold the total "charge" in e and the "spin" in the model's spin_convention.
    """
    build = graphs.with_ghosts if ghosts else graphs.folded
    types = types_of(atoms, metadata)
    charge, spin = atoms.info.get("charge", 0.0), atoms.info.get("spin", 0.0)
    graph = build(atoms, types, reach(metadata, atoms))
    return evaluate_graph(module, graph, charge=charge, spin=spin)


def evaluate_graph(module, graph, *, charge=0.0, spin=0.0):
    """Evaluate a model on a Graph; return (Result, Exchange). Ghost forces are added to owners."""
    import torch

    from natrolite import operators

    vec = torch.from_numpy(graph.edge_vec).clone().requires_grad_(True)
    types = torch.from_numpy(graph.types)
    data = {
        "edge_vec": vec,
        "edge_index": torch.from_numpy(graph.edge_index),
        "types": types,
        "types_local": types[: graph.nlocal].clone(),
        "total_charge": torch.tensor([charge], dtype=torch.float64),
        "total_spin": torch.tensor([spin], dtype=torch.float64),
    }
    with operators.exchange(graph.owner) as context:
        output = module(data)
        energy = output["atomic_energy"].sum()
        gradient = None
        if energy.requires_grad:
            (gradient,) = torch.autograd.grad([energy], [vec], allow_unused=True)
    g = np.zeros_like(graph.edge_vec) if gradient is None else gradient.numpy()
    forces = np.zeros((len(graph.types), 3))
    np.add.at(forces, graph.edge_index[0], g)
    np.subtract.at(forces, graph.edge_index[1], g)
    folded = forces[: graph.nlocal].copy()
    np.add.at(folded, graph.owner, forces[graph.nlocal :])
    atomic = {name: value.detach().numpy() for name, value in output.items()}
    return Result(float(energy.detach()), folded, -graph.edge_vec.T @ g, atomic), context
