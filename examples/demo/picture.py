# SPDX-License-Identifier: GPL-2.0-only
"""Draw demo.dat (temperature, energy, layer gap, the ion's path) and print the summary.

usage: picture.py FOLDER     reads FOLDER/demo.dat, writes FOLDER/demo.png
"""

import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
CARBON_BOND = 1.42  # Angstrom


def honeycomb(ax, x, y):
    """Draw the lower graphene layer's hexagons (ideal lattice through the path's region)."""
    a = CARBON_BOND * np.sqrt(3)
    for m in range(-12, 13):
        for n in range(-12, 13):
            cx, cy = a * (m + 0.5 * n), a * np.sqrt(3) / 2 * n
            angle = np.radians(np.arange(30, 391, 60))
            hx, hy = cx + CARBON_BOND * np.cos(angle), cy + CARBON_BOND * np.sin(angle)
            if np.hypot(cx - x, cy - y).min() < 4.0:
                ax.plot(hx, hy, color="0.75", lw=1.2, zorder=1)


def hollow_origin(x, y):
    """Shift the path so that its first point, a hollow site, is the origin."""
    return x - x[0], y - y[0]


def draw(folder, data):
    time, temperature, energy, gap, x, y, height = data.T
    x, y = hollow_origin(x, y)
    fig, axes = plt.subplots(2, 2, figsize=(9, 7), constrained_layout=True)
    axes[0, 0].plot(time, temperature, color=ORANGE, lw=1)
    axes[0, 0].axhline(300, color="0.5", ls="--", lw=1)
    axes[0, 0].set(xlabel="time (ps)", ylabel="temperature (K)")
    axes[0, 1].plot(time, 1000 * (energy - energy[0]), color=BLUE, lw=1)
    axes[0, 1].set(xlabel="time (ps)", ylabel="potential energy (meV/atom)")
    axes[1, 0].plot(time, gap, color=GREEN, lw=1.2, label="distance of the two layers")
    axes[1, 0].plot(time, height, color=ORANGE, lw=1.2, label="height of Na above the lower")
    axes[1, 0].set(xlabel="time (ps)", ylabel="height (Å)", ylim=(0, 1.35 * gap.max()))
    axes[1, 0].legend(frameon=False, loc="upper right")
    ax = axes[1, 1]
    honeycomb(ax, x, y)
    path = ax.scatter(x, y, c=time, s=9, cmap="viridis", zorder=2)
    ax.plot(x[0], y[0], "o", ms=9, mfc="none", mec=ORANGE, zorder=3)
    ax.set(xlabel="x (Å)", ylabel="y (Å)", aspect="equal")
    fig.colorbar(path, ax=ax, label="time (ps)")
    fig.suptitle("Na between two graphene layers: SevenNet-0 + D3 in LAMMPS, 300 K")
    fig.savefig(folder / "demo.png", dpi=150)


def summary(folder, data):
    time, temperature, energy, gap, x, y, height = data.T
    half = len(time) // 2
    distance = np.hypot(x - x[0], y - y[0])
    rows = [
        ("simulated time", f"{time[-1]:.2f} ps"),
        ("temperature, second half", f"{temperature[half:].mean():.0f} K"),
        ("potential energy, second half", f"{energy[half:].mean():.4f} eV/atom"),
        ("layer gap, start (relaxed)", f"{gap[0]:.2f} A"),
        ("layer gap, mean and range", f"{gap.mean():.2f} A, {gap.min():.2f} to {gap.max():.2f} A"),
        ("Na height over the lower layer", f"{height.mean():.2f} A"),
        ("Na in-plane path length", f"{np.hypot(np.diff(x), np.diff(y)).sum():.2f} A"),
        ("Na farthest from its first site", f"{distance.max():.2f} A"),
        ("table", str(folder / "demo.dat")),
        ("picture", str(folder / "demo.png")),
    ]
    print("\nNatrolite demo: one Na between two graphene layers (SevenNet-0 + D3)")
    for name, value in rows:
        print(f"  {name:<32} {value}")


def main():
    folder = pathlib.Path(sys.argv[1])
    data = np.loadtxt(folder / "demo.dat")
    draw(folder, data)
    summary(folder, data)


if __name__ == "__main__":
    main()
