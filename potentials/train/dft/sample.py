# SPDX-License-Identifier: GPL-2.0-only
"""Frames of a trajectory: dynamics in LAMMPS with a potential without dispersion, or a committee, and D3."""

import subprocess
import zlib

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from ase.io import read, write

from .trajectory import overlap

TIMESTEP = 0.0008  # ps
HOT = 2000, 0.0005  # above this temperature (K) steps of this length (ps)
SPACING = 150  # steps between frames
MELT, COOL = 1500, 2500  # steps in the melt and from there to the temperature of the frames
RATTLE = 0.03  # A, of every second frame
CLOSEST = 0.72  # of trajectory.NEAREST, for a frame of the dynamics
CANDIDATES = 5  # frames of a committee's dynamics for one that is taken
DOUBT = 0.05, 10.0  # eV/A: the largest deviation of a force in a frame that is taken

DECK = """units metal
atom_style atomic
atom_modify map yes
box tilt large
read_data start.data
pair_style hybrid/overlay equivariant {options} dispersion/d3/opt bj pbe 9.0 6.0
pair_coeff * * equivariant {models} {elements}
pair_coeff * * dispersion/d3/opt {elements}
{masses}
min_style cg
minimize 0.0 1.0 40 100
reset_timestep 0
velocity all create {first} {seed} mom yes rot {rot} dist gaussian
fix move all nve
timestep {timestep}
{melt}
reset_timestep 0
fix heat all temp/csvr {temperature} {temperature} 0.05 {seed}
{deform}
dump frames all custom {spacing} frames.dump id type xu yu zu
dump_modify frames sort id format float %.6f
thermo {spacing}
run {steps}
"""

MELTING = """fix heat all temp/csvr {melt} {melt} 0.05 {seed}
run {hold}
fix heat all temp/csvr {melt} {temperature} 0.05 {seed}
run {cool}"""


def sample(trajectory, folder, models, lmp, spacing=None):
    """Return the frames of a trajectory, sampling them in `folder` if it has dynamics. Seeded by its name.

    models: model files; of several, a committee, the first drives, and frames are taken on which they disagree.
    spacing: steps between frames, which are more than those of the trajectory if it is less than SPACING.
    Raises ValueError with the end of LAMMPS' output where that fails.
    """
    if not trajectory.temperature:
        return trajectory.images
    start = trajectory.images[0]
    elements = sorted(set(start.get_chemical_symbols()))
    boxed = start.copy()
    if not start.pbc.any():  # an empty cell that the potential's cutoff does not cross
        boxed.set_cell(np.eye(3) * (np.ptp(start.positions) + 20))
        boxed.pbc = True
        boxed.center()
    write(folder / "start.data", boxed, format="lammps-data", specorder=elements)
    (folder / "in.sample").write_text(deck(trajectory, elements, models, spacing))
    dump, table = folder / "frames.dump", folder / "deviation.txt"
    for old in (dump, table):
        old.unlink(missing_ok=True)
    done = subprocess.run(
        [lmp, "-nocite", "-log", "none", "-in", "in.sample"],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    refuse_stopped("LAMMPS", done.returncode, folder)
    if done.returncode and not (len(models) > 1 and dump.exists()):  # a committee may be sampled to its end
        raise ValueError("sampling failed: " + " / ".join(done.stdout.splitlines()[-3:]))
    images = read(dump, "1:", format="lammps-dump-text")
    if len(models) > 1:
        found = deviations(table.read_text())
        images = [images[k] for k in doubtful(found[: len(images)], len(trajectory))]
    return [frame for image in enumerate(images) if (frame := tidy(start, *image, trajectory.name)) is not None]


def refuse_stopped(program, code, folder):
    """Raise RuntimeError where a program was ended from outside: its work is to be done again."""
    if code < 0 or code > 127:
        raise RuntimeError(f"{program} was stopped (exit code {code}) in {folder}")


def deviations(text):
    """Return the largest deviation of a force (eV/A) in each frame of the dump, of a table of a committee: of the last
    run, whose steps begin with 0."""
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    begin = max(k for k, row in enumerate(rows) if row[0] == "0")
    return np.array([float(row[3]) for row in rows[begin + 1 :]])


def doubtful(deviations, count):
    """Return the numbers of at most count frames: of as many equal parts that of the largest deviation within DOUBT."""
    usable = np.where((deviations > DOUBT[0]) & (deviations < DOUBT[1]), deviations, 0.0)
    parts = [part for part in np.array_split(np.arange(len(usable)), count) if len(part)]
    best = [part[np.argmax(usable[part])] for part in parts]
    return [int(k) for k in best if usable[k]]


def options(atoms, models, spacing):
    """Return the options of pair_style equivariant: charge and spin where a model asks for them, and the committee."""
    from natrolite.modelfile import read_metadata

    asked = read_metadata(models[0])
    words = [f"charge {atoms.info.get('charge', 0)}"] * asked["needs_total_charge"]
    words += [f"spin {atoms.info.get('spin', 0)}"] * asked["needs_total_spin"]
    return " ".join(words + [f"committee {spacing} deviation.txt"] * (len(models) > 1))


def deck(trajectory, elements, models, spacing=None):
    """LAMMPS input of the dynamics."""
    spacing = spacing or (SPACING // CANDIDATES if len(models) > 1 else SPACING)
    masses = [f"mass {i} {atomic_masses[atomic_numbers[e]]:.4f}" for i, e in enumerate(elements, 1)]
    height = f"fix squeeze all deform 1 z final 0 {trajectory.height} remap x units box"
    kelvin = trajectory.temperature
    first = trajectory.melt or kelvin
    return DECK.format(
        models=",".join(map(str, models)),
        options=options(trajectory.images[0], models, spacing),
        elements=" ".join(elements),
        masses="\n".join(masses),
        temperature=kelvin,
        first=first,
        seed=seed_of(trajectory.name),
        melt=MELTING.format(melt=first, temperature=kelvin, seed=seed_of(trajectory.name), hold=MELT, cool=COOL)
        if trajectory.melt
        else "",
        rot="no" if trajectory.images[0].pbc.any() else "yes",
        deform=height if trajectory.height else "",
        timestep=HOT[1] if first > HOT[0] else TIMESTEP,
        spacing=spacing,
        steps=SPACING * trajectory.frames,
    )


def seed_of(name):
    """Return a seed (1 to 900000000) that depends on the name only."""
    return zlib.crc32(name.encode()) % 900000000 + 1


def tidy(start, number, image, name):
    """Return the start with the image's cell and positions, every second one rattled; None where atoms collide."""
    frame = start.copy()
    if start.pbc.any():
        frame.set_cell(image.cell)
    frame.positions = image.positions
    if number % 2:
        rng = np.random.default_rng(seed_of(f"{name}-{number}"))
        frame.positions += rng.normal(scale=RATTLE, size=(len(frame), 3))
    if start.pbc.any():
        frame.wrap()
    else:
        frame.center()
        if (frame.positions < 3.5).any():  # something flew off: the cube would cut its density
            return None
    return None if overlap(frame, CLOSEST) else frame
