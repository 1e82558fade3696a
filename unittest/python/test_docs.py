# SPDX-License-Identifier: GPL-2.0-only
"""The documentation tells the truth: its decks run, its links resolve, Sphinx is content.

The decks run with small models in place of the pretrained ones that they name.
"""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LMP = pathlib.Path(sys.executable).parent / "lmp"
README = (ROOT / "README.md").read_text()
PAGES = [*sorted((ROOT / "doc").glob("pair_*.rst")), ROOT / "doc" / "monte_carlo.rst"]
BOX = """
units metal
lattice fcc 5.0
region box block 0 2 0 2 0 2
create_box 2 box
create_atoms 1 box
set type 1 type/fraction 2 0.5 4242
mass * 20.0
neigh_modify one 5000 page 100000
variable unpaired equal 2
"""


def blocks(text):
    """Return the code blocks of LAMMPS input in a Markdown or reStructuredText document."""
    fenced = re.findall(r"^```lammps\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^\.\. code-block:: LAMMPS\n\n((?:   .*\n|\n)+)", text, re.MULTILINE)
    return fenced + [textwrap.dedent(block) for block in indented]


def decks():
    """Return [(name, input)]: whole decks as they are, examples behind BOX and before `run 0`."""
    found = []
    for page in [ROOT / "README.md", *PAGES]:
        text = page.read_text()
        examples = text.partition("\nExamples\n")[2].partition("\nDescription\n")[0] or text
        for k, block in enumerate(blocks(examples)):
            if block.startswith("units"):
                found.append((f"{page.stem}-{k}", block))
                continue
            for n, lines in enumerate(block.strip().split("\n\n")):
                found.append((f"{page.stem}-{k}.{n}", f"{BOX}{lines}\nrun 0\n"))
    return found


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folder with the model files that the decks name: toys whose elements are C and Na."""
    import make_toys
    from natrolite import modelfile
    from natrolite.exporters import common

    folder = tmp_path_factory.mktemp("models")
    elements = {"type_names": ["C", "Na"], "atomic_numbers": [6, 11]}
    for name, toy in {
        "sevennet-0": "mp",
        "charged": "charged",
        "first": "mp",
        "second": "gsum",
        "third": "peratom",
    }.items():
        scripted, meta, _ = common.finish(make_toys.built(toy))
        modelfile.write(folder / f"{name}.pt", scripted, {**meta, **elements})
    return folder


def test_every_page_and_the_readme_have_a_deck():
    names = [name for name, deck in decks() if deck.startswith("units")]
    assert {name.rpartition("-")[0] for name in names} == {"README", *(page.stem for page in PAGES)}


@pytest.mark.parametrize("name, deck", decks(), ids=[name for name, _ in decks()])
def test_deck_runs(name, deck, models, tmp_path):
    for file in models.iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "in.deck").write_text(deck)
    done = subprocess.run(
        [LMP, "-nocite", "-in", "in.deck"],
        cwd=tmp_path,
        env={**os.environ, "LAMMPS_PLUGIN_PATH": os.environ["NATROLITE_PLUGINS"]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Pair style equivariant: self test passed" in done.stdout
    assert "Total wall time" in done.stdout


def test_links_of_the_readme_resolve():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    local = [target for target in targets if "://" not in target]
    assert local
    assert not [target for target in local if not (ROOT / target).exists()]


def test_presets_of_the_readme_exist():
    import json

    presets = json.loads((ROOT / "CMakePresets.json").read_text())["workflowPresets"]
    named = re.findall(r"cmake --workflow --preset (\w+)", README)
    assert named and set(named) <= {preset["name"] for preset in presets}


def test_model_file_page_names_every_key():
    from natrolite import modelfile

    page = (ROOT / "doc" / "model_file.rst").read_text()
    missing = [key for key in modelfile.KEYS if f"* - ``{key}``" not in page]
    assert not missing
    # a complete example: the reader of model files accepts it
    import json

    example = json.loads((ROOT / "doc" / "model_file_example.json").read_text())
    assert modelfile.validated("model_file_example.json", example) == example


def test_pretrained_names_of_the_pages_are_those_of_the_command():
    from natrolite import exporters

    named = set(exporters.NAMES.values())
    for page, families in [("natrolite_command.rst", named), *((f"family_{name}.rst", {name}) for name in named)]:
        text = (ROOT / "doc" / page).read_text()
        words = rf"\b(?:{'|'.join(sorted(families))})-[0-9a-z]+(?:-[0-9a-z]+)*\b(?!-|\.(?:pt|nqx))"
        names = {name for name, family in exporters.NAMES.items() if family in families}
        assert set(re.findall(words, text)) == names, page


@pytest.mark.skipif(importlib.util.find_spec("furo") is None, reason="Sphinx and furo are not installed")
def test_sphinx_has_no_warnings(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-W",
            "--keep-going",
            "-b",
            "html",
            "-d",
            tmp_path / "doctrees",
            ROOT / "doc",
            tmp_path / "html",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "html" / "pair_equivariant.html").exists()
