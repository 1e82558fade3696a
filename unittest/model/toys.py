# SPDX-License-Identifier: GPL-2.0-only
"""Toy models in the form of the model file; toys_numpy.py has the same formulas once more.

Elements Ar (type 0) and Ne (type 1). d = x_j - x_i, r = |d|, sums over the neighbors j of i with
r < rc. c = (1.0, 0.6) by type, w_ij = c[t_j] (1 - (r/rc)^2)^3, q_i = sum_j w_ij. Energies in eV.

lj       E_i = 1/2 sum_j 4 eps [(s/r)^12 - (s/r)^6], cut at 8.5 A, not shifted; Ar eps 0.0104 s 3.4,
         Ne eps 0.0031 s 2.74, mixed: eps = sqrt(eps_i eps_j), s = (s_i + s_j)/2
mp       rc 5, E_i = sum_j q_j w_ij + 0.1 q_i^2; q is exchanged (width 1)
mp3      rc 4, f = w, u = d/rc, exchanged rows (1 scalar, 1 vector, 1 scalar), width 5:
         a_i = sum_j f (1, u, u.u);
         b_i = sum_j f (a0_j (1 + av_j.u), av_j + a4_j u, a4_j a0_j);
         E_i = e[t_i] + sum_j f (0.1 b0_j + bv_j.u + 0.05 b4_j) + 0.01 bv_i.bv_i, e = (-1.5, -0.7)
gsum     rc 5, E_i = q_i^2 / (1 + Q), Q = sum of q over all atoms (one global_sum)
gmax     rc 5, E_i = exp(0.5 (q_i - m)), m = largest q of all atoms, with gradient (one global_max)
charged  rc 5, x_i = x0[t_i] + 0.3 q_i, x0 = (0.2, -0.1); charges z_i = x_i + (charge - X)/N with
         X, N = sum of x and number of atoms (one global_sum of 2 numbers);
         E_i = 0.5 z_i^2 + 0.1 spin q_i
committee  the members are lj times 0.9, 1.0 and 1.1, the energy is lj itself
nan      peratom's energy, NaN for a total charge above 1; finite with NaN forces below -1
peratom  rc 5, E_i = 0.1 q_i^2 and the output coordination_i = sum_j (1 - (r/rc)^2)^3
"""

from typing import Dict

import torch

from natrolite import operators  # noqa: F401  (registers the operators)

FACTORS = [1.0, 0.6]


def gather(values: torch.Tensor, center: torch.Tensor, rows: int) -> torch.Tensor:
    """Sum values [E, k] on their centers: [rows, k]."""
    zero = torch.zeros([rows, values.size(1)], dtype=values.dtype, device=values.device)
    return zero.index_add(0, center, values)


class LennardJones(torch.nn.Module):
    """lj"""

    def __init__(self):
        super().__init__()
        self.register_buffer("eps", torch.tensor([0.0104, 0.0031], dtype=torch.float64))
        self.register_buffer("sigma", torch.tensor([3.4, 2.74], dtype=torch.float64))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        center, neighbor = data["edge_index"][0], data["edge_index"][1]
        i, j = data["types"][center], data["types"][neighbor]
        eps = torch.sqrt(self.eps[i] * self.eps[j])
        sigma = 0.5 * (self.sigma[i] + self.sigma[j])
        s6 = (sigma * sigma / data["edge_vec"].square().sum(1)) ** 3
        pair = 2.0 * eps * (s6 * s6 - s6)
        energy = gather(pair.unsqueeze(1), center, data["types_local"].size(0))
        return {"atomic_energy": energy.squeeze(1)}


class Toy(torch.nn.Module):
    """Base of the others: the cutoff, the compute type, and w [E, 1]."""

    def __init__(self, rc, dtype=torch.float64, factors=FACTORS):
        super().__init__()
        self.rc = float(rc)
        self.register_buffer("c", torch.tensor(factors, dtype=dtype))

    def bump(self, d: torch.Tensor) -> torch.Tensor:
        return (1.0 - d.square().sum(1, keepdim=True) / self.rc**2) ** 3

    def weight(self, data: Dict[str, torch.Tensor]) -> torch.Tensor:
        bump = self.bump(data["edge_vec"].to(self.c.dtype))
        return self.c[data["types"][data["edge_index"][1]]].unsqueeze(1) * bump

    def density(self, data: Dict[str, torch.Tensor]) -> torch.Tensor:
        return gather(self.weight(data), data["edge_index"][0], data["types_local"].size(0))


class TwoLayers(Toy):
    """mp"""

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        center, neighbor = data["edge_index"][0], data["edge_index"][1]
        w = self.weight(data)
        q = gather(w, center, data["types_local"].size(0))
        everywhere = torch.ops.natrolite.ghost_exchange(q, data["types"])
        energy = gather(everywhere[neighbor] * w, center, q.size(0)) + 0.1 * q * q
        return {"atomic_energy": energy.squeeze(1).to(torch.float64)}


class ThreeLayers(Toy):
    """mp3"""

    def __init__(self, rc, dtype=torch.float64):
        super().__init__(rc, dtype)
        self.register_buffer("offset", torch.tensor([-1.5, -0.7], dtype=torch.float64))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        center, neighbor = data["edge_index"][0], data["edge_index"][1]
        n = data["types_local"].size(0)
        u = data["edge_vec"].to(self.c.dtype) / self.rc
        f = self.weight(data)
        a = gather(f * torch.cat([torch.ones_like(f), u, u.square().sum(1, keepdim=True)], 1), center, n)
        aj = torch.ops.natrolite.ghost_exchange(a, data["types"])[neighbor]
        a0, av, a4 = aj[:, :1], aj[:, 1:4], aj[:, 4:]
        scalar = a0 * (1.0 + (av * u).sum(1, keepdim=True))
        b = gather(f * torch.cat([scalar, av + a4 * u, a4 * a0], 1), center, n)
        bj = torch.ops.natrolite.ghost_exchange(b, data["types"])[neighbor]
        last = 0.1 * bj[:, :1] + (bj[:, 1:4] * u).sum(1, keepdim=True) + 0.05 * bj[:, 4:]
        energy = gather(f * last, center, n).squeeze(1) + 0.01 * b[:, 1:4].square().sum(1)
        return {"atomic_energy": energy.to(torch.float64) + self.offset[data["types_local"]]}


class GlobalSum(Toy):
    """gsum"""

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        q = self.density(data).squeeze(1)
        total = torch.ops.natrolite.global_sum(q.sum(0, keepdim=True))
        return {"atomic_energy": q * q / (1.0 + total)}


class GlobalMax(Toy):
    """gmax"""

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        q = self.density(data).squeeze(1)
        floor = torch.full([1], float("-inf"), dtype=q.dtype, device=q.device)
        highest, _ = torch.cat([q, floor]).max(0, keepdim=True)
        m = torch.ops.natrolite.global_max(highest)
        return {"atomic_energy": torch.exp(0.5 * (q - m))}


class Charged(Toy):
    """charged"""

    def __init__(self, rc):
        super().__init__(rc)
        self.register_buffer("x0", torch.tensor([0.2, -0.1], dtype=torch.float64))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        q = self.density(data).squeeze(1)
        x = self.x0[data["types_local"]] + 0.3 * q
        own = torch.stack([x.sum(), torch.ones_like(x).sum()])
        total = torch.ops.natrolite.global_sum(own)
        z = x + (data["total_charge"] - total[0]) / total[1]
        return {"atomic_energy": 0.5 * z * z + 0.1 * data["total_spin"] * q, "charges": z}


class PerAtom(Toy):
    """peratom"""

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        q = self.density(data).squeeze(1)
        bump = self.bump(data["edge_vec"])
        count = gather(bump, data["edge_index"][0], q.size(0)).squeeze(1)
        return {"atomic_energy": 0.1 * q * q, "coordination": count}


class Committee(torch.nn.Module):
    """committee"""

    def __init__(self):
        super().__init__()
        self.lj = LennardJones()
        self.register_buffer("factors", torch.tensor([0.9, 1.0, 1.1], dtype=torch.float64))

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        energy = self.lj(data)["atomic_energy"]
        return {"atomic_energy": energy, "committee_energy": self.factors.unsqueeze(1) * energy}


class NotANumber(Toy):
    """nan"""

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        q = self.density(data).squeeze(1)
        bad = torch.where(data["total_charge"] > 1.0, float("nan"), 1.0)
        energy = 0.1 * q * q * bad
        if float(data["total_charge"]) < -1.0:
            energy = energy + torch.sqrt(0.0 * q)
        return {"atomic_energy": energy}


class UnknownOperator(Toy):
    """Calls an operator that nobody but its writer registers."""

    def forward(self, data: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        q = torch.ops.natrolite_unregistered.foo(self.density(data))
        return {"atomic_energy": q.squeeze(1)}
