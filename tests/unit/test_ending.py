"""What the end of a run tells of its scores."""

import math
import os
import re

import pytest
import scored
from restmeg.console import ending
from restmeg.scores import SCORES

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
        scored.best("log_likelihood", speed, 20.0, interval="curvature"),
    )
    (folder / "scores_notes.csv").write_text("point,about,note\np1,x,saturated\np2,x,saturated\n")


def test_the_end_of_a_sweep_is_its_best_point_and_best_values(tmp_path):
    sweep(tmp_path / "results")
    found = ending.scores(tmp_path)
    assert found == [
        "",
        "  score                          value     95 % interval   n",
        "  structure-function coupling     0.30      0.20 to 0.40   20 replicates",
        "  FC match                        0.10      0.05 to 0.15   400 pairs",
        "  ceiling of the FC match         0.30      0.20 to 0.40   20 target replicates",
        "  FC distance (root)            -0.010   -0.020 to 0.010   400 pairs",
        "  match of the weights            0.30      0.20 to 0.40   20 target replicates",
        "",
        "  at coupling_strength 1.5, conduction_speed 10, coupling diffusive, best by log "
        "likelihood of 3 points",
        "  log likelihood highest at coupling_strength 1.493 (1.458 to 1.529), conduction_speed 20 "
        "(edge of the sweep)",
        "  FC distance lowest at coupling_strength 1.5 (0.5 to 2.5)",
        "",
        "2 notes say what is wrong with what was scored: results/scores_notes.csv",
    ]
    assert len(found) < 14
    assert all(text.isascii() for text in found)


def test_where_to_look_is_what_this_run_has_made(tmp_path):
    folder = tmp_path / "results"
    sweep(folder)
    (folder / "figures").mkdir()
    assert ending.places(tmp_path) == "results/scores.csv and results/figures/"
    (folder / "report.html").touch()
    os.utime(folder / "report.html", (0, 0))  # of an earlier run
    assert ending.places(tmp_path) == "results/scores.csv and results/figures/"
    (folder / "report.html").touch()
    assert ending.places(tmp_path).startswith("results/report.html, ")


def test_without_theory_the_nearest_point_is_told(tmp_path):
    sweep(tmp_path / "results")
    path = tmp_path / "results/scores.csv"
    path.write_text(re.sub(r"(log_likelihood),[^,]*", r"\1,nan", path.read_text()))
    (tmp_path / "results/best.csv").unlink()
    found = "\n".join(ending.scores(tmp_path))
    assert (
        "  at coupling_strength 1.5, conduction_speed 10, coupling diffusive, best by FC" in found
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
    assert all(line.count("none") == 2 for line in found[2:6])
    assert found[6:] == [""]  # and no baseline


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
