# SPDX-License-Identifier: GPL-2.0-only
"""Process groups of lmp that run one deck after another: LibTorch is loaded once (deck_server.cpp).

Every deck has a LAMMPS of its own and what lmp would print; an error of all ranks ends the deck only,
what ends a process ends the group, and the next deck gets a new one.
"""

import atexit
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import threading

MOST = 3  # idle groups that are kept
ALONE = "alone"  # said by a rank of which the others know nothing: lmp would end them with MPI_Abort
SWITCHES = ["-nocite", "-log", "none"]


class Group:
    """One process group, command: how to start it, without the deck."""

    def __init__(self, command, ranks, environment, library):
        self.ranks, self.folder = ranks, pathlib.Path(tempfile.mkdtemp(prefix="decks-"))
        self.words = []  # what the ranks said and nobody has heard yet
        self.broken = False  # did a rank fail alone?
        names = [*(f"job.{rank}" for rank in range(ranks)), "done"]
        for name in names:
            os.mkfifo(self.folder / name)
        # open to read and write, so that nobody waits for the other end
        *self.jobs, self.done = (os.open(self.folder / name, os.O_RDWR | os.O_CLOEXEC) for name in names)
        (self.folder / "in.serve").write_text(f"plugin load {library}\n")
        # the plugins are for the decks: a style that one LAMMPS has is none in a second one before 2025
        environment = {**environment, "NATROLITE_DECKS": str(self.folder)}
        environment["NATROLITE_DECKS_PLUGINS"] = environment.pop("LAMMPS_PLUGIN_PATH")
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(
                [str(word) for word in [*command, *SWITCHES, "-in", "in.serve"]],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, folder, switches, timeout):
        """Run folder/in.deck; return its exit code, or None after timeout seconds."""
        line = "\t".join(str(word) for word in [folder, *SWITCHES, *switches]) + "\n"
        for job in self.jobs:
            os.write(job, line.encode())
        codes = self.heard(lambda word: word != "ready", timeout)
        if codes is None and not self.alive():
            return self.process.returncode or 1
        self.broken = bool(codes) and ALONE in codes
        return 1 if self.broken else codes and max(map(int, codes))

    def ready(self):
        """Has every rank closed its LAMMPS?"""
        return self.heard(lambda word: word == "ready", 60) is not None

    def heard(self, wanted, timeout):
        """Return one wanted word of each rank, those until a rank fails alone, or None where the group ends or the
        time is over.
        """
        process = os.pidfd_open(self.process.pid)
        try:
            while True:
                found = [word for word in self.words if wanted(word)]
                if len(found) == self.ranks or ALONE in found:
                    self.words = [word for word in self.words if not wanted(word)]
                    return found
                ready = select.select([self.done, process], [], [], timeout)[0]
                if self.done in ready:
                    self.words += os.read(self.done, 4096).decode().split()
                    continue
                if ready:
                    self.process.wait()
                return None
        finally:
            os.close(process)

    def alive(self):
        return self.process.poll() is None

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def end(self, stop):
        """Let the ranks see the end of their jobs; stop(process) ends those that do not go."""
        for pipe in [*self.jobs, self.done]:
            os.close(pipe)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Groups:
    """The idle groups, the latest last; safe for threads, each of which gets a group of its own."""

    def __init__(self, library, stop):
        self.library, self.stop, self.idle, self.lock = library, stop, [], threading.Lock()
        atexit.register(self.end)

    def take(self, command, ranks, environment):
        """Return (key, group): an idle group of this very kind that is ready, or a new one."""
        environment = {name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}
        key = [*map(str, command)], environment
        while True:
            with self.lock:
                places = [k for k, (have, _) in enumerate(self.idle) if have == key]
                group = self.idle.pop(places[-1])[1] if places else None
            if group is None:
                return key, Group(command, ranks, environment, self.library)
            if group.ready():
                return key, group
            group.end(self.stop)

    def give_back(self, key, group):
        with self.lock:
            self.idle.append((key, group))
            surplus = [self.idle.pop(0) for _ in range(len(self.idle) - MOST)]
        for _, old in surplus:
            old.end(self.stop)

    def attempt(self, command, switches, folder, ranks, environment, timeout):
        """Run folder/in.deck; return (exit code or None for a hang, output)."""
        key, group = self.take([*command, *switches], ranks, environment)
        output = folder / "output"
        output.unlink(missing_ok=True)
        code = group.run(folder.resolve(), switches, timeout)
        if code is None or group.broken:
            self.stop(group.process)
        text = output.read_text(errors="replace") if output.exists() else ""
        if code in (0, 1) and group.alive():
            self.give_back(key, group)
        else:
            text += group.log()
            group.end(self.stop)
        return code, text

    def end(self):
        while self.idle:
            self.idle.pop()[1].end(self.stop)
