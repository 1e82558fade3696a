# SPDX-License-Identifier: GPL-2.0-only
"""Torch's default floating-point type, which libraries of models set and compute their constants in."""

import contextlib


@contextlib.contextmanager
def default_dtype(dtype=None):
    """Make dtype torch's default, or with None let the body set it; afterwards it is what it was."""
    import torch

    before = torch.get_default_dtype()
    if dtype is not None:
        torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
