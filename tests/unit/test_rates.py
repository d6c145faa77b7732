import numpy as np
import pytest
from restmeg import rates, simulation
from restmeg.model import build_network, initial_state, stream

LABELS = [f"R{k}" for k in range(8)]


def simulated(example, model, dt=0.1, **changes):
    """Lowest and highest rates after 100 ms of 500 ms, and what is said of them."""
    weights, distances = example
    model = {**model, **changes}
    net = build_network(weights, distances, model, dt)
    state = initial_state(net)
    rate = simulation.run(net, state, stream(1, "simulated", 0), round(500 / dt))
    rate = rate[round(100 / dt) :]
    lowest, highest = rate.min(axis=0)[None], rate.max(axis=0)[None]
    return lowest, highest, rates.notes(lowest, highest, model["parameters"], LABELS, [0])


@pytest.mark.parametrize("r", [0.0, 1.0, 0.5])
def test_limits_are_the_rates_that_the_strongest_input_leads_to(example, model, r):
    parameters = {**model["parameters"], "r": r}
    low, high = rates.limits(parameters)
    noise = {**model["noise"], "sigma": 0.0}
    for drive, limit in ((1e3, high), (-1e3, low)):
        lowest, highest, _ = simulated(
            example, model, parameters=parameters, noise={**noise, "mean_E": drive}
        )
        np.testing.assert_allclose(lowest, np.full((1, 8), limit), rtol=1e-6)
        np.testing.assert_allclose(highest, np.full((1, 8), limit), rtol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"coupling_strength": 30.0},
        {"noise": {"sigma": 1.0, "tau": 20.0, "mean_E": 0.0, "mean_I": 0.0}},  # up and down
        {"noise": {"sigma": 0.01, "tau": 20.0, "mean_E": 0.4, "mean_I": 0.0}},
        # These rest close to their lower limit.
        {"theta_E": 4.0},
        {"a_E": 2.0},
        {"a_E": 4.0, "theta_E": 3.0},
        {"r": -1.0},
    ],
)
def test_nothing_is_said_of_rates_that_the_model_can_have(example, model, changes):
    if "noise" not in changes and "coupling_strength" not in changes:
        changes = {"parameters": {**model["parameters"], **changes}}
    assert simulated(example, model, **changes)[2] == []


@pytest.mark.parametrize(
    ("changes", "dt", "said"),
    [
        ({"coupling": "additive", "coupling_strength": 1e5}, 0.1, "saturated; the input is too"),
        (
            {"noise": {"sigma": 0.1, "tau": 20.0, "mean_E": -9.0, "mean_I": 0.0}},
            0.1,
            "silenced; the input is too",
        ),
        ({"noise": {"sigma": 3.0, "tau": 20.0, "mean_E": 0.0, "mean_I": 0.0}}, 2.0, "dt is too l"),
    ],
)
def test_rates_that_carry_no_signal_are_told_with_their_cause(example, model, changes, dt, said):
    lowest, highest, notes = simulated(example, model, dt, **changes)
    (note,) = notes
    assert note.startswith("replicate 0, region R0, R1, R2 and 5 more: rates ")
    assert said in note
    assert f"(found {lowest.min():.3g} to {highest.max():.3g}, possible -0.0347 to 0.491)" in note


def test_only_the_regions_and_replicates_concerned_are_named(model):
    _, high = rates.limits(model["parameters"])
    lowest, highest = np.zeros((2, 3, 8))
    lowest[1, [2, 5]] = highest[1, [2, 5]] = high
    (note,) = rates.notes(lowest, highest, model["parameters"], LABELS, [10, 11, 12])
    assert note.startswith("replicate 11, region R2, R5: rates stay at their upper limit")


def test_parameters_may_differ_between_regions(model):
    parameters = {**model["parameters"], "theta_E": [2.8] * 7 + [0.0]}
    low, _ = rates.limits(parameters)
    assert low.shape == (8,)
    assert low[7] == pytest.approx(-0.5 / (1 - 0.5))
    at_rest = np.zeros((1, 8))
    assert rates.notes(at_rest - 0.1, at_rest - 0.1, parameters, LABELS, [0])[0].startswith(
        "replicate 0, region R0, R1, R2 and 4 more: rates leave what the model can have"
    )


def test_a_model_without_limits_has_no_notes_on_them(model):
    parameters = {**model["parameters"], "r": -50.0}
    _, high = rates.limits(parameters)
    assert np.isinf(high).all()
    assert rates.notes(np.zeros((1, 8)), np.ones((1, 8)), parameters, LABELS, [0]) == []


@pytest.mark.parametrize(("dt", "n"), [(0.5, 0), (0.6, 2), (10.0, 2), (11.0, 3)])
def test_a_step_longer_than_half_a_time_constant_is_told(model, dt, n):
    notes = [text for _, text in rates.step_notes(dt, model, np.zeros(8)).values()]
    assert len(notes) == n
    if n:
        expected = f"simulation.dt, {dt:g} ms, is more than 0.5 of model.parameters.tau_E, 1 ms;"
        assert notes[0].startswith(expected)


@pytest.mark.parametrize(
    ("strength", "dt", "told"), [(50.0, 0.1, False), (300.0, 0.1, True), (300.0, 0.01, False)]
)
def test_a_step_too_long_for_diffusive_coupling_is_told(example, model, strength, dt, told):
    """As is seen by what half the step does: without noise a region at rest stays there."""
    weights, distances = example
    model = {**model, "coupling_strength": strength}
    row_sums = weights.sum(axis=1)
    found = rates.step_notes(dt, model, row_sums)
    assert list(found) == ["coupling"] * told
    net = build_network(weights, distances, model, dt)
    state = initial_state(net)
    rate = simulation.run(net, state, stream(0, "simulated", 0), round(100 / dt))
    assert (np.abs(rate).max() > 0.05) == told
    assert rates.step_notes(dt, {**model, "coupling": "additive"}, row_sums) == {}


def test_the_slope_is_the_derivative_of_the_transfer_function(model):
    noise = {**model["noise"], "mean_E": [0.0, 1.0, 2.8]}
    a, theta = model["parameters"]["a_E"], model["parameters"]["theta_E"]

    def sigmoid(u):
        return 1 / (1 + np.exp(-a * (u - theta)))

    u, step = np.array(noise["mean_E"]), 1e-6
    expected = (sigmoid(u + step) - sigmoid(u - step)) / (2 * step)
    np.testing.assert_allclose(rates.slope({**model, "noise": noise}), expected, rtol=1e-8)
    gain = rates.coupling_gain({**model, "noise": noise}, np.full(3, 2.0))
    assert gain == pytest.approx(model["coupling_strength"] * 2 * expected.mean())
