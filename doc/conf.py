# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx configuration: python -m sphinx -W -b html doc build/doc"""

import pathlib
import re

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Text

ROOT = pathlib.Path(__file__).resolve().parent.parent

project = "Natrolite"
author = "Natrolite developers"
project_copyright = author
release = re.search(r"project\(natrolite VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
version = release

html_theme = "furo"
html_title = f"Natrolite {release}"
html_copy_source = False
highlight_language = "none"
nitpicky = True


class LammpsLexer(RegexLexer):
    """Input scripts of LAMMPS: the command, comments, strings, variables, numbers."""

    name = "LAMMPS"
    aliases = ["LAMMPS"]
    tokens = {
        "root": [
            (r"#.*", Comment),
            (r'"[^"\n]*"', String),
            (r"\$(\{\w+\}|\([^)]*\)|\w)", Name.Variable),
            (r"^[ \t]*[a-z]\w*", Keyword),
            (words(("equivariant",), suffix=r"\b"), Name.Function),
            (r"[-+]?\b\d+(\.\d*)?([eE][-+]?\d+)?\b", Number),
            (r"[*&]", Operator),
            (r"\S", Text),
            (r"\s+", Text),
        ]
    }


def setup(app):
    """Sphinx calls this."""
    app.add_lexer("LAMMPS", LammpsLexer)
