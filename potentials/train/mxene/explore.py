# SPDX-License-Identifier: GPL-2.0-only
"""Dynamics of the MXene data: in.sample."""

import pathlib

from distill import dynamics
from distill.dynamics import doubtful  # noqa: F401

ELEMENTS = ["Ti", "C", "O", "H", "Na"]
DECK = pathlib.Path(__file__).with_name("in.sample")


def run(folder, name, start, models, temperature, seed, **variables):
    """Run in.sample at a temperature (K), as dynamics.run does."""
    return dynamics.run(DECK, ELEMENTS, folder, name, start, models, temperature=temperature, seed=seed, **variables)
