# SPDX-License-Identifier: GPL-2.0-only
"""The symmetric contraction of MACE as a sum over multisets of components.

mace contracts dense couplings, d^nu for products of nu out of d components; but a product does not
depend on the order of its factors, and most couplings are zero. Here each product is formed once.
Shapes: n = nlocal, T types, c channels, d components of a channel, M products, w components of an
irrep of the output, k paths.
"""

import itertools
from typing import List

import torch


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

    def forward(self, lower: torch.Tensor, x: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
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

    def forward(self, orders: List[torch.Tensor], x: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
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


def build(module):
    """Return Products of an EquivariantProductBasisBlock of mace."""
    contractions = list(module.symmetric_contractions.contractions)
    components = contractions[0].coupling_irreps.dim
    highest = max(c.correlation for c in contractions)
    return Products(
        [_power(_multisets(components, order), components) for order in range(1, highest)],
        [_contraction(c, components) for c in contractions],
        module.linear,
        bool(getattr(module, "use_agnostic_product", False)),
    )


def _multisets(components, order):
    """Return [(i, j, ...)] with i <= j <= ..., the products of `order` out of all components."""
    return list(itertools.combinations_with_replacement(range(components), order))


def _power(multisets, components):
    """Return Power for some products of one order: the last factor of each goes right."""
    below = {m: k for k, m in enumerate(_multisets(components, len(multisets[0]) - 1))}
    return Power(torch.tensor([below[m[:-1]] for m in multisets]), torch.tensor([m[-1] for m in multisets]))


def _contraction(module, components):
    """Return Contraction of one Contraction of mace (one irrep of the output)."""
    weights = [*reversed(list(module.weights)), module.weights_max]
    terms = []
    for order, weight in enumerate(weights, 1):
        dense = module.U_tensors(order).reshape(-1, components**order, weight.size(1))
        multisets, coupling = _symmetric(dense, components, order)
        terms.append(Term(_power(multisets, components), coupling, weight.transpose(0, 1).contiguous()))
    return Contraction(terms)


def _symmetric(dense, components, order):
    """Return (multisets, coupling [w * k, M]) of dense couplings [w, components ** order, k].

    The couplings of one multiset in all orders of its factors are added; those that are 0 left out.
    """
    multisets = _multisets(components, order)
    row = {m: k for k, m in enumerate(multisets)}
    index = [row[tuple(sorted(t))] for t in itertools.product(range(components), repeat=order)]
    w, _, k = dense.shape
    total = dense.new_zeros(w, len(multisets), k).index_add(1, torch.tensor(index), dense)
    kept = total.abs().sum((0, 2)).nonzero().flatten().tolist() or [0]
    coupling = total[:, kept].transpose(1, 2).reshape(w * k, len(kept))
    return [multisets[m] for m in kept], coupling.contiguous()
