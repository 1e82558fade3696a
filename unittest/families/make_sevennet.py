# SPDX-License-Identifier: GPL-2.0-only
"""Writes SevenNet files for sevenn's own pair style, and what sevenn's own calculator says.

`python make_sevennet.py OUT [PYTHON_OF_SEVENN_0.12]` deploys a small model with random weights by
`sevenn get_model` and, where that Python is given, by the older `sevenn_get_model`, whose files compute
their edges from positions. Writes `cases.json` (see test_matrix.py), and `sevennet-float64.pt` for
test_runs.py.
"""

import os
import pathlib
import subprocess
import sys

import case_file
import structures
import tiny_sevennet
from natrolite.export import export
from natrolite.exporters import sevennet


def deploy(command, checkpoint, out, prefix):
    """Run one of sevenn's command-line tools; return the file's name."""
    done = subprocess.run([*command, checkpoint, "-o", os.path.join(out, prefix)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return f"{prefix}.pt"


def main(out, older=None):
    """Write all files into the folder out."""
    checkpoint = tiny_sevennet.write(os.path.join(out, "tiny.pth"))
    export(sevennet, str(checkpoint), os.path.join(out, "sevennet-float64.pt"), "float64")
    beside = pathlib.Path(sys.executable).parent
    files = [deploy([beside / "sevenn", "get_model"], checkpoint, out, "deployed")]
    if older:
        tool = pathlib.Path(older).parent / "sevenn_get_model"
        files.append(deploy([tool], checkpoint, out, "deployed-0.12"))
    calculator = tiny_sevennet.calculator(checkpoint, "float32")
    found = []
    for name, build in structures.ALL.items():
        values = case_file.truth_by(calculator, build())
        for file in files:
            found.append(
                case_file.entry(
                    f"sevennet-{file}", file, name, values,
                    dtype="float32", layers=3, cutoff=4.0, modes=["folded", "shell"], foreign=True,
                )
            )  # fmt: skip
    case_file.write_cases(out, found)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    main(*sys.argv[1:])
