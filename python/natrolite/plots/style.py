# SPDX-License-Identifier: GPL-2.0-only
"""Colors that color-blind readers can tell apart (Okabe and Ito, 2008; gray for their yellow), common settings, titles."""

import re
import textwrap

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
FRAMES = {"mxene": "stands still against the MXene"}  # of maps, as the decks name them
SHOWN = 2  # warnings of a table; how many more it has is said

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


def told(settings):
    """Return the settings with those that stand in the line `# settings = key = value, ...`."""
    return {**dict(re.findall(r"(?:^|, )(\w+) = ([^,]+)", settings.get("settings", ""))), **settings}


def title(settings):
    """Return what a picture is of: system, content, host, temperature, ...; what limits it and warnings on lines below."""
    known, line = told(settings), settings.get("settings", "")

    def either(key, pattern):
        found = re.search(pattern, line)
        return known.get(key) or (found and found.group(1))

    ions, kelvin = either("na", r"\b(\d+) Na\b"), either("T", r"\bNVT (\S+) K\b")
    momenta = re.search(r"\bmomenta \w+", line)
    host = re.search(r"\b(relaxed|frozen)\b", settings.get("host", "") + " " + "".join(re.findall(r"host \w+", line)))
    parts = [
        system(settings),
        ions and f"{ions} Na",
        host and f"host {host.group(1)}",
        known.get("hop") in ("short", "long") and f"{known['hop']} hop",
        kelvin and f"{float(kelvin):g} K",
        momenta and momenta.group(),
        settings.get("mode") in ("kernel", "bin", "node") and f"map of mode {settings['mode']}",
        known.get("side") == "out" and "group outside",
    ]
    spread = f" (spread {settings['spread']})" if "spread" in settings else ""
    below = [
        "starts" in settings and f"lowest of {settings['starts']} starts, not the ground state{spread}",
        frame(settings),
        warning(settings),
    ]
    lines = [", ".join(filter(None, parts)), *filter(None, below)]
    return "\n".join(textwrap.fill(text, 76) for text in lines if text)


def frame(settings):
    """Return in which frame a map was averaged, in words, "" of one that does not say it."""
    return f"frame {FRAMES.get(settings['frame'], settings['frame'])}" if "frame" in settings else ""


def warning(settings):
    """Return the first warnings of a table in words, "" without any."""
    every = settings.get("warning", "").split("; ")
    more = f"; and {len(every) - SHOWN} more, see the file" if len(every) > SHOWN else ""
    return f"warning: {'; '.join(every[:SHOWN])}{more}" if every[0] else ""


def system(settings):
    """Return what was computed: phonons of a cell, of the decks Janus layers (x), carbon (density) or MXene (layer)."""
    if "cell" in settings and "repeat" in settings:
        formula = settings["cell"].translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
        return f"{formula}, box of {settings['repeat'].replace(' ', ' × ')} cells"
    if "x" in settings:
        number = re.fullmatch(r"[\d.]+", settings["x"])
        return "aminobenzene-graphene" + (f", x = {settings['x']}" if number else "")
    if "density" in settings:
        return f"carbon, {settings['density']}" + (f", loading {settings['loading']}" if "loading" in settings else "")
    if "layer" not in settings:
        return ""
    return "Ti₂CO₂" + (f" / {settings['layer']}" if settings["layer"] in ("G", "GO", "GOH") else "")


def head(figure, settings, name):
    """Put the title over a figure, the file's name where the settings say nothing; in color if it warns."""
    text = title(settings)
    if not system(settings):
        text = f"{name}\n{text}".strip()
    figure.suptitle(text, fontsize=9, color=VERMILION if "warning" in settings else BLACK)


def legend(figure, ncols=2, **options):
    """Put the legend of all axes below the figure, where it covers nothing, in at most ncols columns, as fit into it (one
    column is not broken); options: those of Figure.legend."""
    made, rows = figure.legend(loc="outside lower center", ncols=ncols, **options), 0
    while made.get_window_extent().width > figure.bbox.width and rows < len(made.legend_handles):
        rows = max(rows + 1, -(-len(made.legend_handles) // ncols) + 1)
        columns = -(-len(made.legend_handles) // rows)  # as many in each row as in the others
        made.remove()
        made = figure.legend(loc="outside lower center", ncols=columns, **options)
