"""The answer that a study gives, in three sentences: which model, how good, and beside what."""

import math
from collections.abc import Mapping, Sequence

from restmeg.scores.intervals import decimals
from restmeg.summary.words import SPACE, decimal, joined, setting

LIKELIHOOD = "log_likelihood"
BASELINES = {
    "baseline_distance": "nearness of regions",
    "baseline_weights": "the weights of the connectome",
    "baseline_log_weights": "their logarithm",
}


def sentences(
    scores: Sequence[Mapping[str, str]],
    best: Sequence[Mapping[str, str]],
    nulls: Sequence[Mapping[str, str]],
    study: Mapping,
) -> list[str]:
    """Three sentences about the first measure.

    scores, best, nulls: rows of scores.csv, best.csv and nulls.csv; study: as in `page.write`.
    """
    measure = next(row["measure"] for row in scores if row["measure"])
    rows = [row for row in scores if row["measure"] in ("", measure)]
    best = [row for row in best if row["measure"] in ("", measure)]
    point = _point(rows, study)
    found = {row["score"]: row for row in rows if row["point"] == point}
    of_point = [row for row in nulls if row["point"] == point and row["measure"] == measure]
    return [_which(best, study), _how_good(found), _beside(found, of_point)]


def _point(rows, study):
    """The point that the answer is about: the likeliest, else the nearest, else the shown one."""
    if not study["axes"]:
        return study["point"]
    for score, better in ((LIKELIHOOD, max), ("fc_distance", min)):
        finite = [row for row in rows if row["score"] == score and _finite(row["value"])]
        if finite:
            return better(finite, key=lambda row: float(row["value"]))["point"]
    return study["point"]


def _which(best, study):
    """Which of the models explains the target best."""
    if not study["axes"]:
        model = "This model"
        if study["recorded"]:
            return f"{model} was scored against a recording; a sweep tells which parameters fit it."
        return (
            f"{model} was scored against a target that a model simulated too, with other noise; a "
            "sweep tells whether scores find it again."
        )
    likely = [row for row in best if row["score"] == LIKELIHOOD]
    near = [row for row in best if row["score"] == "fc_distance"]
    if likely:
        inside = [row for row in likely if row["ci_low"]]
        if not inside:
            return (
                f"The likelihood of the target is highest at the edge of the sweep, "
                f"{_values(likely, study)}: the answer may lie beyond it."
            )
        words = f"The likelihood of the target is highest at {_values(likely, study)}"
    elif near:
        words = f"Functional connectivity is nearest to the target's at {_values(near, study)}"
    else:
        return "No point of the sweep could be told from the others."
    return words + _truth(study) + "."


def _values(rows, study):
    """Parameters with their intervals in words."""
    texts = []
    for row in rows:
        label = study["axes"][row["parameter"]]
        value = float(row["value"])
        if not row["ci_low"]:
            texts.append(f"{setting(label, value)} (at the edge of the sweep)")
            continue
        low, high = float(row["ci_low"]), float(row["ci_high"])
        digits = decimals(low, high) if row["interval"] == "curvature" else None
        value, low, high = (
            decimal(x, digits) if digits is not None else f"{x:.6g}" for x in (value, low, high)
        )
        kind = f"95{SPACE}% interval" if digits is not None else "no worse:"
        texts.append(f"{setting(label, value)} ({kind} {low} to {high})")
    return joined(texts)


def _truth(study):
    truth = [setting(study["axes"][key], value) for key, value in study["truth"].items()]
    return f"; the truth is {joined(truth)}" if truth else ""


def _how_good(found):
    """How well that model does, and how well a perfect one would."""
    match = found.get("fc_match")
    if match is None or not _finite(match["value"]):
        return "Its FC match has no finite value."
    words = f"Its functional connectivity matches the target's with {_number(match)}"
    ceiling, apart = found.get("fc_match_ceiling"), found.get("fc_match_minus_ceiling")
    if ceiling is None or not _finite(ceiling["value"]):
        return words + "; how well a perfect model would do is not known from this target."
    words += f", where a perfect model of this duration would reach {_number(ceiling)}"
    if apart is None or not _finite(apart["ci_low"]):
        return words + "."
    low, high = float(apart["ci_low"]), float(apart["ci_high"])
    if high < 0:
        return words + f": it falls short by {_number(apart, -1)}."
    if low > 0:
        return words + f": it exceeds that, by {_number(apart)}, as a less noisy one can."
    return words + ": as good as these data can tell."


def _beside(found, nulls):
    """What matches as well without the model, or with another connectome."""
    match = found.get("fc_match")
    baselines = {
        name: float(found[name]["value"])
        for name in BASELINES
        if name in found and _finite(found[name]["value"])
    }
    words = ""
    if match is not None and _finite(match["value"]) and baselines:
        value = float(match["value"])
        texts = [f"{BASELINES[name]} {decimal(x, 2)}" for name, x in baselines.items()]
        better = [BASELINES[name] for name, x in baselines.items() if x >= value]
        words = f"Without a model of the dynamics, {joined(texts)} match"
        words += f": it does not beat {joined(better)}" if better else ", all less"
    against = [row for row in nulls if row["score"] == "fc_match" and _finite(row["null_p"])]
    for row in against:
        text = (
            f"of {row['null_n']} networks of the null '{row['null']}', the model does better with "
            f"p = {float(row['null_p']):.2g}"
        )
        words += f"; {text}" if words else text[0].upper() + text[1:]
    return f"{words}." if words else "Nothing stands beside it."


def _number(row, sign=1):
    """A score with its interval in words."""
    value, low, high = (sign * float(row[name] or "nan") for name in ("value", "ci_low", "ci_high"))
    low, high = sorted((low, high)) if math.isfinite(low) else (low, high)
    if not math.isfinite(low):
        return f"{decimal(value, 2)} (no interval)"
    digits = decimals(low, high)
    return (
        f"{decimal(value, digits)} (95{SPACE}% interval {decimal(low, digits)} to "
        f"{decimal(high, digits)})"
    )


def _finite(text):
    return bool(text) and math.isfinite(float(text))
