# SPDX-License-Identifier: GPL-2.0-only
"""The toy models' formulas (see toys.py) in plain numpy, with derivatives by complex steps.

Nothing here is shared with the torch versions: pairs come from a loop over periodic images, and
dE/dx = Im E(x + i h) / h with h = 1e-30 is exact to rounding.
"""

import numpy as np

C = np.array([1.0, 0.6])
STEP = 1e-30


def pairs(atoms, cutoff):
    """Return i, j [E] and shifts [E, 3] (in A) of all pairs with r < cutoff, by brute force."""
    x, cell = atoms.positions, np.asarray(atoms.cell)
    reach = [0, 0, 0]
    for k in np.flatnonzero(atoms.pbc):
        normal = np.linalg.inv(cell + np.diag(~atoms.pbc) * 1.0)[:, k]
        spread = (x @ normal).max() - (x @ normal).min() if len(x) else 0.0
        reach[k] = int(np.ceil(cutoff * np.linalg.norm(normal) + spread))
    found = []
    for n in np.ndindex(*(2 * r + 1 for r in reach)):
        shift = (np.array(n) - reach) @ cell
        r = np.linalg.norm(x[None] + shift - x[:, None], axis=2)
        i, j = np.nonzero((r < cutoff) & (r > 0.0))
        found += [(a, b, shift) for a, b in zip(i, j)]
    i, j = (np.array([f[k] for f in found], int) for k in (0, 1))
    return i, j, np.array([f[2] for f in found]).reshape(-1, 3)


def total(i, values, n):
    """Sum values [E] or [E, k] on i: [n] or [n, k]."""
    out = np.zeros((n,) + values.shape[1:], complex)
    np.add.at(out, i, values)
    return out


def bump(d, rc):
    return (1.0 - (d * d).sum(1) / rc**2) ** 3


def density(i, j, d, t, rc):
    w = C[t[j]] * bump(d, rc)
    return w, total(i, w, len(t))


def lj(i, j, d, t, info):
    eps, sigma = np.array([0.0104, 0.0031]), np.array([3.4, 2.74])
    e, s = np.sqrt(eps[t[i]] * eps[t[j]]), (sigma[t[i]] + sigma[t[j]]) / 2
    s6 = s**6 / (d * d).sum(1) ** 3
    return {"atomic_energy": total(i, 2 * e * (s6**2 - s6), len(t))}


def mp(i, j, d, t, info):
    w, q = density(i, j, d, t, 5.0)
    return {"atomic_energy": total(i, q[j] * w, len(t)) + 0.1 * q**2}


def mp3(i, j, d, t, info):
    f, u, n = C[t[j]] * bump(d, 4.0), d / 4.0, len(t)
    a0, av, a4 = total(i, f, n), total(i, f[:, None] * u, n), total(i, f * (u * u).sum(1), n)
    b0 = total(i, f * a0[j] * (1 + (av[j] * u).sum(1)), n)
    bv = total(i, f[:, None] * (av[j] + a4[j, None] * u), n)
    b4 = total(i, f * a4[j] * a0[j], n)
    last = total(i, f * (0.1 * b0[j] + (bv[j] * u).sum(1) + 0.05 * b4[j]), n)
    return {"atomic_energy": np.array([-1.5, -0.7])[t] + last + 0.01 * (bv * bv).sum(1)}


def gsum(i, j, d, t, info):
    q = density(i, j, d, t, 5.0)[1]
    return {"atomic_energy": q**2 / (1 + q.sum())}


def gmax(i, j, d, t, info):
    q = density(i, j, d, t, 5.0)[1]
    m = q[np.argmax(q.real)] if len(q) else 0.0
    return {"atomic_energy": np.exp(0.5 * (q - m))}


def charged(i, j, d, t, info):
    q = density(i, j, d, t, 5.0)[1]
    x = np.array([0.2, -0.1])[t] + 0.3 * q
    z = x + (info.get("charge", 0.0) - x.sum()) / max(len(t), 1)
    return {"atomic_energy": 0.5 * z**2 + 0.1 * info.get("spin", 0.0) * q, "charges": z}


def peratom(i, j, d, t, info):
    q = density(i, j, d, t, 5.0)[1]
    return {"atomic_energy": 0.1 * q**2, "coordination": total(i, bump(d, 5.0), len(t))}


# name -> (formula, cutoff in A)
FORMULAS = {
    "lj": (lj, 8.5),
    "mp": (mp, 5.0),
    "mp3": (mp3, 4.0),
    "gsum": (gsum, 5.0),
    "gmax": (gmax, 5.0),
    "charged": (charged, 5.0),
    "peratom": (peratom, 5.0),
}


def evaluate(name, atoms):
    """Return (energy eV, forces [n, 3] eV/A, virial [3, 3] eV, {per-atom output: [n]}).

    atoms: ase.Atoms of Ar and Ne; atoms.info may hold "charge" (e) and "spin" (unpaired electrons).
    """
    formula, cutoff = FORMULAS[name]
    i, j, shift = pairs(atoms, cutoff)
    t, x = np.where(atoms.numbers == 18, 0, 1), atoms.positions

    def outputs(move, strain):
        d = (x + move)[j] + shift - (x + move)[i]
        return formula(i, j, d + d @ strain, t, atoms.info)

    def slope(move, strain):
        return outputs(move, strain)["atomic_energy"].sum().imag / STEP

    forces, virial = np.zeros_like(x), np.zeros((3, 3))
    for index in np.ndindex(*x.shape):
        move = np.zeros(x.shape, complex)
        move[index] = 1j * STEP
        forces[index] = -slope(move, np.zeros((3, 3)))
    for index in np.ndindex(3, 3):
        strain = np.zeros((3, 3), complex)
        strain[index] = 1j * STEP
        virial[index] = -slope(np.zeros(x.shape), strain)
    values = {key: value.real for key, value in outputs(0.0 * x, np.zeros((3, 3))).items()}
    return values["atomic_energy"].sum(), forces, virial, values
