# SPDX-License-Identifier: GPL-2.0-only
"""Exported nequix models (small, random weights; the real ones where NATROLITE_NEQUIX names their folder).

test_matrix.py compares with nequix's calculator in LAMMPS; here are metadata, the cache, refusals, and the
real files against reference energies. Runs in the environment of cmake/pins-nequix.txt.
"""

import json
import os
import pathlib
import random
import sys

import numpy as np
import pytest
import structures
import tiny_nequix as tiny
from ase import Atoms
from natrolite import cli, evaluate, exporters, modelfile
from natrolite.errors import NatroliteError
from natrolite.export import export
from natrolite.exporters import nequix as family
from natrolite.exporters import nequix_files

REAL = os.environ.get("NATROLITE_NEQUIX")
PUBLISHED = ["nequix-mp-1-pft", "nequix-oam-1-pft", "nequix-omat-1"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Return a file of nequix with random weights."""
    return tiny.write(tmp_path_factory.mktemp("nequix") / "tiny.nqx")


@pytest.fixture(scope="module")
def exported(file, tmp_path_factory):
    """Return (module, metadata) of its model file in float64."""
    path = tmp_path_factory.mktemp("exported") / "tiny.pt"
    export(family, str(file), path, "float64")
    return modelfile.load(path)


def test_equals_nequixs_calculator_with_ghosts(file, exported):
    """In Python, also the plain network that every export is compared with."""
    atoms = structures.short_triclinic()
    energy, forces, stress = tiny.calculator(file, "float64")(atoms)
    plain = family.build(str(file), "float64").original(atoms)
    for result in (evaluate.evaluate(*exported, atoms, ghosts=True)[0], plain):
        assert abs(result.energy - energy) / len(atoms) <= 1e-9
        assert np.abs(result.forces - forces).max() <= 1e-9
        assert np.abs(result.virial / atoms.get_volume() + stress).max() <= 1e-9
    assert np.abs(forces).max() > 0.01


def test_file_that_was_changed_is_one_of_nequix(file, tmp_path):
    """nequix reads what nequix_files.write writes; the terms in its header are those of its model file."""
    changed, path = nequix_files.read(file), str(tmp_path / "changed.nqx")
    changed.readout *= 1.25
    changed.config |= {"license": "one; two", "citation": ["@misc{three}"]}
    nequix_files.write(path, file, changed)
    atoms = structures.short_triclinic()
    built = family.build(path, "float64")
    energy, forces, _ = tiny.calculator(path, "float64")(atoms)
    plain, before = built.original(atoms), tiny.calculator(file, "float64")(atoms)[1]
    assert abs(plain.energy - energy) / len(atoms) <= 1e-6 and np.abs(plain.forces - forces).max() <= 1e-6
    assert np.abs(1.25 * before - forces).max() <= 1e-6 < np.abs(before - forces).max()
    assert (built.fields["license"], built.fields["citation"]) == ("one; two", ["@misc{three}"])


def test_metadata(exported):
    _, meta = exported
    assert (meta["family"], meta["name"], meta["r_max"]) == ("nequix", "tiny", 4.0)
    assert (meta["num_layers"], meta["strictly_local"]) == (3, False)
    assert meta["exchange_widths"] == [6 + 4 * 3 + 3 * 5] * 2 and meta["collectives"]["ghost"] == 2
    assert meta["type_names"] == ["H", "C", "O", "Na", "Ti"] and meta["atomic_numbers"] == tiny.NUMBERS
    assert meta["license"] == "not stated (user checkpoint)" and len(meta["citation"]) == 1
    assert meta["arch"]["config"]["hidden_irreps"] == tiny.CONFIG["hidden_irreps"]
    result, context = evaluate.evaluate(*exported, structures.lone_atom()[:0])
    assert result.energy == 0.0 and context.calls["ghost_exchange"] == 2


def test_paths_of_the_published_network():
    config = {"hidden_irreps": "128x0e + 64x1o + 32x2e + 32x3o", "lmax": 3, "n_layers": 4, "atomic_numbers": [0] * 89}
    paths = [nequix_files.paths(config, i) for i in range(4)]
    assert [len(p) for p in paths] == [4, 23, 23, 4]
    assert [sum(path[0] for path in p) for p in paths] == [356, 1312, 1312, 256]


def test_name_in_the_cache_of_nequix(file, tmp_path, monkeypatch, capsys):
    """By name from where nequix keeps its downloads; without the file, the way to get it is told."""
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = ["export", "nequix-oam-1-pft", "-o", str(tmp_path / "x.pt")]
    assert cli.main(arguments) == 1
    assert "models/nequix-oam-1-pft.nqx from github.com/atomicarchitects/nequix" in capsys.readouterr().err
    cache = tmp_path / ".cache" / "nequix" / "models"
    cache.mkdir(parents=True)
    (cache / "nequix-oam-1-pft.nqx").write_bytes(pathlib.Path(file).read_bytes())
    assert cli.main(arguments) == 0
    meta = modelfile.read_metadata(str(tmp_path / "x.pt"))
    assert (meta["name"], meta["license"], meta["dtype"]) == ("nequix-oam-1-pft", "MIT", "float32")
    assert [entry.split("{")[1].split(",")[0] for entry in meta["citation"]] == ["koker2025training", "koker2026pft"]


def test_all_names_are_those_of_nequix():
    from nequix.calculator import NequixCalculator

    names = {name for name, module in exporters.NAMES.items() if module == "nequix"}
    assert names == family.PRETRAINED == set(NequixCalculator.URLS)


# --- refusals -------------------------------------------------------------------------------------


def refused(path, *words):
    assert exporters.resolve(str(path)) is family
    with pytest.raises(NatroliteError) as error:
        family.build(str(path), "float64")
    text = str(error.value)
    assert all(word in text for word in words) and "\n" not in text and path.name in text, text


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"index_weights": True}, ["index_weights: false"]),
        ({"hidden_irreps": "6x0e + 4x1e"}, ["hidden_irreps 6x0e + 4x1e", "parity"]),
        ({"hidden_irreps": "6x0e + 4x2e + 3x1o"}, ["in order of l"]),
        ({"hidden_irreps": "6x0e + 4x3o"}, ["lmax = 2"]),
        ({"hidden_irreps": "6x1o"}, ["0e"]),
        ({"hidden_irreps": "many"}, ["hidden_irreps many"]),
        ({"hidden_irreps": "7x0e + 4x1o + 3x2e"}, ["float32 (5, 13)", "asks for (5, 14)"]),
        ({"n_layers": 4}, ["array", "damaged"]),
        ({"n_layers": 2}, ["asks for"]),
        ({"n_layers": True}, ["n_layers = True", "int"]),
        ({"layer_norm": False}, ["array", "asks for"]),
        ({"cutoff": "6"}, ["cutoff = '6'", "float"]),
        ({"cutoff": -6.0}, ["cutoff = -6.0"]),
        ({"atomic_numbers": [1, 6, 8, 11, 11]}, ["atomic_numbers"]),
        ({"scale": None}, ["scale = None"]),
    ],
)
def test_headers_that_are_refused(changes, words, file, tmp_path):
    line, rest = pathlib.Path(file).read_bytes().split(b"\n", 1)
    path = tmp_path / "changed.nqx"
    path.write_bytes(json.dumps({**json.loads(line), **changes}).encode() + b"\n" + rest)
    refused(path, *words)


def test_missing_key_and_modality(file, tmp_path):
    line, rest = pathlib.Path(file).read_bytes().split(b"\n", 1)
    header = {key: value for key, value in json.loads(line).items() if key not in ("shift", "scale")}
    path = tmp_path / "old.nqx"
    path.write_bytes(json.dumps(header).encode() + b"\n" + rest)
    refused(path, "lacks shift, scale")
    with pytest.raises(NatroliteError, match="leave --modality PBE out"):
        family.build(str(file), "float64", "PBE")


def test_scalars_between_the_arrays_are_skipped(file, tmp_path):
    """Older versions of nequix wrote settings as arrays without dimensions."""
    import io

    scalar = io.BytesIO()
    np.save(scalar, np.float32(3.0))
    line, rest = pathlib.Path(file).read_bytes().split(b"\n", 1)
    path = tmp_path / "older.nqx"
    path.write_bytes(line + b"\n" + scalar.getvalue() + rest + scalar.getvalue())
    old, new = nequix_files.read(str(path)), nequix_files.read(str(file))
    assert np.array_equal(old.energies, new.energies) and np.array_equal(old.readout, new.readout)


def test_damaged_files(file, tmp_path):
    """200 mutations: one line that names the file, or the very numbers (or other finite ones in place)."""
    data, rng, refusals = pathlib.Path(file).read_bytes(), random.Random(4), 0
    header = data.index(b"\n")
    path = tmp_path / "damaged.nqx"
    for k in range(200):
        mutated = bytearray(data)
        if k % 2:
            mutated = mutated[: rng.randrange(header + 10, len(data))]
        else:
            for _ in range(8):
                mutated[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(mutated)
        try:
            nequix_files.read(str(path))
        except NatroliteError as error:
            refusals += 1
            assert "damaged.nqx" in str(error) and "\n" not in str(error)
    assert refusals > 110


def test_without_e3nn(file, monkeypatch):
    for name in [n for n in sys.modules if n == "e3nn" or n.startswith("e3nn.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "e3nn", None)
    with pytest.raises(NatroliteError, match="need the package e3nn.*pip install e3nn==0.6.0"):
        family.build(str(file), "float32")


# --- the published files --------------------------------------------------------------------------


@pytest.mark.skipif(not REAL, reason="NATROLITE_NEQUIX names no folder with nequix-*.nqx")
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_give_the_reference(name):
    """Energies and forces of reference.json: of another program, in float64."""
    built = family.build(os.path.join(REAL, f"{name}.nqx"), "float32")
    assert (built.fields["name"], built.fields["license"]) == (name, "MIT")
    assert len(built.fields["type_names"]) == 89
    entries = [e for e in json.loads(pathlib.Path(REAL, "reference.json").read_text()) if e["model"] == name]
    assert len(entries) == 2
    for entry in entries:
        atoms = Atoms(entry["symbols"], entry["positions"], cell=entry["cell"], pbc=entry["pbc"])
        result, context = evaluate.evaluate(built.module, built.fields, atoms)
        assert abs(result.energy - entry["energy"]) / len(atoms) <= 1e-6
        assert np.abs(result.forces - entry["forces"]).max() <= 5e-5
        assert context.widths == [704] * 3
