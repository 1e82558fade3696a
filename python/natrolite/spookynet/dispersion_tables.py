# SPDX-License-Identifier: GPL-2.0-only
"""Reference systems of the D4 dispersion model, one row per element of a potential.

Taken from the package tad-dftd4 (for a new potential) or from a public parameter file, which
carries the tables it was fitted with. Nothing of them lives in this repository.
Source of the model: Caldeweyher et al., J. Chem. Phys. 150, 154122 (2019).
"""

import dataclasses
import math

import torch

# Steepness c of the charge scaling (see charge_scaling); its height is 3.
SCALING_STEEPNESS = 2.0


@dataclasses.dataclass
class Tables:
    """Rows of T elements, up to 7 reference systems each; float64, atomic units (bohr, hartree, e).

    covalent [T]: covalent radius (3/4 of the D3 radius); en [T]: Pauling electronegativity;
    zeff, hardness, r4r2 [T]: effective charge, chemical hardness times the steepness, square root
    of the D3 ratio of <r4> and <r2>; gaussians [T, 7]: Gaussians per reference, 0, 1 or 3; cn
    [T, 7]: their coordination numbers; fallback [T, 7]: weights when all Gaussians vanish;
    charge [T, 7]: partial charge of the atom in the reference system.
    For the polarizabilities, at 23 imaginary frequencies: system, system_zeff, system_hardness,
    system_charge [T, 7] and system_alpha [T, 7, 23] describe the partner that is removed, removed
    [T, 7] how many of it, total [T, 7, 23] the polarizability of the whole, share [T, 7] the part
    per atom; frequency_weights [23]: weights of the integral.
    """

    covalent: torch.Tensor
    en: torch.Tensor
    zeff: torch.Tensor
    hardness: torch.Tensor
    r4r2: torch.Tensor
    gaussians: torch.Tensor
    cn: torch.Tensor
    fallback: torch.Tensor
    charge: torch.Tensor
    system_zeff: torch.Tensor
    system_hardness: torch.Tensor
    system_charge: torch.Tensor
    system_alpha: torch.Tensor
    removed: torch.Tensor
    total: torch.Tensor
    share: torch.Tensor
    frequency_weights: torch.Tensor


def from_package(atomic_numbers) -> Tables:
    """Return the tables of tad-dftd4 (charges of the electronegativity equilibration).

    Raises ImportError with the remedy if the package is missing.
    """
    try:
        from tad_dftd4 import data
        from tad_dftd4.reference import d4
        from tad_dftd4.reference.d4.charge_eeq import clsh, clsq
        from tad_mctc.data import PAULING
    except ImportError as error:
        raise ImportError(f"{error}; the D4 reference tables come from tad-dftd4: pip install tad-dftd4") from None
    real = {"dtype": torch.float64}
    raw = {
        "rcov": 0.75 * data.COV_D3(**real),
        "en": PAULING(**real),
        "zeff": data.ZEFF(),
        "gam": data.GAM(**real),
        "sqrt_r4r2": data.R4R2(**real).sqrt(),
        "count": d4.refc,
        "cn": d4.refcovcn,
        "fixgweights": (d4.refcovcn == d4.refcovcn.amax(1, keepdim=True)),
        "refq": clsq,
        "refsys": d4.refsys,
        "refh": clsh,
        "sscale": d4.secscale.flatten(),
        "secaiw": d4.secalpha,
        "hcount": d4.refscount,
        "alphaiw": d4.refalpha,
        "ascale": d4.refascale,
        "casimir_polder_weights": frequency_weights(),
    }
    return _rows(raw, atomic_numbers)


def from_parameters(state: dict, atomic_numbers) -> Tables:
    """Return the tables inside a public parameter file.

    state: the file's entries of the dispersion term, without their common prefix, 87 rows each.
    """
    raw = dict(state)
    raw["count"] = state["ncount_mask"].sum(-1)
    raw["cn"] = state["cn"].amax(-1)
    return _rows(raw, atomic_numbers)


def _rows(raw: dict, atomic_numbers) -> Tables:
    """Return Tables: rows of atomic_numbers, partners looked up, everything float64."""
    z = torch.as_tensor(list(atomic_numbers))
    table = {name: value.double() for name, value in raw.items() if name != "refsys"}
    system = raw["refsys"][z].long()
    hardness = SCALING_STEEPNESS * table["gam"]
    return Tables(
        covalent=table["rcov"][z],
        en=table["en"][z],
        zeff=table["zeff"][z],
        hardness=hardness[z],
        r4r2=table["sqrt_r4r2"][z],
        gaussians=table["count"][z],
        cn=table["cn"][z],
        fallback=table["fixgweights"][z],
        charge=table["refq"][z],
        system_zeff=table["zeff"][system],
        system_hardness=hardness[system],
        system_charge=table["refh"][z],
        system_alpha=table["sscale"][system].unsqueeze(-1) * table["secaiw"][system],
        removed=table["hcount"][z],
        total=table["alphaiw"][z],
        share=table["ascale"][z],
        frequency_weights=table["casimir_polder_weights"],
    )


def frequency_weights() -> torch.Tensor:
    """Return float64 [23], trapezoidal weights of the integral over imaginary frequencies.

    The frequencies (hartree) are those at which the reference polarizabilities were computed; the
    first is 1e-6 in place of zero.
    """
    steps = [(1e-6, 1), (0.05, 1), *[(0.1 * k, 1) for k in range(1, 11)]]
    grid = [f for f, _ in steps] + [1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0]
    points = torch.tensor(grid, dtype=torch.float64)
    gap = points.diff()
    zero = gap.new_zeros(1)
    return 0.5 * (torch.cat([gap, zero]) + torch.cat([zero, gap]))


def charge_scaling(charge: torch.Tensor, reference: torch.Tensor, hardness: torch.Tensor) -> torch.Tensor:
    """Return exp(3 (1 - exp(c eta (1 - reference / charge)))); exp(3) for no or negative charge.

    charge, reference: effective nuclear charge plus partial charge, of the atom and of the
    reference; hardness: c eta. Shapes broadcast. Source: Caldeweyher et al. 2019 (zeta).
    """
    bound = charge > 1e-8
    safe = torch.where(bound, charge, torch.ones_like(charge))
    scaled = torch.exp(3.0 * (1.0 - torch.exp(hardness * (1.0 - reference / safe))))
    return torch.where(bound, scaled, torch.full_like(scaled, math.exp(3.0)))
