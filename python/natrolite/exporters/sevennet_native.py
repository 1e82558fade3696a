# SPDX-License-Identifier: GPL-2.0-only
"""Description of a SevenNet wrapper (sevennet_modules) for the native evaluator."""

import numpy as np

from natrolite.exporters import native
from natrolite.exporters.native import GateShape, Layout, Ordered, Undescribed


def describe(model, dtype, cutoff):
    """Return native.Description of a sevennet_modules.SevenNet."""
    types = model.shift.numel()
    lmax = max(k for k, width in enumerate(model.first.convolution.filter_widths) if width)
    d = native.Description(dtype, types, cutoff, lmax)
    basis, envelope = _basis(model.basis), _envelope(model.envelope)

    def radial(layer):
        return d.radial(basis, envelope, native.dense_layers(layer.convolution.radial))

    first = model.first
    table = model.intro0.double().numpy()
    layout = Layout.of(_irreps_in(first.convolution, table.shape[1]))
    sums = native.convolution(d, first.convolution, (None, layout), "m0", radial(first), table)
    gate = GateShape(first.gate)
    d.value("p0", gate.layout_in)
    d.linear("m0", sums, "p0", gate.layout_in, Ordered(first.convolution, first.outro),
             bias=model.connection0.double().numpy())  # fmt: skip
    d.value("x0", gate.layout_out)
    d.gate("p0", "x0", gate)
    for t, layer in enumerate(model.layers, 1):
        previous, body = gate.layout_out, layer.layer
        gate = GateShape(body.gate)
        d.value(f"p{t}", gate.layout_in)
        _connection(d, layer.connection, f"x{t - 1}", previous, f"p{t}", gate.layout_in, types)
        layout = Layout.of(_intro_irreps(layer.intro))
        d.value(f"y{t}", layout)
        d.linear(f"x{t - 1}", previous, f"y{t}", layout, layer.intro)
        d.step("exchange", **{"in": f"y{t}"})
        sums = native.convolution(d, body.convolution, (f"y{t}", layout), f"m{t}", radial(body))
        d.linear(f"m{t}", sums, f"p{t}", gate.layout_in, Ordered(body.convolution, body.outro), add=True)
        d.value(f"x{t}", gate.layout_out)
        d.gate(f"p{t}", f"x{t}", gate)
    _readout(d, model, f"x{len(model.layers)}", gate.layout_out)
    return d


def _basis(module):
    return {
        "kind": "bessel",
        "parameters": module.coefficients.double().reshape(-1).numpy(),
        "prefactor": module.prefactor,
    }


def _envelope(module):
    if type(module).__name__ == "XplorEnvelope":
        return {"kind": "xplor", "on": module.on, "cutoff": float(np.sqrt(module.cut2))}
    return {"kind": "polynomial", "p": module.p, "cutoff": module.cutoff}


def _irreps_in(convolution, width):
    """Return irreps of the features of layer 0, which are scalars."""
    from e3nn.o3 import Irreps

    if len(convolution.blocks) != 1 or convolution.block_widths != [width]:
        raise Undescribed("a first layer whose features are no scalars")
    return Irreps([(width, (0, 1))])


def _intro_irreps(intro):
    return intro.linear.irreps_out if type(intro).__name__ == "ModalLinear" else intro.irreps_out


def _connection(d, connection, source, from_layout, to, to_layout, types):
    if type(connection).__name__ == "LinearConnection":
        return d.linear(source, from_layout, to, to_layout, connection.linear)
    modules = [native.OfType(connection.product, types, k) for k in range(types)]
    return d.typed_linear(source, from_layout, to, to_layout, modules)


def _readout(d, model, source, layout):
    """The readout is linear, or a network of dense layers on scalars."""
    import torch

    readout = model.readout
    if isinstance(readout, torch.nn.Sequential) and type(readout[0]).__name__ != "_Layer":
        d.value("e", Layout.scalars(1))
        d.linear(source, layout, "e", Layout.scalars(1), readout)
    else:
        native.dense_steps(d, source, layout, native.dense_layers(readout))
    last = d.data["values"][-1]["name"]
    d.step(
        "energy", **{"in": last}, scale=d.array64(model.scale.double().numpy()),
        shift=d.array64(model.shift.double().numpy()),
    )  # fmt: skip
