# SPDX-License-Identifier: GPL-2.0-only
"""What the TorchScript wrapper of MACE knows of edges: radial functions and pair repulsion.

Shapes: n = nlocal, E edges, T types; "center" is mace's receiver, "neighbor" its sender.
"""

from typing import NamedTuple, Tuple

import torch

from natrolite.exporters.convolution import scatter_rows
from natrolite.exporters.network import polynomial_envelope


class Edges(NamedTuple):
    """What all layers need to know of the edges.

    center, neighbor: int64 [E]; pair: int64 [2, E], types of neighbor and center;
    harmonics [E, h]; radial [E, b]; cutoff [E, 1], its envelope, which radial may contain already.
    """

    center: torch.Tensor
    neighbor: torch.Tensor
    pair: torch.Tensor
    harmonics: torch.Tensor
    radial: torch.Tensor
    cutoff: torch.Tensor


class PlainDistance(torch.nn.Module):
    """The distance itself: [E, 1] -> [E, 1]."""

    def forward(self, r: torch.Tensor, pair: torch.Tensor) -> torch.Tensor:
        return r


class TypedDistance(torch.nn.Module):
    """A distance transform of mace, which looks at the elements of a pair: [E, 1] -> [E, 1].

    mace gives it one-hot rows of all atoms; here the "atoms" are the T types, row k of type k.
    """

    def __init__(self, transform, atomic_numbers, dtype):
        super().__init__()
        self.transform = transform
        self.register_buffer("atomic_numbers", atomic_numbers)
        self.register_buffer("onehot", torch.eye(len(atomic_numbers), dtype=dtype))

    def forward(self, r: torch.Tensor, pair: torch.Tensor) -> torch.Tensor:
        return self.transform(r, self.onehot, pair, self.atomic_numbers)


class Radial(torch.nn.Module):
    """Radial basis and its envelope: [E, 1], [2, E] -> [E, b], [E, 1].

    within: the basis contains the envelope; otherwise each layer applies it to its weights.
    """

    def __init__(self, distance, basis, envelope, within):
        super().__init__()
        self.distance = distance
        self.basis = basis
        self.envelope = envelope
        self.within: bool = within

    def forward(self, r: torch.Tensor, pair: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        cutoff = self.envelope(r)
        basis = self.basis(self.distance(r, pair))
        if self.within:
            basis = basis * cutoff
        return basis, cutoff


class NoRepulsion(torch.nn.Module):
    """No pair energy: -> [n] zeros."""

    def forward(self, r: torch.Tensor, edges: Edges, nlocal: int) -> torch.Tensor:
        return torch.zeros([nlocal], dtype=r.dtype, device=r.device)


class Repulsion(torch.nn.Module):
    """Half the Ziegler-Biersack-Littmark energy of each edge on its center, in eV: -> [n].

    Z Z' e^2 / (4 pi eps0 r) sum_k c_k exp(-d_k r/a), times a polynomial envelope that ends at the
    sum of the covalent radii. strength (half of Z Z' e^2 / (4 pi eps0)), screening (a) and reach:
    [T, T], by types of neighbor and center.
    """

    def __init__(self, strength, screening, reach, coefficients, p):
        super().__init__()
        self.register_buffer("strength", strength)
        self.register_buffer("screening", screening)
        self.register_buffer("reach", reach)
        self.register_buffer("coefficients", coefficients)
        self.register_buffer("decays", torch.tensor([3.2, 0.9423, 0.4028, 0.2016], dtype=coefficients.dtype))
        self.p = float(p)

    def forward(self, r: torch.Tensor, edges: Edges, nlocal: int) -> torch.Tensor:
        neighbor, center = edges.pair[0], edges.pair[1]
        reduced = r / self.screening[neighbor, center].unsqueeze(1)
        screened = torch.mv(torch.exp(-self.decays * reduced), self.coefficients).unsqueeze(1)
        x = r / self.reach[neighbor, center].unsqueeze(1)
        energy = self.strength[neighbor, center].unsqueeze(1) / r * screened * polynomial_envelope(x, self.p)
        energy = torch.where(x < 1.0, energy, torch.zeros_like(r))
        return scatter_rows(energy, edges.center, nlocal).squeeze(1)
