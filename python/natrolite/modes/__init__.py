# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite modes TABLE... -o DIR`: sorts the ions of several systems into diffusion modes."""

import importlib
import pathlib

from natrolite.errors import NatroliteError, reason

PACKAGES = {
    "scipy": "scipy",
    "sklearn": "scikit-learn==1.7.2",
    "xgboost": "xgboost-cpu==3.2.0",
    "matplotlib": "matplotlib==3.10.7",
    "jinja2": "jinja2==3.1.6",
}


def check_packages():
    for name, package in PACKAGES.items():
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise NatroliteError(
                f"natrolite modes needs {package.partition('=')[0]} ({reason(error)}); install it: "
                f"pip install {package}"
            ) from None


def count_of(text):
    """Return the number of modes, None for auto."""
    if text == "auto":
        return None
    if not text.isdigit() or int(text) < 2:
        raise NatroliteError(f"--modes is '{text}'; take a number from 2 on, or auto")
    return int(text)


def run(arguments):
    count, names = count_of(arguments.modes), [name.strip() for name in arguments.features.split(",")]
    check_packages()
    from . import analysis, report, systems

    ions = systems.read(arguments.tables, names)
    modes = analysis.analyze(ions, count)
    folder = pathlib.Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    settings = report.settings_of(modes)
    paths = report.write_tables(modes, folder, settings)
    pictures = report.draw_pictures(modes, folder)
    page = report.write_page(modes, pictures, settings, folder)
    for key in ("ions", "systems", "modes", "silhouette", "accuracy"):
        print(f"{key}: {settings[key]}")
    for path in [*paths, *(path for _, path, _ in pictures), page]:
        print(path)
    return 0


def add_parser(subparsers):
    parser = subparsers.add_parser("modes", help="sort the ions of several systems into diffusion modes")
    parser.add_argument("tables", nargs="+", metavar="TABLE", help="tables of ions, one for each density and loading")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder to write into; made if missing")
    parser.add_argument(
        "--modes", default="8", metavar="N", help="how many, or auto: the largest mean silhouette (default %(default)s)"
    )
    parser.add_argument(
        "--features",
        default="ion_ion,ion_host,volume,tortuosity,D_ratio",
        metavar="A,B,...",
        help="columns that the modes are made of (default %(default)s)",
    )
    parser.set_defaults(run=run)
    return parser
