# SPDX-License-Identifier: GPL-2.0-only
"""TorchScript wrapper of a SevenNet model in the form of the model file.

The modules here hold the learned e3nn modules of a `sevenn` model and call them in the order of the
published architecture (Park et al., JCTC 20, 4857 (2024)); no module of sevenn's own stays inside.
Shapes: n = nlocal, a = nall, E edges, u channels of one irrep block, d its dimension.
"""

from typing import Dict, List

import torch

from natrolite import operators  # noqa: F401  (registers the operators that forward calls)


class Bessel(torch.nn.Module):
    """Radial basis 2/rc sin(c_k r)/r: [E] -> [E, basis]."""

    def __init__(self, coefficients, prefactor):
        super().__init__()
        self.prefactor = float(prefactor)
        self.coefficients = torch.nn.Parameter(coefficients.detach().clone(), requires_grad=False)

    def forward(self, r: torch.Tensor) -> torch.Tensor:
        ur = r.unsqueeze(-1)
        return self.prefactor * torch.sin(self.coefficients * ur) / ur


class PolynomialEnvelope(torch.nn.Module):
    """1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2) with x = r/rc: [E] -> [E]."""

    def __init__(self, cutoff, p):
        super().__init__()
        self.cutoff = float(cutoff)
        self.p = float(p)

    def forward(self, r: torch.Tensor) -> torch.Tensor:
        x, p = r / self.cutoff, self.p
        first = (p + 1.0) * (p + 2.0) / 2.0 * torch.pow(x, p)
        second = p * (p + 2.0) * torch.pow(x, p + 1.0)
        return 1.0 - first + second - p * (p + 1.0) / 2.0 * torch.pow(x, p + 2.0)


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


class LinearConnection(torch.nn.Module):
    """Self connection that does not look at the type: [n, w], [n, types] -> [n, w']."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear

    def forward(self, x: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class TypedConnection(torch.nn.Module):
    """Self connection by a tensor product with the one-hot type: [n, w], [n, types] -> [n, w']."""

    def __init__(self, product):
        super().__init__()
        self.product = product

    def forward(self, x: torch.Tensor, onehot: torch.Tensor) -> torch.Tensor:
        return self.product(x, onehot)


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

    The tensor product of a sevenn convolution, path by path, with its radial network.
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


class Layer(torch.nn.Module):
    """What follows the exchange in one interaction layer: convolution to gate, [a, w] -> [n, w'']."""

    def __init__(self, convolution, outro, gate):
        super().__init__()
        self.convolution = convolution
        self.outro = outro
        self.gate = gate

    def forward(
        self,
        x: torch.Tensor,
        connection: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        radial: torch.Tensor,
        angular: torch.Tensor,
    ) -> torch.Tensor:
        nlocal = connection.size(0)
        x = self.convolution(x, center, neighbor, radial, angular, nlocal)
        return self.gate(self.outro(x) + connection)


class NextLayer(torch.nn.Module):
    """A layer from the second on: it exchanges what the neighbors are about to gather."""

    def __init__(self, connection, intro, layer):
        super().__init__()
        self.connection = connection
        self.intro = intro
        self.layer = layer

    def forward(
        self,
        x: torch.Tensor,
        onehot: torch.Tensor,
        types: torch.Tensor,
        center: torch.Tensor,
        neighbor: torch.Tensor,
        radial: torch.Tensor,
        angular: torch.Tensor,
    ) -> torch.Tensor:
        connection = self.connection(x, onehot)
        x = torch.ops.natrolite.ghost_exchange(self.intro(x), types)
        return self.layer(x, connection, center, neighbor, radial, angular)


class SevenNet(torch.nn.Module):
    """The energy model of the file: Dict[str, Tensor] -> {"atomic_energy": float64 [n]} in eV.

    intro0, connection0: [types, w], what layer 0 gets from an atom's type.
    shift, scale: float64 [types], per-type energy in eV.
    """

    def __init__(self, parts, tables):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        for name, table in tables.items():
            self.register_buffer(name, table)

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        types, local = data["types"], data["types_local"]
        center, neighbor = data["edge_index"][0], data["edge_index"][1]
        vec = data["edge_vec"].to(self.intro0.dtype)
        r = torch.linalg.norm(vec, dim=-1)
        radial = self.basis(r) * self.envelope(r).unsqueeze(-1)
        angular = self.spherical(vec)
        onehot = torch.nn.functional.one_hot(local, self.intro0.size(0)).to(vec.dtype)
        x = self.first(
            self.intro0[types], self.connection0[local], center, neighbor, radial, angular
        )
        for layer in self.layers:
            x = layer(x, onehot, types, center, neighbor, radial, angular)
        energy = self.readout(x).squeeze(1).to(torch.float64)
        return {"atomic_energy": energy * self.scale[local] + self.shift[local]}


