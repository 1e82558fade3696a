# SPDX-License-Identifier: GPL-2.0-only
"""The time of a run: when it ends, and what a stage may take of it."""

import time

PLANNED = 8.7  # minutes, for which the limits of the stages are chosen


class Clock:
    """A run of so many minutes; one that is longer than planned gives every stage as much more."""

    def __init__(self, minutes):
        self.end, self.pace = time.monotonic() + 60 * minutes, max(1.0, minutes / PLANNED)

    def left(self):
        """Return the seconds to the end."""
        return self.end - time.monotonic()

    def share(self, seconds):
        """Return the seconds that a step with this limit may take."""
        return min(seconds * self.pace, self.left())
