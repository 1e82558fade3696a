# SPDX-License-Identifier: GPL-2.0-only
"""Skeleton of a family's modules: what is in its model file, in the form of doc/model_file.rst."""

from typing import Dict

import torch


class Springs(torch.nn.Module):
    """A dictionary of tensors in, a dictionary out; energies in float64, whatever the type it computes in."""

    def __init__(self, k, cutoff, dtype):
        super().__init__()
        self.cutoff = float(cutoff)
        self.register_buffer("k", torch.tensor(k, dtype=dtype))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        stretch = data["edge_vec"].to(self.k.dtype).norm(2, 1) - self.cutoff
        pair = (0.25 * self.k * stretch * stretch).to(torch.float64)
        zero = torch.zeros([data["types_local"].size(0)], dtype=torch.float64, device=pair.device)
        return {"atomic_energy": zero.index_add(0, data["edge_index"][0], pair)}
