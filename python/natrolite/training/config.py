# SPDX-License-Identifier: GPL-2.0-only
"""The settings of a training: a TOML file with [model], [data] and [training]."""

import dataclasses
import glob
import os
import sys

from natrolite.errors import NatroliteError, reason

OPTIMIZERS = ("adam", "soap")
SCHEDULES = ("plateau", "linear")


@dataclasses.dataclass(frozen=True)
class Model:
    """Architecture, see natrolite.spookynet.Settings; elements: symbols, in the order of the types."""

    elements: list
    features: int = 64
    basis: int = 16
    modules: int = 3
    r_max: float = 5.0
    lr_cutoff: float | None = None
    blocks: dict = dataclasses.field(default_factory=dict)
    repulsion: bool = True
    electrostatics: bool = True
    dispersion: bool = False


@dataclasses.dataclass(frozen=True)
class Data:
    """Structures: extxyz files (patterns), relative to the TOML file's folder.

    valid: files, or the share of `train` that is held out; test: files that are only looked at in the end.
    The others: what the properties are called in the files.
    """

    train: list
    valid: list | float = 0.1
    test: list = dataclasses.field(default_factory=list)
    energy: str = "energy"
    forces: str = "forces"
    charges: str = "charges"
    dipole: str = "dipole"
    total_charge: str = "charge"
    spin: str = "spin"
    kind: str = "kind"


@dataclasses.dataclass(frozen=True)
class Training:
    """How to train; the weights multiply mean squared errors in eV/atom, eV/A, e, and e A.

    start: a checkpoint of `natrolite train` with the same [model], relative to the TOML file's folder, whose weights are
    the first ones; citation: BibTeX entries that the model file gets beside that of SpookyNet.
    """

    name: str = "SpookyNet"
    license: str = "not stated"
    citation: list = dataclasses.field(default_factory=list)
    start: str = ""
    seed: int = 1
    epochs: int = 1000
    batch: int = 8
    optimizer: str = "adam"
    schedule: str = "plateau"
    rate: float = 1e-3
    rate_floor: float = 1e-5
    rate_patience: int = 25
    patience: int = 150
    average: float = 0.995
    clip: float = 10.0
    energy: float = 100.0
    forces: float = 1.0
    charges: float = 1.0
    dipole: float = 1.0
    dtype: str = "float32"
    device: str = "cpu"


@dataclasses.dataclass(frozen=True)
class Config:
    """All settings of one training; folder: that of the TOML file."""

    model: Model
    data: Data
    training: Training
    folder: str

    def same_training(self, other):
        """Return the name of a setting that `other` (a dict of as_dict) has otherwise and that matters, or None."""
        free = {("training", name) for name in ("epochs", "patience", "device", "name", "license", "citation")}
        free -= {("training", "epochs")} if self.training.schedule == "linear" else set()
        before = {"training": dataclasses.asdict(Training())}  # of a version that did not know a setting
        for part, values in self.as_dict().items():
            for name, value in values.items():
                old = other.get(part, {})
                if (part, name) not in free and old.get(name, before.get(part, {}).get(name)) != value:
                    return f"{part}.{name}"
        return None

    def as_dict(self):
        """Return the settings as plain data."""
        return {part: dataclasses.asdict(getattr(self, part)) for part in ("model", "data", "training")}


def read(path):
    """Return the Config of a TOML file. Raises NatroliteError: no file, no TOML, unknown or wrong settings."""
    parts = {"model": Model, "data": Data, "training": Training}
    try:
        with open(path, "rb") as file:
            table = _toml().load(file)
    except ValueError as error:
        raise NatroliteError(f"{path} is no TOML file: {reason(error)}") from None
    unknown = sorted(set(table) - set(parts))
    if unknown:
        raise NatroliteError(f"{path} has the unknown part [{unknown[0]}]; there are {', '.join(parts)}")
    made = {name: _part(path, name, cls, table.get(name, {})) for name, cls in parts.items()}
    config = Config(**made, folder=os.path.dirname(os.path.abspath(path)))
    _check(path, config)
    return config


def _toml():
    """Return the module that reads TOML: of Python, from 3.11 on, or the package tomli."""
    if sys.version_info >= (3, 11):
        import tomllib

        return tomllib
    import tomli

    return tomli


def _part(path, part, cls, values):
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for name, value in values.items():
        if name not in fields:
            raise NatroliteError(f"{path}: [{part}] has no '{name}'; it has {', '.join(fields)}")
        default = fields[name].default
        number = isinstance(default, (int, float)) and not isinstance(default, bool) and name != "valid"
        if number and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise NatroliteError(f"{path}: [{part}] {name} = {value!r} must be a number")
        if isinstance(default, (bool, str)) and not isinstance(value, type(default)):
            raise NatroliteError(f"{path}: [{part}] {name} = {value!r} must be of the kind of {default!r}")
    missing = [f.name for f in fields.values() if _required(f) and f.name not in values]
    if missing:
        raise NatroliteError(f"{path}: [{part}] needs '{missing[0]}'")
    return cls(**values)


def _required(field):
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _check(path, config):
    from ase.data import atomic_numbers

    for symbol in config.model.elements:
        if symbol not in atomic_numbers:
            raise NatroliteError(f"{path}: [model] elements: '{symbol}' is no element")
    training = config.training
    if not isinstance(training.citation, list) or not all(isinstance(entry, str) for entry in training.citation):
        raise NatroliteError(f"{path}: [training] citation = {training.citation!r} must be a list of BibTeX entries")
    for name in ("batch", "epochs", "rate", "patience", "rate_patience", "clip"):
        if not getattr(training, name) > 0:
            raise NatroliteError(f"{path}: [training] {name} = {getattr(training, name)} must be positive")
    for name in ("energy", "forces", "charges", "dipole"):
        if not getattr(training, name) >= 0:
            raise NatroliteError(f"{path}: [training] {name} = {getattr(training, name)} must not be negative")
    if training.dtype not in ("float32", "float64"):
        raise NatroliteError(f"{path}: [training] dtype = {training.dtype!r}; take float32 or float64")
    if training.optimizer not in OPTIMIZERS:
        raise NatroliteError(f"{path}: [training] optimizer = {training.optimizer!r}; take {' or '.join(OPTIMIZERS)}")
    if training.schedule not in SCHEDULES:
        raise NatroliteError(f"{path}: [training] schedule = {training.schedule!r}; take {' or '.join(SCHEDULES)}")
    if training.rate_floor > training.rate:
        raise NatroliteError(
            f"{path}: [training] rate_floor = {training.rate_floor} must not be above rate = {training.rate}"
        )
    if not 0 <= training.average < 1:
        raise NatroliteError(f"{path}: [training] average = {training.average} must be in [0, 1)")
    valid = config.data.valid
    if isinstance(valid, bool) or isinstance(valid, (int, float)) and not 0 < valid < 1:
        raise NatroliteError(f"{path}: [data] valid = {valid}; give a share between 0 and 1, or files")


def settings(config):
    """Return natrolite.spookynet.Settings of the model. Raises NatroliteError for what cannot be."""
    from ase.data import atomic_numbers

    from natrolite.spookynet.settings import BLOCKS, Settings

    given = dataclasses.asdict(config.model)
    given["atomic_numbers"] = tuple(atomic_numbers[symbol] for symbol in given.pop("elements"))
    given["blocks"] = dict.fromkeys(BLOCKS, 1) | given["blocks"]
    try:
        return Settings(**given)
    except ValueError as error:
        raise NatroliteError(f"[model]: {reason(error)}") from None


def files(config, patterns):
    """Return the files of patterns, sorted. Raises NatroliteError for a pattern that finds none."""
    found = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        here = sorted(glob.glob(os.path.join(config.folder, pattern)))
        if not here:
            raise NatroliteError(f"[data]: no file '{pattern}' in {config.folder}")
        found += here
    return found
