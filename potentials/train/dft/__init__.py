# SPDX-License-Identifier: GPL-2.0-only
"""Frames of DFT data for training: `python -m dft SYSTEM COMMAND`, see the README of a system's folder."""
