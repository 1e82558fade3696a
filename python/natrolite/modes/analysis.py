# SPDX-License-Identifier: GPL-2.0-only
"""From ions to modes: everything that the tables, the pictures and the report show."""

import dataclasses

import numpy as np

from . import clusters, populations, trees
from .systems import Ions


@dataclasses.dataclass
class Modes:
    """N ions with F features in K modes; S systems.

    labels: [N] 1 (slowest) ... K; centers: [K, F] mean z-scores; means: [K, F] mean features (of logarithms, where
    the feature is one); log_d: [K] mean log10 D (cm^2/s); silhouette: {number of modes: mean silhouette};
    map: [N, 2] and shares [2] of the discriminants; accuracies: one for each fold; shap: [K, F] log-odds;
    fractions: [S, K]; correlations: rows of populations.with_density."""

    ions: Ions
    count: int
    z: np.ndarray
    labels: np.ndarray
    silhouette: dict
    map: np.ndarray
    shares: np.ndarray
    accuracies: np.ndarray
    shap: np.ndarray
    systems: list
    fractions: np.ndarray
    correlations: list

    def mean(self, values):
        """Return the mean over the ions of each mode."""
        return np.array([values[self.labels == k + 1].mean(axis=0) for k in range(self.count)])

    @property
    def centers(self):
        return self.mean(self.z)

    @property
    def means(self):
        return self.mean(self.ions.features)

    @property
    def log_d(self):
        return self.mean(self.ions.log_d)

    @property
    def sizes(self):
        return np.bincount(self.labels, minlength=self.count + 1)[1:]


def analyze(ions, count):
    """Return the Modes of the ions; count: how many, or None for the number with the largest mean silhouette."""
    clusters.check_count(ions, count or min(clusters.AUTOMATIC))
    z = clusters.z_scores(ions)
    counts = [count] if count else [k for k in clusters.AUTOMATIC if clusters.PER_MODE * k <= len(z)]
    silhouette = clusters.silhouettes(z, counts)
    count = max(counts, key=silhouette.get)
    labels = clusters.ordered(clusters.cut(z, [count])[:, 0], ions.log_d)
    places, shares = clusters.discriminants(z, labels, ions.log_d)
    booster = trees.train(z, labels, count)
    systems, fractions = ions.systems(), populations.fractions(ions, labels, count)
    return Modes(
        ions,
        count,
        z,
        labels,
        silhouette,
        places,
        shares,
        trees.accuracies(z, labels, count),
        trees.importances(booster, z),
        systems,
        fractions,
        populations.with_density(systems, fractions),
    )
