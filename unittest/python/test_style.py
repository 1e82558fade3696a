# SPDX-License-Identifier: GPL-2.0-only
"""The files of the checkout are formatted as .clang-format and pyproject.toml say, and functions fit a screen."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

SOURCE = os.environ["NATROLITE_SOURCE"]
LONGEST = 45  # lines of a function


def run(program, *arguments):
    """Run a program of this environment in the checkout; return (exit code, what it printed)."""
    command = [str(pathlib.Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout[:4000]


def files(*patterns):
    """Return the files that git keeps and that fit; skip where there is no git."""
    try:
        done = subprocess.run(["git", "ls-files", *patterns], cwd=SOURCE, capture_output=True, text=True)
    except OSError:
        done = None
    if done is None or done.returncode:
        pytest.skip("not a git checkout, or no git")
    return [name for name in done.stdout.split() if os.path.exists(os.path.join(SOURCE, name))]


def test_cpp_is_formatted():
    code, output = run("clang-format", "--dry-run", "--Werror", *files("*.h", "*.cpp"))
    assert code == 0, f"run clang-format -i on these files:\n{output}"


@pytest.mark.parametrize("check", [["format", "--check"], ["check"]], ids=["format", "lint"])
def test_python_is_clean(check):
    code, output = run("ruff", *check, *files("*.py"))
    assert code == 0, output


def long_python_functions(text):
    """Return the names of functions that are too long, with their docstrings and without their decorators."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node.name for node in functions if node.end_lineno - node.lineno + 1 > LONGEST]


def test_python_functions_fit_a_screen():
    long = {name: long_python_functions(pathlib.Path(SOURCE, name).read_text()) for name in files("*.py")}
    assert not {name: found for name, found in long.items() if found}


def test_a_long_python_function_is_seen():
    """The check can fail."""
    fits = "def f():\n" + "    g()\n" * (LONGEST - 1)
    assert not long_python_functions(fits) and long_python_functions(fits + "    g()\n") == ["f"]


def long_functions(text):
    """Return the numbers of the lines where too long functions begin: clang-format gives their braces lines of their own."""
    lines, found = text.splitlines(), []
    for number, line in enumerate(lines):
        if line.strip() == "{":
            end = next(k for k in range(number, len(lines)) if lines[k].startswith(line[:-1] + "}"))
            if end - number + 2 > LONGEST:  # with one line of what stands before the brace
                found.append(number)
    return found


def test_functions_fit_a_screen():
    long = {name: long_functions(pathlib.Path(SOURCE, name).read_text()) for name in files("src/*.h", "src/*.cpp")}
    assert not {name: found for name, found in long.items() if found}


def test_a_long_function_is_seen():
    """The check can fail."""
    fits = "int f()\n{\n" + "  g();\n" * (LONGEST - 3) + "}\n"
    assert not long_functions(fits) and long_functions(fits.replace("{\n", "{\n  g();\n")) == [1]


def test_a_line_that_is_out_of_place_is_seen(tmp_path):
    """The checks can fail."""
    (tmp_path / ".clang-format").write_text(pathlib.Path(SOURCE, ".clang-format").read_text())
    (tmp_path / "wrong.cpp").write_text("int main(){return 0;}\n")
    (tmp_path / "wrong.py").write_text("import os\nx = {  'a':1 }\n")
    assert run("clang-format", "--dry-run", "--Werror", str(tmp_path / "wrong.cpp"))[0] == 1
    assert run("ruff", "format", "--check", str(tmp_path / "wrong.py"))[0] == 1
    assert run("ruff", "check", str(tmp_path / "wrong.py"))[0] == 1


OUR = "behavi|col|fav|flav|harb|hon|lab|neighb|rum|vap"
ISE = """author capital categor character crystall custom discret emphas equilibr final general initial item
local maxim memor minim modern neutral normal optim organ parallel penal polar priorit quant random rational real
recogn regular serial special stabil standard summar symmetr synchron tabular token util vector visual"""
BRITISH = re.compile(
    rf"(?:{OUR})our|(?:{'|'.join(ISE.split())})is(?:e[drs]?|ing|ations?)\b|analys(?:e[drs]?|ing)\b|(?:cent|fib|theat)re\b"
    r"|(?:cancel|label|model|signal|travel)l(?:ed|er|ing)|catalogue|defence|\bgrey|licence|offence",
    re.IGNORECASE,
)
TITLES = {"doc/which_potential.rst": ["modelling"]}  # of papers


def british(text):
    return [found.group() for found in BRITISH.finditer(text)]


def test_spelling_is_american():
    names = set(files("*.h", "*.cpp", "*.py", "*.rst", "*.md", "*.txt", "*.cmake", "*.toml", "*.sh", "*.lmp"))
    names.remove("unittest/python/test_style.py")
    seen = {name: british(pathlib.Path(SOURCE, name).read_text()) for name in sorted(names)}
    assert {name: words for name, words in seen.items() if words} == TITLES


def test_british_spelling_is_seen():
    """The check can fail, and lets similar words pass."""
    assert british("Recognised behaviour of neighbours in the centre; modelling, optimisation, licence")
    assert len(british("a grey label labelled, analysed and minimised")) == 4
    assert not british("precise analysis, otherwise four hours, advertising, centered, a label of models")
