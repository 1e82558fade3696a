# SPDX-License-Identifier: GPL-2.0-only
"""Python twins of the exchange operators that the C++ engine registers.

    natrolite::ghost_exchange(Tensor x, Tensor types) -> Tensor   x [nlocal, w] -> [nall, w]
    natrolite::global_sum(Tensor x) -> Tensor                     same shape, sum over ranks
    natrolite::global_max(Tensor x) -> Tensor                     same shape, maximum over ranks

Here there is one process, so the sum and the maximum over ranks are the values themselves, and
ghost row k is a copy of local row owner[k]. Every call must happen inside `exchange(...)`; outside
the operators raise an error. Importing this module imports torch and registers the operators.

The engine may be in the same process (LAMMPS' Python module, a notebook). Whoever comes second finds
the operators defined and leaves them so. The engine's kernels then serve all calls, and pass those
from outside its own evaluations on to natrolite_python::, which are the operators of this module.
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


_stack = globals().get("_stack", [])


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


def _defined(name):
    """Return whether an operator with this qualified name is registered in the process."""
    namespace, _, operator = name.partition("::")
    return hasattr(getattr(torch.ops, namespace), operator)


def _register(namespace):
    """Define the operators of a namespace unless somebody else has; return what keeps them alive."""
    library = torch.library.Library(namespace, "FRAGMENT")
    kernels = {
        "ghost_exchange": (_ghost_exchange, _ghost_backward, _ghost_setup),
        "global_sum": (_identity("global_sum"), _identity_backward, None),
        "global_max": (_identity("global_max"), _identity_backward, None),
    }
    for name, (forward, backward, setup) in kernels.items():
        if _defined(f"{namespace}::{name}"):
            continue
        library.define(name + SCHEMAS[name])
        library.impl(name, forward, "CompositeExplicitAutograd")
        torch.library.register_autograd(f"{namespace}::{name}", backward, setup_context=setup, lib=library)
    return library


# A module that is loaded anew keeps what it has registered: its functions are found by their names.
_libraries = [*globals().get("_libraries", ()), *map(_register, ("natrolite_python", "natrolite"))]


def count_nodes(scripted):
    """Return {operator name: nodes in the inlined graph of `scripted.forward`}, dead branches too."""
    graph = scripted.inlined_graph
    return {name: len(graph.findAllNodes(f"natrolite::{name}")) for name in SCHEMAS}
