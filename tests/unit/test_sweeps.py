"""Ways to write a sweep: lists, ranges, what moves together, tables and designs."""

import json
import math
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from processes import run
from restmeg import InputError, bundled, inputs, settings, study, sweeps
from scipy.stats import qmc

SCHEMA = settings.load_schema(bundled.schema())
K, SPEED = "model.coupling_strength", "model.conduction_speed"


def load(text):
    return settings.load({"sweep": yaml.safe_load(text)}, SCHEMA)


def sweep(text):
    return load(text)["sweep"]


def rows(found):
    return [tuple(point.values()) for point in sweeps.points(found)]


def test_a_range_has_its_ends_and_equal_steps_or_ratios():
    assert sweep(f"{{{K}: {{start: 0.5, stop: 3, num: 6}}}}") == sweep(
        f"{{{K}: [0.5, 1, 1.5, 2, 2.5, 3]}}"
    )
    assert sweep(f"{{{K}: {{start: 0.001, stop: 1000, num: 7, scale: log}}}}") == sweep(
        f"{{{K}: [0.001, 0.01, 0.1, 1, 10, 100, 1000]}}"
    )
    assert sweep(f"{{{SPEED}: {{start: 5 m/s, stop: 20 mm/ms, num: 4}}}}") == sweep(
        f"{{{SPEED}: [5 m/s, 10 m/s, 1.5 cm/ms, 20 m/s]}}"
    )
    down = sweep("{model.noise.mean_E: {start: 0.3, stop: -0.3, num: 7}}")["axes"]
    assert down == {"model.noise.mean_E": [0.3, 0.2, 0.1, 0, -0.1, -0.2, -0.3]}


decimals = st.decimals(-1000, 1000, places=3).map(float)


@given(decimals, decimals, st.integers(2, 60))
@hypothesis.settings(max_examples=100, deadline=None)
def test_values_of_a_range_are_those_that_one_would_write(start, stop, num):
    """As NumPy's, but in twelve digits, with exact ends and the same read from text."""
    hypothesis.assume(start != stop)
    (found,) = sweep(f"{{model.noise.mean_E: {{start: {start}, stop: {stop}, num: {num}}}}}")[
        "axes"
    ].values()
    np.testing.assert_allclose(found, np.linspace(start, stop, num), rtol=1e-11, atol=1e-9)
    assert (found[0], found[-1]) == (start, stop)
    assert [float(f"{x:.12g}") for x in found] == found
    if start * stop > 0:
        span = sweeps.Range(abs(start), abs(stop), True)
        values = [span.at(k, num - 1) for k in range(num)]
        np.testing.assert_allclose(values, np.geomspace(abs(start), abs(stop), num), rtol=1e-11)


def test_what_is_zipped_moves_together_and_makes_a_grid_with_the_others():
    found = sweep(
        f"{{{K}: [1, 2], {SPEED}: [5 m/s, 5 m/s, 7 m/s], model.noise.sigma: [0.1, 0.2, 0.2],"
        f" zip: [[model.noise.sigma, {SPEED}]]}}"
    )
    assert list(found["axes"]) == [K, SPEED, "model.noise.sigma"]  # as they are written
    assert rows(found) == [
        *((1, 5, 0.1), (1, 5, 0.2), (1, 7, 0.2)),
        *((2, 5, 0.1), (2, 5, 0.2), (2, 7, 0.2)),
    ]
    assert found["axes"][SPEED] == [5, 7]
    assert sweeps.number_of_points(found) == 6
    assert len(study.sweep_points(load("{}")["model"], found, study.first_defaults(SCHEMA))) == 6


def table(path, text, more="{}"):
    path.write_text(text)
    loaded = load(json.dumps(yaml.safe_load(more) | {"table": str(path)}))
    inputs.check_sources(loaded, SCHEMA, "results", str(bundled.example()))
    return loaded["sweep"]


def test_a_table_has_a_point_a_line_with_units_or_in_those_of_the_workflow(tmp_path):
    path = tmp_path / "points.csv"
    text = f"\ufeff{K}, {SPEED},model.coupling\r\n1,10,diffusive\r\n\r\n2.5, 8 m/s ,additive\r\n"
    found = table(path, text)
    assert rows(found) == [(1, 10, "diffusive"), (2.5, 8, "additive")]
    assert found["path"] == str(path)
    more = table(path, text, "{model.noise.sigma: [0.01, 0.02]}")
    assert list(more["axes"]) == ["model.noise.sigma", K, SPEED, "model.coupling"]
    assert rows(more)[:2] == [(0.01, 1, 10, "diffusive"), (0.01, 2.5, 8, "additive")]


def test_the_same_points_are_the_same_sweep_however_they_are_written(tmp_path):
    grid = sweep(f"{{{K}: [1, 2], {SPEED}: [5 m/s, 10 m/s]}}")
    lines = f"{K},{SPEED}\n1,5\n1,10\n2,5\n2,10\n"
    assert table(tmp_path / "points.csv", lines) | {"path": None} == grid
    together = f"{{{K}: [1, 1, 2, 2], {SPEED}: [5 m/s, 10 m/s, 5 m/s, 10 m/s]"
    assert sweep(f"{together}, zip: [[{K}, {SPEED}]]}}") == grid
    alone = sweep(f"{{{K}: [1, 2], {SPEED}: [5 m/s, 10 m/s], zip: [[{K}, {SPEED}]]}}")
    assert alone["points"] == [[1, 5], [2, 10]]


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_a_design_fills_its_ranges_and_leaves_others_a_grid(method):
    text = (
        f"{{{K}: {{start: 1, stop: 3}}, {SPEED}: {{start: 1 m/s, stop: 100 m/s, scale: log}}, "
        f"design: {{method: {method}, number: 32, seed: 5}}}}"
    )
    found = sweep(text)
    points = np.array(rows(found))
    assert points.shape == (32, 2)
    cube = np.stack([(points[:, 0] - 1) / 2, np.log(points[:, 1]) / np.log(100)], axis=1)
    assert (np.sort(np.floor(32 * cube), axis=0) == np.arange(32)[:, None]).all()  # one in each
    random = np.random.default_rng(5)
    maker = {"sobol": qmc.Sobol, "latin_hypercube": qmc.LatinHypercube}[method](2, rng=random)
    np.testing.assert_allclose(cube, maker.random(32), atol=1e-6)
    assert [float(f"{x:.12g}") for x in points.ravel()] == points.ravel().tolist()
    assert rows(sweep(text.replace("seed: 5", "seed: 6"))) != rows(found)
    more = sweep(text[:-1] + ", model.coupling: [diffusive, additive]}")
    assert sweeps.number_of_points(more) == 64
    if method == "sobol":  # what was simulated stays
        assert rows(sweep(text.replace("32", "45")))[:32] == rows(found)


def test_jobs_of_a_run_need_no_scipy_to_place_points(tmp_path, monkeypatch):
    text = f"{{{K}: {{start: 1, stop: 3}}, design: {{method: sobol, number: 8}}}}"
    expected = rows(sweep(text))
    monkeypatch.delenv(sweeps.HANDED, raising=False)
    monkeypatch.setattr(sweeps, "_known", {})
    sweep(text)
    sweeps.hand_on()
    code = f"""
        import sys
        import yaml
        from restmeg import bundled, settings, sweeps
        given = {{"sweep": yaml.safe_load({text!r})}}
        found = settings.load(given, settings.load_schema(bundled.schema()))["sweep"]
        assert "scipy" not in sys.modules
        print([tuple(point.values()) for point in sweeps.points(found)])
    """
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(expected)
    monkeypatch.delenv(sweeps.HANDED)


RANGES = [
    ("{start: 1}", K, ["found no stop", "{start: 0.5, stop: 3, num: 6}"]),
    ("{stop: 1, num: 3}", K, ["found no start"]),
    ("{start: 1, stop: 2}", K, ["found no num", "sweep.design.method"]),
    ("{start: 1, stop: 2, num: 1}", f"{K}.num", ["found 1", "at least 2"]),
    ("{start: 1, stop: 2, num: 30000}", f"{K}.num", ["found 30000", "at most 20000"]),
    ("{start: 1, stop: 2, num: 2.5}", f"{K}.num", ["2.5", "a whole number"]),
    ("{start: 1, stop: 1.0, num: 3}", K, ["start and stop are both 1", "two values"]),
    ("{start: 0, stop: 1, num: 3, scale: log}", K, ["found 0 in a range of scale log"]),
    ("{start: 1, stop: 2, num: 3, scale: ln}", f"{K}.scale", ['"ln"', "one of linear, log"]),
    ("{start: -1, stop: 2, num: 3}", f"{K}.start", ["-1", "at least 0"]),
    ("{start: x, stop: 2, num: 3}", f"{K}.start", ['"x"', "a number"]),
    ("{start: 1, stop: 2, nmu: 3}", f"{K}.nmu", ["no such key", "did you mean 'num'?"]),
    ("{start: 1, stop: 1.0000000000001, num: 5}", f"{K}[1]", ["1 is there more than once"]),
    ("{}", K, ["found no start"]),
]
MISTAKES = [
    *((f"{{{K}: {text}}}", key, words) for text, key, words in RANGES),
    (f"{{{SPEED}: {{start: 1, stop: 2, num: 3}}}}", f"{SPEED}.start", ["1 has no unit"]),
    ("{model.coupling: {start: a, stop: b, num: 2}}", "model.coupling", ["found a range"]),
    (f"{{{K}: [1, 2], {SPEED}: [1 m/s], zip: [[{K}, {SPEED}]]}}", "zip[0]",
     [f"{K} has 2, {SPEED} has 1 values", "as many of each"]),
    (f"{{{K}: [1], zip: [[{K}, {SPEED}]]}}", "zip[0]", [f"{SPEED} is no axis", K]),
    (f"{{{K}: [1], zip: [[{K}, {K}]]}}", "zip[0]", [f"{K} is there more than once"]),
    (f"{{{K}: [1], zip: [[{K}]]}}", "zip[0]", ["at least 2 value"]),
    (f"{{{K}: [1], zip: [{K}]}}", "zip[0]", ["a list"]),
    (f"{{{K}: [1, 1], {SPEED}: [1 m/s, 1 m/s], zip: [[{K}, {SPEED}]]}}",
     f"zip, {K}, {SPEED}, point 2", ["1, 1 mm/ms is there more than once"]),
    (f"{{{K}: {{start: 1, stop: 2}}, {SPEED}: [1 m/s], zip: [[{K}, {SPEED}]],"
     " design: {method: sobol}}", "zip[0]", [f"{K} has no num", "a list of values"]),
    (f"{{{K}: [1], design: {{method: sobol}}}}", "design.method", ["no range to place points in"]),
    ("{design: {method: halton}}", "design.method", ["none, latin_hypercube, sobol"]),
    ("{design: {number: 12}}", "design.number", ["has no effect", "its default, 64"]),
    ("{design: {metod: sobol}}", "design.metod", ["did you mean 'method'?"]),
    ("{design: sobol}", "design", ['found "sobol"', "a mapping of keys"]),
    ("{tabel: x.csv}", "tabel", ["no such key", "did you mean 'table'?"]),
    ("{table: 5}", "table", ["found 5", "text"]),
    ("{5: [1]}", "5", ["no such key"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "words"), MISTAKES)
def test_a_mistake_is_one_line(text, key, words):
    with pytest.raises(InputError) as caught:
        load(text)
    message = str(caught.value)
    assert message.startswith(f"config: sweep.{key}: "), message
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is empty", "dotted names in its first line"]),
        ("\n1\n", ["is empty"]),
        (f"{K}\n", ["has no point"]),
        (f"{K},{K}\n1,2\n", [f"column {K} is there more than once"]),
        ("coupling_strength\n1\n", ["column coupling_strength: no such key", f"'{K}'"]),
        ("model.noise\n1\n", ["column model.noise: not a scalar"]),
        (f"{K},{SPEED}\n1,2\n1\n", ["line 3", "found 1 values", "expected 2"]),
        (f"{K},{SPEED}\n1,2\n\n1,\n", [f"line 4, {SPEED}", "cannot read ''"]),
        (f"{K}\n-1\n", [f"line 2, {K}: found -1.0", "at least 0"]),
        (f"{K}\nnan\n", [f"line 2, {K}: nan is not finite"]),
        (f"{K}\n1\n2\n1.0\n", ["point 3", "1 is there more than once"]),
        (f"{SPEED}\n3 ms\n", [f"line 2, {SPEED}", "'3 ms'", "a speed"]),
        (f'{K}\n"1\n', ["cannot be read as CSV"]),
        (f"{K}\n" + "\n".join(map(str, range(20002))), ["makes 20001 points", "at most 20000"]),
    ],
)
def test_a_mistake_in_a_table_is_one_line(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        table(tmp_path / "points.csv", text)
    message = str(caught.value)
    assert message.startswith("config: sweep")
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_table_that_is_not_there_or_no_text_is_refused(tmp_path):
    path = tmp_path / "points.csv"
    with pytest.raises(InputError, match=r"sweep\.table: no file 'other\.csv'"):
        inputs.check_sources(load("{table: other.csv}"), SCHEMA, "results", "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"points\.csv: cannot be read as CSV \("):
        inputs.check_sources(load(f"{{table: {path}}}"), SCHEMA, "results", "")
    path.write_text(f"{K}\n1\n")
    with pytest.raises(InputError, match=f"{K} is an axis of the sweep too"):
        inputs.check_sources(load(f"{{{K}: [2], table: {path}}}"), SCHEMA, "results", "")


def test_a_huge_grid_is_counted_and_not_made():
    axes = ", ".join(
        f"model.{name}: {{start: 1, stop: 2, num: 1000}}"
        for name in ("parameters.wEE", "parameters.wIE", "parameters.wEI", "noise.sigma")
    )
    assert sweeps.number_of_points(sweep(f"{{{axes}}}")) == 10**12
    with pytest.raises(
        InputError, match=r"^config: sweep: makes 2000000000000 points; expected at most"
    ):
        sweep(f"{{{axes}, {K}: [1, 2], {SPEED}: [1 m/s, 2 m/s], zip: [[{K}, {SPEED}]]}}")


def test_a_design_of_one_point_and_many_dimensions():
    keys = [key for key in study.first_defaults(SCHEMA) if key != "coupling"]
    units = {key: "mm/ms" if key == "conduction_speed" else "ms" for key in keys if key.endswith(
        ("tau", "tau_E", "tau_I", "speed"))}  # fmt: skip
    axes = {
        f"model.{key}": {end: f"{x} {units[key]}" if key in units else x
                         for end, x in (("start", 1), ("stop", 2))}
        for key in keys
    }  # fmt: skip
    found = sweep(json.dumps(axes | {"design": {"method": "sobol", "number": 1}}))
    assert sweeps.number_of_points(found) == 1
    assert math.prod(len(x) for x in found["axes"].values()) == 1


def test_a_table_stands_among_the_files_of_a_study(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(f"{K}\n1\n")
    loaded = load(f"{{table: {path}}}")
    inputs.check_sources(loaded, SCHEMA, "results", str(bundled.example()))
    assert inputs.files(loaded, SCHEMA)["sweep.table"] == str(path)
    assert "sweep.table" not in inputs.files(
        load("{}") | {s: {"path": None} | load("{}")[s] for s in inputs.KINDS}, SCHEMA
    )
    assert Path(loaded["sweep"]["path"]).is_file()
