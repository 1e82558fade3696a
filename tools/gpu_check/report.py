# SPDX-License-Identifier: GPL-2.0-only
"""Results that are complete in their files after every line."""

import json
import os
import threading
import time


class Report:
    """Lines of results: printed, and kept in results.json and table.txt of a folder."""

    def __init__(self, folder, facts):
        self.folder, self.lock, self.begin = folder, threading.Lock(), time.monotonic()
        self.content = {"facts": facts, "lines": []}
        folder.mkdir(parents=True, exist_ok=True)
        self.keep_earlier()
        self.write()

    def keep_earlier(self):
        """Give the files of an earlier run in this folder a number."""
        number = 1 + sum(1 for _ in self.folder.glob("results-*.json"))
        for name, kind in (("results", "json"), ("table", "txt")):
            if (self.folder / f"{name}.{kind}").exists():
                os.replace(self.folder / f"{name}.{kind}", self.folder / f"{name}-{number}.{kind}")

    def add(self, stage, what, outcome, text="", **numbers):
        """Add a line. outcome: ok, FAILED, skipped, or missing; numbers go to results.json only."""
        with self.lock:
            at = round(time.monotonic() - self.begin, 1)
            line = {"at": at, "stage": stage, "what": what, "outcome": outcome, "text": text, **numbers}
            self.content["lines"].append(line)
            print(self.format(line), flush=True)
            self.write()

    @staticmethod
    def format(line):
        head = f"{line['at']:6.1f} {line['stage']:9} {line['outcome']:8} {line['what']:34} "
        return head + " | ".join(line["text"].splitlines())

    def write(self):
        """Replace both files, each at once."""
        lines = [f"{key}: {value}" for key, value in self.content["facts"].items()]
        lines += [self.format(line) for line in self.content["lines"]]
        for name, text in (
            ("results.json", json.dumps(self.content, indent=1)),
            ("table.txt", "\n".join(lines) + "\n"),
        ):
            fresh = self.folder / f".{name}"
            fresh.write_text(text)
            os.replace(fresh, self.folder / name)

    def failures(self):
        return sum(line["outcome"] == "FAILED" for line in self.content["lines"])
