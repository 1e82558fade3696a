# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite export`: writes a model file from a pretrained model's name or a checkpoint."""

from natrolite import modelfile
from natrolite.errors import NatroliteError, needs_torch, reason

# What only some families take, which say so in their own OPTIONS: name -> words of argparse.
OPTIONS = {
    "head": {"metavar": "NAME", "help": "MACE: which of several heads"},
    "lr_cutoff": {
        "metavar": "A",
        "type": float,
        "help": "SpookyNet: cutoff of electrostatics and dispersion in Angstrom, needed for periodic systems",
    },
}


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "export",
        help="write a model file for pair_style equivariant",
        description="Write a model file from a pretrained model's name or a checkpoint. Nothing is "
        "written if the exported form differs from the original by more than rounding.",
    )
    parser.add_argument("source", metavar="NAME|CHECKPOINT", help="sevennet-0, nequix-oam-1-pft, ..., or a file")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the model file to write")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32", help="compute type (float32)")
    parser.add_argument("--modality", metavar="M", help="for models trained on several data sets")
    for name, words in OPTIONS.items():
        parser.add_argument(_flag(name), **words)
    parser.set_defaults(run=run)


def run(args):
    """Export and report; return 0."""
    from natrolite import exporters

    modelfile.writable(args.output)
    family = exporters.resolve(args.source)
    options = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    report, meta = export(family, args.source, args.output, args.dtype, args.modality, log=print, options=options)
    print(
        f"wrote {args.output}: {meta['name']}, {meta['dtype']}; largest error against the original "
        f"{report.energy:.1e} eV/atom, {report.force:.1e} eV/A, {report.stress:.1e} eV/A^3"
    )
    return 0


def export(family, source, output, dtype="float32", modality=None, log=lambda line: None, options=None):
    """Write the model file; return (exporters.common.Report, metadata).

    family: a module of natrolite.exporters; options: what only some families take. Raises NatroliteError for every refusal.
    """
    from natrolite.exporters import common

    options = options or {}
    unknown = [name for name in options if name not in getattr(family, "OPTIONS", ())]
    if unknown:
        option = _flag(unknown[0])
        raise NatroliteError(f"'{source}' is of a family without {option}; leave {option} out")
    log(f"loading {source}")
    built = _built(family, source, dtype, modality, options)
    records, reason_against = common.native_records(built)  # before scripting, which changes the modules
    log("evaluator: native" if records else f"evaluator: LibTorch ({reason_against})")
    scripted, meta, report = common.finish(built, log)
    modelfile.write(output, scripted, meta, records)
    return report, meta


def _flag(option):
    return "--" + option.replace("_", "-")


def _built(family, source, dtype, modality, options):
    """Return common.Built; what the family's own package raises becomes one line."""
    try:
        return family.build(source, dtype, modality, **options)
    except NatroliteError:
        raise
    except Exception as error:  # a damaged checkpoint, or one of another version of that package
        if needs_torch(error):
            raise
        raise NatroliteError(
            f"'{source}' cannot be read with the package of its family ({type(error).__name__}: "
            f"{reason(error)}); was it written by another version, or is it damaged?"
        ) from error
