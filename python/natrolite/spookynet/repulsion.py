# SPDX-License-Identifier: GPL-2.0-only
"""Short-range repulsion after Ziegler, Biersack and Littmark, with learned numbers."""

import torch
from torch import nn
from torch.nn import functional

from .radial import positive, smooth_cutoff, softplus_inverse
from .settings import BOHR, COULOMB


class Repulsion(nn.Module):
    """1/2 sum_j ke Z_i Z_j / r * sum_k c_k exp(-a_k (Z_i^p + Z_j^p) d r) * cutoff(r), eV.

    The c_k add up to one. The starting values are those of the universal ZBL potential.
    Source: Unke et al. 2021, Methods, empirical terms (E_rep).
    """

    def __init__(self, atomic_numbers: tuple, r_max: float):
        super().__init__()
        self.r_max = r_max
        self.half_coulomb = 0.5 * COULOMB
        self.register_buffer("charge", torch.tensor(atomic_numbers, dtype=torch.float64))
        self.inverse_length = positive(1.0 / (0.8854 * BOHR))
        self.exponent = positive(0.23)
        self.height = _positives([0.18180, 0.50990, 0.28020, 0.02817])
        self.slope = _positives([3.20000, 0.94230, 0.40280, 0.20160])

    def forward(
        self,
        r: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        types: torch.Tensor,
        nlocal: int,
    ) -> torch.Tensor:
        """Return float64 [nlocal] in eV; r: float64 [E] in Angstrom, r < r_max."""
        size = self.charge.pow(functional.softplus(self.exponent))
        type_i, type_j = types.index_select(0, center), types.index_select(0, neighbor)
        inverse = (size[type_i] + size[type_j]) * functional.softplus(self.inverse_length)
        height = functional.softplus(self.height)
        decay = torch.exp(-(r * inverse).unsqueeze(1) * functional.softplus(self.slope))
        screening = (decay * (height / height.sum())).sum(1) * smooth_cutoff(r, self.r_max)
        energy = self.half_coulomb * self.charge[type_i] * self.charge[type_j] / r * screening
        return torch.zeros([nlocal], dtype=r.dtype, device=r.device).index_add(0, center, energy)


def _positives(values) -> nn.Parameter:
    """Return one float64 parameter whose softplus has these values."""
    raw = [softplus_inverse(value) for value in values]
    return nn.Parameter(torch.tensor(raw, dtype=torch.float64))
