# SPDX-License-Identifier: GPL-2.0-only
"""What only nequix has of the network of network.py: linear maps, normalization, gate, all as plain torch.

Features are blocks of one l each, side by side, channels fastest: [n, sum of (2l + 1) * channels].
"""

from typing import List

import torch


class Linear(torch.nn.Module):
    """A matrix per l between blocks of that l: [n, w] -> [n, w'].

    weights: one [channels, channels'] per block of the result; blocks of the input that come after
    them are left out. dims: 2l + 1 of each; rest: columns of the input that are left out.
    """

    def __init__(self, weights, dims, rest=0):
        super().__init__()
        self.mixes = torch.nn.ModuleList(Mix(w) for w in weights)
        self.widths: List[int] = [d * w.size(0) for w, d in zip(weights, dims)] + ([rest] if rest else [])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        blocks = torch.split(x, self.widths, 1)
        found: List[torch.Tensor] = []
        for k, mix in enumerate(self.mixes):
            found.append(mix(blocks[k]))
        return torch.cat(found, 1)


class Mix(torch.nn.Module):
    """One matrix for all components of a block: [n, d * u] -> [n, d * v]."""

    def __init__(self, weight):
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        dim = x.size(1) // self.weight.size(0)
        mixed = torch.mm(x.reshape(-1, self.weight.size(0)), self.weight)
        return mixed.view(-1, dim * self.weight.size(1))


class Norm(torch.nn.Module):
    """a x / sqrt(eps + sum_k q_k x_k^2), one factor for all of an atom: [n, w] -> [n, w].

    scale (a), weight (q): [w], as the columns of x.
    """

    def __init__(self, scale, weight):
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("weight", weight)
        self.eps = 1e-12

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        factor = torch.rsqrt(torch.mv(x * x, self.weight) + self.eps)
        return x * factor.unsqueeze(1) * self.scale


class Gate(torch.nn.Module):
    """SiLU / c of the scalars; the last of them multiply the channels of l > 0: [n, w] -> [n, w'].

    channels: of the scalars that stay, then of each block of l > 0; dims: 2l + 1 of those blocks.
    """

    dims: List[int]  # may be empty

    def __init__(self, channels, dims, constant):
        super().__init__()
        self.channels: List[int] = channels
        self.dims = dims
        self.widths: List[int] = [sum(channels)] + [d * u for d, u in zip(dims, channels[1:])]
        self.factor = 1.0 / constant

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        blocks = torch.split(x, self.widths, 1)
        scalars = torch.split(torch.nn.functional.silu(blocks[0]) * self.factor, self.channels, 1)
        found: List[torch.Tensor] = [scalars[0]]
        for k, dim in enumerate(self.dims):
            block = blocks[k + 1].view(-1, dim, self.channels[k + 1])
            found.append((block * scalars[k + 1].unsqueeze(1)).flatten(1))
        return torch.cat(found, 1)
