# SPDX-License-Identifier: GPL-2.0-only
"""D4 dispersion energy driven by the predicted charges.

Source: Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019), with two-body terms only; the
damping numbers start at those of Hartree-Fock and are learned (Unke et al. 2021, Methods, E_vdw).
"""

import dataclasses
import math
from typing import Optional

import torch
from torch import nn
from torch.nn import functional

from .dispersion_tables import Tables, charge_scaling
from .radial import positive, switch_off
from .settings import BOHR, HARTREE

REFERENCES = 7


class Dispersion(nn.Module):
    """-1/2 sum_j C6_ij [s6 / (r^6 + R^6) + 3 s8 Q / (r^8 + R^8)], R = a1 sqrt(3 Q) + a2.

    Q is the product of the elements' r4r2. With a cutoff both damped powers are shifted in value
    and slope (shifted force), and coordination numbers are switched off over the last 0.53 bohr.
    C6_ij depends on the charges and coordination numbers of i and j; so does the gradient.
    """

    def __init__(self, tables: Tables, lr_cutoff: Optional[float]):
        super().__init__()
        for field in dataclasses.fields(tables):
            self.register_buffer(field.name, getattr(tables, field.name).clone())
        self.register_buffer("pair_c6", torch.empty(0, dtype=torch.float64))
        self.cutoff = 0.0 if lr_cutoff is None else lr_cutoff / BOHR
        self.per_bohr = 1.0 / BOHR
        self.half_hartree = 0.5 * HARTREE
        self.switch_width = BOHR
        self.s6 = positive(1.0)
        self.s8 = positive(1.61679827)
        self.a1 = positive(0.44959224)
        self.a2 = positive(3.35743605)
        self.charge_scale = positive(1.0)
        self.s6.requires_grad_(False)  # the true long range
        self.refresh()

    def train(self, mode: bool = True):
        """Switch modes; leaving training takes the learned charge scale into the stored C6."""
        if not mode:
            self.refresh()
        return super().train(mode)

    def refresh(self) -> None:
        """Store the C6 coefficients of all pairs of reference systems."""
        with torch.no_grad():
            self.pair_c6 = self.reference_c6()

    def polarizabilities(self) -> torch.Tensor:
        """Return [T, 7, 23], of an atom in each of its reference systems, in bohr^3."""
        shift = self.system_charge * functional.softplus(self.charge_scale)
        scaling = charge_scaling(self.system_zeff + shift, self.system_zeff, self.system_hardness)
        partner = self.system_alpha * scaling.unsqueeze(2)
        alpha = self.total - self.removed.unsqueeze(2) * partner
        return (self.share.unsqueeze(2) * alpha).clamp(min=0.0)

    def reference_c6(self) -> torch.Tensor:
        """Return [T, T, 7, 7] in hartree bohr^6: 3/pi times the integral of alpha_a alpha_b."""
        alpha = self.polarizabilities()
        t = alpha.size(0)
        flat = alpha.flatten(0, 1)
        c6 = 3.0 / math.pi * ((flat * self.frequency_weights) @ flat.t())
        return c6.view(t, alpha.size(1), t, alpha.size(1)).permute(0, 2, 1, 3).contiguous()

    def coordination(
        self,
        r: torch.Tensor,
        center: torch.Tensor,
        type_i: torch.Tensor,
        type_j: torch.Tensor,
        nlocal: int,
    ) -> torch.Tensor:
        """Return float64 [nlocal]: sum of error functions weighted by electronegativity.

        r: float64 [E] in bohr.
        """
        contact = (self.covalent[type_i] + self.covalent[type_j]) * 4.0 / 3.0
        gap = (self.en[type_i] - self.en[type_j]).abs()
        polar = 4.10451 * torch.exp(-((gap + 19.08857) ** 2) / (2.0 * 11.28174**2))
        count = 0.5 * polar * torch.erfc(7.5 * (r - contact) / contact)
        if self.cutoff > 0.0:
            count = count * switch_off(r, self.cutoff - self.switch_width, self.cutoff)
        return torch.zeros([nlocal], dtype=r.dtype, device=r.device).index_add(0, center, count)

    def weights(
        self,
        r: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        types: torch.Tensor,
        charges: torch.Tensor,
    ) -> torch.Tensor:
        """Return float64 [nlocal, 7]: how much of each reference system a local atom is.

        r: float64 [E] in Angstrom; types: int64 [nall]; charges: float64 [nlocal] in e.
        """
        nlocal = charges.size(0)
        type_i, type_j = types.index_select(0, center), types.index_select(0, neighbor)
        cn = self.coordination(r * self.per_bohr, center, type_i, type_j, nlocal)
        own = types[:nlocal]
        bell = torch.exp(-6.0 * (cn.unsqueeze(1) - self.cn[own]) ** 2)
        gaussians = self.gaussians[own]
        several = torch.where(gaussians > 1.5, bell + bell * bell * (1.0 + bell), bell)
        several = torch.where(gaussians > 0.5, several, torch.zeros_like(several))
        norm = several.sum(1, keepdim=True)
        known = norm > 1e-8
        share = several / torch.where(known, norm, torch.ones_like(norm))
        share = torch.where(known, share, self.fallback[own])
        zeff = self.zeff[own].unsqueeze(1)
        reference = zeff + self.charge[own] * functional.softplus(self.charge_scale)
        hardness = self.hardness[own].unsqueeze(1)
        return share * charge_scaling(zeff + charges.unsqueeze(1), reference, hardness)

    def pair_coefficients(
        self,
        weights: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        types: torch.Tensor,
        nlocal: int,
    ) -> torch.Tensor:
        """Return C6 [E] in hartree bohr^6 from weights [nall, 7] and types int64 [nall].

        The sum over the center's references is done once per center and neighbor element, and
        only elements present here are looked at.
        """
        table = self.pair_c6
        if self.training:
            table = self.reference_c6()
        present, kind = torch.unique(types, return_inverse=True)
        t = present.size(0)
        table = table.index_select(0, present).index_select(1, present)
        systems = table.size(2)
        table = table.permute(0, 2, 1, 3).reshape(t * systems, t * systems)
        rows = torch.arange(nlocal, device=types.device)
        spread = torch.zeros([nlocal, t, systems], dtype=weights.dtype, device=weights.device)
        spread = spread.index_put([rows, kind[:nlocal]], weights[:nlocal])
        toward = (spread.flatten(1) @ table).view(nlocal * t, systems)
        toward = toward.index_select(0, center * t + kind.index_select(0, neighbor))
        return (toward * weights.index_select(0, neighbor)).sum(1)

    def inverse_power(self, r: torch.Tensor, radius: torch.Tensor, n: int) -> torch.Tensor:
        """Return 1 / (r^n + radius^n) [E], shifted by value and slope at the cutoff if there is one."""
        floor = radius**n
        value = 1.0 / (r**n + floor)
        if self.cutoff > 0.0:
            edge = self.cutoff**n
            end = 1.0 / (edge + floor)
            value = value - end + n * edge * end * end * (r / self.cutoff - 1.0)
        return value

    def forward(
        self,
        r: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        types: torch.Tensor,
        weights: torch.Tensor,
        nlocal: int,
    ) -> torch.Tensor:
        """Return float64 [E] in eV, to be summed over the edges of each center.

        r: float64 [E] in Angstrom, r < lr_cutoff; weights: float64 [nall, 7].
        """
        c6 = self.pair_coefficients(weights, center, neighbor, types, nlocal)
        r4r2 = self.r4r2[types]
        root = math.sqrt(3.0) * r4r2.index_select(0, center) * r4r2.index_select(0, neighbor)
        radius = functional.softplus(self.a1) * root + functional.softplus(self.a2)
        distance = r * self.per_bohr
        sixth = functional.softplus(self.s6) * self.inverse_power(distance, radius, 6)
        eighth = functional.softplus(self.s8) * self.inverse_power(distance, radius, 8)
        return -self.half_hartree * c6 * (sixth + root * root * eighth)
