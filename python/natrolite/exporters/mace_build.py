# SPDX-License-Identifier: GPL-2.0-only
"""Takes a `mace` model apart and builds the wrapper of mace_modules from its parts."""

import copy

import torch

from natrolite.errors import NatroliteError
from natrolite.exporters import convolution, mace_edges, mace_products, network
from natrolite.exporters import mace_modules as wrapper

# Interaction blocks of mace: (skip connection, features of the radial networks, norm, outro)
BLOCKS = {
    "RealAgnosticInteractionBlock": ("none", "plain", "constant", "typed"),
    "RealAgnosticResidualInteractionBlock": ("typed", "plain", "constant", "plain"),
    "RealAgnosticDensityInteractionBlock": ("none", "plain", "density", "typed"),
    "RealAgnosticDensityResidualInteractionBlock": ("typed", "plain", "density", "plain"),
    "RealAgnosticAttResidualInteractionBlock": ("linear", "atoms", "constant", "plain"),
    "RealAgnosticResidualNonLinearInteractionBlock": ("linear", "types", "density", "gated"),
}
# Readouts of mace: names of the linear maps before the last
READOUTS = {
    "LinearReadoutBlock": [],
    "NonLinearReadoutBlock": ["linear_1"],
    "NonLinearBiasReadoutBlock": ["linear_1", "linear_mid"],
}


def heads_of(model):
    """Return the names of a model's heads (models of old versions have none: one, "Default")."""
    return [str(name) for name in getattr(model, "heads", None) or ["Default"]]


def check(model):
    """Refuse a model with parts that the wrapper does not know, by their names."""
    kind = type(model).__name__
    if kind not in ("MACE", "ScaleShiftMACE"):
        raise NatroliteError(
            f"this is a {kind} model; only models of energy and forces (MACE, ScaleShiftMACE) can be "
            "exported, no dipoles, polarizabilities, charges, long-range (LES) or other terms"
        )
    if hasattr(model, "joint_embedding"):
        names = ", ".join(model.embedding_specs)
        raise NatroliteError(f"this model takes {names} as further input, which is not supported")
    for module in model.modules():
        _check_part(module)


def _check_part(module):
    package, kind = type(module).__module__, type(module).__name__
    if getattr(module, "cueq_config", None) is not None or package.startswith("cuequivariance"):
        raise NatroliteError("this model was converted for cuEquivariance; convert it back: mace_cueq_to_e3nn FILE")
    if getattr(module, "oeq_config", None) is not None or package.startswith("openequivariance"):
        raise NatroliteError(
            "this model was converted for OpenEquivariance; export the model before that conversion "
            "(or convert it back: python -m mace.cli.convert_oeq_e3nn FILE)"
        )
    if package == "mace.modules.lora":
        raise NatroliteError(f"this model has {kind} parts (LoRA); merge them: mace.modules.lora.merge_lora_weights")
    if package.split(".")[0] not in ("mace", "e3nn", "torch"):
        raise NatroliteError(f"this model has a part {package}.{kind}, which is not supported")


def _known(module, names, what):
    """Return the class name of a part, or refuse one that is not in names."""
    kind = type(module).__name__
    if kind not in names:
        raise NatroliteError(f"the {what} {kind} of this model is not supported; supported: {', '.join(names)}")
    return kind


def build(model, head, dtype):
    """Return the Mace wrapper of a mace model (MACE or ScaleShiftMACE).

    model: on the CPU; it is not changed. head: index of the head; dtype: torch.dtype to compute in.
    Raises NatroliteError for a part that the wrapper does not know.
    """
    tables = _tables(model, head)
    model = copy.deepcopy(model).requires_grad_(False).to(dtype)
    onehot = torch.eye(len(model.atomic_numbers), dtype=dtype)
    readouts = _readouts(model, head)
    parts = {
        "spherical": model.spherical_harmonics,
        "radial": _radial(model.radial_embedding, model.atomic_numbers, dtype),
        "repulsion": _repulsion(model),
        "first": _first(model, onehot),
        "first_readout": readouts[0],
        "layers": torch.nn.ModuleList(_next(model, k, onehot) for k in range(1, len(model.interactions))),
        "readouts": torch.nn.ModuleList(readouts[1:]),
    }
    wrapped = wrapper.Mace(parts, tables, dtype)
    return wrapped.eval().requires_grad_(False)


def isolated(model, head):
    """Return float64 [T], the energies of isolated atoms in eV, with all digits of the file."""
    table = torch.atleast_2d(model.atomic_energies_fn.atomic_energies)
    return table[head if table.size(0) > 1 else 0].detach().double().clone()


def _tables(model, head):
    """Return isolated [T], scale [] and shift [] of one head, float64."""
    tables = {"isolated": isolated(model, head)}
    for name, default in (("scale", 1.0), ("shift", 0.0)):
        value = torch.tensor([default])
        if hasattr(model, "scale_shift"):
            value = torch.atleast_1d(getattr(model.scale_shift, name).detach())
        tables[name] = value[head if value.numel() > 1 else 0].double().clone()
    return tables


def _radial(module, atomic_numbers, dtype):
    """Return mace_edges.Radial of a RadialEmbeddingBlock."""
    kind = _known(module.bessel_fn, ["BesselBasis", "GaussianBasis", "ChebychevBasis"], "radial basis")
    if kind == "ChebychevBasis":
        raise NatroliteError(
            "the radial basis of this model is Chebyshev, whose polynomials torch cannot "
            "differentiate: mace's own forces are not the derivative of its energy, and no dynamics "
            "with them conserves energy; train with --radial_type bessel"
        )
    distance = mace_edges.PlainDistance()
    if hasattr(module, "distance_transform"):
        transform = module.distance_transform
        _known(transform, ["AgnesiTransform", "SoftTransform"], "distance transform")
        distance = mace_edges.TypedDistance(transform, atomic_numbers, dtype)
    within = bool(getattr(module, "apply_cutoff", True))
    _known(module.cutoff_fn, ["PolynomialCutoff"], "cutoff function")
    return mace_edges.Radial(distance, module.bessel_fn, module.cutoff_fn, within)


def _repulsion(model):
    """Return the ZBL repulsion as tables by types, or NoRepulsion."""
    if not hasattr(model, "pair_repulsion"):
        return mace_edges.NoRepulsion()
    zbl = model.pair_repulsion_fn
    _known(zbl, ["ZBLBasis"], "pair repulsion")
    z = model.atomic_numbers.to(zbl.c.dtype)
    power, radius = torch.pow(z, zbl.a_exp), zbl.covalent_radii[model.atomic_numbers]
    return mace_edges.Repulsion(
        strength=0.5 * 14.3996 * z[:, None] * z,
        screening=zbl.a_prefactor * 0.529 / (power[:, None] + power),
        reach=radius[:, None] + radius,
        coefficients=zbl.c,
        p=zbl.p,
    )


def _first(model, onehot):
    """Return layer 0: its input is a table by type."""
    intro, skip, body = _layer(model, 0, onehot)
    x = model.node_embedding(onehot)
    rows = skip(x, onehot).expand(len(onehot), -1)
    return wrapper.FirstLayer(intro(x).clone(), rows.clone(), body)


def _next(model, k, onehot):
    return wrapper.NextLayer(*_layer(model, k, onehot))


def _layer(model, k, onehot):
    """Return (intro, skip, body) of layer k."""
    block, products = model.interactions[k], model.products[k]
    _known(products, ["EquivariantProductBasisBlock"], "product block")
    _known(products.symmetric_contractions, ["SymmetricContraction"], "contraction")
    skip, features, norm, outro = BLOCKS[_known(block, BLOCKS, "interaction block")]
    maps = [block.linear_up] + ([block.linear_down] if features == "atoms" else [])
    width = block.linear_up.irreps_out.dim
    within = bool(getattr(model.radial_embedding, "apply_cutoff", True))
    product, columns = convolution.build(block.conv_tp, torch.nn.Identity())
    messages = wrapper.Messages(
        _features(block, features, width, onehot),
        _scaled(block.conv_tp_weights, columns),
        product,
        block.linear_1 if outro == "gated" else block.linear,
        _norm(block, norm, onehot.dtype),
        width,
        within,
    )
    body = wrapper.Body(messages, _outro(block, outro), block.reshape, mace_products.build(products))
    return wrapper.Intro(maps), _skip(block, skip if products.use_sc else "none"), body


def _scaled(network, columns):
    """Return a radial network (a copy already) whose results are multiplied by columns."""
    if _known(network, ["FullyConnectedNet", "RadialMLP"], "radial network") == "RadialMLP":
        last = network.net[-1]
        last.weight.mul_(columns.unsqueeze(1))
        last.bias.mul_(columns)
    else:
        network[len(network) - 1].weight.mul_(columns)
    return network


def _features(block, kind, width, onehot):
    if kind == "atoms":
        return wrapper.AtomFeatures(width)
    if kind == "types":
        tables = (block.source_embedding(onehot), block.target_embedding(onehot))
        return wrapper.TypedFeatures(*(table.clone() for table in tables))
    return wrapper.PlainFeatures()


def _norm(block, kind, dtype):
    if kind == "constant":
        return wrapper.ConstantNorm(float(block.avg_num_neighbors), dtype)
    one = torch.ones([], dtype=dtype)
    alpha, beta = getattr(block, "alpha", one), getattr(block, "beta", one)
    return wrapper.DensityNorm(block.density_fn, alpha.clone(), beta.clone())


def _outro(block, kind):
    if kind == "typed":
        return wrapper.TypedOutro(block.skip_tp)
    if kind == "gated":
        return wrapper.GatedOutro(block.linear_res, _gate(block.equivariant_nonlin), block.linear_2)
    return wrapper.PlainOutro()


def _skip(block, kind):
    if kind == "typed":
        return network.TypedConnection(block.skip_tp)
    if kind == "linear":
        return network.LinearConnection(block.skip_linear if hasattr(block, "skip_linear") else block.skip_tp)
    return wrapper.NoSkip()


def _gate(gate):
    """Return wrapper.Gate of mace's GatedEquivariantBlock."""
    _known(gate, ["GatedEquivariantBlock"], "gate")
    functions = (gate._act_scalar, gate._act_gate)
    if functions != (torch.nn.functional.silu, torch.nn.functional.sigmoid) or gate._layout_is_ir_mul:
        raise NatroliteError("a gate of this model is not of the usual form (SiLU and sigmoid)")
    return wrapper.Gate(
        (gate._s_start, gate._s_len),
        (gate._g_start, gate._g_len),
        [(start, mul, dim, first) for start, _, dim, mul, first in gate._gated_info],
        (gate._scalar_cst, gate._gate_cst),
    )


def _readouts(model, head):
    """Return one readout per layer: Readout, or NoReadout where mace reads only the last layer."""
    found = [_readout(module, head, len(heads_of(model))) for module in model.readouts]
    layers = len(model.interactions)
    if len(found) not in (1, layers):
        raise NatroliteError(f"this model has {len(found)} readouts for {layers} layers")
    return [wrapper.NoReadout() for _ in range(layers - len(found))] + found


def _readout(module, head, heads):
    names = READOUTS[_known(module, READOUTS, "readout")]
    steps = [torch.nn.Sequential(getattr(module, name), module.non_linearity) for name in names]
    last = module.linear_2 if names else module.linear
    mask = torch.ones(heads, 1)
    if names and heads > 1:
        mask = torch.zeros(heads, module.hidden_irreps.dim // heads)
        mask[head] = 1.0
    dtype = next(last.parameters()).dtype
    return wrapper.Readout(steps, mask.flatten().to(dtype), last, head)
