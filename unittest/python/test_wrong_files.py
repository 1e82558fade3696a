# SPDX-License-Identifier: GPL-2.0-only
"""Every subcommand with every wrong file: one line, exit code 1, and nothing in the file is run."""

import io
import json
import os
import pickle
import random
import zipfile

import pytest
import torch
from natrolite import modelfile
from test_cli import refused

COMMANDS = {
    "info": ["info", "{file}"],
    "check": ["check", "{file}"],
    "export": ["export", "{file}", "-o", "{out}"],
    "plot": ["plot", "{file}"],
}


def packed(path, records):
    """Write a zip archive of {name: content}, named as torch.save does; return its path."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            archive.writestr(f"archive/{name}", content)
    return path


class Bomb:
    """Unpickling it writes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """Folder of things that are no model file, no checkpoint and no table."""
    folder = tmp_path_factory.mktemp("wrong")
    rng = random.Random(5)
    (folder / "folder").mkdir()
    (folder / "empty").write_bytes(b"")
    (folder / "random").write_bytes(rng.randbytes(5000))
    (folder / "zeros").write_bytes(bytes(5000))
    (folder / "text").write_text("this is\nno model\n")
    (folder / "dangling").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "fifo")
    packed(folder / "nothing", {})
    packed(folder / "zip", {"something": "else", "data.pkl": rng.randbytes(300)})
    packed(folder / "badjson", {"extra/natrolite.json": '{"format_version": 1,'})
    packed(folder / "nojson", {"extra/natrolite.json": rng.randbytes(100)})
    packed(folder / "deepjson", {"extra/natrolite.json": "[" * 100000})
    packed(folder / "list", {"extra/natrolite.json": "[1, 2]"})
    packed(folder / "number", {"extra/natrolite.json": "1"})
    good = (folder / "badjson").read_bytes()
    (folder / "half").write_bytes(good[: len(good) // 2])
    broken = bytearray(packed(folder / "crc", {"data.pkl": b"0123456789" * 10}).read_bytes())
    broken[60] ^= 1
    (folder / "crc").write_bytes(broken)
    mark = folder / "exploded"
    torch.save(Bomb(mark), folder / "bomb")
    torch.save(Bomb(mark), folder / "oldbomb", _use_new_zipfile_serialization=False)
    (folder / "barebomb").write_bytes(pickle.dumps(Bomb(mark)))
    return folder


NAMES = [
    "folder",
    "empty",
    "random",
    "zeros",
    "text",
    "dangling",
    "loop",
    "fifo",
    "nothing",
    "zip",
    "badjson",
    "nojson",
    "deepjson",
    "list",
    "number",
    "half",
    "crc",
    "bomb",
    "oldbomb",
    "barebomb",
    "missing",
    "text/below",
    "x" * 300,
]


@pytest.mark.parametrize("command", list(COMMANDS))
def test_one_line_for_every_wrong_file(command, natrolite, wrong, tmp_path):
    for name in NAMES:
        words = [w.format(file=wrong / name, out=tmp_path / "out.pt") for w in COMMANDS[command]]
        outcome = natrolite(*words)
        refused(outcome, os.path.basename(name)[:200])
        assert "please report" not in outcome[2], outcome[2]
        assert not (wrong / "exploded").exists(), f"{name} was run"
    assert not list(tmp_path.iterdir())


def test_a_refused_checkpoint_says_that_nothing_was_run(natrolite, wrong, tmp_path):
    refused(natrolite("export", wrong / "bomb", "-o", tmp_path / "x.pt"), "nothing in it was run")


def test_a_checkpoint_that_would_run_something_else(natrolite, checkpoints, tmp_path):
    """It has all that a SevenNet checkpoint has, and one thing more."""
    content = torch.load(checkpoints["linear"], weights_only=False)
    torch.save({**content, "extra": Bomb(tmp_path / "exploded")}, tmp_path / "evil.pth")
    outcome = natrolite("export", tmp_path / "evil.pth", "-o", tmp_path / "x.pt")
    refused(outcome, "evil.pth", "mkdir", "nothing in it was run")
    assert [p.name for p in tmp_path.iterdir()] == ["evil.pth"]


def test_damaged_checkpoint_of_a_family(natrolite, checkpoints, tmp_path):
    content = torch.load(checkpoints["linear"], weights_only=False)
    content["config"]["channel"] = "many"
    torch.save(content, tmp_path / "lacking.pth")
    outcome = natrolite("export", tmp_path / "lacking.pth", "-o", tmp_path / "x.pt")
    refused(outcome, "lacking.pth", "another version")


VALUES = [None, True, -1, 7, 1e30, "", "word", [], [[]], {}, [1, "a"], [None]]


def test_metadata_of_any_kind(natrolite, toys, tmp_path):
    """Each value of the metadata, and of the reference in it, replaced by others: one line or none."""
    meta = modelfile.read_metadata(toys / "charged.pt")
    places = [(key,) for key in meta] + [("reference", key) for key in meta["reference"]]
    seen = set()
    for place in places:
        for value in VALUES:
            changed = json.loads(json.dumps(meta))
            target = changed
            for key in place[:-1]:
                target = target[key]
            target[place[-1]] = value
            file = packed(tmp_path / "changed.pt", {"extra/natrolite.json": json.dumps(changed)})
            outcome = natrolite("info", file)
            seen.add(outcome[0])
            if outcome[0]:
                refused(outcome, "changed.pt", place[0])
    assert seen == {0, 1}


@pytest.mark.parametrize(
    "name, words",
    [
        ("far", ["too far apart"]),
        ("flat", ["too flat"]),
        ("badjson", ["not valid JSON"]),
    ],
)
def test_check_is_bounded(name, words, natrolite, toys):
    refused(natrolite("check", toys / f"{name}.pt"), f"{name}.pt", *words)


def test_damaged_model_files(natrolite, toys, tmp_path):
    """Bytes changed, removed and inserted: info and check take it as it was or refuse in one line."""
    rng = random.Random(11)
    whole = (toys / "mp3.pt").read_bytes()
    right = natrolite("check", toys / "mp3.pt")[1].partition(":")[2]
    verdicts = []
    for k in range(60):
        data, at = bytearray(whole), rng.randrange(len(whole))
        if k % 3 == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif k % 3 == 1:
            del data[at : at + rng.randrange(1, 200)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 50))
        (tmp_path / "damaged.pt").write_bytes(data)
        for command in ("info", "check"):
            outcome = natrolite(command, tmp_path / "damaged.pt")
            verdicts.append(outcome[0])
            if outcome[0]:
                refused(outcome, "damaged.pt")
            elif command == "check":
                assert outcome[1].partition(":")[2] == right
    assert verdicts.count(1) > 60


def test_an_error_that_nobody_has_foreseen_is_one_line_too(natrolite, toys, monkeypatch):
    def fail(path):
        raise LookupError("line 1\nline 2")

    monkeypatch.setattr(modelfile, "read_metadata", fail)
    refused(natrolite("info", toys / "mp.pt"), "LookupError: line 1;", "please report", "-X dev")


def test_records_are_found_by_their_whole_names(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a/myextra/natrolite.json", "{}")
    (tmp_path / "x.pt").write_bytes(stream.getvalue())
    assert not modelfile.is_modelfile(tmp_path / "x.pt")
