# SPDX-License-Identifier: GPL-2.0-only
"""Description of a network.Network (SevenNet, nequix) for the native evaluator."""

import numpy as np
import torch

from natrolite.exporters import native
from natrolite.exporters.native import GateShape, Layout, Ordered, Undescribed


def describe(model, dtype, cutoff):
    """Return native.Description of a network.Network."""
    types = model.shift.numel()
    lmax = native.lmax_of([(width - 1) // 2 for width in model.first.convolution.filter_widths])
    d = native.Description(dtype, types, cutoff, lmax)
    basis, envelope = _basis(model.basis), _envelope(model.envelope)

    def radial(layer):
        return d.radial(basis, envelope, native.dense_layers(layer.convolution.radial))

    first = model.first
    layout = native.features_of(first.convolution)
    table = model.intro0.double().numpy()
    sums = native.convolution(d, first.convolution, (None, layout), "m0", radial(first), table)
    gate = _gate(d, first.gate, "0")
    d.linear("m0", sums, "p0", gate.layout_in, Ordered(first.convolution, first.outro),
             bias=model.connection0.double().numpy())  # fmt: skip
    gate.add()
    for t, layer in enumerate(model.layers, 1):
        source, previous, body = f"x{t - 1}", gate.layout_out, layer.layer
        gate = _gate(d, body.gate, str(t))
        _connection(d, layer.connection, source, previous, f"p{t}", gate.layout_in, types)
        layout = native.features_of(body.convolution)
        d.value(f"y{t}", layout)
        d.linear(source, previous, f"y{t}", layout, layer.intro)
        d.step("exchange", **{"in": f"y{t}"})
        sums = native.convolution(d, body.convolution, (f"y{t}", layout), f"m{t}", radial(body))
        d.linear(f"m{t}", sums, f"p{t}", gate.layout_in, Ordered(body.convolution, body.outro), add=True)
        gate.add()
    source = f"x{len(model.layers)}"
    d.step(
        "energy", **{"in": _readout(d, model.readout, source, gate.layout_out)},
        scale=d.array64(model.scale.double().numpy()), shift=d.array64(model.shift.double().numpy()),
    )  # fmt: skip
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


def _connection(d, connection, source, from_layout, to, to_layout, types):
    if type(connection).__name__ == "LinearConnection":
        return d.linear(source, from_layout, to, to_layout, connection.linear)
    modules = [native.OfType(connection.product, types, k) for k in range(types)]
    return d.typed_linear(source, from_layout, to, to_layout, modules)


def _readout(d, readout, source, layout):
    """Add a linear readout, or a network of dense layers on scalars; return the name of the energy."""
    if isinstance(readout, torch.nn.Sequential) and type(readout[0]).__name__ == "_Layer":
        return native.dense_steps(d, source, layout, native.dense_layers(readout))
    d.value("e", Layout.scalars(1))
    d.linear(source, layout, "e", Layout.scalars(1), readout)
    return "e"


def _gate(d, module, t):
    """Declare the values p{t}, x{t} (and what is between); return what adds the steps."""
    if isinstance(module, torch.nn.Sequential):
        return _NormAndGate(d, module, t)
    return _Gate(d, module, t)


class _Gate:
    """A gate of e3nn, from the value p to the value x."""

    def __init__(self, d, module, t):
        self.d, self.t = d, t
        self.shape = GateShape(module)
        self.layout_in, self.layout_out = self.shape.layout_in, self.shape.layout_out
        d.value(f"p{t}", self.layout_in)
        d.value(f"x{t}", self.layout_out)

    def add(self):
        """Add the step."""
        self.d.gate(f"p{self.t}", f"x{self.t}", self.shape)


class _NormAndGate:
    """nequix: normalization, then a gate, from the value p by way of q to the value x."""

    def __init__(self, d, module, t):
        self.d, self.t = d, t
        self.norm, gate = module
        widths, channels, dims = gate.widths, gate.channels, gate.dims
        blocks, columns, self.scalars, self.gated = [], [], [], []
        entry = {"activation": "silu", "factor": float(gate.factor)}
        starts = np.cumsum([0, *channels])
        for k, u in enumerate(channels):
            blocks.append((u, 0))
            columns.append(np.arange(starts[k], starts[k + 1]).reshape(1, u))
        start = widths[0]
        for dim, u in zip(dims, channels[1:]):
            blocks.append((u, (dim - 1) // 2))
            columns.append(start + np.arange(dim * u).reshape(dim, u))
            start += dim * u
        self.layout_in = Layout(blocks, columns)
        self.scalars = [{"in": 0, "out": 0, **entry}]
        for k in range(len(dims)):
            self.gated.append({"gate": 1 + k, "in": len(channels) + k, "out": 1 + k, **entry})
        out = [(channels[0], 0)] + [(u, (dim - 1) // 2) for dim, u in zip(dims, channels[1:])]
        self.layout_out = Layout.by_component(out)
        d.value(f"p{t}", self.layout_in)
        d.value(f"q{t}", self.layout_in)
        d.value(f"x{t}", self.layout_out)

    def add(self):
        """Add the steps."""
        d, layout = self.d, self.layout_in
        scale, weight = (v.double().numpy() for v in (self.norm.scale, self.norm.weight))
        rows = [(scale[c], weight[c]) for c in layout.columns]
        if any(np.any(a != a[0]) or np.any(w != w.flat[0]) for a, w in rows):
            raise Undescribed("a normalization of another form")
        d.step(
            "norm", **{"in": f"p{self.t}"}, out=f"q{self.t}", epsilon=self.norm.eps,
            weights=d.array([w.flat[0] for _, w in rows]), factors=[{"values": d.array(a[0])} for a, _ in rows],
        )  # fmt: skip
        d.step("gate", **{"in": f"q{self.t}"}, out=f"x{self.t}", scalars=self.scalars, gated=self.gated)
