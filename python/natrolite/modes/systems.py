# SPDX-License-Identifier: GPL-2.0-only
"""Reads the tables of ions that the decks write, one system each, into the features of all ions."""

import dataclasses
import pathlib

import numpy as np

from natrolite.errors import NatroliteError
from natrolite.plots.table import Table
from natrolite.units import factor

KIND = "ions"

MOBILITY = "D_ratio"  # what the modes are ordered by


@dataclasses.dataclass(frozen=True)
class Column:
    """Unit, label (with the names of ion and host to fill in), and whether the logarithm is the feature."""

    unit: str
    label: str
    logarithm: bool = False


COLUMNS = {
    "ion_ion": Column("", "{ion}–{ion} coordination"),
    "ion_host": Column("", "{ion}–{host} coordination"),
    "volume": Column("A^3", "accessible volume"),
    "fraction": Column("", "accessible fraction"),
    "nearest_ion": Column("A", "nearest {ion}"),
    "nearest_host": Column("A", "nearest {host}"),
    "path": Column("A", "path", True),
    "net": Column("A", "net displacement", True),
    "tortuosity": Column("", "tortuosity", True),
    "D_fit": Column("cm^2/s", "D (fit)", True),
    "D_ratio": Column("cm^2/s", "D", True),
    "largest": Column("A", "largest displacement"),
    "hops": Column("", "hops"),
}
NONE_WITHIN_REACH = ("nearest_ion", "nearest_host")  # -1 there: no neighbor


@dataclasses.dataclass
class Ions:
    """The ions of all systems, sorted by density, loading and ID.

    features: [N, F], logarithms to base 10 where COLUMNS says so; log_d: [N] log10 of D (cm^2/s);
    density: [N] g/cm^3; loading: [N] percent; identity: [N] IDs."""

    names: list
    labels: list
    units: list
    features: np.ndarray
    log_d: np.ndarray
    density: np.ndarray
    loading: np.ndarray
    identity: np.ndarray

    def systems(self):
        """Return [(density, loading)] in ascending order."""
        return sorted(set(zip(self.density.tolist(), self.loading.tolist())))

    def of(self, system):
        """Return the mask [N] of the ions of one system."""
        return (self.density == system[0]) & (self.loading == system[1])

    def is_logarithm(self, name):
        return name in COLUMNS and COLUMNS[name].logarithm


def read(paths, names):
    """Return the Ions of the tables; NatroliteError names the file, the ion and the column that is wrong."""
    resolved = [pathlib.Path(path).resolve() for path in paths]
    for k, path in enumerate(resolved):
        if path in resolved[:k]:
            raise NatroliteError(f"{paths[k]} is given twice: its ions would count twice")
    if len(set(names)) != len(names):
        raise NatroliteError(f"--features {','.join(names)} names a column twice")
    tables = sorted((checked(path) for path in paths), key=conditions)
    units = [COLUMNS[name].unit if name in COLUMNS else unit_of(tables[0], name) for name in names]
    parts = [rows(table, names, units) for table in tables]
    features = np.concatenate([part["features"] for part in parts])
    density, loading = (
        np.repeat([part[key] for part in parts], [len(part["identity"]) for part in parts])
        for key in ("density", "loading")
    )
    identity, log_d = (np.concatenate([part[key] for part in parts]) for key in ("identity", "log_d"))
    order = np.lexsort((*features.T[::-1], log_d, identity, loading, density))
    ion, host = (tables[0].settings.get(key, key) for key in ("ion", "host"))
    labels = [COLUMNS[name].label.format(ion=ion, host=host) if name in COLUMNS else name for name in names]
    return Ions(
        list(names), labels, units, features[order], log_d[order], density[order], loading[order], identity[order]
    )


def checked(path):
    """Return the Table of a file after what can be said without its columns."""
    table = Table(path)
    if table.kind != KIND:
        raise NatroliteError(f"{path} is no table of ions: its first line must be '# natrolite table: {KIND}'")
    if not table.data.size:
        raise NatroliteError(f"{path} holds no rows")
    if table.data.shape[1] != len(table.columns):
        raise NatroliteError(f"{path} has {table.data.shape[1]} columns, its header names {len(table.columns)}")
    if "id" not in table.columns:
        raise NatroliteError(f"{path} has no column 'id'; it has {', '.join(table.columns)}")
    identity = table.column("id")
    twice = np.flatnonzero(np.diff(np.sort(identity)) == 0)
    if len(twice):
        raise NatroliteError(
            f"{path} has ion {np.sort(identity)[twice[0]]:g} twice: two runs in one file; write it again"
        )
    return table


def unit_of(table, name):
    if name not in table.columns:
        raise NatroliteError(f"{table.path} has no column '{name}'; it has {', '.join(table.columns)}")
    return table.units[table.columns.index(name)]


def rows(table, names, units):
    """Return {density, loading, identity [n], features [n, F], log_d [n]} of one table."""
    features = [values(table, name, unit) for name, unit in zip(names, units)]
    density, loading = conditions(table)
    return {
        "density": density,
        "loading": loading,
        "identity": table.column("id"),
        "features": np.column_stack(features),
        "log_d": values(table, MOBILITY, COLUMNS[MOBILITY].unit),
    }


def conditions(table):
    """Return (density in g/cm^3, loading in percent)."""
    return setting(table, "density", "g/cm^3"), setting(table, "loading", "%")


def setting(table, key, unit):
    """Return the number of the header's line `# key = number unit`, converted."""
    number, _, own = table.settings.get(key, "").strip().partition(" ")
    try:
        value = float(number) * (1.0 if own == unit else factor(own, unit))
    except (ValueError, NatroliteError):
        value = np.nan
    if not np.isfinite(value) or value < 0:
        told = f"says '{table.settings[key]}'" if key in table.settings else "is missing"
        raise NatroliteError(f"{table.path}: the line '# {key} = NUMBER {unit}' {told}")
    return float(f"{value:.9g}")  # the same system, whichever unit its density has


def values(table, name, unit):
    """Return one feature [n], in the unit, after its logarithm."""
    own = unit_of(table, name)
    try:
        column = table.column(name, unit)
    except NatroliteError as error:
        raise NatroliteError(f"{table.path}: column {name} has the unit '{own}': {error}") from None
    logarithm = name in COLUMNS and COLUMNS[name].logarithm
    for wrong, what in (
        (~np.isfinite(column), "is not finite"),
        (logarithm & (column <= 0), f"has no logarithm{REMEDY.get(name, '')}"),
        (
            (name in NONE_WITHIN_REACH) & (column < 0),
            "says that none is within reach: leave it out of --features, or enlarge the cutoffs of ion/environment",
        ),
    ):
        if np.any(wrong):
            k = np.flatnonzero(wrong)[0]
            raise NatroliteError(
                f"{table.path}: {name} of ion {table.column('id')[k]:g} is "
                f"{table.data[k, table.columns.index(name)]:g}, which {what}"
            )
    return np.log10(column) if logarithm else column


REMEDY = {
    "tortuosity": ": the run is shorter than one window of fix ion/transport",
    "D_fit": ": the ion has no D (plateau); take D_ratio",
    "D_ratio": ": the ion has not moved, or the run is too short",
}
