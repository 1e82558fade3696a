# SPDX-License-Identifier: GPL-2.0-only
"""natrolite modes: planted modes are found, numbers agree with other programs and formulas.

Every comparison of numbers is with a way of its own: scikit-learn's Ward for scipy's, a generalized eigenproblem for
the discriminants, the definition of Shapley values over all subsets for XGBoost's, Student's t for p."""

import itertools
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "unittest" / "lammps")]

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install scikit-learn==1.7.2")
xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed: pip install xgboost-cpu==3.2.0")
jinja2 = pytest.importorskip("jinja2", reason="jinja2 is not installed: pip install jinja2==3.1.6")

import planted_modes as planted  # noqa: E402
from natrolite.errors import NatroliteError  # noqa: E402
from natrolite.modes import analysis, clusters, populations, systems, trees  # noqa: E402
from natrolite.plots.table import Table  # noqa: E402
from natrolite.units import factor  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402

WIDE = 3.5  # spread of the planted groups at which they touch
FILES = (
    {f"{name}.dat" for name in ("labels", "centers", "fractions", "pearson", "shap", "silhouettes")}
    | {f"{name}.png" for name in ("sankey", "pies", "radial", "map", "shap", "quadrants", "pearson")}
    | {"report.html"}
)


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """(paths, truth) of groups far apart."""
    return planted.write(tmp_path_factory.mktemp("far"))


@pytest.fixture(scope="module")
def touching(tmp_path_factory):
    return planted.write(tmp_path_factory.mktemp("touching"), spread=WIDE)


@pytest.fixture(scope="module")
def found(far):
    return analysis.analyze(systems.read(far[0], planted.NAMES), 8)


@pytest.fixture(scope="module")
def mixed(touching):
    return analysis.analyze(systems.read(touching[0], planted.NAMES), 8)


@pytest.fixture(scope="module")
def written(touching, tmp_path_factory):
    """Folder of a whole run in a process of its own."""
    folder = tmp_path_factory.mktemp("written")
    subprocess.run(
        [sys.executable, "-m", "natrolite", "modes", *touching[0], "-o", folder / "out"],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python"), "PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "2"},
    )
    return folder / "out"


def test_planted_modes_are_found_in_their_order(far, found):
    assert adjusted_rand_score(far[1], found.labels) == 1.0
    assert np.array_equal(far[1], found.labels), "numbered by mean log D"
    assert np.all(np.diff(found.log_d) > 0)
    assert found.accuracies.mean() > 0.99 and len(found.accuracies) == 5
    assert np.abs(found.means - planted.CENTERS).max(axis=0) == pytest.approx(0, abs=3)
    assert np.abs((found.means - planted.CENTERS) / planted.SPREAD).max() < 0.5


def test_the_silhouette_finds_their_number(far):
    ions = systems.read(far[0], planted.NAMES)
    modes = analysis.analyze(ions, None)
    assert modes.count == 8 and sorted(modes.silhouette) == list(range(2, 13))
    assert np.array_equal(modes.labels, far[1])
    a_b = [silhouette_of(modes.z, modes.labels, i) for i in range(0, len(modes.z), 50)]
    assert np.mean(a_b) == pytest.approx(modes.silhouette[8], abs=0.02), "by the definition, for every 50th ion"


def silhouette_of(z, labels, i):
    distance = np.linalg.norm(z - z[i], axis=1)
    own = distance[(labels == labels[i])].sum() / (np.sum(labels == labels[i]) - 1)
    other = min(distance[labels == k].mean() for k in set(labels.tolist()) - {labels[i]})
    return (other - own) / max(own, other)


def test_shares_are_those_of_the_truth_and_sum_to_one(far, found):
    assert np.allclose(found.fractions.sum(axis=1), 1, atol=1e-14)
    assert found.systems == [(d, float(x)) for d in planted.DENSITIES for x in planted.LOADINGS]
    for (density, loading), shares in zip(found.systems, found.fractions):
        truth, _ = planted.ions(density, loading)
        assert [np.mean(truth == k + 1) for k in range(8)] == pytest.approx(shares, abs=1e-14)


def test_correlations_have_the_planted_signs(found):
    for loading, mode, points, r, p, low, high, adjusted in found.correlations:
        assert points == (18 if math.isnan(loading) else 6) and low < r < high and p <= adjusted <= 1
        if math.isnan(loading) and mode in (1, 2, 7, 8):
            assert (r > 0.6) == (mode < 4) and (r < -0.6) == (mode > 4) and adjusted < 0.01


def test_any_order_of_rows_and_files_gives_the_same_bytes(touching, written, natrolite, tmp_path):
    rng = np.random.default_rng(5)
    paths = []
    for path in touching[0]:
        lines = path.read_text().splitlines()
        head, rows = [x for x in lines if x.startswith("#")], [x for x in lines if not x.startswith("#")]
        paths.append(tmp_path / path.name)
        paths[-1].write_text("\n".join(head + [rows[k] for k in rng.permutation(len(rows))]) + "\n")
    rng.shuffle(paths)
    code, out, _ = natrolite("modes", *paths, "-o", tmp_path / "out")
    assert code == 0 and "modes: 8\n" in out and "report.html" in out
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    different = [
        name for name in sorted(FILES) if (tmp_path / "out" / name).read_bytes() != (written / name).read_bytes()
    ]
    assert not different


@pytest.mark.parametrize("units", ["real", "nm", "one of each"])
def test_units_do_not_matter(touching, mixed, units, tmp_path):
    kinds = itertools.cycle(["metal", "real", "nm"] if units == "one of each" else [units])
    paths = []
    for (density, loading), kind in zip(itertools.product(planted.DENSITIES, planted.LOADINGS), kinds):
        text = planted.text(density, loading, planted.ions(density, loading, spread=WIDE)[1], kind)
        if kind == "nm":
            text = text.replace(f"density = {density} g/cm^3", f"density = {1000 * density} kg/m^3")
        paths.append(tmp_path / f"{density}-{loading}.ions")
        paths[-1].write_text(text)
    ions = systems.read(paths, planted.NAMES)
    assert np.allclose(ions.features, mixed.ions.features, rtol=1e-12, atol=1e-12)
    assert np.array_equal(ions.density, mixed.ions.density)
    labels = clusters.ordered(clusters.cut(clusters.z_scores(ions), [8])[:, 0], ions.log_d)
    assert np.array_equal(labels, mixed.labels)


def test_units_of_headers():
    assert factor("A^2/ps", "cm^2/s") == pytest.approx(1e-4, rel=1e-14)
    assert factor("A^2/fs", "cm^2/s") == pytest.approx(0.1, rel=1e-14)
    assert factor("nm^3", "A^3") == pytest.approx(1000, rel=1e-14)
    assert factor("kg/m^3", "g/cc") == pytest.approx(1e-3, rel=1e-14)
    for wrong in ("A^2", "parsec", "A^2/ps/"):
        with pytest.raises(NatroliteError, match="unit"):
            factor(wrong, "cm^2/s")


def test_scikit_learn_finds_the_same_clusters(mixed):
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.preprocessing import StandardScaler

    z = StandardScaler().fit_transform(mixed.ions.features)
    assert np.allclose(z, mixed.z, atol=1e-12)
    theirs = AgglomerativeClustering(8, linkage="ward").fit_predict(z)
    assert adjusted_rand_score(theirs, mixed.labels) == 1.0


def test_discriminants_solve_the_eigenproblem(mixed):
    from scipy.linalg import eigh

    z, labels = mixed.z, mixed.labels
    centers = np.array([z[labels == k].mean(axis=0) for k in range(1, 9)])
    inner = (z - centers[labels - 1]).T @ (z - centers[labels - 1])
    outer = (centers[labels - 1] - z.mean(axis=0)).T @ (centers[labels - 1] - z.mean(axis=0))
    values, vectors = eigh(outer, inner)
    assert mixed.shares == pytest.approx((values / values.sum())[::-1][:2], abs=1e-9)
    for axis in (0, 1):
        along = z @ vectors[:, -1 - axis]
        assert abs(np.corrcoef(along, mixed.map[:, axis])[0, 1]) == pytest.approx(1, abs=1e-9)
    assert np.corrcoef(mixed.map[:, 0], mixed.ions.log_d)[0, 1] > 0.5


def test_shap_values_are_the_shapley_values_of_the_trees(mixed):
    """For all subsets of three features; a feature that is left out goes both ways, weighted by the training."""
    z, labels = mixed.z[::20, :3], np.minimum(mixed.labels[::20], 3)
    booster = trees.train(z, labels, 3)
    dumped = [json.loads(text) for text in booster.get_dump(dump_format="json", with_stats=True)]
    values = trees.shap_values(booster, z)
    for i in (0, 7, 30):
        for mode in range(3):
            own = dumped[mode::3]
            for feature in range(3):
                assert shapley(own, z[i].astype(np.float32), feature) == pytest.approx(
                    values[i, mode, feature], abs=2e-4
                )
    margins = booster.predict(xgboost.DMatrix(z), output_margin=True)
    assert np.abs(values.sum(axis=2) - margins).max() < 1e-4 and np.ptp(margins) > 3
    assert np.allclose(trees.importances(booster, z), np.abs(values[:, :, :3]).mean(axis=0))


def shapley(forest, x, feature):
    others = [k for k in range(len(x)) if k != feature]
    total = 0.0
    for size in range(len(x)):
        for known in itertools.combinations(others, size):
            weight = math.factorial(size) * math.factorial(len(x) - size - 1) / math.factorial(len(x))
            total += weight * sum(expected(t, x, {*known, feature}) - expected(t, x, set(known)) for t in forest)
    return total


def expected(node, x, known):
    if "leaf" in node:
        return node["leaf"]
    feature = int(node["split"][1:])
    yes, no = ({child["nodeid"]: child for child in node["children"]}[node[key]] for key in ("yes", "no"))
    if feature in known:
        return expected(yes if x[feature] < np.float32(node["split_condition"]) else no, x, known)
    parts = [(child["cover"], expected(child, x, known)) for child in (yes, no)]
    return sum(w * v for w, v in parts) / sum(w for w, _ in parts)


def test_accuracy_is_that_of_ions_not_seen(mixed):
    shuffled = np.random.default_rng(2).permutation(mixed.labels)
    by_chance = trees.accuracies(mixed.z[:400], shuffled[:400], 8)
    assert by_chance.mean() < 0.25, "labels without meaning cannot be learned"
    assert mixed.accuracies.mean() > 0.9


def test_correlation_is_the_formula():
    from scipy.stats import norm, t

    x, y = np.array([1.5, 1.7, 2.0, 2.3, 2.5, 3.0]), np.array([0.1, 0.14, 0.12, 0.3, 0.22, 0.4])
    r, p, low, high = populations.correlation(x, y)
    dx, dy = x - x.mean(), y - y.mean()
    expected_r = dx @ dy / math.sqrt((dx @ dx) * (dy @ dy))
    statistic = expected_r * math.sqrt(4 / (1 - expected_r**2))
    half = norm.ppf(0.975) / math.sqrt(3)
    assert r == pytest.approx(expected_r, abs=1e-14) and p == pytest.approx(2 * t.sf(statistic, 4), rel=1e-9)
    assert (low, high) == pytest.approx((math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)), abs=1e-12)
    assert np.isnan(populations.correlation(x[:2], y[:2])).all(), "a line passes through two points"
    assert np.isnan(populations.correlation(x, 0 * y)).all()
    rows = populations.adjusted([(0, 1, 6, 0, p) for p in (0.01, 0.04, 0.03, math.nan)])
    assert [row[-1] for row in rows[:3]] == pytest.approx([0.03, 0.04, 0.04]) and math.isnan(rows[3][-1])


def test_tables_and_page_show_the_same(mixed, written):
    table = Table(written / "fractions.dat")
    assert table.kind == "modes fractions" and table.settings["modes"] == "8"
    assert np.allclose(table.data[:, 3:], mixed.fractions, atol=1e-6)
    assert np.array_equal(Table(written / "labels.dat").column("mode"), mixed.labels)
    pearson = Table(written / "pearson.dat")
    assert pearson.data.shape == (32, 8) and np.isnan(pearson.column("loading")).sum() == 8
    page = (written / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 7 and "Na–C coordination" in page and "Å³" in page
    assert page.count('<td class="number">all</td>') == 8
    for png in written.glob("*.png"):
        assert png.read_bytes()[:4] == b"\x89PNG" and png.stat().st_size > 10000


def test_two_modes_and_other_features(far, natrolite, tmp_path):
    code, out, _ = natrolite("modes", *far[0], "-o", tmp_path / "deep" / "two", "--modes", 2, "--features", "volume")
    assert code == 0 and "modes: 2\n" in out
    assert np.corrcoef(Table(tmp_path / "deep" / "two" / "labels.dat").column("mode"), far[1])[0, 1] > 0.5
    code, out, _ = natrolite("modes", *far[0][:3], "-o", tmp_path / "few", "--modes", 3, "--features", "ion_ion,volume")
    assert code == 0
    assert np.isnan(Table(tmp_path / "few" / "pearson.dat").column("r")).all(), "one density"


def test_packages_are_those_of_the_project_and_the_page():
    from natrolite.modes import PACKAGES

    pinned = [package for package in PACKAGES.values() if "=" in package]
    listed = re.search(r"^modes = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE).group(1)
    assert re.findall(r'"(.*?)"', listed) == pinned
    page = " ".join((ROOT / "doc" / "natrolite_modes.rst").read_text().split())
    assert f"``pip install {' '.join(pinned)}``" in page
    pins = (ROOT / "cmake" / "pins.txt").read_text().lower().splitlines()
    assert all(package in pins for package in pinned)


def test_example_of_the_page_runs(natrolite, tmp_path, monkeypatch):
    from harness import good

    page = (ROOT / "doc" / "natrolite_modes.rst").read_text()
    deck = textwrap.dedent(re.search(r"^\.\. code-block:: LAMMPS\n\n((?:   .*\n|\n)+)", page, re.MULTILINE).group(1))
    good(deck.replace("SELF", "in.deck"), tmp_path)
    tables = sorted(path.name for path in tmp_path.glob("sodium-*.ions"))
    assert len(tables) == 6
    monkeypatch.chdir(tmp_path)
    command = re.search(r"natrolite (modes sodium-\*\.ions .*)", page).group(1).split()
    code, out, error = natrolite(command[0], *tables, *command[2:])
    assert code == 0, error
    assert re.search(r"ions: \d+\n   systems: \d+\n   modes: \d+\n", page).group(0).replace(" " * 3, "") in out
    assert {path.name for path in (tmp_path / "modes").iterdir()} == FILES
    assert natrolite("plot", tables[0])[0] == 0
