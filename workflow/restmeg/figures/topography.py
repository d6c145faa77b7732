"""Maps of the field over the head, seen from above."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.tri import CubicTriInterpolator, Triangulation, UniformTriRefiner

from restmeg import sensors
from restmeg.figures import style

LEVELS = 12
FEWEST = 4  # sensors that make a map
LONGEST = 3.0  # times the usual side of a triangle between neighbours: more is no neighbourhood


@style.look()
def topography(deviation: np.ndarray, coils: sensors.Coils) -> Figure:
    """Standard deviation of the field over time at each sensor, a map for each kind.

    deviation: (sensors,) in T or T/m. Gradiometers of one place are shown as the root of the sum of
    their squares. Sensors are laid out by their angle from the vertical through the middle of the
    head, the nose up.
    """
    kinds = [kind for kind in style.SENSORS if (coils.kinds == kind).any()]
    figure = style.new_figure(0.6 + 3.9 * len(kinds), 3.7)
    for axes, kind in zip(np.ravel(figure.subplots(1, len(kinds))), kinds, strict=True):
        of_kind = coils.kinds == kind
        places, values = _by_place(coils.positions[of_kind], deviation[of_kind])
        title, _, unit, factor = style.SENSORS[kind]
        _map(axes, flat(places), factor * values, unit)
        axes.set_title(title, loc="center")
    return figure


def flat(positions: np.ndarray) -> np.ndarray:
    """Positions (n, 3) m in head coordinates as seen from above (n, 2).

    The distance from the middle is the angle from the vertical, 1 for a right angle.
    """
    radii = positions - np.array(sensors.ORIGIN)
    across = np.hypot(radii[:, 0], radii[:, 1])
    angle = np.arctan2(across, radii[:, 2]) / (np.pi / 2)
    return radii[:, :2] * (angle / np.where(across > 0, across, 1.0))[:, None]


def _by_place(positions, values):
    """Places, each once, and the root of the sum of squares of what is there."""
    places, which = np.unique(np.round(positions, 5), axis=0, return_inverse=True)
    return places, np.sqrt(np.bincount(np.ravel(which), values**2))


def _map(axes: Axes, points: np.ndarray, values: np.ndarray, unit: str) -> None:
    """One map with the outline of a head."""
    colours = sns.color_palette("mako_r", as_cmap=True)
    finite = np.isfinite(values).all()  # not where all replicates diverge
    levels = MaxNLocator(LEVELS).tick_values(0.0, (finite and values.max()) or 1.0)
    if not finite:
        shown = axes.scatter(*points.T, color=style.LINE, s=4)
        axes.text(0, 0, "no finite value", ha="center", va="center")
    elif len(values) >= FEWEST and np.linalg.matrix_rank(points - points[0]) == 2:
        shown = axes.tricontourf(*_smooth(points, values), levels=levels, cmap=colours)
        axes.plot(*points.T, ".", color=style.INK, markersize=1.5)
    else:
        shown = axes.scatter(*points.T, c=values, cmap=colours, vmin=0.0, vmax=levels[-1])
    angle = np.linspace(0, 2 * np.pi, 200)
    line = {"color": style.LINE, "linewidth": 1.2}
    axes.plot(np.cos(angle), np.sin(angle), **line)
    axes.plot([-0.12, 0, 0.12], [0.993, 1.14, 0.993], **line)
    axes.set_aspect("equal")
    axes.axis("off")
    if not finite:
        return
    bar = axes.figure.colorbar(shown, ax=axes, label=f"standard deviation ({unit})", shrink=0.75)
    bar.outline.set_linewidth(0)
    bar.locator = MaxNLocator(5)
    bar.update_ticks()


def _smooth(points, values):
    """Triangles between points, without those that reach far, and values, both refined."""
    mesh = Triangulation(*points.T)
    corners = points[mesh.triangles]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    mesh.set_mask(sides.max(axis=1) > LONGEST * np.median(sides))
    cubic = CubicTriInterpolator(mesh, values, kind="geom")
    fine, between = UniformTriRefiner(mesh).refine_field(values, cubic, subdiv=3)
    return fine, np.clip(between, 0.0, values.max())
