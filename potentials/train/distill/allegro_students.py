# SPDX-License-Identifier: GPL-2.0-only
"""Training of small Allegro models with the parts of nequip and nequip-allegro, resumable after each epoch.

nequip-train is not used: the products of Allegro are contracted here at the centers (CenteredAllegro), which makes
a step of training several times as fast on a processor, and the weights are those of the unchanged model.

The optimizer is SOAP (pytorch_optimizer; Vyas et al., arXiv:2409.11321): the weights are small matrices, and it
needed far fewer epochs than Adam (README.md of hard-carbon).

Forces are weighed by the force on the atom: an error counts in units of FORCE[0] + FORCE[1] |force|, so that the
large forces of a liquid or of a close contact do not drown those of a solid. Errors of energies per atom and of
stresses likewise, by the mean force of the frame.
"""

import logging
import os
import warnings

warnings.filterwarnings("ignore", module="e3nn|nequip|lightning|torch|hydra")

import lightning  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from allegro.nn import Allegro_Module  # noqa: E402
from ase.data import chemical_symbols  # noqa: E402
from distill import loop  # noqa: E402
from distill.loop import DEVICE  # noqa: E402
from hydra.utils import get_method  # noqa: E402
from natrolite.training.loop import SOAP_OPTIONS  # noqa: E402
from nequip.data import AtomicDataDict, from_dict  # noqa: E402
from nequip.data.transforms import ChemicalSpeciesToAtomTypeMapper, NeighborListTransform  # noqa: E402
from nequip.nn import scatter  # noqa: E402
from nequip.train import NequIPLightningModule  # noqa: E402
from nequip.utils.global_state import set_global_state  # noqa: E402
from nequip.utils.versions import get_current_code_versions  # noqa: E402
from pytorch_optimizer import SOAP  # noqa: E402
from torch.optim.swa_utils import AveragedModel  # noqa: E402

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # what it finds on this machine
ARCHITECTURE = {  # of the models, as nequip names it
    "_target_": "allegro.model.AllegroModel",
    "model_dtype": "float32",
    "r_max": 5.0,
    "per_edge_type_cutoff": {"C": {"C": 4.5, "Na": 5.0}},
    "l_max": 2,
    "parity": False,
    "num_layers": 2,
    "num_scalar_features": 48,
    "num_tensor_features": 16,
    "radial_chemical_embed": {"_target_": "allegro.nn.TwoBodyBesselScalarEmbed", "num_bessels": 8},
    "scalar_embed_mlp_hidden_layers_width": 64,
    "allegro_mlp_hidden_layers_width": 48,
    "readout_mlp_hidden_layers_width": 48,
    "pair_potential": {"_target_": "nequip.nn.pair_potential.ZBL", "units": "metal"},
}
FORCE = 0.3, 0.12  # eV/Angstrom, and of the force on the atom
ENERGY = 0.02, 0.01  # eV/atom, and per eV/Angstrom of the frame's mean force
STRESS = 0.01, 0.01  # eV/Angstrom^3, and per eV/Angstrom of the frame's mean force
LATE = 4.0  # energies and stresses weigh so much more in the last third
MODEL = "sole_model"  # nequip's name of the one model in a usual file


class CenteredAllegro(Allegro_Module):
    """Allegro_Module with the same weights and results, its tensor products contracted at the centers.

    A layer multiplies the tensors of an edge by the environment of its center, which is the same for all edges of
    this center, and all that is used of a product are its scalars and its next product. So the products are applied
    from the back to vectors of the center, and an edge sees one vector for each layer.
    """

    def forward(self, data):
        centers = data[AtomicDataDict.EDGE_INDEX_KEY][0]
        basis, tensors = data[self.tensor_basis_in_field], data[self.tensor_features_in_field]
        tensors = tensors.view(len(centers), self.num_tensor_features, -1)
        weights = self.first_layer_env_embed_projection(data[self.scalar_in_field])
        scalars, couplings = [weights[:, : self.num_scalar_features]], []
        for latent, product in zip(self.latents, self.tps):
            edges = self._env_weighter(basis, weights[:, self.num_scalar_features :])
            environment = scatter(edges.flatten(1), centers, dim=0, dim_size=AtomicDataDict.num_nodes(data))
            data[AtomicDataDict.NODE_FEATURES_KEY] = environment
            environment = self.avg_num_neighbors_norm(data)[AtomicDataDict.NODE_FEATURES_KEY]
            coupling = self._coupling(product, environment.view(-1, *edges.shape[1:]))
            vector = coupling[..., 0]
            for earlier in reversed(couplings):
                vector = torch.einsum("zuik,zuk->zui", earlier, vector)
            couplings.append(coupling)
            invariants = (tensors * vector[centers]).sum(-1)
            weights = latent(torch.cat([*scalars, invariants], -1))
            scalars.append(weights[:, : self.num_scalar_features])
        data[self.scalar_out_field] = torch.cat(scalars, -1)
        return data

    def _coupling(self, product, environment):
        """Return the matrix [atom, channel, in, out] by which a product acts on the tensors of an atom's edges."""
        mixed = torch.einsum(product._weight_w3j_einstr, product.weights, product.w3j)
        if product.w3j_is_ij_diagonal:
            return environment.unsqueeze(-1) * mixed
        channel = "u" if product.path_channel_coupling else ""
        return torch.einsum(f"zuj,{channel}ijk->zuik", environment, mixed)


def graphs(frames, symbols, architecture):
    """Return frames as nequip's dictionaries with edges and labels."""
    mapper = ChemicalSpeciesToAtomTypeMapper(symbols)
    neighbors = NeighborListTransform(architecture["r_max"], architecture.get("per_edge_type_cutoff"), symbols)
    return [neighbors(mapper(_dictionary(frame))) for frame in frames]


def _dictionary(frame):
    stress = frame.info["REF_stress"][[[0, 5, 4], [5, 1, 3], [4, 3, 2]]]
    return from_dict({
        AtomicDataDict.POSITIONS_KEY: frame.positions,
        AtomicDataDict.CELL_KEY: frame.cell.array,
        AtomicDataDict.PBC_KEY: frame.pbc,
        AtomicDataDict.ATOMIC_NUMBERS_KEY: frame.numbers,
        AtomicDataDict.FORCE_KEY: frame.arrays["REF_forces"],
        AtomicDataDict.TOTAL_ENERGY_KEY: np.array([[frame.info["REF_energy"]]]),
        AtomicDataDict.STRESS_KEY: stress[None],
    })  # fmt: skip


def batches(items, **order):
    """Return a loader of graphs: in batches of batch_size, or in those of a batch_sampler."""
    return torch.utils.data.DataLoader(items, collate_fn=AtomicDataDict.batched_from_list, **order)


def build(configuration):
    """Return nequip's model of a configuration."""
    options = dict(configuration)
    return get_method(options.pop("_target_"))(**options)


def configure(frames, items, symbols, seed, architecture):
    """Return the configuration of a model for these frames.

    Energies of free atoms are the least-squares ones of the frames less the pair potential's energies; the scale is
    the median of the forces that the pair potential leaves to the network.
    """
    edges = sum(item[AtomicDataDict.EDGE_INDEX_KEY].shape[1] for item in items)
    pair = {**architecture["pair_potential"], "chemical_species": symbols}
    made = {**architecture, "seed": seed, "type_names": symbols, "pair_potential": pair}
    made |= {"avg_num_neighbors": edges / sum(map(len, frames))}
    model = build({**made, "per_type_energy_scales": 0.0, "per_type_energy_shifts": 0.0}).eval()
    pairs = [deviations(model, batch) for batch in batches(items, batch_size=20)]
    rest = -torch.cat([energy.detach() for _, energy, *_ in pairs]).numpy()
    counts = np.array([[frame.get_chemical_symbols().count(symbol) for symbol in symbols] for frame in frames])
    shifts = np.linalg.lstsq(counts / counts.sum(1)[:, None], rest, rcond=None)[0]
    forces = torch.cat([forces.detach().norm(dim=1) for forces, *_ in pairs])
    made["per_type_energy_scales"] = max(float(forces.median()), 0.1)
    made["per_type_energy_shifts"] = {symbol: float(shift) for symbol, shift in zip(symbols, shifts, strict=True)}
    return made


def centered(model):
    """Let a model contract its products at the centers; return it."""
    for module in model.modules():
        if type(module) is Allegro_Module:
            module.__class__ = CenteredAllegro
    return model


def softened(square):
    """Return squares of errors such that those far above 1 count linearly in the error."""
    return 2 * (torch.sqrt(1 + square) - 1)


class Training(loop.Training):
    """One training with nequip-allegro.

    frames, valid: labeled ase.Atoms; options: epochs, rate, batch; start: file of a trained model to go on from;
    share: of several processes.
    """

    def __init__(self, frames, valid, numbers, seed, options, start, share):
        super().__init__(options["epochs"], share)
        set_global_state(allow_tf32=False)
        symbols = [chemical_symbols[z] for z in sorted(numbers)]
        architecture = options.get("architecture", ARCHITECTURE)
        items = graphs(frames, symbols, architecture)
        self.loader = batches(items, batch_sampler=loop.Order([*map(len, frames)], options["batch"], seed, share))
        self.valid = batches(graphs(valid, symbols, architecture), batch_size=options["batch"])
        self.configuration, weights = read(start) if start else (None, None)
        self.configuration = self.configuration or configure(frames, items, symbols, seed, architecture)
        self.model = build(self.configuration)
        if weights:
            self.model.load_state_dict(weights)
        self.model = centered(self.model).to(DEVICE)
        self.optimizer = SOAP(self.model.parameters(), lr=options["rate"], **SOAP_OPTIONS)
        self.schedule = loop.schedule(self.optimizer, self.epochs * len(self.loader))
        self.average = AveragedModel(self.model, multi_avg_fn=loop.follow(0.995))

    def step(self, batch):
        self.model.train()
        self.optimizer.zero_grad()
        self.loss(on_device(batch)).backward()
        self.optimizer.step()
        self.average.update_parameters(self.model)

    def loss(self, batch):
        """Return what the frames of a batch add to the loss of all processes' frames."""
        forces, energy, stress, sizes = deviations(self.model, batch)
        size = batch[AtomicDataDict.FORCE_KEY].norm(dim=1)
        mean = scatter(size, batch[AtomicDataDict.BATCH_KEY], dim=0, dim_size=len(sizes)) / sizes
        of_forces = softened((forces / (FORCE[0] + FORCE[1] * size)[:, None]).square().mean(1)).mean()
        of_energy = softened((energy / (ENERGY[0] + ENERGY[1] * mean)).square()).mean()
        of_stress = softened((stress / (STRESS[0] + STRESS[1] * mean)[:, None, None]).square().mean((1, 2))).mean()
        late = self.epoch >= 2 * self.epochs // 3
        rest = (LATE if late else 1.0) * (of_energy + of_stress)
        return self.share.atoms * of_forces + self.share.frames * rest

    def validate(self):
        squares, model = [], self.average.module.eval()
        for batch in self.valid:
            forces, energy, *_ = deviations(model, on_device(batch))
            squares.append((energy.detach().square(), forces.detach().square().view(-1)))
        energy, forces = (float(torch.cat(part).mean().sqrt()) for part in zip(*squares, strict=True))
        return {"rmse_e_per_atom": energy, "rmse_f": forces}

    def save(self, path):
        write(path, self.configuration, self.average.module.to("cpu").state_dict())


def on_device(batch):
    return {name: value.to(DEVICE) for name, value in batch.items()}


def deviations(model, batch):
    """Return errors of forces (eV/Angstrom), energies per atom (eV), stresses (eV/Angstrom^3), and numbers of atoms;
    a label of a stress that is not known (nan) has no error."""
    found, sizes = model(dict(batch)), batch[AtomicDataDict.NUM_NODES_KEY].view(-1)
    forces, energy, stress = (
        found[key] - batch[key]
        for key in (AtomicDataDict.FORCE_KEY, AtomicDataDict.TOTAL_ENERGY_KEY, AtomicDataDict.STRESS_KEY)
    )
    stress = torch.where(batch[AtomicDataDict.STRESS_KEY].isnan(), 0.0, stress)
    return forces, energy.view(-1) / sizes, stress, sizes


def write(path, configuration, weights, **declared):
    """Write a checkpoint as nequip's trainer does; declared: license and citation, for the exporter."""
    set_global_state(allow_tf32=False)
    information = {
        "versions": get_current_code_versions(verbose=False),
        "training_module": {"_target_": "nequip.train.NequIPLightningModule", "model": configuration},
        **declared,
    }
    sets = {"train": 1, "val": 1, "test": 0, "predict": 0}
    module = NequIPLightningModule(model=configuration, num_datasets=sets, info_dict=information)
    module.model[MODEL].load_state_dict(weights)
    trainer = lightning.Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, max_epochs=0
    )
    trainer.strategy.connect(module)
    trainer.save_checkpoint(path, weights_only=True)


def read(path):
    """Return configuration and weights of a checkpoint."""
    content = torch.load(path, weights_only=False, map_location="cpu")
    start = f"model.{MODEL}."
    weights = {key.removeprefix(start): value for key, value in content["state_dict"].items() if key.startswith(start)}
    return content["hyper_parameters"]["model"], weights


def train(path, frames, valid, numbers, seed, options, start=None, share=(), log=print):
    """Train until options["epochs"] and write the averaged model to path; nothing to do if it is there.

    path.state holds the last finished epoch: the same call goes on from it. start: file of a trained model; share:
    arguments of loop.Share.
    """
    if os.path.exists(path):
        return path
    return loop.train(path, lambda share: Training(frames, valid, numbers, seed, options, start, share), share, log)
