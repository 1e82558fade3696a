# SPDX-License-Identifier: GPL-2.0-only
"""Tables of ions whose modes are known: eight groups far apart, the slow ones more frequent at high density."""

import numpy as np

NAMES = ["ion_ion", "ion_host", "volume", "tortuosity", "D_ratio"]
# centers of the modes, slow to fast: coordinations, volume (A^3), log10 tortuosity, log10 D (cm^2/s)
CENTERS = np.array(
    [
        [0.5, 9.0, 60.0, 2.1, -6.4],
        [5.5, 7.0, 90.0, 1.9, -6.1],
        [2.0, 5.0, 150.0, 1.5, -5.6],
        [6.0, 3.0, 210.0, 1.4, -5.3],
        [1.0, 6.5, 190.0, 1.0, -4.9],
        [3.5, 2.5, 270.0, 0.8, -4.6],
        [6.5, 1.5, 330.0, 0.6, -4.3],
        [0.2, 3.0, 300.0, 0.4, -3.9],
    ]
)
SPREAD = np.array([0.25, 0.35, 8.0, 0.05, 0.08])
DENSITIES, LOADINGS = (1.5, 1.7, 2.0, 2.3, 2.5, 3.0), (25, 50, 100)
UNITS = {
    "metal": ("A^3", "A^2/ps", 1.0, 1e4),
    "real": ("A^3", "A^2/fs", 1.0, 10.0),
    "nm": ("nm^3", "nm^2/ns", 1e-3, 1e5),
}


def shares(density, loading):
    """Probabilities of the modes in one system."""
    weight = np.exp(-0.5 * (np.arange(8) - 7 + 4.2 * (density - 1.5)) ** 2 / 4 - 0.004 * loading * (np.arange(8) % 2))
    return weight / weight.sum()


def ions(density, loading, seed=0, spread=1.0):
    """Return (truth [n] 1 ... 8, columns [n, 5] as CENTERS)."""
    rng = np.random.default_rng([seed, int(100 * density), int(loading)])
    truth = np.concatenate([rng.choice(8, max(24, int(1.2 * loading)), p=shares(density, loading)), np.arange(8)])
    return truth + 1, CENTERS[truth] + spread * SPREAD * rng.normal(size=(len(truth), 5))


def text(density, loading, columns, units="metal"):
    """Return the text of a table; columns as ions() gives them."""
    volume, diffusion, per_volume, per_d = UNITS[units]
    head = [
        "# natrolite table: ions",
        f"# density = {density} g/cm^3",
        f"# loading = {loading} %",
        "# ion = Na",
        "# host = C",
        f"# columns: id | ion_ion | ion_host | volume ({volume}) | tortuosity | D_ratio ({diffusion})",
    ]
    rows = [
        " ".join([str(k + 1), *(repr(float(v)) for v in (a, b, v * per_volume, 10**t, 10**d * per_d))])
        for k, (a, b, v, t, d) in enumerate(columns)
    ]
    return "\n".join(head + rows) + "\n"


def write(folder, units="metal", spread=1.0):
    """Write a table for every system; return (paths, truth of all ions sorted by density, loading and ID)."""
    paths, truth = [], []
    for density in DENSITIES:
        for loading in LOADINGS:
            labels, columns = ions(density, loading, spread=spread)
            paths.append(folder / f"{density}-{loading}.ions")
            paths[-1].write_text(text(density, loading, columns, units))
            truth.append(labels)
    return paths, np.concatenate(truth)
