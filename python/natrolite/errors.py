# SPDX-License-Identifier: GPL-2.0-only
"""The one exception type whose text is meant for the user."""


class NatroliteError(Exception):
    """A refusal: one line that names the value and the remedy; the command prints it and exits with 1."""
