"""Marks that several figures have."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.mlab import GaussianKDE
from matplotlib.ticker import MaxNLocator

from restmeg.figures import style

FEW = 5  # values: so few have larger dots
SHAPE = 50  # fewer have no shape that can be told from chance
MANY = 500  # more would be one block of dots
BEYOND = 2  # widths of the kernel that a shape reaches beyond its values, to end in a point
RATIO = 8  # of a range: of less, steps and ratios look alike
NEAR = 0.3  # of a panel: zero is in it if it is no farther away


def distribution(axes: Axes, x: float, values: np.ndarray, colour: str) -> None:
    """Values of replicates or networks in a column: a dot for each, and of many their shape."""
    values = values[np.isfinite(values)]
    if len(values) >= SHAPE and np.ptp(values) > 0:
        kernel = GaussianKDE(values)
        beyond = BEYOND * kernel.factor * values.std(ddof=1)
        places = np.linspace(values.min() - beyond, values.max() + beyond, 200)
        half = kernel(places)
        half = 0.4 * half / half.max()
        axes.fill_betweenx(places, x - half, x + half, color=colour, alpha=0.2, linewidth=0)
    if len(values) <= MANY:
        # Side by side where they are dense; the places are no random numbers.
        ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
        aside = ((ranks * 0.618034) % 1 - 0.5) * 0.3 * (len(values) > 1)
        size, alpha = (
            (24, 0.7) if len(values) < FEW else (14, 0.5) if len(values) < SHAPE else (8, 0.35)
        )
        axes.scatter(x + aside, values, s=size, color=colour, alpha=alpha, linewidth=0)


def zero(axes: Axes) -> None:
    """A line at zero, where the axis comes near it: values far from it would be squeezed."""
    low, high = axes.get_ylim()
    near = NEAR * (high - low)
    if low - near <= 0 <= high + near:
        axes.axhline(0, color=style.LINE, linewidth=0.8, zorder=0)


def is_log(values: np.ndarray) -> bool:
    """Whether values are more evenly spread by their logarithms."""
    low, high = np.min(values), np.max(values)
    if not low > 0 or high < RATIO * low:
        return False
    middle = np.median(np.unique(values))
    linear = (middle - low) / (high - low)
    ratio = np.log(middle / low) / np.log(high / low)
    return bool(abs(ratio - 0.5) < abs(linear - 0.5))


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two numbers, or where these are fewer than two some numbers between."""
    powers = [10.0**k for k in range(-320, 309) if low <= 10.0**k <= high]
    if len(powers) > 1:
        return powers[:: -(-len(powers) // 4)]
    digits = [
        d * 10.0**k for k in range(-320, 308) for d in (1, 2, 5) if low <= d * 10.0**k <= high
    ]
    return digits if len(digits) > 1 else [low, high]


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two."""
    return [float(x) for x in MaxNLocator(most).tick_values(low, high) if low <= x <= high]
