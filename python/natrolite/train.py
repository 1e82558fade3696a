# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite train`: trains a potential on structures with energies and forces."""


def add_parser(subparsers):
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "train",
        help="train a SpookyNet on your own structures",
        description="Train a SpookyNet on energies, forces, charges and dipoles of extxyz files. A training that "
        "was stopped goes on when the same command is given again.",
    )
    parser.add_argument("family", choices=["spookynet"], help="what to train")
    parser.add_argument("config", metavar="CONFIG", help="TOML file with [model], [data] and [training]")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="folder of checkpoints and errors")
    parser.add_argument("--minutes", type=float, help="stop after the epoch in which so many minutes have passed")
    parser.set_defaults(run=run)


def run(args):
    """Train and print the errors; return 0."""
    from natrolite.training import config, loop

    loop.train(config.read(args.config), args.output, args.minutes, log=lambda line: print(line, flush=True))
    return 0
