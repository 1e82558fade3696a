# SPDX-License-Identifier: GPL-2.0-only
"""Wrapper that runs a NequIP or Allegro energy model from edge vectors, and what it refuses.

Modules of a packaged model have classes of their own (the package carries its code), so everything
here goes by the name of a class, never by the class.
"""

import copy
import re
from typing import Dict

import torch

from natrolite import operators  # noqa: F401  (scripting needs the operators)
from natrolite.errors import NatroliteError

# Classes of nequip 0.19 and nequip-allegro 0.8 that the wrapper can run as they are.
KNOWN = {
    "SequentialGraphNetwork", "ApplyFactor",
    "NodeTypeEmbed", "EdgeLengthNormalizer", "BesselEdgeLengthEncoding", "PolynomialCutoff",
    "SphericalHarmonicEdgeAttrs", "AddRadialCutoffToData",
    "ConvNetLayer", "InteractionBlock", "NoOpGhostExchangeModule", "TensorProductScatter",
    "AvgNumNeighborsNorm", "ScalarMLP", "ScalarMLPFunction", "ScalarLinearLayer", "DeepLinearMLP",
    "PerTypeScaleShift", "AtomwiseReduce", "AtomwiseLinear", "AtomwiseOperation",
    "ZBL", "_ZBL", "LennardJones", "SimpleLennardJones", "_LJParam",
    "Allegro_Module", "Contracter", "MakeWeightedChannels", "TwoBodySphericalHarmonicTensorEmbed",
    "TwoBodySplineScalarEmbed", "PerClassSpline", "ProductTypeEmbedding", "EdgewiseReduce",
}  # fmt: skip

# Modules of these packages are mathematics without a contract of their own.
LIBRARIES = ("torch", "e3nn")

# Fields that a model may ask for: the graph, and what only other programs feed.
INPUTS = {
    "pos", "edge_index", "edge_transpose_perm", "edge_cell_shift", "edge_vectors", "cell", "batch",
    "num_atoms", "atom_types", "lmp_mliap_data", "num_local_ghost_atoms",
}  # fmt: skip

# Tables that are float64 in models of either type: class -> names (None: all, of its parts too).
DOUBLE = {
    "EdgeLengthNormalizer": None,
    "BesselEdgeLengthEncoding": None,
    "PerTypeScaleShift": None,
    "PerClassSpline": None,
    "ZBL": ("_qqr2exesquare",),
}


class GhostExchange(torch.nn.Module):
    """Stands where nequip has its place for the exchange: node features [nlocal, w] -> [nall, w]."""

    def forward(self, data: Dict[str, torch.Tensor], ghost_included: bool) -> Dict[str, torch.Tensor]:
        x = torch.ops.natrolite.ghost_exchange(data["node_features"], data["atom_types"])
        data["node_features"] = x
        return data


class EdgeModel(torch.nn.Module):
    """The energy model of the file: Dict[str, Tensor] -> {"atomic_energy": float64 [nlocal]}.

    The modules count their nodes by the rows of "pos", so a table of nlocal rows, which nobody
    reads, tells them how many atoms are local; vectors come with the edges.
    """

    def __init__(self, func):
        super().__init__()
        self.func = func

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        vec = data["edge_vec"]
        inputs: Dict[str, torch.Tensor] = {
            "pos": vec.new_zeros([data["types_local"].size(0), 3]),
            "atom_types": data["types"],
            "edge_index": data["edge_index"],
            "edge_vectors": vec,
        }
        energy = self.func(inputs)["atomic_energy"]
        return {"atomic_energy": energy.view(-1).to(torch.float64)}


def class_name(module):
    """Return the name of a module's class."""
    return type(module).__name__


def energy_model(graph_model, source):
    """Return the energy model inside a nequip GraphModel, after all checks; it is not changed.

    Raises NatroliteError naming the class or the field that cannot be done.
    """
    output = graph_model.model
    if class_name(output) != "ForceStressOutput":
        raise NatroliteError(
            f"'{source}' is a model of the kind {class_name(output)}, not an energy model "
            "(ForceStressOutput), which is all that can be exported"
        )
    func = output.func
    extra = sorted(set(func.irreps_in) - INPUTS)
    if extra:
        raise NatroliteError(
            f"'{source}' needs the input {extra[0]}, which the model file cannot carry; only models "
            "of positions and types can be exported"
        )
    for name, module in func.named_modules():
        _check(source, name, module)
    return func


def _check(source, name, module):
    """Refuse a module of an unknown class, and a first layer that mixes ghosts with local atoms."""
    kind = class_name(module)
    package = re.sub(r"^<torch_package_\d+>\.", "", type(module).__module__).split(".")[0]
    if kind not in KNOWN and package not in LIBRARIES:
        raise NatroliteError(
            f"'{source}' has the module {kind} ({name}), which the exporter does not know; custom "
            "modules and accelerations cannot be exported, load the model without them"
        )
    if kind == "ConvNetLayer" and module.conv.is_first_layer and (module.resnet or module.conv.use_sc):
        raise NatroliteError(
            f"'{source}' has a self connection in its first ConvNetLayer ({name}; learnable_shift), "
            "which cannot be exported"
        )


def convert(module, dtype):
    """Change the compute type of a nequip model in place; its float64 tables stay as they are."""
    double = DOUBLE.get(class_name(module), ())
    if double is None:
        keep = set(module._parameters) | set(module._buffers)
    else:
        keep = set(double)
        for child in module.children():
            convert(child, dtype)
    for tables in (module._parameters, module._buffers):
        for name, value in tables.items():
            if value is not None and value.is_floating_point() and name not in keep:
                tables[name] = _cast(value, dtype)
    for name in ("_output_dtype", "model_dtype"):
        if isinstance(getattr(module, name, None), torch.dtype):
            setattr(module, name, dtype)
    return module


def _cast(value, dtype):
    """Return value in another type, still a parameter if it was one."""
    if isinstance(value, torch.nn.Parameter):
        return torch.nn.Parameter(value.detach().to(dtype), requires_grad=False)
    return value.to(dtype)


def build(graph_model, source):
    """Return the EdgeModel of a nequip GraphModel, which is not changed."""
    func = copy.deepcopy(energy_model(graph_model, source))
    for block in blocks(func):
        if not block.is_first_layer:  # that one gathers what types say, known of ghosts too
            block.ghost_exchange = GhostExchange()
    wrapper = EdgeModel(func).eval()
    for parameter in wrapper.parameters():
        parameter.requires_grad_(False)
    return wrapper


def blocks(func):
    """Return the message-passing layers of an energy model."""
    return [module for module in func.modules() if class_name(module) == "InteractionBlock"]
