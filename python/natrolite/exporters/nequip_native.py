# SPDX-License-Identifier: GPL-2.0-only
"""Description of a NequIP wrapper (nequip_modules) for the native evaluator."""

import numpy as np

from natrolite.exporters import convolution, native
from natrolite.exporters.native import GateShape, Layout, Ordered, Undescribed


class Builder:
    """Walks the modules of the energy model, a nequip_modules.EdgeModel, in their order."""

    def __init__(self, model, dtype, cutoff):
        self.parts = list(model.func.children())
        self.cutoff = cutoff
        self.factor = 1.0
        self.d = None
        self.dtype = dtype
        self.source, self.layout = None, None
        self.count = 0

    def build(self):
        """Return the description."""
        for part in self.parts:
            self.handle(part)
        if self.pair_cutoffs is not None:
            self.d.cut_pairs(self.pair_cutoffs)
        return self.d

    def handle(self, part):
        """Take one module in."""
        kind = type(part).__name__
        handler = getattr(self, f"_{kind}", None)
        if handler is None:
            raise Undescribed(f"the module {kind}")
        handler(part)

    def _NodeTypeEmbed(self, part):
        self.table = part.embed_module.weight.detach().double().numpy()
        if part.do_categorical_graph_field_embed or not part.set_features:
            raise Undescribed("embeddings of other fields")
        self.types = self.table.shape[0]
        self.attributes = self.table

    def _SphericalHarmonicEdgeAttrs(self, part):
        lmax = native.lmax_of(part.sh.irreps_out.ls)
        self.d = native.Description(self.dtype, self.types, self.cutoff, lmax)

    def _EdgeLengthNormalizer(self, part):
        self.types, self.pair_cutoffs = part.num_types, None
        self.r_max = self.cutoff
        if part._per_edge_type:
            self.pair_cutoffs = 1.0 / part._rmax_recip.detach().double().numpy().reshape(self.types, -1)
        else:
            self.r_max = 1.0 / float(part._rmax_recip)

    def _BesselEdgeLengthEncoding(self, part):
        self.bessel = part

    def _ApplyFactor(self, part):
        if part.in_field != part.out_field or part.in_field != "edge_embedding":
            raise Undescribed(f"a factor of {part.in_field}")
        self.factor = float(part.factor)

    def _radial(self, block, columns):
        bessel = self.bessel
        basis = {
            "kind": "bessel",
            "parameters": np.pi / self.r_max * bessel.bessel_weights.detach().double().numpy().reshape(-1),
            "prefactor": self.factor * self.r_max / np.pi,
        }
        envelope = {"kind": "polynomial", "p": float(bessel.cutoff.p), "cutoff": self.r_max}
        layers = dense(block.edge_mlp.mlp)
        weights, bias, activation = layers[-1]
        layers[-1] = (weights * columns.double().numpy(), bias, activation)
        return self.d.radial(basis, envelope, layers)

    def _ConvNetLayer(self, part):
        import torch

        d, t, block = self.d, self.count, part.conv
        self.count += 1
        if type(part.equivariant_nonlin).__name__ != "Gate":
            raise Undescribed("a nonlinearity other than the gate")
        product, columns = convolution.build(block.tp_scatter.tp, torch.nn.Identity())
        norm = block.avg_num_neighbors_norm.norm_const.detach().double().numpy().reshape(-1)
        gate = GateShape(part.equivariant_nonlin)
        intro = Layout.of(block.linear_1.irreps_out)
        if block.is_first_layer:
            table = native.apply(block.linear_1, self.table) * norm[:, None]
            sums = native.convolution(d, product, (None, intro), f"m{t}", self._radial(block, columns), table)
            d.value(f"p{t}", gate.layout_in)
        else:
            d.value(f"p{t}", gate.layout_in)
            if block.sc is not None:
                modules = [_Attributed(block.sc, row) for row in self.attributes]
                d.typed_linear(self.source, self.layout, f"p{t}", gate.layout_in, modules)
            d.value(f"y{t}", intro)
            if len(norm) == 1:
                d.linear(self.source, self.layout, f"y{t}", intro, native.Scaled(block.linear_1, norm[0]))
            else:
                modules = [native.Scaled(block.linear_1, factor) for factor in norm]
                d.typed_linear(self.source, self.layout, f"y{t}", intro, modules)
            d.step("exchange", **{"in": f"y{t}"})
            sums = native.convolution(d, product, (f"y{t}", intro), f"m{t}", self._radial(block, columns))
        add = not block.is_first_layer and block.sc is not None
        d.linear(f"m{t}", sums, f"p{t}", gate.layout_in, Ordered(product, block.linear_2), add=add)
        d.value(f"x{t}", gate.layout_out)
        d.gate(f"p{t}", f"x{t}", gate)
        if part.resnet:
            d.linear(self.source, self.layout, f"x{t}", gate.layout_out, torch.nn.Identity(), add=True)
        self.source, self.layout = f"x{t}", gate.layout_out

    def _ScalarMLP(self, part):
        if part.out_field not in ("atomic_energy", "per_atom_energy"):
            raise Undescribed(f"a network for {part.out_field}")
        self._dense_steps(dense(part.mlp_module.mlp))

    def _AtomwiseLinear(self, part):
        linear = part.linear
        out = Layout.of(linear.irreps_out)
        name = f"o{self.count}"
        self.count += 1
        self.d.value(name, out)
        self.d.linear(self.source, self.layout, name, out, linear)
        self.source, self.layout = name, out

    def _dense_steps(self, layers):
        self.source = native.dense_steps(self.d, self.source, self.layout, layers)

    def _PerTypeScaleShift(self, part):
        scale, shift = (self.d.array64(table) for table in self.scale_and_shift(part))
        self.d.step("energy", **{"in": self.source}, scale=scale, shift=shift)
        self.source = None

    def scale_and_shift(self, part):
        """Return the tables by type, [types] each."""
        tables = []
        for has, table, default in ((part.has_scales, part.scales, 1.0), (part.has_shifts, part.shifts, 0.0)):
            values = table.detach().double().numpy().reshape(-1) if has else np.array([default])
            tables.append(np.broadcast_to(values, self.types))
        return tables

    def _ZBL(self, part):
        if self.source is not None:
            raise Undescribed("a repulsion that is scaled")
        z = part.atomic_numbers.detach().double().numpy()
        power = z**0.23
        d, reach = self.d, np.full((self.types, self.types), self.r_max)
        if self.pair_cutoffs is not None:
            reach = self.pair_cutoffs.T  # [neighbor, center]
        d.step(
            "repulsion", p=float(part.cutoff.p),
            strength=d.array64(float(part._qqr2exesquare) * z[:, None] * z),
            screening=d.array64(0.46850 / (power[:, None] + power)),
            reach=d.array64(reach),
            coefficients=d.array64([0.02817, 0.28022, 0.50986, 0.18175]),
            decays=d.array64([0.20162, 0.40290, 0.94229, 3.19980]),
        )  # fmt: skip

    def _AtomwiseReduce(self, part):
        if part.out_field != "total_energy":
            raise Undescribed(f"a sum over atoms of {part.out_field}")


class _Attributed(native.Wrapped):
    """A self connection with the attributes of one type."""

    def __init__(self, module, row):
        super().__init__(module)
        self.row = row

    def __call__(self, x):
        return self.module(x, x.new_tensor(self.row).expand(x.size(0), -1))


def dense(network):
    """Return [(weights, bias, (activation, factor))] of a ScalarMLPFunction's network."""
    if type(network).__name__ == "DeepLinearMLP":
        weights = network.alpha.double().numpy()
        for factor in network.weights:
            weights = (
                weights * factor.detach().double().numpy()
                if weights.ndim == 0
                else (weights @ factor.detach().double().numpy())
            )
        return [(weights, None, ("identity", 1.0))]
    layers = []
    for module in network:
        if type(module).__name__ == "ScalarLinearLayer":
            weights = (module.weight * module.alpha).detach().double().numpy()
            bias = None if module.bias is None else module.bias.detach().double().numpy()
            layers.append((weights, bias, ("identity", 1.0)))
        else:
            layers[-1] = (*layers[-1][:2], native.activation_of(module))
    return layers
