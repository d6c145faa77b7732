"""The figure of activity at regions and sensors."""

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from restmeg import check
from restmeg.figures import style

TRACES = 16  # traces that can be told apart in one panel
SHOWN_MS = 500.0  # of time in a trace


@style.look()
def traces(
    times: np.ndarray,
    activity: np.ndarray,
    labels: check.Names,
    field: np.ndarray,
    sensors: check.Names,
    kinds: np.ndarray | None = None,
) -> Figure:
    """Activity and field over a stretch of time, one trace above another.

    times: (samples,) ms; activity: (samples, N); field: (samples, sensors) in T, that of
    gradiometers in T/m; kinds: (sensors,) "mag" or "grad", None where they are not known.
    """
    panels = [(activity, labels, "Regional activity", "excitatory rate", "1")]
    if kinds is None:
        panels.append((1e15 * field, sensors, "Sensors", "magnetic field", "fT"))
    for kind, (title, what, unit, factor) in style.SENSORS.items():
        chosen = np.array([]) if kinds is None else np.flatnonzero(np.asarray(kinds) == kind)
        if len(chosen):
            panels.append(
                (factor * field[:, chosen], np.asarray(sensors)[chosen], title, what, unit)
            )
    figure = style.new_figure(4.75 * len(panels), 4.5)
    every = np.ravel(figure.subplots(1, len(panels), sharex=True))
    for axes, (series, names, title, what, unit) in zip(every, panels, strict=True):
        shown = series[:, :TRACES]
        shown = shown - shown.mean(axis=0)
        step = 1.1 * np.ptp(shown, axis=0).max() or 1.0
        places = -step * np.arange(shown.shape[1])
        axes.plot(times, shown + places, color=style.SIMULATED, linewidth=0.8)
        more = f" (first {TRACES} of {series.shape[1]})" if series.shape[1] > TRACES else ""
        axes.set(title=title + more, xlim=(times[0], times[-1]))
        axes.set_yticks(places, names[: shown.shape[1]])
        axes.tick_params(axis="y", length=0)
        # A scale bar stands for the vertical axis, which only orders the traces.
        size = float(f"{step / 2:.0e}")
        middle = places.mean()
        axes.plot(
            [1.02, 1.02],
            [middle - size / 2, middle + size / 2],
            transform=axes.get_yaxis_transform(),
            color="black",
            clip_on=False,
        )
        bar = f"bar: {what} {size:g}" + (f" {unit}" if unit != "1" else "")
        axes.set_xlabel(f"time (ms)\n{bar}")
        sns.despine(ax=axes, left=True)
    return figure
