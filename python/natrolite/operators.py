# SPDX-License-Identifier: GPL-2.0-only
"""Python twins of the exchange operators that the C++ engine registers.

    natrolite::ghost_exchange(Tensor x, Tensor types) -> Tensor   x [nlocal, w] -> [nall, w]
    natrolite::global_sum(Tensor x) -> Tensor                     same shape, sum over ranks
    natrolite::global_max(Tensor x) -> Tensor                     same shape, maximum over ranks

Here there is one process, so the sum and the maximum over ranks are the values themselves, and
ghost row k is a copy of local row owner[k]. Every call must happen inside `exchange(...)`; outside
the operators raise an error. Importing this module imports torch and registers the operators.
"""

import contextlib

import torch

SCHEMAS = {
    "ghost_exchange": "(Tensor x, Tensor types) -> Tensor",
    "global_sum": "(Tensor x) -> Tensor",
    "global_max": "(Tensor x) -> Tensor",
}


class Exchange:
    """What one evaluation exchanges with.

    owner: int64 [nghost], the local row that ghost row k copies (empty: no ghosts).
    calls: operator name -> number of forward calls so far.
    widths: width in elements of every ghost_exchange so far, in order.
    """

    def __init__(self, owner=None):
        self.owner = torch.as_tensor([] if owner is None else owner, dtype=torch.int64)
        self.calls = dict.fromkeys(SCHEMAS, 0)
        self.widths = []


_stack = []


@contextlib.contextmanager
def exchange(owner=None):
    """Give the operators a context: `with exchange(owner) as e: ...; e.calls, e.widths`.

    owner: int64 [nghost] or None (no ghosts). The backward pass may run after the block.
    """
    context = Exchange(owner)
    _stack.append(context)
    try:
        yield context
    finally:
        _stack.pop()


def _context(name):
    if not _stack:
        raise RuntimeError(
            f"natrolite::{name} was called without an exchange context: evaluate the model inside "
            "'with natrolite.operators.exchange(owner):' (in LAMMPS the pair style sets it)"
        )
    return _stack[-1]


def _ghost_exchange(x, types):
    context = _context("ghost_exchange")
    owner = context.owner.to(x.device)
    nlocal, nall = x.size(0), types.size(0)
    if nlocal + owner.numel() != nall:
        raise RuntimeError(
            f"natrolite::ghost_exchange: {nlocal} local rows and {owner.numel()} ghosts in the "
            f"context, but types has {nall} entries"
        )
    context.calls["ghost_exchange"] += 1
    context.widths.append(x.shape[1:].numel())
    return torch.cat([x, x.index_select(0, owner)])


def _ghost_setup(ctx, inputs, output):
    ctx.owner = _context("ghost_exchange").owner.to(inputs[0].device)
    ctx.nlocal = inputs[0].size(0)


def _ghost_backward(ctx, grad):
    local, ghost = grad[: ctx.nlocal], grad[ctx.nlocal :]
    return local.index_add(0, ctx.owner, ghost), None


def _identity(name):
    def forward(x):
        _context(name).calls[name] += 1
        return x.clone()

    return forward


def _identity_backward(ctx, grad):
    return grad


def _register():
    """Define the operators once per process; another definition of them is an error."""
    library = torch.library.Library("natrolite", "DEF")
    for name, schema in SCHEMAS.items():
        library.define(name + schema)
    library.impl("ghost_exchange", _ghost_exchange, "CompositeExplicitAutograd")
    torch.library.register_autograd(
        "natrolite::ghost_exchange", _ghost_backward, setup_context=_ghost_setup, lib=library
    )
    for name in ("global_sum", "global_max"):
        library.impl(name, _identity(name), "CompositeExplicitAutograd")
        torch.library.register_autograd(f"natrolite::{name}", _identity_backward, lib=library)
    return library


_library = _register()


def count_nodes(scripted):
    """Return {operator name: nodes in the inlined graph of `scripted.forward`}, dead branches too."""
    graph = scripted.inlined_graph
    return {name: len(graph.findAllNodes(f"natrolite::{name}")) for name in SCHEMAS}
