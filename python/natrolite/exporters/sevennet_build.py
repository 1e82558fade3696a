# SPDX-License-Identifier: GPL-2.0-only
"""Takes a `sevenn` model apart and builds the wrapper of sevennet_modules from its parts."""

import copy

import torch

from natrolite.errors import NatroliteError
from natrolite.exporters import sevennet_modules as wrapper


def build(model, modality=None):
    """Return the SevenNet wrapper of a sevenn model (sevenn.nn.sequential.AtomGraphSequential).

    model: on the CPU, float32 or float64; it is not changed. modality: index or None.
    Raises NatroliteError for an architecture that the wrapper does not know.
    """
    modules = copy.deepcopy(model)._modules
    modal = _Modality(modules, modality)
    embedding = modules["edge_embedding"]
    count = sum(name.endswith("_convolution") for name in modules)
    tables = _first_tables(modules, modal)
    parts = {
        "basis": _basis(embedding.basis_function),
        "envelope": _envelope(embedding.cutoff_function),
        "spherical": _harmonics(embedding.spherical.sph),
        "first": _layer(modules, 0, modal),
        "layers": torch.nn.ModuleList(
            wrapper.NextLayer(
                _connection(modules[f"{t}_self_connection_intro"]),
                modal.linear(modules[f"{t}_self_interaction_1"]),
                _layer(modules, t, modal),
            )
            for t in range(1, count)
        ),
        "readout": _readout(modules, modal),
    }
    tables.update(_rescale(modules["rescale_atomic_energy"], tables["intro0"].size(0), modality))
    result = wrapper.SevenNet(parts, tables).eval()
    for parameter in result.parameters():
        parameter.requires_grad_(False)
    return result


class _Modality:
    """Wraps sevenn's linear layers; those patched for modalities get the chosen one's row."""

    def __init__(self, modules, index):
        self.index = index
        onehot = modules.get("one_hot_modality")
        self.count = onehot.num_classes if onehot is not None else 0

    def linear(self, module):
        if module.num_modalities <= 1:
            return module.linear
        row = torch.zeros(1, self.count, dtype=module.linear.weight.dtype)
        row[0, self.index] = 1.0
        return wrapper.ModalLinear(module.linear, row)


def _basis(module):
    return wrapper.Bessel(torch.as_tensor(module.coeffs), module.prefactor)


def _envelope(module):
    kind = type(module).__name__
    if kind == "PolynomialCutoff":
        return wrapper.PolynomialEnvelope(module.cutoff_length, module.p)
    if kind == "XPLORCutoff":
        return wrapper.XplorEnvelope(module.r_cut, module.r_on)
    raise NatroliteError(f"the cutoff function {kind} of this checkpoint is not supported")


def _harmonics(module):
    """Return e3nn's spherical harmonics, after a look that l = 0 comes first and is 1."""
    with torch.no_grad():
        first = module(torch.tensor([[0.3, -0.2, 0.9]]))[:, 0]
    if first.item() != 1.0:
        raise NatroliteError("the spherical harmonics of this checkpoint are not of the usual form")
    return module


def _connection(module):
    kind = type(module).__name__
    if kind == "SelfConnectionLinearIntro":
        return wrapper.LinearConnection(module.linear)
    if kind == "SelfConnectionIntro":
        return wrapper.TypedConnection(module.fc_tensor_product)
    raise NatroliteError(f"the self connection {kind} of this checkpoint is not supported")


def _first_tables(modules, modal):
    """Return intro0 [types, w] and connection0 [types, w']: layer 0 depends on types only."""
    types = modules["onehot_idx_to_onehot"].num_classes
    dtype = modules["onehot_to_feature_x"].linear.weight.dtype
    with torch.no_grad():
        onehot = torch.eye(types, dtype=dtype)
        x = modal.linear(modules["onehot_to_feature_x"])(onehot)
        connection = _connection(modules["0_self_connection_intro"])(x, onehot)
        intro = modal.linear(modules["0_self_interaction_1"])(x)
    return {"intro0": intro, "connection0": connection}


def _layer(modules, t, modal):
    return wrapper.Layer(
        _convolution(modules[f"{t}_convolution"]),
        modal.linear(modules[f"{t}_self_interaction_2"]),
        modules[f"{t}_equivariant_gate"].gate,
    )


def _readout(modules, modal):
    if "readout_FCN" in modules:
        return modules["readout_FCN"].fcn
    return torch.nn.Sequential(
        modal.linear(modules["reduce_input_to_hidden"]),
        modal.linear(modules["reduce_hidden_to_energy"]),
    )


def _rescale(module, types, modality):
    """Return shift and scale as float64 [types], whatever the kind of sevenn's rescale module."""
    tables = {}
    for name in ("shift", "scale"):
        value = getattr(module, name).detach().to(torch.float64)
        if getattr(module, f"use_modal_wise_{name}", False):
            value = value[modality]
        tables[name] = value.reshape(-1).expand(types).clone()
    return tables


def _convolution(module):
    """Return the path-by-path Convolution of one sevenn IrrepsConvolution."""
    product = module.convolution
    paths = [p for p in product.instructions]
    if any(p.connection_mode != "uvu" or product.irreps_in2[p.i_in2].mul != 1 for p in paths):
        raise NatroliteError("a convolution of this checkpoint has paths other than 'uvu'")
    scales, radial = _paths(product, paths), copy.deepcopy(module.weight_nn)
    denominator = module.denominator.detach().reshape(())
    columns = torch.cat([s.expand(p.path_shape[0]) for p, (s, _) in zip(paths, scales)])
    last = radial[len(radial) - 1]
    last.weight = torch.nn.Parameter(last.weight.detach() * (columns / denominator), requires_grad=False)
    order_in, blocks, emitted = [], [], []
    for i, (block, where) in enumerate(zip(product.irreps_in1, product.irreps_in1.slices())):
        index = torch.arange(where.start, where.stop).view(block.mul, block.ir.dim)
        order_in.append(index.t().reshape(-1))
        mine = [k for k, p in enumerate(paths) if p.i_in1 == i]
        emitted += mine
        blocks.append(
            wrapper.Block(
                block.ir.dim, [scales[k][1] for k in mine], [paths[k].i_in2 for k in mine], mine
            )
        )
    return wrapper.Convolution(
        blocks,
        [b.dim for b in product.irreps_in1],
        torch.cat(order_in),
        _order_out(product, paths, emitted),
        radial,
        [b.dim for b in product.irreps_in2],
        [p.path_shape[0] for p in paths],
    )


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
    for k, path in enumerate(paths):
        coupling = _coupling(product, paths, k, dtype)
        d2, d3, d1 = coupling.shape
        if d1 == 1 or d2 == 1:
            scale = coupling[0, 0, 0]
            if not torch.allclose(coupling.reshape(d3, -1), scale * torch.eye(d3, dtype=dtype)):
                raise NatroliteError("a tensor product of this checkpoint is not of the usual form")
            result.append((scale, wrapper.DirectPath() if d2 == 1 else wrapper.ScalarPath()))
        else:
            result.append((torch.ones((), dtype=dtype), wrapper.TensorPath(coupling)))
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
