# SPDX-License-Identifier: GPL-2.0-only
"""Exporter of the SevenNet family: pretrained models that the `sevenn` wheel ships, or checkpoints."""

import os
import re

from natrolite import archive
from natrolite.errors import NatroliteError
from natrolite.exporters.common import NOT_STATED, Built, quiet

PACKAGE = "pip install sevenn==0.13.0"

# name -> (name in sevenn, title)
PRETRAINED = {
    "sevennet-0": ("7net-0", "SevenNet-0 (11Jul2024)"),
    "sevennet-0-11jul2024": ("7net-0", "SevenNet-0 (11Jul2024)"),
    "sevennet-0-22may2024": ("7net-0_22may2024", "SevenNet-0 (22May2024)"),
    "sevennet-l3i5": ("7net-l3i5", "SevenNet-l3i5"),
    "sevennet-mf-0": ("7net-mf-0", "SevenNet-MF-0"),
}

CITATION = """@article{park2024sevennet,
  author = {Park, Yutack and Kim, Jaesun and Hwang, Seungwoo and Han, Seungwu},
  title = {Scalable Parallel Algorithm for Graph Neural Network Interatomic Potentials in Molecular Dynamics Simulations},
  journal = {J. Chem. Theory Comput.},
  volume = {20}, number = {11}, pages = {4857--4868}, year = {2024},
  doi = {10.1021/acs.jctc.4c00190}
}"""

CITATION_MF = """@article{kim2025sevennetmf,
  author = {Kim, Jaesun and Kim, Jisu and Kim, Jaehoon and Lee, Jiho and Park, Yutack and Kang, Youngho and Han, Seungwu},
  title = {Data-Efficient Multifidelity Training for High-Fidelity Machine Learning Interatomic Potentials},
  journal = {J. Am. Chem. Soc.},
  volume = {147}, number = {1}, pages = {1042--1054}, year = {2025},
  doi = {10.1021/jacs.4c14455}
}"""

# Keys of a checkpoint's config that describe the network (the rest is about the training).
ARCHITECTURE = [
    "version",
    "cutoff",
    "channel",
    "lmax",
    "lmax_edge",
    "lmax_node",
    "is_parity",
    "irreps_manual",
    "num_convolution_layer",
    "radial_basis",
    "cutoff_function",
    "weight_nn_hidden_neurons",
    "act_radial",
    "act_scalar",
    "act_gate",
    "self_connection_type",
    "interaction_type",
    "use_bias_in_linear",
    "readout_as_fcn",
    "readout_fcn_hidden_neurons",
    "readout_fcn_activation",
    "_normalize_sph",
    "use_modality",
    "_modal_map",
    "use_modal_node_embedding",
    "use_modal_self_inter_intro",
    "use_modal_self_inter_outro",
    "use_modal_output_block",
    "use_modal_wise_shift",
    "use_modal_wise_scale",
]


# All that a checkpoint of sevenn fetches when it is unpickled: containers, numbers and tensors.
HARMLESS = re.compile(
    r"(_codecs encode|collections (OrderedDict|defaultdict)"
    r"|(__builtin__|builtins) (set|frozenset|dict|list|tuple|int|float|bool|str|complex|bytearray)"
    r"|numpy (dtype|ndarray|(u?int|float)\d+)|numpy\._?core\.multiarray (_reconstruct|scalar)"
    r"|torch (device|Size|dtype|(u?int|float|bfloat)\d+|\w+Storage)|torch\._utils _rebuild_\w+"
    r"|torch\._tensor _rebuild_from_type_v2|torch\.serialization _get_layout"
    r"|argparse Namespace|pathlib \w*Path|(e3nn|sevenn)\.[\w.]+ \w+)"
)


def claims(path):
    """Return whether the file is a checkpoint of sevenn, from the strings in its pickle.

    Nothing is unpickled. Raises NatroliteError for a checkpoint that would run something else.
    """
    strings, imports = archive.pickled(path)
    if not {"config", "model_state_dict", "_type_map"} <= strings:
        return False
    others = sorted(name for name in imports if not HARMLESS.fullmatch(name))
    if others:
        raise NatroliteError(
            f"'{path}' has the keys of a SevenNet checkpoint, but to read it would run "
            f"'{others[0].replace(' ', '.')}', which no such checkpoint needs; nothing in it was run"
        )
    return True


def build(source, dtype, modality=None):
    """Return common.Built for a pretrained name or a checkpoint path.

    dtype: "float32" or "float64"; modality: name or None. Raises NatroliteError for a modality
    that the model lacks, needs, or cannot take.
    """
    import torch

    from natrolite.exporters import network_native, sevennet_build

    _sevenn()
    name, path = _locate(source)
    with quiet():
        checkpoint = _checkpoint(path)
        index = _modality(source, checkpoint.config, modality)
        model = checkpoint.build_model().to(getattr(torch, dtype)).eval()
    fields = _fields(name, checkpoint.config, modality)
    fields["license"] = "MIT" if source.lower() in PRETRAINED else NOT_STATED
    module = sevennet_build.build(model, index)
    return Built(
        module=module,
        original=_original(model, dtype, modality),
        fields={**fields, "dtype": dtype},
        packages=("sevenn", "e3nn"),
        describe=lambda: network_native.describe(module, dtype, fields["r_max"]),
    )


def _sevenn():
    """Import sevenn, or say how to install it."""
    try:
        with quiet():
            import sevenn.checkpoint  # noqa: F401
    except ImportError as error:
        raise NatroliteError(
            f"SevenNet models need the package sevenn, which cannot be imported ({error}); install it: {PACKAGE}"
        ) from None


def _locate(source):
    """Return (title, checkpoint path) of a pretrained name or a path."""
    if source.lower() not in PRETRAINED:
        return os.path.splitext(os.path.basename(source))[0], source
    from sevenn.util import pretrained_name_to_path

    key, title = PRETRAINED[source.lower()]
    return title, pretrained_name_to_path(key)


def _checkpoint(path):
    from sevenn.checkpoint import SevenNetCheckpoint

    return SevenNetCheckpoint(path)


def _modality(source, config, modality):
    """Return the index of the modality, or None for a model without modalities."""
    known = dict(config.get("_modal_map") or {}) if config.get("use_modality") else {}
    if not known and modality is not None:
        raise NatroliteError(f"'{source}' has no modalities; leave --modality {modality} out")
    if not known:
        return None
    names = ", ".join(sorted(known))
    if modality is None:
        raise NatroliteError(f"'{source}' needs --modality, one of: {names}")
    if modality not in known:
        raise NatroliteError(f"'{source}' has no modality '{modality}'; it has: {names}")
    return known[modality]


def _fields(name, config, modality):
    """Return the metadata that a SevenNet model determines."""
    from ase.data import chemical_symbols

    order = sorted(config["_type_map"].items(), key=lambda item: item[1])
    numbers = [int(z) for z, _ in order]
    layers = int(config["num_convolution_layer"])
    return {
        "family": "sevennet",
        "name": name if modality is None else f"{name}, modality {modality}",
        "citation": [CITATION] + ([CITATION_MF] if modality is not None else []),
        "type_names": [chemical_symbols[z] for z in numbers],
        "atomic_numbers": numbers,
        "r_max": float(config["cutoff"]),
        "num_layers": layers,
        "strictly_local": layers == 1,
        "arch": {
            "config": {key: _plain(config[key]) for key in ARCHITECTURE if key in config},
            "modality": modality,
        },
    }


def _plain(value):
    """Return value with what JSON knows."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (bool, int, float, str, type(None))) else str(value)


def _original(model, dtype, modality):
    """Return atoms -> common result (energy, forces, virial) by the unmodified sevenn model.

    sevenn's graph builder and forward; in float64 its one-hot, which is float32, is cast.
    """
    import numpy as np
    import torch

    import sevenn._keys as KEY
    from natrolite.evaluate import Result
    from sevenn.train.dataload import unlabeled_atoms_to_graph

    real = getattr(torch, dtype)

    def cast(module, inputs, data):
        return {k: v.to(real) if _floating(v) else v for k, v in data.items()}

    def evaluate(atoms):
        # the builder lengthens the cell of non-periodic axes in place
        raw = unlabeled_atoms_to_graph(atoms.copy(), model.cutoff)
        data = {k: torch.as_tensor(v) for k, v in raw.items() if k != KEY.INFO}
        data = {k: v.to(real) if _floating(v) else v for k, v in data.items()}
        if modality is not None:
            data[KEY.DATA_MODALITY] = modality
        out = model(_Data(data))
        volume = float(data[KEY.CELL_VOLUME].clamp(min=1e-3))
        xx, yy, zz, xy, yz, zx = (out[KEY.PRED_STRESS].double() * volume).tolist()
        virial = [[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]]
        energy = float(out[KEY.ATOMIC_ENERGY].detach().double().sum())
        return Result(energy, out[KEY.PRED_FORCE].double().numpy(), np.array(virial))

    model.set_is_batch_data(False)
    for name in ("onehot_idx_to_onehot", "one_hot_modality"):
        if name in model._modules:
            model._modules[name].register_forward_hook(cast)
    return evaluate


def _floating(value):
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


class _Data(dict):
    """A dictionary whose entries are attributes too, as sevenn's modality map reads `data.x`."""

    __getattr__ = dict.__getitem__
