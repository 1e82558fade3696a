# SPDX-License-Identifier: GPL-2.0-only
"""Train a committee of SpookyNets on the DFT frames of data/, and make spookynet-janus.pt of its first member.

usage: make.py [--teacher FILE] --out DIR [--data DIR] [--size test|small|full] [--members N] [--jobs N] [--lmp LMP]

Each member first learns energies and forces of a teacher, a universal potential, on dynamics of the same
structures (DIR/teacher.extxyz, DIR/taught-M). A teacher that is a file of nequix (.nqx) is tuned on the frames of DFT
before (DIR/teacher.pt, errors in DIR/teacher.txt); a model file teaches as it is. Without --teacher a member begins with
random weights. Trajectories are held out whole (distill/reference.py): DIR/{train,valid,test}.extxyz. DIR/member-M is the folder of `natrolite train`, with
errors.dat; DIR/member-M.pt its model file. Energies and forces are PBE without D3. The same command goes on where it was
ended; where data/ has changed, take another DIR.
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
SIZES = {  # network; epochs of the teacher's tuning, its trajectories, epochs on them, epochs on DFT
    "test": {"features": 8, "modules": 1, "tuning": 1, "trajectories": 2, "lessons": 1, "epochs": 2},
    "small": {"features": 64, "modules": 2, "tuning": 15, "trajectories": 120, "lessons": 10, "epochs": 40},
    "full": {"features": 64, "modules": 3, "tuning": 50, "trajectories": 500, "lessons": 100, "epochs": 200},
}
TUNING = {"rate": 1e-3, "batch": 4}
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
{data}
[training]
name = "{name}"
license = {license}
citation = {citation}
start = "{start}"
seed = {seed}
epochs = {epochs}
batch = 4
optimizer = "soap"
schedule = "linear"
rate = {rate}
energy = 100
forces = 1
charges = 10
dipole = 1
"""
TAUGHT = """train = ["teacher.extxyz"]
valid = 0.05
energy = "REF_energy"
forces = "REF_forces"
"""
DFT = """train = ["train.extxyz"]
valid = ["valid.extxyz"]
test = ["test.extxyz"]
energy = "energy_pbe"
forces = "forces_pbe"
"""


def parts(folder, data):
    """Write DIR/{train,valid,test}.extxyz; ValueError where they are there and of other data."""
    for name, found in reference.split(reference.frames_of(data)).items():
        path, content = folder / f"{name}.extxyz", text(found)
        if path.exists() and path.read_text() != content:
            raise ValueError(f"{path}: of other data than {data}; take another --out")
        complete_text(path, content)
        print(f"{name}: {len(found)} frames", flush=True)


def natrolite(*arguments):
    """Run the command natrolite on one thread, in a process that ends with this one."""
    command = [sys.executable, "-c", RUNNER, *map(str, arguments)]
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    if subprocess.run(command, stdin=subprocess.DEVNULL, env=environment, check=False).returncode:
        raise ValueError(f"natrolite {arguments[0]} failed, see above")


def taught(folder, teacher, size, jobs, lmp):
    """Write DIR/teacher.extxyz, frames of dynamics by a teacher and its labels."""
    path = folder / "teacher.extxyz"
    if not path.exists():
        found = teach.frames(teacher.resolve(), ELEMENTS, folder / "teacher", SIZES[size]["trajectories"], jobs, lmp)
        labels.save(path, found)
        print(f"{path}: {len(found)} frames", flush=True)


def write_config(path, size, member, **changes):
    """Write a TOML file of `natrolite train`."""
    known = {"name": PRODUCT, "license": '"GPL-2.0-only"', "citation": "[]", "start": "", "seed": member + 1}
    path.write_text(CONFIG.format(**{**SIZES[size], **known, **changes}))


def train(folder, size, member, teacher):
    """Train a member and export it; return its model file."""
    known, rate = {}, 5e-3
    if teacher:
        config, school = folder / f"taught-{member}.toml", folder / f"taught-{member}"
        terms = read_metadata(str(teacher))
        known = {"license": f"GPL-2.0-only; {terms['license']}", "citation": terms["citation"]}
        known = {name: json.dumps(value, ensure_ascii=False) for name, value in known.items()}
        lessons = {"data": TAUGHT, "epochs": SIZES[size]["lessons"], "rate": rate}
        write_config(config, size, member, **lessons, **known)
        natrolite("train", "spookynet", config, "-o", school)
        known["start"], rate = f"taught-{member}/best.pt", 2e-3
    config, made, model = (folder / f"member-{member}{ending}" for ending in (".toml", "", ".pt"))
    write_config(config, size, member, data=DFT, rate=rate, **known)
    natrolite("train", "spookynet", config, "-o", made)
    natrolite("export", made / "best.pt", "-o", model)
    return model


def main(argv=None):
    """Make everything; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="DIR")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data", metavar="DIR", help="frames of DFT [data]")
    parser.add_argument("--teacher", type=pathlib.Path, metavar="FILE", help="to learn from before DFT (none)")
    parser.add_argument("--lmp", default="lmp", help="LAMMPS with the plugin and D3, for --teacher [%(default)s]")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--members", type=int, default=2, metavar="N", help="of the committee [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="members at a time [%(default)s]")
    arguments = parser.parse_args(argv)
    if arguments.members < 1:
        parser.error(f"--members {arguments.members}: take 1 or more")
    try:
        tunes = arguments.teacher and tune.can_be_tuned(arguments.teacher)
        if arguments.teacher and not tunes:
            making.check_teacher(arguments.teacher, ELEMENTS)
        arguments.out.mkdir(parents=True, exist_ok=True)
        school = archive.sha256(arguments.teacher) if arguments.teacher else None
        made_by = {"size": arguments.size, **SIZES[arguments.size], "teacher": school}
        making.same_settings(arguments.out / "settings.json", made_by)
        parts(arguments.out, arguments.data)
        if tunes:
            options = {**TUNING, "epochs": SIZES[arguments.size]["tuning"]}
            frames = reference.load(arguments.data)
            arguments.teacher = tune.tuned(arguments.out, arguments.teacher, frames, ELEMENTS, options, arguments.jobs)
        if arguments.teacher:
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
