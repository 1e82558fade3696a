# SPDX-License-Identifier: GPL-2.0-only
"""Feed-forward parts: learned swish, residual stacks and their readout.

Source: Unke et al. 2021, Methods, "SpookyNet architecture" (activation, residual, resmlp).
All maps act row by row: [n, F] -> [n, F], n may be 0.
"""

import torch
from torch import nn


class Swish(nn.Module):
    """amplitude * x * sigmoid(slope * x), both learned per feature; starts close to GELU."""

    def __init__(self, features: int):
        super().__init__()
        self.amplitude = nn.Parameter(torch.ones(features))
        self.slope = nn.Parameter(torch.full((features,), 1.702))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.amplitude * x * torch.sigmoid(self.slope * x)


class Residual(nn.Module):
    """x + outer(swish(inner(swish(x)))); the identity at the start of a training."""

    def __init__(self, features: int, bias: bool):
        super().__init__()
        self.first = Swish(features)
        self.inner = nn.Linear(features, features, bias=bias)
        self.second = Swish(features)
        self.outer = nn.Linear(features, features, bias=bias)
        orthogonal(self.inner)
        zero(self.outer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.outer(self.second(self.inner(self.first(x))))


def stack(features: int, count: int, bias: bool = True) -> nn.Sequential:
    """Return `count` residual blocks one after another."""
    return nn.Sequential(*[Residual(features, bias) for _ in range(count)])


class Readout(nn.Module):
    """linear(swish(residual stack(x))).

    silent: start with zero output, so that the part this readout feeds is learned from nothing.
    """

    def __init__(self, features: int, count: int, bias: bool = True, silent: bool = False):
        super().__init__()
        self.residual = stack(features, count, bias)
        self.activation = Swish(features)
        self.linear = nn.Linear(features, features, bias=bias)
        if silent:
            zero(self.linear)
        else:
            orthogonal(self.linear)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.activation(self.residual(x)))


def orthogonal(linear: nn.Linear) -> None:
    """Set an orthogonal weight matrix and a zero bias."""
    nn.init.orthogonal_(linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)


def zero(linear: nn.Linear) -> None:
    """Set a zero weight matrix and a zero bias."""
    nn.init.zeros_(linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)
