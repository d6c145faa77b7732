"""The answer that a study gives, in words: which model, how good, and beside what."""

import math
from collections.abc import Mapping, Sequence

from restmeg import tables
from restmeg.estimands import Kind
from restmeg.scores import LIKELIHOOD, OF_CONNECTIVITY, SCORES, SPECTRA, THEORY
from restmeg.scores.standing import Estimate, standing
from restmeg.summary.words import (
    SPACE,
    best,
    best_in_words,
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

LEAKED, MORE = "leakage_null", "fc_match_minus_leakage"
OTHERS = [name for name, score in SCORES.items() if score.input in (SPECTRA, THEORY)]
Rows = Sequence[Mapping[str, str]]  # of a table


def sentences(scores: Rows, best_rows: Rows, nulls: Rows, study: Mapping) -> list[str]:
    """Sentences about the first measure and band: which model, how good, and beside what.

    scores, best_rows, nulls: rows of scores.csv, best.csv and nulls.csv, the latter two none where
    there is no such file; study: as in `page.write`.
    """
    kind = first_kind(scores)
    scores, best_rows = of_kind(scores, kind), of_kind(best_rows, kind)
    point, by = deciding(scores, study["point"], study["axes"])
    found = {row["score"]: row for row in scores if row["point"] == point}
    first = _which(scores, found, by, best_rows, study) if study["axes"] else _whether(found, study)
    which = _at(scores, found, by, study)
    good = _how_good(found, which)
    if study["axes"]:
        good += _not_the_truth(found)
    beside = _beside(found)
    beside = " ".join(filter(None, [_leaked(found), beside, _nulls(nulls, kind, point, study)]))
    return [*filter(None, [first, good, beside])]


def is_told(row: Mapping[str, str], kind: Kind) -> bool:
    """Whether a row of nulls.csv is one of the few that are told in words."""
    told = row["score"] in ("structure_function_coupling", MATCH) and kind_of(row) == kind
    return (told or row["score"] == LIKELIHOOD) and row["null_n"] != "0"


def kind_of(row: Mapping[str, str]) -> Kind:
    """The measure and band that a row is of."""
    return Kind(row["measure"], row["band"])


def kinds(scores: Rows) -> list[Kind]:
    """All measures and bands of functional connectivity that were scored."""
    rows = (row for row in scores if row["score"] in OF_CONNECTIVITY)
    return list(dict.fromkeys(map(kind_of, rows)))


def first_kind(scores: Rows) -> Kind:
    """The measure and band that figures show, and that the answer is about."""
    return kinds(scores)[0]


def of_kind(rows: Rows, kind: Kind) -> Rows:
    """Rows of a measure and band, and of what is not of functional connectivity."""
    return [row for row in rows if kind_of(row) == kind or row["score"] in OTHERS]


def deciding(scores: Rows, shown: str, axes: Mapping | Sequence) -> tuple[str, str]:
    """The point that the answer is about, and the score that says so; that is empty if none does.

    It is the likeliest point of a sweep, else the nearest, else the shown one. scores: rows of
    scores.csv of one measure and band, and of none.
    """
    for name in DECIDING if axes else ():
        rows = [row for row in scores if row["score"] == name and _finite(row)]
        if rows and (len(rows) == 1 or len({row["value"] for row in rows}) > 1):  # not all alike
            sign = SCORES[name].sign
            return max(rows, key=lambda row: sign * tables.value(row["value"]))["point"], name
    return shown, ""


def _at(scores, found, by, study):
    """The point that numbers are of, in words; empty if there is but one."""
    if not study["axes"]:
        return ""
    at = joined([setting(label, found[MATCH][axis]) for axis, label in study["axes"].items()])
    n = len({row["point"] for row in scores})
    which = f"the best of {n} points by {SCORES[by].label}" if by else "the point that figures show"
    return f"{at}, {which if n > 1 else 'the only point'}"


def _whether(found, study):
    """Whether the only model that was simulated as it is configured explains the target."""
    this = "the configured model" if study["free"] else "this model"
    whole = "the recording" if study["recorded"] else "the target, which was simulated too"
    if study["otherwise"]:
        whole += f", with {_otherwise(study)}"
    more = "a sweep or a fit tells which parameters fit best"
    if study["free"]:
        more = "the fitted one is above"
    row = found[DISTANCE]
    low = tables.value(row["ci_low"])
    if not math.isfinite(low):
        return f"One model was scored against {whole}; {more}."
    differ = "differs from" if low > 0 else "cannot be told from"
    return (
        f"The functional connectivity of {this} {differ} that of {whole}: "
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
        value = best(rows[axis], _values(scores, axis))
        texts.append(named(label, value.value))
        if value.low:
            kind = f"95{SPACE}% interval " if value.is_estimate else "no worse from "
            reach = f", {value.reach}" if value.reach else ""
            texts[-1] += f" ({kind}{value.low} to {value.high}{reach})"
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
        if study["otherwise"]:
            words += f", but with {_otherwise(study)}, which no point has"
    if by != LIKELIHOOD:
        some = any(_finite(row) for row in scores if row["score"] == LIKELIHOOD)
        words += "; all are as likely" if some else "; no point has a likelihood, as notes say"
    doubt = contradiction(scores, best_rows, study["axes"])
    return f"{words}. {doubt}" if doubt else f"{words}."


def contradiction(scores: Rows, best_rows: Rows, axes: Mapping[str, str]) -> str:
    """Where likelihood and distance exclude each other's values, in a sentence; or nothing.

    Of a range of points the truth may be anywhere up to the next point, which is worse. At the edge
    of the sweep, where there is no range, the distance must surely be smaller than at the likeliest
    point.
    """
    texts = []
    for axis, label in axes.items():
        rows = {row["score"]: row for row in best_rows if row["parameter"] == axis}
        if not {LIKELIHOOD, DISTANCE} <= rows.keys():
            continue
        values = _values(scores, axis)
        likely, near = (best(rows[name], values) for name in (LIKELIHOOD, DISTANCE))
        low, high, least, most = (
            tables.value(rows[name][end])
            for name in (LIKELIHOOD, DISTANCE)
            for end in ("ci_low", "ci_high")
        )
        below = max((x for x in values if x < least), default=-math.inf)
        above = min((x for x in values if x > most), default=math.inf)
        if near.at_edge:
            edge = tables.value(rows[DISTANCE]["value"])
            excluded = not low <= edge <= high and _is_nearer(scores)
        else:
            excluded = high < below or low > above
        if excluded and math.isfinite(low):
            texts.append(
                f"{named(label, likely.value)} ({likely.low} to {likely.high}) is likeliest, but "
                f"{best_in_words(near, label)} nearest"
            )
    if not texts:
        return ""
    return (
        f"Likelihood and FC distance exclude each other: {joined(texts)}; so the model is "
        "hardly the whole truth, and the likelihood's interval, which presumes that it is, says "
        "too little."
    )


def _is_nearer(scores):
    """Whether the FC distance is surely smaller somewhere than at the likeliest point."""
    of = {
        name: [row for row in scores if row["score"] == name and _finite(row)]
        for name in (LIKELIHOOD, DISTANCE)
    }
    if not all(of.values()):
        return False
    likeliest = max(of[LIKELIHOOD], key=lambda row: tables.value(row["value"]))["point"]
    nearest = min(of[DISTANCE], key=lambda row: tables.value(row["value"]))
    here = [row for row in of[DISTANCE] if row["point"] == likeliest]
    return bool(here) and tables.value(here[0]["ci_low"]) > tables.value(nearest["ci_high"])


def _how_good(found, at):
    """How well that model does, and how well a perfect one would. at: in words, or empty."""
    words = _match(found, at)
    if not _finite(found[MATCH]):
        return words + "."
    if not _finite(found[CEILING]):
        return words + "; how far a perfect model would get cannot be told from this target."
    if tables.value(found[CEILING]["ci_low"]) <= 0:
        return (
            f"{words}, and these data can tell nothing of it: their pattern does not repeat itself "
            f"beyond chance, as the ceiling is {_in_words(found[CEILING])}."
        )
    words += f", where a perfect model of the same duration would have {_in_words(found[CEILING])}"
    apart = found["fc_match_minus_ceiling"]
    low, high = tables.value(apart["ci_low"]), tables.value(apart["ci_high"])
    if high < 0:
        return words + f": it falls short by {_in_words(apart, -1)}."
    if low > 0:
        return words + f": it is above that by {_in_words(apart)}, as a less noisy model can be."
    if not math.isfinite(low) or _differs(found):
        return words + "."
    return words + ": as good as these data can tell."


def _match(found, at):
    its = f"At {at}, the FC match" if at else "Its FC match"
    value = _in_words(found[MATCH]) if _finite(found[MATCH]) else ""
    return f"{its} is {value}" if value else f"{its} has no finite value"


def _differs(found):
    """Whether functional connectivity is another than the target's for sure."""
    return tables.value(found[DISTANCE]["ci_low"]) > 0


def _not_the_truth(found):
    """That the model is not the whole truth at this point; a sentence with a space before it."""
    if not _differs(found):
        return ""
    return (
        " The model is not the whole truth there: the FC distance is "
        f"{_in_words(found[DISTANCE])}, and of the true model 0."
    )


def _leaked(found):
    """What of the match leakage alone makes, where there is an inverse."""
    if LEAKED not in found:
        return ""
    null = decimal(tables.value(found[LEAKED]["value"]), 2)
    more = found[MORE]
    low = tables.value(more["ci_low"])
    words = f"Leakage alone, without any coupling, makes a match of {null}"
    if not math.isfinite(low):
        return f"{words}."
    told = "is more than that" if low > 0 else "cannot be told from that"
    return f"{words}; the match {told} (the difference is {_in_words(more)})."


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
    words = f"Beside what anatomy matches without dynamics, this match {joined(texts)}"
    if below and min(baselines[name][0] for name in below) > tables.value(found[CEILING]["value"]):
        words += ", as a perfect model of this duration would be: anatomy has no sampling error"
    return f"{words}."


def _nulls(rows, kind, point, study):
    """How a match is beside that of networks of other connections."""
    chances = chance(rows, kind)
    if not chances:
        return ""
    if rows[0]["point"] != point:
        return (
            f"Null networks are of another point, {study['shown']}, where the match has {chances}."
        )
    return f"Against null networks, the match has {chances}."


def _least(row):
    """Words for a p that so many networks can make no smaller."""
    least = 1 / (1 + tables.value(row["null_n"]))
    return "better than all " if tables.value(row["null_p"]) < 1.01 * least else ""


def chance(nulls: Rows, kind: Kind, score: str = MATCH) -> str:
    """The p of a score in rows of a nulls.csv, in words; "" if there is none."""
    told = [
        f"p = {tables.value(row['null_p']):.2g} ({_least(row)}{row['null_n']} of '{row['null']}')"
        for row in nulls
        if (kind_of(row), row["score"]) == (kind, score)
        and math.isfinite(tables.value(row["null_p"]))
    ]
    return joined(told) if told else ""


def _otherwise(study):
    """Where the synthetic target differs from the model, beside what is swept."""
    return joined([setting(label, value) for label, value in study["otherwise"].items()])


def _values(scores, axis):
    """Values of a parameter over the sweep."""
    return [tables.value(row[axis]) for row in scores]


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
