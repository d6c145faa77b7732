import copy
import json
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, settings, study

ROOT = Path(__file__).parents[2]
SCHEMA = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
LOADED = settings.load({}, SCHEMA)
MODEL = LOADED["model"]
FIRST = settings.flat(MODEL)


def plan(text):
    return study.plan(settings.load(yaml.safe_load(text), SCHEMA), SCHEMA, np.ones((8, 8)))


numbers = st.integers(-(10**6), 10**6)
leaves = numbers | st.sampled_from(["diffusive", "additive"]) | st.lists(numbers, max_size=4)
models = st.dictionaries(
    st.text(max_size=5), leaves | st.dictionaries(st.text(max_size=5), leaves, max_size=4)
)


def retold(value):
    """The same model with keys in reverse and numbers as floats."""
    if isinstance(value, dict):
        return {key: retold(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [retold(item) for item in value]
    return value if isinstance(value, str) else float(value)


@given(models)
@hypothesis.settings(max_examples=50, deadline=None)
def test_a_name_depends_on_neither_the_order_of_keys_nor_the_type_of_numbers(model):
    assert study.name_of(retold(model), FIRST) == study.name_of(model, FIRST)


def test_a_name_is_stable_between_versions():
    # A finished study is found again by these names.
    assert study.name_of(MODEL, FIRST) == "p44136fa355b3"
    changed = {**MODEL, "coupling_strength": 2, "noise": {**MODEL["noise"], "tau": [1, 2]}}
    assert study.name_of(changed, FIRST) == "pba76b1913d65"


def test_a_key_that_is_new_in_a_later_version_changes_no_name():
    for model in (MODEL, {**MODEL, "coupling_strength": 2.0}):
        later, first = {**model, "heat": 1.0}, {**FIRST, "heat": 1.0}
        assert study.name_of(later, first) == study.name_of(model, FIRST)
        assert study.name_of({**later, "heat": 2.0}, first) != study.name_of(model, FIRST)


def test_two_models_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(study, "name_of", lambda *_: "p0")
    with pytest.raises(InputError, match="two models have one short name, p0"):
        plan("sweep: {model.coupling_strength: [1, 2]}")
    with pytest.raises(InputError, match="two models have one short name, p0"):
        plan("target: {model: {coupling_strength: 2}}")
    assert plan("").target == "p0"  # the same model twice is no collision


@pytest.mark.parametrize("key", [key for key in FIRST if key != "coupling"])
def test_every_parameter_is_part_of_the_name(key):
    changed = copy.deepcopy(MODEL)
    *path, last = key.split(".")
    inner = changed[path[0]] if path else changed
    inner[last] = inner[last] * (1 + 1e-9) + 1e-9
    assert study.name_of(changed, FIRST) != study.name_of(MODEL, FIRST)


@hypothesis.settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 100))
def test_batches_partition_the_replicates_and_more_replicates_keep_every_full_one(n, size, more):
    groups = study.batches(n, size, 1)
    assert [k for group in groups.values() for k in group] == list(range(n))
    assert all(len(group) == size for group in list(groups.values())[:-1])
    full = {name: group for name, group in groups.items() if len(group) == size}
    assert full.items() <= study.batches(n + more, size, 1).items()


def test_a_batch_is_named_by_what_it_holds():
    assert study.batches(7, 3, 1) == {"0-2": [0, 1, 2], "3-5": [3, 4, 5], "6-6": [6]}


@given(n=st.integers(1, 3000), largest=st.integers(1, 2000), more=st.integers(0, 3000))
def test_automatic_batches_double_up_to_the_largest(n, largest, more):
    groups = study.batches(n, None, largest)
    assert [k for group in groups.values() for k in group] == list(range(n))
    sizes = [len(group) for group in groups.values()]
    assert max(sizes) <= largest
    # More replicates add batches, and at most half of what is there is simulated again.
    kept = groups.keys() & study.batches(n + more, None, largest).keys()
    assert list(groups)[:-1] == [name for name in list(groups)[:-1] if name in kept]
    if largest >= 16:
        assert len(sizes) <= 3 + np.log2(max(n / 16, 1)) + n / (largest / 2)
        assert len(groups[list(groups)[-1]]) <= max(16, n / 2)


def test_automatic_batches_of_a_few_replicates_are_one_job():
    assert list(study.batches(16, None, 250)) == ["0-15"]
    assert list(study.batches(20, None, 250)) == ["0-15", "16-19"]
    assert list(study.batches(100, None, 250)) == ["0-15", "16-31", "32-63", "64-99"]
    assert list(study.batches(100, None, 40)) == ["0-15", "16-31", "32-63", "64-95", "96-99"]
    assert list(study.batches(12, None, 5)) == ["0-3", "4-7", "8-11"]


@pytest.mark.parametrize(
    ("times", "n_regions", "expected"),
    [
        ({}, 8, (200, 300)),  # the bundled study: by the size of the file
        ({"sampling_interval": 1.0}, 80, (200, 350)),
        ({"duration": 100_000.0}, 80, (1, 5)),
        ({"duration": 600_000.0, "sampling_interval": 4.0}, 400, (1, 1)),
    ],
)
def test_a_batch_is_worth_half_a_minute_and_some_hundred_megabytes(times, n_regions, expected):
    simulation = LOADED["simulation"] | times
    largest = study.largest_batch(simulation, np.ones((n_regions, n_regions)))
    assert expected[0] <= largest <= expected[1]
    assert study.largest_batch(simulation | {"replicates": 9}, np.ones((n_regions,) * 2)) == largest


values = st.lists(st.floats(0, 100), min_size=1, max_size=4, unique=True)
sweeps = st.dictionaries(
    st.sampled_from(["model.noise.mean_E", "model.noise.mean_I", "model.parameters.wEE"]), values
)


def grid(axes):
    return {"axes": axes, "points": None}


def names(sweep):
    return {point.name for point in study.sweep_points(MODEL, grid(sweep), FIRST)}


@given(sweeps, st.floats(101, 200))
@hypothesis.settings(max_examples=40, deadline=None)
def test_a_sweep_is_a_grid_that_keeps_its_points_when_it_grows(sweep, added):
    points = study.sweep_points(MODEL, grid(sweep), FIRST)
    size = 1
    for axis in sweep.values():
        size *= len(axis)
    assert len(points) == len({point.name for point in points}) == size
    for key in sweep:
        assert names(sweep) <= names({**sweep, key: [added, *sweep[key]]})
    # An axis that holds the value everything had before.
    assert names(sweep) <= names({"model.coupling_strength": [added, 1.5], **sweep})
    assert names(sweep) <= names({**sweep, "model.coupling_strength": [1.5, added]})


def test_without_a_sweep_the_model_is_the_only_point():
    assert study.sweep_points(MODEL, grid({}), FIRST) == [(study.name_of(MODEL, FIRST), MODEL, {})]


def test_a_point_is_the_model_with_its_values():
    sweep = {"model.coupling_strength": [0.5, 1.0], "model.noise.sigma": [0.02]}
    first, second = study.sweep_points(MODEL, grid(sweep), FIRST)
    assert first.values == {"model.coupling_strength": 0.5, "model.noise.sigma": 0.02}
    assert second.values == {"model.coupling_strength": 1.0, "model.noise.sigma": 0.02}
    noise = {**MODEL["noise"], "sigma": 0.02}
    assert first.model == {**MODEL, "coupling_strength": 0.5, "noise": noise}
    assert MODEL["noise"]["sigma"] == 0.01
    assert first.name == study.name_of(json.loads(json.dumps(first.model)), FIRST)


def test_a_name_is_never_taken_for_a_number():
    """As 4750853982 or 5765822e01 would be, by whatever reads scores.csv."""
    for strength in range(200):
        name = study.name_of({"coupling_strength": strength / 100}, FIRST)
        with pytest.raises(ValueError, match="could not convert"):
            float(name)


def test_a_study_says_what_is_simulated_and_shown():
    found = plan(
        """
        sweep: {model.coupling_strength: [1, 1.5], model.conduction_speed: [5 m/s]}
        target: {model: {coupling_strength: 2}, replicates: 3}
        simulation: {replicates_per_job: 2, replicates: 2}
        """
    )
    assert [point.values["model.coupling_strength"] for point in found.points] == [1, 1.5]
    assert found.shown == found.points[1]  # nearest to the configured model, at 1.5 and 10 m/s
    assert found.models[found.target]["coupling_strength"] == 2
    assert found.batches == {"simulated": {"0-1": [0, 1]}, "target": {"0-1": [0, 1], "2-2": [2]}}
    assert plan("sweep: {model.coupling_strength: [1, 1.5]}").shown.values == {
        "model.coupling_strength": 1.5
    }


def test_the_shown_point_is_the_one_nearest_to_the_configured_model():
    found = plan(
        """
        sweep:
          model.coupling: [additive, diffusive]
          model.coupling_strength: [0.5, 1, 2, 4]
          model.conduction_speed: [2 m/s, 9 m/s, 20 m/s]
        """
    ).shown.values
    assert found == {
        "model.coupling": "diffusive",
        "model.coupling_strength": 1.0,  # the first of equals
        "model.conduction_speed": 9.0,
    }


def test_null_networks_are_planned_in_batches_that_stay_when_more_are_asked_for():
    def found(number, **times):
        given = ", ".join(f"{key}: {value}" for key, value in times.items())
        text = f"{{nulls: {{b: {{number: {number}}}, a: {{method: no_delays}}}}, "
        return plan(text + f"simulation: {{{given}}}}}").nulls

    few, more = found(20), found(50)
    assert list(few) == ["b", "a"]
    assert few["a"] == {"0-0": [0]}
    assert list(few["b"]) == ["0-15", "16-19"]
    assert list(more["b"]) == ["0-15", "16-31", "32-49"]
    assert more["b"]["0-15"] == few["b"]["0-15"] == list(range(16))
    # Half a minute is one network of long replicates.
    assert list(found(3, duration="400 s")["b"]) == ["0-0", "1-1", "2-2"]
    assert plan("").nulls == {}


@pytest.mark.parametrize(("replicates", "expected"), [(1, (700, 1700)), (20, (50, 120))])
def test_a_batch_of_null_networks_is_worth_half_a_minute(replicates, expected):
    simulation = LOADED["simulation"] | {"replicates": replicates}
    largest = study.networks_per_job(simulation, np.ones((8, 8)))
    assert expected[0] <= largest <= expected[1]


def test_more_null_networks_than_can_be_planned_are_refused():
    nulls = ", ".join(f"n{k}: {{number: 10000}}" for k in range(3))
    with pytest.raises(InputError) as caught:
        plan(f"{{nulls: {{{nulls}}}, simulation: {{duration: 1000 s}}}}")
    message = str(caught.value)
    assert message.startswith("config: nulls: makes 30")
    assert "and 30000 batches of null networks; expected at most 20000, so fewer networ" in message


def test_the_table_of_points_says_what_they_stand_for_and_where_their_files_are():
    head, *rows = study.table(
        plan(
            """
            sweep: {model.conduction_speed: [5 m/s, 20 mm/ms], model.coupling: [additive]}
            simulation: {replicates: 4, replicates_per_job: 3}
            target: {replicates: 1}
            """
        )
    )
    assert head == [
        *("role", "point", "model.conduction_speed", "model.coupling", "replicates", "folder")
    ]
    assert [row[2:5] for row in rows] == [
        [5.0, "additive", "0-2"],
        [5.0, "additive", "3-3"],
        [20.0, "additive", "0-2"],
        [20.0, "additive", "3-3"],
        [10.0, "diffusive", "0-0"],
    ]
    assert all(row[5] == f"{row[0]}/{row[1]}/{row[4]}" for row in rows)
    recorded = study.table(plan("target: {source: my.nc}"))
    assert recorded[-1] == ["target", "recording", "all", "target/recording/all"]


@pytest.mark.parametrize(
    ("text", "key", "number"),
    [
        ("simulation: {replicates: 1000000, replicates_per_job: 1}", "replicates_per_job", 2000062),
        (
            "{target: {replicates: 1000000}, simulation: {replicates_per_job: 10}}",
            "replicates_per_job",
            300006,
        ),
        (f"sweep: {{model.coupling_strength: {list(range(5000))}}}", "sweep", 30006),
        (
            f"sweep: {{model.noise.mean_E: {list(range(200))}, model.noise.mean_I: "
            f"{list(range(200))}}}",
            "sweep",
            240006,
        ),
    ],
)
def test_more_jobs_than_can_be_planned_are_refused_with_their_number(text, key, number):
    with pytest.raises(InputError) as caught:
        plan(text)
    message = str(caught.value)
    assert message.startswith(f"config: {'simulation.' * (key != 'sweep')}{key}: makes {number} ")
    assert "expected at most 20000" in message


def test_the_largest_study_that_can_be_planned_is_accepted():
    assert len(plan(f"sweep: {{model.coupling_strength: {list(range(3332))}}}").points) == 3332


def test_what_a_target_has_that_no_point_has():
    text = "{sweep: {model.coupling_strength: [1.0, 2.0]}, target: {model: %s}}"
    given = "{coupling_strength: 3.0, parameters: {wEE: 11.0, tau_E: 2 ms}}"
    found = plan(text % given)
    assert found.truth == {"model.coupling_strength": 3.0}
    assert found.otherwise == {"model.parameters.wEE": 11.0, "model.parameters.tau_E": 2.0}
    assert plan(text % "{coupling_strength: 3.0}").otherwise == {}
