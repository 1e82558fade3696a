# SPDX-License-Identifier: GPL-2.0-only
"""The command `natrolite`: a table of subcommands, one module each.

A subcommand module has `add_parser(subparsers)`, which adds its parser and sets `run` as a
default: a function of the parsed arguments that returns the exit code.
"""

import argparse
import importlib
import sys

from natrolite import __version__
from natrolite.errors import NatroliteError, needs_torch, reason

COMMANDS = ["export", "info", "check", "plot", "phonon", "modes", "grid", "vdos", "train"]


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like every other refusal."""

    def error(self, message):
        print(f"{self.prog}: error: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def build_parser():
    """Return the argument parser with every subcommand of COMMANDS."""
    parser = _Parser(prog="natrolite", description="Model files for the LAMMPS pair style equivariant.")
    parser.add_argument("--version", action="version", version=f"natrolite {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"natrolite.{name}").add_parser(subparsers)
    return parser


def main(argv=None):
    """Run one subcommand; return its exit code (1 after a refusal, 2 for wrong usage).

    Every error is one line. One that nobody has foreseen says where to look: in Python's development
    mode (python -X dev -m natrolite ...) it is raised with its traceback.
    """
    args = build_parser().parse_args(argv)
    try:
        return args.run(args)
    except NatroliteError as error:
        return refuse(error)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return refuse(f"{place}{reason(error)}")
    except KeyboardInterrupt:
        print("natrolite: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        if needs_torch(error):
            return refuse(f"natrolite {args.command} needs torch, which is not installed: pip install torch==2.13.0")
        return refuse(
            f"{type(error).__name__}: {reason(error)}; please report it with the "
            f"output of 'python -X dev -m natrolite {args.command} ...'"
        )


def refuse(message):
    """Print one line of error; return exit code 1."""
    print(f"natrolite: error: {message}", file=sys.stderr)
    return 1
