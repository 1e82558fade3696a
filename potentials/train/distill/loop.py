# SPDX-License-Identifier: GPL-2.0-only
"""A training of a fixed number of epochs whose rate falls to zero with them, resumable after each epoch."""

import os
import time

import numpy as np
import torch
from distill.files import complete

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def schedule(optimizer, steps):
    """Return the schedule of the rate: up in 100 steps, then down to zero at the end."""
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 100, max(1 - step / steps, 1e-3)))


class Training:
    """One training: the model, its optimizer and average, and the epoch reached.

    A class derived from it makes `model`, `optimizer`, `schedule`, `average` and `loader` (of batches, in the order of
    its generator) and gives `step`, `validate` and `save`.
    """

    def __init__(self, epochs):
        self.epochs, self.epoch, self.seconds = epochs, 0, []

    def step(self, batch):
        """Take one step of the optimizer and update the average."""
        raise NotImplementedError

    def validate(self):
        """Return {"rmse_e_per_atom": eV, "rmse_f": eV/Angstrom} of the averaged weights on the validation frames."""
        raise NotImplementedError

    def save(self, path):
        """Write the averaged model."""
        raise NotImplementedError

    def run_epoch(self):
        """Train one epoch; return what validate does."""
        began = time.monotonic()
        for batch in self.loader:
            self.step(batch)
            self.schedule.step()
        errors = self.validate()
        self.epoch += 1
        self.seconds.append(time.monotonic() - began)
        return errors

    def state(self):
        """Return all that changes in a training."""
        parts = (self.model, self.optimizer, self.schedule, self.average)
        return {
            "parts": [part.state_dict() for part in parts],
            "epoch": self.epoch,
            "order": self.loader.generator.get_state(),
        }

    def resume(self, state):
        """Go on from a state."""
        for part, saved in zip((self.model, self.optimizer, self.schedule, self.average), state["parts"], strict=True):
            part.load_state_dict(saved)
        self.epoch = state["epoch"]
        self.loader.generator.set_state(state["order"].cpu())

    def left(self):
        """Return the minutes that the remaining epochs take at the pace of the last ones."""
        pace = float(np.mean(self.seconds[-5:])) if self.seconds else 0.0
        return (self.epochs - self.epoch) * pace / 60


def train(path, training, log):
    """Train to the last epoch and write the averaged model to path.

    path.state holds the last finished epoch: the same call goes on from it.
    """
    name = os.path.basename(path)
    if os.path.exists(f"{path}.state"):
        training.resume(torch.load(f"{path}.state", weights_only=False, map_location=DEVICE))
        log(f"{name}: goes on after epoch {training.epoch}")
    while training.epoch < training.epochs:
        errors = training.run_epoch()
        complete(f"{path}.state", lambda partial: torch.save(training.state(), partial))
        log(
            f"{name}: epoch {training.epoch}/{training.epochs}, validation "
            f"{1000 * errors['rmse_e_per_atom']:.2f} meV/atom, {1000 * errors['rmse_f']:.1f} meV/A; "
            f"{training.left():.0f} min left"
        )
    complete(path, training.save)
    return path
