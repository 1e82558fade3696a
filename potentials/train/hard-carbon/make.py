# SPDX-License-Identifier: GPL-2.0-only
"""Make the data and the potential of carbon and sodium from teachers and DFT: see README.md.

usage: make.py --teacher MODEL.pt [--teacher-of-layers MODEL.pt] [--dft data] --out DIR [--size test|small|full]
               [--seed N] [--jobs N]

With --dft, a folder of frames of DFT, what the teachers taught is tuned on these; errors on those held out are in
errors-dft.txt, beside those of the teachers in judged.txt. Where the folder has changed, the same command tunes anew.

Every result is a file in DIR that appears when it is complete: the same command goes on where it was ended.
"""

import hashlib
import itertools
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from distill import dynamics, labels, making, reference
from distill.errors import rms
from distill.files import complete_text
import numpy as np
import carbon
from natrolite import archive

# crystals: perturbed crystals, layers and contacts; shared: frames that compare the teachers; melts: numbers of runs by
# a teacher, and of their carbon atoms (voids and chains need large cells), `hold` steps hot and `quench` to cold;
# members of the committee; epochs of its trainings, from that of number `alone` on of its first member alone; before
# each but the first, our decks at each of `densities` (g/cm^3) and `loadings` (%), of the round's edge (Angstrom) and
# the size `decks`: at most `most` frames of each whose largest deviation of a force, among the committee or of one
# member and the teacher, is within `doubt` (eV/Angstrom); tune: epochs and rate of the tuning on DFT, in which a frame
# of DFT comes `repeat` times an epoch, and of the teachers' frames of kinds that are tuned each `keep`th
SIZES = {
    "test": {"crystals": 32, "shared": 24, "melts": [[4, [16, 18]], [1, [20, 22]]], "hold": 10, "quench": 20, "every": 10,
             "members": 2, "epochs": [1, 1, 1], "alone": 1, "densities": [2.0], "loadings": [100], "edges": [6.0, 6.0],
             "decks": "test",
             "tune": {"epochs": 1, "rate": 0.005, "repeat": 2, "keep": 8}},
    "small": {"crystals": 400, "shared": 48, "melts": [[40, [20, 36]], [15, [56, 72]]], "hold": 200, "quench": 700, "every": 25,
              "members": 2, "epochs": [4, 3, 6, 25], "alone": 2, "densities": [1.5, 2.0, 2.5, 3.0],
              "loadings": [50, 100], "edges": [8.0, 8.0, 11.0], "decks": "small",
              "tune": {"epochs": 15, "rate": 0.005, "repeat": 4, "keep": 4}},
    "full": {"crystals": 1200, "shared": 96, "melts": [[100, [32, 64]], [50, [64, 100]]], "hold": 1000, "quench": 5000, "every": 60,
             "members": 2, "epochs": [15, 15, 50, 150], "alone": 2, "densities": [1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0],
             "loadings": [25, 50, 100], "edges": [9.0, 9.0, 12.0], "decks": "small",
             "tune": {"epochs": 50, "rate": 0.005, "repeat": 4, "keep": 4}},
}  # fmt: skip
COMMON = {"rate": 0.015, "batch": 4, "largest_force": 100.0, "doubt": [0.3, 20.0], "most": 12}
DECKS = pathlib.Path(__file__).resolve().parents[3] / "examples" / "hard-carbon"


class Work(making.Work):
    """The making of allegro-hardcarbon.pt."""

    product = "allegro-hardcarbon"
    elements = carbon.ELEMENTS
    deck = pathlib.Path(__file__).with_name("in.melt")
    students = "distill.allegro_students"
    family = "nequip"
    too_close = 0.55
    atoms = None  # range of the numbers of carbon atoms of the runs that are begun

    def __init__(self, arguments):
        self.of_layers = os.path.abspath(arguments.teacher_of_layers or arguments.teacher)
        self.dft = reference.load(arguments.dft) if arguments.dft else []
        self.parts = reference.split(self.dft) if self.dft else {}  # refuses too few before anything is made
        settings = {**COMMON, **SIZES[arguments.size], "teacher of layers": archive.sha256(self.of_layers)}
        super().__init__(arguments, settings, arguments.teacher)

    def starts(self, count, seed):
        return carbon.melts(count, seed, self.atoms)

    def variables(self, start, rng):
        program = {"hold": self.settings["hold"], "quench": self.settings["quench"], **start.info["program"]}
        return {**program, "seed": int(rng.integers(1, 10**8))}

    def kind(self, start, number):
        if start.info["kind"] != "carbon":
            return start.info["kind"]
        return carbon.state(start.info["program"], number * self.settings["every"], self.settings)

    def teacher_of(self, kind):
        """Return the model file that labels a kind and drives its dynamics."""
        return self.of_layers if kind in carbon.LAYERED else self.teacher

    def labeled(self, frames):
        layers = [frame for frame in frames if frame.info["kind"] in carbon.LAYERED]
        found = self.labeled_by(self.teacher, [frame for frame in frames if frame.info["kind"] not in carbon.LAYERED])
        shifts = compare_teachers(self)["shift (eV)"]
        for frame in self.labeled_by(self.of_layers, layers):
            frame.info["REF_energy"] += sum(shifts[symbol] for symbol in frame.symbols)
            found.append(frame)
        return found


def compare_teachers(work):
    """Return, and write to teachers.json, the energies per element by which the teacher of layers is shifted to agree
    with the other one on graphene and sodium, by least squares per atom; what is then left, there and on diamond, and
    the deviations of forces."""
    path = pathlib.Path(work.path("teachers.json"))
    if not path.exists():
        frames = carbon.shared(work.settings["shared"], work.settings["seed"] + 1)
        pairs = [work.labeled_by(teacher, frames) for teacher in (work.teacher, work.of_layers)]
        found = difference(*pairs, work.elements)
        complete_text(path, json.dumps(found, indent=1))
        making.say(f"teachers: {json.dumps(found)}")
    return json.loads(path.read_text())


def difference(first, second, elements):
    """Return what compare_teachers writes, of frames labeled by both teachers."""
    energies = [a.info["REF_energy"] - b.info["REF_energy"] for a, b in zip(first, second, strict=True)]
    kinds = np.array([frame.info["kind"] for frame in first])
    border = np.flatnonzero(np.isin(kinds, carbon.BORDER))
    shifts = reference.element_energies([first[k] for k in border], [energies[k] for k in border], elements)
    shifted = [e - sum(shifts[symbol] for symbol in a.symbols) for e, a in zip(energies, first, strict=True)]
    rest = np.array(shifted) / list(map(len, first))
    forces = [rms(a.arrays["REF_forces"] - b.arrays["REF_forces"]) for a, b in zip(first, second, strict=True)]
    named = {kind: kinds == kind for kind in sorted(set(kinds))}
    return {
        "shift (eV)": shifts,
        "frames": len(first),
        "energy left, rms (meV/atom)": {kind: 1000 * rms(rest[which]) for kind, which in named.items()},
        "energy left, mean (meV/atom)": {kind: 1000 * float(rest[which].mean()) for kind, which in named.items()},
        "forces, rms (meV/A)": {kind: 1000 * rms(np.array(forces)[which]) for kind, which in named.items()},
    }


def crystal_frames(work):
    """Write start.xyz: perturbed crystals and layers, and contacts."""
    if not os.path.exists(work.path("start.xyz")):
        work.label("start.xyz", carbon.crystals(work.settings["crystals"], work.settings["seed"]))


def melt_frames(work):
    """Write molten.xyz and molten-N.xyz: frames of dynamics by the teachers."""
    for number, (count, atoms) in enumerate(work.settings["melts"]):
        name, work.atoms = f"molten-{number}" if number else "molten", atoms
        if not os.path.exists(work.path(f"{name}.xyz")):
            found = making.runs(work, name, count, lambda start: [work.teacher_of(start.info["kind"])])
            work.label(f"{name}.xyz", [frame for frames in found for frame in frames])


def search(work, number, members):
    """Write round-N.xyz: frames of our own decks by the first member on which the committee disagrees, or, where there
    is no other member, the teacher."""
    name, settings = f"round-{number}", work.settings
    if os.path.exists(work.path(f"{name}.xyz")):
        return
    models = [making.export(work, path) for path in members]
    models += [work.teacher] * (len(models) == 1)
    tasks = []
    for density, loading in itertools.product(settings["densities"], settings["loadings"]):
        folder = work.path(f"{name}/{density}-{loading}")
        variables = {"here": DECKS, "out": folder, "density": density, "loading": loading, "size": settings["decks"],
                     "edge": settings["edges"][number - 1], "seed": settings["seed"] + 100 * number + loading,
                     "closest": 1.3}  # fmt: skip
        tasks.append((folder, models, variables))
    found = []
    for (folder, *_), parts in zip(tasks, work.map(name, _decks, tasks), strict=True):
        for kind, frames in parts.items():
            for frame in frames:
                frame.info = {"kind": kind, "source": f"{name}-{os.path.basename(folder)}"}
            found.append(frames)
    making.take_doubtful(work, name, found)


def _decks(folder, models, variables):
    """Run in.quench, in.sodiate and in.transport by the first model; return {kind: frames with f_doubt}.

    A deck after one that was ended early is left out. Finished dumps are read, not made again.
    """
    os.makedirs(folder, exist_ok=True)
    calculators, found = [labels.calculator(model, carbon.ELEMENTS) for model in models], {}
    carbons, both = (f"{folder}/{stem}" for stem in ("carbon", "sodium"))
    carbons, both = f"{carbons}-{variables['density']}", f"{both}-{variables['density']}-{variables['loading']}"
    made = variables | {"model": models[0]}
    if not os.path.exists(f"{carbons}.data"):
        dynamics.execute(DECKS / "in.quench", made, f"{carbons}.dump")
    found["carbon-quenched"] = dynamics.disagreement(thinned(f"{carbons}.dump"), calculators)
    if os.path.exists(f"{carbons}.data"):
        if not os.path.exists(f"{both}.data"):
            dynamics.execute(DECKS / "in.sodiate", made, f"{carbons}.data")
        if os.path.exists(f"{both}.data") and not os.path.exists(f"{both}.ions"):
            dynamics.execute(DECKS / "in.transport", {**made, "size": "test", "block": 100, "trun": 1}, f"{both}.dump")
        if os.path.exists(f"{both}.dump"):
            found["carbon-sodium"] = dynamics.disagreement(thinned(f"{both}.dump"), calculators)
    return found


def thinned(dump, most=60):
    """Return at most most frames of a dump, evenly spaced."""
    frames = dynamics.frames(dump)
    return [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, most).astype(int))] if frames else []


def tuned(work, member):
    """Return a member tuned on the frames of DFT, and their part for tests; the member and none without such frames."""
    if not work.dft:
        return member, []
    parts, teachers = dict(work.parts), making.split(work)["train"]
    options, covered = work.settings["tune"], {frame.info["kind"] for frame in parts["train"]}
    content = json.dumps([[frame.info["source"], frame.info["REF_energy"]] for frame in work.dft] + [options])
    path = work.path(f"tuned-{hashlib.sha256(content.encode()).hexdigest()[:8]}.model")
    shifts = reference.align(work.dft, labels.calculator(making.export(work, member), work.elements), work.elements)
    shared = [frame for frame in teachers if frame.info["kind"] in covered]
    kept = [frame for frame in teachers if frame.info["kind"] not in covered] + shared[:: options["keep"]]
    parts["train"] = options["repeat"] * parts["train"] + kept
    making.say(f"{os.path.basename(path)}: {len(work.dft)} frames of DFT, energies shifted by {json.dumps(shifts)} eV")
    return making.tune(work, path, parts, {**options, "batch": work.settings["batch"]}, member), parts["test"]


def publish(work, member):
    """Write allegro-hardcarbon.pt: a member, tuned if there is DFT, with licenses and citations of the teachers."""
    from distill import allegro_students
    from natrolite.modelfile import read_metadata

    untuned = member
    member, held_out = tuned(work, untuned)
    for old in ("judged.txt", "errors-dft.txt", "parity-dft.png"):
        pathlib.Path(work.path(old)).unlink(missing_ok=True)  # of another tuning
    named, teachers = work.path(f"{work.product}.model"), [read_metadata(work.teacher), read_metadata(work.of_layers)]
    license = "; ".join(dict.fromkeys(teacher["license"] for teacher in teachers))
    citation = list(dict.fromkeys(entry for teacher in teachers for entry in teacher["citation"]))
    configuration, weights = allegro_students.read(member)
    allegro_students.write(named, configuration, weights, license=license, citation=citation)
    student = making.export(work, named)
    if held_out:
        making.report(work, student, held_out, "-dft", "DFT")
        models = {"student": student, "untuned": making.export(work, untuned), "teacher": work.teacher,
                  "teacher-of-layers": work.of_layers}  # fmt: skip
        calculators = {name: labels.calculator(model, work.elements) for name, model in models.items()}
        lines = reference.judged(work.dft, held_out, calculators, work.elements)
        complete_text(work.path("judged.txt"), "\n".join(lines) + "\n")
        print(*lines, sep="\n", flush=True)
    return student


def make(arguments):
    """Make everything; return the potential."""
    for teacher in filter(None, (arguments.teacher, arguments.teacher_of_layers)):
        making.check_teacher(teacher, carbon.ELEMENTS)
    work = Work(arguments)
    crystal_frames(work)
    melt_frames(work)
    return making.learn(work, search, publish)


def main(argv=None):
    """Make everything; return the exit code."""
    parser = making.parser(__doc__, SIZES, "C and Na")
    parser.add_argument("--teacher-of-layers", metavar="FILE", help="for graphene and graphite (that of all else)")
    parser.add_argument("--dft", metavar="DIR", help="frames of DFT, on which the student is tuned (none)")
    return making.main(make, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
