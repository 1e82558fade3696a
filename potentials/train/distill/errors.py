# SPDX-License-Identifier: GPL-2.0-only
"""Errors of a model on labeled frames, by kind of structure: a table and parity plots."""

import collections

import numpy as np

COLUMNS = ["kind", "frames", "E_mae(meV/atom)", "E_rmse(meV/atom)", "F_mae(meV/A)", "F_rmse(meV/A)", "S_rmse(meV/A^3)"]


class Comparison:
    """Pairs (label, prediction) of one kind: energies per atom, force components, stress components."""

    def __init__(self):
        self.energy, self.forces, self.stress = [], [], []

    def add(self, frame, calculator):
        """Add a labeled frame (distill.labels), predicted by an ASE calculator."""
        trial = frame.copy()
        trial.calc = calculator
        count = len(frame)
        self.energy.append((frame.info["REF_energy"] / count, trial.get_potential_energy() / count))
        self.forces.append(np.stack([frame.arrays["REF_forces"].ravel(), trial.get_forces().ravel()], 1))
        self.stress.append(np.stack([frame.info["REF_stress"], trial.get_stress()], 1))

    def arrays(self):
        """Return energies, forces and stresses as arrays (values, 2)."""
        return np.array(self.energy), np.concatenate(self.forces), np.concatenate(self.stress)

    def row(self):
        """Return the numbers of a line of the table, in the order of COLUMNS; nan where no label has a stress."""
        (e, f, s) = (1000 * (pair[:, 1] - pair[:, 0]) for pair in self.arrays())
        known = s[np.isfinite(self.arrays()[2][:, 0])]
        return [len(self.energy), abs(e).mean(), rms(e), abs(f).mean(), rms(f), rms(known) if len(known) else np.nan]


def rms(values):
    """Return the root of the mean square of an array."""
    return float(np.sqrt(np.mean(np.square(values))))


def compare(frames, calculator):
    """Return {kind: Comparison} of labeled frames, and "all"; ValueError for no frames."""
    if not frames:
        raise ValueError("no frames are held out: make more of them")
    found = collections.defaultdict(Comparison)
    for frame in sorted(frames, key=len):
        for kind in (frame.info["kind"], "all"):
            found[kind].add(frame, calculator)
    return dict(sorted(found.items()))


def table(comparisons):
    """Return the lines of the table."""
    lines = ["# " + " ".join(COLUMNS)]
    for kind, comparison in comparisons.items():
        frames, *numbers = comparison.row()
        lines.append(f"{kind:18s} {frames:5d} " + " ".join(f"{number:8.2f}" for number in numbers))
    return lines


def parity(comparisons, path, label="teacher"):
    """Write a picture: forces by kind, and all energies less those of the labels, which are of what label says."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    kinds = [kind for kind in comparisons if kind != "all"]
    rows = -(-(len(kinds) + 2) // 4)  # the last place is that of the legend
    figure, axes = plt.subplots(rows, 4, figsize=(12, 2.9 * rows), constrained_layout=True, squeeze=False)
    for axis, kind in zip(axes.flat, kinds, strict=False):
        _forces(axis, kind, comparisons[kind], label)
    axis = axes.flat[len(kinds)]
    for kind, color in zip(kinds, plt.get_cmap("turbo")(np.linspace(0.02, 0.98, len(kinds))), strict=True):
        energies = comparisons[kind].arrays()[0]
        axis.plot(energies[:, 0], 1000 * (energies[:, 1] - energies[:, 0]), ".", ms=4, color=color, label=kind)
    figure.legend(*axis.get_legend_handles_labels(), fontsize=8, loc="lower right", ncols=2, frameon=False)
    axis.axhline(0, color="0.7", lw=0.8, zorder=0)
    axis.set(xlabel=f"{label} (eV/atom)", ylabel=f"student - {label} (meV/atom)", title="energies")
    for axis in axes.flat[len(kinds) + 1 :]:
        axis.axis("off")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _forces(axis, kind, comparison, label):
    forces = comparison.arrays()[1]
    limits = [forces.min() - 0.2, forces.max() + 0.2]
    axis.plot(limits, limits, color="0.7", lw=0.8, zorder=0)
    axis.plot(forces[:, 0], forces[:, 1], ".", ms=2, color="#0072B2", rasterized=True)
    error = 1000 * rms(forces[:, 1] - forces[:, 0])
    axis.set(xlim=limits, ylim=limits, aspect="equal")
    axis.set_title(f"{kind}: {error:.0f} meV/A", fontsize=9)
    axis.set(xlabel=f"force, {label} (eV/A)", ylabel="student (eV/A)")
