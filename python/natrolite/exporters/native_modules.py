# SPDX-License-Identifier: GPL-2.0-only
"""What the arrays and shapes of a network description (native.py) are read off: modules of torch and e3nn."""

import numpy as np

MAX_L = 3


class Undescribed(Exception):
    """The network has a part that the native evaluator has no word for; the message names it."""


class Layout:
    """Where the channels of blocks stand in the rows of a torch module.

    blocks: [(channels, l)]; columns: per block an int array [2 l + 1, channels].
    """

    def __init__(self, blocks, columns):
        self.blocks = [(int(c), int(l)) for c, l in blocks]
        self.columns = columns
        if any(l > MAX_L for _, l in self.blocks):
            raise Undescribed(f"features with l = {max(l for _, l in self.blocks)} (at most {MAX_L})")

    @classmethod
    def of(cls, irreps):
        """Return the layout of e3nn: blocks one after another, channels slowest."""
        columns, start = [], 0
        for mul, ir in irreps:
            columns.append(start + np.arange(mul * ir.dim).reshape(mul, ir.dim).T)
            start += mul * ir.dim
        return cls([(mul, ir.l) for mul, ir in irreps], columns)

    @classmethod
    def by_component(cls, blocks):
        """Blocks one after another, channels fastest."""
        columns, start = [], 0
        for channels, l in blocks:
            columns.append(start + np.arange(channels * (2 * l + 1)).reshape(2 * l + 1, channels))
            start += channels * (2 * l + 1)
        return cls(blocks, columns)

    @classmethod
    def scalars(cls, channels):
        """One block of scalars."""
        return cls([(channels, 0)], [np.arange(channels).reshape(1, channels)])

    @property
    def width(self):
        """Number of columns."""
        return sum(c * (2 * l + 1) for c, l in self.blocks)

    def shapes(self):
        """Blocks as the description has them."""
        return [{"channels": c, "l": l} for c, l in self.blocks]

    def rows(self, table):
        """Rows [n, width] of the module's layout in that of the description: [component][channel]."""
        return np.concatenate([table[:, c.reshape(-1)] for c in self.columns], axis=1)


def apply(module, rows):
    """Return module(rows) as float64 numpy; rows: numpy [n, w]."""
    import torch

    tensors = [t for t in [*module.parameters(), *module.buffers()] if t.is_floating_point()]
    dtype = tensors[0].dtype if tensors else torch.float64
    with torch.no_grad():
        return module(torch.as_tensor(rows, dtype=dtype)).double().numpy()


def linear_maps(module, from_layout, to_layout):
    """Return ({(block in, block out): weights [c, c']}, constant [w']) of a linear equivariant module.

    Raises Undescribed if the module is not of that form.
    """
    constant = apply(module, np.zeros((1, from_layout.width)))[0]
    matrix = apply(module, np.eye(from_layout.width)) - constant
    maps, rest = {}, matrix.copy()
    for i, (_, l) in enumerate(from_layout.blocks):
        for o, (_, l_out) in enumerate(to_layout.blocks):
            if l != l_out:
                continue
            rows, columns = from_layout.columns[i], to_layout.columns[o]
            weights = matrix[np.ix_(rows[0], columns[0])]
            if np.any(weights):
                maps[i, o] = weights
            for r, c in zip(rows, columns):
                rest[np.ix_(r, c)] -= weights
    if np.abs(rest).max(initial=0.0) > 1e-5 * max(np.abs(matrix).max(initial=0.0), 1.0):
        raise Undescribed("a linear map that is none")
    return maps, constant


def dense_layers(network):
    """Return [(weights, bias, (activation, factor))] of an e3nn FullyConnectedNet or a plain Sequential."""
    import torch

    layers = []
    for layer in network:
        if isinstance(layer, torch.nn.Linear):
            bias = None if layer.bias is None else layer.bias.detach().double().numpy()
            layers.append((layer.weight.detach().double().numpy().T, bias, ("identity", 1.0)))
            continue
        if type(layer).__name__ != "_Layer":
            layers[-1] = (*layers[-1][:2], activation_of(layer))
            continue
        weights = layer.weight.detach().double().numpy() / np.sqrt(layer.h_in * layer.var_in)
        kind, factor = activation_of(layer.act)
        layers.append((weights, None, (kind, factor * float(layer.var_out) ** 0.5)))
    return layers


def activation_of(function):
    """Return (name, factor) of a scalar function: factor times one of the known activations."""
    import torch

    if function is None:
        return "identity", 1.0
    x = torch.linspace(-4.0, 4.0, 81, dtype=torch.float64)
    known = {
        "identity": x,
        "silu": torch.nn.functional.silu(x),
        "tanh": torch.tanh(x),
        "sigmoid": torch.sigmoid(x),
        "abs": torch.abs(x),
        "softplus": torch.nn.functional.softplus(x) - float(np.log(2.0)),
    }
    with torch.no_grad():
        y = function(x).double()
    for name, values in known.items():
        factor = float((y * values).sum() / (values * values).sum())
        if (y - factor * values).abs().max() < 1e-6 * y.abs().max():
            return name, factor
    raise Undescribed("an activation that is none of " + ", ".join(known))


class GateShape:
    """A Gate of e3nn: the layout of what goes in and comes out, and the entries of the step."""

    def __init__(self, gate):
        import torch

        width = gate.irreps_in.dim
        parts = gate.sc(torch.arange(width, dtype=torch.float64).reshape(1, -1))
        scalars, gates, gated = (part.reshape(-1).round().long().numpy() for part in parts)
        blocks, columns, out_blocks = [], [], []
        self.scalars, self.gated = [], []

        def block(channels, l, where):
            blocks.append((channels, l))
            columns.append(where)
            return len(blocks) - 1

        for (mul, _), act, at in _activated(gate.act_scalars):
            kind, factor = activation_of(act)
            k = block(mul, 0, scalars[at : at + mul].reshape(1, mul))
            out_blocks.append((mul, 0))
            self.scalars.append({"in": k, "out": len(out_blocks) - 1, "activation": kind, "factor": factor})
        acts = [act for (mul, _), act, _ in _activated(gate.act_gates) for _ in range(mul)]
        first = at = 0
        for mul, ir in gate.irreps_gated:
            if any(act is not acts[first] for act in acts[first : first + mul]):
                raise Undescribed("a gate with several activations of one block")
            kind, factor = activation_of(acts[first])
            g = block(mul, 0, gates[first : first + mul].reshape(1, mul))
            k = block(mul, ir.l, gated[at : at + mul * ir.dim].reshape(mul, ir.dim).T)
            out_blocks.append((mul, ir.l))
            self.gated.append({"gate": g, "in": k, "out": len(out_blocks) - 1, "activation": kind, "factor": factor})
            first += mul
            at += mul * ir.dim
        self.layout_in = Layout(blocks, columns)
        self.layout_out = Layout(out_blocks, Layout.of(gate.irreps_out).columns)
        self._check(gate)

    def _check(self, gate):
        """Compare with the gate on random numbers."""
        x = np.random.default_rng(0).normal(size=(3, self.layout_in.width))
        truth, mine = apply(gate, x), np.zeros((3, self.layout_out.width))
        for entry in self.scalars:
            rows = x[:, self.layout_in.columns[entry["in"]]]
            mine[:, self.layout_out.columns[entry["out"]]] = _activate(entry, rows)
        for entry in self.gated:
            gates = _activate(entry, x[:, self.layout_in.columns[entry["gate"]]])
            rows = x[:, self.layout_in.columns[entry["in"]]]
            mine[:, self.layout_out.columns[entry["out"]]] = gates * rows
        if np.abs(truth - mine).max() > 1e-5 * np.abs(truth).max():
            raise Undescribed("a gate of another form")


def _activated(activation):
    """Yield ((mul, irrep), function, first column) of an Activation of e3nn."""
    at = 0
    for (mul, ir), act in zip(activation.irreps_in, activation.acts):
        yield (mul, ir), act, at
        at += mul


def _activate(entry, x):
    functions = {
        "identity": lambda v: v,
        "silu": lambda v: v / (1.0 + np.exp(-v)),
        "tanh": np.tanh,
        "sigmoid": lambda v: 1.0 / (1.0 + np.exp(-v)),
        "abs": np.abs,
        "softplus": lambda v: np.log1p(np.exp(v)) - np.log(2.0),
    }
    return entry["factor"] * functions[entry["activation"]](x)


class Wrapped:
    """A module behind something done to its rows."""

    def __init__(self, module):
        self.module = module

    def parameters(self):
        """Return those of the module, for their type."""
        return self.module.parameters()

    def buffers(self):
        """Return those of the module, for their type."""
        return self.module.buffers()


class Ordered(Wrapped):
    """Sums of a Convolution in its emitted order, put into e3nn's order, then through a module."""

    def __init__(self, convolution_module, module):
        super().__init__(module)
        self.order = convolution_module.order

    def __call__(self, x):
        return self.module(x.index_select(1, self.order))


class OfType(Wrapped):
    """A product with the one-hot row of one type."""

    def __init__(self, product, types, k):
        super().__init__(product)
        self.types, self.k = types, k

    def __call__(self, x):
        onehot = x.new_zeros(x.size(0), self.types)
        onehot[:, self.k] = 1.0
        return self.module(x, onehot)


class Scaled(Wrapped):
    """A linear map times a number."""

    def __init__(self, module, factor):
        super().__init__(module)
        self.factor = float(factor)

    def __call__(self, x):
        return self.module(x) * self.factor


class Matrix:
    """Rows times a matrix, plus a bias: [n, w] -> [n, w']."""

    def __init__(self, weights, bias=None):
        self.weights, self.bias = weights, bias

    def parameters(self):
        """None: float64."""
        return []

    buffers = parameters

    def __call__(self, x):
        y = x @ x.new_tensor(self.weights)
        return y if self.bias is None else y + x.new_tensor(self.bias)


class OfScalars(Wrapped):
    """A module that reads the scalars of rows that have vectors too."""

    def __init__(self, module, layout):
        super().__init__(module)
        self.columns = np.concatenate([c.reshape(-1) for c, (_, l) in zip(layout.columns, layout.blocks) if l == 0])

    def __call__(self, x):
        return self.module(x[:, self.columns.tolist()])
