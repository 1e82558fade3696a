# SPDX-License-Identifier: GPL-2.0-only
"""A message-passing energy model in the form of the model file, which exporters fill with parts.

The order of the steps is that of NequIP's descendants (SevenNet, nequix): layer 0 gets tables by type;
every layer is convolution, linear map, self connection and gate, and each after the first makes one
exchange of ghosts.
Shapes: n = nlocal, a = nall, E edges.
"""

from typing import Dict

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


def polynomial_envelope(x: torch.Tensor, p: float) -> torch.Tensor:
    """1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2), of any shape."""
    first = (p + 1.0) * (p + 2.0) / 2.0 * torch.pow(x, p)
    second = p * (p + 2.0) * torch.pow(x, p + 1.0)
    return 1.0 - first + second - p * (p + 1.0) / 2.0 * torch.pow(x, p + 2.0)


class PolynomialEnvelope(torch.nn.Module):
    """The polynomial envelope of x = r/rc: [E] -> [E]."""

    def __init__(self, cutoff, p):
        super().__init__()
        self.cutoff = float(cutoff)
        self.p = float(p)

    def forward(self, r: torch.Tensor) -> torch.Tensor:
        return polynomial_envelope(r / self.cutoff, self.p)


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


class Network(torch.nn.Module):
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
        x = self.first(self.intro0[types], self.connection0[local], center, neighbor, radial, angular)
        for layer in self.layers:
            x = layer(x, onehot, types, center, neighbor, radial, angular)
        energy = self.readout(x).squeeze(1).to(torch.float64)
        return {"atomic_energy": energy * self.scale[local] + self.shift[local]}


def frozen(parts, tables):
    """Return the Network for evaluation only, as the model file has it."""
    result = Network(parts, tables).eval()
    for parameter in result.parameters():
        parameter.requires_grad_(False)
    return result
