# SPDX-License-Identifier: GPL-2.0-only
"""Description of a MACE wrapper (mace_modules) for the native evaluator."""

import numpy as np

from natrolite.exporters import native
from natrolite.exporters.native import Layout, Ordered, Undescribed


def describe(model, dtype, cutoff):
    """Return native.Description of a mace_modules.Mace."""
    types = model.isolated.numel()
    product = model.first.body.messages.product
    lmax = native.lmax_of([(width - 1) // 2 for width in product.filter_widths])
    d = native.Description(dtype, types, cutoff, lmax)
    builder = _Builder(d, model, types)
    builder.repulsion(model.repulsion)
    layout = builder.layer(0, model.first, None, None, model.first_readout)
    for t, (layer, readout) in enumerate(zip(model.layers, model.readouts), 1):
        layout = builder.layer(t, layer, f"h{t - 1}", layout, readout)
    return d


class _Builder:
    """Adds the parts of a model to a description."""

    def __init__(self, d, model, types):
        self.d, self.model, self.types = d, model, types
        self.scale = float(model.scale)
        self.shifts = (float(model.shift) + model.isolated.double().numpy()).copy()

    def layer(self, t, layer, source, from_layout, readout):
        """Add layer t, which reads `source`; return the Layout of its features h{t}."""
        d, body = self.d, layer.body
        messages = body.messages
        if type(messages.features).__name__ != "PlainFeatures":
            raise Undescribed("radial networks that look at features of atoms")
        out_irreps = body.products.linear.irreps_out
        out_layout = Layout.of(out_irreps)
        radial = self.radial(messages)
        if source is None:
            table = layer.intro.double().numpy()
            up = Layout.scalars(table.shape[1])
            sums = native.convolution(d, messages.product, (None, up), f"m{t}", radial, table)
        else:
            if len(layer.intro.maps) != 1:
                raise Undescribed("several maps before the exchange")
            linear = layer.intro.maps[0]
            up = Layout.of(linear.irreps_out)
            d.value(f"y{t}", up)
            d.linear(source, from_layout, f"y{t}", up, linear)
            d.step("exchange", **{"in": f"y{t}"})
            sums = native.convolution(d, messages.product, (f"y{t}", up), f"m{t}", radial)
        products, a, blocks = self.outro(t, body, sums)
        d.value(f"b{t}", products)
        _product(d, body.products, a, blocks, f"b{t}", products)
        d.value(f"h{t}", out_layout)
        d.linear(f"b{t}", products, f"h{t}", out_layout, body.products.linear,
                 bias=self.table_skip(layer, out_layout) if source is None else None)  # fmt: skip
        if source is not None:
            self.skip(layer.skip, source, from_layout, f"h{t}", out_layout)
        self.readout(readout, f"h{t}", out_layout, t)
        return out_layout

    def table_skip(self, layer, layout):
        """Layer 0's skip connection is a table by type."""
        table = layer.skip.double().numpy()
        return np.broadcast_to(table, (self.types, layout.width)) if np.any(table) else None

    def skip(self, skip, source, from_layout, to, to_layout):
        """Add a skip connection."""
        kind = type(skip).__name__
        if kind == "TypedConnection":
            modules = [native.OfType(skip.product, self.types, k) for k in range(self.types)]
            self.d.typed_linear(source, from_layout, to, to_layout, modules, add=True)
        elif kind == "LinearConnection":
            self.d.linear(source, from_layout, to, to_layout, skip.linear, add=True)

    def outro(self, t, body, sums):
        """From summed messages to the products' input; return (Layout of products, name, Layout)."""
        d, messages = self.d, body.messages
        irreps = messages.linear.irreps_out
        layout, norm = Layout.of(irreps), type(messages.norm).__name__
        name = f"l{t}"
        d.value(name, layout)
        scale = 1.0 / float(messages.norm.average) if norm == "ConstantNorm" else 1.0
        d.linear(f"m{t}", sums, name, layout, native.Scaled(Ordered(messages.product, messages.linear), scale))
        if norm == "DensityNorm":
            d.value(f"n{t}", layout)
            d.step("divide", **{"in": name}, by=self.density(t, messages), out=f"n{t}",
                   alpha=float(messages.norm.alpha), beta=float(messages.norm.beta))  # fmt: skip
            name = f"n{t}"
        kind = type(body.outro).__name__
        if kind == "TypedOutro":
            d.value(f"a{t}", layout)
            modules = [native.OfType(body.outro.product, self.types, k) for k in range(self.types)]
            d.typed_linear(name, layout, f"a{t}", layout, modules)
            name = f"a{t}"
        elif kind != "PlainOutro":
            raise Undescribed("gated messages")
        channels = {c for c, _ in layout.blocks}
        if len(channels) != 1 or [l for _, l in layout.blocks] != sorted({l for _, l in layout.blocks}):
            raise Undescribed("messages whose channels differ by l")
        out = body.products.linear.irreps_in
        return Layout.of(out), name, layout

    def density(self, t, messages):
        """Add the sum of the learned density; return its name."""
        layers = native.dense_layers(messages.norm.density)
        weights, bias, (kind, factor) = layers[-1]
        if kind != "identity":
            raise Undescribed("a density with an activation at its end")
        layers[-1] = (weights * factor, bias, ("tanh_square", 1.0))
        radial = self._radial(layers)
        if not self.model.radial.within:
            raise Undescribed("a density with the envelope behind it")
        name = f"rho{t}"
        self.d.value(name, Layout.scalars(1))
        self.d.step(
            "convolve", out=name, radial=radial, table=self.d.array(np.ones((self.types, 1))),
            blocks=[{"channels": 1, "l": 0}],
            paths=[{"in": 0, "l2": 0, "out": 0, "weights": 0, "coupling": self.d.array(np.ones((1, 1, 1)))}],
        )  # fmt: skip
        return name

    def radial(self, messages):
        """Add a layer's radial network; return its index."""
        return self._radial(native.dense_layers(messages.radial))

    def _radial(self, layers):
        module = self.model.radial
        basis = {"cutoff": float(module.envelope.r_max)}
        envelope = {"kind": "polynomial", "p": float(module.envelope.p), "cutoff": basis.pop("cutoff")}
        kind = type(module.basis).__name__
        if kind == "BesselBasis":
            frequencies = module.basis.bessel_weights.double().numpy()
            basis = {"kind": "bessel", "parameters": frequencies, "prefactor": float(module.basis.prefactor)}
        elif kind == "GaussianBasis":
            centers = module.basis.gaussian_weights.double().numpy()
            basis = {"kind": "gaussian", "parameters": centers, "prefactor": float(module.basis.coeff)}
        else:
            raise Undescribed(f"the radial basis {kind}")
        return self.d.radial(basis, envelope, layers, not module.within, self.agnesi(module.distance))

    def agnesi(self, distance):
        """Entries of a distance transform, None for none."""
        if type(distance).__name__ == "PlainDistance":
            return None
        transform = distance.transform
        if type(transform).__name__ != "AgnesiTransform":
            raise Undescribed(f"the distance transform {type(transform).__name__}")
        radii = transform.covalent_radii[distance.atomic_numbers].double().numpy()
        return {
            "radii": 0.5 * radii, "a": float(transform.a), "q": float(transform.q), "p": float(transform.p),
        }  # fmt: skip

    def repulsion(self, module):
        """Add the pair repulsion, if there is one."""
        if type(module).__name__ == "NoRepulsion":
            return
        d = self.d
        tables = {name: getattr(module, name).double().numpy() for name in ("strength", "screening", "reach")}
        tables["strength"] = tables["strength"] * self.scale
        d.step(
            "repulsion", p=module.p, coefficients=d.array(module.coefficients.double().numpy()),
            decays=d.array(module.decays.double().numpy()),
            **{name: d.array(table) for name, table in tables.items()},
        )  # fmt: skip

    def readout(self, module, source, layout, t):
        """Add the energy read off one layer; the first one adds the shifts too."""
        d = self.d
        shift, self.shifts = self.shifts, np.zeros_like(self.shifts)
        kind = type(module).__name__
        if kind == "NoReadout":
            self.shifts = shift
            return
        for k, step in enumerate(module.steps):
            linear, activation = step
            out = Layout.scalars(linear.irreps_out.dim)
            mask = module.mask.double().numpy() * np.ones(out.width)
            d.value(f"r{t}{k}", out)
            d.linear(source, layout, f"r{t}{k}", out, linear)
            name, factor = _activation(activation)
            d.value(f"s{t}{k}", out)
            d.step("gate", **{"in": f"r{t}{k}"}, out=f"s{t}{k}", gated=[],
                   scalars=[{"in": 0, "out": 0, "activation": name, "factor": factor}])  # fmt: skip
            source, layout = f"s{t}{k}", out
        mask = module.mask.double().numpy() if len(module.steps) else np.ones(1)
        d.value(f"e{t}", Layout.scalars(1))
        d.linear(source, layout, f"e{t}", Layout.scalars(1), _Readout(module.last, mask, module.head))
        d.step(
            "energy", **{"in": f"e{t}"}, scale=d.array(np.full(self.types, self.scale)),
            shift=d.array64(shift),
        )  # fmt: skip


def _activation(module):
    """Return (name, factor) of an Activation of e3nn with one function."""
    if len(module.acts) != 1:
        raise Undescribed("a readout with several activations")
    return native.activation_of(module.acts[0])


def _product(d, products, source, layout, to, to_layout):
    """Add the step of mace_products.Products."""
    components = sum(2 * l + 1 for _, l in layout.blocks)
    contractions = [
        [(_multisets(term.power, components), term) for term in contraction.terms]
        for contraction in products.contractions
    ]
    monomials, weights, outputs = _Monomials(components), [], []
    for multisets in (multisets for terms in contractions for multisets, _ in terms):
        for multiset in multisets:
            monomials.add(multiset)
    numbers = monomials.numbers()
    for block, terms in enumerate(contractions):
        stacked = np.concatenate([t.weights.double().numpy() for _, t in terms])  # [paths, types, channels]
        stacked = stacked.transpose(1, 0, 2)
        weights.append({"values": d.array(stacked[:1] if products.agnostic else stacked)})
        width = 2 * to_layout.blocks[block][1] + 1
        for w in range(width):
            names, coupling = _coupling(terms, numbers, width, w, stacked.shape[1])
            outputs.append({"block": block, "component": w, "monomials": names, "coupling": d.array(coupling)})
    d.step(
        "product", **{"in": source}, out=to, weights=weights, outputs=outputs,
        pairs=[[numbers[m[:-1]], m[-1]] for m in monomials.pairs],
        triples=[[numbers[m[:-1]], m[-1]] for m in monomials.triples],
    )  # fmt: skip


class _Monomials:
    """Products of up to three components: each pair, and each triple, is a smaller one times a component."""

    def __init__(self, components):
        self.components, self.pairs, self.triples = components, {}, {}  # dicts for their order

    def add(self, multiset):
        """Take a product, a tuple of components, and the smaller ones that it is made of."""
        if len(multiset) > 3:
            raise Undescribed("products of more than three factors")
        known = self.pairs if len(multiset) == 2 else self.triples
        if len(multiset) > 1 and multiset not in known:
            self.add(multiset[:-1])
            known[multiset] = None

    def numbers(self):
        """Return {multiset: number}: components, then pairs, then triples."""
        singles = [(k,) for k in range(self.components)]
        return {multiset: k for k, multiset in enumerate([*singles, *self.pairs, *self.triples])}


def _coupling(terms, numbers, width, w, total):
    """Return (numbers of the monomials of component w, [total paths, monomials]) of a contraction's terms."""
    names, columns, first = [], [], 0
    for multisets, term in terms:
        paths = term.weights.size(0)
        coupling = term.coupling.double().numpy().reshape(width, paths, -1)[w]
        for multiset, column in zip(multisets, coupling.T):
            if np.any(column):
                full = np.zeros(total)
                full[first : first + paths] = column
                names.append(numbers[multiset])
                columns.append(full)
        first += paths
    return names, np.stack(columns, axis=1)


def _multisets(power, components):
    """Return [(i, ...)] of a mace_products.Power, whose factors are rows of the order below."""
    import itertools

    left, right = power.left.tolist(), power.right.tolist()
    order = 1
    while len(list(itertools.combinations_with_replacement(range(components), order - 1))) <= max(left):
        order += 1
    below = list(itertools.combinations_with_replacement(range(components), order - 1))
    return [tuple(sorted((*below[l], r))) for l, r in zip(left, right)]


class _Readout(native.Wrapped):
    """The last linear map of a readout, for one head."""

    def __init__(self, module, mask, head):
        super().__init__(module)
        self.mask, self.head = mask, head

    def __call__(self, x):
        return self.module(x * x.new_tensor(self.mask))[:, self.head : self.head + 1]
