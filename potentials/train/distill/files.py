# SPDX-License-Identifier: GPL-2.0-only
"""Files that are there whole or not at all: what lets a making, or a labeling, go on where it was ended."""

import os
import pathlib


def complete(path, write):
    """Write a file by write(partial path), so that it appears at path when it is complete."""
    partial = f"{path}.partial"
    write(partial)
    os.replace(partial, path)


def complete_text(path, text):
    """Write a text file, so that it appears at path when it is complete."""
    complete(path, lambda partial: pathlib.Path(partial).write_text(text))
