"""What the page says of a fit: parameters with their intervals, and scores of what was held out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from restmeg import fitted as estimates
from restmeg import tables
from restmeg.estimands import Kind
from restmeg.scores import LIKELIHOOD, SCORES
from restmeg.scores.intervals import decimals
from restmeg.summary import answer, table
from restmeg.summary.words import SPACE, decimal, joined, named, plain, setting

Row = Mapping[str, str]
AT_END = 1e-3  # of an interval: a value that is nearer to an end of it is at a bound


def of(paths: Sequence[str | Path], study: Mapping) -> dict:
    """Texts of a fit; none if nothing was fitted.

    paths: of fit.nc, fit.csv, and of scores.csv, scores_replicates.csv and scores_notes.csv of the
    fitted point, and of its nulls.csv if there is one, or nothing; study: as in `page.write`, with
    ``free`` and ``true``, of each fitted parameter what to write for it and its value in a
    synthetic target, and ``held_out``, how many replicates of the target the fit was not told of,
    and ``by_simulation``, how it was made.
    """
    if not paths:
        return {}
    path, table_path, scores_path, _, _, *nulls_paths = paths
    _, rows = tables.read(table_path)
    _, scores = tables.read(scores_path)
    own = [row for row in rows if row["parameter"] in study["free"]]
    scores = [row for row in scores if row["score"] in SCORES]
    nulls = [row for path in nulls_paths for row in tables.read(path)[1]]
    kind = answer.first_kind(scores)
    first = answer.of_kind(scores, kind)
    return {
        "words": [in_words(row, study["free"]) for row in own],
        "sentence": _sentence(own, first, study) + _beside_nulls(nulls, kind),
        "nulls": [table.of_null(row) for row in nulls if answer.is_told(row, kind)],
        "rows": [_cells(row, study) for row in rows],
        "groups": table.groups(first),
        "notes": estimates.read(path).notes,
        "held_out": study["held_out"],
        "by_simulation": study["by_simulation"],
    }


def _numbers(row: Row) -> tuple[str, str, str]:
    """Value and ends of the interval as texts, in as many digits as the interval has."""
    value, low, high = (tables.value(row[name]) for name in ("value", "ci_low", "ci_high"))
    digits = max(decimals(low, high), 0)
    if high - low < 1e-3 or digits > 4:
        return f"{value:.4g}", f"{low:.4g}", f"{high:.4g}"
    return decimal(value, digits), decimal(low, digits), decimal(high, digits)


def in_words(row: Row, free: Mapping[str, str]) -> str:
    """A row of fit.csv in words; free: {fitted parameter: what to write for it}."""
    value, low, high = _numbers(row)
    text = named(free[row["parameter"]], value)
    ends = [tables.value(row[name]) for name in ("ci_low", "ci_high")]
    near = min(abs(tables.value(row["value"]) - end) for end in ends)
    if row["identified"] == "false" and near <= AT_END * (ends[1] - ends[0]):
        return f"{text}, at a bound ({low} to {high} are no worse; beyond it may be better)"
    if row["identified"] == "false":
        return f"{text}, which this target does not tell: {low} to {high} are no worse"
    return f"{text} (95{SPACE}% interval {low} to {high})"


def _sentence(rows: Sequence[Row], scores: Sequence[Row], study: Mapping) -> str:
    """Which parameters explain the target, and how well they do what they were not fitted to."""
    fitted = joined([in_words(row, study["free"]) for row in rows])
    found = {row["score"]: table.in_words(row) for row in scores}
    true = joined([setting(study["free"][key], value) for key, value in study["true"].items()])
    truth = f" (the truth: {true})" if true else ""
    many = study["held_out"]
    match, ceiling, distance = (
        found[name]["words"] for name in ("fc_match", "fc_match_ceiling", "fc_distance")
    )
    return (
        f"Fitted to the target{truth}: {fitted}. On the {many} "
        f"{'replicate' if many == 1 else 'replicates'} held out from the fit, the FC match of the "
        f"fitted model is {match}, beside a ceiling of {ceiling}; the FC distance is {distance}."
        + _verdict(scores)
    )


def _verdict(scores: Sequence[Row]) -> str:
    """That the model is not true, if a distance says so; "" if none does."""
    apart = [
        SCORES[name].label
        for row in scores
        if (name := row["score"]) in ("fc_distance", "spectral_distance")
        and tables.value(row["ci_low"]) > 0
    ]
    if not apart:
        return ""
    return (
        f" The {joined(apart)} {'exclude' if len(apart) > 1 else 'excludes'} 0: this model is not "
        "the target's, whatever its parameters, and their intervals are too sure."
    )


def _beside_nulls(nulls: Sequence[Row], kind: Kind) -> str:
    """How the fitted model is beside fits on other networks; "" where there are none."""
    chances = [
        f"the {label} {words}"
        for label, words in (
            ("likelihood has", answer.chance(nulls, Kind("", ""), LIKELIHOOD)),
            ("match", answer.chance(nulls, kind)),
        )
        if words
    ]
    return (
        f" Against null networks, each with a fit of its own, {joined(chances)}." if chances else ""
    )


def _cells(row: Row, study: Mapping) -> dict:
    """A row of the page's table."""
    key = row["parameter"]
    value, low, high = _numbers(row)
    label = study["free"].get(key, key.rsplit(".", 1)[-1].replace("_", " ") + " of the recording")
    truth = study["true"].get(key)
    return {
        "label": label,
        "key": key,
        "value": value,
        "interval": f"{low} to {high}",
        "identified": row["identified"] == "true",
        "truth": "" if truth is None else plain(truth),
    }
