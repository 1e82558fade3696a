# SPDX-License-Identifier: GPL-2.0-only
"""Training of nequix networks from a `.nqx` file on: a teacher that is tuned on frames of DFT before others learn from it.

The network is that of natrolite.exporters.nequix_plain, in float32, with its sums in an order that is fast to
differentiate and with weights that can learn. Nothing of JAX is needed, and what is written nequix reads too.
"""

import math
import os

import numpy as np
import torch
from ase.data import chemical_symbols
from distill import loop, reference
from distill.loop import DEVICE
from natrolite import graph
from natrolite.exporters import nequix_build
from natrolite.exporters import nequix_files as files
from natrolite.exporters.nequix_plain import coupling, radial_basis
from natrolite.training.loop import SOAP_OPTIONS
from pytorch_optimizer import SOAP
from torch.optim.swa_utils import AveragedModel

ENERGY = 100.0  # weight of squared errors of energies (eV/atom) against those of forces (eV/A)
DECAY = 0.99  # of the average of the weights


class Network(torch.nn.Module):
    """The energies of a nequix_files.File in float32; features {l: [n, 2l + 1, channels]}."""

    def __init__(self, file):
        super().__init__()
        self.config = file.config
        self.layers = torch.nn.ModuleList(_weights(layer) for layer in file.layers)
        self.readout = _parameter(file.readout)
        for name, table in nequix_build.energy_tables(file).items():
            self.register_buffer(name, table)
        self.constant = nequix_build.silu_constant()
        self.ways = [files.paths(self.config, i) for i in range(self.config["n_layers"])]
        for l1, l2, l3 in sorted({way[1:] for ways in self.ways for way in ways}):
            self.register_buffer(f"coupling_{l1}{l2}{l3}", coupling(l1, l2, l3).float(), persistent=False)

    def forward(self, vec, edges, types):
        """Return [n] eV (float64). vec: [e, 3] A; edges: [2, e], center and neighbor; types: [n]."""
        from e3nn import o3

        config, radial = self.config, radial_basis(self.config, vec.norm(dim=1, keepdim=True))
        degrees = list(range(config["lmax"] + 1))
        harmonics = o3.spherical_harmonics(degrees, vec, True, "component").split([2 * l + 1 for l in degrees], 1)
        features = {0: torch.nn.functional.one_hot(types, len(config["atomic_numbers"])).to(vec.dtype).unsqueeze(1)}
        for i in range(config["n_layers"]):
            features = self.layer(i, features, edges, radial, harmonics)
        readout = (features[0] @ self.readout).view(-1) / math.sqrt(len(self.readout))
        return readout.double() * self.scale[types] + self.shift[types]

    def layer(self, i, features, edges, radial, harmonics):
        """Return the features after layer i."""
        layer, config = self.layers[i], self.config
        for k, weight in enumerate(layer.radial):
            radial = (torch.nn.functional.silu(radial) if k else radial) @ weight
        sources = {l: x[edges[1]] for l, x in linear(layer.linear_1, features).items()}
        messages = {}
        for (_, l1, l2, l3), w in zip(self.ways[i], radial.split([way[0] for way in self.ways[i]], 1), strict=True):
            turn = torch.einsum("ej,ijk->eki", harmonics[l2], getattr(self, f"coupling_{l1}{l2}{l3}"))
            message = torch.bmm(turn, sources[l1]) * w.unsqueeze(1)
            total = message.new_zeros(len(features[0]), *message.shape[1:]).index_add(0, edges[0], message)
            messages.setdefault(l3, []).append(total / math.sqrt(config["avg_n_neighbors"]))
        new = linear(layer.linear_2, {l: torch.cat(parts, 2) for l, parts in messages.items()})
        skip = linear(layer.skip, features)
        new = {l: x + skip[l] if l in skip else x for l, x in new.items()}
        if layer.norm is not None:
            square = sum((x**2).sum(2).mean(1) / (2 * l + 1) / len(new) for l, x in new.items())
            factor = ((square + 1e-12) ** -0.5).view(-1, 1, 1)
            new = {l: x * factor * layer.norm[str(l)] for l, x in new.items()}
        active = torch.nn.functional.silu(new.pop(0)) / self.constant
        first, *gates = active.split([mul for mul, _ in files.outputs(config, i)], 2)
        return {0: first, **{l: x * gate for (l, x), gate in zip(new.items(), gates, strict=True)}}

    def file(self):
        """Return the weights as a nequix_files.File, the energies of the elements also in its header."""
        energies = self.shift.cpu().numpy() - self.config["shift"]
        named = {str(z): float(e) for z, e in zip(sorted(self.config["atomic_numbers"]), energies, strict=True)}
        layers = [files.Layer(**{name: _arrays(part) for name, part in _parts(layer)}) for layer in self.layers]
        return files.File({**self.config, "atom_energies": named}, energies, layers, _arrays(self.readout))


def linear(weights, features):
    """Return x W / sqrt(channels of x) for each l of the weights ({"l": W}) that features have."""
    return {int(l): features[int(l)] @ w / math.sqrt(len(w)) for l, w in weights.items() if int(l) in features}


def _parameter(array):
    return torch.nn.Parameter(torch.tensor(array, dtype=torch.float32))


def _weights(layer):
    """Return a Module with the weights of a nequix_files.Layer under the same names."""
    made = torch.nn.Module()
    made.radial = torch.nn.ParameterList(_parameter(weight) for weight in layer.radial)
    for name in ("linear_1", "linear_2", "skip", "norm"):
        found = getattr(layer, name)
        setattr(made, name, found and torch.nn.ParameterDict({str(l): _parameter(w) for l, w in found.items()}))
    return made


def _parts(layer):
    return [(name, getattr(layer, name)) for name in ("radial", "linear_1", "linear_2", "skip", "norm")]


def _arrays(part):
    """Return weights as arrays in float64, in lists and dictionaries as nequix_files.Layer has them."""
    if isinstance(part, torch.nn.ParameterList):
        return [_arrays(weight) for weight in part]
    if isinstance(part, torch.nn.ParameterDict):
        return {int(l): _arrays(weight) for l, weight in part.items()}
    return None if part is None else part.detach().cpu().numpy().astype(np.float64)


class Graph:
    """A labeled frame (ase.Atoms) with its edges as tensors."""

    def __init__(self, frame, config):
        numbers = sorted(config["atomic_numbers"])
        found = graph.folded(frame, np.array([numbers.index(z) for z in frame.numbers]), config["cutoff"])
        self.vec = torch.tensor(found.edge_vec, dtype=torch.float32)
        self.edges, self.types = torch.as_tensor(found.edge_index), torch.as_tensor(found.types)
        self.energy = torch.tensor([frame.info["REF_energy"]], dtype=torch.float64)
        self.forces = torch.tensor(frame.arrays["REF_forces"], dtype=torch.float32)


def together(graphs):
    """Return Graphs as one batch {name: tensor}; sizes are numbers of atoms, frame tells whose an atom is."""
    sizes = torch.tensor([len(g.types) for g in graphs])
    first = (sizes.cumsum(0) - sizes).tolist()
    batch = {name: torch.cat([getattr(g, name) for g in graphs]) for name in ("vec", "types", "energy", "forces")}
    batch["edges"] = torch.cat([g.edges + at for g, at in zip(graphs, first, strict=True)], 1)
    return batch | {"sizes": sizes, "frame": torch.repeat_interleave(torch.arange(len(sizes)), sizes)}


def deviations(network, batch, create_graph=False):
    """Return errors of energies per atom (eV, [frames]) and forces (eV/A, [n, 3]) on a batch."""
    batch = {name: value.to(DEVICE) for name, value in batch.items()}
    vec = batch["vec"].clone().requires_grad_(True)
    atomic = network(vec, batch["edges"], batch["types"])
    (gradient,) = torch.autograd.grad(atomic.sum(), vec, create_graph=create_graph)
    forces = torch.zeros_like(batch["forces"])
    forces = forces.index_add(0, batch["edges"][0], gradient).index_add(0, batch["edges"][1], -gradient)
    energy = torch.zeros_like(batch["energy"]).index_add(0, batch["frame"], atomic)
    return (energy - batch["energy"]) / batch["sizes"], forces - batch["forces"]


class Training(loop.Training):
    """One training.

    frames, valid: labeled ase.Atoms; options: epochs, rate, batch, declared (what the header of the file gets); start:
    the `.nqx` file to go on from; share: of several processes. Energies of the elements begin with least squares.
    """

    def __init__(self, frames, valid, numbers, seed, options, start, share):
        super().__init__(options["epochs"], share)
        self.start, self.declared = start, {"elements": sorted(numbers), **options.get("declared", {})}
        self.model = Network(files.read(start)).to(DEVICE)
        graphs = [Graph(frame, self.model.config) for frame in frames]
        sampler = loop.Order([*map(len, frames)], options["batch"], seed, share)
        self.loader = torch.utils.data.DataLoader(graphs, batch_sampler=sampler, collate_fn=together)
        self.valid = batches([Graph(frame, self.model.config) for frame in valid], options["batch"])
        align(self.model, frames, graphs, options["batch"])
        self.optimizer = SOAP(self.model.parameters(), lr=options["rate"], **SOAP_OPTIONS)
        self.schedule = loop.schedule(self.optimizer, self.epochs * len(self.loader))
        self.average = AveragedModel(self.model, multi_avg_fn=loop.follow(DECAY))

    def step(self, batch):
        self.optimizer.zero_grad()
        energy, forces = deviations(self.model, batch, create_graph=True)
        of_energy, of_forces = ENERGY * energy.square().mean(), forces.square().mean()
        (self.share.frames * of_energy + self.share.atoms * of_forces).backward()
        self.optimizer.step()
        self.average.update_parameters(self.model)

    def validate(self):
        found = [deviations(self.average.module, batch) for batch in self.valid]
        energy, forces = (float(torch.cat(part).detach().square().mean().sqrt()) for part in zip(*found, strict=True))
        return {"rmse_e_per_atom": energy, "rmse_f": forces}

    def save(self, path):
        file = self.average.module.file()
        file.config |= {"finetune_from": os.path.basename(self.start), **self.declared}
        files.write(path, self.start, file)


def batches(graphs, size):
    """Return a loader of Graphs in their order."""
    return torch.utils.data.DataLoader(graphs, batch_size=size, collate_fn=together)


def align(model, frames, graphs, size):
    """Shift a model's energies of the elements of frames so that its energies are theirs, by least squares. Those of
    other elements stay: the header of what is written names the elements that it is for."""
    wrong = torch.cat([deviations(model, batch)[0].detach() for batch in batches(graphs, size)]).tolist()
    missing = [-error * len(frame) for error, frame in zip(wrong, frames, strict=True)]
    elements = sorted({symbol for frame in frames for symbol in frame.symbols})
    numbers = sorted(model.config["atomic_numbers"])
    for symbol, energy in reference.element_energies(frames, missing, elements).items():
        model.shift[numbers.index(chemical_symbols.index(symbol))] += energy


def train(path, frames, valid, numbers, seed, options, start, share=(), log=print):
    """Train until options["epochs"] and write the averaged weights to path, an `.nqx` file; nothing to do if it is there.

    path.state holds the last finished epoch: the same call goes on from it. start: the `.nqx` file to begin with, which
    has the elements of the frames; numbers: the atomic numbers of these; share: arguments of loop.Share.
    """
    if os.path.exists(path):
        return path
    return loop.train(path, lambda share: Training(frames, valid, numbers, seed, options, start, share), share, log)
