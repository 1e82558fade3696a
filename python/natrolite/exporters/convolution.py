# SPDX-License-Identifier: GPL-2.0-only
"""Convolutions over edges: e3nn's tensor products path by path, which the exporters share.

e3nn forms each message whole, [E, all paths]; here every path is gathered, multiplied and summed on
its own, with channels fastest.
Shapes: n = nlocal, a = nall, E edges, u channels of one irrep block, d its dimension.
"""

from typing import List

import torch

from natrolite.errors import NatroliteError


class DirectPath(torch.nn.Module):
    """A path with l2 = 0, whose harmonic is the constant 1 (build checks it).

    x [E, d1, u], y [E, 1], w [E, u] -> [E, d1, u]. The coefficient is in the weights.
    """

    def forward(self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return x * w.unsqueeze(1)


class ScalarPath(torch.nn.Module):
    """A path with l1 = 0: x [E, 1, u], y [E, d2], w [E, u] -> [E, d2, u].

    The coefficient is in the weights.
    """

    def forward(self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return (x * w.unsqueeze(1)) * y.unsqueeze(2)


class TensorPath(torch.nn.Module):
    """One path l1 x l2 -> l3: x [E, d1, u], y [E, d2], w [E, u] -> [E, d3, u].

    coupling: [d2, d3 * d1], the coefficients of the tensor product.
    """

    def __init__(self, coupling):
        super().__init__()
        self.register_buffer("coupling", coupling.reshape(coupling.size(0), -1))
        self.d3 = coupling.size(1)
        self.d1 = coupling.size(2)

    def forward(self, x: torch.Tensor, y: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        matrix = torch.mm(y, self.coupling).view(-1, self.d3, self.d1)
        return torch.bmm(matrix, x) * w.unsqueeze(1)


class Block(torch.nn.Module):
    """All paths that start from one irrep block of the features.

    x [a, d1 * u] (channels fastest), neighbor and center [E], y: list of [E, d2], w: list of [E, u]
    -> list of [n, d3 * u], one per path, channels fastest.
    """

    def __init__(self, d1, paths, filters, weights):
        super().__init__()
        self.d1 = d1
        self.paths = torch.nn.ModuleList(paths)
        self.filters: List[int] = filters
        self.weights: List[int] = weights

    def forward(
        self,
        x: torch.Tensor,
        neighbor: torch.Tensor,
        center: torch.Tensor,
        y: List[torch.Tensor],
        w: List[torch.Tensor],
        nlocal: int,
    ) -> List[torch.Tensor]:
        gathered = x.index_select(0, neighbor).view(-1, self.d1, x.size(1) // self.d1)
        sums: List[torch.Tensor] = []
        for k, path in enumerate(self.paths):
            message = path(gathered, y[self.filters[k]], w[self.weights[k]])
            sums.append(scatter_rows(message.flatten(1), center, nlocal))
        return sums


def scatter_rows(x: torch.Tensor, index: torch.Tensor, rows: int) -> torch.Tensor:
    """Sum of rows of x by index: [E, w], [E] -> [rows, w]; its gradient is an index_select.

    scatter_add is as fast, but its gradient, a gather, takes ten times as long on a CPU.
    """
    zero = torch.zeros([rows, x.size(1)], dtype=x.dtype, device=x.device)
    return zero.index_add(0, index, x)


class Convolution(torch.nn.Module):
    """Messages over edges, summed on their centers: [a, w] -> [n, w'].

    A tensor product of e3nn, path by path. radial: from what forward gets to the weights of all
    paths; Identity where forward gets the weights.
    """

    def __init__(self, blocks, block_widths, columns, order, radial, filter_widths, path_widths):
        super().__init__()
        self.blocks = torch.nn.ModuleList(blocks)
        self.block_widths: List[int] = block_widths
        self.register_buffer("columns", columns)
        self.register_buffer("order", order)
        self.radial = radial
        self.filter_widths: List[int] = filter_widths
        self.path_widths: List[int] = path_widths

    def forward(
        self,
        x: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        radial: torch.Tensor,
        angular: torch.Tensor,
        nlocal: int,
    ) -> torch.Tensor:
        w = torch.split(self.radial(radial), self.path_widths, 1)
        y = torch.split(angular, self.filter_widths, 1)
        features = torch.split(x.index_select(1, self.columns), self.block_widths, 1)
        sums: List[torch.Tensor] = []
        for k, block in enumerate(self.blocks):
            sums.extend(block(features[k], neighbor, center, y, w, nlocal))
        return torch.cat(sums, 1).index_select(1, self.order)


def build(product, radial):
    """Return (Convolution, columns) of an e3nn TensorProduct whose paths all are "uvu".

    product: weights not shared; its second factor has multiplicity 1. columns: [sum of u], factors
    that the weights need: the caller multiplies them into the last layer of its radial network.
    Raises NatroliteError for a product of another form.
    """
    paths = list(product.instructions)
    if any(p.connection_mode != "uvu" or product.irreps_in2[p.i_in2].mul != 1 for p in paths):
        raise NatroliteError("a convolution of this checkpoint has paths other than 'uvu'")
    scales = _paths(product, paths)
    columns = torch.cat([s.expand(p.path_shape[0]) for p, (s, _) in zip(paths, scales)])
    order_in, blocks, emitted = [], [], []
    for i, (block, where) in enumerate(zip(product.irreps_in1, product.irreps_in1.slices())):
        index = torch.arange(where.start, where.stop).view(block.mul, block.ir.dim)
        order_in.append(index.t().reshape(-1))
        mine = [k for k, p in enumerate(paths) if p.i_in1 == i]
        emitted += mine
        filters = [paths[k].i_in2 for k in mine]
        blocks.append(Block(block.ir.dim, [scales[k][1] for k in mine], filters, mine))
    result = Convolution(
        blocks,
        [b.dim for b in product.irreps_in1],
        torch.cat(order_in),
        _order_out(product, paths, emitted),
        radial,
        [b.dim for b in product.irreps_in2],
        [p.path_shape[0] for p in paths],
    )
    return result, columns


def _order_out(product, paths, emitted):
    """Return int64 [w']: where each column of the product's layout stands in the emitted sums."""
    blocks, start = {}, 0
    for k in emitted:
        block = product.irreps_out[paths[k].i_out]
        index = start + torch.arange(block.dim).view(block.ir.dim, block.mul)
        blocks[paths[k].i_out] = index.t().reshape(-1)
        start += block.dim
    return torch.cat([blocks[i] for i in sorted(blocks)])


def _paths(product, paths):
    """Return [(scale, path module)]: the coefficients are read off the product with unit inputs."""
    dtype = _dtype(product)
    result = []
    for k, _path in enumerate(paths):
        coupling = _coupling(product, paths, k, dtype)
        d2, d3, d1 = coupling.shape
        if d1 == 1 or d2 == 1:
            scale = coupling[0, 0, 0]
            if not torch.allclose(coupling.reshape(d3, -1), scale * torch.eye(d3, dtype=dtype)):
                raise NatroliteError("a tensor product of this checkpoint is not of the usual form")
            result.append((scale, DirectPath() if d2 == 1 else ScalarPath()))
        else:
            result.append((torch.ones((), dtype=dtype), TensorPath(coupling)))
    return result


def _dtype(product):
    return next(b.dtype for n, b in product.named_buffers() if b.is_floating_point())


def _coupling(product, paths, k, dtype):
    """Return [d2, d3, d1] of path k: the product of unit vectors with only this path's weight."""
    path = paths[k]
    s1, s2 = product.irreps_in1.slices()[path.i_in1], product.irreps_in2.slices()[path.i_in2]
    d1 = product.irreps_in1[path.i_in1].ir.dim
    d2 = product.irreps_in2[path.i_in2].ir.dim
    x = torch.zeros(d2, d1, product.irreps_in1.dim, dtype=dtype)
    y = torch.zeros(d2, d1, product.irreps_in2.dim, dtype=dtype)
    for j in range(d2):
        for i in range(d1):
            x[j, i, s1.start + i] = 1.0  # channel 0 of the block: [mul, d1], channels slowest
            y[j, i, s2.start + j] = 1.0
    w = torch.zeros(product.weight_numel, dtype=dtype)
    start = sum(p.path_shape[0] * p.path_shape[1] for p in paths[:k])
    w[start : start + path.path_shape[0]] = 1.0
    out = product(x.view(d2 * d1, -1), y.view(d2 * d1, -1), w.expand(d2 * d1, -1))
    s3 = product.irreps_out.slices()[path.i_out]
    d3 = product.irreps_out[path.i_out].ir.dim
    return out[:, s3.start : s3.start + d3].view(d2, d1, d3).transpose(1, 2).contiguous()
