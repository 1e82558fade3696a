# SPDX-License-Identifier: GPL-2.0-only
"""TorchScript wrapper of a MACE model in the form of the model file.

The modules here hold copies of the learned e3nn modules of a `mace` model and call them in the order
of the published architecture (Batatia et al., NeurIPS 2022). The exchange stands where mace's
interaction blocks have their hook for LAMMPS, between the first linear map and the convolution.
Shapes: n = nlocal, a = nall, E edges, T types; "center" is mace's receiver, "neighbor" its sender.
"""

from typing import Dict, List, NamedTuple, Tuple

import torch

from natrolite import operators  # noqa: F401  (registers the operators that forward calls)


class Edges(NamedTuple):
    """What all layers need to know of the edges.

    center, neighbor: int64 [E]; pair: int64 [2, E], types of neighbor and center;
    harmonics [E, h]; radial [E, b]; cutoff [E, 1], its envelope, which radial may contain already.
    """

    center: torch.Tensor
    neighbor: torch.Tensor
    pair: torch.Tensor
    harmonics: torch.Tensor
    radial: torch.Tensor
    cutoff: torch.Tensor


def scatter_rows(x: torch.Tensor, index: torch.Tensor, rows: int) -> torch.Tensor:
    """Sum of rows of x by index: [E, w], [E] -> [rows, w]."""
    zero = torch.zeros([rows, x.size(1)], dtype=x.dtype, device=x.device)
    return zero.index_add(0, index, x)


class PlainDistance(torch.nn.Module):
    """The distance itself: [E, 1] -> [E, 1]."""

    def forward(self, r: torch.Tensor, pair: torch.Tensor) -> torch.Tensor:
        return r


class TypedDistance(torch.nn.Module):
    """A distance transform of mace, which looks at the elements of a pair: [E, 1] -> [E, 1].

    mace gives it one-hot rows of all atoms; here the "atoms" are the T types, row k of type k.
    """

    def __init__(self, transform, atomic_numbers, dtype):
        super().__init__()
        self.transform = transform
        self.register_buffer("atomic_numbers", atomic_numbers)
        self.register_buffer("onehot", torch.eye(len(atomic_numbers), dtype=dtype))

    def forward(self, r: torch.Tensor, pair: torch.Tensor) -> torch.Tensor:
        return self.transform(r, self.onehot, pair, self.atomic_numbers)


class Radial(torch.nn.Module):
    """Radial basis and its envelope: [E, 1], [2, E] -> [E, b], [E, 1].

    within: the basis contains the envelope; otherwise each layer applies it to its weights.
    """

    def __init__(self, distance, basis, envelope, within):
        super().__init__()
        self.distance = distance
        self.basis = basis
        self.envelope = envelope
        self.within: bool = within

    def forward(self, r: torch.Tensor, pair: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        cutoff = self.envelope(r)
        basis = self.basis(self.distance(r, pair))
        if self.within:
            basis = basis * cutoff
        return basis, cutoff


class NoRepulsion(torch.nn.Module):
    """No pair energy: -> [n] zeros."""

    def forward(self, r: torch.Tensor, edges: Edges, nlocal: int) -> torch.Tensor:
        return torch.zeros([nlocal], dtype=r.dtype, device=r.device)


class Repulsion(torch.nn.Module):
    """Half the Ziegler-Biersack-Littmark energy of each edge on its center, in eV: -> [n].

    Z Z' e^2 / (4 pi eps0 r) sum_k c_k exp(-d_k r/a), times a polynomial envelope that ends at the
    sum of the covalent radii. strength (half of Z Z' e^2 / (4 pi eps0)), screening (a) and reach:
    [T, T], by types of neighbor and center.
    """

    def __init__(self, strength, screening, reach, coefficients, p):
        super().__init__()
        self.register_buffer("strength", strength)
        self.register_buffer("screening", screening)
        self.register_buffer("reach", reach)
        self.register_buffer("coefficients", coefficients)
        self.register_buffer(
            "decays", torch.tensor([3.2, 0.9423, 0.4028, 0.2016], dtype=coefficients.dtype)
        )
        self.p = float(p)

    def forward(self, r: torch.Tensor, edges: Edges, nlocal: int) -> torch.Tensor:
        neighbor, center = edges.pair[0], edges.pair[1]
        reduced = r / self.screening[neighbor, center].unsqueeze(1)
        screened = torch.mv(torch.exp(-self.decays * reduced), self.coefficients).unsqueeze(1)
        x, p = r / self.reach[neighbor, center].unsqueeze(1), self.p
        envelope = (
            1.0
            - (p + 1.0) * (p + 2.0) / 2.0 * torch.pow(x, p)
            + p * (p + 2.0) * torch.pow(x, p + 1.0)
            - p * (p + 1.0) / 2.0 * torch.pow(x, p + 2.0)
        )
        energy = self.strength[neighbor, center].unsqueeze(1) / r * screened * envelope
        energy = torch.where(x < 1.0, energy, torch.zeros_like(r))
        return scatter_rows(energy, edges.center, nlocal).squeeze(1)


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

    def forward(
        self, features: torch.Tensor, edges: Edges, within: bool, nlocal: int
    ) -> torch.Tensor:
        return self.average


class DensityNorm(torch.nn.Module):
    """alpha + beta rho, by which messages are divided: [n, 1]. rho is a learned sum over edges."""

    def __init__(self, density, alpha, beta):
        super().__init__()
        self.density = density
        self.register_buffer("alpha", alpha)
        self.register_buffer("beta", beta)

    def forward(
        self, features: torch.Tensor, edges: Edges, within: bool, nlocal: int
    ) -> torch.Tensor:
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


class Convolution(torch.nn.Module):
    """Messages of the neighbors, summed on their centers and normalized: [a, w] -> [n, w'].

    width: columns of the features that take part in the product.
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
        source = x[:, : self.width].index_select(0, edges.neighbor)
        message = self.product(source, edges.harmonics, weights)
        message = scatter_rows(message, edges.center, nlocal)
        return self.linear(message) / self.norm(features, edges, self.within, nlocal)


class Power(torch.nn.Module):
    """All products of one order from those of the order below: [M', nc], [d, nc] -> [M, nc].

    left, right: int64 [M], the product m is product left[m] below times component right[m].
    """

    def __init__(self, left, right):
        super().__init__()
        self.register_buffer("left", left)
        self.register_buffer("right", right)

    def forward(self, lower: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return lower.index_select(0, self.left) * x.index_select(0, self.right)


class Term(torch.nn.Module):
    """Products of one order, summed with couplings and an atom's weights: -> [w, n, c].

    power: the products that have a coupling; coupling: [w * k, M], for each of w components and k
    paths; weights: [k, T, c].
    """

    def __init__(self, power, coupling, weights):
        super().__init__()
        self.power = power
        self.register_buffer("coupling", coupling)
        self.register_buffer("weights", weights)

    def forward(
        self, lower: torch.Tensor, x: torch.Tensor, local: torch.Tensor
    ) -> torch.Tensor:
        weights = self.weights.index_select(1, local)
        paths, n, channels = weights.size(0), weights.size(1), weights.size(2)
        sums = torch.mm(self.coupling, self.power(lower, x))
        sums = sums.view(self.coupling.size(0) // paths, paths, n, channels)
        return (sums * weights).sum(1)


class Contraction(torch.nn.Module):
    """Products of all orders for one irrep of the output: -> [n, c * w], components fastest."""

    def __init__(self, terms):
        super().__init__()
        self.terms = torch.nn.ModuleList(terms)

    def forward(
        self, orders: List[torch.Tensor], x: torch.Tensor, local: torch.Tensor
    ) -> torch.Tensor:
        sums: List[torch.Tensor] = []
        for k, term in enumerate(self.terms):
            sums.append(term(orders[k], x, local))
        total = torch.stack(sums).sum(0)
        return total.permute(1, 2, 0).reshape(total.size(1), total.size(2) * total.size(0))


class Products(torch.nn.Module):
    """Symmetric products of the components of a channel, and a linear map: [n, c, d] -> [n, w].

    powers: one Power for each order but the last. A product of components is formed once, whatever
    the order of its factors. agnostic: one set of weights for all types.
    """

    def __init__(self, powers, contractions, linear, agnostic):
        super().__init__()
        self.powers = torch.nn.ModuleList(powers)
        self.contractions = torch.nn.ModuleList(contractions)
        self.linear = linear
        self.agnostic: bool = agnostic

    def forward(self, x: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
        n, channels, components = x.size(0), x.size(1), x.size(2)
        if self.agnostic:
            local = torch.zeros_like(local)
        x = x.permute(2, 0, 1).reshape(components, n * channels)
        orders = [torch.ones([1, n * channels], dtype=x.dtype, device=x.device)]
        for power in self.powers:
            orders.append(power(orders[-1], x))
        outs: List[torch.Tensor] = []
        for contraction in self.contractions:
            outs.append(contraction(orders, x, local))
        return self.linear(torch.cat(outs, dim=1))


class Body(torch.nn.Module):
    """What follows the exchange in one layer, without the skip connection: [a, w] -> [n, w']."""

    def __init__(self, convolution, outro, reshape, products):
        super().__init__()
        self.convolution = convolution
        self.outro = outro
        self.reshape = reshape
        self.products = products

    def forward(
        self, x: torch.Tensor, edges: Edges, local: torch.Tensor, onehot: torch.Tensor
    ) -> torch.Tensor:
        nlocal = local.size(0)
        message = self.convolution(x, edges, nlocal)
        message = self.outro(message, x[:nlocal], onehot)
        return self.products(self.reshape(message), local)


class NoSkip(torch.nn.Module):
    """No skip connection: a zero, [1, 1]."""

    def forward(self, x: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return torch.zeros([1, 1], dtype=x.dtype, device=x.device)


class LinearSkip(torch.nn.Module):
    """Skip connection that does not look at the type: [n, w] -> [n, w']."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear

    def forward(self, x: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class TypedSkip(torch.nn.Module):
    """Skip connection by a product with the one-hot type: [n, w], [n, T] -> [n, w']."""

    def __init__(self, product):
        super().__init__()
        self.product = product

    def forward(self, x: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return self.product(x, onehot)


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

    def forward(
        self, types: torch.Tensor, local: torch.Tensor, edges: Edges, onehot: torch.Tensor
    ) -> torch.Tensor:
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
