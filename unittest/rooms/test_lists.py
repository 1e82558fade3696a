# SPDX-License-Identifier: GPL-2.0-only
"""What doc/CONTRIBUTING.rst says that a family, a style or an evaluator has is there for each of them."""

import os
import pathlib
import re

import pytest
from natrolite import exporters, foreign

ROOT = pathlib.Path(os.environ["NATROLITE_SOURCE"])
INDEXES = ("doc/index.rst", "README.md")


def text(name):
    return (ROOT / name).read_text()


def enumerators(name, enumeration):
    """Return the names of an enum class in a header."""
    body = re.search(rf"enum class {enumeration} \{{(.*?)\}}", text(name), re.DOTALL)[1]
    return re.findall(r"\w+", re.sub(r"//.*", "", body))


def styles():
    """Return [(kind, name)] of the styles of the plugin."""
    return re.findall(r'\{"(pair|compute|fix|command)", "([^"]+)"', text("src/plugin.cpp"))


def page(kind, style):
    """Return the name of a style's page; a form that is faster than LAMMPS' own has that one's."""
    name = style.removesuffix("/opt").replace("/", "_")
    return name if kind == "command" else f"{kind}_{name}"


@pytest.mark.parametrize("family", exporters.FAMILIES)
def test_a_family_has_its_files_and_pages(family):
    files = [f"unittest/tiny_{family}.py", f"unittest/families/make_{family}.py", f"doc/family_{family}.rst"]
    assert [name for name in files if not (ROOT / name).exists()] == []
    pages = [*INDEXES, "doc/which_potential.rst"]
    assert [name for name in pages if f"family_{family}" not in text(name)] == []
    assert f'("{family}", ' in text("unittest/families/test_runs.py"), "no model in MODELS"
    if (ROOT / f"cmake/pins-{family}.txt").exists():
        named = re.search(r"set\(families (.*)\)", text("unittest/CMakeLists.txt"))[1]
        assert family in named.split()


@pytest.mark.parametrize("kind, style", styles())
def test_a_style_has_its_page_and_test(kind, style):
    name = page(kind, style)
    assert (ROOT / f"doc/{name}.rst").exists()
    assert [index for index in INDEXES if name not in text(index)] == []
    if kind in ("compute", "fix"):
        test = style.replace("/", "_")
        assert (ROOT / f"unittest/lammps/test_{test}.py").exists()
        assert test in text("unittest/CMakeLists.txt"), "not tested in older releases of LAMMPS"
        assert f" {style} " in text("unittest/lammps/test_measurements_live.py"), "not among all measurements"


def test_a_style_of_kokkos_has_three_forms_a_page_and_a_test():
    rows = re.findall(r'\{"(\w+)", "([^"]+)/kk((?:/device|/host)?)"', text("src/plugin_kokkos.cpp"))
    assert rows and set(rows) == {(*row[:2], form) for row in rows for form in ("", "/device", "/host")}
    for kind, style in {row[:2] for row in rows}:
        assert page(kind, style) in text("doc/kokkos.rst")
        test = "test_pair_kokkos.py" if kind == "pair" else "test_compute_kokkos.py"
        assert style in text(f"unittest/lammps/{test}")


def test_every_evaluator_has_a_word_and_cases():
    named = set(enumerators("src/lammps/model_loader.h", "Evaluator")) - {"automatic"}
    page = text("doc/pair_equivariant.rst")
    cases = re.search(r"\ndef evaluators\(.*?\n\n\n", text("unittest/families/test_matrix.py"), re.DOTALL)[0]
    for evaluator in named:
        assert f"*{evaluator}*" in page and f'"{evaluator}"' in cases, evaluator


def test_natrolite_info_knows_every_kind_of_file():
    kinds = set(enumerators("src/torch/file_kind.h", "FileKind"))
    assert "natrolite_torchscript" in kinds and len(foreign.KINDS) == len(kinds) - 1
