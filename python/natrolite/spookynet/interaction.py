# SPDX-License-Identifier: GPL-2.0-only
"""One interaction module: neighbors within r_max, and all atoms through attention.

Source: Unke et al. 2021, Methods, local interactions and nonlocal interactions.
Exchanges of one forward pass, on every rank whatever its number of atoms: one ghost_exchange of
width 3F, one global_max of one number, one global_sum of F (F + 1) numbers.
"""

import math
from typing import Dict, Tuple

import torch
from torch import nn

from .blocks import Readout, orthogonal, stack


class LocalInteraction(nn.Module):
    """Sums s-, p- and d-shaped messages of the neighbors and makes scalars of them."""

    def __init__(self, features: int, basis: int, blocks: Dict[str, int]):
        super().__init__()
        self.features = features
        self.own = Readout(features, blocks["local_x"])
        self.message_s = Readout(features, blocks["local_s"])
        self.message_p = Readout(features, blocks["local_p"])
        self.message_d = Readout(features, blocks["local_d"])
        self.radial = nn.Linear(basis, 3 * features, bias=False)
        self.pair_p = nn.Linear(features, 2 * features, bias=False)
        self.pair_d = nn.Linear(features, 2 * features, bias=False)
        self.mlp = Readout(features, blocks["local"], silent=True)
        for linear in (self.pair_p, self.pair_d):
            orthogonal(linear)
        for weight in self.radial.weight.data.split(features):
            nn.init.orthogonal_(weight)

    def scalar_product(self, pair: torch.Tensor) -> torch.Tensor:
        """Return [n, F] = sum over components of the two halves of pair [n, c, 2F] multiplied."""
        return (pair[:, :, : self.features] * pair[:, :, self.features :]).sum(1)

    def forward(self, x: torch.Tensor, types: torch.Tensor, edges: Dict[str, torch.Tensor]) -> torch.Tensor:
        """Return [nlocal, F].

        x: [nlocal, F]; types: int64 [nall]; edges: `center`, `neighbor` int64 [E], `basis` [E, K]
        and `direction` [E, 8] in the type of x, only pairs with r < r_max.
        """
        message = torch.cat([self.message_s(x), self.message_p(x), self.message_d(x)], 1)
        message = torch.ops.natrolite.ghost_exchange(message, types)
        center = edges["center"]
        weighted = self.radial(edges["basis"]) * message.index_select(0, edges["neighbor"])
        s, p, d = weighted.split(self.features, 1)
        direction = edges["direction"].unsqueeze(2)
        zeros = x.new_zeros([x.size(0), 8, self.features])
        total_s = self.own(x).index_add(0, center, s)
        total_p = zeros[:, :3].index_add(0, center, direction[:, :3] * p.unsqueeze(1))
        total_d = zeros[:, 3:].index_add(0, center, direction[:, 3:] * d.unsqueeze(1))
        pairs = self.scalar_product(self.pair_p(total_p)) + self.scalar_product(self.pair_d(total_d))
        return self.mlp(total_s + pairs)


class NonlocalInteraction(nn.Module):
    """Attention of every atom to all atoms in linear time with positive random features (FAVOR+).

    softmax(q k) is replaced by phi(q) phi(k), phi(x) = exp(w x - |x|^2 / 2 - max) + 1e-4, with as
    many orthogonal random directions w as features (Choromanski et al., ICLR 2021,
    arXiv:2009.14794). The maximum keeps exp in range: over the directions for a query, over
    everything for the keys; because of the 1e-4 it is part of the function and of its gradient.
    """

    def __init__(self, features: int, blocks: Dict[str, int]):
        super().__init__()
        self.query = Readout(features, blocks["nonlocal_q"], silent=True)
        self.key = Readout(features, blocks["nonlocal_k"], silent=True)
        self.value = Readout(features, blocks["nonlocal_v"], silent=True)
        self.register_buffer("omega", random_directions(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return [nlocal, F] for x [nlocal, F]."""
        n, width = x.size(0), x.size(1)
        query, query_half = self.project(self.query(x))
        key, key_half = self.project(self.key(x))
        key = self.feature_map(key, key_half, self.highest(key))
        query = self.feature_map(query, query_half, query.max(1, keepdim=True)[0])
        mixed = self.mix(query, key, torch.cat([self.value(x), x.new_ones([n, 1])], 1))
        return mixed[:, :width] / (mixed[:, width:] + 1e-8)

    def highest(self, key: torch.Tensor) -> torch.Tensor:
        """Return [1, 1], the largest number of key [n, F] on all ranks."""
        # An empty rank takes part with minus infinity.
        floor = torch.full([1], -math.inf, dtype=key.dtype, device=key.device)
        highest = torch.cat([key.reshape(-1), floor]).max().unsqueeze(0)
        return torch.ops.natrolite.global_max(highest).unsqueeze(0)

    def mix(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Return [n, V] = query (sum over all atoms of key value); query, key: [n, F], value: [n, V]."""
        return query @ torch.ops.natrolite.global_sum(key.t() @ value)

    def project(self, x: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        """Return w x and |x|^2 / 2 of the rows divided by F^(1/4): [n, F] and [n, 1]."""
        width = x.size(1)
        half = (x * x).sum(1, keepdim=True) / (2.0 * math.sqrt(width))
        return (x / math.sqrt(math.sqrt(width))) @ self.omega, half

    def feature_map(self, projected: torch.Tensor, half: torch.Tensor, highest: torch.Tensor) -> torch.Tensor:
        """Return phi [n, F]; highest: [n, 1] or [1, 1]."""
        scale = math.sqrt(projected.size(1))
        return (torch.exp(projected - half - highest) + 1e-4) / scale


def random_directions(features: int) -> torch.Tensor:
    """Return [F, F]: orthogonal columns with the lengths of Gaussian vectors, from torch's seed."""
    columns = torch.linalg.qr(torch.randn(features, features, dtype=torch.float64))[0]
    length = torch.randn(features, features, dtype=torch.float64).norm(dim=0)
    return (columns * length).to(torch.get_default_dtype())


class InteractionModule(nn.Module):
    """x <- post(pre(x) + local + nonlocal); y = readout(x) is the module's part of the output."""

    Nonlocal = NonlocalInteraction

    def __init__(self, features: int, basis: int, blocks: Dict[str, int]):
        super().__init__()
        self.pre = stack(features, blocks["pre"])
        self.near = LocalInteraction(features, basis, blocks)
        self.far = self.Nonlocal(features, blocks)
        self.post = stack(features, blocks["post"])
        self.readout = Readout(features, blocks["output"])

    def forward(
        self, x: torch.Tensor, types: torch.Tensor, edges: Dict[str, torch.Tensor]
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        """Return the new features and the output, [nlocal, F] each (see LocalInteraction)."""
        x = self.pre(x)
        x = self.post(x + self.near(x, types, edges) + self.far(x))
        return x, self.readout(x)
