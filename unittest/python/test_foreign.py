# SPDX-License-Identifier: GPL-2.0-only
"""What `natrolite info` tells of other programs' files, from archives that have only the names.

Whole files are in unittest/families.
"""

import json

import pytest
from test_cli import refused
from test_wrong_files import packed

SCRIPT = {"data.pkl": b"\x80\x02ctorch\nDoubleStorage\n.", "constants.pkl": b"\x80\x02)."}
NEQUIP = {"extra/type_names": "C Na", "extra/r_max": "4.5"}
AOTI = {
    "type_names": "C Na",
    "r_max": "4.5",
    "model_dtype": "float32",
    "AOTI_DEVICE_KEY": "cuda",
    "nequip_aoti_inputs": "pos edge_index atom_types cell edge_cell_shift",
}

# name -> (records, words of the table, or of the error)
FILES = {
    "deployed 0.5": (
        SCRIPT | NEQUIP | {"extra/n_species": "2"},
        ["(nequip)", "nequip-deploy, nequip 0.5", "float64", "4.5 Angstrom", "2: C Na"],
    ),
    "deployed 0.6": (
        SCRIPT
        | NEQUIP
        | {
            "extra/n_species": "2",
            "extra/nequip_version": "0.6.2",
            "extra/model_dtype": "float32",
            "extra/allow_tf32": "1",
            "code/allegro.py": "class Allegro_Module(Module):",
        },
        ["(allegro)", "nequip 0.6.2", "float32", "every exchange", "TF32 allowed"],
    ),
    "compiled": (
        SCRIPT | NEQUIP | {"extra/model_dtype": "float64"},
        ["(nequip)", "nequip-compile", "float64", "folded and shell"],
    ),
    "aotinductor": (
        {"data/aotinductor/model/x.wrapper_metadata.json": json.dumps(AOTI)},
        ["(nequip)", "for device cuda", "float32", "exchange folded, 1 rank"],
    ),
    "sevennet": (
        SCRIPT
        | {
            "extra/chemical_symbols_to_index": "C Na ",
            "extra/cutoff": "5.0",
            "extra/dtype": "single",
            "extra/version": "0.11.0",
        },
        ["(sevennet)", "sevenn 0.11.0", "float32", "5 Angstrom", "folded and shell"],
    ),
}
WRONG = {
    "no cutoff": (SCRIPT | NEQUIP | {"extra/model_dtype": "float64", "extra/r_max": "wide"}, ["wide"]),
    "no text": (SCRIPT | NEQUIP | {"extra/model_dtype": b"\xff\xfe"}, ["decode"]),
    "other package": ({"data/aotinductor/model/x.wrapper_metadata.json": "{}"}, ["no NequIP or Allegro"]),
    "bad json": ({"data/aotinductor/model/x.wrapper_metadata.json": "{"}, ["JSONDecodeError"]),
    "no inputs": ({"data/aotinductor/model/x.wrapper_metadata.json": '{"type_names": "C"}'}, ["inputs"]),
    "mace without weights": (SCRIPT | {"code/__torch__/mace/calculators/lammps_mace.py": ""}, ["make it again"]),
}


@pytest.mark.parametrize("name", list(FILES))
def test_info(name, natrolite, tmp_path):
    records, words = FILES[name]
    code, said, complaint = natrolite("info", packed(tmp_path / "file.pt", records))
    assert (code, complaint) == (0, "")
    assert all(word in said for word in words), said


@pytest.mark.parametrize("command", ["info", "check"])
@pytest.mark.parametrize("name", list(WRONG))
def test_what_makes_no_sense(name, command, natrolite, tmp_path):
    records, words = WRONG[name]
    refused(natrolite(command, packed(tmp_path / "file.pt", records)), "file.pt", *words)
