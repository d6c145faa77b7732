"""The answer that a study gives, in three sentences: which model, how good, and beside what."""

import math
from collections.abc import Mapping, Sequence

from restmeg import tables
from restmeg.scores import LIKELIHOOD, SCORES
from restmeg.scores.standing import Estimate, standing
from restmeg.summary.words import (
    SPACE,
    best,
    decimal,
    estimate,
    joined,
    named,
    sentence,
    setting,
)

MATCH, DISTANCE, CEILING = "fc_match", "fc_distance", "fc_match_ceiling"
BASELINES = {
    "baseline_distance": "the nearness of regions",
    "baseline_weights": "the weights",
    "baseline_log_weights": "the log weights",
}
DECIDING = {
    LIKELIHOOD: "the target is most likely",
    DISTANCE: "functional connectivity is nearest to the target's",
}

Rows = Sequence[Mapping[str, str]]  # of a table


def sentences(scores: Rows, best_rows: Rows, nulls: Rows, study: Mapping) -> list[str]:
    """Three sentences about the first measure.

    scores, best_rows, nulls: rows of scores.csv, best.csv and nulls.csv, the latter two none where
    there is no such file; study: as in `page.write`.
    """
    measure = first_measure(scores)
    scores, best_rows = of_measure(scores, measure), of_measure(best_rows, measure)
    point, by = deciding(scores, study["point"], study["axes"])
    found = {row["score"]: row for row in scores if row["point"] == point}
    against = [
        row
        for row in nulls
        if (row["measure"], row["score"]) == (measure, MATCH)
        and math.isfinite(tables.value(row["null_p"]))
    ]
    first = _which(scores, found, by, best_rows, study) if study["axes"] else _whether(found, study)
    return [first, _how_good(found), _beside(found) + _nulls(against, point, study)]


def first_measure(scores: Rows) -> str:
    """The measure that figures show, and that the answer is about."""
    return next(row["measure"] for row in scores if row["measure"])


def of_measure(rows: Rows, measure: str) -> Rows:
    """Rows of a measure, and of what is of none."""
    return [row for row in rows if row["measure"] in ("", measure)]


def deciding(scores: Rows, shown: str, axes: Mapping | Sequence) -> tuple[str, str]:
    """The point that the answer is about, and the score that says so; that is empty if none does.

    It is the likeliest point of a sweep, else the nearest, else the shown one. scores: rows of
    scores.csv of one measure, and of none.
    """
    for name in DECIDING if axes else ():
        rows = [row for row in scores if row["score"] == name and _finite(row)]
        if rows and (len(rows) == 1 or len({row["value"] for row in rows}) > 1):  # not all alike
            sign = SCORES[name].sign
            return max(rows, key=lambda row: sign * tables.value(row["value"]))["point"], name
    return shown, ""


def _whether(found, study):
    """Whether the only model explains the target."""
    whole = "the recording" if study["recorded"] else "the target, which was simulated too"
    more = "a sweep tells which parameters fit best"
    row = found[DISTANCE]
    low = tables.value(row["ci_low"])
    if not math.isfinite(low):
        return f"One model was scored against {whole}; {more}."
    differ = "differs from" if low > 0 else "cannot be told from"
    return (
        f"The functional connectivity of this model {differ} that of {whole}: "
        f"the FC distance is {_in_words(row)}; {more}."
    )


def _which(scores, found, by, best_rows, study):
    """Which of the models explains the target best."""
    if not by:
        return "No point of the sweep could be told from the others."
    # Estimates of a score that the deciding point has; words and single values are that point's.
    rows = {row["parameter"]: row for row in best_rows if row["score"] == by}
    texts, edge = [], []
    for axis, label in study["axes"].items():
        if axis not in rows:
            texts.append(setting(label, found[by][axis]))
            continue
        values = [tables.value(row[axis]) for row in scores]
        value = best(rows[axis], values)
        texts.append(named(label, value.value))
        if value.low:
            kind = f"95{SPACE}% interval " if value.is_estimate else "no worse from "
            texts[-1] += f" ({kind}{value.low} to {value.high})"
        if value.at_edge:
            edge.append(label.partition(" (")[0])
    words = f"{sentence(DECIDING[by])} at {joined(texts)}"
    finite = [_finite(row) for row in scores if row["score"] == by]
    if not all(finite):
        words += f", of the {sum(finite)} of {len(finite)} points that have this score"
    if edge:
        words += f", at the edge of the sweep in {joined(edge)}, so that better may lie beyond"
    if study["truth"]:
        truth = [setting(study["axes"][key], value) for key, value in study["truth"].items()]
        words += f"; the truth is {joined(truth)}"
    if by != LIKELIHOOD:
        words += "; it has no likelihood in linear theory"
    return words + "."


def _how_good(found):
    """How well that model does, and how well a perfect one would."""
    if not _finite(found[MATCH]):
        return "Its FC match has no finite value."
    words = f"Its FC match is {_in_words(found[MATCH])}"
    if not _finite(found[CEILING]):
        return words + "; how far a perfect model would get cannot be told from this target."
    words += f", where a perfect model of the same duration would have {_in_words(found[CEILING])}"
    apart = found["fc_match_minus_ceiling"]
    low, high = tables.value(apart["ci_low"]), tables.value(apart["ci_high"])
    if high < 0:
        return words + f": it falls short by {_in_words(apart, -1)}."
    if low > 0:
        return words + f": it is above that by {_in_words(apart)}, as a less noisy model can be."
    return words + (": as good as these data can tell." if math.isfinite(low) else ".")


def _beside(found):
    """How that is beside what anatomy matches without a model."""
    baselines = {name: _estimate(found[name]) for name in BASELINES}
    above, unclear, below = standing(_estimate(found[MATCH]), baselines)
    texts = []
    for words, names in (
        ("is above", above),
        ("cannot be told from", unclear),
        ("is below", below),
    ):
        named = [f"{BASELINES[name]} ({decimal(baselines[name][0], 2)})" for name in names]
        texts += [f"{words} {joined(named)}"] if named else []
    if not texts:
        return "Nothing can be said of what anatomy alone matches."
    words = f"Beside what anatomy matches without dynamics, the model's match {joined(texts)}"
    if below and min(baselines[name][0] for name in below) > tables.value(found[CEILING]["value"]):
        words += ", as a perfect model of this duration would be: anatomy has no sampling error"
    return f"{words}."


def _nulls(rows, point, study):
    """How that is beside networks of other connections; a sentence with a space before it."""
    texts = [
        f"p = {tables.value(row['null_p']):.2g} ({row['null_n']} of '{row['null']}')"
        for row in rows
    ]
    if not texts:
        return ""
    at = f" at {study['shown']}" if rows[0]["point"] != point else ""
    return f" Against null networks, the match{at} has {joined(texts)}."


def _in_words(row: Mapping[str, str], sign: int = 1) -> str:
    """A score, or its negative, with its interval."""
    value, low, high = (float(SCORES[row["score"]].read(sign * x)) for x in _estimate(row))
    low, high = sorted((low, high))
    return estimate(value, low, high)


def _estimate(row) -> Estimate:
    value, low, high = (tables.value(row[name]) for name in ("value", "ci_low", "ci_high"))
    return value, low, high


def _finite(row):
    return math.isfinite(tables.value(row["value"]))
