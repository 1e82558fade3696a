# SPDX-License-Identifier: GPL-2.0-only
"""The training itself: batches, losses, moving average of the weights, early stopping, going on."""

import dataclasses
import importlib.util
import math
import os
import random
import time

from natrolite import archive
from natrolite.errors import NatroliteError, reason
from natrolite.training import config as settings_of
from natrolite.training import errors, frames

SOAP_OPTIONS = {"betas": (0.95, 0.95), "weight_decay": 0.0, "precondition_frequency": 10}
LAST, BEST, LOG, TABLE = "last.pt", "best.pt", "training.log", "errors.dat"


def train(config, folder, minutes=None, log=print):
    """Train, or go on, in a folder: last.pt (to go on), best.pt (to export), training.log, errors.dat.

    minutes: stop after the epoch in which they have passed. Raises NatroliteError for data and settings that
    cannot be, and for a folder with another training.
    """
    import torch

    start = time.monotonic()
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise NatroliteError(f"{folder}: {reason(error)}") from None
    if config.training.device != "cpu" and not torch.cuda.is_available():
        raise NatroliteError(f"[training] device = '{config.training.device}': torch sees no GPU; take 'cpu'")
    if config.training.optimizer == "soap":
        need_soap("[training] optimizer = 'soap'")
    data = read(config)
    log("; ".join(f"{name}: {len(found)} structures" for name, found in data.items()))
    trainer = Trainer(config, data["train"], os.path.join(folder, LAST))
    log(trainer.state_line())
    with open(os.path.join(folder, LOG), "a") as file:
        trainer.run(data["valid"], folder, lambda line: (log(line), file.write(line + "\n"), file.flush()),
                    None if minutes is None else start + 60 * minutes)  # fmt: skip
    table = errors.table(os.path.join(folder, BEST), data, config)
    with open(os.path.join(folder, TABLE), "w") as file:
        file.write(table)
    log(table.rstrip())
    log(f"natrolite export {os.path.join(folder, BEST)} -o MODEL.pt")


def need_soap(what):
    """Refuse, in the name of what needs it, to go on without the package of SOAP."""
    if importlib.util.find_spec("pytorch_optimizer") is None:
        raise NatroliteError(f"{what} needs pytorch_optimizer: pip install --no-deps pytorch_optimizer==4.1.0")


def read(config):
    """Return {train, valid, test: [Frame]}; test only if there is one."""
    settings = settings_of.settings(config)
    found = frames.read(settings_of.files(config, config.data.train), settings, config.data)
    if isinstance(config.data.valid, float):
        order = list(range(len(found)))
        random.Random(config.training.seed).shuffle(order)
        held = set(order[: max(1, round(config.data.valid * len(found)))])
        data = {
            "train": [f for k, f in enumerate(found) if k not in held],
            "valid": [f for k, f in enumerate(found) if k in held],
        }
    else:
        data = {"train": found, "valid": _read(config, config.data.valid, settings)}
    if config.data.test:
        data["test"] = _read(config, config.data.test, settings)
    for name, some in data.items():
        if not some:
            raise NatroliteError(f"[data]: no structure for '{name}' ({len(found)} in all): give more")
    return data


def _read(config, patterns, settings):
    return frames.read(settings_of.files(config, patterns), settings, config.data)


def optimizer(parameters, options):
    """Return Adam (AMSGrad), or SOAP (Vyas et al., arXiv:2409.11321), which turns gradients into the eigenvectors of
    their second moments first."""
    import torch

    if options.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=options.rate, amsgrad=True)
    from pytorch_optimizer import SOAP

    return SOAP(parameters, lr=options.rate, **SOAP_OPTIONS)


def schedule(optimizer, options, steps):
    """Return the schedule of the rate: plateau, which is told the loss after each epoch, or linear, to rate_floor after
    the last of so many steps, which is told each step."""
    from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

    floor = options.rate_floor
    if options.schedule == "plateau":
        return ReduceLROnPlateau(optimizer, factor=0.5, patience=options.rate_patience, min_lr=floor)
    return LambdaLR(optimizer, lambda step: max(1 - step / steps, floor / options.rate))


class Trainer:
    """Model, optimizer, average of the weights, and what is needed to go on."""

    def __init__(self, config, data, path):
        import torch

        from natrolite.spookynet.batched import BatchedSpookyNet

        self.config, self.data, self.path, self.begun = config, data, path, ""
        options = config.training
        torch.manual_seed(options.seed)
        self.settings = settings_of.settings(config)
        self.model = BatchedSpookyNet(self.settings, getattr(torch, options.dtype))
        self.model.to(options.device)
        goes_on = os.path.exists(path)
        if not goes_on:
            self._begin()
        self.model.train()
        self.averaged = torch.optim.swa_utils.AveragedModel(self.model, avg_fn=self.mix)
        self.optimizer = optimizer(self.model.parameters(), options)
        steps = options.epochs * math.ceil(len(data) / options.batch)
        self.schedule = schedule(self.optimizer, options, steps)
        self.epoch, self.best, self.best_epoch = 0, math.inf, 0
        if goes_on:
            self._go_on()

    def _begin(self):
        """Take the weights of [training] start, if there is one, and shift the energies of the elements so that the model's
        energies are those of the data, by least squares: other programs have other zeros."""
        import torch

        if self.config.training.start:
            self._start()
            missing = [-wrong for wrong in errors.energies(self.model, self.data, self.config)]
        else:  # the energies of random weights are noise
            missing = [frame.energy for frame in self.data]
        found = frames.energies_of_elements(self.data, missing, len(self.settings.atomic_numbers))
        with torch.no_grad():
            self.model.offset[:, 0] += torch.as_tensor(found, device=self.model.offset.device)

    def _start_path(self):
        return self.config.training.start and os.path.join(self.config.folder, self.config.training.start)

    def _start(self):
        """Take the weights of [training] start."""
        from natrolite.spookynet import checkpoint

        path = self._start_path()
        try:
            self.begun = archive.sha256(path)
            begun, _ = checkpoint.load(path, next(self.model.parameters()).dtype, cls=type(self.model))
        except (OSError, ValueError) as error:
            raise NatroliteError(f"[training] start: {path}: {reason(error)}") from None
        old, new = (dataclasses.asdict(settings) for settings in (begun.settings, self.settings))
        other = [f"{name} {old[name]}, not {new[name]}" for name in new if old[name] != new[name]]
        if other:
            raise NatroliteError(f"[training] start: {path} has another [model]: {other[0]}")
        self.model.load_state_dict(begun.state_dict())

    def _go_on(self):
        import torch

        try:
            saved = torch.load(self.path, map_location=self.config.training.device, weights_only=True)
        except Exception as error:  # whatever torch raises for a damaged file
            raise NatroliteError(f"{self.path} cannot be read ({reason(error)}): remove it to begin anew") from None
        other = self.config.same_training(saved["config"])
        if other:
            raise NatroliteError(
                f"{self.path} belongs to a training with another {other}: take another folder, or remove it"
            )
        count = saved.get("structures", len(self.data))
        if self.config.training.schedule == "linear" and count != len(self.data):
            raise NatroliteError(
                f"{self.path} began with {count} structures, not {len(self.data)}, on which its rate depends: take "
                "another folder, or remove it"
            )
        self.begun = saved.get("begun", "")
        path = self._start_path()
        if path and os.path.exists(path) and archive.sha256(path) != self.begun:
            raise NatroliteError(f"{self.path} began with another {path}: take another folder, or remove it")
        for name in ("model", "averaged", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(saved[name])
        self.epoch, self.best, self.best_epoch = saved["epoch"], saved["best"], saved["best_epoch"]

    def mix(self, averaged, current, steps):
        """Return the exponential moving average of a weight, which forgets faster in the first steps."""
        decay = min(self.config.training.average, (1.0 + float(steps)) / (10.0 + float(steps)))
        return averaged + (1.0 - decay) * (current - averaged)

    def state_line(self):
        """Return how large the model is and where the training stands."""
        count = sum(p.numel() for p in self.model.parameters())
        return f"{count} parameters; " + (f"going on after epoch {self.epoch}" if self.epoch else "a new training")

    def run(self, valid, folder, log, deadline):
        """Run epochs until the last, until nothing gets better, or until the deadline (of time.monotonic)."""
        options = self.config.training
        begin, first = time.monotonic(), self.epoch
        while self.epoch < options.epochs:
            if self.epoch - self.best_epoch >= options.patience:
                return log(f"nothing got better in {options.patience} epochs; best was {self.best_epoch}")
            began = time.monotonic()
            trained = self.one_epoch()
            found = errors.of(self.averaged.module, valid, self.config)
            loss = errors.loss_of(found, options)
            if not math.isfinite(loss):
                raise NatroliteError(f"epoch {self.epoch + 1}: the loss is {loss}: take a smaller [training] rate")
            self.epoch += 1
            if options.schedule == "plateau":
                self.schedule.step(loss)
            if loss < self.best:
                self.best, self.best_epoch = loss, self.epoch
                self.save_best(folder, found)
            self.save()
            now = time.monotonic()
            left = (now - begin) / (self.epoch - first) * (options.epochs - self.epoch)
            log(
                f"epoch {self.epoch:4d}  rate {self.optimizer.param_groups[0]['lr']:.1e}  train {trained}  valid "
                f"{errors.words(found)}  {now - began:.1f} s, {left / 60:.0f} min left{'  *' * (self.best == loss)}"
            )
            if deadline is not None and now > deadline:
                return log("time is up; the same command goes on")
        return log(f"{options.epochs} epochs done; best was {self.best_epoch}")

    def one_epoch(self):
        """Make one step for each batch; return the errors in words."""
        import torch

        options = self.config.training
        order = list(range(len(self.data)))
        random.Random(1000003 * options.seed + self.epoch).shuffle(order)
        sums = errors.Sums()
        for at in range(0, len(order), options.batch):
            data = frames.batch([self.data[k] for k in order[at : at + options.batch]], options.device)
            difference = errors.differences(self.model, data, create_graph=True)
            loss = sums.add(difference, options)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), options.clip)
            self.optimizer.step()
            if options.schedule == "linear":
                self.schedule.step()
            self.averaged.update_parameters(self.model)
        return errors.words(sums.rmse())

    def save(self):
        """Write what is needed to go on."""
        from natrolite.spookynet.checkpoint import write

        states = {name: getattr(self, name).state_dict() for name in ("model", "averaged", "optimizer", "schedule")}
        progress = {"epoch": self.epoch, "best": self.best, "best_epoch": self.best_epoch, "begun": self.begun}
        progress["structures"] = len(self.data)
        write(self.path, {"config": self.config.as_dict(), **progress, **states})

    def save_best(self, folder, found):
        """Write the averaged weights as a checkpoint of `natrolite export`."""
        from natrolite.spookynet.checkpoint import save

        options = self.config.training
        named = {name: getattr(options, name) for name in ("name", "license", "citation")}
        fields = {**named, "epoch": self.epoch, "rmse": found}
        save(os.path.join(folder, BEST), self.averaged.module, fields)
