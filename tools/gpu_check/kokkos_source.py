# SPDX-License-Identifier: GPL-2.0-only
"""Finds a Kokkos that a LAMMPS takes: the given folder, else Debian's, else the release that LAMMPS names itself."""

import hashlib
import pathlib
import re
import tarfile
import urllib.error
import urllib.request

PARTS = ("MAJOR", "MINOR", "PATCH")


def recipe(lammps):
    """Return the text that tells which Kokkos a LAMMPS takes."""
    return (lammps / "cmake/Modules/Packages/KOKKOS.cmake").read_text()


def version_of(kokkos):
    """Return the version [major, minor, patch] of sources of Kokkos."""
    for name in ("CMakeLists.txt", "cmake/kokkos_version.cmake"):
        if (kokkos / name).exists():
            text = (kokkos / name).read_text()
            found = [re.search(rf"Kokkos_VERSION_{part} (\d+)", text) for part in PARTS]
            if all(found):
                return [int(number[1]) for number in found]
    raise ValueError(f"{kokkos} are no sources of Kokkos")


def misfit(lammps, kokkos):
    """Return why a LAMMPS does not take a Kokkos, or an empty string."""
    least = [int(part) for part in re.search(r"find_package\(Kokkos ([\d.]+)", recipe(lammps))[1].split(".")]
    version = version_of(kokkos)
    if version >= least and version[0] == least[0]:
        return ""
    return f"the Kokkos of {kokkos} is {version}, this LAMMPS wants {least} or a later one of version {least[0]}"


def release(lammps, folder):
    """Return the folder of the release that LAMMPS' own CMake would download, with its checksum compared.

    Raises OSError or ValueError with the reason.
    """
    text = recipe(lammps)
    url = re.search(r'KOKKOS_URL "([^"]+)"', text)
    check = re.search(r'KOKKOS_(SHA256|MD5) "([0-9a-f]+)"', text)
    if not url or not check:
        raise ValueError("it names no release of Kokkos")
    try:
        data = urllib.request.urlopen(url[1], timeout=60).read()
    except urllib.error.URLError as error:
        raise OSError(f"{url[1]}: {error.reason}") from error
    if hashlib.new(check[1].lower(), data).hexdigest() != check[2]:
        raise ValueError(f"{url[1]} has another {check[1]} than LAMMPS says")
    to = folder / "kokkos-release"
    (folder / "kokkos.tar.gz").write_bytes(data)
    with tarfile.open(folder / "kokkos.tar.gz") as archive:
        archive.extractall(to, filter="data")
    return next(to.iterdir())


def find(lammps, given, debian, folder):
    """Return (folder, "") or (None, reason). debian: function that returns the folder of Debian's package, or None."""
    if given:
        why = misfit(lammps, pathlib.Path(given))
        return (None, why) if why else (pathlib.Path(given), "")
    found, reasons = debian(), []
    if found:
        why = misfit(lammps, found)
        if not why:
            return found, ""
        reasons.append(why)
    else:
        reasons.append("Debian's mirror has no source of its Kokkos")
    try:
        return release(lammps, folder), ""
    except (OSError, ValueError) as error:
        return None, f"{'; '.join(reasons)}; {error}"
