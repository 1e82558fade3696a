# SPDX-License-Identifier: GPL-2.0-only
"""Runs the decks of examples/ as a user does, and reads their tables back."""

import os
import pathlib
import subprocess
import sys

from lammps_run import LMP, MPIEXEC, environment
from natrolite import plot
from natrolite.plots.table import Table

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


class Decks:
    """The decks of one folder of examples; every run writes into one folder of results."""

    def __init__(self, name, folder, model):
        self.here, self.folder, self.model = EXAMPLES / name, pathlib.Path(folder), model

    def command(self, deck, ranks=1, partitions=0, **variables):
        """Return the words of the command that runs a deck in size test."""
        variables = {"here": self.here, "model": self.model, "out": "results", "size": "test", **variables}
        command = [MPIEXEC, "-n", ranks] if ranks > 1 else []
        command += [LMP, "-nocite", "-log", "none", "-in", self.here / f"in.{deck}"]
        if partitions:
            command += ["-partition", f"{partitions}x1", "-plog", "none", "-pscreen", "screen"]
        for key, value in variables.items():
            command += ["-var", key, *(value if isinstance(value, list) else [value])]
        return [str(word) for word in command]

    def attempt(self, deck, timeout=300, **settings):
        """Return the finished process of a deck in size test, whatever happens."""
        return subprocess.run(
            self.command(deck, **settings),
            cwd=self.folder,
            env=environment(),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )

    def run(self, deck, **settings):
        """Return the output of a deck that must succeed."""
        done = self.attempt(deck, **settings)
        assert done.returncode == 0 and "ERROR" not in done.stdout, done.stdout[-3000:]
        assert not list(self.folder.glob("-*")), "an option of mkdir became a folder: LAMMPS has a mkdir of its own"
        return done.stdout

    def refused(self, deck, *words, **settings):
        """Check that the deck stops with one error line that holds every word, before it computes anything."""
        done = self.attempt(deck, **settings)
        errors = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
        assert done.returncode != 0 and errors, done.stdout[-1500:]
        for word in words:
            assert str(word) in errors[0], errors[0]
        assert "Loop time" not in done.stdout

    def run_all(self, script=EXAMPLES / "run.sh", words=None, **settings):
        """Return the finished process of run.sh in size test, whatever happens; its results are in the folder out."""
        programs = {"PYTHON": sys.executable, "LMP": LMP, "MPIEXEC": MPIEXEC}
        settings = {**programs, "MODEL": self.model, "RESULTS": self.folder / "out", **settings}
        return subprocess.run(
            [script, *(words or ["test", self.here.name])],
            env=environment(**settings),
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def table(self, name):
        """Return a table of the results; it must say what it is, its columns, units, and settings."""
        path = self.folder / "results" / name
        text = path.read_text()
        assert "model = " in text and "settings = " in text
        table = Table(path)
        assert plot.recognize(table), f"natrolite plot does not know {name}"
        return table

    def drawn(self, name):
        """Check that the picture of a table is there and holds something."""
        png, svg = plot.plot(self.folder / "results" / name)
        assert png.stat().st_size > 10000 and os.path.getsize(svg) > 1000
