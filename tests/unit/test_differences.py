"""Differences between points, from tables of scores that the package has written."""

import numpy as np
import plain_scores as plain
import pytest
from restmeg import connectome, differences, scoring, tables
from restmeg.scores import LIKELIHOOD, OF_CONNECTIVITY, SCORES
from scipy import stats
from test_scoring import LABELS, symmetric, write_connectivity

OF_MODEL = [name for name in OF_CONNECTIVITY if SCORES[name].of_model]


@pytest.fixture
def study(tmp_path, example):
    """A callable that scores points of one study and gives its differences, and the FC of all."""

    def make(points, target, segments=None):
        """points: {name: FC (replicates, N, N)}."""
        connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")
        aim = tmp_path / "target.nc"
        write_connectivity(aim, target, range(len(target)), "target", "pt", segments=segments)
        rows = [["role", "point", "model.k", "replicates", "folder"]]
        found: dict = {name: [] for name in ("scores", "replicates", "notes")}
        for k, (name, fc) in enumerate(points.items()):
            path = write_connectivity(tmp_path / f"{name}.nc", fc, range(len(fc)), point=name)
            rows.append(["simulated", name, 0.5 * k, f"0-{len(fc) - 1}", ""])
            out = [tmp_path / f"{name}_{table}.csv" for table in found]
            scoring.score_point([path], [aim], tmp_path / "connectome.nc", name, out)
            for paths, one in zip(found.values(), out, strict=True):
                paths.append(one)
        tables.write(tmp_path / "points.csv", rows)
        for table, paths in found.items():
            tables.gather(tmp_path / "points.csv", paths, tmp_path / f"{table}.csv")
        out = tmp_path / "differences.csv"
        differences.write(tmp_path / "scores.csv", tmp_path / "replicates.csv", out)
        return tables.read(out)

    return make


def drawn(strengths, n=6, m=5, noise=0.5):
    """FC of points that share a pattern and, replicate by replicate, their noise."""
    rng = np.random.default_rng(3)
    pattern, noises = symmetric(rng, 8, 8), noise * symmetric(rng, n, 8, 8)
    own = symmetric(rng, n, 8, 8)
    points = {
        f"p{k}": strength * pattern + noises + 0.2 * k * own for k, strength in enumerate(strengths)
    }
    return points, pattern + noise * symmetric(rng, m, 8, 8)


def vectors(fc):
    return list(np.asarray(fc)[:, *np.triu_indices(8, 1)])


def test_each_point_stands_beside_the_best_of_each_score(study):
    points, target = drawn([0.6, 1.0, 3.0])
    columns, rows = study(points, target)
    assert columns == [
        *("point", "model.k", "reference", "measure", "band", "score"),
        *("value", "ci_low", "ci_high", "n"),
    ]
    assert list(dict.fromkeys(row["score"] for row in rows)) == OF_MODEL
    for name in OF_MODEL:
        mine = [row for row in rows if row["score"] == name]
        (reference,) = {row["reference"] for row in mine}
        assert [row["point"] for row in mine] == [p for p in ("p0", "p1", "p2") if p != reference]
        sign = -1 if name == "fc_distance" else 1
        assert all(sign * float(row["value"]) <= 0 for row in mine)
        assert {row["band"] for row in mine} == {"broadband"}
    assert {r["reference"] for r in rows if r["score"] == "fc_distance"} == {"p1"}
    assert [row["model.k"] for row in rows if row["score"] == "fc_distance"] == ["0.0", "1.0"]


def test_differences_are_paired(study):
    """Those of replicates and pairs against plain ones, the others computed again as wholes."""
    points, target = drawn([0.5, 1.0])
    _, rows = study(points, target)
    T = vectors(target)
    for row in rows:
        one, other = (vectors(points[row[name]]) for name in ("point", "reference"))
        found = [float(row[name]) for name in ("value", "ci_low", "ci_high")]
        if row["score"] == "fc_match":
            matrices = [np.array([[plain.corr(s, t) for t in T] for s in S]) for S in (one, other)]
            expected = plain.two_way(matrices[0] - matrices[1])
            assert row["n"] == "30"
        elif row["score"] == "structure_function_coupling":
            weights = vectors([connectome_weights()])[0]
            values = [np.array([plain.corr(s, weights) for s in S]) for S in (one, other)]
            interval = stats.ttest_rel(*values).confidence_interval(0.95)
            expected = (values[0] - values[1]).mean(), *interval
            assert row["n"] == "6"
        elif not SCORES[row["score"]].is_mean:
            statistic = {
                "fc_match_minus_ceiling": plain.minus_ceiling,
                "fc_match_corrected": plain.corrected,
                "fc_distance": plain.distance,
            }[row["score"]]
            both = list(zip(one, other, strict=True))

            def gap(both, T, statistic=statistic):
                first, second = ([pair[k] for pair in both] for k in (0, 1))
                return statistic(first, T) - statistic(second, T)

            *expected, _ = plain.jackknife(gap, both, T)
            assert row["n"] == "30"
        else:
            continue
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-7)


def connectome_weights():
    from restmeg import bundled

    with np.load(bundled.example()) as archive:
        return archive["weights"]


def test_of_a_single_recording_its_own_chance_is_counted_once(study):
    """The match less the ceiling differs between points as the match does."""
    points, target = drawn([0.5, 1.0], m=10)
    _, rows = study(points, target.mean(axis=0, keepdims=True), target)
    table = {row["score"]: row for row in rows}
    assert table["fc_match"]["n"] == "6"
    match, gap = (table[name] for name in ("fc_match", "fc_match_minus_ceiling"))
    assert float(match["value"]) == pytest.approx(float(gap["value"]), abs=1e-8)
    assert np.isfinite(float(table["fc_distance"]["ci_low"]))


def test_a_point_without_a_score_or_a_replicate_without_values(study):
    points, target = drawn([0.5, 1.0, 1.5, 2.0])
    points["p0"][:] = np.nan
    points["p1"][2, 3, :] = points["p1"][2, :, 3] = np.nan
    with pytest.warns(UserWarning, match="is NaN in"):
        _, rows = study(points, target)
    for row in rows:
        assert row["reference"] != "p0"
        nothing = row["point"] == "p0"
        assert (row["value"] == "nan") == (row["ci_low"] == "nan") == nothing
        if nothing:
            assert row["n"] == "0"
        elif "p1" in (row["point"], row["reference"]):
            assert row["n"] == {"replicate": "5", "pair": "25"}[SCORES[row["score"]].of]


def test_one_point_or_no_finite_score_leave_the_table_empty(study):
    points, target = drawn([1.0])
    assert study(points, target)[1] == []
    points, target = drawn([1.0, 2.0])
    with pytest.warns(UserWarning, match="is NaN in"):
        assert study({name: fc * np.nan for name, fc in points.items()}, target)[1] == []


def test_scores_of_others_are_let_be(tmp_path):
    head = ["point", "measure", "band", "score", "value", "ci_low", "ci_high", "n"]
    rows = [[point, "", "", "other", -3.0, "", "", 20] for point in ("pa", "pb")]
    tables.write(tmp_path / "scores.csv", [head, *rows])
    head = ["point", "measure", "band", "score", "replicate", "target_replicate", "value"]
    tables.write(tmp_path / "replicates.csv", [head])
    paths = [tmp_path / f"{name}.csv" for name in ("scores", "replicates", "differences")]
    differences.write(*paths)
    assert tables.read(paths[-1])[1] == []


def test_a_sweep_has_differences_of_all_that_tells_models_apart(tmp_path):
    """21 points of 16 x 16 replicates."""
    rng = np.random.default_rng(0)
    start = ["pearson", "broadband"]
    scores, singles = [], []
    for point in range(21):
        for name, score in SCORES.items():
            scores.append([point, *start, name, rng.normal(), 0, 0, 16])
            if score.is_mean and score.of == "pair":
                places = [(r, t) for r in range(16) for t in range(16)]
            else:
                places = [(r, "") for r in range(16)] + [("", t) for t in range(16)]
            singles += [[point, *start, name, *place, rng.normal()] for place in places]
    head = ["point", "measure", "band", "score"]
    tables.write(tmp_path / "scores.csv", [[*head, "value", "ci_low", "ci_high", "n"], *scores])
    tables.write(
        tmp_path / "replicates.csv", [[*head, "replicate", "target_replicate", "value"], *singles]
    )
    paths = [tmp_path / f"{name}.csv" for name in ("scores", "replicates", "differences")]
    differences.write(*paths)
    of_models = [name for name, score in SCORES.items() if score.of_model]
    assert len(tables.read(paths[-1])[1]) == 20 * len(of_models)


def test_a_likelihood_has_the_interval_of_its_difference_to_the_best(tmp_path):
    """It is a sum over the target's replicates, each of which has its own difference."""
    rng = np.random.default_rng(4)
    values = {f"p{k}": -100.0 * abs(k - 1) + rng.normal(size=6) for k in range(3)}
    head = ["point", "model.k", "measure", "band", "score"]
    rows = [
        [name, k, "", "", LIKELIHOOD, each.sum(), "nan", "nan", 6]
        for k, (name, each) in enumerate(values.items())
    ]
    other = ["p0", 0, "pearson", "broadband", "fc_match", 0.5, 0.4, 0.6, 36]
    summary = ["value", "ci_low", "ci_high", "n"]
    tables.write(tmp_path / "scores.csv", [[*head, *summary], *rows, other])
    singles = [
        [name, k, "", "", LIKELIHOOD, "", t, value]
        for k, (name, each) in enumerate(values.items())
        for t, value in enumerate(each)
    ]
    names = [*head, "replicate", "target_replicate", "value"]
    tables.write(tmp_path / "replicates.csv", [names, *singles])
    paths = [tmp_path / f"{name}.csv" for name in ("scores", "replicates", "differences")]
    differences.write(*paths)
    differences.place_likelihoods(paths[0], paths[2])
    _, found = tables.read(paths[0])
    for row in found[:3]:
        if row["point"] == "p1":  # the best one has none to itself
            assert (row["ci_low"], row["ci_high"]) == ("", "")
            continue
        each = values[row["point"]] - values["p1"]
        low, high = stats.t.interval(0.95, 5, each.mean(), each.std(ddof=1) / np.sqrt(6))
        best = values["p1"].sum()
        assert float(row["ci_low"]) == pytest.approx(best + 6 * low, rel=1e-7)
        assert float(row["ci_high"]) == pytest.approx(best + 6 * high, rel=1e-7)
    assert list(found[3].values()) == [str(x) for x in other]
