# SPDX-License-Identifier: GPL-2.0-only
"""What a model gets wrong: differences, the loss of a training, tables of errors by kind."""

from natrolite.training import frames

# of the printed errors, which are 1000 times those in eV, A and e
UNITS = {"energy": "meV/atom", "forces": "meV/A", "charges": "me", "dipole": "me*A"}


def differences(model, data, create_graph=False):
    """Return {property: tensor of differences}: energies per atom, and only what is known.

    model: BatchedSpookyNet; data: of frames.batch; create_graph: for a loss of forces.
    """
    import torch

    from natrolite import operators

    vectors = data["edge_vec"].clone().requires_grad_(True)
    with operators.exchange():
        out = model({**data, "edge_vec": vectors})
    (gradient,) = torch.autograd.grad(out["atomic_energy"].sum(), vectors, create_graph=create_graph)
    zeros = torch.zeros_like(data["positions"])
    forces = zeros.index_add(0, data["edge_index"][0], gradient).index_add(0, data["edge_index"][1], -gradient)
    moments = out["charges"].unsqueeze(1) * data["positions"]
    dipole = torch.zeros_like(data["dipole"]).index_add(0, data["frame"], moments)
    energy = torch.zeros_like(data["energy"]).index_add(0, data["frame"], out["atomic_energy"])
    found = {
        "energy": (energy - data["energy"]) / data["atoms"], "forces": forces - data["forces"],
        "charges": out["charges"] - data["charges"], "dipole": dipole - data["dipole"],
    }  # fmt: skip
    # by the references: a NaN of the model must not be lost
    return {name: value[~data[name].isnan()] for name, value in found.items()}


class Sums:
    """Sums of squares and absolute values over batches."""

    def __init__(self):
        self.squares = dict.fromkeys(UNITS, 0.0)
        self.sizes = dict.fromkeys(UNITS, 0.0)
        self.counts = dict.fromkeys(UNITS, 0)

    def add(self, difference, options):
        """Add a batch's differences; return its loss (a tensor)."""
        loss = 0.0
        for name, value in difference.items():
            if not value.numel():
                continue
            squares = value.square()
            loss = loss + getattr(options, name) * squares.mean()
            self.squares[name] += float(squares.detach().sum())
            self.sizes[name] += float(value.detach().abs().sum())
            self.counts[name] += value.numel()
        return loss

    def rmse(self):
        """Return {property: root mean squared error} of what is known (eV, A, e)."""
        return {n: (self.squares[n] / c) ** 0.5 for n, c in self.counts.items() if c}

    def mae(self):
        """Return {property: mean absolute error} of what is known (eV, A, e)."""
        return {n: self.sizes[n] / c for n, c in self.counts.items() if c}


def energies(model, some, config):
    """Return [frames] eV: the energies of a model less those of Frames."""
    return sum(((wrong["energy"] * data["atoms"]).tolist() for data, wrong in _batches(model, some, config)), [])


def of(model, some, config):
    """Return {property: RMSE} (eV, A, e) of a model for Frames."""
    return _sums(model, some, config).rmse()


def _sums(model, some, config):
    sums = Sums()
    for _, wrong in _batches(model, some, config):
        sums.add(wrong, config.training)
    return sums


def _batches(model, some, config):
    """Yield (data, differences) of batches of Frames."""
    model.eval()
    for at in range(0, len(some), config.training.batch):
        data = frames.batch(some[at : at + config.training.batch], config.training.device)
        yield data, differences(model, data)


def loss_of(rmse, options):
    """Return the loss that belongs to root mean squared errors."""
    return sum(getattr(options, name) * value**2 for name, value in rmse.items())


def words(rmse):
    """Return errors in a few words: 1.2 meV/atom, 33 meV/A, 4 me."""
    return ", ".join(f"{1000 * value:.3g} {UNITS[name]}" for name, value in rmse.items())


def table(path, data, config):
    """Return the table of errors of a checkpoint by set and kind, as text with a header."""
    import torch

    from natrolite.spookynet.batched import BatchedSpookyNet
    from natrolite.spookynet.checkpoint import load

    model, fields = load(path, getattr(torch, config.training.dtype), cls=BatchedSpookyNet)
    model.to(config.training.device)
    columns = [f"{kind}_{name}({unit})" for name, unit in UNITS.items() for kind in ("rmse", "mae")]
    lines = [
        f"# errors of {path}, epoch {fields['epoch']}; nan: not known",
        "# set kind structures " + " ".join(columns),
    ]
    for name, some in data.items():
        for kind in [*sorted({f.kind for f in some}), None]:
            chosen = [f for f in some if kind in (None, f.kind)]
            sums = _sums(model, chosen, config)
            cells = [
                f"{1000 * found[p]:.4g}" if p in found else "nan" for p in UNITS for found in (sums.rmse(), sums.mae())
            ]
            lines.append(" ".join([name, (kind or "ALL").replace(" ", "_"), str(len(chosen)), *cells]))
    return "\n".join(lines) + "\n"
