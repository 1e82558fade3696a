# SPDX-License-Identifier: GPL-2.0-only
"""Exports, evaluates in Python, and runs in LAMMPS, in one process, as a notebook does.

usage: one_process.py FOLDER STEP...     prints a line for each step

export NAME   writes FOLDER/NAME.pt with the exporters' checks (a toy of make_toys)
check NAME    evaluates its reference in Python: the larger of both errors
run NAME      its energy in LAMMPS with exchange ghost, and the slope against the forces
reload        loads natrolite.operators anew, as notebooks do
refuse        an error of the pair style: its text
"""

import importlib
import pathlib
import sys

import numpy as np


def export(folder, name):
    import make_toys

    make_toys.write_good(folder, [name])
    return "written"


def check(folder, name):
    from natrolite import check, modelfile

    return max(check.errors(*modelfile.load(folder / f"{name}.pt"))[:2])


def host_of(file):
    from natrolite.lammps import lammps

    host = lammps(cmdargs=["-screen", "none", "-log", "none", "-nocite"])
    host.commands_string(f"""
units metal
atom_modify map array
lattice fcc 5.2
region box block 0 3 0 3 0 3
create_box 2 box
create_atoms 1 box
set type 1 type/fraction 2 0.5 4242
mass * 20
displace_atoms all random 0.2 0.2 0.2 7
pair_style equivariant exchange ghost
pair_coeff * * {file} Ar Ne
""")
    return host


def run(folder, name):
    host = host_of(folder / f"{name}.pt")
    host.command("run 0")
    energy = host.get_thermo("pe")
    force = np.array(host.gather_atoms("f", 1, 3))[3]
    ends = []
    for step in (1e-4, -2e-4):
        host.commands_string(f"group one id 2\ndisplace_atoms one move {step} 0 0 units box\nrun 0")
        ends.append(host.get_thermo("pe"))
    host.close()
    return f"{energy:.12g} {abs((ends[1] - ends[0]) / 2e-4 - force):.3g}"


def reload(folder):
    from natrolite import operators

    importlib.reload(operators)
    return "done"


def refuse(folder):
    try:
        host_of(folder / "nowhere.pt")
    except Exception as error:  # LAMMPS' errors are of the class Exception itself
        return str(error).splitlines()[0]
    return "not refused"


def main(folder, *steps):
    for step in steps:
        action, *name = step.split()
        print("@", step, "=", globals()[action](pathlib.Path(folder), *name), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
