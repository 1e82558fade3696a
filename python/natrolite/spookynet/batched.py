# SPDX-License-Identifier: GPL-2.0-only
"""SpookyNet for several structures at once, as its training needs it.

Only what looks at all atoms of a structure is another than in `SpookyNet`, whose weights it shares by name:
sums and maxima run over the atoms of a frame.
"""

import torch

from .interaction import InteractionModule, NonlocalInteraction
from .model import SpookyNet


class BatchedNonlocal(NonlocalInteraction):
    """NonlocalInteraction within frames; `frame` int64 [n] and `frames` are set before a forward pass."""

    frame, frames = None, 0

    def highest(self, key):
        """Return [n, 1], the largest number of key [n, F] in the atom's frame."""
        empty = key.new_full([self.frames], -torch.inf)
        largest = empty.scatter_reduce(0, self.frame, key.amax(1), "amax", include_self=True)
        return largest[self.frame].unsqueeze(1)

    def mix(self, query, key, value):
        """Return [n, V] = query (sum over the frame of key value); query, key: [n, F], value: [n, V]."""
        outer = key.unsqueeze(2) * value.unsqueeze(1)
        summed = outer.new_zeros([self.frames, *outer.shape[1:]]).index_add(0, self.frame, outer)
        return torch.einsum("nf,nfv->nv", query, summed[self.frame])


class BatchedInteraction(InteractionModule):
    """InteractionModule within frames."""

    Nonlocal = BatchedNonlocal


class BatchedSpookyNet(SpookyNet):
    """SpookyNet of several structures.

    forward(data) takes, beside what SpookyNet takes, `frame` int64 [n], the structure of each atom (0, 1, ...);
    total_charge and total_spin are [frames]. Edges are within structures, and there are no ghosts.
    """

    Interaction = BatchedInteraction

    def forward(self, data):
        self.frame, self.frames = data["frame"], data["total_charge"].size(0)
        for module in self.interactions:
            module.far.frame, module.far.frames = self.frame, self.frames
        return super().forward(data)

    def of_atoms(self, amount):
        """Return [n] for a number of each frame, [frames]."""
        return amount[self.frame]

    def total(self, x):
        """Return [n, k], the sum of x [n, k] over the atom's frame."""
        return self.sums(x)[self.frame]

    def sums(self, x):
        """Return [frames, ...], the sums of x [n, ...] over the atoms of each frame."""
        return x.new_zeros([self.frames, *x.shape[1:]]).index_add(0, self.frame, x)

    def conserve(self, charges, total_charge, center):
        """Return the charges with what is missing from each frame's total charge spread evenly over its atoms."""
        atoms = self.sums(torch.ones_like(charges))
        if self.all_pairs:
            edges = torch.zeros_like(charges).index_add(0, center, torch.ones_like(center).to(charges))
            for n, own, squares in zip(atoms, self.sums(edges), self.sums(edges * edges), strict=True):
                self.require_all_pairs(int(n), int(own), int(squares))
        missing = (total_charge - self.sums(charges)) / atoms
        return charges + missing[self.frame]
