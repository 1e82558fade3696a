# SPDX-License-Identifier: GPL-2.0-only
"""What every exporter shares: scripting, comparison with the original, counting, the self test."""

import contextlib
import dataclasses
import warnings
from typing import Callable

import numpy as np

from natrolite import evaluate, modelfile
from natrolite.errors import NatroliteError
from natrolite.exporters import cases

# dtype -> (energy in eV/atom, force in eV/A): more than this is not rounding.
TOLERANCE = {"float32": (1e-5, 1e-4), "float64": (1e-9, 1e-9)}


NOT_STATED = "not stated (user checkpoint)"  # license of a file that says nothing of it


@contextlib.contextmanager
def quiet():
    """Keep the warnings of a family's package, which are about training, from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def script(module):
    """Return e3nn's scripting of a module (it knows e3nn's own compile modes)."""
    from e3nn.util import jit

    return jit.script(module)


@dataclasses.dataclass
class Built:
    """What a family hands over.

    module: torch.nn.Module with the forward of the model file, eager, parameters frozen.
    original: ase.Atoms -> evaluate.Result by the unmodified model.
    fields: metadata of the family (see modelfile.KEYS), with dtype, without exchange counts.
    packages: distribution names whose versions belong into created_by.
    script: turns the module into TorchScript.
    describe: returns native.Description, or raises native.Undescribed; None: not of a described family.
    """

    module: object
    original: Callable
    fields: dict
    packages: tuple = ()
    script: Callable = script
    describe: Callable = None


@dataclasses.dataclass
class Report:
    """Largest errors of the exported form over all cases: eV/atom, eV/A, eV/A^3 (0 if no cell)."""

    energy: float = 0.0
    force: float = 0.0
    stress: float = 0.0


def native_records(built):
    """Return ({record: content}, reason why there are none) for the native evaluator."""
    from natrolite.exporters import native

    if built.describe is None:
        return {}, f"the native evaluator does not know the family {built.fields['family']}"
    try:
        text, arrays = built.describe().records()
    except native.Undescribed as error:
        return {}, f"the native evaluator does not know {error}"
    except Exception as error:  # a part of an unusual model: the file is as good without
        return {}, f"describing the network failed: {type(error).__name__}: {error}"
    return {"native.json": text, "native.bin": arrays}, None


def finish(built, log=lambda line: None):
    """Return (scripted module, metadata, Report), or refuse with NatroliteError.

    Refused: an exported form that differs from the original by more than rounding, folded or with
    explicit ghosts, and a number of exchanges that differs between graph and run.
    """
    import torch

    torch._C._jit_set_texpr_fuser_enabled(False)
    log("scripting")
    scripted = built.script(built.module)
    fields = {"lr_cutoff": None, **built.fields}
    atoms = cases.reference(fields)
    reference = _original(built, atoms)
    log("comparing with the original")
    report = Report()
    for name, case in [("reference", atoms), *cases.comparison(fields)]:
        truth = reference if case is atoms else _original(built, case)
        _compare(scripted, fields, name, case, truth, report)
    fields |= _exchanges(scripted, fields, atoms)
    fields["reference"] = reference_entry(fields, atoms, reference)
    return scripted, modelfile.metadata(scripted, fields, built.packages), report


def _original(built, atoms):
    try:
        return built.original(atoms)
    except Exception as error:
        raise NatroliteError(f"the original model fails on the comparison case {atoms.symbols}: {error}") from error


def _compare(scripted, fields, name, atoms, truth, report):
    """Evaluate both forms several times (the profiling executor rewrites the graph) and compare."""
    energy_tolerance, force_tolerance = TOLERANCE[fields["dtype"]]
    for ghosts in (False, True, False):
        result, _ = evaluate.evaluate(scripted, fields, atoms, ghosts=ghosts)
        energy = abs(result.energy - truth.energy) / max(len(atoms), 1)
        force = float(np.abs(result.forces - truth.forces).max(initial=0.0))
        stress = 0.0
        if atoms.pbc.all():
            stress = float(np.abs(result.virial - truth.virial).max()) / atoms.get_volume()
        if not (energy <= energy_tolerance and force <= force_tolerance and stress <= force_tolerance):
            raise NatroliteError(
                f"the exported form differs from the original on the case '{name}' "
                f"({'explicit ghosts' if ghosts else 'folded'}): {energy:.2e} eV/atom, {force:.2e} "
                f"eV/A, {stress:.2e} eV/A^3; nothing is written; please report this model"
            )
        report.energy = max(report.energy, energy)
        report.force = max(report.force, force)
        report.stress = max(report.stress, stress)


def _exchanges(scripted, fields, atoms):
    """Return exchange_widths and collectives, the same in the graph, in a run, and without atoms."""
    from natrolite import operators

    nodes = operators.count_nodes(scripted)
    runs = [evaluate.evaluate(scripted, fields, case)[1] for case in (atoms, atoms[:1], atoms[:0])]
    for run in runs:
        if run.calls != nodes:
            raise NatroliteError(
                f"the exported graph has the exchanges {nodes}, a run makes {run.calls}: parallel "
                "runs would hang; nothing is written; please report this model"
            )
    if any(run.widths != runs[0].widths for run in runs):
        raise NatroliteError("the widths of the exchanges change with the structure; nothing is written")
    names = {"ghost": "ghost_exchange", "sum": "global_sum", "max": "global_max"}
    return {
        "exchange_widths": runs[0].widths,
        "collectives": {short: nodes[name] for short, name in names.items()},
    }


def reference_entry(fields, atoms, result, tolerance=None):
    """Return the `reference` of the metadata: structure in Angstrom, result in eV and eV/A."""
    energy_tolerance, force_tolerance = tolerance or TOLERANCE[fields["dtype"]]
    periodic = bool(atoms.pbc.any())
    return {
        "types": evaluate.types_of(atoms, fields).tolist(),
        "positions": atoms.positions.tolist(),
        "cell": np.asarray(atoms.cell).tolist() if periodic else None,
        "pbc": [bool(p) for p in atoms.pbc],
        "total_charge": float(atoms.info.get("charge", 0.0)),
        "total_spin": float(atoms.info.get("spin", 0.0)),
        "energy": float(result.energy),
        "forces": np.asarray(result.forces).tolist(),
        "energy_tolerance": energy_tolerance,
        "force_tolerance": force_tolerance,
    }
