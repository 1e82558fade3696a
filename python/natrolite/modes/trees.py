# SPDX-License-Identifier: GPL-2.0-only
"""What tells the modes apart: gradient-boosted trees that predict an ion's mode, and their SHAP values."""

import warnings

import numpy as np

FOLDS = 5
ROUNDS = 100
# one thread and one seed: the same trees in every run
SETTINGS = {"objective": "multi:softprob", "max_depth": 4, "eta": 0.2, "tree_method": "hist", "nthread": 1, "seed": 0}


def train(z, labels, count):
    """Return the xgboost.Booster for modes 1 ... count."""
    import xgboost

    return xgboost.train({**SETTINGS, "num_class": count}, xgboost.DMatrix(z, labels - 1, nthread=1), ROUNDS)


def predict(booster, z):
    """Return the most probable mode [N]."""
    import xgboost

    return booster.predict(xgboost.DMatrix(z, nthread=1)).argmax(axis=1) + 1


def accuracies(z, labels, count):
    """Return the share of rightly predicted ions in each of FOLDS stratified folds that training has not seen."""
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mode may have fewer ions than there are folds
        splits = list(splitter.split(z, labels))
    return np.array(
        [np.mean(predict(train(z[seen], labels[seen], count), z[held]) == labels[held]) for seen, held in splits]
    )


def shap_values(booster, z):
    """Return [N, count, F + 1]: SHAP values of every ion, mode and feature in log-odds, last the expectation.

    The exact algorithm for trees (Lundberg et al., Nat. Mach. Intell. 2, 56 (2020)), as xgboost has it."""
    import xgboost

    return booster.predict(xgboost.DMatrix(z, nthread=1), pred_contribs=True, strict_shape=True)


def importances(booster, z):
    """Return [count, F]: mean magnitude of the SHAP values over all ions."""
    return np.abs(shap_values(booster, z)[:, :, :-1]).mean(axis=0)
