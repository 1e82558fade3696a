# SPDX-License-Identifier: GPL-2.0-only
"""The whole potential, in the form of the model file: edge vectors in, atomic energies out.

Needs the operators natrolite::ghost_exchange, global_sum and global_max (natrolite.operators in
Python, the engine in LAMMPS). One forward pass makes, on every rank whatever its atoms and edges:
ghost_exchange once per module and once for charges and dispersion; global_max once per module;
global_sum once per module and twice more (electronic embedding; charges and counts).
"""

from typing import Dict, List

import torch
from torch import nn

from natrolite.default_dtype import default_dtype

from .dispersion import REFERENCES, Dispersion
from .dispersion_tables import Tables, from_package
from .electrostatics import Electrostatics
from .embeddings import ElectronicEmbedding, NuclearEmbedding
from .interaction import InteractionModule
from .radial import BernsteinBasis, directions
from .repulsion import Repulsion
from .settings import Settings

OUTPUTS = ["atomic_energy", "charges", "repulsion", "electrostatics", "dispersion"]


class SpookyNet(nn.Module):
    """SpookyNet (Unke et al., Nat. Commun. 12, 7273 (2021)) with the model-file contract.

    settings: architecture; dtype: type of the network (distances, charges and the analytic terms
    are always float64); tables: D4 reference systems, default those of tad-dftd4.
    """

    Interaction = InteractionModule

    def __init__(self, settings: Settings, dtype: torch.dtype = torch.float64, tables: Tables = None):
        super().__init__()
        self.settings = settings
        with default_dtype(dtype):
            self._build_network(settings)
        self.r_max = settings.r_max
        self.lr_cutoff = 0.0 if settings.lr_cutoff is None else settings.lr_cutoff
        self.all_pairs = settings.all_pairs
        self.repulsion = None
        if settings.repulsion:
            self.repulsion = Repulsion(settings.atomic_numbers, settings.r_max)
        self.electrostatics = Electrostatics(settings.r_max, settings.lr_cutoff) if settings.electrostatics else None
        self.dispersion = None
        if settings.dispersion:
            rows = from_package(settings.atomic_numbers) if tables is None else tables
            self.dispersion = Dispersion(rows, settings.lr_cutoff)

    def _build_network(self, settings: Settings) -> None:
        width, blocks = settings.features, settings.blocks
        self.element = NuclearEmbedding(settings.atomic_numbers, width)
        self.charge_embedding = ElectronicEmbedding(width, blocks["electron"], signed=True)
        self.spin_embedding = ElectronicEmbedding(width, blocks["electron"], signed=False)
        self.basis = BernsteinBasis(settings.basis, settings.r_max, settings.radial_decay)
        self.interactions = nn.ModuleList(
            [self.Interaction(width, settings.basis, blocks) for _ in range(settings.modules)]
        )
        self.output = nn.Linear(width, 2, bias=False)
        nn.init.orthogonal_(self.output.weight)
        # Energy (eV) and charge (e) of an element, added to the output.
        self.offset = nn.Parameter(torch.zeros(len(settings.atomic_numbers), 2))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        """Return OUTPUTS, float64 [nlocal] each, in eV; the charges in e.

        data: edge_vec float64 [E, 3] = x_j - x_i in Angstrom, the differentiable input; edge_index
        int64 [2, E], sorted by center; types int64 [nall]; types_local int64 [nlocal];
        total_charge (e) and total_spin (number of unpaired electrons) float64 [1]. All pairs
        with r < max(r_max, lr_cutoff); without lr_cutoff every pair of the molecule, else
        an error is raised, the same on every rank.
        """
        edge_vec, types, own = data["edge_vec"], data["types"], data["types_local"]
        center, neighbor = data["edge_index"][0], data["edge_index"][1]
        r = edge_vec.square().sum(1).sqrt()
        near = torch.nonzero(r < self.r_max).squeeze(1)
        near_r, near_i, near_j = r[near], center[near], neighbor[near]
        features = self.atom_features(data, near, near_r, near_i, near_j)
        raw = self.output(features).double() + self.offset.double().index_select(0, own)
        energy = raw[:, 0]
        charges = self.conserve(raw[:, 1], data["total_charge"], center)
        zero = torch.zeros_like(energy)
        repulsion, electrostatics, dispersion = zero, zero, zero
        if self.repulsion is not None:
            repulsion = self.repulsion(near_r, near_i, near_j, types, own.size(0))
        if self.electrostatics is not None or self.dispersion is not None:
            pairs = self.long_range_pairs(r)
            electrostatics, dispersion = self.long_range(r, pairs, center, neighbor, types, charges)
        return {
            "atomic_energy": energy + repulsion + electrostatics + dispersion,
            "charges": charges,
            "repulsion": repulsion,
            "electrostatics": electrostatics,
            "dispersion": dispersion,
        }

    def atom_features(
        self,
        data: Dict[str, torch.Tensor],
        near: torch.Tensor,
        r: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
    ) -> torch.Tensor:
        """Return [nlocal, F], the sum of the modules' outputs.

        near: int64 [e], the edges with r < r_max; r, center, neighbor: theirs, [e] each.
        """
        dtype = self.output.weight.dtype
        edges = {
            "center": center,
            "neighbor": neighbor,
            "basis": self.basis(r).to(dtype),
            "direction": directions(data["edge_vec"][near], r).to(dtype),
        }
        charge = self.of_atoms(data["total_charge"].to(dtype))
        spin = self.of_atoms(data["total_spin"].to(dtype))
        z = self.element(data["types_local"])
        by_charge = self.charge_embedding.weights(z, charge)
        by_spin = self.spin_embedding.weights(z, spin)
        total = self.total(torch.stack([by_charge, by_spin], 1))
        x = z + self.charge_embedding(by_charge, total[:, 0], charge)
        x = x + self.spin_embedding(by_spin, total[:, 1], spin)
        features = torch.zeros_like(x)
        for interaction in self.interactions:
            x, y = interaction(x, data["types"], edges)
            features = features + y
        return features

    def of_atoms(self, amount: torch.Tensor) -> torch.Tensor:
        """Return what every atom sees of a number of the system, amount [1]: the same [1]."""
        return amount

    def total(self, x: torch.Tensor) -> torch.Tensor:
        """Return [1, k], the sum of x [nlocal, k] over the atoms of all ranks."""
        return torch.ops.natrolite.global_sum(x.sum(0)).unsqueeze(0)

    def conserve(self, charges: torch.Tensor, total_charge: torch.Tensor, center: torch.Tensor) -> torch.Tensor:
        """Return the charges with what is missing from total_charge spread evenly over all atoms.

        charges: float64 [nlocal] in e; center: int64 [E], of all edges.
        """
        n = charges.size(0)
        edges = torch.zeros_like(charges).index_add(0, center, torch.ones_like(center).to(charges))
        counts = torch.stack([edges.new_ones([n]), edges, edges * edges]).detach().sum(1)
        sums = torch.cat([charges.sum().unsqueeze(0), counts])
        sums = torch.ops.natrolite.global_sum(sums)
        if self.all_pairs:
            self.require_all_pairs(int(sums[1]), int(sums[2]), int(sums[3]))
        return charges + (total_charge - sums[0]) / sums[1]

    def require_all_pairs(self, atoms: int, edges: int, squares: int) -> None:
        """Raise RuntimeError, on every rank, unless each atom has atoms - 1 edges.

        edges, squares: sum over all atoms of the number of edges and of its square.
        """
        if edges != atoms * (atoms - 1) or squares != edges * (atoms - 1):
            raise RuntimeError(
                "this SpookyNet has no lr_cutoff and needs every pair of an isolated molecule: "
                f"{atoms} atoms have {atoms * (atoms - 1)} pairs, but {edges} edges were given; for a periodic system, or a "
                "molecule wider than the neighbor list, export the model with "
                "--lr-cutoff"
            )

    def long_range_pairs(self, r: torch.Tensor) -> torch.Tensor:
        """Return int64 [e], the edges within lr_cutoff (all without one)."""
        if self.lr_cutoff > 0.0:
            return torch.nonzero(r < self.lr_cutoff).squeeze(1)
        return torch.arange(r.size(0), device=r.device)

    def long_range(
        self,
        r: torch.Tensor,
        pairs: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        types: torch.Tensor,
        charges: torch.Tensor,
    ) -> List[torch.Tensor]:
        """Return electrostatic and dispersion energy, float64 [nlocal] each, in eV."""
        r, center, neighbor = r[pairs], center[pairs], neighbor[pairs]
        known = charges.unsqueeze(1)
        if self.dispersion is not None:
            weights = self.dispersion.weights(r, center, neighbor, types, charges)
            known = torch.cat([known, weights], 1)
        known = torch.ops.natrolite.ghost_exchange(known, types)
        coulomb, vdw = torch.zeros_like(charges), torch.zeros_like(charges)
        if self.electrostatics is not None:
            q = known[:, 0]
            product = q.index_select(0, center) * q.index_select(0, neighbor)
            coulomb = coulomb.index_add(0, center, self.electrostatics(r, product))
        if self.dispersion is not None:
            pair = self.dispersion(r, center, neighbor, types, known[:, 1:], charges.size(0))
            vdw = vdw.index_add(0, center, pair)
        return [coulomb, vdw]

    def exchange_widths(self) -> List[int]:
        """Return the width of each ghost_exchange of one forward pass, in order."""
        widths = [3 * self.settings.features] * self.settings.modules
        if self.settings.long_range:
            widths.append(1 + (REFERENCES if self.settings.dispersion else 0))
        return widths
