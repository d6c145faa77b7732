"""Numbers, settings and lists in words, as the page, figures and the end of a run write them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from restmeg import tables
from restmeg.scores.intervals import CURVATURE, decimals

SPACE = "\N{NO-BREAK SPACE}"  # between a number and its unit


def setting(label: str, value: Any) -> str:
    """A parameter and its value: "conduction speed 10 mm/ms" of "conduction speed (mm/ms)"."""
    if isinstance(value, list):
        return f"{label.partition(' (')[0]} of one value per region"
    return named(label, plain(value))


def named(label: str, text: str) -> str:
    """A parameter and the text of its value, with the unit of its label."""
    name, _, unit = label.rstrip(")").partition(" (")
    return f"{name} {text}" + (f"{SPACE}{unit}" if unit else "")


def plain(value: Any) -> str:
    """A number without zeros at its end; what is none stays."""
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return str(value)


def decimal(number: float, digits: int) -> str:
    """A score in so many decimals."""
    rounded = f"{number:.{digits}f}"
    return (rounded if float(rounded) else f"{0:.{digits}f}").replace("-", "\N{MINUS SIGN}")


def estimate(value: float, low: float, high: float, more: str = "") -> str:
    """A value with its interval: "0.37 (95 % interval 0.30 to 0.43)".

    more: what else stands in the brackets.
    """
    if not math.isfinite(value):
        return "no finite value"
    digits = decimals(low, high)
    interval = "no interval"
    if math.isfinite(low):
        interval = f"95{SPACE}% interval {decimal(low, digits)} to {decimal(high, digits)}"
    return f"{decimal(value, digits)} ({interval}{more})"


def duration(ms: float) -> str:
    """A time of ms in its usual unit."""
    return f"{ms / 1000:.6g}{SPACE}s" if ms >= 1000 else f"{ms:.6g}{SPACE}ms"


def joined(texts: Sequence[str]) -> str:
    """A list in words: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def sentence(text: str) -> str:
    """A text with a capital at its start."""
    return text[:1].upper() + text[1:]


class Best(NamedTuple):
    """The value of a swept parameter where a score is best, as texts."""

    value: str
    low: str  # of its interval; empty if there is none
    high: str
    at_edge: bool  # of the sweep, so that better ones may lie beyond
    is_estimate: bool  # between points, with a 95 % interval; else of points that are no worse
    reach: str  # which end of the sweep the interval comes to, if it does


def best(row: Mapping, values: Iterable[float]) -> Best:
    """The best value of a parameter in words.

    row: of best.csv; values: of the parameter over the sweep.
    """
    value, low, high = (tables.value(row[name]) for name in ("value", "ci_low", "ci_high"))
    at_edge = str(row["at_edge"]).lower() == "true"  # or a number of pandas
    is_estimate = row["interval"] == CURVATURE
    if not (math.isfinite(low) and (is_estimate or low < high)):
        text = f"{value:.4g}" if is_estimate else plain(value)
        return Best(text, "", "", at_edge, is_estimate, "")
    given = [*values]
    least, most = min(given), max(given)
    if is_estimate:
        digits = decimals(low, high)
        middle, start, end = (f"{x:.{digits}f}" for x in (value, low, high))
        reach = "beyond the sweep" if low < least or high > most else ""
        return Best(middle, start, end, at_edge, True, reach)
    reach = "to the edge of the sweep" if low <= least or high >= most else ""
    return Best(plain(value), plain(low), plain(high), at_edge, False, reach)


def inside(found: Best) -> str:
    """Its interval in short: "1.46 to 1.53", "edge of the sweep"; empty if there is none."""
    texts = [f"{found.low} to {found.high}"] if found.low else []
    texts += ["edge of the sweep"] if found.at_edge else []
    return ", ".join([*texts, *filter(None, [found.reach])])


def best_in_words(found: Best, label: str = "") -> str:
    """Such a value in short: "1.49 (1.46 to 1.53)", "conduction speed 20 mm/ms (edge of ...)".

    label: of the parameter, with its unit, if it is to be named.
    """
    text = named(label, found.value) if label else found.value
    return f"{text} ({inside(found)})" if inside(found) else text
