# SPDX-License-Identifier: GPL-2.0-only
"""Decks that share processes end as in an lmp of their own: the same code, the same error lines."""

import lammps_run
import pytest
import toy_systems

pytestmark = pytest.mark.skipif(not lammps_run.SERVER, reason="needs NATROLITE_DECK_SERVER, which ctest sets")
LOST = "variable nan atom exp(1000)-exp(1000)\nset atom 5 x v_nan\n"  # seen by the rank that owns it
ENDS = {
    "good": "run 0 post no\n",
    "no such command": "nonsense\n",
    "wrong file": "pair_coeff * * nowhere.pt Ar Ne\n",
    "error of one rank": LOST + "run 0\n",
    "quit": "quit 3\n",
}


def deck(folder, model, end):
    pair = lammps_run.pair(model, toy_systems.NAMES)
    return lammps_run.load("at", toy_systems.system("box"), folder) + f"variable once string new\n{pair}\n{end}"


@pytest.mark.parametrize(
    "ranks, name", [(1, "good"), (1, "wrong file"), *((2, name) for name in ENDS), (4, "error of one rank")]
)
def test_a_shared_process_ends_a_deck_as_lmp_does(ranks, name, toys, tmp_path):
    """Before and after it a good deck gives its numbers, to the last bit, and nothing is left over."""
    (tmp_path / "alone").mkdir()
    text = deck(tmp_path / "alone", toys / "mp3.pt", ENDS[name])
    alone = lammps_run.attempt(text, tmp_path / "alone", ranks, fresh=True)
    energies = []
    for k, end in enumerate([ENDS["good"], ENDS[name], ENDS["good"]]):
        folder = tmp_path / str(k)
        folder.mkdir()
        show = 'print "@ pe $(pe:%.17g)"\n' if end == ENDS["good"] else ""
        done = lammps_run.attempt(deck(folder, toys / "mp3.pt", end + show), folder, ranks)
        if k == 1:
            assert (done.code != 0) == (alone.code != 0), done.tail()
            # mpiexec may lose what a rank says before MPI_Abort
            lost = name == "error of one rank" and not alone.errors()
            assert done.errors() == alone.errors() or (lost and done.errors()), done.tail()
            assert name != "quit" or done.code == alone.code == 3
        if show:
            energies.append(done.printed()["pe"][0])
    assert len(set(energies)) == 1


def test_a_hang_is_an_error_and_ends_the_group(toys, tmp_path):
    sleep = "shell sleep 60\n"
    with pytest.raises(AssertionError, match="hang"):
        lammps_run.attempt(deck(tmp_path, toys / "mp3.pt", sleep), tmp_path, 2, timeout=3)
    lammps_run.lmp(deck(tmp_path, toys / "mp3.pt", ENDS["good"]), tmp_path, 2)
