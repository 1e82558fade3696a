# SPDX-License-Identifier: GPL-2.0-only
"""What a SpookyNet is made of: sizes, cutoffs, switches and the unit constants."""

import dataclasses
import math

# The published parameters were fitted with these values, so they are part of the model: newer
# CODATA numbers would change energies in the eighth digit.
COULOMB = 14.399645351950548  # e^2 / (4 pi eps0) in eV A
BOHR = 0.5291772105638411  # A
HARTREE = 27.211386024367243  # eV

TRAINED = "natrolite-spookynet-1"  # format of the files of `natrolite train`, in them

# How many residual blocks each part of the network has.
BLOCKS = (
    "electron",
    "pre",
    "local_x",
    "local_s",
    "local_p",
    "local_d",
    "local",
    "nonlocal_q",
    "nonlocal_k",
    "nonlocal_v",
    "post",
    "output",
)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Architecture of one model; the defaults are those of the publication's code.

    atomic_numbers: the element of each type, in order; features: width F; basis: number K of
    radial functions; modules: number of interaction modules; r_max: cutoff of the network in
    Angstrom; lr_cutoff: cutoff of electrostatics and dispersion in Angstrom, None for all pairs of
    an isolated molecule; blocks: residual blocks per part (see BLOCKS); radial_decay: multiply the
    radial functions with exp(-alpha r); repulsion, electrostatics, dispersion: the analytic terms.
    Raises ValueError with the value for what cannot be.
    """

    atomic_numbers: tuple
    features: int = 64
    basis: int = 16
    modules: int = 3
    r_max: float = 10 * BOHR
    lr_cutoff: float | None = None
    blocks: dict = dataclasses.field(default_factory=lambda: dict.fromkeys(BLOCKS, 1))
    radial_decay: bool = True
    repulsion: bool = True
    electrostatics: bool = True
    dispersion: bool = True

    def __post_init__(self):
        if not self.atomic_numbers or len(set(self.atomic_numbers)) != len(self.atomic_numbers):
            raise ValueError(f"atomic_numbers must be distinct, got {self.atomic_numbers}")
        wrong = [z for z in self.atomic_numbers if not 1 <= z <= 86]
        if wrong:
            raise ValueError(f"atomic numbers {wrong} are outside 1..86, the elements known here")
        for name in ("features", "basis", "modules"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not self.r_max > 0:
            raise ValueError(f"r_max must be positive, got {self.r_max}")
        if self.lr_cutoff is not None and not self.r_max <= self.lr_cutoff < math.inf:
            raise ValueError(
                f"lr_cutoff must be a length of at least r_max = {self.r_max:g} Angstrom, got {self.lr_cutoff:g}"
            )
        if set(self.blocks) != set(BLOCKS):
            raise ValueError(f"blocks must name exactly {BLOCKS}, got {tuple(self.blocks)}")

    @property
    def long_range(self):
        """Whether pairs beyond r_max matter."""
        return self.electrostatics or self.dispersion

    @property
    def all_pairs(self):
        """Whether the edge list must hold every pair of an isolated molecule."""
        return self.long_range and self.lr_cutoff is None
