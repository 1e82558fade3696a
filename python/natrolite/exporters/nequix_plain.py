# SPDX-License-Identifier: GPL-2.0-only
"""The plain nequix network in double precision, formula by formula: what the exported form must equal.

One-hot features, whole messages by Wigner's 3j symbols, no tables. It takes the edges of a model file's
contract without ghosts.
"""

import math

import torch

from natrolite.exporters import nequix_build
from natrolite.exporters import nequix_files as files


class Plain:
    """The energies of a nequix_files.File: Dict[str, Tensor] -> {"atomic_energy": [n]} in eV."""

    def __init__(self, file):
        self.file = file
        self.tables = nequix_build.energy_tables(file)
        self.types = torch.tensor(file.types)
        self.constant = nequix_build.silu_constant()

    def __call__(self, data):
        from e3nn import o3

        config, vec, types = self.file.config, data["edge_vec"], self.types[data["types_local"]]
        radial = radial_basis(config, vec.norm(dim=1, keepdim=True))
        harmonics = [o3.spherical_harmonics(l, vec, True, "component") for l in range(config["lmax"] + 1)]
        onehot = torch.nn.functional.one_hot(types, len(config["atomic_numbers"]))
        features = {0: onehot.to(vec.dtype).unsqueeze(2)}
        for i in range(config["n_layers"]):
            features = self.layer(i, features, data["edge_index"], radial, harmonics)
        readout = linear({0: self.file.readout}, features)[0].view(-1)
        return {"atomic_energy": readout * self.tables["scale"][types] + self.tables["shift"][types]}

    def layer(self, i, features, edges, radial, harmonics):
        """Return the features {l: [n, channels, 2l + 1]} after layer i."""
        layer, config = self.file.layers[i], self.file.config
        for k, weight in enumerate(layer.radial):
            radial = (torch.nn.functional.silu(radial) if k else radial) @ torch.from_numpy(weight)
        sources = {l: x[edges[1]] for l, x in linear(layer.linear_1, features).items()}
        messages = {}
        ways = files.paths(config, i)
        for (_, l1, l2, l3), w in zip(ways, radial.split([way[0] for way in ways], 1)):
            message = torch.einsum("eui,ej,ijk,eu->euk", sources[l1], harmonics[l2], coupling(l1, l2, l3), w)
            total = message.new_zeros(len(features[0]), *message.shape[1:]).index_add(0, edges[0], message)
            messages.setdefault(l3, []).append(total / math.sqrt(config["avg_n_neighbors"]))
        new = linear(layer.linear_2, {l: torch.cat(parts, 1) for l, parts in messages.items()})
        new = {l: x + linear(layer.skip, features).get(l, 0.0) for l, x in new.items()}
        if layer.norm is not None:
            square = sum((x**2).sum(1).mean(1) / (2 * l + 1) / len(new) for l, x in new.items())
            factor = (square + 1e-12) ** -0.5
            scales = {l: torch.from_numpy(scale).unsqueeze(1) for l, scale in layer.norm.items()}
            new = {l: x * factor.view(-1, 1, 1) * scales[l] for l, x in new.items()}
        return self.gate(new, [mul for mul, _ in files.outputs(config, i)])

    def gate(self, features, channels):
        """Return SiLU / c of the scalars, and the rest times its gates."""
        active = torch.nn.functional.silu(features[0]) / self.constant
        first, *gates = active.split(channels, 1)
        rest = [(l, x) for l, x in features.items() if l > 0]
        return {0: first, **{l: x * gate for (l, x), gate in zip(rest, gates)}}


def radial_basis(config, r):
    """Return Bessel functions times the polynomial envelope at the lengths r (A, [e, 1]): [e, radial_basis_size]."""
    x, p = r / config["cutoff"], float(config["radial_polynomial_p"])
    envelope = 1 - (p + 1) * (p + 2) / 2 * x**p + p * (p + 2) * x ** (p + 1) - p * (p + 1) / 2 * x ** (p + 2)
    n = torch.arange(1, config["radial_basis_size"] + 1, dtype=r.dtype, device=r.device)
    return 2 / config["cutoff"] * torch.sin(math.pi * n * x) / r * envelope


def linear(weights, features):
    """Return sum_u x[n, u, m] W[u, v] / sqrt(number of u) for each l of the weights that x has."""
    return {
        l: torch.einsum("num,uv->nvm", features[l], torch.from_numpy(w)) / math.sqrt(len(w))
        for l, w in weights.items()
        if l in features
    }


def coupling(l1, l2, l3):
    """Return Wigner's 3j symbols in e3nn's real basis times sqrt(2 l3 + 1)."""
    from e3nn import o3

    return o3.wigner_3j(l1, l2, l3, dtype=torch.float64) * math.sqrt(2 * l3 + 1)
