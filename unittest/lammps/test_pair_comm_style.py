# SPDX-License-Identifier: GPL-2.0-only
"""comm_style tiled after pair_coeff: LAMMPS replaces its Comm object under the pair style."""

import os

import lammps_run
import numpy as np
import pytest

DECK = """
units metal
lattice fcc 4.5
region box block 0 3 0 3 0 3
create_box 1 box
create_atoms 1 box
mass 1 20
displace_atoms all random 0.1 0.1 0.1 1 units box
pair_style equivariant exchange {mode}
pair_coeff * * {model} Ar
{change}
fix 1 all nve
timestep 0.0001
thermo 1
thermo_modify format float %.15g
run 3
variable e equal pe
print "@ energy $(v_e:%.15g)"
"""
TILED = "comm_style tiled\nbalance 1.0 rcb"


@pytest.mark.parametrize("ranks", [2, 4])
def test_tiled_communication_gives_the_same_energy(toys, ranks, tmp_path):
    model = os.path.join(toys, "mp3.pt")
    energies = []
    for mode, change, n in (("folded", "", 1), ("ghost", TILED, ranks)):
        folder = tmp_path / mode
        folder.mkdir()
        deck = DECK.format(mode=mode, model=model, change=change)
        energies.append(lammps_run.lmp(deck, folder, n).printed()["energy"][0])
    assert np.isclose(*energies, rtol=1e-12, atol=0)
