# SPDX-License-Identifier: GPL-2.0-only
"""The skeleton of a family is exported as doc/CONTRIBUTING.rst says, and differs when its original does."""

import json
import pathlib
import sys

import pytest
from natrolite import exporters
from natrolite.errors import NatroliteError
from natrolite.export import export
from natrolite.modelfile import read_metadata

sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    monkeypatch.setitem(exporters.FAMILIES, "springs", "springs")
    config = {"name": "two", "license": "CC0-1.0", "elements": ["Ar", "Ne"], "cutoff": 4.5, "k": 0.3}
    path = tmp_path / "two.json"
    path.write_text(json.dumps({"springs": config}))
    return path


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_family_is_exported(checkpoint, tmp_path, dtype):
    family = exporters.resolve(str(checkpoint))
    assert family.__name__ == "springs"
    report, _ = export(family, str(checkpoint), tmp_path / "two.pt", dtype)
    assert report.force < {"float32": 1e-5, "float64": 1e-12}[dtype]
    assert read_metadata(tmp_path / "two.pt")["family"] == "springs"


def test_another_original_is_refused(checkpoint, tmp_path, monkeypatch):
    family = exporters.resolve(str(checkpoint))
    right = family._original
    monkeypatch.setattr(family, "_original", lambda config: right({**config, "k": 1.01 * config["k"]}))
    with pytest.raises(NatroliteError, match="differs from the original"):
        export(family, str(checkpoint), tmp_path / "two.pt", "float64")
    assert not (tmp_path / "two.pt").exists()
