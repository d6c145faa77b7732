from types import SimpleNamespace

import numpy as np
import pytest
from restmeg import connectome, questions, recording, segments

LABELS = np.array(["left V1", "right V1", "Precuneus L"], dtype=object)
WEIGHTS = np.array([[0.0, 0.5, 0.25], [0.125, 0.0, 1.0], [0.75, 0.0, 0.0]])
DISTANCES = np.array([[0.0, 10.0, 20.5], [11.0, 0.0, 30.0], [21.0, 31.0, 0.0]])


def asked(weights, distances, path="x.npz"):
    anatomy = connectome.Connectome(*connectome.standard(path, weights, distances, LABELS))
    return list(questions.of_connectome(path, anatomy))


@pytest.mark.parametrize("triangle", [np.triu, np.tril])
def test_weights_one_way_only_are_said(triangle):
    assert asked(triangle(WEIGHTS), 3 * DISTANCES) == [
        "weights are a triangle, connections one way only; a file of undirected weights must hold "
        "both halves, or connectome.symmetrise say which one it has"
    ]


FULL = WEIGHTS + WEIGHTS.T
PAIRS = DISTANCES + DISTANCES.T


@pytest.mark.parametrize(
    ("weights", "distances", "said"),
    [
        (1 - np.eye(3), PAIRS, "the weights of all pairs are equal; structure-function coupling"),
        (FULL, 0 * PAIRS, "all distances are 0; signals arrive without delay"),
        (FULL, PAIRS / 1000, "the longest connection is 0.061 mm, where a brain's have 25 to 400"),
        (FULL, PAIRS / 10, "; if they are in another unit, say so with connectome.distance_unit"),
        (FULL, PAIRS * 1000, "the longest connection is 6.1e+04 mm"),
        (PAIRS, FULL, "; are weights and distances swapped?"),
        (
            FULL * [[1, 1, 0], [1, 1, 0], [0, 0, 0]],
            2 * PAIRS,
            "no connection to or from region 'Pre",
        ),
    ],
)
def test_what_is_possible_but_seldom_meant_is_said(weights, distances, said):
    (question,) = asked(weights, distances)
    assert said in question


def test_a_file_that_says_its_unit_is_asked_about_that():
    (question,) = asked(FULL, PAIRS / 1000, "x.nc")
    assert question.endswith("; is the attribute 'units' of distances right?")


def series(n_samples=500, sampling_rate=250.0):
    raw = SimpleNamespace(n_samples=n_samples)
    return recording.Recording("x.nc", raw, [0], list("ABCDEF"), list(range(6)), sampling_rate)


TIMES = {"dt": 0.3, "duration": 3900.0, "transient": 300.0, "sampling_interval": 3.0}


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ((900, 250.0), None),
        ((893, 250.0), None),  # shorter by less than a hundredth
        (
            (500, 250.0),
            "has 2 s on end, so that of simulated replicates of 3.6 s the rest is not compared; "
            "simulation.duration: 2.2998 s, with the transient, makes use of all",
        ),
    ],
)
def test_what_is_simulated_for_nothing_is_said(to, said):
    found = list(questions.of_lengths(TIMES, segments.Sampling(*to)))
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("rate", "said"),
    [(250.0, None), (0.25, "its samples are 4 s apart"), (250_000.0, "its samples are 4 us apart")],
)
def test_a_time_axis_of_another_unit_is_said(rate, said):
    """Milliseconds that are called seconds, and the other way round."""
    found = list(questions.of_recording(series(60_000, rate)))
    end = "; is the unit of its time, or target.sampling_rate, right?"
    assert found == ([] if said is None else [said + end])


@pytest.mark.parametrize(
    ("silent", "zeros", "said"),
    [
        ([], 0.09, None),
        ([], 0.1, "all regions are zero for 0.1 s on end; if bad segments were set to zero"),
        (["A"], 0.0, "no variance in region 'A'; no score of such a replicate has a value"),
    ],
)
def test_values_of_no_activity_are_said(silent, zeros, said):
    found = list(questions.of_values(segments.Looks(silent, zeros)))
    assert len(found) == (said is not None)
    for text in found:
        assert text.startswith(said)


@pytest.mark.parametrize(
    ("speeds", "said"),
    [
        ([1.0, 10.0], None),
        ([10.0, 0.07], "at 0.07 mm/ms signals are up to 1143 ms on their way"),  # 7 cm/s
        ([10.0, 10_000.0], "at 1e+04 mm/ms no signal is longer on its way than a step, 0.1 ms"),
    ],
)
def test_speeds_of_no_brain_are_said(speeds, said):
    models = [{"conduction_speed": speed} for speed in speeds]
    found = list(questions.of_delays(80.0, models, 0.1))
    assert len(found) == (said is not None)
    for text in found:
        assert said in text
        assert "is it in another unit" in text
    assert list(questions.of_delays(0.0, models, 0.1)) == []


def test_too_few_samples_for_the_regions_are_said():
    assert list(questions.of_recording(series(11, 1000.0))) == [
        "11 samples for 6 regions: correlations of so few are mostly chance"
    ]
    assert list(questions.of_recording(series(6, 1000.0))) == [
        "6 samples for 6 regions: are time and region in each other's place?"
    ]


def test_a_truth_that_no_fit_can_find_is_said():
    bounds = {"model.coupling_strength": [2.0, 5.0], "model.noise.sigma": [0.001, 0.1]}
    fit = {"parameters": bounds, "method": "likelihood"}
    truth = {"model.coupling_strength": 1.5, "model.noise.sigma": 0.01}
    (said,) = questions.of_fit(fit, truth, {"rewired": {}})
    assert said.startswith("model.coupling_strength: of the synthetic target it is 1.5, not betw")
    assert not list(questions.of_fit(fit, {}, {}))  # of a recording
    (said,) = questions.of_fit(fit | {"method": "simulation"}, {}, {"rewired": {}})
    assert "not made on null networks" in said
