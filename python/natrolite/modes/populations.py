# SPDX-License-Identifier: GPL-2.0-only
"""How many ions of a system are in each mode, and how that goes with density."""

import numpy as np

ENOUGH = 3  # points; through two every line passes


def fractions(ions, labels, count):
    """Return [systems, count]: share of a system's ions in each mode; the rows sum to 1."""
    return np.array(
        [np.bincount(labels[ions.of(system)] - 1, minlength=count) / ions.of(system).sum() for system in ions.systems()]
    )


def correlation(x, y):
    """Return (r, p, low, high): Pearson's r, its two-sided p, its 95 % confidence interval; NaN where undefined
    (fewer than three points, or one value only)."""
    from scipy.stats import pearsonr

    if len(x) < ENOUGH or np.ptp(x) == 0 or np.ptp(y) < 1e-12:
        return (np.nan,) * 4
    found = pearsonr(x, y)
    low, high = found.confidence_interval(0.95) if len(x) > ENOUGH else (np.nan, np.nan)
    return float(found.statistic), float(found.pvalue), float(low), float(high)


def with_density(systems, shares):
    """Return rows (loading, mode, points, r, p, low, high, p adjusted) of Pearson's r of a mode's share with density.

    First for each loading over its densities; then, with NaN as loading, over all systems. The adjusted p are those of
    Benjamini and Hochberg (J. R. Stat. Soc. B 57, 289 (1995)) over the rows of the same reading."""
    density, loading = np.array(systems).T
    single, every = [], []
    for value in sorted(set(loading)):
        single += of_modes(value, density[loading == value], shares[loading == value])
    every += of_modes(np.nan, density, shares)
    return adjusted(single) + adjusted(every)


def of_modes(loading, density, shares):
    return [
        (loading, mode + 1, len(density), *correlation(density, shares[:, mode])) for mode in range(shares.shape[1])
    ]


def adjusted(rows):
    from scipy.stats import false_discovery_control

    p = np.array([row[4] for row in rows])
    out = np.full(len(rows), np.nan)
    known = np.isfinite(p)
    if known.any():
        out[known] = false_discovery_control(p[known])
    return [(*row, float(value)) for row, value in zip(rows, out)]
