import copy
import json
from decimal import Decimal
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, settings

ROOT = Path(__file__).parents[2]
SCHEMA = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
MODEL = settings.load({}, SCHEMA)["model"]


def load(text):
    return settings.load(yaml.safe_load(text), SCHEMA)


def defaults(schema, prefix=""):
    """The default of every key of the schema, by its dotted name."""
    found = {}
    for name, part in schema["properties"].items():
        key = prefix + name
        if "properties" in part and key != "target.model":  # whose keys are the model's again
            found |= defaults(part, f"{key}.")
        else:
            found[key] = part["default"]
    return found


def flat(config):
    """As `settings.flat`, but that an empty mapping is a value."""
    return (
        settings.flat(config)
        | {
            f"{section}.{key}": {}
            for section, values in config.items()
            for key, value in values.items()
            if value == {}
        }
        | {section: {} for section, values in config.items() if values == {}}
    )


def test_the_shipped_configuration_holds_every_default():
    shipped = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    assert flat(shipped) == defaults(SCHEMA)


def test_nothing_at_all_is_the_shipped_configuration():
    shipped = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    assert settings.load({}, SCHEMA) == settings.load(shipped, SCHEMA)


def test_the_readme_explains_every_key():
    readme = (ROOT / "config/README.md").read_text()
    assert [key for key in defaults(SCHEMA) if f"`{key}`" not in readme] == []


def test_defaults_are_plain_numbers_in_the_units_of_the_workflow():
    loaded = settings.load({}, SCHEMA)
    assert loaded["simulation"] == {
        "dt": 0.1,
        "method": "exponential_euler",
        "duration": 4000.0,
        "transient": 300.0,
        "sampling_interval": 0.1,
        "replicates": 20,
        "replicates_per_job": None,
        "keep": "all",
        "seed": 0,
    }
    assert loaded["model"]["conduction_speed"] == 10.0
    assert loaded["model"]["noise"] == {"sigma": 0.01, "tau": 20.0, "mean_E": 0.0, "mean_I": 0.0}
    assert loaded["leadfield"]["scale"] == 100.0
    assert loaded["leadfield"]["gain_sum"] == 1e-13
    assert loaded["target"]["sampling_rate"] is None
    assert loaded["sweep"] == {"axes": {}, "points": None, "path": None}


def test_what_is_given_replaces_its_default_and_nothing_else():
    changed = flat(load("{model: {noise: {tau: 0.05 s}}, simulation: {seed: 7}}"))
    unchanged = flat(load("{}"))
    different = {key: value for key, value in changed.items() if value != unchanged[key]}
    assert different == {"model.noise.tau": 50, "simulation.seed": 7, "target.model.noise.tau": 50}


@pytest.mark.parametrize(
    "text", [*(f"{section}:" for section in SCHEMA["properties"]), "target: {model: {noise: }}"]
)
def test_a_section_with_nothing_below_it_has_its_defaults(text):
    assert load(text) == settings.load({}, SCHEMA)


def test_a_configuration_is_a_mapping():
    with pytest.raises(InputError) as caught:
        load("[1, 2]")
    assert str(caught.value) == "config: found [1, 2]; expected a mapping of keys"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("simulation: {replicates: 2.0}", "simulation: {replicates: 2}"),
        ("model: {coupling_strength: 2}", "model: {coupling_strength: 2.0}"),
        ("model: {coupling_strength: '1e-3'}", "model: {coupling_strength: 0.001}"),
        ("model: {noise: {sigma: [1, '2e0']}}", "model: {noise: {sigma: [1.0, 2.0]}}"),
        ("sweep: {model.noise.sigma: [0, '1e-2']}", "sweep: {model.noise.sigma: [0.0, 0.01]}"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(text, same):
    assert json.dumps(load(text)) == json.dumps(load(same))  # which tells 2 from 2.0


def test_only_what_must_be_whole_is_an_int():
    loaded = load("{simulation: {replicates: 2.0}, model: {coupling_strength: 2}}")
    assert type(loaded["simulation"]["replicates"]) is int
    assert type(loaded["model"]["coupling_strength"]) is float


def test_loading_changes_neither_the_configuration_nor_the_schema():
    config = {"sweep": {"model.coupling_strength": [1, 2]}, "target": {"model": {"coupling": None}}}
    config["target"]["model"] = {"conduction_speed": "5 m/s"}
    before = copy.deepcopy(config)
    loaded = settings.load(config, SCHEMA)
    loaded["connectivity"]["measures"].append("changed")
    loaded["target"]["model"]["parameters"]["wEE"] = -1
    assert config == before
    assert settings.load({}, SCHEMA)["connectivity"]["measures"] == ["pearson"]
    assert loaded["model"]["parameters"]["wEE"] == 12


@pytest.mark.parametrize(("values", "expected"), [("[]", "at least 1 value"), ("5", "a list")])
def test_an_axis_is_a_list_of_values(values, expected):
    with pytest.raises(InputError) as caught:
        load(f"sweep: {{model.coupling_strength: {values}}}")
    key = "config: sweep.model.coupling_strength"
    assert str(caught.value) == f"{key}: found {values}; expected {expected}"


@pytest.mark.parametrize(
    "simulation",
    [
        "{dt: 0.1 ms, duration: 0.3 ms, transient: 0.1 ms}",  # 3.0000000000000004 and 2 steps
        "{dt: 0.05 ms, sampling_interval: 0.35 ms}",  # 6.999999999999999 steps
        "{dt: 1 ms, duration: 3 ms, transient: 1 ms, sampling_interval: 1 ms}",
        "{transient: 0 ms}",
        "{sampling_interval: 1850 ms}",  # just two samples
    ],
)
def test_times_that_fit_but_for_rounding_are_accepted(simulation):
    assert load(f"simulation: {simulation}")["simulation"]["dt"] > 0


def test_parameters_of_the_node_may_differ_between_regions():
    model = load(
        "model: {parameters: {tau_E: [1 ms, 0.002 s], wEE: [1, 2]}, noise: {sigma: [0.1, 0]}}"
    )["model"]
    assert model["parameters"]["tau_E"] == [1.0, 2.0]
    assert model["parameters"]["wEE"] == [1, 2]
    assert model["noise"]["sigma"] == [0.1, 0]


def test_the_ground_truth_is_the_model_with_its_overrides():
    loaded = load(
        """
        model: {coupling_strength: 2, noise: {sigma: 0.03}, parameters: {wEE: [1, 2]}}
        target: {model: {conduction_speed: 5 m/s, noise: {tau: 10 ms}, parameters: {wEE: 3}}}
        """
    )
    model, truth = loaded["model"], loaded["target"]["model"]
    assert truth["coupling_strength"] == 2
    assert truth["noise"] == {**model["noise"], "tau": 10.0}
    assert truth["parameters"] == {**model["parameters"], "wEE": 3}
    assert (model["conduction_speed"], truth["conduction_speed"]) == (10.0, 5.0)
    assert truth.keys() == model.keys()


def test_without_overrides_the_ground_truth_is_the_model():
    loaded = load("model: {coupling_strength: 2}")
    assert loaded["target"]["model"] == loaded["model"]


def test_null_networks_have_names_of_the_user_s_own_and_defaults():
    found = load("nulls: {a-1: , _b: {method: shuffled_delays, number: 7.0}, 3: {number: 2}}")
    assert found["nulls"] == {
        "a-1": {"method": "degree_length", "number": 100},
        "_b": {"method": "shuffled_delays", "number": 7},
        "3": {"method": "degree_length", "number": 2},
    }
    for text in ("{method: no_delays}", "{method: no_delays, number: 1}"):
        only = load(f"nulls: {{a: {text}}}")["nulls"]
        assert only == {"a": {"method": "no_delays", "number": 1}}


def test_a_sweep_is_in_plain_numbers_in_the_given_order():
    sweep = load("sweep: {model.conduction_speed: [20 m/s, 5 mm/ms], model.noise.sigma: [1, 0.5]}")
    assert list(sweep["sweep"]["axes"].items()) == [
        ("model.conduction_speed", [20.0, 5.0]),
        ("model.noise.sigma", [1, 0.5]),
    ]


# Up to nine digits at any place: what people write, and more.
decimals = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(1, 10**9 - 1),
    st.integers(-9, 3),
)


@given(decimals)
@hypothesis.settings(max_examples=50, deadline=None)
def test_equal_quantities_in_other_units_give_equal_settings(value):
    def model(factor, time, speed):
        text = f"model: {{noise: {{tau: {value * factor} {time}}}, conduction_speed: {speed}}}"
        return load(text)["model"]

    milli = model(1, "ms", f"{value} mm/ms")
    assert milli == model(1000, "us", f"{value} m/s")
    assert milli == model(Decimal("1e-3"), "s", f"{value * 1000} mm/s")
    assert milli["noise"]["tau"] == milli["conduction_speed"] == float(value)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("model.conduction_speed", "conduction speed (mm/ms)"),
        ("model.coupling_strength", "coupling strength"),
        ("model.noise.tau", "tau (ms)"),
    ],
)
def test_a_figure_names_an_axis_with_its_unit(key, label):
    assert settings.axis_label(key, SCHEMA) == label


@pytest.mark.parametrize(
    ("text", "key", "source"),
    [
        ("target: {source: my.nc, seed: 5}", "target.seed", "my.nc"),
        ("target: {source: my.nc, replicates: 5}", "target.replicates", "my.nc"),
        ("target: {source: my.nc, model: {coupling_strength: 5}}", "target.model", "my.nc"),
        ("target: {sampling_rate: 250 Hz}", "target.sampling_rate", "synthetic"),
        ("leadfield: {source: my.npz, sensors: 5}", "leadfield.sensors", "my.npz"),
        ("leadfield: {source: my.npz, seed: 5}", "leadfield.seed", "my.npz"),
        (
            "leadfield: {source: my.npz, gain_sum: 1 T/(nA m)}",
            "leadfield.gain_sum",
            "my.npz",
        ),
        ("leadfield: {unit: T/(A m)}", "leadfield.unit", "synthetic"),
        ("connectome: {orientation: source_target}", "connectome.orientation", "example"),
        ("connectome: {distance_unit: cm}", "connectome.distance_unit", "example"),
    ],
)
def test_a_key_without_effect_in_this_study_is_refused(text, key, source):
    with pytest.raises(InputError) as caught:
        settings.check_effects(load(text), SCHEMA)
    section = key.split(".")[0]
    expected = f"has no effect where {section}.source is {source}; expected its default"
    assert str(caught.value).startswith(f"config: {key}: {expected}")
    assert str(caught.value).endswith(", or left out")


@pytest.mark.parametrize(
    "text",
    [
        # What the bundled study says, as an overlay cannot unset it.
        "target: {source: my.nc, seed: 123, replicates: 20, model: {coupling_strength: 1.5}}",
        "leadfield: {source: my.npz, sensors: 16, seed: 1, gain_sum: 1e-4 T/(A m)}",
        # What has an effect.
        "target: {source: my.nc, sampling_rate: 250 Hz}",
        "leadfield: {source: my.npz, unit: T/(A m)}",
        "connectome: {source: my.npz, orientation: source_target, distance_unit: cm}",
        "connectome: {source: my.nc, orientation: source_target}",
    ],
)
def test_usual_values_and_keys_with_an_effect_are_accepted(text):
    settings.check_effects(load(text), SCHEMA)


def test_a_sweep_of_what_differs_between_regions_is_refused():
    text = "{model: {parameters: {wEE: [11, 12, 13]}}, sweep: {model.parameters.wEE: [12, 13]}}"
    with pytest.raises(InputError) as caught:
        load(text)
    assert str(caught.value) == (
        "config: sweep.model.parameters.wEE: model.parameters.wEE is a list of one value per "
        "region, which one value would replace; expected one value there"
    )
    load(text.replace("{model:", "{target: {model:").replace("}}, sweep", "}}}, sweep"))


def test_a_sweep_of_very_many_values_is_refused_at_once():
    text = f"sweep: {{model.coupling_strength: {list(range(100_000))}}}"
    with pytest.raises(InputError, match=r"coupling_strength: found \[0, 1, .* at most 20000 val"):
        load(text)


def test_a_rule_of_the_schema_without_a_message_of_its_own_is_told_as_it_stands():
    schema = copy.deepcopy(SCHEMA)
    schema["properties"]["simulation"]["properties"]["seed"]["multipleOf"] = 7
    with pytest.raises(InputError) as caught:
        settings.load({"simulation": {"seed": 5}}, schema)
    assert str(caught.value) == "config: simulation.seed: found 5; expected multipleOf 7"


def test_a_long_value_is_shortened_in_its_message():
    with pytest.raises(InputError) as caught:
        load(f"model: {{coupling_strength: {list(range(1000))}}}")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["target: {sampling_rate: 0 Hz}", "target: {sampling_rate: 250}"])
def test_a_sampling_rate_is_a_positive_frequency(text):
    with pytest.raises(InputError, match=r"config: target\.sampling_rate: "):
        load(text)
