# SPDX-License-Identifier: GPL-2.0-only
"""natrolite modes refuses wrong tables and calls in one line, before it writes anything."""

import sys

import pytest

for package in ("sklearn", "xgboost", "jinja2"):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install .[modes]")

import planted_modes as planted  # noqa: E402
from test_cli import refused  # noqa: E402


@pytest.fixture
def pair(tmp_path):
    """Return a function that writes two tables and returns their paths, the first changed."""

    def make(change=lambda text: text):
        texts = [planted.text(density, 25, planted.ions(density, 25)[1]) for density in (1.5, 2.0)]
        paths = [tmp_path / "a.ions", tmp_path / "b.ions"]
        for path, text in zip(paths, [change(texts[0]), texts[1]]):
            path.write_text(text)
        return paths

    return make


def cell(row, column, value):
    """Return the function that puts a value into a table."""

    def change(text):
        lines = text.splitlines()
        words = lines[6 + row].split()
        words[column] = value
        lines[6 + row] = " ".join(words)
        return "\n".join(lines) + "\n"

    return change


def put(old, new):
    return lambda text: text.replace(old, new)


@pytest.mark.parametrize(
    "change, words",
    [
        (cell(2, 3, "nan"), ["a.ions", "volume of ion 3", "nan"]),
        (cell(2, 5, "inf"), ["D_ratio of ion 3", "inf", "not finite"]),
        (cell(1, 5, "0"), ["D_ratio of ion 2 is 0", "no logarithm", "not moved"]),
        (cell(1, 4, "0"), ["tortuosity of ion 2 is 0", "shorter than one window"]),
        (cell(1, 0, "1"), ["ion 1 twice"]),
        (cell(1, 2, "word"), ["a.ions is no whole table", "word"]),
        (cell(1, 2, "3 4"), ["a.ions is no whole table"]),
        (put(" | tortuosity", ""), ["a.ions has 6 columns, its header names 5"]),
        (put("tortuosity", "winding"), ["a.ions has no column 'tortuosity'", "winding"]),
        (put("id |", "number |"), ["no column 'id'"]),
        (put("# density = 1.5 g/cm^3\n", ""), ["# density = NUMBER g/cm^3", "is missing"]),
        (put("density = 1.5 g/cm^3", "density = dense"), ["says 'dense'"]),
        (put("density = 1.5 g/cm^3", "density = 1.5 A"), ["says '1.5 A'"]),
        (put("loading = 25 %", "loading = 0.25"), ["# loading = NUMBER %", "says '0.25'"]),
        (put("A^2/ps", "A/ps"), ["column D_ratio has the unit 'A/ps'"]),
        (put("A^2/ps", "furlong"), ["furlong", "not known"]),
        (put("# natrolite table: ions", "# natrolite table: ion/transport msd"), ["a.ions is no table of ions"]),
        (lambda text: "".join(x + "\n" for x in text.splitlines() if x.startswith("#")), ["a.ions holds no rows"]),
        (lambda text: "", ["a.ions is no table of ions"]),
    ],
)
def test_wrong_tables(pair, natrolite, tmp_path, change, words):
    refused(natrolite("modes", *pair(change), "-o", tmp_path / "out"), *words)
    assert not (tmp_path / "out").exists()


def test_wrong_calls(pair, natrolite, tmp_path):
    a, b = pair()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00" * 20)
    out = ("-o", tmp_path / "out")
    for arguments, words in (
        ((a, b, *out, "--modes", 20), ["76 ions are too few for 20 modes", "100"]),
        ((a, *out), ["one system", "1.5 g/cm^3, 25 %"]),
        ((a, a, *out), ["a.ions is given twice"]),
        ((a, b, *out, "--modes", "many"), ["'many'", "auto"]),
        ((a, b, *out, "--modes", 1), ["'1'", "from 2"]),
        ((a, b, *out, "--features", "volume,hops"), ["no column 'hops'", "ion_ion"]),
        ((a, b, *out, "--features", "volume,volume"), ["twice"]),
        ((a, b, *out, "--features", ""), ["no column ''"]),
        ((a, tmp_path / "none", *out), ["none", "No such file"]),
        ((a, tmp_path, *out), [tmp_path, "Is a directory"]),
        ((a, tmp_path / "bytes", *out), ["bytes is no whole table"]),
        ((a, b, "-o", a), ["a.ions", "File exists"]),
    ):
        refused(natrolite("modes", *arguments), *words)
    refused(natrolite("modes", a, b), "-o", code=2)


def test_a_constant_column(pair, natrolite, tmp_path):
    for path in pair():
        text = path.read_text().splitlines()
        rows = [" ".join([*row.split()[:3], "0", *row.split()[4:]]) for row in text[6:]]
        path.write_text("\n".join(text[:6] + rows) + "\n")
    a, b = tmp_path / "a.ions", tmp_path / "b.ions"
    refused(
        natrolite("modes", a, b, "-o", tmp_path / "out"), "volume has the same value", "without volume", "--features"
    )


def test_no_neighbor_is_no_distance(pair, natrolite, tmp_path):
    a, b = pair()
    for path in (a, b):
        path.write_text(path.read_text().replace("ion_host", "nearest_ion (A)"))
    a.write_text(cell(3, 2, "-1")(a.read_text()))
    refused(
        natrolite("modes", a, b, "-o", tmp_path / "out", "--features", "ion_ion,nearest_ion"),
        "nearest_ion of ion 4 is -1",
        "within reach",
        "cutoffs",
    )


@pytest.mark.parametrize(
    "name, package", [("sklearn", "scikit-learn"), ("xgboost", "xgboost-cpu"), ("jinja2", "jinja2")]
)
def test_without_a_package(pair, natrolite, monkeypatch, tmp_path, name, package):
    monkeypatch.setitem(sys.modules, name, None)
    refused(natrolite("modes", *pair(), "-o", tmp_path / "out"), package, f"pip install {package}==")
