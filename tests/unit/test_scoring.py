"""From files of functional connectivity to tables of scores."""

import csv

import numpy as np
import pytest
from restmeg import InputError, connectome, estimands, estimated, scoring, store
from restmeg.scores import LIKELIHOOD, OF_CONNECTIVITY, SCORES, correlation


def symmetric(rng, *shape):
    matrices = rng.normal(size=shape)
    return matrices + np.swapaxes(matrices, -1, -2)


LABELS = np.array([f"R{k}" for k in range(8)], dtype=object)


def write_connectivity(
    path, fc, replicates, role="simulated", point="pa", labels=LABELS, notes=(), segments=None
):
    with store.new_netcdf(path, "Connectivity", {"role": role, "point": point}) as dataset:
        store.add(dataset, "measure", np.array(["pearson"], dtype=object))
        store.add(dataset, "band", np.array(["broadband"], dtype=object))
        store.add(dataset, "replicate", np.array(replicates))
        store.add(dataset, "region_to", labels)
        store.add(dataset, "fc", fc[None, None])
        if segments is not None:
            store.add(dataset, "fc_segments", segments[None, None])
        store.add_notes(dataset, list(notes))
    return path


@pytest.fixture
def anatomy(tmp_path, example):
    connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")
    return tmp_path / "connectome.nc"


def score_point(tmp_path, anatomy, simulated, target, point="pa", **more):
    """The three tables of a point."""
    out = [tmp_path / f"{name}.csv" for name in ("scores", "replicates", "notes")]
    scoring.score_point(simulated, target, anatomy, point, out, **more)
    return [list(csv.DictReader(path.read_text().splitlines())) for path in out]


def test_scores_of_a_point(tmp_path, anatomy, example):
    """Two files in the wrong order, one replicate with a silent region."""
    rng = np.random.default_rng(6)
    fc, target = symmetric(rng, 3, 8, 8), symmetric(rng, 2, 8, 8)
    fc[2, 4, :] = fc[2, :, 4] = np.nan
    paths = [
        write_connectivity(tmp_path / "2.nc", fc[2:], [2], notes=["replicate 2: silent"]),
        write_connectivity(tmp_path / "0.nc", fc[:2], [0, 1]),
    ]
    aim = write_connectivity(tmp_path / "t.nc", target, [5, 7], "target", "pt", notes=["flat"])
    with pytest.warns(UserWarning, match="point pa: .* is NaN in 1 of 3 simulated") as caught:
        summary, single, notes = score_point(tmp_path, anatomy, paths, [aim])
    assert len(caught) == 1
    assert " ".join(summary[0]) == (
        "point measure band score value ci_low ci_high n expected expected_sd null_z null_p null_n"
    )
    assert [row["score"] for row in summary] == OF_CONNECTIVITY
    assert {(row["point"], row["measure"], row["band"]) for row in summary} == {
        ("pa", "pearson", "broadband")
    }
    assert {row[name] for row in summary for name in (*scoring.EXPECTED, *scoring.NULL)} == {""}
    table = {row["score"]: row for row in summary}
    counts = {"replicate": "2", "pair": "4", "target replicate": "2"}
    assert [row["n"] for row in summary] == [counts[SCORES[name].of] for name in OF_CONNECTIVITY]
    weights, _ = example
    pairs = correlation.edges(fc), correlation.edges(target)
    coupling = correlation.correlations(pairs[0], correlation.undirected(weights)[None])[:, 0]
    value = float(table["structure_function_coupling"]["value"])
    assert value == pytest.approx(coupling[:2].mean(), abs=1e-8)

    def of(name):
        return [row for row in single if row["score"] == name]

    found = [float(row["value"]) for row in of("structure_function_coupling")]
    np.testing.assert_allclose(found, coupling, atol=1e-8)
    match = of("fc_match")
    assert [(row["replicate"], row["target_replicate"]) for row in match] == [
        (str(i), str(j)) for i in range(3) for j in (5, 7)
    ]
    expected = correlation.correlations(*pairs).ravel()
    np.testing.assert_allclose([float(row["value"]) for row in match], expected, atol=1e-8)
    baseline = of("baseline_weights")
    assert [(row["replicate"], row["target_replicate"]) for row in baseline] == [
        ("", "5"),
        ("", "7"),
    ]
    # A score of neither has pseudo-values, of one side after the other; here two are too few.
    assert [(row["replicate"], row["target_replicate"]) for row in of("fc_distance")] == [
        *(("0", ""), ("1", ""), ("2", ""), ("", "5"), ("", "7"))
    ]
    assert [(row["replicate"], row["target_replicate"]) for row in of("fc_match_ceiling")] == [
        *(("", "5"), ("", "7"))
    ]
    assert [(row["point"], row["about"]) for row in notes] == [
        *(("pa", "simulated"), ("pt", "target"), ("pa", "scores"), ("pa", "scores"))
    ]
    assert [row["note"] for row in notes] == [
        "replicate 2: silent",
        "flat",
        "functional connectivity (pearson) is NaN in 1 of 3 simulated replicates, which scores "
        "leave out",
        "fc_match_corrected (pearson): three replicates of each side are needed to know how well "
        "their patterns repeat themselves",
    ]


def test_pseudo_values_average_to_their_interval(tmp_path, anatomy):
    """Which is what makes differences between points follow from the table."""
    rng = np.random.default_rng(8)
    pattern = symmetric(rng, 8, 8)
    paths = [
        write_connectivity(
            tmp_path / f"{role}.nc", pattern + symmetric(rng, n, 8, 8), range(n), role
        )
        for role, n in (("simulated", 5), ("target", 4))
    ]
    summary, single, notes = score_point(tmp_path, anatomy, paths[:1], paths[1:])
    assert not notes
    for row in summary:
        if row["score"] not in ("fc_match_minus_ceiling", "fc_distance"):
            continue
        of = [one for one in single if one["score"] == row["score"]]
        for side, n in (("replicate", 5), ("target_replicate", 4)):
            values = [float(one["value"]) for one in of if one[side]]
            assert len(values) == n
            # These scores are means of products of pairs: no bias is left to take away.
            assert np.mean(values) == pytest.approx(float(row["value"]), abs=1e-7)


def test_expected_scores_stand_beside_those_found(tmp_path, anatomy):
    rng = np.random.default_rng(8)
    paths = [
        write_connectivity(tmp_path / f"{role}.nc", symmetric(rng, 3, 8, 8), range(3), role)
        for role in ("simulated", "target")
    ]
    theory = write_theory(tmp_path / "theory.nc", [2.0, 3.0, 5.0])
    summary, single, notes = score_point(
        tmp_path, anatomy, paths[:1], paths[1:], theory_path=theory
    )
    of_theory = {"fc_match": ("0.25", "0.125"), "fc_match_corrected": ("1", "")}
    assert {row["score"]: (row["expected"], row["expected_sd"]) for row in summary} == {
        name: of_theory.get(name, ("", "")) for name in [*OF_CONNECTIVITY, LIKELIHOOD]
    }
    likelihood = summary[-1]
    assert (likelihood["score"], likelihood["measure"], likelihood["band"]) == (LIKELIHOOD, "", "")
    assert (float(likelihood["value"]), likelihood["n"]) == (10.0, "3")
    of = [row for row in single if row["score"] == LIKELIHOOD]
    assert [(row["target_replicate"], float(row["value"])) for row in of] == [
        *(("0", 2.0), ("1", 3.0), ("2", 5.0))
    ]
    assert ["pa", "theory", "a note"] in [list(note.values()) for note in notes]


def write_theory(path, likelihoods, point="pa", notes=("a note",), growth_rate=-0.1):
    with store.new_netcdf(path, "Linear theory", {"point": point, "transient": 300.0}) as dataset:
        store.add(dataset, "growth_rate", growth_rate)
        for of, name in (("measure", "pearson"), ("band", "broadband")):
            store.add(dataset, of, np.array([name], dtype=object))
        names = np.array(["fc_match", "fc_match_corrected"], dtype=object)
        store.add(dataset, "score", names)
        store.add(dataset, "expected", np.array([[[0.25, 1.0]]]))
        store.add(dataset, "expected_sd", np.array([[[0.125, np.nan]]]))
        store.add(dataset, "target_replicate", np.arange(len(likelihoods)))
        store.add(dataset, "log_likelihood", np.array(likelihoods))
        store.add_notes(dataset, [*notes])
    return path


def test_a_transient_that_is_too_short_is_told(tmp_path, anatomy):
    rng = np.random.default_rng(6)
    simulated = write_connectivity(tmp_path / "s.nc", symmetric(rng, 3, 8, 8), range(3))
    target = write_connectivity(
        tmp_path / "t.nc", symmetric(rng, 3, 8, 8), range(3), "target", "pt"
    )
    for growth_rate, told in ((-0.002, 1), (-0.1, 0), (0.01, 0), (np.nan, 0)):
        theory = write_theory(tmp_path / "theory.nc", [1.0, 2, 3], growth_rate=growth_rate)
        *_, notes = score_point(tmp_path, anatomy, [simulated], [target], theory_path=theory)
        found = [note["note"] for note in notes if "a time constant of 500 ms" in note["note"]]
        assert len(found) == told


def test_theory_of_another_point_or_target_is_refused(tmp_path, anatomy):
    rng = np.random.default_rng(8)
    paths = [
        write_connectivity(tmp_path / f"{role}.nc", symmetric(rng, 3, 8, 8), range(3), role)
        for role in ("simulated", "target")
    ]
    other = write_theory(tmp_path / "theory.nc", [2.0, 3.0, 5.0], "pb")
    with pytest.raises(InputError, match="point pb; expected pa"):
        score_point(tmp_path, anatomy, paths[:1], paths[1:], theory_path=other)
    fewer = write_theory(tmp_path / "theory.nc", [2.0, 3.0])
    with pytest.raises(InputError, match="its target's replicates"):
        score_point(tmp_path, anatomy, paths[:1], paths[1:], theory_path=fewer)


@pytest.mark.parametrize(
    ("likelihoods", "notes", "about"),
    [
        ([np.nan] * 3, ["too short; its likelihood is left out"], "theory"),
        ([np.nan] * 3, [], "scores"),
        ([np.nan, -np.inf, -np.inf], [], "scores"),
    ],
)
def test_why_there_is_no_likelihood_is_told_once(tmp_path, anatomy, likelihoods, notes, about):
    rng = np.random.default_rng(8)
    paths = [
        write_connectivity(tmp_path / f"{role}.nc", symmetric(rng, 3, 8, 8), range(3), role)
        for role in ("simulated", "target")
    ]
    theory = write_theory(tmp_path / "theory.nc", likelihoods, notes=notes)
    summary, _, found = score_point(tmp_path, anatomy, paths[:1], paths[1:], theory_path=theory)
    assert summary[-1]["value"] == "nan"
    (note,) = [note for note in found if "likelihood" in note["note"]]
    assert note["about"] == about
    silent = "log_likelihood: all target replicates have a silent region"
    none = "log_likelihood: the model has no noise"
    assert note["note"] == (notes or [none if -np.inf in likelihoods else silent])[0]


def test_segments_of_a_single_recording_are_brought_along(tmp_path, anatomy):
    rng = np.random.default_rng(9)
    pattern = symmetric(rng, 8, 8)
    segments = pattern + symmetric(rng, 10, 8, 8)
    segments[3, 2] = segments[3, :, 2] = np.nan  # silent for a while
    simulated = write_connectivity(tmp_path / "s.nc", pattern + symmetric(rng, 4, 8, 8), range(4))
    mean = np.nanmean(segments, axis=0)[None]
    target = write_connectivity(tmp_path / "t.nc", mean, [7], "target", segments=segments)
    summary, single, _ = score_point(tmp_path, anatomy, [simulated], [target])
    table = {row["score"]: row for row in summary}
    assert float(table["fc_match_ceiling"]["ci_low"]) > 0
    assert table["fc_match_ceiling"]["n"] == "1"
    of = [row for row in single if row["score"] == "fc_match_ceiling"]
    assert [row["target_replicate"] for row in of] == [str(k) for k in range(10)]
    assert [row["target_replicate"] for row in of if row["value"] == "nan"] == ["3"]
    # Beside a second replicate segments count for nothing.
    other = write_connectivity(tmp_path / "u.nc", mean, [8], "target", segments=segments)
    aim = estimated.read([target, other], "target", LABELS)
    assert aim.segments is None
    assert estimated.read([target], "target", LABELS).segments.shape == (1, 10, 8, 8)


def test_bands_of_a_single_recording_have_no_distance(example):
    rng = np.random.default_rng(6)
    kinds = [estimands.Kind("pearson", "broadband"), estimands.Kind("pearson", "alpha")]
    simulated = estimated.Connectivity(
        "p", kinds, np.arange(3), LABELS, symmetric(rng, 2, 3, 8, 8), []
    )
    parts = symmetric(rng, 8, 8) + 0.1 * symmetric(rng, 2, 10, 8, 8)
    whole = parts.mean(axis=1, keepdims=True)
    target = estimated.Connectivity("t", kinds, np.arange(1), LABELS, whole, [], parts)
    found = {
        (one.band, one.score): one.found for one in scoring.scored(simulated, target, *example)
    }
    assert np.isfinite(found["broadband", "fc_distance"].summary.value)
    assert np.isnan(found["alpha", "fc_distance"].summary.value)
    assert np.isfinite(found["alpha", "fc_match_ceiling"].summary.value)


def test_lengths_known_in_one_direction_are_not_known(example):
    rng, kinds = np.random.default_rng(6), [estimands.Kind("pearson", "broadband")]
    sides = [
        estimated.Connectivity("p", kinds, np.arange(3), LABELS, symmetric(rng, 1, 3, 8, 8), [])
        for _ in range(2)
    ]
    weights, distances = example
    distances = distances.copy()
    distances[1, 4] = 0.0
    found = {one.score: one.found for one in scoring.scored(*sides, weights, distances)}
    assert found["baseline_distance"].note.startswith("1 of 28 pairs of regions have no distance")


def test_files_that_do_not_belong_together_are_not_scored(tmp_path, anatomy):
    rng = np.random.default_rng(6)
    good = write_connectivity(tmp_path / "good.nc", symmetric(rng, 2, 8, 8), [0, 1])
    aim = write_connectivity(tmp_path / "t.nc", symmetric(rng, 1, 8, 8), [0], "target", "pt")
    other = write_connectivity(tmp_path / "other.nc", symmetric(rng, 1, 8, 8), [2], point="pb")
    twice = write_connectivity(tmp_path / "twice.nc", symmetric(rng, 1, 8, 8), [1])
    moved = write_connectivity(
        tmp_path / "moved.nc", symmetric(rng, 1, 8, 8), [2], labels=LABELS[::-1]
    )
    cases = [
        (([aim], [aim]), "t.nc: role target; expected simulated"),
        (([good], [good]), "good.nc: role simulated; expected target"),
        (([good, other], [aim]), f"other.nc: point pb, but {good} has pa; expected one"),
        (([good, twice], [aim]), "good.nc: replicate '1' is there more than once"),
        (([good, moved], [aim]), "moved.nc: its regions are not those of the connectome"),
        (([other], [aim]), "other.nc: point pb; expected pa"),
    ]
    before = sorted(tmp_path.iterdir())
    for paths, message in cases:
        with pytest.raises(InputError) as caught:
            score_point(tmp_path, anatomy, *paths)
        assert str(caught.value) == f"{tmp_path}/{message}"
    assert sorted(tmp_path.iterdir()) == before
