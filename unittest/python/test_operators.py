# SPDX-License-Identifier: GPL-2.0-only
"""The Python twins of the exchange operators: values, gradients, counters, refusals."""

import pytest
import torch
from natrolite import operators

OPS = torch.ops.natrolite


def test_schemas_are_those_of_the_contract():
    assert str(OPS.ghost_exchange.default._schema) == ("natrolite::ghost_exchange(Tensor x, Tensor types) -> Tensor")
    for name in ("global_sum", "global_max"):
        schema = str(getattr(OPS, name).default._schema)
        assert schema == f"natrolite::{name}(Tensor x) -> Tensor"


def test_ghost_rows_are_copies_of_their_owners():
    x = torch.arange(6.0).view(3, 2)
    with operators.exchange([2, 0, 2]):
        out = OPS.ghost_exchange(x, torch.zeros(6, dtype=torch.int64))
    assert out.tolist() == [[0, 1], [2, 3], [4, 5], [4, 5], [0, 1], [4, 5]]


def test_without_ghosts_it_is_the_identity():
    x = torch.randn(4, 3)
    with operators.exchange():
        out = OPS.ghost_exchange(x, torch.zeros(4, dtype=torch.int64))
    assert torch.equal(out, x) and out.data_ptr() != x.data_ptr()


def test_gradients_of_ghosts_are_summed_into_their_owners():
    x = torch.zeros(3, 1, requires_grad=True)
    with operators.exchange([2, 0, 2]):
        out = OPS.ghost_exchange(x, torch.zeros(6, dtype=torch.int64))
    factors = torch.tensor([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0]])
    (out * factors).sum().backward()  # after the block: the owners are remembered
    assert x.grad.flatten().tolist() == [17.0, 2.0, 44.0]


@pytest.mark.parametrize("nlocal, owner", [(3, [2, 0, 2, 1]), (2, []), (0, []), (1, [0])])
def test_gradcheck(nlocal, owner):
    x = torch.randn(nlocal, 5, dtype=torch.float64, requires_grad=True)
    types = torch.zeros(nlocal + len(owner), dtype=torch.int64)
    with operators.exchange(owner):
        assert torch.autograd.gradcheck(lambda y: OPS.ghost_exchange(y, types) ** 2, (x,))
        if nlocal:
            assert torch.autograd.gradcheck(lambda y: OPS.global_sum(y) ** 2, (x,))
            assert torch.autograd.gradcheck(lambda y: OPS.global_max(y) ** 2, (x,))


def test_second_derivatives_exist():
    x = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)
    types = torch.zeros(3, dtype=torch.int64)
    with operators.exchange([1]):
        assert torch.autograd.gradgradcheck(lambda y: OPS.ghost_exchange(y, types) ** 3, (x,))


def test_scripted_code_uses_them_with_gradients():
    @torch.jit.script
    def scripted(x: torch.Tensor, types: torch.Tensor):
        return torch.ops.natrolite.ghost_exchange(x, types)

    for _ in range(3):  # the profiling executor changes the graph after the first runs
        x = torch.ones(1, 1, requires_grad=True)
        with operators.exchange([0, 0]):
            scripted(x, torch.zeros(3, dtype=torch.int64)).sum().backward()
        assert x.grad.item() == 3.0


def test_calls_and_widths_are_counted():
    with operators.exchange([0]) as outer:
        OPS.ghost_exchange(torch.zeros(1, 7), torch.zeros(2, dtype=torch.int64))
        with operators.exchange() as inner:
            OPS.global_max(torch.zeros(1))
            OPS.ghost_exchange(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64))
        OPS.global_sum(torch.zeros(1))
    assert outer.calls == {"ghost_exchange": 1, "global_sum": 1, "global_max": 0}
    assert inner.calls == {"ghost_exchange": 1, "global_sum": 0, "global_max": 1}
    assert (outer.widths, inner.widths) == ([7], [3])


def test_without_a_context_the_error_says_so():
    x, types = torch.zeros(1, 1), torch.zeros(1, dtype=torch.int64)
    for call in (lambda: OPS.ghost_exchange(x, types), lambda: OPS.global_sum(x), lambda: OPS.global_max(x)):
        with pytest.raises(RuntimeError, match="without an exchange context"):
            call()


def test_a_wrong_number_of_ghosts_is_refused():
    with operators.exchange([0]):
        with pytest.raises(RuntimeError, match="1 local rows and 1 ghosts.*types has 3"):
            OPS.ghost_exchange(torch.zeros(1, 1), torch.zeros(3, dtype=torch.int64))
