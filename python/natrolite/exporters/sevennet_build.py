# SPDX-License-Identifier: GPL-2.0-only
"""Takes a `sevenn` model apart and builds the network of network.py from its parts."""

import copy

import torch

from natrolite.errors import NatroliteError
from natrolite.exporters import convolution, network
from natrolite.exporters import sevennet_modules as wrapper


def build(model, modality=None):
    """Return the network of a sevenn model (sevenn.nn.sequential.AtomGraphSequential).

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
            network.NextLayer(
                _connection(modules[f"{t}_self_connection_intro"]),
                modal.linear(modules[f"{t}_self_interaction_1"]),
                _layer(modules, t, modal),
            )
            for t in range(1, count)
        ),
        "readout": _readout(modules, modal),
    }
    tables.update(_rescale(modules["rescale_atomic_energy"], tables["intro0"].size(0), modality))
    return network.frozen(parts, tables)


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
    return network.Bessel(torch.as_tensor(module.coeffs), module.prefactor)


def _envelope(module):
    kind = type(module).__name__
    if kind == "PolynomialCutoff":
        return network.PolynomialEnvelope(module.cutoff_length, module.p)
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
        return network.LinearConnection(module.linear)
    if kind == "SelfConnectionIntro":
        return network.TypedConnection(module.fc_tensor_product)
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
    return network.Layer(
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
    radial = copy.deepcopy(module.weight_nn)
    result, columns = convolution.build(module.convolution, radial)
    denominator = module.denominator.detach().reshape(())
    last = radial[len(radial) - 1]
    last.weight = torch.nn.Parameter(last.weight.detach() * (columns / denominator), requires_grad=False)
    return result
