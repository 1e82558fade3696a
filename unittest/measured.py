# SPDX-License-Identifier: GPL-2.0-only
"""The fixture `measured` and the table of measured errors that a test session ends with."""

import pytest

MEASURED = {}  # (title, cell) -> largest values


@pytest.fixture(scope="session")
def measured():
    """Collect measured errors: measured(title, cell, *values) keeps the largest of each cell."""

    def add(title, cell, *values):
        known = MEASURED.get((title, cell), (0.0,) * len(values))
        MEASURED[title, cell] = tuple(max(a, float(b)) for a, b in zip(known, values))

    return add


def pytest_terminal_summary(terminalreporter):
    """Print the largest errors of every cell."""
    title = None
    for (heading, cell), values in sorted(MEASURED.items(), key=lambda item: item[0][0]):
        if heading != title:
            terminalreporter.write_line(f"\n{heading}")
            title = heading
        terminalreporter.write_line(f"  {cell:45s}" + "".join(f" {v:9.1e}" for v in values))
