# SPDX-License-Identifier: GPL-2.0-only
"""Small structures on which an exported form is compared with its original.

All are without any symmetry (chiral, so that a flipped edge sign shows in models that know no
parity), with elements of the model: sodium, carbon, titanium, oxygen, hydrogen where it has them.
"""

PREFERRED = ["Na", "C", "Ti", "O", "H"]

# Five points in fractions of CELL, no two closer than 1.7 A, found by hand.
FRACTIONS = [
    [0.03, 0.05, 0.02],
    [0.52, 0.11, 0.29],
    [0.21, 0.57, 0.44],
    [0.68, 0.63, 0.07],
    [0.39, 0.27, 0.78],
]
CELL = [[4.3, 0.0, 0.0], [1.1, 4.1, 0.0], [-0.7, 0.9, 4.6]]


def elements(fields, count):
    """Return `count` symbols of the model, the preferred ones first, repeated if it has fewer."""
    known = [s for s in PREFERRED if s in fields["type_names"]]
    known += [s for s in fields["type_names"] if s not in known and s != "X"]
    return [known[k % len(known)] for k in range(count)]


def periodic(fields):
    """Return whether the model takes periodic systems."""
    return not fields.get("arch", {}).get("all_pairs", False)


def reference(fields):
    """Return the embedded self test: 5 atoms in a triclinic cell shorter than most cutoffs.

    For models of isolated molecules (they need all pairs) nothing is periodic.

    Models that take them get the charge +1 and one unpaired electron (in their own convention).
    """
    from ase import Atoms

    atoms = Atoms(elements(fields, 5), scaled_positions=FRACTIONS, cell=CELL, pbc=periodic(fields))
    if fields.get("needs_total_charge"):
        atoms.info["charge"] = 1.0
    if fields.get("needs_total_spin"):
        atoms.info["spin"] = 2.0 if fields["spin_convention"] == "multiplicity" else 1.0
    return atoms


def comparison(fields):
    """Return [(name, ase.Atoms)] for the comparison, beside the reference."""
    from ase import Atoms

    crystal = reference(fields)
    large = crystal.repeat((2, 1, 2))
    large.rattle(0.05, seed=7)
    cluster = Atoms(crystal.symbols, crystal.positions, info=crystal.info)
    slab = crystal.copy()
    slab.pbc = [periodic(fields), periodic(fields), False]
    lone = Atoms(crystal.symbols[:1], [[0.3, 0.2, 0.1]])
    lone.info = dict(crystal.info)
    far = cluster[:4]
    far.positions[2:] += [0.0, 0.0, 5.0 * fields["r_max"]]
    return [
        ("perturbed crystal", large),
        ("cluster", cluster),
        ("slab", slab),
        ("one atom", lone),
        ("two far clusters", far),
    ]
