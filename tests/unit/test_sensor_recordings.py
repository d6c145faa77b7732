"""Recordings at the sensors: what an inverse makes of them, and which ones no study is of."""

import json

import mne
import numpy as np
import pytest
import xarray as xr
from restmeg import InputError, inputs, inverse, leadfield, recording, segments, sensors, store
from test_inputs import LABELS, OWN, checked, folder

__all__ = ["folder"]  # a fixture that each test uses

NAMES, COILS = sensors.find("neuromag306")
PICKED = np.arange(0, 306, 14)  # magnetometers and gradiometers
NAMES, COILS = NAMES[PICKED], COILS.taken(PICKED)
RATE = 250.0
rng = np.random.default_rng(0)
# T and T/m of a unit of moment, and of a recording.
SIZES = np.where(COILS.kinds == "grad", 50.0, 1.0)
GAIN = 1e-14 * SIZES * rng.normal(size=(6, len(NAMES)))  # (region, sensor) T/(nA m)
DATA = 1e-12 * SIZES * rng.normal(size=(3000, len(NAMES)))
ORDER = rng.permutation(len(NAMES))  # of channels in files
GRAD = int(np.argmax(COILS.kinds == "grad"))
HEAD = mne.Transform("meg", "head")


def write_raw(path="x_raw.fif", data=DATA, order=ORDER, change=None, bads=(), bad_spans=()):
    """With channels that are none of the head's sensors among them."""
    info = sensors.to_info(NAMES[order], COILS.taken(order), RATE)
    others = mne.create_info(["STI", "MISC001"], RATE, ["stim", "misc"], verbose="ERROR")
    raw = mne.io.RawArray(data[:, order].T, info, verbose="ERROR")
    more = mne.io.RawArray(np.ones((2, len(data))), others, verbose="ERROR")
    more.info["dev_head_t"] = HEAD
    raw.add_channels([more], force_update_info=True)
    raw.reorder_channels(["MISC001", *NAMES[order], "STI"])
    raw.info["bads"] = list(bads)
    for onset, duration in bad_spans:
        raw.annotations.append(onset, duration, "BAD_x")
    raw = (change or (lambda raw: raw))(raw)
    raw.save(path, fmt="double", overwrite=True, verbose="ERROR")
    return path


def field():
    return leadfield.LeadField(GAIN, np.array(LABELS, dtype=object), NAMES, COILS)


def config(**target):
    """That of a study with all that it needs."""
    leadfield.write("lead.nc", field(), "test")
    return {
        **OWN,
        "leadfield": {"source": "lead.nc"},
        "inverse": {"source": "minimum_norm"},
        "target": {"source": "x_raw.fif", **target},
        "simulation": {"duration": "1.3 s", "sampling_interval": "4 ms"},
    }


def kernel(rows=None, names=NAMES, path="kernel.npz"):
    rows = rng.normal(size=(6, len(names))) / SIZES[: len(names)] if rows is None else rows
    np.savez(path, inverse=rows, regions=LABELS, sensors=list(names))
    return rows


def operator_file(given, path="inverse.nc"):
    """As the rule makes it. given: the section inverse."""
    usual = {"path": given["source"], "noise_covariance": None, "regularisation": None}
    usual |= {"sensor_noise": inverse.DENSITY} | given
    usual["path"] = None if given["source"] == inverse.MINIMUM_NORM else given["source"]
    leadfield.write("lead.nc", field(), "test")
    planned = inverse.from_settings(usual, field(), RATE)
    digest = inputs.fingerprint.content(*planned.identity())
    rates = RATE, RATE
    inverse.write("lead.nc", LABELS, usual, digest, 100.0, rates, [], path)
    return path


@pytest.mark.parametrize("source", ["minimum_norm", "kernel.npz"])
@pytest.mark.parametrize("length", [17, 10**6])
def test_regions_are_the_operator_times_the_sensors(monkeypatch, source, length):
    monkeypatch.setattr(store, "piece_length", lambda width: length)
    rows = kernel()
    if source == "minimum_norm":
        # As Hämäläinen and Ilmoniemi (1994) have it, without whitening.
        lead = 100.0 * GAIN.T
        noise = np.diag([{"mag": 3e-15, "grad": 3e-13}[kind] ** 2 for kind in COILS.kinds])
        signal = lead @ lead.T
        signal *= len(lead) / np.trace(np.linalg.solve(noise, signal))  # whitened, one on average
        rows = len(lead) / np.trace(np.linalg.solve(noise, lead @ lead.T)) * lead.T
        rows = rows @ np.linalg.inv(signal + noise / 9)
    write_raw(bad_spans=[(4.0, 1.0)])
    given = recording.USUAL | {"sampling_rate": None}
    planned = segments.digest(["x_raw.fif"], given)
    made = operator_file({"source": source})
    to = segments.Sampling(500, RATE)
    segments.write(["x_raw.fif"], LABELS, given, to, planned, made, "out.nc")
    with xr.open_dataset("out.nc") as found:
        assert found.starts_at.values.tolist() == [0, 2, 5, 7, 9]
        for k, start in enumerate(found.starts_at.values):
            first = round(start * RATE)
            expected = DATA[first : first + 500] @ rows.T
            off = np.abs(found.rate_E.values[k] - expected).max()
            assert off < 1e-6 * np.abs(expected).max()
        assert json.loads(found.attrs["parameters"])["inverse"]["scale"] == 100


def test_sensors_that_a_file_of_an_inverse_has_not_may_be_bad_or_missing():
    some = [name for k, name in enumerate(NAMES) if k not in (2, 5)]
    rows = kernel(rng.normal(size=(6, len(some))), some)
    made = operator_file({"source": "kernel.npz"})
    places = [k for k in ORDER if k != 5]
    write_raw(order=places, bads=[NAMES[2]])
    with recording.opened("x_raw.fif", LABELS, {}, recording.through(made)) as series:
        found = np.concatenate(list(series.pieces(0)))
    expected = DATA[:, [k for k in range(len(NAMES)) if k not in (2, 5)]] @ rows.T
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())
    given = config()
    given["inverse"]["source"] = "kernel.npz"
    found, _ = checked(given)
    assert found.of_sensors


def test_a_plan_finds_the_sensors_and_asks_nothing():
    write_raw()
    found, said = checked(config())
    assert said == []
    assert found.of_sensors
    assert found.recorded == (12, 250, 250.0)
    assert found.readers == ["formats.fif"]
    np.save("x.npy", rng.normal(size=(3000, 6)))
    of_regions = {"source": "x.npy", "labels": "connectome", "orientation": "time_region"}
    given = config()
    given["target"] = of_regions | {"sampling_rate": "250 Hz"}
    assert not checked(given)[0].of_sensors


def missing(name="x_raw.fif"):
    write_raw(name, bads=[NAMES[3]], order=[k for k in ORDER if k != 7])


def projected(raw):
    """One direction of gradiometers is taken out."""
    names = [name for name, kind in zip(NAMES, COILS.kinds, strict=True) if kind == "grad"]
    data = {
        "nrow": 1,
        "ncol": len(names),
        "row_names": None,
        "col_names": names,
        "data": np.full((1, len(names)), len(names) ** -0.5),
    }
    raw.add_proj(mne.Projection(active=False, data=data, desc="one", kind=1), verbose="ERROR")
    return raw.apply_proj(verbose="ERROR")


def compensated(raw):
    for channel in raw.info["chs"]:
        if channel["ch_name"] in NAMES:
            channel["coil_type"] = int(channel["coil_type"]) | 3 << 16
    return raw


def retyped(raw):
    return raw.set_channel_types({NAMES[GRAD]: "mag"}, on_unit_change="ignore", verbose="ERROR")


def nothing():
    pass


REFUSED = [
    (
        lambda: write_raw(),
        {"inverse": {}},
        "x_raw.fif: its channels are sensors, not regions; expected inverse.source, such as minimu",
    ),
    (
        lambda: write_raw(),
        {"inverse": {"source": "lcmv"}},
        "config: inverse.source: lcmv is adapted to the field at the sensors of a synthetic targ",
    ),
    (
        missing,
        {},
        f"x_raw.fif: 2 of 22 sensors of the lead field, '{NAMES[3]}', '{NAMES[7]}', are not in it "
        f"or marked as bad ('{NAMES[3]}'); expected all: interpolate them (interpolate_bads of MN",
    ),
    (
        lambda: write_raw(change=lambda raw: raw.rename_channels(lambda name: f"{name}-1")),
        {},
        f"x_raw.fif: 22 of 22 sensors of the lead field, '{NAMES[0]}', '{NAMES[1]}', '{NAMES[2]}' "
        f"and 19 more, are not in it, which has '{NAMES[ORDER[0]]}-1', ",
    ),
    (
        lambda: write_raw(),
        {"leadfield": {"source": "leadfield.npz", "unit": "T/(nA m)"}},
        "x_raw.fif: its channels are sensors, and the lead field's have no names by which they cou",
    ),
    (
        lambda: write_raw(),
        {"target": {"source": "x_raw.fif", "labels": "connectome"}},
        "config: target.labels: has no effect on x_raw.fif, whose sensors have names of their own",
    ),
    (
        lambda: write_raw(),
        {"target": {"source": "x_raw.fif", "label_map": {"MEG 1": "MEG1"}}},
        "config: target.label_map: x_raw.fif has no sensor 'MEG 1'",
    ),
    (
        lambda: write_raw(change=projected),
        {},
        "x_raw.fif: 1 directions were projected out of its sensors (SSP), which are in the lead ",
    ),
    (
        lambda: write_raw(change=compensated),
        {},
        f"x_raw.fif: sensor '{NAMES[0]}' has gradient compensation of grade 3, and the lead field ",
    ),
    (
        lambda: write_raw(change=retyped),
        {},
        f"x_raw.fif: sensor '{NAMES[GRAD]}' is of type mag, and grad in the lead field (1 of 22 d",
    ),
    (
        lambda: write_raw(data=np.where(np.arange(3000)[:, None] == 7, np.nan, DATA)),
        {},
        f"x_raw.fif: channels of replicate 0, sensor '{NAMES[0]}', sample 7: missing or not finit",
    ),
    (
        lambda: [write_raw(), np.save("x.npy", rng.normal(size=(3000, 6)))],
        {
            "target": {
                **{"source": ["x_raw.fif", "x.npy"], "orientation": "time_region"},
                **{"sampling_rate": "250 Hz", "labels": "auto"},
            }
        },
        "x.npy: has no names of its regions",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("prepare", "change", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_used_is_one_clear_line(prepare, change, message):
    prepare()
    with pytest.raises(InputError) as caught:
        checked(config() | change)
    line = str(caught.value)
    assert line.startswith(message)
    assert len(line) <= 1000
    assert "\n" not in line


def test_files_of_regions_and_sensors_are_not_mixed():
    write_raw()
    columns = {"region": LABELS, "time": ("time", np.arange(3000) / RATE, {"units": "s"})}
    series = xr.Dataset({"x": (("time", "region"), rng.normal(size=(3000, 6)))}, columns)
    series.to_netcdf("x.nc")
    with pytest.raises(InputError, match=r"x.nc has series of regions, and x_raw.fif of sensors"):
        checked(config(source=["x_raw.fif", "x.nc"]))


def swung(factor):
    return lambda: write_raw(data=factor * DATA)


def elsewhere(raw):
    raw.info["dev_head_t"] = mne.Transform("meg", "head", mne.transforms.translation(z=0.02))
    return raw


def flat(raw):
    raw._data[raw.ch_names.index(NAMES[4])] = 1e-12
    return raw


ASKED = [
    (swung(1e15), "from lowest to highest, values of a sensor of type grad are 3.6e+05 apart (t"),
    (
        lambda: write_raw(change=elsewhere),
        "its sensors are 20 mm from those of the lead field, in coordinates of the head; is that",
    ),
    (
        lambda: write_raw(change=flat),
        f"no variance in sensor '{NAMES[4]}'; if it is broken, it should be marked as bad, or i",
    ),
    (
        lambda: write_raw(data=DATA * (np.arange(3000) // 100 != 3)[:, None]),
        "all sensors are zero for 0.4 s on end; if bad segments were set to zero, they should be",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("prepare", "message"), ASKED, ids=range(len(ASKED)))
def test_what_is_seldom_meant_is_asked(prepare, message):
    prepare()
    _, said = checked(config())
    assert said[0].startswith(f"x_raw.fif: {message}")
    assert len(said) == (2 if "apart" in message else 1)  # of both kinds of sensors


def test_other_sensors_are_left_out_and_told():
    write_raw()
    given = config()
    chosen = [k for k in range(len(NAMES)) if COILS.kinds[k] == "mag"]
    some = leadfield.LeadField(GAIN[:, chosen], LABELS, NAMES[chosen], COILS.taken(chosen))
    leadfield.write("lead.nc", some, "test")
    _, said = checked(given)
    (told,) = said
    n = len(NAMES) - len(chosen)
    assert told.startswith(f"x_raw.fif: {n} of 22 sensors count for nothing, '")
    # Unless the user leaves them out.
    others = {name: None for name in NAMES if name not in NAMES[chosen]}
    given["target"]["label_map"] = others
    assert checked(given)[1] == []


def test_names_of_a_lead_field_s_matrix_and_noise_of_no_known_kind():
    write_raw()
    np.savez("named.npz", gain=GAIN, labels=LABELS, sensors=list(NAMES))
    given = config() | {"leadfield": {"source": "named.npz", "unit": "T/(nA m)"}}
    found, said = checked(given)
    assert found.of_sensors
    assert any(
        "of its sensors are gradiometers, which the lead field does not say" in t for t in said
    )
    mne.Covariance(np.diag(SIZES**2 * 1e-29), list(NAMES), [], [], 0, verbose="ERROR").save(
        "noise-cov.fif", verbose="ERROR"
    )
    given["inverse"] = {"source": "minimum_norm", "noise_covariance": "noise-cov.fif"}
    assert not any("gradiometers, which" in text for text in checked(given)[1])


def test_projections_are_no_matter_where_the_model_has_them_too():
    write_raw(change=projected)
    raw = mne.io.read_raw_fif("x_raw.fif", verbose="ERROR")
    (found,) = raw.info["projs"]
    assert found["active"]
    direction = np.zeros(len(NAMES))
    places = [list(NAMES).index(name) for name in found["data"]["col_names"]]
    direction[places] = found["data"]["data"]
    projector = np.eye(len(NAMES)) - np.outer(direction, direction)
    # An inverse that was made with them,
    rows = kernel()
    given = config()
    given["inverse"]["source"] = "kernel.npz"
    with pytest.raises(InputError, match="1 directions were projected out"):
        checked(given)
    kernel(rows @ projector)
    assert checked(given)[0].of_sensors
    # or a lead field and noise.
    given = config()
    leadfield.write("lead.nc", field()._replace(gain=GAIN @ projector), "test")
    noise = np.diag(SIZES**2 * rng.uniform(1e-30, 3e-30, len(NAMES)))
    given["inverse"]["noise_covariance"] = "noise.npz"
    np.savez("noise.npz", covariance=noise, sensors=list(NAMES))
    with pytest.raises(InputError, match="1 directions were projected out"):
        checked(given)
    np.savez("noise.npz", covariance=projector @ noise @ projector, sensors=list(NAMES))
    assert checked(given)[0].of_sensors


def test_a_lead_field_may_be_compensated_as_the_recording_is():
    write_raw(change=compensated)
    given = config()
    coils = COILS._replace(types=np.asarray(COILS.types, int) | 3 << 16)
    leadfield.write("lead.nc", field()._replace(coils=coils), "test")
    assert checked(given)[0].of_sensors


def test_noise_of_a_filtered_recording_is_asked_for():
    names, coils = sensors.find("neuromag306")
    info = sensors.to_info(names, coils, RATE)
    data = 1e-12 * np.where(coils.kinds == "grad", 50.0, 1.0) * rng.normal(size=(800, 306))
    raw = mne.io.RawArray(data.T, info, verbose="ERROR")
    raw = mne.preprocessing.maxwell_filter(raw, origin=(0, 0, 0.04), verbose="ERROR")
    raw.save("x_raw.fif", verbose="ERROR")
    _, said = checked(config())
    assert "x_raw.fif: was Maxwell-filtered, and its noise is no longer white; inverse.noise" in (
        " ".join(said)
    )
