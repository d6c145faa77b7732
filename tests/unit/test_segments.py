"""Recordings cut into segments, and brought to one sampling rate with simulations."""

from fractions import Fraction

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import InputError, formats, recording, resampling, segments, store
from scipy import signal

LABELS = ["a", "b", "c"]
TIMES = {"dt": 0.1, "duration": 4000.0, "transient": 300.0, "sampling_interval": 0.1}
MODEL = segments.Sampling(37_000, 10_000.0)


def series(values, rate, spans=None):
    """An open Recording of values (replicates, samples, 3)."""
    raw = formats.RawRecording(
        n_replicates=len(values),
        n_samples=values.shape[1],
        dtype=values.dtype,
        regions=LABELS,
        n_regions=3,
        replicates=None,
        times=None,
        time_unit=None,
        read=lambda k, at: values[k, at],
        sampling_rate=rate,
        spans=spans,
    )
    return recording.judged("x", raw, LABELS)


def wandering(n_samples, n=1, seed=0):
    """Series with a drift and an offset, which edges must not feel."""
    return 50 + np.cumsum(np.random.default_rng(seed).normal(size=(n, n_samples, 3)), axis=1)


@pytest.mark.parametrize(
    ("n", "rate", "other"),
    [
        (37_000, 10_000, 250),
        (15_000, 600, 250),
        (20_000, 1017.25, 250),
        (3000, 678.168, 500),
        (100, 10_000, 250),
        (700, 1000, 981),
    ],
)
@pytest.mark.parametrize("piece", [77, 1000, 10**6])
def test_resampling_is_scipy_s_whatever_the_pieces(n, rate, other, piece):
    values = wandering(n)[0]
    factor = resampling.ratio(rate, other)
    assert float(factor) * rate == pytest.approx(other, rel=1e-7)
    pieces = (values[at : at + piece] for at in range(0, n, piece))
    found = np.concatenate(list(resampling.resampled(pieces, factor)))
    expected = signal.resample_poly(
        values, factor.numerator, factor.denominator, axis=0, padtype="antireflect"
    )
    assert len(found) == resampling.length(n, factor) == n * factor.numerator // factor.denominator
    np.testing.assert_allclose(found, expected[: len(found)], rtol=0, atol=1e-10)


@given(
    n=st.integers(30, 900),
    up=st.integers(1, 12),
    down=st.integers(1, 30),
    cuts=st.lists(st.integers(1, 899), max_size=6, unique=True),
)
@settings(deadline=None, max_examples=60)
def test_resampling_of_any_length_in_any_pieces(n, up, down, cuts):
    factor = Fraction(up, down + up)
    values = wandering(n)[0]
    pieces = np.split(values, [cut for cut in sorted(cuts) if cut < n])
    found = list(resampling.resampled(iter(pieces), factor))
    found = np.concatenate(found) if found else np.empty((0, 3))
    expected = signal.resample_poly(
        values, factor.numerator, factor.denominator, axis=0, padtype="antireflect"
    )
    assert len(found) == resampling.length(n, factor)
    np.testing.assert_allclose(found, expected[: len(found)], rtol=0, atol=1e-9)


def test_what_the_lower_rate_cannot_have_does_not_fold_back():
    time = np.arange(40_000) / 10_000
    slow, fast = np.sin(2 * np.pi * 10 * time), np.sin(2 * np.pi * 260 * time)  # 10 Hz if picked
    values = np.stack([slow, fast, slow + fast], 1)
    found = np.concatenate(list(resampling.resampled(iter([values]), Fraction(1, 40))))
    picked = values[::40]
    assert np.std(picked[:, 1]) > 0.5
    assert np.std(found[:, 1]) < 0.01
    np.testing.assert_allclose(found[5:-5, [0, 2]], picked[5:-5, [0, 0]], atol=0.01)
    assert np.abs(found[:, 0] - picked[:, 0]).max() < 0.1  # to the very edges


@pytest.mark.parametrize(
    ("model", "recorded", "expected"),
    [
        (MODEL, [(15_000, 250.0)], (925, 250.0)),  # 60 s against 3.7 s
        (MODEL, [(500, 250.0)], (500, 250.0)),
        (MODEL, [(15_000, 250.0), (12_000, 300.0)], (925, 250.0)),
        (MODEL, [(15_000, 250.0), (600, 300.0)], (500, 250.0)),
        (segments.Sampling(925, 250.0), [(60_000, 1200.0)], (925, 250.0)),
        (segments.Sampling(925, 250.0), [(1000, 1200.0)], (208, 250.0)),
        (segments.Sampling(925, 250.0), [(3000, 251.0)], (925, 251.0)),  # the same: less than 1 %
        (segments.Sampling(925, 250.0), [(3000, 248.0)], (925, 248.0)),
        (segments.Sampling(925, 250.0), [(3000, 245.0)], (906, 245.0)),
    ],
)
def test_both_come_to_the_lower_rate_and_the_shorter_length(model, recorded, expected):
    given = [segments.Sampling(*one) for one in recorded]
    assert segments.common(model, given) == expected


def test_nothing_in_common_is_refused():
    with pytest.raises(InputError, match="1 samples of 250 Hz are common to simulated and recorde"):
        segments.common(segments.Sampling(60, 10_000.0), [segments.Sampling(1000, 250.0)])


def test_a_simulated_replicate_has_the_sampling_of_its_file():
    assert segments.simulated(TIMES) == MODEL
    assert segments.simulated(TIMES | {"sampling_interval": 0.7}).n_samples == 5285


@given(
    spans=st.lists(st.tuples(st.integers(0, 300), st.integers(2, 400)), min_size=1, max_size=4),
    length=st.integers(2, 500),
)
@settings(deadline=None)
def test_segments_hold_all_but_what_is_left_at_the_end_of_a_span(spans, length):
    edges = np.cumsum(np.ravel(spans)).reshape(-1, 2).tolist()
    given = series(wandering(edges[-1][1] + 5), 250.0, [tuple(span) for span in edges])
    found = list(segments.cut(given, segments.Sampling(length, 250.0)))
    expected = [start for first, stop in edges for start in range(first, stop - length + 1, length)]
    assert [one.span[0] + one.number * length for one in found] == expected


def test_simulated_series_are_filtered_and_cut_and_all_is_read():
    values = wandering(37_000, 2)
    left = []

    class Passing:
        replicates, labels, n_samples = np.arange(2), LABELS, 37_000

        def pieces(self, k):
            for at in range(0, 37_000, 1000):
                yield values[k, at : at + 1000]
            left.append(k)

    found = segments.alike(Passing(), [500, 250.0, 10_000.0])
    for k in range(2):
        whole = np.concatenate(list(found.pieces(k)))
        expected = signal.resample_poly(values[k], 1, 40, axis=0, padtype="antireflect")[:500]
        np.testing.assert_allclose(whole, expected, atol=1e-10)
    assert left == [0, 1]
    same = segments.alike(Passing(), [20_000, 9950.0, 10_000.0])  # less than a hundredth
    np.testing.assert_array_equal(np.concatenate(list(same.pieces(1))), values[1, :20_000])
    with pytest.raises(
        InputError, match="replicate 1 is 1 samples shorter than what it is compared"
    ):
        list(segments.alike(Passing(), [926, 250.0, 10_000.0]).pieces(1))


def test_a_simulated_replicate_has_the_samples_that_are_simulated():
    times = {"dt": 0.1, "duration": 4123.4, "transient": 300.3, "sampling_interval": 0.1}
    assert segments.simulated(times).n_samples == 38_231  # where the quotient is 38230.99...


GIVEN = recording.USUAL | {"sampling_rate": 1200.0, "orientation": "time_region"}
GIVEN |= {"labels": "connectome"}


def written(folder, paths, to, options=GIVEN, labels=LABELS):
    out = folder / "recording.nc"
    digest = segments.digest(paths, options)
    segments.write(paths, labels, options, segments.Sampling(*to), digest, None, out)
    return xr.load_dataset(out)


@pytest.mark.parametrize("length", [13, 10**6])
def test_files_become_segments_in_their_order(tmp_path, monkeypatch, length):
    monkeypatch.setattr(store, "piece_length", lambda width: length)
    one, two = wandering(5000, 2, 1), wandering(2500, 1, 2)[0]
    paths = [tmp_path / "one.npy", tmp_path / "two.npy"]
    np.save(paths[0], one)
    np.save(paths[1], two)
    found = written(tmp_path, paths, (250, 250.0))

    def segment(values, k):
        whole = signal.resample_poly(values, 5, 24, axis=0, padtype="antireflect")
        return whole[250 * k : 250 * (k + 1)]

    expected = [segment(replicate, k) for replicate in one for k in range(4)]
    expected += [segment(two, k) for k in range(2)]
    assert found.rate_E.dtype == np.float32
    np.testing.assert_allclose(found.rate_E.values, expected, rtol=1e-6)
    assert found.replicate.values.tolist() == list(range(10))
    assert found.region.values.tolist() == LABELS
    assert found.from_file.values.tolist() == ["one.npy"] * 8 + ["two.npy"] * 2
    assert found.from_replicate.values.tolist() == ["0"] * 4 + ["1"] * 4 + ["0"] * 2
    assert found.starts_at.values.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert found.time.attrs["units"] == "ms"
    with recording.opened(tmp_path / "recording.nc", LABELS[::-1]) as again:
        assert again.sampling_rate == 250
        first = np.concatenate(list(again.pieces(9)))
        np.testing.assert_allclose(first, expected[9][:, ::-1], rtol=1e-6)
    for words in ('"sampling_rates": [1200.0, 1200.0]', '"sampling_rate": 250.0', "two.npy"):
        assert words in found.attrs["parameters"]


def test_rates_that_are_nearly_the_same_are_not_resampled(tmp_path):
    values = wandering(1000)[0]
    np.save(tmp_path / "x.npy", values)
    found = written(tmp_path, [tmp_path / "x.npy"], (400, 1195.0))
    np.testing.assert_allclose(found.rate_E.values, values[:800].reshape(2, 400, 3), rtol=1e-6)
    assert found.starts_at.values == pytest.approx([0, 400 / 1200])


def test_nothing_is_left_of_a_recording_with_a_hole(tmp_path):
    values = wandering(1000)[0]
    values[900, 1] = np.nan
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(InputError, match="region 'b', sample 900: missing or not finite"):
        written(tmp_path, [tmp_path / "x.npy"], (500, 1200.0))
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


def test_a_file_that_has_changed_since_it_was_planned_is_refused(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, wandering(1000)[0])
    planned = segments.digest([path], GIVEN)
    np.save(path, wandering(1000, seed=1)[0])
    to = segments.Sampling(500, 1200.0)
    with pytest.raises(InputError, match=r"x.npy: changed since this run was planned; expected"):
        segments.write([path], LABELS, GIVEN, to, planned, None, tmp_path / "recording.nc")
    assert not (tmp_path / "recording.nc").exists()


def test_a_digest_is_of_all_that_counts(tmp_path):
    paths = [tmp_path / name for name in ("a.npy", "b.npy", "names.txt")]
    np.save(paths[0], wandering(10)[0])
    np.save(paths[1], wandering(11)[0])
    paths[2].write_text("a\nb\nc\n")
    changes = [
        (paths[:2], GIVEN),
        (paths[1::-1], GIVEN),
        (paths[:1], GIVEN),
        (paths[:2], GIVEN | {"labels": str(paths[2])}),
        (paths[:2], GIVEN | {"label_map": {"a": "x"}}),
        (paths[:2], GIVEN | {"orientation": None}),
        (paths[:2], GIVEN | {"sampling_rate": 250.0}),
    ]
    assert len({segments.digest(*change) for change in changes}) == len(changes)
    (tmp_path / "other.txt").write_text("a\nb\nc\n")
    renamed = GIVEN | {"labels": str(tmp_path / "other.txt")}
    assert segments.digest(paths[:2], renamed) == segments.digest(*changes[3])


def test_a_digest_is_of_all_parts_of_a_split_file(tmp_path):
    import mne

    path, info = tmp_path / "x-raw.fif", mne.create_info(LABELS, 250.0, "misc")
    raw = mne.io.RawArray(wandering(200_000)[0].T, info, verbose="ERROR")
    raw.save(path, split_size="2MB", buffer_size_sec=1.0, verbose="ERROR")
    second = tmp_path / "x-raw-1.fif"
    assert second.exists()
    before = segments.digest([path], GIVEN)
    content = bytearray(second.read_bytes())
    content[len(content) // 2] ^= 1
    second.write_bytes(content)
    assert segments.digest([path], GIVEN) != before


def test_files_are_called_the_same_wherever_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ["sub-01/x.fif", str(tmp_path / "sub-02/x.fif")]
    assert segments.called(given) == ["sub-01/x.fif", "sub-02/x.fif"]
    assert segments.called(given[:1]) == ["x.fif"]
    assert segments.called(["a.npy", "more/b.npy"]) == ["a.npy", "more/b.npy"]


@pytest.mark.parametrize("length", [1, 7, 10**6])
def test_what_values_look_like(monkeypatch, length):
    monkeypatch.setattr(store, "piece_length", lambda width: length)
    values = wandering(1000, 2)
    assert segments.look(series(values, 250.0))[:2] == ([], 0.0)
    values[1, 100:140] = 0.0
    values[1, 990:] = 0.0
    assert segments.look(series(values, 250.0))[:2] == ([], 0.16)
    assert segments.look(series(values, 250.0, [(0, 120), (120, 130)]))[:2] == ([], 20 / 250)
    values[0, :, 2] = 3.0
    assert segments.look(series(values, 250.0)).silent == ["c"]


@pytest.mark.parametrize(
    ("rate", "spans", "message"),
    [
        (None, None, "x: no time axis with units of time, so its sampling rate is not known"),
        (250.0, [], "x: 0 samples in a row are not annotated as bad; expected more"),
    ],
)
def test_a_recording_without_a_rate_or_without_samples_is_refused(rate, spans, message):
    with pytest.raises(InputError) as caught:
        segments.sampling(series(wandering(100), rate, spans))
    assert str(caught.value).startswith(message)
