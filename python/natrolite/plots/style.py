# SPDX-License-Identifier: GPL-2.0-only
"""Colors that color-blind readers can tell apart (Okabe and Ito, 2008; gray for their yellow), and common settings."""

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK, GRAY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#000000",
    "#7F7F7F",
)
CYCLE = [BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, GRAY]
COLORMAP = "cividis"

SETTINGS = {
    "font.size": 9,
    "axes.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.6,
    "figure.dpi": 150,
    "savefig.dpi": 200,
    "svg.fonttype": "none",
}


def unit(text):
    """A^2/ps -> Å²/ps"""
    for plain, nice in (("A^2", "Å²"), ("A^3", "Å³"), ("cm^2", "cm²")):
        text = text.replace(plain, nice)
    return "Å" if text == "A" else text
