# SPDX-License-Identifier: GPL-2.0-only
"""Time of an exported SevenNet model (forward and backward) against sevenn's own calculator.

    python exporter_speed.py [NAME [float32|float64 [REPEATS]]]

Same atoms (222, sodium in graphite), same threads, allocator tuned for both, best of REPEATS; the
calculator's time includes its neighbor list, which is printed apart for ours.
"""

import ctypes
import os
import sys
import tempfile
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "python"), os.path.join(HERE, "..", "unittest")]
SEVENN_NAMES = {"sevennet-0": "7net-0", "sevennet-l3i5": "7net-l3i5"}


def main():
    libc = ctypes.CDLL(None)
    libc.mallopt(-4, 0)  # M_MMAP_MAX
    libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD
    warnings.simplefilter("ignore")
    import structures
    import tiny_sevennet
    import torch
    from natrolite import evaluate, graph, modelfile
    from natrolite.export import export
    from natrolite.exporters import sevennet

    name = sys.argv[1] if len(sys.argv) > 1 else "sevennet-0"
    dtype = sys.argv[2] if len(sys.argv) > 2 else "float32"
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 6
    with tempfile.TemporaryDirectory() as folder:
        export(sevennet, name, os.path.join(folder, "model.pt"), dtype)
        module, meta = modelfile.load(os.path.join(folder, "model.pt"))
    atoms = structures.na_in_graphite().repeat((2, 3, 1))
    calculator = tiny_sevennet.calculator(SEVENN_NAMES[name], dtype)
    types = evaluate.types_of(atoms, meta)
    edges = graph.folded(atoms, types, meta["r_max"])
    eager = sevennet.build(name, dtype).module
    runs = {
        "sevenn's calculator": lambda: calculator.calculate(atoms),
        "model file": lambda: evaluate.evaluate_graph(module, edges),
        "the same, eager": lambda: evaluate.evaluate_graph(eager, edges),
        "edges by ase": lambda: graph.folded(atoms, types, meta["r_max"]),
    }
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for label, run in runs.items():
            start = time.perf_counter()
            run()
            best[label] = min(best[label], time.perf_counter() - start)
    print(f"{name} {dtype}, {len(atoms)} atoms, {len(edges.edge_vec)} edges, "
          f"{torch.get_num_threads()} threads; ms per atom (ratio)")
    for label, seconds in best.items():
        ratio = seconds / best["sevenn's calculator"]
        print(f"{label:<22}{1e3 * seconds / len(atoms):8.2f}  ({ratio:.2f})")


if __name__ == "__main__":
    main()
