# SPDX-License-Identifier: GPL-2.0-only
"""Train a committee of SpookyNets on the DFT frames of data/, and make spookynet-janus.pt of its first member.

usage: make.py [--teacher FILE.nqx] --out DIR [--data DIR] [--size test|small|full] [--members N] [--jobs N] [--lmp LMP]

A teacher, a universal potential of nequix, is tuned on the frames of DFT (DIR/teacher.pt, errors in DIR/teacher.txt).
The members then learn from frames of DFT and from those of dynamics of the same structures by the teacher
(DIR/teacher.extxyz). Without --teacher they learn from DFT alone. Trajectories are held out whole
(distill/reference.py): DIR/{train,valid,test}.extxyz. DIR/member-M is the folder of `natrolite train`, with
errors.dat; DIR/member-M.pt its model file. Energies and forces are PBE without D3. The same command goes on where it
was ended; where data/ has changed, take another DIR.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import teach
from dft.frames import text
from distill import labels, making, reference, tune
from distill.files import complete_text
from natrolite import archive
from natrolite.errors import NatroliteError
from natrolite.modelfile import read_metadata

HERE = pathlib.Path(__file__).resolve().parent
PRODUCT = "spookynet-janus"
ELEMENTS = ["C", "H", "N", "Na"]
SIZES = {  # network; epochs of the teacher's tuning, its trajectories, how often a frame of DFT comes in an epoch, epochs
    "test": {"features": 8, "modules": 1, "tuning": 1, "trajectories": 2, "repeat": 2, "epochs": 2},
    "small": {"features": 64, "modules": 2, "tuning": 15, "trajectories": 120, "repeat": 4, "epochs": 25},
    "full": {"features": 64, "modules": 3, "tuning": 50, "trajectories": 500, "repeat": 10, "epochs": 100},
}
COMMON = {"rate_tuning": 1e-3, "rate": 5e-3, "batch": 4}
RUNNER = f"""import sys
sys.path.insert(0, {str(HERE.parent)!r})
from distill.parent import end_with_parent
end_with_parent()
from natrolite.cli import main
sys.exit(main(sys.argv[1:]))
"""
CONFIG = """[model]
elements = ["C", "H", "N", "Na"]
features = {features}
modules = {modules}
r_max = 5.0
lr_cutoff = 10.0

[data]
train = {train}
valid = ["valid.extxyz"]
test = ["test.extxyz"]
energy = "energy_pbe"
forces = "forces_pbe"

[training]
name = "{name}"
license = {license}
citation = {citation}
seed = {seed}
epochs = {epochs}
batch = {batch}
optimizer = "soap"
schedule = "linear"
rate = {rate}
energy = 100
forces = 1
charges = 10
dipole = 1
"""


def parts(folder, frames, data):
    """Write DIR/{train,valid,test}.extxyz of the frames of a folder data; ValueError where they are there and others."""
    for name, found in reference.split(frames).items():
        path, content = folder / f"{name}.extxyz", text(found)
        if path.exists() and path.read_text() != content:
            raise ValueError(f"{path}: of other data than {data}; take another --out")
        complete_text(path, content)
        print(f"{name}: {len(found)} frames", flush=True)


def natrolite(*arguments):
    """Run the command natrolite on one thread, in a process that ends with this one."""
    command = [sys.executable, "-c", RUNNER, *map(str, arguments)]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise ValueError(f"natrolite {arguments[0]} failed, see above")


def taught(folder, teacher, size, jobs, lmp):
    """Write DIR/teacher.extxyz, frames of dynamics by a teacher and its labels."""
    path = folder / "teacher.extxyz"
    if not path.exists():
        found = teach.frames(teacher.resolve(), ELEMENTS, folder / "teacher", SIZES[size]["trajectories"], jobs, lmp)
        for frame in found:  # as those of DFT have them
            frame.info["energy_pbe"] = frame.info.pop("REF_energy")
            frame.arrays["forces_pbe"] = frame.arrays.pop("REF_forces")
        labels.save(path, found)
        print(f"{path}: {len(found)} frames", flush=True)


def train(folder, size, member, teacher):
    """Train a member and export it; return its model file."""
    config, made, model = (folder / f"member-{member}{ending}" for ending in (".toml", "", ".pt"))
    files, terms = SIZES[size]["repeat"] * ["train.extxyz"], {"license": "GPL-2.0-only", "citation": []}
    if teacher:
        files, known = [*files, "teacher.extxyz"], read_metadata(str(teacher))
        terms = {"license": f"{terms['license']}; {known['license']}", "citation": known["citation"]}
    told = {name: json.dumps(value, ensure_ascii=False) for name, value in {**terms, "train": files}.items()}
    config.write_text(CONFIG.format(**{**SIZES[size], **COMMON, **told, "name": PRODUCT, "seed": member + 1}))
    natrolite("train", "spookynet", config, "-o", made)
    natrolite("export", made / "best.pt", "-o", model)
    return model


def main(argv=None):
    """Make everything; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="DIR")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data", metavar="DIR", help="frames of DFT [data]")
    parser.add_argument("--teacher", type=pathlib.Path, metavar="FILE.nqx", help="to learn from beside DFT (none)")
    parser.add_argument("--lmp", default="lmp", help="LAMMPS with the plugin and D3, for --teacher [%(default)s]")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--members", type=int, default=2, metavar="N", help="of the committee [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="members at a time [%(default)s]")
    arguments = parser.parse_args(argv)
    if arguments.members < 1:
        parser.error(f"--members {arguments.members}: take 1 or more")
    try:
        if arguments.teacher:
            tune.check(arguments.teacher, ELEMENTS)
        os.environ |= making.ENVIRONMENT
        arguments.out.mkdir(parents=True, exist_ok=True)
        school = archive.sha256(arguments.teacher) if arguments.teacher else None
        made_by = {"size": arguments.size, **SIZES[arguments.size], **COMMON, "teacher": school}
        making.same_settings(arguments.out / "settings.json", made_by)
        frames = reference.frames_of(arguments.data)
        parts(arguments.out, frames, arguments.data)
        if arguments.teacher:
            options = {"epochs": made_by["tuning"], "rate": made_by["rate_tuning"], "batch": made_by["batch"]}
            labeled = reference.labeled(frames)
            arguments.teacher = tune.tuned(arguments.out, arguments.teacher, labeled, ELEMENTS, options, arguments.jobs)
            taught(arguments.out, arguments.teacher, arguments.size, arguments.jobs, arguments.lmp)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            settings = arguments.out, arguments.size
            tasks = [pool.submit(train, *settings, k, arguments.teacher) for k in range(arguments.members)]
            models = [task.result() for task in tasks]
        shutil.copyfile(models[0], arguments.out / f"{PRODUCT}.pt")
    except (OSError, ValueError, RuntimeError, NatroliteError) as error:
        print(f"make.py: error: {error}", file=sys.stderr)
        return 1
    print(f"made {arguments.out / PRODUCT}.pt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
