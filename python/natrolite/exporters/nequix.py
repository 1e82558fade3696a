# SPDX-License-Identifier: GPL-2.0-only
"""Exporter of the nequix family: `.nqx` files, by path or from where nequix keeps those it downloaded."""

import os

from natrolite import archive
from natrolite.errors import NatroliteError
from natrolite.exporters.common import NOT_STATED, Built

PACKAGE = "pip install e3nn==0.6.0"

CITATION = """@article{koker2025training,
  author = {Koker, Teddy and Kotak, Mit and Smidt, Tess},
  title = {Training a foundation model for materials on a budget},
  journal = {arXiv preprint arXiv:2508.16067},
  year = {2025}
}"""

CITATION_PFT = """@article{koker2026pft,
  author = {Koker, Teddy and Gangan, Abhijeet and Kotak, Mit and Marian, Jaime and Smidt, Tess},
  title = {{PFT}: Phonon Fine-tuning for Machine Learned Interatomic Potentials},
  journal = {arXiv preprint arXiv:2601.07742},
  year = {2026}
}"""

PRETRAINED = {
    "nequix-mp-1", "nequix-mp-1-pft", "nequix-mp-1-pft-no-cotrain",
    "nequix-omat-1", "nequix-oam-1", "nequix-oam-1-pft",
}  # fmt: skip

# SHA-256 of a published file -> its name (github.com/atomicarchitects/nequix).
KNOWN = {
    "a88aeaed71fd447572dc57af21d469207d7737b85a6dbb66f8c38156f175c5f1": "nequix-mp-1-pft",
    "4ce693d68886512aab50c84ea2400efd68163e11155f7c7babe98e695177e809": "nequix-oam-1-pft",
    "2d0802ae7f5915cb488c44d25649d98404a103697e6500abb40f515e003a46a6": "nequix-omat-1",
}

CACHE = os.path.join("~", ".cache", "nequix", "models")


def claims(path):
    """Return whether nequix wrote the file."""
    from natrolite.exporters import nequix_files

    return nequix_files.looks_like(path)


def build(source, dtype, modality=None):
    """Return common.Built for a pretrained name or a path.

    dtype: "float32" or "float64". What the exported form is compared with is the plain network of
    nequix_plain.py in float64, which the tests compare with nequix itself.
    Raises NatroliteError for a file that is not there or that cannot be exported, and for a modality.
    """
    import torch

    from natrolite import evaluate
    from natrolite.exporters import nequix_files

    if modality is not None:
        raise NatroliteError(f"'{source}' has no modalities; leave --modality {modality} out")
    path = _locate(source)
    file = nequix_files.read(path)
    _e3nn()
    from natrolite.exporters import nequix_build, network_native, nequix_plain

    fields = {**_fields(source, path, file), "dtype": dtype}
    plain = nequix_plain.Plain(file)
    module = nequix_build.build(file, getattr(torch, dtype))
    return Built(
        module=module,
        original=lambda atoms: evaluate.evaluate(plain, fields, atoms)[0],
        fields=fields,
        packages=("e3nn",),
        describe=lambda: network_native.describe(module, dtype, fields["r_max"]),
    )


def _e3nn():
    """Import e3nn, or say how to install it."""
    try:
        import e3nn.o3  # noqa: F401
    except ImportError as error:
        raise NatroliteError(
            f"nequix models need the package e3nn, which cannot be imported ({error}); install it: {PACKAGE}"
        ) from None


def _locate(source):
    """Return the path of a pretrained name or a path."""
    if source.lower() not in PRETRAINED:
        return source
    path = os.path.join(os.path.expanduser(CACHE), f"{source.lower()}.nqx")
    if not os.path.exists(path):
        raise NatroliteError(
            f"'{source}' is not in {os.path.dirname(path)}, where nequix keeps what it has downloaded; download "
            f"models/{source.lower()}.nqx from github.com/atomicarchitects/nequix and give its path"
        )
    return path


def _fields(source, path, file):
    """Return the metadata that a file determines."""
    from ase.data import chemical_symbols

    from natrolite.exporters import nequix_files

    config = file.config
    digest = archive.sha256(path)
    title = os.path.splitext(os.path.basename(path))[0]
    name = KNOWN.get(digest, title)
    published = digest in KNOWN or source.lower() in PRETRAINED
    terms = {"license": "MIT" if published else NOT_STATED, "citation": [CITATION] + [CITATION_PFT] * ("pft" in name)}
    if not published:
        terms |= {key: config[key] for key in terms if key in config}
    return {
        "family": "nequix",
        "name": name,
        **terms,
        "type_names": [chemical_symbols[z] for z in file.numbers],
        "atomic_numbers": file.numbers,
        "r_max": float(config["cutoff"]),
        "num_layers": config["n_layers"],
        "strictly_local": config["n_layers"] == 1,
        "arch": {"config": {key: config[key] for key in nequix_files.KEYS if key != "atomic_numbers"}},
    }
