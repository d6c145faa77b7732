"""The figure of a fit: how likely parameters are, and what the fitted model looks like."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from restmeg.figures import style
from restmeg.fitted import QUANTILE, Estimates
from restmeg.fourier import REDUNDANCY

LOWEST = 2.5  # of a profile that is drawn, in times of the loss at the ends of the interval
SIZE = 3.4, 2.9  # inches of one
ROOM = 2.5  # times a profile of distances that is shown, for what was simulated beside it
_LOSS = "log likelihood, less the best"


class Curves(NamedTuple):
    """Power over frequency of the target, the fitted model and its theory: medians of regions."""

    frequencies: np.ndarray  # (n,) Hz
    power: np.ndarray  # (n,)


@style.look()
def fit(
    found: Estimates,
    labels: Mapping[str, str],
    truth: Mapping[str, float],
    bounds: Mapping[str, Sequence[float]],
    power: Mapping[str, Curves],
    fc: Mapping[str, np.ndarray],
    held_out: int,
) -> Figure:
    """Profiles of parameters, spectra and functional connectivity of target, fit and theory.

    labels: {parameter of the model: what to write for it}; truth: {the same: value in a synthetic
    target}; bounds: {the same: lowest and highest}; power, fc: by "target", "fitted model" and
    "theory", the latter (pairs,) means over replicates, without theory where it has none;
    held_out: replicates of the target that they are of.
    """
    n = len(labels) + 2
    across = next(k for k in (3, 4, 2) if n % k == 0 or k == 2)
    rows = -(-n // across)
    figure = style.new_figure(SIZE[0] * across, SIZE[1] * rows + 0.2)
    panels = figure.subplots(rows, across, squeeze=False).ravel()
    for k, (axes, (key, label)) in enumerate(zip(panels, labels.items(), strict=False)):
        _profile(axes, found, found.names.index(key), label, truth.get(key), bounds[key])
        label = "distance above the least" if found.by_simulation else _LOSS
        axes.set_ylabel(label if k % across == 0 else "")
    _spectra(panels[len(labels)], power, held_out)
    _connectivity(panels[len(labels) + 1], fc)
    for axes in panels[n:]:
        axes.remove()
    return figure


def _profile(
    axes: Axes,
    found: Estimates,
    k: int,
    label: str,
    truth: float | None,
    bounds: Sequence[float],
) -> None:
    axes.axvspan(found.low[k], found.high[k], color=style.BEST, alpha=0.13, linewidth=0)
    if found.by_simulation:
        _distances(axes, found, k)
    else:
        _likelihoods(axes, found, k)
    if truth is not None:
        axes.axvline(truth, color=style.INK, linestyle="--", linewidth=1.2)
        axes.annotate(
            "truth",
            (truth, 1),
            (3, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=8,
        )
    told = "" if found.identified[k] else ", not identified"
    title = f"{found.values[k]:.4g} ({found.low[k]:.4g} to {found.high[k]:.4g}){told}"
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(label)
    if not found.identified[k]:
        axes.set_xlim(*bounds)


def _likelihoods(axes: Axes, found: Estimates, k: int) -> None:
    values, heights = found.profiles[k].T
    heights = heights / REDUNDANCY
    floor = -QUANTILE / 2
    shown = heights > LOWEST * floor
    axes.axhline(floor, color=style.LINE, linewidth=1, linestyle=":")
    # In the root of the loss a profile is nearly straight to both sides: drawn finely by that.
    fine = np.linspace(values[shown][0], values[shown][-1], 200)
    roots = np.sqrt(np.maximum(-heights, 0)) * np.sign(values - found.values[k])
    axes.plot(fine, -(np.interp(fine, values, roots) ** 2), color=style.BEST, linewidth=1.8)
    axes.plot(values[shown], heights[shown], "o", color=style.BEST, ms=4)
    axes.set_ylim(LOWEST * floor, 0.25)


def _distances(axes: Axes, found: Estimates, k: int) -> None:
    """The quadratic at its least over other parameters, and all that was simulated near it."""
    values, heights = found.profiles[k].T
    top = max(ROOM * heights.max(), np.finfo(float).tiny)
    axes.plot(values, heights, color=style.BEST, linewidth=1.8)
    apart, tried = found.path[:, 0], found.path[:, 1 + k]
    shown = (apart <= top) & (tried >= values[0]) & (tried <= values[-1])
    axes.plot(tried[shown], apart[shown], "o", color=style.LINE, ms=4, zorder=0)
    axes.set_ylim(min(-0.1 * top, *apart[shown], 0.0), top)


def _spectra(axes: Axes, power: Mapping[str, Curves], held_out: int) -> None:
    for name, (colour, dashes) in _looks().items():
        if name in power:
            of = power[name]
            many = f" ({held_out} held out)" if name == "target" else ""
            axes.plot(of.frequencies, of.power, dashes, color=colour, label=name + many)
    axes.set(xscale="log", yscale="log", xlabel="frequency (Hz)", ylabel="power (1/Hz)")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_major_formatter("{x:.0e}")
    axes.minorticks_off()
    axes.set_title("Spectra, median of regions", fontsize=10)
    axes.legend(frameon=False, loc="lower left", fontsize=8)


def _looks():
    """Colour and line of each side."""
    return {
        "target": (style.TARGET, "-"),
        "fitted model": (style.SIMULATED, "-"),
        "theory": (style.THEORY, "--"),
    }


def _connectivity(axes: Axes, fc: Mapping[str, np.ndarray]) -> None:
    target = fc["target"]
    ends = [min(x.min() for x in fc.values()), max(x.max() for x in fc.values())]
    axes.plot(ends, ends, color=style.LINE, linewidth=1, zorder=0)
    size = np.clip(600 / len(target), 2, 24)
    for name, (colour, _) in _looks().items():
        if name in fc and name != "target":
            axes.scatter(
                target, fc[name], s=size, color=colour, alpha=0.65, linewidth=0, label=name
            )
    axes.set(xlabel="target, mean of held out", ylabel="fitted model, theory")
    axes.set_title("Functional connectivity of pairs", fontsize=10)
    axes.legend(frameon=False, loc="upper left", fontsize=8)
