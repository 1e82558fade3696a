# SPDX-License-Identifier: GPL-2.0-only
"""Functions of a distance: smooth cutoff, smooth switch, exponential Bernstein basis.

Source: Unke et al. 2021, Methods (cutoff function, radial functions, switch of electrostatics).
Distances in Angstrom unless the caller says otherwise; everything here is float64.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from .settings import BOHR


def softplus_inverse(value: float) -> float:
    """Return x with log(1 + exp(x)) = value, value > 0."""
    return value + math.log(-math.expm1(-value))


def positive(value: float) -> nn.Parameter:
    """Return a float64 parameter p with softplus(p) = value: a learned number that stays positive."""
    return nn.Parameter(torch.tensor(softplus_inverse(value), dtype=torch.float64))


def smooth_cutoff(r: torch.Tensor, r_max: float) -> torch.Tensor:
    """Return exp(-r^2 / (r_max^2 - r^2)) for 0 <= r < r_max; all derivatives vanish at r_max.

    The caller passes only r < r_max; the product form keeps the denominator above zero there.
    """
    return torch.exp(-r * r / ((r_max - r) * (r_max + r)))


def switch_off(r: torch.Tensor, start: float, stop: float) -> torch.Tensor:
    """Return a function that is 1 up to start, 0 from stop on and smooth between.

    With t = (r - start) / (stop - start) it is e(1-t) / (e(t) + e(1-t)), e(t) = exp(-1/t): the
    logistic function of 1/t - 1/(1-t). Closer to the ends than 1/500 the value is 0 or 1 in
    double precision (to 1e-216), and so is the derivative: t may be clamped there.
    """
    t = ((r - start) / (stop - start)).clamp(0.002, 0.998)
    return torch.sigmoid(1.0 / t - 1.0 / (1.0 - t))


class BernsteinBasis(nn.Module):
    """K exponential Bernstein polynomials times the cutoff function.

    b_k(r) = C(K-1, k) z^(K-1-k) (1-z)^k with z = exp(-alpha r), alpha learned; evaluated through
    logarithms since the factors are very large and very small. decay: one more factor z.
    """

    def __init__(self, count: int, r_max: float, decay: bool):
        super().__init__()
        self.r_max = r_max
        self.extra = 1.0 if decay else 0.0
        self.alpha = positive(0.5 / BOHR)
        k = torch.arange(count, dtype=torch.float64)
        top = torch.tensor(float(count), dtype=torch.float64)
        self.register_buffer("power", k)
        self.register_buffer("log_binomial", torch.lgamma(top) - torch.lgamma(k + 1) - torch.lgamma(top - k))

    def forward(self, r: torch.Tensor) -> torch.Tensor:
        """Return float64 [E, K] for r float64 [E], 0 < r < r_max."""
        log_z = (-functional.softplus(self.alpha) * r).unsqueeze(1)
        falling = (float(self.power.size(0) - 1) + self.extra - self.power) * log_z
        rising = self.power * torch.log(-torch.expm1(log_z))
        values = torch.exp(self.log_binomial + falling + rising)
        return values * smooth_cutoff(r, self.r_max).unsqueeze(1)


def directions(edge_vec: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    """Return [E, 8]: the unit vector and the five real l = 2 functions xy, xz, yz, zz, xx-yy.

    edge_vec: [E, 3], r: [E] its length. The five have unit norm together.
    """
    unit = edge_vec / r.unsqueeze(1)
    x, y, z = unit.unbind(1)
    root3 = math.sqrt(3.0)
    zz = 1.5 * z * z - 0.5
    quad = [root3 * x * y, root3 * x * z, root3 * y * z, zz, 0.5 * root3 * (x * x - y * y)]
    return torch.cat([unit, torch.stack(quad, 1)], 1)
