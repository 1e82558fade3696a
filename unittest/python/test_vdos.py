# SPDX-License-Identifier: GPL-2.0-only
"""`natrolite vdos`: oscillators of known frequency, masses, and the Fourier transform of the autocorrelation."""

import numpy as np
import pytest

from natrolite import cli, vdos
from natrolite.errors import NatroliteError


def oscillators(frames=1500, interval=0.005):
    """Velocities of C atoms at 12 and 40 THz and Na at 3 THz, random phases and directions, on a drifting box."""
    random = np.random.default_rng(4)
    time = interval * np.arange(frames)[:, None, None]
    elements = ["C", "C", "C", "C", "Na", "Na"]
    frequency = np.array([12, 40, 12, 40, 3, 3])[:, None]
    phase, size = random.uniform(0, 2 * np.pi, (6, 3)), random.normal(0, 1, (6, 3))
    return size * np.cos(2 * np.pi * frequency * time + phase) + [5.0, 0.0, 0.0], elements, interval


def write(path, velocities, elements, interval, order=1):
    lines = []
    for k, frame in enumerate(velocities):
        lines += [
            "ITEM: TIMESTEP",
            str(5 * k),
            "ITEM: TIME",
            f"{k * interval:.6f}",
            "ITEM: NUMBER OF ATOMS",
            str(len(frame)),
        ]
        lines += ["ITEM: BOX BOUNDS pp pp pp", "0 9", "0 9", "0 9", "ITEM: ATOMS id element vx vy vz"]
        rows = [f"{i + 1} {e} " + " ".join(f"{v:.8g}" for v in row) for i, (e, row) in enumerate(zip(elements, frame))]
        lines += rows[::order]
        order = -order
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_peaks_area_and_parts():
    velocities, elements, interval = oscillators()
    frequency, found = vdos.spectrum(velocities, elements, interval, 0.5)
    total = sum(found.values())
    assert np.trapezoid(total, frequency) == pytest.approx(3.0)
    assert frequency[np.argmax(found["Na"])] == pytest.approx(3.0, abs=0.3)
    for peak in (12, 40):
        near = np.abs(frequency - peak) < 2
        assert frequency[near][np.argmax(found["C"][near])] == pytest.approx(peak, abs=0.3)
    assert found["C"][np.abs(frequency - 26) < 3].max() < 1e-3 * found["C"].max()
    assert total[0] < 0.02 * total.max(), "the drift is no diffusion"


def test_equals_the_transform_of_the_autocorrelation():
    """Wiener and Khinchin: with one window over all of a periodic signal, summed autocorrelations by hand."""
    velocities, elements, interval = oscillators(1000, 0.01)  # whole periods of 3, 12 and 40 THz
    frequency, found = vdos.spectrum(velocities, elements, interval, 0.1)
    mass = np.array([12.011 if e == "C" else 22.98976928 for e in elements])
    moving = velocities - (mass[:, None] * velocities).sum(1, keepdims=True) / mass.sum()
    correlation = [
        (mass[:, None] * moving * np.roll(moving, -lag, axis=0)).sum() / len(moving) for lag in range(len(moving))
    ]
    by_hand = np.abs(np.fft.rfft(correlation))
    for low, high in ((2, 4), (11, 13), (38.5, 41.5)):
        mine = np.trapezoid(np.where((frequency > low) & (frequency < high), sum(found.values()), 0), frequency) / 3
        grid = np.fft.rfftfreq(len(moving), interval)
        his = by_hand[(grid > low) & (grid < high)].sum() / by_hand.sum()
        assert mine == pytest.approx(his, rel=0.02)


def test_command(tmp_path, capsys):
    path = write(tmp_path / "v.dump", *oscillators(400), order=-1)
    assert cli.main(["vdos", path, "--resolution", "1"]) == 0
    table = (tmp_path / "v.dump.vdos").read_text()
    assert "# columns: frequency (THz) | all (1/THz) | C (1/THz) | Na (1/THz)" in table
    assert (tmp_path / "v.dump.vdos.png").stat().st_size > 10000
    velocities, elements, interval = oscillators(400)
    read = vdos.read(path)
    assert (
        read[1] == elements
        and np.allclose(read[2], velocities, atol=1e-6)
        and vdos.spacing(read[0]) == pytest.approx(interval)
    )


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda t: t.replace("ITEM: TIME\n", "ITEM: WHEN\n"), "times"),
        (lambda t: t.replace(" vx ", " x "), "vx"),
        (lambda t: t.replace("\n0.050000\n", "\n0.051000\n"), "equal distances"),
        (lambda t: t[:-30], "atoms"),
        (lambda t: t.replace("6 Na", "7 Na", 1), "same atoms"),
        (lambda t: "", "no frames"),
    ],
)
def test_refusals(spoil, message, tmp_path, capsys):
    path = write(tmp_path / "v.dump", *oscillators(40))
    text = spoil(open(path).read())
    open(path, "w").write(text)
    assert cli.main(["vdos", path]) == 1
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1


def test_resolution_beyond_the_trajectory():
    velocities, elements, interval = oscillators(100)
    with pytest.raises(NatroliteError, match="the trajectory has 100"):
        vdos.spectrum(velocities, elements, interval, 0.1)
    with pytest.raises(NatroliteError, match="8 are the least"):
        vdos.spectrum(velocities, elements, interval, 1000.0)
