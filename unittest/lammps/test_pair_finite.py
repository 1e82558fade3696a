# SPDX-License-Identifier: GPL-2.0-only
"""What is not a finite number ends the run where it appears: step, rank, atom, one line."""

import lammps_run
import pytest
import toy_systems

START = """
neigh_modify delay 100
thermo 1
run 2 post no
"""
NAN = 'variable nan atom "exp(1000)-exp(1000)"\nset atom {} x v_nan\nrun 3 pre no post no\n'
CHARGE = "variable q equal {}\n"
# name -> (model, keywords, lines before the pair style, lines of the run, words of the message)
CASES = {
    "position": ("mp3", "", "", START + NAN.format(5), ["position of atom 5 on rank", "step 3"]),
    "energy": ("nan", "charge v_q", CHARGE.format("step"), START + "run 3\n", ["energy of atom", "step 2"]),
    "force": ("nan", "charge v_q", CHARGE.format("-step"), START + "run 3\n", ["force of atom", "step 2"]),
    "overlap": (
        "lj",
        "",
        "",
        "create_atoms 1 single 2 2 2\ncreate_atoms 1 single 2 2 2\nrun 0\n",
        ["energy of atom", "step 0"],
    ),
}
PAIRWISE = [
    ("position", 1, "folded"), ("position", 2, "ghost"), ("position", 2, "shell"),
    ("energy", 1, "ghost"), ("energy", 2, "shell"), ("energy", 2, "ghost"),
    ("force", 1, "shell"), ("force", 2, "ghost"),
    ("overlap", 1, "folded"), ("overlap", 2, "ghost"),
]  # fmt: skip


@pytest.mark.parametrize("name, ranks, mode", PAIRWISE)
def test_is_reported(name, ranks, mode, toys, tmp_path):
    model, keywords, before, lines, words = CASES[name]
    deck = lammps_run.load("bad", toy_systems.system("liquid"), tmp_path) + "comm_modify cutoff 14\n"
    deck += before + lammps_run.pair(toys / f"{model}.pt", toy_systems.NAMES, f"exchange {mode} {keywords}")
    done = lammps_run.attempt(deck + "\n" + lines, tmp_path, ranks, timeout=60)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    missing = [word for word in [*words, "on rank", "not a finite number"] if word not in done.errors()[0]]
    assert not missing, (missing, done.errors())


def test_another_style_may_give_nan(toys, tmp_path):
    """A NULL type's atom without a position is nobody's neighbor in the model, and not its affair."""
    pair = f"pair_style hybrid equivariant zero 8.0\npair_coeff * * equivariant {toys / 'mp3.pt'} Ar NULL\npair_coeff * 2 zero\n"
    deck = lammps_run.load("other", toy_systems.system("liquid"), tmp_path) + pair + START + NAN.format(50)
    lammps_run.lmp(deck, tmp_path)
