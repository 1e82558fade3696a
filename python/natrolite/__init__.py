# SPDX-License-Identifier: GPL-2.0-only
"""Natrolite's Python side: exporters that write model files, and the command `natrolite`.

Importing this package is cheap: torch, ase and the model families load inside functions only.
"""

__version__ = "0.1.0"
