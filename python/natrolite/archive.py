# SPDX-License-Identifier: GPL-2.0-only
"""Looks into files of torch.save and torch.jit.save. Nothing in them is unpickled or run."""

import hashlib
import os
import pickletools
import struct
import zipfile
import zlib

from natrolite.errors import NatroliteError

# What Python's readers of archives and pickles raise for bytes of any kind.
UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def sha256(path):
    """Return the SHA-256 of a file, in hexadecimal. Raises OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def names(path):
    """Return the set of names in a zip archive; empty for any other file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except UNREADABLE:
        return set()


def record(path, ending):
    """Return the bytes of the one record whose name ends so, or None: none, several, no archive.

    ending: behind the archive's own name, for example "extra/natrolite.json".
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = [name for name in archive.namelist() if name.partition("/")[2] == ending]
            return archive.read(found[0]) if len(found) == 1 else None
    except UNREADABLE:
        return None


def pickled(path):
    """Return (strings, imports) of the pickle that torch.save writes; two empty sets without one.

    imports: "module name" of all that unpickling would fetch; it holds "?" for what only running
    the pickle would tell.
    """
    strings, imports = set(), set()
    try:
        for opcode, argument, _ in pickletools.genops(record(path, "data.pkl") or b""):
            if opcode.name in ("GLOBAL", "INST"):
                imports.add(argument)
            elif opcode.name == "STACK_GLOBAL" or opcode.name.startswith("EXT"):
                imports.add("?")
            elif isinstance(argument, str):
                strings.add(argument)
    except UNREADABLE:
        return set(), set()
    return strings, imports


def intact(path):
    """Refuse with NatroliteError what is no file, no zip archive, or has a damaged record."""
    if os.path.isdir(path):
        raise NatroliteError(f"{path} is a folder; give the model file in it")
    if not os.path.isfile(path):
        raise NatroliteError(f"no such model file: {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except UNREADABLE:
        raise NatroliteError(
            f"{path} is not a model file (not a complete zip archive); write one with 'natrolite export'"
        ) from None
    if damaged:
        raise NatroliteError(f"{path} is damaged (its record {damaged!r}); copy or export the file again")
