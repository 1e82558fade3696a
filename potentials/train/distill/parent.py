# SPDX-License-Identifier: GPL-2.0-only
"""Processes that end with the one that began them."""

import os
import threading
import time


def end_with_parent():
    """Let this process end within a second of its parent: else a making that was killed goes on in its processes, and
    the one that takes its place writes the same files."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
