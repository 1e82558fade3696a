# SPDX-License-Identifier: GPL-2.0-only
"""First features of an atom: from its element, the total charge and the unpaired electrons."""

import math

import torch
from torch import nn
from torch.nn import functional

from .blocks import Readout, orthogonal, zero
from .elements import descriptors


class NuclearEmbedding(nn.Module):
    """One free vector per element plus a linear map of the element's descriptor.

    Both start at zero, so that a new network predicts neither energies nor charges.

    Source: Unke et al. 2021, Methods, nuclear embedding.
    """

    def __init__(self, atomic_numbers: tuple, features: int):
        super().__init__()
        self.register_buffer("descriptor", descriptors(atomic_numbers).to(torch.get_default_dtype()))
        self.free = nn.Parameter(torch.zeros(len(atomic_numbers), features))
        self.mix = nn.Linear(self.descriptor.size(1), features, bias=False)
        zero(self.mix)

    def forward(self, types: torch.Tensor) -> torch.Tensor:
        """Return [n, F] for types int64 [n]."""
        return (self.free + self.mix(self.descriptor)).index_select(0, types)


class ElectronicEmbedding(nn.Module):
    """Spreads one global number over the atoms by attention weights that add up to one.

    For the charge (`signed`) positive and negative values have their own keys and values; of the
    spin only the magnitude counts. Source: Unke et al. 2021, Methods, electronic embedding.
    """

    def __init__(self, features: int, blocks: int, signed: bool):
        super().__init__()
        self.signed = signed
        self.query = nn.Linear(features, features)
        self.key = nn.Linear(2 if signed else 1, features, bias=False)
        self.value = nn.Linear(2 if signed else 1, features, bias=False)
        self.mlp = Readout(features, blocks, bias=False, silent=True)
        for linear in (self.query, self.key, self.value):
            orthogonal(linear)

    def split(self, amount: torch.Tensor) -> torch.Tensor:
        """Return [1, 2] (positive part, negative part) or [1, 1] (magnitude) of amount [1]."""
        if self.signed:
            return torch.stack([functional.relu(amount), functional.relu(-amount)], 1)
        return amount.abs().unsqueeze(1)

    def weights(self, x: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        """Return [n], not normalized, for x [n, F] and amount [1] of the same type."""
        e = self.split(amount)
        key = self.key(e / e.clamp(min=1.0))
        dot = (self.query(x) * key).sum(1)
        return functional.softplus(dot / math.sqrt(x.size(1)))

    def forward(self, weights: torch.Tensor, total: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        """Return [n, F]; total [1]: the sum of the weights over all atoms of all ranks."""
        share = weights / (total + 1e-8)
        return self.mlp(share.unsqueeze(1) * self.value(self.split(amount)))
