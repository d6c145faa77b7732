"""The figure of power spectra: of simulation, target and theory, and what bands share of them."""

from typing import NamedTuple

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from restmeg import check, power
from restmeg.figures import matrix, style

WIDTH = 10.0  # inches, of a figure whose names of regions need no more
CURVES, ROW = 4.2, 0.17  # inches: height of the upper panels, and of a row of bands
ASIDE = 2.0  # inches beside maps: names of bands, and what colours mean
NAMED = 110  # regions: names of more would make a figure wider than a screen
FROM = 1.0  # Hz: below that is little that recordings keep
OTHER_TICKS = (2.0, 60.0, 100.0)  # Hz, beside the ends of bands
APART = 1.2  # factor between ticks that have room for their numbers
SHADES = "0.955", "0.985"  # of bands, in turn
QUARTERS = 25, 50, 75
CLEAR = 4  # standard errors of a peak that stands out


class Shown(NamedTuple):
    """Power of regions, the mean over replicates, as a figure shows it."""

    name: str
    colour: str
    frequencies: np.ndarray  # (n,) Hz
    power: np.ndarray  # (N, n), NaN of a silent region
    error: np.ndarray | float = 0.0  # standard error (N, n) of its logarithm


@style.look()
def spectra(
    simulated: power.Spectra,
    target: power.Spectra,
    expected: tuple[np.ndarray, np.ndarray],
    bands: power.Bands,
) -> Figure:
    """Power over frequency, and the share of each band in each region.

    expected: frequencies (n,) in Hz and power (N, n) of linear theory, NaN where it does not hold.
    A target that is a recording has no scale: its power is brought to that of the simulation.
    """
    for of in (simulated, target):
        if of.trouble:
            return style.no_figure(f"No power spectra: {of.trouble}.")
    ours = _shown("simulated", style.SIMULATED, simulated)
    theirs = _shown("target", style.TARGET, target)
    theory = Shown("linear theory", style.THEORY, *expected)
    if target.recorded:
        theirs = theirs._replace(name="target, scaled", power=_gain(ours, theirs) * theirs.power)
    drawn = [one for one in (ours, theirs, theory) if np.isfinite(one.power).any()]
    if not drawn or len(ours.frequencies) < 2:
        return style.no_figure("No power spectra: too few frequencies, or no region with power.")
    written = matrix.names(simulated.labels, most=NAMED)
    names = written.length if written.upright else 0.3
    below = 2 * (ROW * len(bands) + 0.45) + names
    width = max(WIDTH, ASIDE + (written.side if written.texts else 0.0))
    figure = style.new_figure(width, CURVES + below)
    upper, lower = figure.subfigures(2, 1, height_ratios=[CURVES, below])
    left, right = upper.subplots(1, 2, width_ratios=[1.45, 1])
    _curves(left, drawn, bands)
    _strips(right, drawn, bands)
    _maps(lower.subplots(2, 1), [ours, theirs], simulated.labels, written, bands)
    return figure


def _shown(name: str, colour: str, of: power.Spectra) -> Shown:
    n, mean = len(of.power), of.power.mean(axis=0)
    silent = ~(mean > 0).all(axis=1, keepdims=True)
    mean = np.where(silent, np.nan, mean)
    error = of.power.std(axis=0, ddof=1) / np.sqrt(n) / mean if n > 1 else 0.0
    return Shown(name, colour, of.frequencies, mean, error)


def _gain(ours: Shown, theirs: Shown) -> float:
    """What brings one to the other, as scores take it out: by the mean logarithm."""
    low, high = power.WHOLE
    logs = [
        np.nanmean(np.log(one.power[:, (one.frequencies >= low) & (one.frequencies <= high)]))
        if np.isfinite(one.power).any()
        else np.nan
        for one in (ours, theirs)
    ]
    return float(np.exp(logs[0] - logs[1]))


def _curves(axes: Axes, drawn: list[Shown], bands: power.Bands) -> None:
    """Median over regions with its quarters, bands behind it and peaks of regions below it."""
    frequencies = drawn[0].frequencies
    ends = max(FROM, frequencies[0]), frequencies[-1]
    for k, (name, (low, high)) in enumerate(bands.items()):
        low, high = max(low, ends[0]), min(high, ends[1])
        if low < high:
            axes.axvspan(low, high, color=SHADES[k % 2], linewidth=0, zorder=-1)
            place = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            axes.annotate(name, (np.sqrt(low * high), 1), (0, 3), ha="center", fontsize=8, **place)
    handles = []
    for k, one in enumerate(drawn):
        inside = (one.frequencies >= ends[0]) & (one.frequencies <= ends[1])
        low, middle, high = np.nanpercentile(one.power[:, inside], QUARTERS, axis=0)
        at = one.frequencies[inside]
        is_theory = one.colour == style.THEORY
        dashes = {"linestyle": "--" if is_theory else "-", "linewidth": 2 if is_theory else 1.6}
        axes.plot(at, middle, color=one.colour, zorder=3 + is_theory, **dashes)
        if not is_theory:
            axes.fill_between(at, low, high, color=one.colour, alpha=0.22, linewidth=0)
        peaks = _peaks(one)
        # Of each region a mark, in a line at the bottom: a rhythm's are together.
        rug = {"transform": axes.get_xaxis_transform()}
        if len(peaks):
            heights = np.full(len(peaks), 0.085 - 0.03 * k)
            axes.plot(peaks, heights, "|", color=one.colour, ms=6, **rug)
        label = f"{one.name}{_peaks_in_words(peaks, len(one.power))}"
        handles.append(Line2D([], [], color=one.colour, label=label, **dashes))
    low, high = np.log10(_limits(drawn, ends))
    axes.set(xscale="log", yscale="log", xlim=ends)
    axes.set_ylim(10 ** (low - 0.16 * (high - low)), 10**high)  # with room for the marks
    _ticks(axes, ends, bands)
    axes.set(xlabel="frequency (Hz)", ylabel="power (1/Hz)")
    axes.set_title("Power spectra, median and quarters of regions", loc="left", pad=16)
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 0.12), frameon=False)


def _peaks(one: Shown) -> np.ndarray:
    """Peaks of regions, in Hz, of those that have one which no noise makes.

    It rises above the lowest power below it by CLEAR standard errors of either.
    """
    found = power.peaks(one.frequencies, one.power)
    error = np.broadcast_to(one.error, one.power.shape)
    kept = []
    for peak, values, errors in zip(found, one.power, error, strict=True):
        before = (one.frequencies >= power.PEAKS[0] - 1) & (one.frequencies <= peak)
        if before.any():
            at = np.argmin(np.abs(one.frequencies - peak))
            low = np.flatnonzero(before)[values[before].argmin()]
            if np.log(values[at] / values[low]) > CLEAR * np.hypot(errors[at], errors[low]):
                kept.append(peak)
    return np.array(kept)


def _limits(drawn: list[Shown], ends: tuple[float, float]) -> tuple[float, float]:
    """Lowest and highest power that curves reach, with a margin."""
    reached = []
    for one in drawn:
        inside = (one.frequencies >= ends[0]) & (one.frequencies <= ends[1])
        reached += [*np.nanpercentile(one.power[:, inside], (25, 75), axis=0).ravel()]
    return 0.8 * np.nanmin(reached), 1.25 * np.nanmax(reached)


def _peaks_in_words(peaks: np.ndarray, n: int) -> str:
    """Where peaks of regions are, and of how many, for a legend."""
    if not len(peaks):
        return ", no peak"
    low, middle, high = np.percentile(peaks, QUARTERS)
    of = "" if len(peaks) == n else f", of {len(peaks)} of {n} regions"
    return f", peak {middle:.1f} [{low:.1f}, {high:.1f}] Hz{of}"


def _ticks(axes: Axes, ends: tuple[float, float], bands: power.Bands) -> None:
    """Ticks at the ends of bands, and others where these leave room."""
    found: list[float] = []
    for tick in [*dict.fromkeys(x for limits in bands.values() for x in limits), *OTHER_TICKS]:
        near = any(1 / APART < tick / other < APART for other in found)
        if ends[0] <= tick <= ends[1] * (1 + 1e-9) and not near:
            found.append(tick)
    axes.xaxis.set_major_locator(FixedLocator(sorted(found)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"1e{round(np.log10(x))}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _strips(axes: Axes, drawn: list[Shown], bands: power.Bands) -> None:
    """Share of each band: a dot for each region, and the median."""
    step = 0.8 / len(drawn)
    for k, one in enumerate(drawn):
        shares = power.shares(one.frequencies, one.power, bands)
        for b in range(len(bands)):
            values = shares[:, b][np.isfinite(shares[:, b])]
            if not len(values):
                continue
            x = b + step * (k - (len(drawn) - 1) / 2)
            ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
            aside = ((ranks * 0.618034) % 1 - 0.5) * 0.6 * step * (len(values) > 1)
            axes.scatter(x + aside, values, s=7, color=one.colour, alpha=0.35, linewidth=0)
            half = 0.42 * step
            axes.plot([x - half, x + half], [np.median(values)] * 2, color=one.colour, linewidth=2)
    axes.set_xticks(range(len(bands)), list(bands))
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.55, len(bands) - 0.45)
    axes.set_ylim(0, None)
    low, high = power.WHOLE
    axes.set_ylabel(f"share of the power from {low:g} to {high:g} Hz")
    axes.set_title("Shares of bands, of each region", loc="left", pad=16)
    sns.despine(ax=axes, bottom=True)


def _maps(
    panels: np.ndarray,
    roles: list[Shown],
    labels: check.Names,
    written: matrix.Names,
    bands: power.Bands,
) -> None:
    """Share of each band in each region, of both roles on one scale, with names below."""
    shares = [power.shares(one.frequencies, one.power, bands) for one in roles]
    finite = np.concatenate([values[np.isfinite(values)] for values in shares])
    most = finite.max() if len(finite) else 1.0
    for axes, values, role in zip(panels, shares, ("Simulated", "Target"), strict=True):
        mesh = axes.pcolormesh(
            np.ma.masked_invalid(values[written.order].T),
            cmap="mako_r",
            vmin=0,
            vmax=most,
            rasterized=True,
        )
        axes.set_ylim(len(bands), 0)
        axes.set_yticks(np.arange(len(bands)) + 0.5, list(bands), fontsize=8)
        axes.set_xticks([])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(f"{role}: share of each band", loc="left")
    if written.texts:
        turned = 90 if written.upright else 0
        panels[-1].set_xticks(np.arange(len(labels)) + 0.5, written.texts, rotation=turned)
        panels[-1].tick_params(axis="x", labelsize=written.size)
    else:
        places = [(first + stop) / 2 for _, first, stop in written.groups]
        panels[-1].set_xticks(places, [name for name, *_ in written.groups])
        panels[-1].set_xlabel(f"{len(labels)} regions")
    bar = panels[0].figure.colorbar(mesh, ax=panels, label="share", aspect=14, pad=0.01)
    bar.outline.set_linewidth(0)
    bar.solids.set_rasterized(True)
