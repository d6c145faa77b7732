"""Inverse operators, against MNE's own and plain formulas; and the files that they are in."""

from pathlib import Path

import mne
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import InputError, bundled, fingerprint, inverse, leadfield, questions, sensors, store
from restmeg import settings as restmeg_settings

LABELS = ["a", "b", "c", "d", "e"]
RATE = 250.0
GIVEN = {
    "source": "minimum_norm",
    "path": None,
    "regularisation": None,
    "sensor_noise": dict(inverse.DENSITY),
    "noise_covariance": None,
}


@pytest.fixture(scope="module")
def info():
    return sensors.to_info(*sensors.find("neuromag306"), 1000.0)


@pytest.fixture(scope="module")
def forward(info):
    """A forward solution of five sources with a direction each under a Neuromag system."""
    rng = np.random.default_rng(4)
    places = rng.normal(size=(5, 3)) * [1, 1, 0.5]
    places = 0.06 * places / np.linalg.norm(places, axis=1, keepdims=True) + [0, 0, 0.05]
    normals = rng.normal(size=(5, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    found = mne.make_forward_solution(
        info,
        mne.Transform("mri", "head"),
        mne.setup_volume_source_space(pos={"rr": places, "nn": normals}, verbose="ERROR"),
        mne.make_sphere_model((0, 0, 0.04), 0.09, verbose="ERROR"),
        verbose="ERROR",
    )
    return mne.convert_forward_solution(found, surf_ori=True, force_fixed=True, verbose="ERROR")


@pytest.fixture(scope="module")
def noise(info):
    """A covariance of noise of sensors of both kinds that depend on each other."""
    rng = np.random.default_rng(5)
    kinds = info.get_channel_types()
    size = np.array([2e-14 if kind == "mag" else 5e-13 for kind in kinds])
    mixed = rng.normal(size=(306, 400)) + rng.normal(size=(306, 1))
    values = np.cov(size[:, None] * mixed)
    return mne.Covariance(values, info["ch_names"], [], [], 400, verbose="ERROR")


def test_minimum_norm_is_that_of_mne(info, forward, noise):
    operator = mne.minimum_norm.make_inverse_operator(
        info, forward, noise, loose=0.0, depth=None, fixed=True, verbose="ERROR"
    )
    eye = mne.EvokedArray(np.eye(306), info, nave=1, verbose="ERROR")
    expected = mne.minimum_norm.apply_inverse(eye, operator, 1 / 9, "MNE", verbose="ERROR").data
    found = inverse.minimum_norm(forward["sol"]["data"].T, noise.data, 1 / 9)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())
    assert not np.allclose(inverse.minimum_norm(forward["sol"]["data"].T, noise.data, 1), expected)


def test_a_beamformer_is_that_of_mne(info, forward, noise):
    gain = forward["sol"]["data"].T
    data = mne.Covariance(
        gain.T @ (np.diag([1, 2, 3, 4, 5.0]) * 1e-16) @ gain + noise.data,
        noise.ch_names,
        [],
        [],
        400,
        verbose="ERROR",
    )
    expected = mne.beamformer.make_lcmv(
        *(info, forward, data, 0.05, noise),
        rank="full",
        depth=None,
        weight_norm=None,
        verbose="ERROR",
    )
    # MNE's weights are of whitened sensors.
    weights = expected["weights"] @ expected["whitener"]
    found = inverse.lcmv(gain, noise.data, data.data, 0.05)
    np.testing.assert_allclose(found, weights, rtol=1e-6, atol=1e-7 * np.abs(weights).max())
    np.testing.assert_allclose(np.diag(found @ gain.T), 1, rtol=1e-9)


@settings(deadline=None, max_examples=40)
@given(
    n_regions=st.integers(2, 9),
    n_sensors=st.integers(2, 9),
    rank=st.integers(1, 9),
    seed=st.integers(0, 1000),
)
def test_plain_formulas(n_regions, n_sensors, rank, seed):
    """At any rank of the noise, with more regions than sensors or fewer."""
    rng = np.random.default_rng(seed)
    rank = min(rank, n_sensors)
    gain = rng.normal(size=(n_regions, n_sensors))
    units = 10.0 ** rng.integers(-15, -11, n_sensors)
    mixing = units[:, None] * rng.normal(size=(n_sensors, rank))
    noise = mixing @ mixing.T
    root, whitener = inverse.roots(noise)
    assert len(whitener) == rank
    np.testing.assert_allclose(
        root @ root.T / np.outer(units, units), noise / np.outer(units, units), atol=1e-9
    )
    np.testing.assert_allclose(whitener @ noise @ whitener.T, np.eye(rank), atol=1e-6)

    found = inverse.minimum_norm(gain * units, noise, 0.3)
    white = whitener @ (gain * units).T
    r = rank / np.trace(white @ white.T)
    # The other form of the same: (G^T G + lambda^2 / r)^-1 G^T.
    plain = np.linalg.solve(white.T @ white + 0.3 / r * np.eye(n_regions), white.T) @ whitener
    np.testing.assert_allclose(found * units, plain * units, atol=1e-6)

    factor = inverse.noise_factor(found, noise)
    assert factor.shape == (min(rank, n_regions), n_regions)
    expected = found @ noise @ found.T
    np.testing.assert_allclose(factor.T @ factor, expected, atol=1e-8 * np.abs(expected).max())


def test_a_region_without_a_field_has_no_beamformer():
    gain = np.array([[1.0, 2, 3], [0, 0, 0]])
    with pytest.raises(InputError, match="region number 1 has no field at the sensors"):
        inverse.lcmv(gain, np.eye(3), np.eye(3) + gain.T @ gain, 0.05)


def sphere(n=3):
    """A lead field of magnetometers and a gradiometer, and their names."""
    names, coils = sensors.find("neuromag306")
    gain = np.random.default_rng(2).normal(size=(len(LABELS), n))
    return leadfield.LeadField(gain, np.array(LABELS, object), names[:n], coils.taken(slice(n)))


def test_white_noise_is_of_its_kind_of_sensor():
    field = sphere()
    assert field.coils.kinds.tolist() == ["grad", "grad", "mag"]
    found = inverse.from_settings(GIVEN, field, RATE)
    np.testing.assert_allclose(np.diag(found.noise), [9e-26, 9e-26, 9e-30])
    assert found.regularisation == 1 / 9
    assert inverse.from_settings(GIVEN | {"source": "none"}, field, RATE) is None
    unknown = inverse.from_settings(GIVEN, field._replace(coils=None), RATE)
    np.testing.assert_allclose(np.diag(unknown.noise), 9e-30)


def test_defaults_are_those_of_the_schema():
    schema = restmeg_settings.load_schema(bundled.schema())
    loaded = restmeg_settings.load({}, schema)["inverse"]
    assert loaded == {key: value for key, value in GIVEN.items() if key != "path"} | {
        "source": inverse.NONE
    }
    given = {"inverse": {"sensor_noise": {"mag": "5 fT/sqrt(Hz)", "grad": "0.5 pT/m/Hz^0.5"}}}
    loaded = restmeg_settings.load(given, schema)["inverse"]["sensor_noise"]
    assert loaded == {"mag": 5e-15, "grad": 5e-13}
    with pytest.raises(InputError, match=r"inverse.sensor_noise.mag: '20 fT' is in femtotesla"):
        restmeg_settings.load({"inverse": {"sensor_noise": {"mag": "20 fT"}}}, schema)


def test_a_covariance_is_of_samples_at_the_rate_that_is_compared(tmp_path):
    path = tmp_path / "noise.npz"
    field = sphere()
    white = inverse.from_settings(GIVEN, field, RATE).noise
    # The variance of samples at this rate is density^2 rate / 2.
    np.savez(path, covariance=white[::-1, ::-1] * RATE / 2, sensors=field.sensors[::-1].astype(str))
    found = inverse.from_settings(GIVEN | {"noise_covariance": str(path)}, field, RATE)
    np.testing.assert_allclose(found.noise, white)
    with pytest.raises(InputError, match="sensor_noise: has no effect beside"):
        other = {"noise_covariance": str(path), "sensor_noise": {"mag": 1e-15, "grad": 3e-13}}
        inverse.from_settings(GIVEN | other, field, RATE)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_covariance_of_mne(tmp_path, noise, diagonal):
    path = tmp_path / "empty-room-cov.fif"
    names = noise.ch_names
    (noise.copy().as_diag() if diagonal else noise).save(path, verbose="ERROR")
    found = inverse.covariance(path, names[10:4:-1])
    expected = noise.data[10:4:-1, 10:4:-1]
    expected = np.diag(np.diag(expected)) if diagonal else expected
    np.testing.assert_allclose(found, expected)
    (tmp_path / "broken-cov.fif").write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"cannot be read as FIF .*; expected a noise covariance"):
        inverse.covariance(tmp_path / "broken-cov.fif", names)


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        (np.eye(2), "2 names|1 of 3 sensors of the lead field are not in it, 'C'"),
        (np.ones((3, 2)), "expected a square matrix"),
        (np.diag([1, -1.0, 1]), "variance of sensor 'B' is not positive"),
        (np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]), "a negative eigenvalue, -0.8"),
        (np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]), "is not symmetric"),
        (np.diag([1, np.nan, 1]), r"covariance\[1, 1\] is nan"),
        (np.eye(4), "3 names of sensors; expected 4"),
    ],
)
def test_what_is_no_covariance_is_refused(tmp_path, covariance, message):
    path = tmp_path / "noise.npz"
    names = ["A", "B", "C"][: len(covariance)]
    np.savez(path, covariance=covariance, sensors=names)
    with pytest.raises(InputError, match=message):
        inverse.covariance(path, ["A", "B", "C"])


def write(path, matrix, regions, names):
    """The same inverse as .npz or .nc, of which the latter has sensors first."""
    if path.suffix == ".npz":
        np.savez(path, inverse=matrix, regions=regions, sensors=names)
    else:
        variable = ("sensor", "region"), np.transpose(matrix)
        names = {"region": list(regions), "sensor": list(names)}
        xr.Dataset({"inverse": variable}, names).to_netcdf(path)
    return path


@pytest.mark.parametrize("name", ["k.npz", "k.nc"])
def test_a_file_is_matched_by_names(tmp_path, name):
    field = sphere()
    matrix = np.random.default_rng(0).normal(size=(5, 3))
    order, chosen = [3, 1, 0, 4, 2], [2, 0]
    path = write(
        tmp_path / name,
        matrix[order][:, chosen],
        [LABELS[k] for k in order],
        [str(field.sensors[k]) for k in chosen],
    )
    given = GIVEN | {"source": str(path), "path": str(path)}
    found = inverse.from_settings(given, field, RATE)
    np.testing.assert_array_equal(found.matrix[:, [0, 2]], matrix[:, [0, 2]])
    assert not found.matrix[:, 1].any()
    assert found.remarks == (
        f"1 of 3 sensors of the lead field are not in it, '{field.sensors[1]}', and count for "
        "nothing",
    )


@pytest.mark.parametrize("name", ["k.npz", "k.nc"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"regions": [*"abcdx"]}, "'x'"),
        ({"names": ["MEG 0113", "MEG 0112", "EEG 001"]}, r"1 of 3 sensors, 'EEG 001', are none"),
        ({"names": ["MEG 0113", "MEG 0113", "MEG 0112"]}, "'MEG 0113' is there more than once"),
        ({"matrix": np.full((5, 3), np.inf)}, r"inverse\[0, 0\] is inf"),
        ({"matrix": np.diag([1.0, 1, 0, 1, 1])[:, :3]}, "inverse is zero for region 'c'"),
    ],
)
def test_what_is_no_inverse_of_the_study_is_refused(tmp_path, name, change, message):
    field = sphere()
    parts = {"matrix": np.ones((5, 3)), "regions": LABELS, "names": field.sensors.astype(str)}
    path = write(tmp_path / name, *(parts | change).values())
    with pytest.raises(InputError, match=message) as error:
        inverse.read(path, field)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def hemisphere(rng, side):
    """Half a sphere of 200 sources as a surface of MNE."""
    from scipy.spatial import ConvexHull

    places = rng.normal(size=(200, 3))
    places[:, 0] = side * np.abs(places[:, 0])
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    triangles = ConvexHull(places).simplices
    return {
        **{"type": "surf", "id": 101 if side < 0 else 102, "coord_frame": np.array(5, np.int32)},
        **{"rr": 0.06 * places + [0, 0, 0.04], "nn": places, "np": 200, "tris": triangles},
        **{"ntri": len(triangles), "inuse": np.ones(200, int), "vertno": np.arange(200)},
        **{"nuse": 200, "nuse_tri": 0, "use_tris": np.zeros((0, 3), int), "subject_his_id": "x"},
        **dict.fromkeys(["nearest", "nearest_dist", "pinfo", "patch_inds", "dist", "dist_limit"]),
    }


def test_an_inverse_that_shows_other_regions_is_questioned():
    """Transposed, or in another order; not one that only leaks."""
    rng = np.random.default_rng(0)
    gain = rng.standard_normal((12, 12))
    right = np.linalg.inv(gain.T) + 0.05 * rng.standard_normal((12, 12))
    for matrix, asked in ((right, 0), (right.T, 1), (right[::-1], 1), (right[:, ::-1], 1)):
        found = inverse.Inverse("file", 0.0, matrix, np.eye(12))
        texts = list(questions.of_inverse(found, random=False, gain=gain))
        assert len(texts) == asked, texts
        assert all("are seen more by their own row than any other" in text for text in texts)


def test_an_operator_of_mne_is_written_as_the_readme_says(tmp_path, monkeypatch, info, noise):
    """Of the readme's own lines, with an operator of loose directions on two surfaces."""
    rng = np.random.default_rng(3)
    cortex = mne.make_forward_solution(
        info,
        mne.Transform("mri", "head"),
        mne.SourceSpaces([hemisphere(rng, -1), hemisphere(rng, 1)]),
        mne.make_sphere_model((0, 0, 0.04), 0.09, verbose="ERROR"),
        verbose="ERROR",
    )
    operator = mne.minimum_norm.make_inverse_operator(
        info, cortex, noise, loose=0.2, depth=0.8, verbose="ERROR"
    )
    parcels = [
        mne.Label(np.arange(100 * k, 100 * k + 100), hemi=hemi, name=f"{k}-{hemi}", subject="x")
        for hemi in ("lh", "rh")
        for k in (0, 1)
    ]
    lines = (Path(__file__).parents[2] / "config/README.md").read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("    eye = mne.Evoked"))
    code = "\n".join(line[4:] for line in lines[first : lines.index("", first)])
    monkeypatch.chdir(tmp_path)
    exec(code, {"mne": mne, "np": np, "info": info, "operator": operator, "parcels": parcels})

    names, coils = sensors.find("neuromag306")
    labels = np.array(["1-rh", "0-lh", "1-lh", "0-rh"], object)
    field = leadfield.LeadField(np.ones((4, 306)), labels, names[::-1], coils)
    found, remarks = inverse.read(tmp_path / "my_inverse.npz", field)
    assert not remarks
    measured = rng.normal(size=(306, 7)) * 1e-12
    evoked = mne.EvokedArray(measured, info, nave=1, verbose="ERROR")
    sources = mne.minimum_norm.apply_inverse(
        evoked, operator, 1 / 9, "dSPM", pick_ori="normal", verbose="ERROR"
    )
    expected = mne.extract_label_time_course(
        sources, parcels, operator["src"], mode="mean_flip", verbose="ERROR"
    )
    np.testing.assert_allclose(found @ measured[::-1], expected[[3, 0, 1, 2]], rtol=1e-9)


def test_what_the_file_of_results_says(tmp_path):
    field = leadfield.synthetic(LABELS, 12, 1, 1e-13)
    leadfield.write(tmp_path / "leadfield.nc", field, "synthetic", 1)
    asked = inverse.from_settings(GIVEN, field, 100.0)
    planned = fingerprint.content(*asked.identity())
    arguments = (tmp_path / "leadfield.nc", LABELS, GIVEN, planned, 50.0, (RATE, 100.0), [])
    inverse.write(*arguments, tmp_path / "inverse.nc")
    found = inverse.operator(tmp_path / "inverse.nc")
    with store.open_netcdf(tmp_path / "inverse.nc") as dataset:
        matrix = dataset["inverse"][...]
    # Noise is of samples as they are simulated.
    noise = np.eye(12) * 9e-30 * RATE / 2
    np.testing.assert_allclose(matrix, inverse.minimum_norm(50 * field.gain, noise, 1 / 9))
    np.testing.assert_allclose(found.leakage, matrix @ (50 * field.gain).T)
    np.testing.assert_allclose(
        found.noise.T @ found.noise, matrix @ noise @ matrix.T, rtol=1e-6, atol=1e-12
    )
    assert found.labels == LABELS
    with pytest.raises(InputError, match="has changed since this run was planned"):
        inverse.write(*arguments[:3], "other", *arguments[4:], tmp_path / "other.nc")
