# SPDX-License-Identifier: GPL-2.0-only
"""Description of an Allegro wrapper (nequip_modules) for the native evaluator: one step *edgewise*.

All that stands between two activations is linear, so it is multiplied out here: what a network of an edge
reads is a sum over the radial table, earlier activations and invariants, each through one matrix
(Combination). The two-body network sees nothing but the distance and the two types; it goes into the table.
"""

import numpy as np

from natrolite.exporters import native, nequip_native
from natrolite.exporters.native import Undescribed

TWO = ("two", 0)  # what the two-body network gives of an edge


class Combination:
    """A linear function of an edge's quantities: {source: matrix [width of source, width]}."""

    def __init__(self, terms):
        self.terms = terms

    @classmethod
    def of(cls, source, width):
        """Return the quantity itself."""
        return cls({source: np.eye(width)})

    @property
    def width(self):
        """Number of columns."""
        return next(iter(self.terms.values())).shape[1]

    def columns(self, which):
        """Return some of the columns."""
        return Combination({source: matrix[:, which] for source, matrix in self.terms.items()})

    def through(self, weights):
        """Return the rows times a matrix."""
        return Combination({source: matrix @ weights for source, matrix in self.terms.items()})

    def __add__(self, other):
        terms = dict(self.terms)
        for source, matrix in other.terms.items():
            terms[source] = terms[source] + matrix if source in terms else matrix
        return Combination(terms)


class Builder(nequip_native.Builder):
    """Walks the modules of an Allegro energy model in their order."""

    def _SequentialGraphNetwork(self, part):
        for child in part.children():
            self.handle(child)

    def _ProductTypeEmbedding(self, part):
        weights, bias, activation = _plain(part.basis_linear.mlp)
        center, neighbor = (e.weight.detach().double().numpy() for e in (part.center_embed, part.neighbor_embed))
        self.layers = [(weights, bias, activation)]
        ones = np.ones_like(center)
        self.factors = (np.hstack([center, ones]), np.hstack([ones, neighbor]))
        bessel = self.bessel
        self.basis = {
            "kind": "bessel",
            "parameters": np.pi / self.r_max * bessel.bessel_weights.detach().double().numpy().reshape(-1),
            "prefactor": self.r_max / np.pi,
        }
        self.envelope = {"kind": "polynomial", "p": float(bessel.cutoff.p), "cutoff": self.r_max}

    def _TwoBodySplineScalarEmbed(self, part):
        spline, types = part.spline, part.num_types
        weights = spline.class_embed.weight.detach().double().numpy()
        weights = weights.reshape(types, types, spline.num_channels, spline.num_splines).swapaxes(2, 3)
        self.layers, self.factors = [(weights, None, ("identity", 1.0))], None
        self.basis = {
            "kind": "cosine",
            "parameters": self.r_max * spline.lower.detach().double().numpy(),
            "prefactor": self.r_max * float(spline.upper[0] - spline.lower[0]),
        }
        self.envelope = {"kind": "none", "cutoff": self.r_max}

    def _ScalarMLP(self, part):
        if part.field == part.out_field:
            self.layers += nequip_native.dense(part.mlp_module.mlp)
        else:
            self._readout(nequip_native.dense(part.mlp_module.mlp))

    def _TwoBodySphericalHarmonicTensorEmbed(self, part):
        self.lmax = native.lmax_of(part.sh.irreps_out.ls)
        self.d = native.Description(self.dtype, self.types, self.cutoff, self.lmax)
        self.channels = part._edge_weighter.multiplicity_out
        weights, _, _ = _plain(part.env_embed_linear.mlp)
        two = Combination.of(TWO, weights.shape[0])
        self.tabulated, self.width = [], 0
        self.tensors = self._column(self._by_harmonic(two.through(weights), part._edge_weighter))

    def _Allegro_Module(self, part):
        weights, _, _ = _plain(part.first_layer_env_embed_projection.mlp)
        projection = Combination.of(TWO, weights.shape[0]).through(weights)
        scalars = part.num_scalar_features
        self.norm = _norm(part.avg_num_neighbors_norm, self.types)
        self.nodes, self.environments, self.products = [], [], []
        self.scalars = [projection.columns(slice(0, scalars))]
        for k, (latent, product) in enumerate(zip(part.latents, part.tps)):
            rest = projection.columns(slice(scalars, None))
            self._environment(self._by_harmonic(rest, part._env_weighter))
            self._product(product)
            invariants = Combination.of(("product", k), self.channels)
            projection = self._network([*self.scalars, invariants], nequip_native.dense(latent.mlp))
            self.scalars.append(projection.columns(slice(0, scalars)))

    def _readout(self, layers):
        energy = self._nodes_only(self._network(self.scalars, layers))
        self.energies = [{"node": node, "weights": self.d.array(matrix)} for (_, node), matrix in energy.terms.items()]

    def _EdgewiseReduce(self, part):
        if part.reduce != "sum":
            raise Undescribed(f"a {part.reduce} over edges")
        self.per_edge = _norm(part.norm_module, self.types) / np.sqrt(2.0)

    def _PerTypeScaleShift(self, part):
        scale, shift = self.scale_and_shift(part)
        d, two = self.d, np.hstack(self.tabulated)
        weights, bias, identity = self.layers[-1]  # of the network behind the embedding, whose end is linear
        self.layers[-1] = (weights @ two, None if bias is None else bias @ two, identity)
        d.step(
            "edgewise", channels=self.channels, tensors=self.tensors, nodes=self.nodes,
            environments=self.environments, products=self.products, energy=self.energies,
            radial=d.radial(self.basis, self.envelope, self.layers, factors=self.factors),
            norm=d.array64(self.norm), scale=d.array64(scale * self.per_edge), shift=d.array64(shift),
        )  # fmt: skip
        self.source = None

    def _AddRadialCutoffToData(self, part):
        pass  # for a pair potential, which has its own

    def _column(self, combination):
        """Put a function of the two-body network alone into the table; return its first column."""
        self.tabulated.append(combination.terms[TWO])
        self.width += combination.width
        return self.width - combination.width

    def _by_harmonic(self, weights, weighter):
        """Columns [channel][l] of MakeWeightedChannels as [l][channel]."""
        if not weighter.weight_individual_irreps:
            return weights.columns(np.tile(np.arange(self.channels), self.lmax + 1)).through(
                float(weighter.alpha) * np.eye(self.channels * (self.lmax + 1))
            )
        order = np.arange(self.channels * (self.lmax + 1)).reshape(self.channels, -1).T.reshape(-1)
        return weights.through(float(weighter.alpha) * np.eye(len(order))).columns(order)

    def _environment(self, weights):
        entry = {"column": -1, "nodes": []}
        if set(weights.terms) == {TWO}:
            entry["column"] = self._column(weights)
        else:
            entry["nodes"] = [
                {"node": node, "weights": self.d.array(matrix)}
                for (_, node), matrix in self._nodes_only(weights).terms.items()
            ]
        self.environments.append(entry)

    def _product(self, contracter):
        """Add a tensor product of the tensors with an environment, path by path."""
        coupling = contracter.w3j.detach().double().numpy()
        weights = contracter.weights.detach().double().numpy()
        sizes = [[2 * ir.l + 1 for _, ir in irreps] for irreps in (
            contracter.irreps_in1, contracter.irreps_in2, contracter.irreps_out)]  # fmt: skip
        if contracter.num_paths == 1:
            coupling, weights = coupling[None], weights[..., None]
        if contracter.w3j_is_ij_diagonal:
            full = np.zeros((len(coupling), sum(sizes[0]), sum(sizes[1]), sum(sizes[2])))
            k = np.arange(sum(sizes[0]))
            full[:, k, k] = coupling
            coupling = full
        weights = np.broadcast_to(weights, (self.channels, len(coupling)))
        if max(max(s) for s in sizes) > 2 * native.MAX_L + 1:
            raise Undescribed(f"features with l > {native.MAX_L}")
        paths = []
        for path, its in zip(coupling, weights.T):
            found = [_block_of(path, axis, size) for axis, size in enumerate(sizes)]
            part = path[np.ix_(*(where for _, where in found))]
            paths.append(
                {
                    "in": found[0][0],
                    "l2": found[1][0],
                    "out": found[2][0],
                    "coupling": self.d.array(part),
                    "weights": self.d.array(its),
                }  # fmt: skip
            )
        degrees = [[(size - 1) // 2 for size in s] for s in sizes]
        self.products.append({"in": degrees[0], "out": degrees[2], "paths": paths})

    def _network(self, pieces, layers):
        """Dense layers on pieces side by side: a node for each activation; return what comes out."""
        first, at, result = layers[0][0], 0, None
        for piece in pieces:
            part = piece.through(first[at : at + piece.width])
            at += piece.width
            result = part if result is None else result + part
        for k, (weights, bias, activation) in enumerate(layers):
            if bias is not None:
                raise Undescribed("a bias in a network of edges")
            if k > 0:
                result = result.through(weights)
            if activation != ("identity", 1.0):
                result = self._node(result, activation)
        return result

    def _node(self, combination, activation):
        """Add a node, an activation of a combination; return the combination that is the node."""
        terms = dict(combination.terms)
        column = self._column(Combination({TWO: terms.pop(TWO)})) if TWO in terms else -1
        kinds = {"node": [], "product": []}
        for (kind, index), matrix in sorted(terms.items()):
            kinds[kind].append({kind: index, "weights": self.d.array(matrix)})
        self.nodes.append(
            {
                "width": combination.width,
                "column": column,
                "activation": activation[0],
                "factor": activation[1],
                "nodes": kinds["node"],
                "products": kinds["product"],
            }  # fmt: skip
        )
        return Combination.of(("node", len(self.nodes) - 1), combination.width)

    def _nodes_only(self, combination):
        """Return the same, of nodes only."""
        if all(kind == "node" for kind, _ in combination.terms):
            return combination
        return self._node(combination, ("identity", 1.0))


def _plain(network):
    """Return (weights, None, identity) of a linear network without bias."""
    layers = nequip_native.dense(network)
    if len(layers) != 1 or layers[0][1] is not None or layers[0][2] != ("identity", 1.0):
        raise Undescribed("a projection that is not linear")
    return layers[0]


def _norm(module, types):
    return np.broadcast_to(module.norm_const.detach().double().numpy().reshape(-1), types)


def _block_of(path, axis, sizes):
    """Return (block, its rows) of the block to which a path is confined along an axis."""
    others = tuple(k for k in range(3) if k != axis)
    used = np.flatnonzero(np.abs(path).max(axis=others))
    starts = np.cumsum([0, *sizes])
    block = int(np.searchsorted(starts, used[0], side="right")) - 1
    if used[-1] >= starts[block + 1]:
        raise Undescribed("a tensor product whose paths mix features")
    return block, np.arange(starts[block], starts[block + 1])
