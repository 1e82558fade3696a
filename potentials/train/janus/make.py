# SPDX-License-Identifier: GPL-2.0-only
"""Train a committee of SpookyNets on the DFT frames of data/, and make spookynet-janus.pt of its first member.

usage: make.py --out DIR [--size test|small|full] [--members N] [--jobs N]

Trajectories are held out whole (distill/reference.py): DIR/{train,valid,test}.extxyz. DIR/member-M is the folder of
`natrolite train`, with errors.dat; DIR/member-M.pt its model file. Energies and forces are PBE without D3. The same
command goes on where it was ended; where data/ has changed, take another DIR.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from dft.frames import text
from distill import reference
from distill.files import complete_text

HERE = pathlib.Path(__file__).resolve().parent
PRODUCT = "spookynet-janus"
SIZES = {  # features, modules; epochs, epochs without a better loss until the rate is halved and until the end
    "test": (8, 1, 2, 5, 10),
    "small": (64, 2, 500, 15, 60),
    "full": (64, 3, 2000, 30, 150),
}
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
train = ["train.extxyz"]
valid = ["valid.extxyz"]
test = ["test.extxyz"]
energy = "energy_pbe"
forces = "forces_pbe"

[training]
name = "{name}"
license = "GPL-2.0-only"
seed = {seed}
epochs = {epochs}
batch = 4
optimizer = "soap"
rate = 5e-3
rate_patience = {rate_patience}
patience = {patience}
energy = 100
forces = 1
charges = 10
dipole = 1
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


def train(folder, size, member):
    """Train a member and export it; return its model file."""
    features, modules, epochs, rate_patience, patience = SIZES[size]
    config = folder / f"member-{member}.toml"
    config.write_text(CONFIG.format(features=features, modules=modules, name=PRODUCT, seed=member + 1, epochs=epochs,
                                    rate_patience=rate_patience, patience=patience))  # fmt: skip
    made, model = folder / f"member-{member}", folder / f"member-{member}.pt"
    natrolite("train", "spookynet", config, "-o", made)
    natrolite("export", made / "best.pt", "-o", model)
    return model


def main(argv=None):
    """Make everything; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="DIR")
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data", metavar="DIR", help="frames of DFT [data]")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--members", type=int, default=2, metavar="N", help="of the committee [%(default)s]")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="members at a time [%(default)s]")
    arguments = parser.parse_args(argv)
    if arguments.members < 1:
        parser.error(f"--members {arguments.members}: take 1 or more")
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        parts(arguments.out, arguments.data)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            tasks = [pool.submit(train, arguments.out, arguments.size, k) for k in range(arguments.members)]
            models = [task.result() for task in tasks]
        shutil.copyfile(models[0], arguments.out / f"{PRODUCT}.pt")
    except (OSError, ValueError) as error:
        print(f"make.py: error: {error}", file=sys.stderr)
        return 1
    print(f"made {arguments.out / PRODUCT}.pt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
