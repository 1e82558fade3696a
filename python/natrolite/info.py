# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite info`: a table of what a model file says about itself.

torch is not needed, but for MACE's own files.
"""

import os
import textwrap

from natrolite import archive, foreign, modelfile


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser("info", help="print what a model file says about itself")
    parser.add_argument(
        "file", metavar="FILE", help="a model file, or one of another program that pair_style equivariant reads"
    )
    parser.set_defaults(run=run)


def run(args):
    """Print the table; return 0."""
    archive.intact(args.file)
    size = os.path.getsize(args.file)
    known = None if modelfile.is_modelfile(args.file) else foreign.read(args.file)
    if known:
        _print(foreign.rows(known, size))
        return 0
    meta = modelfile.read_metadata(args.file)
    native = archive.record(args.file, "extra/native.json") is not None
    _print(rows(meta, size, native))
    citation = meta["citation"] or []
    for entry in [citation] if isinstance(citation, str) else citation:
        print(f"\n{entry}")
    return 0


def _print(table):
    for name, value in table:
        lines = textwrap.wrap(value, 78) or [""]
        print(f"{name:<20}{lines[0]}")
        for line in lines[1:]:
            print(f"{'':<20}{line}")


def rows(meta, size, native):
    """Return [(label, text)] of the table; size in bytes; native: is there a network description?"""
    c, reference = meta["collectives"], meta["reference"]
    widths = ", ".join(map(str, meta["exchange_widths"]))
    needs = [n for n in ("total_charge", "total_spin") if meta[f"needs_{n}"]]
    return [
        ("model", f"{meta['name']} ({meta['family']})"),
        ("created by", meta["created_by"]),
        ("license", meta["license"]),
        ("format", f"version {meta['format_version']}, {size / 1e6:.1f} MB"),
        ("weights SHA-256", meta["weights_sha256"]),
        ("compute type", meta["dtype"] + (", TF32 allowed" if meta["allow_tf32"] else "")),
        ("cutoff", _cutoff(meta)),
        ("layers", f"{meta['num_layers']}" + (" (strictly local)" if meta["strictly_local"] else "")),
        ("exchanges", f"{c['ghost']} of ghosts (widths {widths or '-'}), {c['sum']} sums, {c['max']} maxima"),
        ("units", f"{meta['length_unit']}, {meta['energy_unit']}, {meta['charge_unit']}"),
        ("outputs", ", ".join(meta["outputs"])),
        ("needs", ", ".join(needs) or "nothing but the structure"),
        ("committee", str(meta["committee_size"])),
        ("evaluator", "native or LibTorch" if native else "LibTorch (no network description)"),
        ("self test", f"{len(reference['types'])} atoms, {reference['energy']:.6f} eV"),
        ("elements", f"{len(meta['type_names'])}: {' '.join(meta['type_names'])}"),
    ]


def _cutoff(meta):
    text = f"{meta['r_max']:g} {meta['length_unit']}"
    if meta["pair_cutoffs"]:
        text += ", smaller for some pairs"
    if meta["lr_cutoff"]:
        text += f", long range {meta['lr_cutoff']:g}"
    return text
