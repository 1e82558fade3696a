# SPDX-License-Identifier: GPL-2.0-only
"""usage: profile_model.py MODEL OUT ATOMS DEVICE: where the time of a model goes, without LAMMPS.

Diamond with one sodium per 100 atoms, displaced; energy and gradient of the edges, after five calls that
do not count. OUT gets the profiler's table by kernel; prints one line.
"""

import sys
import time

import numpy as np
import torch
from natrolite import modelfile, operators

SIDE = 3.75
BASIS = [[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0], [3, 3, 3], [3, 1, 1], [1, 3, 1], [1, 1, 3]]


def edges_within(positions, side, cutoff):
    """Return vectors and index of all pairs by minimum image; at least 3 cells a side."""
    vectors, index = [], []
    for i, x in enumerate(positions):
        d = positions - x
        d -= side * np.round(d / side)
        near = np.flatnonzero((d**2).sum(1) < cutoff**2)
        near = near[near != i]
        vectors.append(d[near])
        index.append(np.stack([np.full(len(near), i), near]))
    return np.concatenate(vectors), np.concatenate(index, 1)


def main(file, out, atoms, device):
    """Profile one model file."""
    module, metadata = modelfile.load(file)
    module = module.to(device)
    cells = max(round((int(atoms) / 8) ** (1 / 3)), int(np.ceil(2 * metadata["r_max"] / SIDE)))
    corners = np.mgrid[:cells, :cells, :cells].reshape(3, -1).T
    positions = SIDE * (corners[:, None] + np.array(BASIS) / 4).reshape(-1, 3)
    positions += np.random.default_rng(7).normal(0.0, 0.05, positions.shape)
    vectors, index = edges_within(positions, cells * SIDE, metadata["r_max"])
    names = metadata["type_names"]
    types = np.full(len(positions), names.index("C"))
    types[::100] = names.index("Na")
    types = torch.as_tensor(types, device=device)
    index = torch.as_tensor(index, device=device)

    def step():
        v = torch.as_tensor(vectors, device=device).requires_grad_(True)
        with operators.exchange():
            data = {"edge_vec": v, "edge_index": index, "types": types, "types_local": types}
            energy = module(data)["atomic_energy"].sum()
            torch.autograd.grad([energy], [v])
        if device == "cuda":
            torch.cuda.synchronize()

    first = time.perf_counter()
    for _ in range(5):
        step()
    first, begin = time.perf_counter() - first, time.perf_counter()
    for _ in range(3):
        step()
    ms = 1e3 * (time.perf_counter() - begin) / 3
    kinds = [torch.profiler.ProfilerActivity.CPU]
    kinds += [torch.profiler.ProfilerActivity.CUDA] if device == "cuda" else []
    with torch.profiler.profile(activities=kinds) as profiler:
        step()
    order = f"self_{device}_time_total"
    with open(out, "w") as stream:
        stream.write(profiler.key_averages().table(sort_by=order, row_limit=40, max_name_column_width=90))
    print(f"{len(positions)} atoms, {len(vectors)} edges: {ms:.1f} ms, five first calls {first:.1f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
