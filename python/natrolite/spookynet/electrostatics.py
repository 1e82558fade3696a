# SPDX-License-Identifier: GPL-2.0-only
"""Coulomb energy of the predicted charges, damped where the network is at work."""

from typing import Optional

import torch
from torch import nn

from .radial import switch_off
from .settings import COULOMB


class Electrostatics(nn.Module):
    """1/2 sum_j ke q_i q_j [f(r) / sqrt(r^2 + 1 A^2) + (1 - f(r)) / r], eV.

    f goes from 1 at r_max / 4 to 0 at 3 r_max / 4. With lr_cutoff both forms are shifted so that
    value and force vanish there (shifted force). Source: Unke et al. 2021, Methods (E_ele).
    """

    def __init__(self, r_max: float, lr_cutoff: Optional[float]):
        super().__init__()
        self.half_coulomb = 0.5 * COULOMB
        self.start = 0.25 * r_max
        self.stop = 0.75 * r_max
        self.cutoff = 0.0 if lr_cutoff is None else lr_cutoff

    def forward(self, r: torch.Tensor, charge_product: torch.Tensor) -> torch.Tensor:
        """Return float64 [E] in eV, to be summed over the edges of each center.

        r: float64 [E] in Angstrom, r < lr_cutoff; charge_product: q_i q_j in e^2, float64 [E].
        """
        bare = 1.0 / r
        soft = torch.rsqrt(r * r + 1.0)
        if self.cutoff > 0.0:
            rc = self.cutoff
            root = (rc * rc + 1.0) ** 0.5
            bare = bare - 1.0 / rc + (r - rc) / (rc * rc)
            soft = soft - 1.0 / root + (r - rc) * rc / (root * root * root)
        near = switch_off(r, self.start, self.stop)
        return self.half_coulomb * charge_product * (near * soft + (1.0 - near) * bare)
