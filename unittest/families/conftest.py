# SPDX-License-Identifier: GPL-2.0-only
"""The runner of LAMMPS decks is that of unittest/lammps."""

import pathlib
import sys

UNITTEST = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(UNITTEST), str(UNITTEST / "lammps")]

from measured import measured, pytest_terminal_summary  # noqa: E402, F401
