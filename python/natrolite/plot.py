# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite plot FILE...`: draws every table that the measurement commands write."""

import importlib
import pathlib
import pkgutil

from natrolite.errors import NatroliteError, reason


def kinds():
    """Return the modules of natrolite.plots that recognize and draw a kind of table."""
    from . import plots

    modules = [
        importlib.import_module(f"{plots.__name__}.{found.name}") for found in pkgutil.iter_modules(plots.__path__)
    ]
    return [module for module in modules if hasattr(module, "recognizes")]


def recognize(table):
    """Return the module that draws a table, None for a table of no known kind."""
    return next((kind for kind in kinds() if table.kind and kind.recognizes(table)), None)


def plot(path, folder=None, volume=None, column="c_env[3]", ends=False):
    """Draw one file; return the paths of the PNG and the SVG. ends: for maps of mode node."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as error:
        raise NatroliteError(f"plots need matplotlib ({reason(error)}); install it: pip install matplotlib") from None

    from .plots import style
    from .plots.table import DAMAGED

    path = pathlib.Path(path)
    check_places(path, folder)
    table, kind = read(path)
    with pyplot.rc_context(style.SETTINGS):
        wide = kind.__name__.endswith("ions") and volume
        figure = pyplot.figure(figsize=(9.0 if wide else 5.2, 3.8), layout="constrained")
        stem = pathlib.Path(folder) / path.name if folder else path
        out = [stem.with_name(stem.name + ending) for ending in (".png", ".svg")]
        try:
            if wide:
                kind.draw(table, figure, volume, column)
            elif ends and kind.__name__.endswith("layer_map"):
                kind.draw(table, figure, ends)
            else:
                kind.draw(table, figure)
            style.head(figure, kind.settings(table) if hasattr(kind, "settings") else table.settings, path.name)
            for target in out:
                figure.savefig(target)
        except DAMAGED as error:
            raise NatroliteError(
                f"{path} is no whole table of {kind.NAME} ({reason(error)}); write it again"
            ) from error
        finally:
            pyplot.close(figure)
    return out


def check_places(path, folder):
    """Refuse what is no file to read and no folder to write to."""
    if path.is_dir():
        raise NatroliteError(f"{path} is a folder; name the table in it")
    if not path.is_file():
        raise NatroliteError(f"no file {path}")
    if folder and not pathlib.Path(folder).is_dir():
        what = "is a file, no folder" if pathlib.Path(folder).exists() else "does not exist; create it first"
        raise NatroliteError(f"cannot write into {folder}: it {what}")


def read(path):
    """Return the table of a file and the module that draws it."""
    from .plots.table import Table

    table = Table(path)
    if table.kind and not table.data.size:
        why = table.settings.get("warning")
        raise NatroliteError(f"{path} holds no rows" + (f": {why}" if why else ""))
    kind = recognize(table)
    if kind is None:
        raise NatroliteError(
            f"{path} is no table of a natrolite command or of fix ave/time, and no dump with "
            "id, element, x y z and ix iy iz; its first line must say so"
        )
    return table, kind


def run(arguments):
    for path in arguments.files:
        for out in plot(path, arguments.folder, arguments.volume, arguments.column, arguments.ends):
            print(out)
    return 0


def add_parser(subparsers):
    parser = subparsers.add_parser("plot", help="draw the tables of the measurement commands (PNG and SVG)")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--folder", help="where to write (default: beside each FILE)")
    parser.add_argument(
        "--volume",
        metavar="DUMP",
        help="dump with the accessible volume, to draw tortuosity against it (for tables of ions)",
    )
    parser.add_argument("--column", default="c_env[3]", help="its column (default: %(default)s)")
    parser.add_argument(
        "--ends", action="store_true", help="the first and last nodes of a layer map are the cell's ends (mode node)"
    )
    parser.set_defaults(run=run)
    return parser
