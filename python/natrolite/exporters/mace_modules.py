# SPDX-License-Identifier: GPL-2.0-only
"""TorchScript wrapper of a MACE model in the form of the model file.

The modules here hold copies of the learned e3nn modules of a `mace` model and call them in the order
of the published architecture (Batatia et al., NeurIPS 2022). The exchange stands where mace's
interaction blocks have their hook for LAMMPS, between the first linear map and the convolution.
Shapes: n = nlocal, a = nall, E edges, T types; "center" is mace's receiver, "neighbor" its sender.
"""

from typing import Dict, List, Tuple

import torch

from natrolite import operators  # noqa: F401  (registers the operators that forward calls)
from natrolite.exporters.convolution import scatter_rows
from natrolite.exporters.mace_edges import Edges


class PlainFeatures(torch.nn.Module):
    """What a layer's radial networks see: the radial basis, [E, b]."""

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        return edges.radial


class TypedFeatures(torch.nn.Module):
    """The radial basis and embeddings of both types, [E, b + 2 s]; source, target: [T, s]."""

    def __init__(self, source, target):
        super().__init__()
        self.register_buffer("source", source)
        self.register_buffer("target", target)

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        source, target = self.source[edges.pair[0]], self.target[edges.pair[1]]
        return torch.cat([edges.radial, source, target], dim=1)


class AtomFeatures(torch.nn.Module):
    """The radial basis and the last columns of both atoms' features, [E, b + 2 s]."""

    def __init__(self, start):
        super().__init__()
        self.start = int(start)

    def forward(self, x: torch.Tensor, edges: Edges) -> torch.Tensor:
        down = x[:, self.start :]
        both = [down.index_select(0, edges.neighbor), down.index_select(0, edges.center)]
        return torch.cat([edges.radial] + both, dim=1)


class ConstantNorm(torch.nn.Module):
    """The mean number of neighbors, by which messages are divided: [1, 1]."""

    def __init__(self, average, dtype):
        super().__init__()
        self.register_buffer("average", torch.tensor([[average]], dtype=dtype))

    def forward(self, features: torch.Tensor, edges: Edges, within: bool, nlocal: int) -> torch.Tensor:
        return self.average


class DensityNorm(torch.nn.Module):
    """alpha + beta rho, by which messages are divided: [n, 1]. rho is a learned sum over edges."""

    def __init__(self, density, alpha, beta):
        super().__init__()
        self.density = density
        self.register_buffer("alpha", alpha)
        self.register_buffer("beta", beta)

    def forward(self, features: torch.Tensor, edges: Edges, within: bool, nlocal: int) -> torch.Tensor:
        density = torch.tanh(self.density(features) ** 2)
        if not within:
            density = density * edges.cutoff
        return scatter_rows(density, edges.center, nlocal) * self.beta + self.alpha


class PlainOutro(torch.nn.Module):
    """Nothing: [n, w] -> [n, w]."""

    def forward(self, x: torch.Tensor, own: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return x


class TypedOutro(torch.nn.Module):
    """Product of the messages with the one-hot type: [n, w], [n, T] -> [n, w]."""

    def __init__(self, product):
        super().__init__()
        self.product = product

    def forward(self, x: torch.Tensor, own: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return self.product(x, onehot)


class GatedOutro(torch.nn.Module):
    """Messages plus a map of the atom's own features, gate, linear map: [n, w] -> [n, w']."""

    def __init__(self, own, gate, linear):
        super().__init__()
        self.own = own
        self.gate = gate
        self.linear = linear

    def forward(self, x: torch.Tensor, own: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return self.linear(self.gate(x + self.own(own)))


class Gate(torch.nn.Module):
    """Scaled SiLU of the scalars, and vectors times scaled sigmoids of gates: [n, w] -> [n, w'].

    scalars, gates: (start, width); gated: [(start, channels, dimension, first gate)].
    """

    def __init__(self, scalars, gates, gated, factors):
        super().__init__()
        self.scalars: Tuple[int, int] = scalars
        self.gates: Tuple[int, int] = gates
        self.gated: List[Tuple[int, int, int, int]] = gated
        self.factors: Tuple[float, float] = factors

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scalars = x.narrow(1, self.scalars[0], self.scalars[1])
        out = [torch.nn.functional.silu(scalars) * self.factors[0]]
        gates = torch.sigmoid(x.narrow(1, self.gates[0], self.gates[1])) * self.factors[1]
        for start, channels, dimension, first in self.gated:
            block = x.narrow(1, start, channels * dimension).view(-1, channels, dimension)
            out.append((block * gates.narrow(1, first, channels).unsqueeze(2)).flatten(1))
        return torch.cat(out, dim=1)


class Messages(torch.nn.Module):
    """Messages of the neighbors, summed on their centers and normalized: [a, w] -> [n, w'].

    product: convolution.Convolution, which gets its weights; width: columns of the features in it.
    """

    def __init__(self, features, radial, product, linear, norm, width, within):
        super().__init__()
        self.features = features
        self.radial = radial
        self.product = product
        self.linear = linear
        self.norm = norm
        self.width = int(width)
        self.within: bool = within

    def forward(self, x: torch.Tensor, edges: Edges, nlocal: int) -> torch.Tensor:
        features = self.features(x, edges)
        weights = self.radial(features)
        if not self.within:
            weights = weights * edges.cutoff
        x = x[:, : self.width]
        message = self.product(x, edges.center, edges.neighbor, weights, edges.harmonics, nlocal)
        return self.linear(message) / self.norm(features, edges, self.within, nlocal)


class Body(torch.nn.Module):
    """What follows the exchange in one layer, without the skip connection: [a, w] -> [n, w']."""

    def __init__(self, messages, outro, reshape, products):
        super().__init__()
        self.messages = messages
        self.outro = outro
        self.reshape = reshape
        self.products = products

    def forward(self, x: torch.Tensor, edges: Edges, local: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        nlocal = local.size(0)
        message = self.messages(x, edges, nlocal)
        message = self.outro(message, x[:nlocal], onehot)
        return self.products(self.reshape(message), local)


class NoSkip(torch.nn.Module):
    """No skip connection: a zero, [1, 1]."""

    def forward(self, x: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return torch.zeros([1, 1], dtype=x.dtype, device=x.device)


class Intro(torch.nn.Module):
    """The maps whose results the neighbors gather, side by side: [n, w] -> [n, w']."""

    def __init__(self, maps):
        super().__init__()
        self.maps = torch.nn.ModuleList(maps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([m(x) for m in self.maps], dim=1)


class FirstLayer(torch.nn.Module):
    """Layer 0: what neighbors gather depends on the type alone, so nothing is exchanged.

    intro, skip: [T, w], by type.
    """

    def __init__(self, intro, skip, body):
        super().__init__()
        self.register_buffer("intro", intro)
        self.register_buffer("skip", skip)
        self.body = body

    def forward(self, types: torch.Tensor, local: torch.Tensor, edges: Edges, onehot: torch.Tensor) -> torch.Tensor:
        return self.body(self.intro[types], edges, local, onehot) + self.skip[local]


class NextLayer(torch.nn.Module):
    """A layer from the second on: it exchanges what the neighbors are about to gather."""

    def __init__(self, intro, skip, body):
        super().__init__()
        self.intro = intro
        self.skip = skip
        self.body = body

    def forward(
        self,
        x: torch.Tensor,
        types: torch.Tensor,
        local: torch.Tensor,
        edges: Edges,
        onehot: torch.Tensor,
    ) -> torch.Tensor:
        skip = self.skip(x, onehot)
        x = torch.ops.natrolite.ghost_exchange(self.intro(x), types)
        return self.body(x, edges, local, onehot) + skip


class NoReadout(torch.nn.Module):
    """A layer whose features are not read: -> [n] zeros."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros([x.size(0)], dtype=x.dtype, device=x.device)


class Readout(torch.nn.Module):
    """Energy of one head from the features of one layer: [n, w] -> [n].

    steps: one after another; after each but the last, only the head's columns are kept (mask).
    """

    def __init__(self, steps, mask, last, head):
        super().__init__()
        self.steps = torch.nn.ModuleList(steps)
        self.register_buffer("mask", mask)
        self.last = last
        self.head = int(head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for step in self.steps:
            x = step(x) * self.mask
        return self.last(x)[:, self.head]


class Mace(torch.nn.Module):
    """The energy model of the file: Dict[str, Tensor] -> {"atomic_energy": float64 [n]} in eV.

    isolated: float64 [T], energies of isolated atoms; scale, shift: float64 [], of all the rest.
    """

    def __init__(self, parts, tables, dtype):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        for name, table in tables.items():
            self.register_buffer(name, table)
        self.register_buffer("real", torch.zeros([], dtype=dtype))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        types, local = data["types"], data["types_local"]
        center, neighbor = data["edge_index"][0], data["edge_index"][1]
        vec = -data["edge_vec"].to(self.real.dtype)  # mace's vectors point from neighbor to center
        r = torch.linalg.norm(vec, dim=1, keepdim=True)
        pair = torch.stack([types[neighbor], types[center]])
        radial, cutoff = self.radial(r, pair)
        edges = Edges(center, neighbor, pair, self.spherical(vec), radial, cutoff)
        onehot = torch.nn.functional.one_hot(local, self.isolated.size(0)).to(vec.dtype)
        energy = self.repulsion(r, edges, local.size(0))
        x = self.first(types, local, edges, onehot)
        energy = energy + self.first_readout(x)
        for layer, readout in zip(self.layers, self.readouts):
            x = layer(x, types, local, edges, onehot)
            energy = energy + readout(x)
        energy = energy.to(torch.float64) * self.scale + self.shift
        return {"atomic_energy": energy + self.isolated[local]}
