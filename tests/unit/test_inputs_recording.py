"""A recording's files and what is said of them, checked before any job."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from restmeg import InputError, connectome, inputs, settings
from test_inputs import LABELS, OWN, SCHEMA, checked, folder

__all__ = ["folder"]  # a fixture that each test uses


def two_files():
    """Two sessions of the recording, turned and without names, of other lengths."""
    with xr.open_dataset("recording.nc", decode_timedelta=False) as dataset:
        series = dataset.rate_E.values
    np.save("one.npy", series[0, :, ::-1].T)
    np.save("two.npy", series[1, :20_000, ::-1].T)
    Path("names.txt").write_text("\n".join(LABELS[::-1]))
    given = {"source": ["one.npy", "two.npy"], "orientation": "region_time"}
    given |= {"labels": "names.txt", "sampling_rate": "10 kHz"}
    return {**OWN, "target": given, "simulation": {"duration": "1.3 s"}}


def test_several_files_are_cut_each_on_its_own(monkeypatch):
    config = two_files()
    found, said = checked(config)
    assert said == []
    assert found.recorded == (3 + 2, 10_000, 10_000.0)
    assert found.readers == ["formats.npy", "formats.series"]
    assert found.held == 0
    monkeypatch.setenv(inputs.PLANNED, "")
    inputs.hand_on(found)
    anatomy = connectome.read("connectome.npz")
    assert inputs.planned(settings.load(config, SCHEMA), anatomy) == found
    config["target"]["source"].reverse()
    other, _ = checked(config)
    assert other.recorded == found.recorded
    assert other.recording != found.recording


def test_frequencies_that_filters_have_taken_are_said():
    config = two_files()
    config["simulation"] |= {"sampling_interval": "4 ms", "duration": "1.3 s"}
    _, said = checked(config | {"fit": {"frequencies": ["5 Hz", "120 Hz"]}})
    assert said == [
        "config: fit.frequencies: nothing counts above 105 Hz, as of a recording at 250 Hz filters "
        "leave less there"
    ]
    assert checked(config | {"fit": {"frequencies": ["5 Hz", "100 Hz"]}})[1] == []


def test_a_simulation_sampled_more_coarsely_sets_the_rate():
    config = two_files()
    config["simulation"] |= {"sampling_interval": "4 ms", "duration": "1.3 s"}
    assert checked(config)[0].recorded == (5, 250, 250.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": "none.txt"}, "config: target.labels: no file 'none.txt'; expected a file"),
        ({"label_map": "none.tsv"}, "config: target.label_map: no file 'none.tsv'; expected a"),
        ({"source": ["one.npy", "no.npy"]}, "config: target.source: no file 'no.npy'; expected s"),
        ({"source": ["one.npy", "one.npy"]}, 'config: target.source: found ["one.npy", "one.npy"]'),
        ({"source": []}, "config: target.source: found []; expected at least 1 value"),
        ({"source": ["one.npy", "x.edf"]}, "x.edf: not a recording file; expected a name that"),
        ({"sampling_rate": "auto"}, "one.npy: no time axis with units of time, so its"),
        ({"orientation": "time_region"}, "names.txt: 6 labels; expected 37000, one for each"),
        ({"label_map": {"area 1": 3}}, "config: target.label_map.area 1: found 3; expected text"),
        ({"orientation": "time"}, 'config: target.orientation: found "time"; expected one of ti'),
        ({"variable": "X"}, "config: target.variable: has no effect on one.npy, which says"),
        ({"source": ["one.npy", "./one.npy"]}, "config: target.source: 'one.npy' is there more"),
        ({"seed": 3}, "config: target.seed: has no effect where target.source is ['one.npy'"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_recording_must_be_so(change, message):
    config = two_files()
    Path("x.edf").touch()
    config["target"] |= change
    with pytest.raises(InputError) as caught:
        checked(config)
    assert str(caught.value).startswith(message)


def test_what_only_a_recording_has_is_refused_without_one():
    with pytest.raises(InputError) as caught:
        checked({"target": {"label_map": {"a": "b"}}})
    assert str(caught.value) == (
        "config: target.label_map: has no effect where target.source is synthetic; expected its "
        "default, auto, or left out"
    )


def test_values_are_looked_at_before_any_job_in_files_that_are_not_large(monkeypatch):
    config = two_files()
    values = np.load("two.npy")
    values[:, 500:2000] = 0.0
    np.save("two.npy", values)
    (said,) = checked(config)[1]
    assert said.startswith("two.npy: all regions are zero for 0.15 s on end; if bad segments were")
    values[3] = 7.0
    np.save("two.npy", values)
    (said,) = checked(config)[1]
    assert said.startswith("two.npy: no variance in region 'area 2'; no score of such a replicate")
    values[3, 100] = np.nan
    np.save("two.npy", values)
    with pytest.raises(InputError, match=r"two.npy: matrix of replicate 0, region 'area 2'"):
        checked(config)
    monkeypatch.setattr(inputs, "SCANNED", 1000)
    assert checked(config)[1] == []
