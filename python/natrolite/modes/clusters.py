# SPDX-License-Identifier: GPL-2.0-only
"""Modes: clusters of ions with like features; z-scores, Ward linkage, and a map by discriminant analysis."""

import numpy as np

from natrolite.errors import NatroliteError

AUTOMATIC = range(2, 13)  # numbers of modes that the silhouette decides between
PER_MODE = 5  # ions that a mode must have on average; also the folds of the cross-validation


def z_scores(ions):
    """Return (values - mean) / standard deviation [N, F] over all ions of all systems."""
    mean, spread = ions.features.mean(axis=0), ions.features.std(axis=0)
    flat = spread <= 1e-9 * np.maximum(np.abs(mean), 1e-300)
    if flat.any():
        k = int(np.argmax(flat))
        why = " (ion/environment without volume?)" if ions.names[k] in ("volume", "fraction") else ""
        raise NatroliteError(
            f"column {ions.names[k]} has the same value in all ions{why}: it separates no modes; "
            "leave it out of --features"
        )
    return (ions.features - mean) / spread


def check_count(ions, count):
    """Refuse too few ions for count modes, and a single system."""
    if len(ions.systems()) < 2:
        density, loading = ions.systems()[0]
        raise NatroliteError(
            f"all ions are of one system ({density:g} g/cm^3, {loading:g} %): give the tables of at least two"
        )
    if len(ions.identity) < PER_MODE * count:
        raise NatroliteError(
            f"{len(ions.identity)} ions are too few for {count} modes, which need {PER_MODE * count}: "
            "give more tables, or fewer --modes"
        )


def cut(z, counts):
    """Return clusters [N, len(counts)] of Ward's linkage (Ward, J. Am. Stat. Assoc. 58, 236 (1963)), cut at each count."""
    from scipy.cluster.hierarchy import cut_tree, linkage

    return cut_tree(linkage(z, method="ward"), n_clusters=list(counts))


def silhouettes(z, counts):
    """Return {count: mean silhouette} (Rousseeuw, J. Comput. Appl. Math. 20, 53 (1987))."""
    from sklearn.metrics import silhouette_score

    return {count: float(silhouette_score(z, labels)) for count, labels in zip(counts, cut(z, counts).T)}


def ordered(clusters, log_d):
    """Return labels [N], 1 for the cluster with the smallest mean log D."""
    means = [log_d[clusters == k].mean() for k in range(clusters.max() + 1)]
    return np.argsort(np.argsort(means, kind="stable"), kind="stable")[clusters] + 1


def discriminants(z, labels, log_d):
    """Return (map [N, 2], shares [2]): linear discriminants of the modes and what share of the variance between
    modes is along each; D grows to the right. Two modes have one discriminant: log D (share 0) is the other axis."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    fitted = LinearDiscriminantAnalysis(n_components=min(2, labels.max() - 1, z.shape[1])).fit(z, labels)
    places, shares = fitted.transform(z), fitted.explained_variance_ratio_
    if places.shape[1] == 1:
        return np.column_stack([places[:, 0] * sign(places[:, 0] @ (log_d - log_d.mean())), log_d]), np.array(
            [1.0, 0.0]
        )
    along = fitted.scalings_[:, 1]
    turn = [sign(places[:, 0] @ (log_d - log_d.mean())), sign(along[np.argmax(np.abs(along))])]
    return places * turn, shares[:2]


def sign(value):
    return -1.0 if value < 0 else 1.0
