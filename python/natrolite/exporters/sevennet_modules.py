# SPDX-License-Identifier: GPL-2.0-only
"""What only SevenNet has of the network of network.py (Park et al., JCTC 20, 4857 (2024)).

The modules here hold the learned e3nn modules of a `sevenn` model; no module of sevenn's own stays inside.
Shapes: n = nlocal, E edges.
"""

import torch


class XplorEnvelope(torch.nn.Module):
    """1 up to `on`, then the XPLOR switch to 0 at the cutoff: [E] -> [E]."""

    def __init__(self, cutoff, on):
        super().__init__()
        self.on = float(on)
        self.on2 = float(on) ** 2
        self.cut2 = float(cutoff) ** 2

    def forward(self, r: torch.Tensor) -> torch.Tensor:
        r2 = r * r
        switch = (self.cut2 - r2) ** 2 * (self.cut2 + 2.0 * r2 - 3.0 * self.on2)
        return torch.where(r < self.on, torch.ones_like(r), switch / (self.cut2 - self.on2) ** 3)


class ModalLinear(torch.nn.Module):
    """A linear layer that sees the constant one-hot row of the chosen modality: [n, w] -> [n, w']."""

    def __init__(self, linear, row):
        super().__init__()
        self.linear = linear
        self.register_buffer("row", row)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.cat([x, self.row.expand(x.size(0), -1)], dim=1))
