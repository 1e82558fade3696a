# SPDX-License-Identifier: GPL-2.0-only
"""What the makers of the families' files (make_NAME.py) share."""

import json
import os
import pathlib

# A family is one that has a maker in this folder.
FAMILIES = sorted(path.stem.removeprefix("make_") for path in pathlib.Path(__file__).parent.glob("make_*.py"))


def write_cases(out, found):
    """Write the entries of test_matrix.py into the folder of the files."""
    with open(os.path.join(out, "cases.json"), "w") as stream:
        json.dump(found, stream, indent=1)


def write_all(out, models, write):
    """Make the folder, and in it the files of all models by write(out, name), which returns their entries."""
    os.makedirs(out, exist_ok=True)
    write_cases(out, [case for name in models for case in write(out, name)])
