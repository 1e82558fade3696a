# SPDX-License-Identifier: GPL-2.0-only
"""Builds the network of network.py from the weights of a nequix file."""

import math

import torch

from natrolite.default_dtype import default_dtype
from natrolite.exporters import convolution, network
from natrolite.exporters import nequix_files as files
from natrolite.exporters import nequix_modules as wrapper


def build(file, dtype):
    """Return the Network of a nequix_files.File, which computes in dtype (a torch type).

    All constants are made in double precision, then rounded once.
    """
    config = file.config
    with default_dtype(torch.float64):  # e3nn computes its constants in that type
        basis = math.pi / config["cutoff"] * torch.arange(1, config["radial_basis_size"] + 1)
        parts = {
            "basis": network.Bessel(basis, 2.0 / config["cutoff"]),
            "envelope": network.PolynomialEnvelope(config["cutoff"], config["radial_polynomial_p"]),
            "spherical": _harmonics(config),
            "first": _layer(file, 0),
            "layers": torch.nn.ModuleList(_next(file, i) for i in range(1, config["n_layers"])),
            "readout": wrapper.Mix(_matrix(file.readout)),
        }
        result = network.frozen(parts, _first_tables(file)).to(dtype)
    for name, table in energy_tables(file).items():
        result.register_buffer(name, table[file.types])
    return result


def energy_tables(file):
    """Return float64 [types] tables: the energy is readout * scale + shift, in eV."""
    energies = torch.from_numpy(file.energies)
    scale = torch.full_like(energies, file.config["scale"])
    return {"shift": energies + file.config["shift"], "scale": scale}


def silu_constant():
    """Return the root mean square of SiLU at 1 000 001 quantiles of the normal distribution, e3nn-jax's c."""
    x = torch.linspace(-1.0, 1.0, 1_000_003, dtype=torch.float64)[1:-1]
    x = math.sqrt(2.0) * torch.erfinv(x)
    return torch.nn.functional.silu(x).square().mean().sqrt().item()


def _matrix(weight):
    """Return a linear map's matrix with the factor 1 / sqrt(number of inputs)."""
    return torch.from_numpy(weight) / math.sqrt(weight.shape[0])


def _dims(blocks):
    return [2 * l + 1 for _, l in blocks]


def _harmonics(config):
    from e3nn import o3

    return o3.SphericalHarmonics(list(range(config["lmax"] + 1)), normalize=True, normalization="component")


def _linear(weights, blocks):
    """Return the Linear of {l: matrix} on features of these blocks, of which the last may be left out."""
    kept = [l for _, l in blocks if l in weights]
    rest = sum(mul * (2 * l + 1) for mul, l in blocks if l not in weights)
    return wrapper.Linear([_matrix(weights[l]) for l in kept], [2 * l + 1 for l in kept], rest)


def _next(file, i):
    layer, blocks = file.layers[i], files.inputs(file.config, i)
    connection = network.LinearConnection(_linear(layer.skip, blocks))
    return network.NextLayer(connection, _linear(layer.linear_1, blocks), _layer(file, i))


def _first_tables(file):
    """Return intro0 and connection0: of one-hot features a linear map picks a row of its matrix."""
    layer, after = file.layers[0], files.gated(file.config, 0)
    skip = _matrix(layer.skip[0])
    width = sum(mul * (2 * l + 1) for mul, l in after)
    connection = torch.nn.functional.pad(skip, (0, width - skip.size(1)))
    tables = {"intro0": _matrix(layer.linear_1[0]), "connection0": connection, **energy_tables(file)}
    return {name: table[file.types] for name, table in tables.items()}


def _layer(file, i):
    """Return layer i from convolution to gate."""
    config, layer = file.config, file.layers[i]
    after = files.gated(config, i)
    messages = [(layer.linear_2[l].shape[0], l) for _, l in after]
    gate = _gate(config, i)
    if layer.norm is not None:
        gate = torch.nn.Sequential(_norm(layer.norm, after), gate)
    return network.Layer(_convolution(file, i), _linear(layer.linear_2, messages), gate)


def _norm(scales, blocks):
    """Return the Norm: q = 1 / (number of blocks (2l + 1)^2)."""
    scale = [torch.from_numpy(scales[l]).repeat(2 * l + 1) for _, l in blocks]
    weight = [torch.full((mul * (2 * l + 1),), 1.0 / (len(blocks) * (2 * l + 1) ** 2)) for mul, l in blocks]
    return wrapper.Norm(torch.cat(scale), torch.cat(weight))


def _gate(config, i):
    blocks = files.outputs(config, i)
    return wrapper.Gate([mul for mul, _ in blocks], _dims(blocks[1:]), silu_constant())


def _convolution(file, i):
    """Return the Convolution of layer i, whose rows have blocks of one l each, channels fastest."""
    from e3nn import o3

    config = file.config
    before, ways = files.inputs(config, i), files.paths(config, i)
    irreps = [(mul, (l, (-1) ** l)) for mul, l in before]
    filters = [(1, (l, (-1) ** l)) for l in range(config["lmax"] + 1)]
    order = [l for _, l in before]
    product = o3.TensorProduct(
        irreps,
        filters,
        [(mul, (l3, (-1) ** l3)) for mul, _, _, l3 in ways],
        [(order.index(l1), l2, k, "uvu", True) for k, (_, l1, l2, _) in enumerate(ways)],
        shared_weights=False,
        internal_weights=False,
    )
    radial = _radial(file.layers[i].radial)
    result, columns = convolution.build(product, radial)
    radial[-1].weight.mul_(columns.unsqueeze(1) / math.sqrt(config["avg_n_neighbors"]))
    result.columns = _places(before).argsort()[result.columns]
    result.order = result.order[_places([(mul, l3) for mul, _, _, l3 in ways])]
    return result


def _radial(weights):
    """Return the radial network: SiLU between plain matrices."""
    steps = []
    for weight in weights:
        linear = torch.nn.Linear(*weight.shape, bias=False).requires_grad_(False)
        linear.weight.copy_(torch.from_numpy(weight).t())
        steps += [linear, torch.nn.SiLU()]
    return torch.nn.Sequential(*steps[:-1])


def _places(blocks):
    """Return int64 [w]: where in e3nn's layout (channels slowest) each column of ours stands.

    blocks: [(channels, l)], sorted by l; those of the same l become one block.
    """
    start, rows = 0, {}
    for mul, l in blocks:
        dim = 2 * l + 1
        rows.setdefault(l, []).append(torch.arange(start, start + mul * dim).view(mul, dim))
        start += mul * dim
    return torch.cat([torch.cat(part).t().reshape(-1) for part in rows.values()])
