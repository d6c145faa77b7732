"""What is asked for jobs, beside what they were measured to take (make costs)."""

import csv
import logging
import re
import sys
from types import SimpleNamespace

import benchmark
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from restmeg import bundled, costs, settings, sizes, study
from restmeg.console import forecast

RULES = re.compile(r"^(?:rule|use rule \w+ as) (\w+)")


@pytest.fixture(scope="module")
def bench():
    return benchmark.load("costs")


def stored(bench):
    with bench.TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_rule_asks_for_its_own_memory_and_time():
    found = {}
    for path in (benchmark.ROOT / "workflow/rules").glob("*.smk"):
        for part in re.split(r"(?m)^(?=rule |use rule )", path.read_text()):
            if name := RULES.match(part):
                found[name[1]] = re.findall(r'\*\*asked\("(\w+)"\)', part)
    assert found == {name: [name] for name in costs.COSTS}


def test_what_is_asked_is_enough_and_not_too_much(bench):
    """As the model is now: never below what is used, nor above three times that plus 300 MB."""
    rows = stored(bench)
    assert {row["study"] for row in rows} == set(bench.STUDIES)
    assert {row["rule"] for row in rows} == {*costs.COSTS, bench.SNAKEMAKE}
    for row in rows:
        asked, used = float(row["asked_mb"]), float(row["used_mb"])
        assert used <= costs.SPARE * asked <= 3 * used + 300, row
        cost = costs.Cost(asked, float(row["asked_s"]))
        assert float(row["used_s"]) < 60 * costs.minutes(cost), row


@pytest.mark.parametrize("name", ["94 regions", "400 regions", "40 points"])
def test_the_stored_table_is_of_this_model(bench, name, tmp_path):
    needed = bench.asked(bench.configuration(name, tmp_path))
    for row in stored(bench):
        if row["study"] == name:
            assert float(row["asked_mb"]) == pytest.approx(needed[row["rule"]].memory, abs=0.51)


SIZE = sizes.Size(
    regions=80,
    pairs=3000,
    longest=200,
    steps=40_000,
    samples=3700,
    sensors=300,
    measures=1,
    points=10,
    swept=1,
    fitted=0,
    replicates=20,
    batch=16,
    targets=20,
    target_batch=16,
    target_samples=3700,
    target_rate=1000.0,
    networks=4,
)
# Larger batches are fewer files, and more sensors shorter pieces of time.
GROWING = sorted({*SIZE._fields} - {"target_rate", "batch", "sensors"})


@given(st.sampled_from(GROWING), st.integers(1, 12))
def test_more_of_anything_never_takes_less(name, times):
    larger = SIZE._replace(**{name: getattr(SIZE, name) * times})
    for rule, cost in costs.of_study(SIZE).items():
        more = costs.of_study(larger)[rule]
        assert more.memory >= cost.memory * (1 - 1e-9) or larger.regions > costs.MOST
        assert costs.megabytes(larger, more) > 0
        assert costs.minutes(more) >= costs.LEAST_MINUTES


def test_long_delays_are_asked_for():
    """3e7 mm at 10 mm/ms are 3e7 steps: 8 regions hold 12 rows of 3.6 GB in all."""
    much = costs.COSTS["simulate"](SIZE._replace(regions=8, longest=30_000_000)).memory
    assert much > 8 * 8 * 3e7 / 2**20


def test_the_size_of_the_bundled_study(example):
    schema = settings.load_schema(bundled.schema())
    loaded = settings.load({"nulls": {"other": {"method": "degree_length", "number": 3}}}, schema)
    weights, distances = example
    plan = study.plan(loaded, schema, weights)
    size = study.size(loaded, plan, weights, distances, 16, of_batch=np.mean)
    assert (size.regions, size.pairs, size.replicates, size.targets) == (8, 56, 20, 20)
    assert size.longest == 81
    assert size.batch == 10
    assert size.steps == 40_000
    recorded = study.size(loaded, plan, weights, distances, 16, recorded=(3, 1000, 250.0))
    assert (recorded.targets, recorded.target_samples, recorded.target_rate) == (3, 1000, 250.0)
    assert size.points == size.networks / 3 == 1


def test_a_forecast_counts_what_there_is_to_do(capsys):
    total = costs.total({"simulate": 3, "score": 1, "all": 1}, SIZE, SIZE)
    one, score = costs.COSTS["simulate"](SIZE), costs.COSTS["score"](SIZE)
    assert total.jobs == 4
    assert total.seconds == pytest.approx(3 * one.seconds + score.seconds + 4 * costs.STARTING)
    assert total.stored == pytest.approx(3 * one.stored + score.stored)
    told = forecast.Forecast(sys.stdout, lambda counts: costs.Total(len(counts), 3700, 80, 2500))
    told.emit(logging.makeLogRecord({"msg": "x"}))
    told.close()
    assert capsys.readouterr().out == ""
    told.emit(
        logging.makeLogRecord({"event": SimpleNamespace(value="run_info"), "stats": {"a": 1}})
    )
    told.close()
    assert capsys.readouterr().out == (
        "\nThe run takes about 1 h 1 min of one core in 1 step, up to 80 MB of memory in each, "
        "and up to 2.5 GB of disk.\n"
    )
