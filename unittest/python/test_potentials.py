# SPDX-License-Identifier: GPL-2.0-only
"""The potentials that come with the package are those of their cards."""

import hashlib
import pathlib

import pytest

POTENTIALS = pathlib.Path(__file__).resolve().parents[2] / "potentials"


@pytest.mark.parametrize("file", sorted(POTENTIALS.glob("*.pt")), ids=lambda file: file.stem)
def test_the_card_has_the_checksum_of_its_file(file):
    card = file.with_suffix(".md").read_text()
    assert card.startswith(f"# {file.name}") and hashlib.sha256(file.read_bytes()).hexdigest() in card
