# SPDX-License-Identifier: GPL-2.0-only
"""fix ion/transport refuses wrong words, and ions that come, go or are lost."""

import pytest
from harness import BOXES, Box, refused, write_data
from transport import MASSES, MOVE, head, random_system


def test_atom_leaving_the_group(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    for ranks in (1, 4):
        refused(
            head()
            + MOVE
            + "fix a ions ion/transport 5\nrun 10\ngroup gone id 3\ngroup ions subtract ions gone\nrun 10\n",
            tmp_path,
            "atom 3",
            "1 of 10 ions left group ions",
            ranks=ranks,
        )


def test_atom_joining_the_group(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    refused(
        head() + MOVE + "fix a ions ion/transport 5\nrun 10\ngroup ions id 15\nrun 10\n",
        tmp_path,
        "atom 15 joined",
        ranks=2,
    )


@pytest.mark.parametrize("lost", ["ignore", "warn"])
def test_lost_atom(tmp_path, lost):
    box = Box(10, 10, 10)
    write_data(tmp_path / "data.ions", box, [1, 1, 1], [[5, 5, 1], [5, 5, 9], [2, 2, 2]], MASSES)
    deck = (
        head(boundary="boundary p p f")
        + f"""
thermo_modify lost {lost}
velocity ions set 0 0 50
fix n all nve
fix a ions ion/transport 1
run 100
"""
    )
    refused(deck, tmp_path, "were lost", "atom 2", ranks=2)


def test_dynamic_group_is_refused(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    refused(head() + "group dyn dynamic all every 10\nfix a dyn ion/transport 5\nrun 1\n", tmp_path, "dyn", "static")


def test_changed_time_step_is_refused(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    refused(head() + MOVE + "fix a ions ion/transport 5\nrun 10\ntimestep 0.002\nrun 10\n", tmp_path, "0.01 to 0.002")


WRONG = [
    ("", ["Nevery", "lacks a value"]),
    ("0", ["Nevery", "0"]),
    ("2.5", ["2.5"]),
    ("5 origins some", ["some", "all, first, single"]),
    ("5 origins first 0", ["first", "0"]),
    ("5 maxlag -3", ["maxlag", "-3"]),
    ("5 lags square", ["square"]),
    ("5 dims xw", ["xw"]),
    ("5 dims xx", ["xx"]),
    ("5 host nobody", ["nobody"]),
    ("5 host none", ["none", "no atoms"]),
    ("5 fit 0.5 0.1", ["0.5 0.1"]),
    ("5 fit 0.5 1.5", ["1.5"]),
    ("5 fit 0.1", ["fit", "lacks a value"]),
    ("5 fit 0.1 0.5 0.3 0.2", ["0.3 0.2"]),
    ("5 stride 0", ["stride", "0"]),
    ("5 window 0", ["window", "0"]),
    ("5 stride 2.0 window 1.0", ["window 1", "stride 2"]),
    ("5 value middle", ["middle", "median, mean, ratio"]),
    ("5 hop -1", ["hop", "-1"]),
    ("5 msd", ["msd", "lacks a value"]),
    ("5 ions", ["ions", "lacks a value"]),
    ("5 speed 3", ["speed"]),
]


@pytest.mark.parametrize("arguments,pieces", WRONG)
def test_wrong_input_is_refused(tmp_path, arguments, pieces):
    random_system(tmp_path, BOXES["orthogonal"])
    refused(head() + f"fix a ions ion/transport {arguments}\nrun 0\n", tmp_path, *pieces)


def test_unwritable_file_and_units(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    refused(head() + "fix a ions ion/transport 5 msd no/such/folder/f\nrun 0\n", tmp_path, "no/such/folder/f", ranks=2)
    refused(head("lj", 0.005) + "fix a ions ion/transport 5\n", tmp_path, "metal or real", "lj")
