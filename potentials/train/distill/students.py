# SPDX-License-Identifier: GPL-2.0-only
"""Training of small MACE models with the parts of mace-torch, resumable after each epoch.

mace_run_train is not used: in mace-torch 0.3.16 its loop cannot step a schedule that does not look at the
validation loss, and here the number of epochs is fixed and the rate falls to zero with it.
"""

import contextlib
import io
import os
import warnings

os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"  # mace-torch 0.3.16 needs e3nn 0.4.4
warnings.filterwarnings("ignore", module="e3nn|mace|torch")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from distill import loop  # noqa: E402
from distill.loop import DEVICE  # noqa: E402
from e3nn import o3  # noqa: E402

with contextlib.redirect_stdout(io.StringIO()):
    from mace import data, modules
    from mace.data.utils import KeySpecification, compute_average_E0s
    from mace.tools import AtomicNumberTable, torch_geometric
    from mace.tools.train import evaluate, take_step
    from torch_ema import ExponentialMovingAverage

KEYS = KeySpecification(
    info_keys={"energy": "REF_energy", "stress": "REF_stress"}, arrays_keys={"forces": "REF_forces"}
)
OUTPUT = {"forces": True, "virials": False, "stress": True, "hessian": False}
ARCHITECTURE = {  # of the models, as mace-torch names it
    "r_max": 5.0,
    "num_bessel": 8,
    "num_polynomial_cutoff": 5,
    "max_ell": 2,
    "num_interactions": 2,
    "hidden_irreps": "32x0e+32x1o",
    "MLP_irreps": "16x0e",
    "correlation": 2,
    "radial_MLP": [32, 32],
    "pair_repulsion": True,  # ZBL: for atoms nearer than any frame shows them
}


def graphs(frames, table, r_max):
    """Return frames as mace-torch's graphs with labels."""
    configurations = data.config_from_atoms_list(frames, key_specification=KEYS)
    return [data.AtomicData.from_config(c, z_table=table, cutoff=r_max) for c in configurations]


def batches(graphs, **order):
    """Return a loader of graphs: in batches of batch_size, or in those of a batch_sampler."""
    return torch_geometric.dataloader.DataLoader(graphs, **order)


def new_model(frames, loader, table, seed, architecture=ARCHITECTURE):
    """Return an untrained model; energies of free atoms are the least-squares ones of the frames."""
    configurations = data.config_from_atoms_list(frames, key_specification=KEYS)
    energies = compute_average_E0s(configurations, table)
    energies = np.array([energies[z] for z in table.zs])
    _, scale = modules.scaling_classes["rms_forces_scaling"](loader, energies[None])
    torch.manual_seed(seed)
    options = dict(architecture)
    for name in ("hidden_irreps", "MLP_irreps"):
        options[name] = o3.Irreps(options[name])
    return modules.ScaleShiftMACE(
        **options,
        num_elements=len(table),
        atomic_numbers=list(table.zs),
        atomic_energies=energies,
        avg_num_neighbors=modules.compute_avg_num_neighbors(loader),
        atomic_inter_scale=float(np.ravel(scale)[0]),
        atomic_inter_shift=0.0,
        interaction_cls_first=modules.interaction_classes["RealAgnosticResidualInteractionBlock"],
        interaction_cls=modules.interaction_classes["RealAgnosticResidualInteractionBlock"],
        gate=torch.nn.functional.silu,
    )


class Training(loop.Training):
    """One training with mace-torch.

    frames, valid: labeled ase.Atoms; options: epochs, rate, batch; start: a trained model to go on from;
    share: of several processes.
    """

    def __init__(self, frames, valid, numbers, seed, options, start, share):
        super().__init__(options["epochs"], share)
        torch.set_default_dtype(torch.float32)
        table = AtomicNumberTable(sorted(numbers))
        architecture = options.get("architecture", ARCHITECTURE)
        learned, size = graphs(frames, table, architecture["r_max"]), options["batch"]
        self.loader = batches(learned, batch_sampler=loop.Order([*map(len, frames)], size, seed, share))
        self.valid = batches(graphs(valid, table, architecture["r_max"]), batch_size=size)
        whole = batches(learned, batch_size=size)
        self.model = (start or new_model(frames, whole, table, seed, architecture)).to(DEVICE)
        for parameter in self.model.parameters():
            parameter.requires_grad = True
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=options["rate"], amsgrad=True)
        self.schedule = loop.schedule(self.optimizer, self.epochs * len(self.loader))
        self.average = ExponentialMovingAverage(self.model.parameters(), decay=0.995)

    def loss(self):
        """Return the loss of this epoch; energies and most of all stresses weigh more in the last third."""
        late = self.epoch >= 2 * self.epochs // 3
        weights = {"energy_weight": 100.0, "stress_weight": 400.0} if late else {}
        return modules.WeightedEnergyForcesStressLoss(
            **{"energy_weight": 40.0, "forces_weight": 1.0, "stress_weight": 40.0, **weights}
        )

    def step(self, batch):
        loss = self.loss()  # over all processes of torch.distributed, of which the mean is the batch's
        of_part = lambda **both: loss(**both) / self.share.count  # noqa: E731
        take_step(self.model, of_part, batch, self.optimizer, self.average, OUTPUT, None, DEVICE)

    def validate(self):
        with self.average.average_parameters():
            return evaluate(self.model, self.loss(), self.valid, OUTPUT, DEVICE)[1]

    def save(self, path):
        with self.average.average_parameters():
            torch.save(self.model.to("cpu"), path)


def train(path, frames, valid, numbers, seed, options, start=None, share=(), log=print):
    """Train until options["epochs"] and write the averaged model to path; nothing to do if it is there.

    path.state holds the last finished epoch: the same call goes on from it. start: file of a trained model; share:
    arguments of loop.Share.
    """
    if os.path.exists(path):
        return path
    began = torch.load(start, weights_only=False) if start else None
    return loop.train(path, lambda share: Training(frames, valid, numbers, seed, options, began, share), share, log)
