# SPDX-License-Identifier: GPL-2.0-only
"""A training of a fixed number of epochs whose rate falls to zero with them, resumable after each epoch, in one
process or several."""

import os
import sys
import time

import numpy as np
import torch
from distill.files import complete

LONGEST = 10.0  # norm of the gradients of a step
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def schedule(optimizer, steps):
    """Return the schedule of the rate: up in 100 steps, then down to zero at the end."""
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 100, max(1 - step / steps, 1e-3)))


def follow(decay):
    """Return the function by which torch's AveragedModel averages weights exponentially, over fewer steps at first."""

    @torch.no_grad()
    def update(averages, weights, count):
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (1 + int(count)) / (10 + int(count))))

    return update


class Share:
    """Which part of the training this process does: `rank` of `count`, that find each other by the file `meeting`.

    Each takes a part of every batch, and a step of the optimizer goes along the sum of their gradients: their losses
    must add up to that of the batch. `frames` and `atoms`: how much of the batch the last part is, 1 for all.
    """

    def __init__(self, rank=0, count=1, meeting=None):
        self.rank, self.count, self.frames, self.atoms = rank, count, 1.0, 1.0
        if count > 1:
            if sys.platform == "linux":
                os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
            torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=count)

    def of(self, batch, sizes):
        """Return this process's part of a batch of numbers of frames: the largest first, each to who has least."""
        parts, loads = [[] for _ in range(self.count)], [0] * self.count
        for number in sorted(batch, key=lambda number: -sizes[number]) if self.count > 1 else batch:
            least = loads.index(min(loads))
            parts[least].append(number)
            loads[least] += sizes[number]
        self.frames, self.atoms = len(parts[self.rank]) / len(batch), loads[self.rank] / sum(loads)
        return parts[self.rank]

    def add_up(self, weights):
        """Replace the gradients of weights by their sums over all processes."""
        if self.count > 1:
            for weight in weights:
                weight.grad = torch.zeros_like(weight) if weight.grad is None else weight.grad
            gradients = [weight.grad for weight in weights]
            together = torch.nn.utils.parameters_to_vector(gradients)
            torch.distributed.all_reduce(together)
            torch.nn.utils.vector_to_parameters(together, gradients)

    def end(self):
        """Leave the other processes: those that still wait for this one end with an error."""
        if self.count > 1:
            torch.distributed.destroy_process_group()


class Order:
    """The batches of an epoch as numbers of frames, in an order drawn anew from the generator for each; what is left
    over is left out. sizes: atoms of each frame."""

    def __init__(self, sizes, batch, seed, share):
        if batch < share.count or len(sizes) < batch:
            raise ValueError(f"a batch of {batch} of {len(sizes)} frames for {share.count} processes")
        self.sizes, self.batch, self.share = sizes, batch, share
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.sizes) // self.batch

    def __iter__(self):
        order = torch.randperm(len(self.sizes), generator=self.generator)
        for batch in order[: len(self) * self.batch].view(-1, self.batch).tolist():
            yield self.share.of(batch, self.sizes)


class Training:
    """One training: the model, its optimizer and average, and the epoch reached.

    A class derived from it makes `model`, `optimizer`, `schedule`, `average` and `loader` (of batches in an Order) and
    gives `step`, `validate` and `save`.
    """

    def __init__(self, epochs, share):
        self.epochs, self.epoch, self.seconds, self.share = epochs, 0, [], share

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

    def before_step(self, optimizer, *_):
        """Take the gradients of all processes, and shorten them to a norm of LONGEST."""
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        self.share.add_up(weights)
        torch.nn.utils.clip_grad_norm_(weights, LONGEST)

    def state(self):
        """Return all that changes in a training."""
        parts = (self.model, self.optimizer, self.schedule, self.average)
        return {
            "parts": [part.state_dict() for part in parts],
            "epoch": self.epoch,
            "order": self.loader.batch_sampler.generator.get_state(),
        }

    def resume(self, state):
        """Go on from a state."""
        for part, saved in zip((self.model, self.optimizer, self.schedule, self.average), state["parts"], strict=True):
            part.load_state_dict(saved)
        self.epoch = state["epoch"]
        self.loader.batch_sampler.generator.set_state(state["order"].cpu())

    def left(self):
        """Return the minutes that the remaining epochs take at the pace of the last ones."""
        pace = float(np.mean(self.seconds[-5:])) if self.seconds else 0.0
        return (self.epochs - self.epoch) * pace / 60


def train(path, make, share, log):
    """Train what make(Share) returns to the last epoch and write the averaged model to path.

    path.state holds the last finished epoch: the same call goes on from it. share: arguments of Share; of several
    processes the first one writes.
    """
    share = Share(*share)
    try:
        _train(path, make(share), share.rank == 0, log)
    finally:
        share.end()
    return path


def _train(path, training, writes, log):
    name = os.path.basename(path)
    training.optimizer.register_step_pre_hook(training.before_step)
    if os.path.exists(f"{path}.state"):
        training.resume(torch.load(f"{path}.state", weights_only=False, map_location=DEVICE))
        log(f"{name}: goes on after epoch {training.epoch}")
    while training.epoch < training.epochs:
        errors = training.run_epoch()
        if not writes:
            continue
        complete(f"{path}.state", lambda partial: torch.save(training.state(), partial))
        log(
            f"{name}: epoch {training.epoch}/{training.epochs}, validation "
            f"{1000 * errors['rmse_e_per_atom']:.2f} meV/atom, {1000 * errors['rmse_f']:.1f} meV/A; "
            f"{training.left():.0f} min left"
        )
    if writes:
        complete(path, training.save)
