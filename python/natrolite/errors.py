# SPDX-License-Identifier: GPL-2.0-only
"""The one exception type whose text is meant for the user."""


class NatroliteError(Exception):
    """A refusal: one line that names the value and the remedy; the command prints it and exits with 1."""


def reason(error):
    """Return what an exception of other code says, in one line."""
    text = getattr(error, "strerror", None) or str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def needs_torch(error):
    """Return whether an exception says that torch, which an install without LibTorch lacks, is missing."""
    return isinstance(error, ModuleNotFoundError) and error.name == "torch"
