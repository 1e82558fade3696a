# SPDX-License-Identifier: GPL-2.0-only
"""Several ranks in one process: one thread each, the exchange operators between them.

Registers its own natrolite::* operators, so it must not meet natrolite.operators in a process: it
is imported by scripts that tests start. Every collective compares its name and width over the
ranks, forward and backward: ranks that do not make the same sequence of calls fail, not hang.
"""

import dataclasses
import threading

import numpy as np
import torch

TIMEOUT = 60.0


class World:
    """Meeting place of `size` ranks."""

    def __init__(self, size):
        self.size = size
        self.barrier = threading.Barrier(size)
        self.slots = [None] * size
        self.log = []

    def gather(self, rank, name, value):
        """Return the values of all ranks, in order; `name` must be the same everywhere."""
        self.slots[rank] = (name, value)
        self.barrier.wait(TIMEOUT)
        names, values = zip(*self.slots)
        if len(set(names)) > 1:
            self.barrier.abort()
            raise RuntimeError(f"ranks disagree on the next exchange: {names}")
        if rank == 0:
            self.log.append(name)
        self.barrier.wait(TIMEOUT)
        return values


@dataclasses.dataclass
class Seat:
    """One rank: its world, its number, and (rank, row) of the owner of every ghost."""

    world: World
    rank: int
    owners: list

    def gather(self, name, value):
        return self.world.gather(self.rank, f"{name} {tuple(value.shape[1:])} {value.dtype}", value)


_here = threading.local()


def _ghost_exchange(x, types):
    assert x.size(0) + len(_here.seat.owners) == types.size(0)
    parts = _here.seat.gather("ghost", x.detach())
    rows = [parts[rank][row : row + 1] for rank, row in _here.seat.owners]
    return torch.cat([x, *rows])


def _ghost_setup(ctx, inputs, output):
    ctx.seat, ctx.nlocal = _here.seat, inputs[0].size(0)


def _ghost_backward(ctx, grad):
    message = grad[ctx.nlocal :]
    local = grad[: ctx.nlocal].clone()
    parts = ctx.seat.gather("ghost backward", message)
    everyone = ctx.seat.world.owners
    for rank, part in enumerate(parts):
        for row, (owner, target) in zip(part, everyone[rank]):
            if owner == ctx.seat.rank:
                local[target] += row
    return local, None


def _sum(x):
    return torch.stack(_here.seat.gather(f"sum {tuple(x.shape)}", x.detach())).sum(0)


def _sum_setup(ctx, inputs, output):
    ctx.seat = _here.seat


def _sum_backward(ctx, grad):
    return torch.stack(ctx.seat.gather("sum backward", grad)).sum(0)


def _max(x):
    return torch.stack(_here.seat.gather(f"max {tuple(x.shape)}", x.detach())).amax(0)


def _max_setup(ctx, inputs, output):
    ctx.seat, ctx.mine = _here.seat, inputs[0] == output


def _max_backward(ctx, grad):
    """Give the first rank that has the maximum the gradients of all ranks."""
    parts = ctx.seat.gather("max backward", torch.stack([grad, ctx.mine.to(grad)]))
    total = sum(part[0] for part in parts)
    before = sum((part[1] for part in parts[: ctx.seat.rank]), torch.zeros_like(grad))
    return torch.where(ctx.mine & (before == 0), total, torch.zeros_like(total))


def register():
    """Define the three operators; return the library, which must be kept."""
    library = torch.library.Library("natrolite", "DEF")
    table = {
        "ghost_exchange(Tensor x, Tensor types)": (_ghost_exchange, _ghost_setup, _ghost_backward),
        "global_sum(Tensor x)": (_sum, _sum_setup, _sum_backward),
        "global_max(Tensor x)": (_max, _max_setup, _max_backward),
    }
    for schema, (forward, setup, backward) in table.items():
        library.define(schema + " -> Tensor")
        name = schema.split("(")[0]
        library.impl(name, forward, "CompositeExplicitAutograd")
        torch.library.register_autograd(f"natrolite::{name}", backward, setup_context=setup, lib=library)
    return library


def split(pairs, types, home):
    """Return one dict per rank: rows (its atoms), index, vec, types, owners.

    pairs: (i, j, vec, shift) of the whole system; types: int64 [n]; home: rank of every atom. A
    neighbor is a local row if it is the atom itself on its own rank, else a ghost.
    """
    i, j, vec, shift = pairs
    parts = []
    for rank in range(max(home) + 1):
        rows = np.flatnonzero(np.asarray(home) == rank)
        local = {int(atom): row for row, atom in enumerate(rows)}
        ghosts, index = {}, []
        edges = np.flatnonzero(np.isin(i, rows))
        for e in edges:
            key = (int(j[e]), *map(int, shift[e]))
            if key[0] in local and not any(key[1:]):
                index.append(local[key[0]])
            else:
                index.append(ghosts.setdefault(key, len(rows) + len(ghosts)))
        center = [local[int(a)] for a in i[edges]]
        names = [*rows.tolist(), *[key[0] for key in ghosts]]
        index = np.array([center, index], dtype=np.int64).reshape(2, -1)
        parts.append(
            {
                "rows": rows,
                "vec": vec[edges],
                "index": index,
                "types": types[names].reshape(-1),
                "ghosts": names[len(rows) :],
            }
        )
    position = {}
    for rank, part in enumerate(parts):
        position.update({int(atom): (rank, row) for row, atom in enumerate(part["rows"])})
    for part in parts:
        part["owners"] = [position[atom] for atom in part["ghosts"]]
    return parts


def _one(model, part, seat, charge, spin, out):
    _here.seat = seat
    nlocal = len(part["rows"])
    vec = torch.tensor(part["vec"].reshape(-1, 3), dtype=torch.float64, requires_grad=True)
    types = torch.tensor(part["types"], dtype=torch.int64)
    data = {
        "edge_vec": vec,
        "edge_index": torch.tensor(part["index"], dtype=torch.int64),
        "types": types,
        "types_local": types[:nlocal].clone(),
        "total_charge": torch.tensor([charge], dtype=torch.float64),
        "total_spin": torch.tensor([spin], dtype=torch.float64),
    }
    result = model(data)
    (gradient,) = torch.autograd.grad([result["atomic_energy"].sum()], [vec])
    out[seat.rank] = ({k: v.detach().numpy() for k, v in result.items()}, gradient.numpy())


def evaluate(model, pairs, types, home, charge=0.0, spin=0.0):
    """Return (per-atom outputs {name: [n]}, forces [n, 3], log of exchanges) of a split system.

    home: rank of every atom; a rank below the largest that no atom names is an empty rank.
    Raises what a rank raised.
    """
    parts = split(pairs, np.asarray(types), home)
    world = World(len(parts))
    world.owners = [part["owners"] for part in parts]
    out, errors = [None] * world.size, []

    def work(rank):
        try:
            _one(model, parts[rank], Seat(world, rank, parts[rank]["owners"]), charge, spin, out)
        except Exception as error:  # handed to the caller
            errors.append(error)
            world.barrier.abort()

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(world.size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise next((e for e in errors if not isinstance(e, threading.BrokenBarrierError)), errors[0])
    return *_merge(parts, out, len(types)), world.log


def _merge(parts, out, n):
    """Return the outputs and forces of all atoms in their own order."""
    forces, outputs = np.zeros((n, 3)), {name: np.full(n, np.nan) for name in out[0][0]}
    for part, (result, gradient) in zip(parts, out):
        names = np.array([*part["rows"], *part["ghosts"]], dtype=np.int64)
        np.add.at(forces, names[part["index"][0]], gradient)
        np.subtract.at(forces, names[part["index"][1]], gradient)
        for name, value in result.items():
            outputs[name][part["rows"]] = value
    return outputs, forces
