# SPDX-License-Identifier: GPL-2.0-only
"""200 mutated model files through lmp, a fifth of them on 2 ranks: one error line, or the very results of the whole file.

A mutation may be harmless (a bit in a zip's padding, a changed name or license); then energy and
forces must be those of the original. Everything else ends with one line that names the file: no
crash, no hang, no other numbers. Seeded, so every session tests the same files.
"""

import concurrent.futures
import io
import json
import random
import zipfile

import lammps_run
import numpy as np
import toy_systems

SYSTEM = toy_systems.system("box")
SHARE = 2 if lammps_run.KOKKOS else 1  # reading a file has no /kk form
COUNTS = {"weights": 25, "truncated": 25, "bits": 50, "garbage": 25, "metadata": 50, "records": 25}
COUNTS = {kind: count // SHARE for kind, count in COUNTS.items()}
VALUES = [None, True, 0, -1, 3, 1e9, -0.5, "", "x", "float16", [], [1, 2], {}, [[1.0]], "Ne", 1e-300]


def truncated(data, rng):
    return data[: rng.randrange(len(data))]


def bits(data, rng):
    """Flip one to three bits."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def weights(data, rng):
    """Flip a bit of a tensor: the self test sees a large change, only the checksum a small one."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if "/data/" in name or "/constants/" in name]
        contents = [archive.read(name) for name in names]
    tensor = rng.choice([content for content in contents if content])
    changed = bytearray(data)
    changed[data.index(tensor) + rng.randrange(len(tensor))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def garbage(data, rng):
    """Overwrite, remove, or insert up to 200 bytes."""
    at, n = rng.randrange(len(data)), rng.randrange(1, 200)
    noise = bytes(rng.randrange(256) for _ in range(n))
    return data[:at] + rng.choice([noise + data[at + n :], data[at + n :], noise + data[at:]])


def rewritten(data, change):
    """Return the archive with change(name, content) in place of each record; valid checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = change(entry.filename, old.read(entry))
            if content is not None:
                new.writestr(entry.filename, content)
    return out.getvalue()


def spoiled(meta, rng):
    """Return metadata with one value replaced, removed, or exchanged with another, at any depth."""
    place = meta
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys)
        if isinstance(place[key], (dict, list)) and place[key] and rng.random() < 0.4:
            place = place[key]
            continue
        break
    what = rng.choice(["value", "value", "remove", "swap"])
    other = rng.choice(keys)
    if what == "remove":
        del place[key]
    elif what == "swap":
        place[key], place[other] = place[other], place[key]
    else:
        place[key] = rng.choice(VALUES)
    return meta


def metadata(data, rng):
    def change(name, content):
        if not name.endswith("natrolite.json"):
            return content
        return json.dumps(spoiled(json.loads(content), rng))

    return rewritten(data, change)


def records(data, rng):
    """Remove a record, or give it the content of another."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    victim, other = rng.choice(list(contents)), rng.choice(list(contents))
    replacement = rng.choice([None, contents[other]])
    return rewritten(data, lambda name, content: replacement if name == victim else content)


def evaluate(file, folder, ranks=1):
    """Run one file; return (exit code, error lines, output, Point or None)."""
    folder.mkdir()
    deck = lammps_run.single_point("at", SYSTEM, folder, lammps_run.pair(file, SYSTEM.names))
    done = lammps_run.attempt(deck, folder, ranks, timeout=120)
    good = done.code == 0 and not done.errors()
    return done, lammps_run.point(done, "at") if good else None


def verdict(file, folder, whole, ranks):
    """Return "refused" or "harmless"; raise AssertionError for anything else."""
    done, found = evaluate(file, folder, ranks)
    if found is not None:
        limit = 0.0 if ranks == 1 else 1e-12  # sums over ranks are rounded in another order
        same = abs(found.energy - whole.energy) <= limit
        same = same and np.abs(found.forces - whole.forces).max() <= limit
        assert same, f"{file.name} ran with other results: {found.energy} for {whole.energy}"
        return "harmless"
    errors = done.errors()
    assert 0 < done.code < 128, f"{file.name} crashed: exit {done.code}\n{done.tail()}"
    assert len(errors) == 1 and file.name in errors[0], f"{file.name}: {errors}\n{done.tail()}"
    return "refused"


def test_mutated_files(toys, tmp_path):
    rng = random.Random(20261121)
    wholes = {name: (toys / f"{name}.pt").read_bytes() for name in ("mp3", "charged", "committee")}
    points = {name: evaluate(toys / f"{name}.pt", tmp_path / name)[1] for name in wholes}
    jobs = []
    for kind, count in COUNTS.items():
        for k in range(count):
            name = rng.choice(list(wholes))
            file = tmp_path / f"{kind}-{k}-{name}.pt"
            file.write_bytes(globals()[kind](wholes[name], rng))
            jobs.append((kind, file, name))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [
            (kind, pool.submit(verdict, file, tmp_path / f"run-{file.stem}", points[name], 1 + (k % 5 == 0)))
            for k, (kind, file, name) in enumerate(jobs)
        ]
        failures, seen = [], {}
        for kind, future in futures:
            try:
                result = future.result()
            except AssertionError as problem:
                failures.append(str(problem))
                continue
            seen[kind, result] = seen.get((kind, result), 0) + 1
    print(f"\nmutated model files: {seen}")
    assert not failures, f"{len(failures)} of {len(jobs)}:\n" + "\n".join(failures[:10])
    assert all(seen.get((kind, "refused"), 0) > count // 4 for kind, count in COUNTS.items()), seen
