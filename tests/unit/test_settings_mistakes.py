"""Mistakes in a configuration, and what is said of each."""

from pathlib import Path

import pytest
import yaml
from restmeg import InputError, settings

ROOT = Path(__file__).parents[2]
SCHEMA = settings.load_schema(ROOT / "workflow/schemas/config.schema.yaml")


def load(text):
    return settings.load(yaml.safe_load(text), SCHEMA)


UNKNOWN = [
    ("simulaton: {}", "simulaton", ["did you mean 'simulation'?", "accepted: connectome, model"]),
    ("qqq: {}", "qqq", ["accepted: connectome, model"]),
    ("model: {tau_E: 2 ms}", "model.tau_E", ["did you mean 'parameters.tau_E'?"]),
    ("model: {copling: additive}", "model.copling", ["did you mean 'coupling'?"]),
    ("model: {parameters: {tauE: 1 ms}}", "model.parameters.tauE", ["'tau_E'", "wII, r"]),
    ("model: {noise: {sigm: 1}}", "model.noise.sigm", ["'sigma'", "tau, mean_E, mean_I"]),
    ("model: {parameters: {tau_e: 1 ms}}", "model.parameters.tau_e", ["did you mean 'tau_E'?"]),
    ("model: {parameters: {WEE: 1}}", "model.parameters.WEE", ["did you mean 'wEE'?"]),
    ("Simulation: {}", "Simulation", ["did you mean 'simulation'?"]),
    ('"a\\nb": 1', "a\\nb", ["no such key"]),
    ("simulation: {replicate: 5}", "simulation.replicate", ["'replicates'"]),
    ("leadfield: {sensor: 5}", "leadfield.sensor", ["'sensors'"]),
    ("connectome: {sorce: x.nc}", "connectome.sorce", ["'source'"]),
    ("target: {model: {coupling_k: 1}}", "target.model.coupling_k", ["'coupling'"]),
    ("target: {model: {noise: {mu: 1}}}", "target.model.noise.mu", ["accepted: sigma"]),
]
QUANTITIES = [
    ("simulation: {dt: 0.1}", "simulation.dt", ["0.1 has no unit", "a time"]),
    ("simulation: {dt: '0.1'}", "simulation.dt", ["'0.1' has no unit", "a time"]),
    ("simulation: {dt: 0.1 mm}", "simulation.dt", ["'0.1 mm' is in millimeter", "a time"]),
    ("simulation: {dt: soon}", "simulation.dt", ["cannot read 'soon'", "a time"]),
    ("model: {conduction_speed: 10 ms}", "model.conduction_speed", ["'10 ms'", "a speed"]),
    (
        "leadfield: {scale: 1 nA m}",
        "leadfield.scale",
        ["'1 nA m'", "a dipole moment per potential"],
    ),
    ("model: {noise: {tau: 20}}", "model.noise.tau", ["20 has no unit", "a time"]),
    ("target: {model: {noise: {tau: 2}}}", "target.model.noise.tau", ["2 has no unit", "a time"]),
    ("simulation: {dt: nan ms}", "simulation.dt", ["cannot read 'nan ms'", "a time"]),
    ("simulation: {dt: 1e999 ms}", "simulation.dt", ["inf is not finite"]),
]
RANGES = [
    ("simulation: {dt: 0 ms}", "simulation.dt", ["found 0.0 ms", "more than 0 ms"]),
    ("simulation: {duration: -4 s}", "simulation.duration", ["-4000.0 ms", "more than 0 ms"]),
    ("simulation: {transient: -1 ms}", "simulation.transient", ["-1.0 ms", "at least 0 ms"]),
    ("model: {conduction_speed: 0 m/s}", "model.conduction_speed", ["more than 0 mm/ms"]),
    ("model: {noise: {sigma: -1}}", "model.noise.sigma", ["found -1", "at least 0"]),
    ("model: {coupling_strength: .inf}", "model.coupling_strength", ["inf is not finite"]),
    ("simulation: {replicates: 0}", "simulation.replicates", ["found 0", "at least 1"]),
    ("simulation: {replicates_per_job: 0}", "simulation.replicates_per_job", ["at least 1"]),
    ("target: {replicates: 0}", "target.replicates", ["found 0", "at least 1"]),
    ("leadfield: {sensors: 0}", "leadfield.sensors", ["found 0", "at least 1"]),
    ("simulation: {seed: -1}", "simulation.seed", ["found -1", "at least 0"]),
    (f"target: {{seed: {2**63}}}", "target.seed", [str(2**63), f"at most {2**63 - 1}"]),
]
TIMES = [
    ("simulation: {transient: 4 s}", "simulation.transient", ["4000 ms", "less than the duration"]),
    ("simulation: {transient: 5 s}", "simulation.transient", ["5000 ms", "less than the duration"]),
    (
        "simulation: {sampling_interval: 0.25 ms}",
        "simulation.sampling_interval",
        ["0.25 ms", "no multiple of dt, 0.1 ms"],
    ),
    (
        "simulation: {sampling_interval: 0.05 ms}",
        "simulation.sampling_interval",
        ["0.05 ms", "no multiple of dt, 0.1 ms"],
    ),
    ("simulation: {dt: 0.3 ms}", "simulation.duration", ["4000 ms", "no multiple of dt, 0.3 ms"]),
    ("simulation: {transient: 0.05 ms}", "simulation.transient", ["no multiple of dt, 0.1 ms"]),
    (
        "simulation: {sampling_interval: 1851 ms}",
        "simulation.sampling_interval",
        ["1851 ms", "fewer than 2 samples of 3700 ms"],
    ),
]
TYPES = [
    ("simulation: 5", "simulation", ["found 5", "expected a mapping of keys"]),
    ("model: {noise: [1]}", "model.noise", ["found [1]", "expected a mapping of keys"]),
    ("target: {model: additive}", "target.model", ['found "additive"', "a mapping of keys"]),
    ("simulation: {replicates: 1.5}", "simulation.replicates", ["1.5", "a whole number"]),
    ("simulation: {replicates: '2'}", "simulation.replicates", ['"2"', "a whole number"]),
    ("simulation: {replicates: true}", "simulation.replicates", ["true", "a whole number"]),
    ("simulation: {seed: null}", "simulation.seed", ["null", "a whole number"]),
    ("model: {coupling_strength: high}", "model.coupling_strength", ['"high"', "a number"]),
    ("model: {coupling_strength: [1, 2]}", "model.coupling_strength", ["[1, 2]", "a number"]),
    ("model: {coupling: linear}", "model.coupling", ['"linear"', "one of diffusive, additive"]),
    ("connectome: {source: 5}", "connectome.source", ["5", "text"]),
    ("connectome: {source: ''}", "connectome.source", ['""', "a name or a path"]),
    ("connectome: {orientation: rows}", "connectome.orientation", ["target_source, source_target"]),
    ("connectivity: {measures: pearson}", "connectivity.measures", ['"pearson"', "a list"]),
    ("connectivity: {measures: []}", "connectivity.measures", ["[]", "at least 1 value"]),
    ("connectivity: {measures: [pearsn]}", "connectivity.measures[0]", ['"pearsn"', "pearson"]),
    ("connectivity: {measures: [pearson, pearson]}", "connectivity.measures", ["each value once"]),
    ("sweep: [1, 2]", "sweep", ["[1, 2]", "a mapping"]),
]
NULLS = [
    ("nulls: [1]", "nulls", ["[1]", "a mapping of keys"]),
    ("nulls: {a b: {}}", "nulls", ['the name "a b"', "letters, digits, _ and -"]),
    ('nulls: {"": {}}', "nulls", ['the name ""', "letters, digits, _ and -"]),
    ('nulls: {"a/b": {}}', "nulls", ['the name "a/b"', "letters, digits, _ and -"]),
    ('nulls: {? "a\\n" : {}}', "nulls", ['the name "a\\n"', "letters, digits, _ and -"]),
    ('nulls: {1: {}, "1": {}}', "nulls", ["the name 1 is there twice"]),
    ("nulls: {a: 5}", "nulls.a", ["found 5", "a mapping of keys"]),
    ("nulls: {method: no_delays}", "nulls.method", ['found "no_delays"', "a mapping of keys"]),
    ("nulls: {a: {metod: x}}", "nulls.a.metod", ["did you mean 'method'?"]),
    (
        "nulls: {a: {method: random}}",
        "nulls.a.method",
        ['"random"', "degree_length, shuffled_delays, no_delays"],
    ),
    ("nulls: {a: {number: 0}}", "nulls.a.number", ["found 0", "at least 1"]),
    ("nulls: {a: {number: 10001}}", "nulls.a.number", ["found 10001", "at most 10000"]),
    ("nulls: {a: {number: 1.5}}", "nulls.a.number", ["1.5", "a whole number"]),
    (
        "nulls: {b: {}, a: {method: no_delays, number: 100}}",
        "nulls.a.number",
        ["found 100", "one network of method no_delays; expected 1, or left out"],
    ),
]
PER_REGION = [
    ("model: {parameters: {wEE: []}}", "model.parameters.wEE", ["empty", "one value per region"]),
    ("model: {parameters: {wEE: [1, x]}}", "model.parameters.wEE[1]", ['"x"', "a number"]),
    ("model: {parameters: {wEE: [1, [2]]}}", "model.parameters.wEE[1]", ["[2]", "a number"]),
    ("model: {parameters: {tau_E: [1 ms, 2]}}", "model.parameters.tau_E[1]", ["2 has no unit"]),
    (
        "model: {parameters: {tau_I: [0 ms, 2 ms]}}",
        "model.parameters.tau_I[0]",
        ["0.0 ms", "more than 0 ms"],
    ),
    (
        "target: {model: {noise: {sigma: [-1]}}}",
        "target.model.noise.sigma[0]",
        ["-1", "at least 0"],
    ),
]
AXES = [
    ("{model.k: [1]}", "model.k", ["no such key", "coupling_strength"]),
    ("{model.noise.sigm: [1]}", "model.noise.sigm", ["did you mean 'model.noise.sigma'?"]),
    (
        "{coupling_strength: [1]}",
        "coupling_strength",
        ["no such key", "did you mean 'model.coupling_strength'?", "accepted: model.coupling, "],
    ),
    ("{noise.sigma: [1]}", "noise.sigma", ["did you mean 'model.noise.sigma'?"]),
    ("{simulation.dt: [1 ms]}", "simulation.dt", ["no such key", "accepted: model.coupling, "]),
    ("{model.noise: [1]}", "model.noise", ["not a scalar", "model.noise.sigma, model.noise.tau"]),
    ("{model: [1]}", "model", ["not a scalar", "model.coupling_strength"]),
    ("{model: {noise: {tau: [1 ms]}}}", "model", ["found keys below it", "expected dotted names"]),
    ("{model.parameters.wEE: [1, [2, 3]]}", "model.parameters.wEE[1]", ["[2, 3]", "a number"]),
    ("{model.coupling_strength: [1, -1]}", "model.coupling_strength[1]", ["-1", "at least 0"]),
    ("{model.coupling: [both]}", "model.coupling[0]", ['"both"', "diffusive, additive"]),
    ("{model.conduction_speed: [10]}", "model.conduction_speed[0]", ["10 has no unit", "a speed"]),
    ("{model.coupling_strength: [1, 2, 1.0]}", "model.coupling_strength[2]", ["1 is", "once"]),
    (
        "{model.conduction_speed: [10 m/s, 10 mm/ms]}",
        "model.conduction_speed[1]",
        ["10 mm/ms", "more than once"],
    ),
]
AXES = [(f"sweep: {text}", f"sweep.{key}", words) for text, key, words in AXES]


@pytest.mark.parametrize(
    ("text", "key", "words"),
    UNKNOWN + QUANTITIES + RANGES + TIMES + TYPES + NULLS + PER_REGION + AXES,
)
def test_a_mistake_is_one_line_with_key_and_what_was_found_and_expected(text, key, words):
    with pytest.raises(InputError) as caught:
        load(text)
    message = str(caught.value)
    assert message.startswith(f"config: {key}: ")
    assert "\n" not in message
    for word in words:
        assert word in message
