"""What the end of a run tells of its scores."""

import math
import os
import re

import pytest
import scored
from restmeg.console import ending
from restmeg.scores import SCORES

STRENGTH = "model.coupling_strength"
KEY_SCORES = [
    "  score                         value   95 % interval   n",
    "  structure-function coupling    0.30    0.20 to 0.40   20 replicates",
    "  FC match                       0.30    0.20 to 0.40   400 pairs",
    "  ceiling of the FC match        0.30    0.20 to 0.40   20 target replicates",
    "  FC distance (root)             0.55    0.45 to 0.63   400 pairs",
    "  match of the weights           0.30    0.20 to 0.40   20 target replicates",
]


def sweep(folder):
    """Results of a sweep of two numbers and a word."""
    folder.mkdir()
    rows = []
    for k, point in enumerate("abc"):
        axes = {"model.coupling_strength": 0.5 + k, "model.conduction_speed": 10.0 * k}
        likely = (1000 - (k - 1) ** 2, math.nan, math.nan)
        for measure in ("pearson", "other"):
            match = (
                (0.1 * k, 0.1 * k - 0.05, 0.1 * k + 0.05) if measure == "pearson" else (0.9,) * 3
            )
            distance = ((0, -1e-4, 4e-4)[k], -4e-4, 1e-4)
            rows += scored.rows(
                point,
                axes | {"model.coupling": "diffusive"},
                measure,
                log_likelihood=likely,
                fc_match=match,
                fc_distance=distance,
            )
    scored.write(folder / "scores.csv", rows)
    strength, speed = "model.coupling_strength", "model.conduction_speed"
    scored.write_best(
        folder / "best.csv",
        scored.best("fc_match", strength, 2.5, 2.5, 2.5),
        scored.best("fc_distance", strength, 1.5, 0.5, 2.5),
        scored.best("fc_distance", strength, 9.0, 9.0, 9.0) | {"measure": "other"},
        scored.best("log_likelihood", strength, 1.4934, 1.4575, 1.5292, "curvature"),
        scored.best("log_likelihood", speed, 20.0, interval="curvature", at_edge=True),
    )
    (folder / "scores_notes.csv").write_text("point,about,note\np1,x,saturated\np2,x,saturated\n")


def test_the_end_of_a_sweep_is_its_best_point_and_best_values(tmp_path):
    sweep(tmp_path / "results")
    found = ending.scores(tmp_path)
    assert found == [
        "",
        "  Pearson correlation (and 1 more in results/scores.csv)",
        "",
        "  score                          value     95 % interval   n",
        "  structure-function coupling     0.30      0.20 to 0.40   20 replicates",
        "  FC match                        0.10      0.05 to 0.15   400 pairs",
        "  ceiling of the FC match         0.30      0.20 to 0.40   20 target replicates",
        "  FC distance (root)            -0.010   -0.020 to 0.010   400 pairs",
        "  match of the weights            0.30      0.20 to 0.40   20 target replicates",
        "",
        "  at coupling strength 1.5, conduction speed 10 mm/ms, coupling diffusive, the best of 3 "
        "points by log likelihood",
        "  log likelihood highest between points, at coupling strength 1.493 (1.458 to 1.529), "
        "conduction speed 20 mm/ms (edge of the sweep)",
        "  FC distance lowest at coupling strength 1.5 (0.5 to 2.5, to the edge of the sweep)",
        "",
        "2 notes on what was scored: results/scores_notes.csv",
    ]
    assert len(found) < 16
    assert all(text.isascii() for text in found)


def test_where_to_look_is_what_this_run_has_made(tmp_path):
    folder = tmp_path / "results"
    sweep(folder)
    (folder / "figures").mkdir()
    told = "results/scores.csv, results/best.csv and results/figures/"
    assert ending.places(tmp_path) == told
    (folder / "report.html").touch()
    os.utime(folder / "report.html", (0, 0))  # of an earlier run
    assert ending.places(tmp_path) == told
    (folder / "report.html").touch()
    (folder / "differences.csv").touch()
    (folder / "nulls.csv").touch()  # of a study with null networks, which this is not
    assert ending.places(tmp_path) == (
        "results/report.html, results/scores.csv, results/best.csv, results/differences.csv and "
        "results/figures/"
    )


def with_nulls(folder, rows, own="0.02"):
    """Give scores.csv its columns of null networks, and write nulls.csv: rows of point, n, p."""
    path = folder / "scores.csv"
    head, *lines = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},null_z,null_p,null_n"] + [f"{x},1,{own},9" for x in lines]))
    texts = [
        "point,model.coupling_strength,null,measure,band,score,value,null_mean,null_z,null_p,null_n"
    ]
    for point, k, name, n, z, p in rows:
        texts += [f"{point},{k},{name},pearson,broadband,fc_match,0.3,0.123,{z},{p},{n}"]
        texts += [f"{point},{k},{name},pearson,broadband,fc_distance,0.3,0.2,{z},{p},{n}"]
    (folder / "nulls.csv").write_text("\n".join(texts))


def test_null_networks_are_told_with_their_number_and_point(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    rows = [row for k, name in ((1, "a"), (2, "b")) for row in scored.rows(name, {STRENGTH: k})]
    for row in rows:
        if row["score"] == "log_likelihood":
            row["value"] = 1000 + row[STRENGTH]
    scored.write(folder / "scores.csv", rows)
    nulls = [("a", 1, "rewired", 99, 2.5, 0.02), ("a", 1, "instant", 1, "", "")]
    with_nulls(folder, [*nulls, ("a", 1, "none", 0, "", "")])
    text = "\n".join(ending.scores(tmp_path))
    assert "at coupling strength 2, the best of 2 points by log likelihood" in text
    assert (
        "\n\n  FC match 0.30 against 0.12 of 99 networks 'rewired', z = 2.50, p = 0.02, at "
        "coupling strength 1\n  FC match 0.30 against 0.12 of 1 network 'instant', at coupling "
        "strength 1\n"
    ) in text
    assert "'none'" not in text
    assert ending.places(tmp_path) == "results/scores.csv and results/nulls.csv"


def test_nulls_of_an_earlier_study_are_not_told(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    scored.write(folder / "scores.csv", scored.rows())
    with_nulls(folder, [("pa", 1, "rewired", 99, 2.5, 0.02)])
    assert "rewired" in "\n".join(ending.scores(tmp_path))
    scored.write(folder / "scores.csv", scored.rows())
    assert "rewired" not in "\n".join(ending.scores(tmp_path))
    assert ending.places(tmp_path) == "results/scores.csv"


def test_one_point_is_the_best_of_none(tmp_path):
    (tmp_path / "results").mkdir()
    scored.write(tmp_path / "results/scores.csv", scored.rows(axes={STRENGTH: 1.5}))
    assert "  at coupling strength 1.5, the only point" in ending.scores(tmp_path)


def test_one_note_is_one(tmp_path):
    (tmp_path / "results").mkdir()
    scored.write(tmp_path / "results/scores.csv", scored.rows())
    (tmp_path / "results/scores_notes.csv").write_text("point,about,note\np1,x,saturated\n")
    assert ending.scores(tmp_path)[-1] == "1 note on what was scored: results/scores_notes.csv"


def test_without_theory_the_nearest_point_is_told(tmp_path):
    sweep(tmp_path / "results")
    path = tmp_path / "results/scores.csv"
    path.write_text(re.sub(r"(log_likelihood),[^,]*", r"\1,nan", path.read_text()))
    (tmp_path / "results/best.csv").unlink()
    found = "\n".join(ending.scores(tmp_path))
    assert (
        "  at coupling strength 1.5, conduction speed 10 mm/ms, coupling diffusive, the best of 3 "
        "points by FC distance" in found
    )
    assert "likelihood" not in found


def test_what_has_no_value_or_interval_says_so(tmp_path):
    (tmp_path / "results").mkdir()
    path = tmp_path / "results/scores.csv"
    scored.write(path, scored.rows(fc_match=(0.5, math.nan, math.nan), fc_distance=scored.NONE))
    found = ending.scores(tmp_path)
    assert found[3].split() == ["FC", "match", "0.50", "none", "400", "pairs"]
    assert found[5].split() == ["FC", "distance", "(root)", "none", "none", "400", "pairs"]
    scored.write(path, scored.rows(**dict.fromkeys(SCORES, scored.NONE)))
    found = ending.scores(tmp_path)
    assert all(line.count("none") == 2 for line in found[2:7])
    assert found[7:] == [""]  # and no baseline


@pytest.mark.parametrize(
    ("name", "label"),
    [("weights", "weights"), ("log_weights", "log weights"), ("distance", "minus the distance")],
)
def test_the_best_baseline_is_told(tmp_path, name, label):
    (tmp_path / "results").mkdir()
    rows = scored.rows(**{f"baseline_{name}": (0.7, 0.6, 0.8)})
    scored.write(tmp_path / "results/scores.csv", rows)
    (line,) = [line for line in ending.scores(tmp_path) if "match of" in line]
    assert re.fullmatch(rf"  match of (the )?{label} +0.70 +0.60 to 0.80 +20 target repl\w+", line)
