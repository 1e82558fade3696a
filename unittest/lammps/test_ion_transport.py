# SPDX-License-Identifier: GPL-2.0-only
"""fix ion/transport against plain loops over unwrapped positions: MSD, per-ion results, restarts."""

import re

import numpy as np
import pytest
import tidynamics
from harness import BOXES, Box, good, page_examples, read_vectors, refused, write_data
from lammps_run import read_dump
from transport import DUMP, MASSES, MOVE, STRONG, brute, center, head, ion_twin, msd_table, random_system, unwrapped


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
def test_against_brute_force(tmp_path, kind, ranks):
    random_system(tmp_path, BOXES[kind])
    deck = (
        head()
        + MOVE
        + STRONG
        + DUMP.format(group="all", every=5)
        + """
fix a ions ion/transport 5 maxlag 70 msd a.msd ions a.ions
fix b ions ion/transport 5 maxlag 40 origins first 13 dims xz host host msd b.msd
fix c ions ion/transport 5 maxlag 90 origins single msd c.msd
fix d ions ion/transport 5 maxlag 90 lags log msd d.msd
run 400
"""
    )
    result = good(deck, tmp_path, ranks)
    x = unwrapped(tmp_path / "dump.unwrapped")
    assert len(x) == 81 and np.abs(x[-1] - x[0]).max() > 60, "ions must have crossed faces"
    shifted = x - center(tmp_path / "dump.unwrapped")[:, None]
    for name, expected in [("a", brute(x, 70)), ("b", brute(shifted, 40, 13, (1, 0, 1))), ("c", brute(x, 80, 1))]:
        got, _ = msd_table(tmp_path / f"{name}.msd")
        np.testing.assert_allclose(got[:, 0], 0.05 * np.arange(1, len(expected) + 1), rtol=1e-12)
        np.testing.assert_allclose(got[:, 1:], expected, rtol=1e-10, atol=1e-10, err_msg=name)
    got, _ = msd_table(tmp_path / "d.msd")
    lags = np.rint(got[:, 0] / 0.05).astype(int)
    assert list(lags[:6]) == [1, 2, 3, 4, 5, 6] and len(lags) < 40
    np.testing.assert_allclose(got[:, 1:], brute(x, 80)[lags - 1], rtol=1e-10)
    assert "ERROR" not in result.text


@pytest.mark.parametrize("ranks", [1, 2])
def test_per_ion_results_against_numpy(tmp_path, ranks):
    random_system(tmp_path, BOXES["triclinic"], ions=7)
    deck = (
        head()
        + MOVE
        + STRONG
        + DUMP.format(group="all", every=5)
        + """
fix a ions ion/transport 5 maxlag 100 ions a.ions stride 0.1 window 2.0 hop 9.0
fix m ions ion/transport 5 maxlag 100 stride 0.15 window 1.5 value mean fit 0.1 0.5 0.05 0.25
dump p all custom 600 dump.peratom id f_a[1] f_a[2] f_a[3] f_a[4] f_a[5] f_a[6] f_a[7] f_a[8] f_m[1] f_m[2] f_m[3] f_m[4] f_m[5] f_m[6] f_m[7] f_m[8]
dump_modify p format float %.17g
run 600
"""
    )
    good(deck, tmp_path, ranks)
    x = unwrapped(tmp_path / "dump.unwrapped")
    expected = ion_twin(x, 0.05, 2, 20, 9.0, 20)
    assert expected[:, 7].min() > 1
    table = read_dump(tmp_path / "dump.peratom")[-1].numbers()
    np.testing.assert_allclose(table[:7, 1:9], expected, rtol=1e-10)
    np.testing.assert_array_equal(table[7:], np.c_[table[7:, 0], np.zeros((20, 16))])
    other = ion_twin(x, 0.05, 3, 10, 1.5, 20, (0.05, 0.25), np.mean)
    np.testing.assert_allclose(table[:7, 9:15], other[:, :6], rtol=1e-10)
    written = np.loadtxt(tmp_path / "a.ions")
    np.testing.assert_allclose(written[:, [1, 2, 3, 4, 5, 7, 8]], expected[:, [0, 1, 2, 3, 4, 6, 7]], rtol=1e-10)
    np.testing.assert_allclose(written[:, 6], expected[:, 5], rtol=1e-5)  # an error: 6 digits are written
    assert (tmp_path / "a.ions").read_text().startswith("# natrolite table: ion/transport ions")


@pytest.mark.parametrize("ranks", [1, 4])
def test_per_ion_results_are_exact_on_every_output_step(tmp_path, ranks):
    random_system(tmp_path, BOXES["triclinic"], ions=5)
    columns = " ".join(f"f_a[{k}]" for k in range(1, 9))
    deck = (
        head()
        + MOVE
        + STRONG
        + DUMP.format(group="ions", every=1)
        + f"""
fix a ions ion/transport 1 maxlag 100 stride 0.02 window 0.4 hop 9.0
dump p ions custom 67 dump.peratom id {columns}
dump_modify p format float %.17g
compute top ions reduce max f_a[1]
thermo_style custom step c_top
thermo_modify format float %.17g
thermo 71
run 420
"""
    )
    result = good(deck, tmp_path, ranks)
    x = unwrapped(tmp_path / "dump.unwrapped")
    frames = read_dump(tmp_path / "dump.peratom")
    assert [frame.step for frame in frames] == list(range(0, 421, 67))
    for frame in frames[3:]:
        expected = ion_twin(x[: frame.step + 1], 0.01, 2, 20, 9.0, 100)
        np.testing.assert_allclose(frame.numbers()[:, 1:], expected, rtol=1e-10, err_msg=f"step {frame.step}")
    shown = {int(step): float(value) for step, value in re.findall(r"^ +(\d+) +([\d.e+]+) *$", result.text, re.M)}
    for step in range(71, 421, 71):
        path = np.linalg.norm(np.diff(x[: step + 1 : 2], axis=0), axis=2).sum(0)
        np.testing.assert_allclose(shown[step], path.max(), rtol=1e-10, err_msg=f"step {step}")


def test_against_tidynamics(tmp_path):
    """Another program's mean squared displacements, by Fourier transforms in double precision."""
    random_system(tmp_path, BOXES["orthogonal"])
    deck = (
        head()
        + MOVE
        + STRONG
        + DUMP.format(group="ions", every=5)
        + """
fix a ions ion/transport 5 maxlag 80 msd a.msd
run 400
"""
    )
    good(deck, tmp_path, 2)
    x = unwrapped(tmp_path / "dump.unwrapped")
    expected = np.mean([tidynamics.msd(x[:, k]) for k in range(x.shape[1])], axis=0)
    np.testing.assert_allclose(msd_table(tmp_path / "a.msd")[0][:, 1], expected[1:], rtol=1e-10)


def test_straight_line_exact_and_array_access(tmp_path):
    box = Box(10, 10, 10)
    write_data(tmp_path / "data.ions", box, [1, 1], [[1, 1, 1], [9.5, 5, 5]], MASSES)
    deck = (
        head(dt=0.1)
        + """
velocity ions set 0.3 0 0
fix n all nve
fix a ions ion/transport 10 maxlag 30 msd a.msd ions a.ions stride 1.0 window 5.0
fix o all ave/time 400 1 400 f_a[*] mode vector file array.txt format ' %.17g'
variable D equal f_a
variable m equal f_a[3][2]
thermo_style custom step f_a f_a[1][2] v_D v_m
thermo 100
thermo_modify format float %.12f
compute top ions reduce max f_a[3]
fix t all ave/time 400 1 400 c_top file top.txt
run 400
"""
    )
    result = good(deck, tmp_path, 2)
    got, settings = msd_table(tmp_path / "a.msd")
    lag = np.arange(1, 31)
    np.testing.assert_allclose(got[:, 1], 0.09 * lag**2, rtol=1e-11)
    np.testing.assert_allclose(got[:, 2], 0, atol=1e-10)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "a.ions")[:, 3], 1.0, rtol=1e-10)
    array = read_vectors(tmp_path / "array.txt")
    np.testing.assert_array_equal(array[0][1][:, 1:], 0)  # zeros where nothing is known yet
    np.testing.assert_allclose(array[1][1][:, 1], 0.09 * lag**2, rtol=1e-12)
    np.testing.assert_allclose(array[1][1][:, 0], lag, rtol=1e-12)
    assert "0.810000000000" in result.text
    assert result.table("top.txt")[-1, 1] == pytest.approx(1.0)


def test_still_ions_and_no_ions_and_one_ion_are_finite(tmp_path):
    box = Box(10, 10, 10)
    write_data(tmp_path / "data.ions", box, [1, 2], [[1, 1, 1], [5, 5, 5]], MASSES)
    deck = (
        head()
        + """
fix n all nve
fix a ions ion/transport 1 maxlag 20 msd a.msd ions a.ions stride 0.02 window 0.1
fix b none ion/transport 1 maxlag 20 msd b.msd ions b.ions
thermo_style custom step f_a f_b f_b[2][2]
dump p all custom 50 dump.peratom id f_a[*] f_b[*]
run 50
"""
    )
    good(deck, tmp_path, 4)
    for name in ("a.msd", "a.ions", "b.msd", "b.ions", "dump.peratom"):
        text = (tmp_path / name).read_text().lower()
        assert "nan" not in text and "inf" not in text, name
    _, settings = msd_table(tmp_path / "a.msd")
    assert settings["fit"].startswith("plateau")


def test_run_shorter_than_window_and_three_lags(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    deck = (
        head() + MOVE + "fix a ions ion/transport 1 msd a.msd ions a.ions\nrun 5\nthermo_style custom step f_a\nrun 0\n"
    )
    result = good(deck, tmp_path, 2)
    _, settings = msd_table(tmp_path / "a.msd")
    assert settings["fit"].startswith("none") and "fewer than three" in settings["fit"]
    assert "only 2 lags lie in the fit range of 6 samples" in result.text
    assert (np.loadtxt(tmp_path / "a.ions")[:, 3] == 0).all()


def test_maxlag_shorter_than_the_fit_range_warns(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    deck = head() + MOVE + "fix a ions ion/transport 1 maxlag 10 msd a.msd\nrun 300\n"
    result = good(deck, tmp_path)
    assert "maxlag 10" in result.text and "larger maxlag" in result.text
    assert msd_table(tmp_path / "a.msd")[1]["fit"].startswith("none")


@pytest.mark.parametrize("flip", [False, True])
def test_changing_box_one_is_four_ranks(tmp_path, flip):
    box = BOXES["triclinic"]
    tables = []
    for ranks in (1, 4):
        folder = tmp_path / str(ranks)
        random_system(folder, box)
        deck = (
            head()
            + MOVE
            + DUMP.format(group="all", every=10)
            + f"""
fix d all deform 1 xy erate {0.5 if flip else 0.05} z erate -0.01 remap x flip yes
fix a ions ion/transport 10 maxlag 30 msd a.msd host host
run 300
"""
        )
        good(deck, folder, ranks)
        tables.append(msd_table(folder / "a.msd")[0])
        x = unwrapped(folder / "dump.unwrapped") - center(folder / "dump.unwrapped")[:, None]
        np.testing.assert_allclose(tables[-1][:, 1:], brute(x, 30), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(tables[0], tables[1], rtol=1e-10)


def test_npt_box(tmp_path):
    """A barostat with an ideal gas: the box really moves, positions follow the image flags."""
    random_system(tmp_path, BOXES["triclinic"], ions=30, hosts=30)
    deck = (
        head(dt=0.002)
        + """
velocity all create 3e5 7 loop all
fix n all npt temp 3e5 3e5 0.1 tri 1e5 1e5 0.5
"""
        + DUMP.format(group="all", every=4)
        + "fix a ions ion/transport 4 maxlag 50 msd a.msd\nthermo_style custom step vol xy\nthermo 200\nrun 200\n"
    )
    result = good(deck, tmp_path, 2)
    volumes = [float(r.split()[1]) for r in result.text.splitlines() if re.match(r"\s*(0|200) +\d+", r)]
    assert abs(volumes[1] / volumes[0] - 1) > 0.005
    np.testing.assert_allclose(
        msd_table(tmp_path / "a.msd")[0][:, 1:], brute(unwrapped(tmp_path / "dump.unwrapped"), 50), rtol=1e-10
    )


@pytest.mark.parametrize("before,after", [(1, 1), (1, 4), (4, 2)])
def test_restart_continues_exactly(tmp_path, before, after):
    box = BOXES["triclinic"]
    fixes = """
fix n all nve
fix a ions ion/transport 5 maxlag 60 msd {0}.msd ions {0}.ions stride 0.1 window 1.0 hop 5 host host
fix b ions ion/transport 5 maxlag 200 origins first 30 lags log
"""
    dump = """
dump p ions custom 400 {0}.dump id f_a[*] f_b[*]
dump_modify p format float %.17g
thermo_style custom step f_a f_b
"""
    random_system(tmp_path, box)
    move = MOVE.replace("fix n all nve", "")
    good(
        head() + move + fixes.format("one") + dump.format("one") + "run 233\nwrite_restart state\nrun 167\n",
        tmp_path,
        before,
    )
    again = (
        head()
        .replace("read_data data.ions", "read_restart state")
        .replace("atom_style atomic", "")
        .replace("units metal", "")
    )
    again = re.sub(r"group \w+ .*\n|box tilt large\n", "", again)
    good(again + fixes.format("two") + dump.format("two") + "run 167\n", tmp_path, after)
    for name in ("msd", "ions"):
        np.testing.assert_allclose(
            np.loadtxt(tmp_path / f"two.{name}"), np.loadtxt(tmp_path / f"one.{name}"), rtol=1e-10, atol=1e-12
        )
    assert msd_table(tmp_path / "two.msd")[1]["samples"] == "81"
    a, b = read_dump(tmp_path / "one.dump")[-1], read_dump(tmp_path / "two.dump")[-1]
    assert a.step == b.step == 400
    np.testing.assert_allclose(a.numbers(), b.numbers(), rtol=1e-10)
    wrong = again + fixes.format("two").replace("maxlag 60", "maxlag 50") + "run 10\n"
    refused(wrong, tmp_path, "maxlag 60", "50", ranks=2)


def test_rerun_gives_the_live_numbers(tmp_path):
    random_system(tmp_path, BOXES["triclinic"])
    deck = (
        head()
        + MOVE
        + STRONG
        + """
fix a ions ion/transport 10 maxlag 30 msd live.msd ions live.ions stride 0.2 window 1.0
dump d all custom 10 dump.all id type x y z ix iy iz
dump_modify d format float %.17g
run 400
undump d
unfix a
unfix w
reset_timestep 0
fix a ions ion/transport 10 maxlag 30 msd again.msd ions again.ions stride 0.2 window 1.0
rerun dump.all dump x y z ix iy iz
"""
    )
    good(deck, tmp_path, 2)
    for name in ("msd", "ions"):
        live, again = np.loadtxt(tmp_path / f"live.{name}"), np.loadtxt(tmp_path / f"again.{name}")
        np.testing.assert_allclose(live, again, rtol=1e-10, atol=1e-10)
    assert msd_table(tmp_path / "again.msd")[1]["samples"] == "41"
    sparse = deck.replace("rerun dump.all", "rerun dump.all every 20")
    refused(sparse, tmp_path, "no sample at step 10", "one frame every 10 steps")


def test_continued_run_takes_no_sample_twice(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    one = head() + MOVE + "fix a ions ion/transport 5 maxlag 30 msd {}.msd\n"
    good(one.format("one") + "run 200\n", tmp_path)
    good(one.format("two") + "run 100\nrun 33\nrun 67\n", tmp_path)
    a, b = msd_table(tmp_path / "one.msd"), msd_table(tmp_path / "two.msd")
    assert a[1]["samples"] == b[1]["samples"] == "41"
    np.testing.assert_allclose(a[0], b[0], rtol=1e-10)


def test_langevin_ideal_gas(tmp_path):
    """m 22.99, 300 K, damp 0.1 ps: D = 1.08498 A^2/ps, MSD = 6 D [t - damp (1 - exp(-t/damp))]."""
    box = Box(60, 60, 60)
    rng = np.random.default_rng(0)
    n = 2000
    write_data(tmp_path / "data.ions", box, np.ones(n, int), rng.random((n, 3)) * 60, MASSES)
    deck = (
        head(dt=0.001)
        + """
neigh_modify delay 100 every 100 check no
velocity all create 300 11 loop all
fix n all nve
fix w all langevin 300 300 0.1 9241
run 500
reset_timestep 0
fix a all ion/transport 50 maxlag 60 msd a.msd fit 0.1 0.5
run 6000
"""
    )
    good(deck, tmp_path, 2)
    got, settings = msd_table(tmp_path / "a.msd")
    D, damp = 1.08498, 0.1
    t = got[:, 0]
    exact = 6 * D * (t - damp * (1 - np.exp(-t / damp)))
    error = got[:, 2] / np.sqrt(n)
    print("deviation in standard errors:", ((got[:, 1] - exact) / error)[[0, 1, 4, 19, 49, 59]])
    step_error = 0.001 / damp  # fix langevin is of first order in the time step
    assert (np.abs(got[:, 1] - exact) < 4.5 * error + step_error * exact).all()
    measured = float(settings["D"].split()[0])
    assert abs(measured / D - 1) < 0.05
    assert abs(float(settings["D"].split()[3]) / (measured * 1e-4) - 1) < 1e-6


def test_real_units_are_the_same_physics(tmp_path):
    box = Box(10, 10, 10)
    write_data(tmp_path / "data.ions", box, [1, 1], [[1, 1, 1], [5, 5, 5]], MASSES)
    deck = (
        head("real", 1.0)
        + """
velocity ions set 0.003 0 0
fix n all nve
fix a ions ion/transport 100 maxlag 50 msd a.msd ions a.ions
run 10000
"""
    )
    good(deck, tmp_path)
    got, settings = msd_table(tmp_path / "a.msd")
    np.testing.assert_allclose(got[:, 1], (0.003 * got[:, 0]) ** 2, rtol=1e-10)
    assert settings["interval"] == "100 fs"
    ions = (tmp_path / "a.ions").read_text()
    assert "# stride = 500 fs" in ions and "# window = 50000 fs" in ions and "# hop_mean = 1000 fs" in ions
    assert "A^2/fs" in ions


def test_minimization_is_not_sampled(tmp_path):
    random_system(tmp_path, BOXES["orthogonal"])
    good(head() + "fix a ions ion/transport 1\nminimize 0 0 3 3\n" + MOVE + "run 10\n", tmp_path)


def test_examples_of_the_page(tmp_path):
    examples = page_examples("fix_ion_transport.rst", ".. code-block:: LAMMPS")
    assert examples
    random_system(tmp_path, BOXES["orthogonal"])
    good(head() + MOVE + "\n".join(examples) + "\nrun 200\n", tmp_path, 2)


def test_example_of_the_howto(tmp_path):
    examples = page_examples("howto_diffusion.rst", ".. code-block:: LAMMPS")
    assert examples
    random_system(tmp_path, BOXES["orthogonal"])
    good(head() + MOVE + "\n".join(examples), tmp_path)
    assert "D_ratio_relative_error" in msd_table(tmp_path / "na.msd")[1]
