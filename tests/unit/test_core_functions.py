"""The core's elementary functions, vectors and noise."""

import numpy as np
import plain
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from restmeg.core import elementary, layout, noise, vectors
from restmeg.model import stream

# Every function of the core is used twice below: number by number, and eight at a time as the core
# does. The first is the plain twin of the second: both must give the same bits.


@njit(error_model="numpy")
def one_by_one(function, x, y, first, second):
    for k in range(len(x)):
        first[k], second[k] = function(x[k], y[k])


@njit(error_model="numpy")
def eight_by_eight(function, x, y, first, second):
    for k in range(0, len(x), 8):
        a, b = function(vectors.load(vectors.data(x), k), vectors.load(vectors.data(y), k))
        vectors.store(vectors.data(first), k, a)
        vectors.store(vectors.data(second), k, b)


def apply(function, x, y):
    """Both results of a function of two arrays."""
    n = len(x)
    x, y = (np.concatenate([values, np.ones(-n % 8)]) for values in (x, y))
    results = np.empty((2, 2, len(x)))
    one_by_one(function, x, y, *results[0])
    eight_by_eight(function, x, y, *results[1])
    # All bits but those of a NaN, which no processor promises.
    assert np.nan_to_num(results[0]).tobytes() == np.nan_to_num(results[1]).tobytes()
    return results[0, :, :n]


both_phi = njit(lambda x, y: (elementary.phi(x), elementary.phi(y)))
as_words = njit(lambda x: vectors.bits(x + 2.0**52) & np.uint64(0xFFFFFFFF))
radii = njit(lambda x, y: elementary.radii(as_words(x), as_words(y)))
cos_sin = njit(lambda x, y: elementary.cos_sin_turns(as_words(x)))


@pytest.mark.parametrize("order", [1, -1])
def test_functions_that_share_a_division_are_accurate(order):
    """A few units in the last place against the C library, whatever the other of the pair is."""
    x = np.linspace(-499, 499, 20_001)
    expected = plain.sigmoid(-x * np.log(2))
    np.testing.assert_allclose(apply(elementary.sigmoids, x, x[::order])[0], expected, rtol=2e-13)
    x = np.linspace(-8, 8, 20_001)
    expected = plain.sigmoid(-x * np.log(2))
    np.testing.assert_allclose(apply(elementary.sigmoids, x, x[::order])[0], expected, rtol=3e-15)
    z = np.concatenate([np.linspace(-1, 1, 20_001), [0.0], np.logspace(-300, -1, 1000)])
    for both in (elementary.phis, both_phi):
        np.testing.assert_allclose(apply(both, z, z[::order])[0], plain.phi(z), rtol=1.5e-15)


def test_phi_of_any_number_is_accurate():
    z = np.concatenate([np.linspace(-700, 700, 20_001), np.linspace(-3, 3, 20_001)])
    np.testing.assert_allclose(apply(both_phi, z, z)[0], plain.phi(z), rtol=3e-15)


def test_extreme_and_missing_numbers():
    ends = apply(elementary.sigmoids, np.array([1e9, -1e9, np.inf, np.nan]), np.zeros(4))
    assert ends[0, :3].tolist() == [pytest.approx(0, abs=1e-130), 1, pytest.approx(0, abs=1e-130)]
    assert np.isnan(ends[0, 3])
    assert (ends[1, :3] == 0.5).all()
    ends = apply(both_phi, np.array([np.nan, 0.0, -1e9, 1e9]), np.zeros(4))[0]
    assert np.isnan(ends[0])
    assert ends[1:3].tolist() == [1, pytest.approx(1e-9)]
    assert 1e290 < ends[3] < np.inf


def test_radius_and_angle_of_words_are_accurate():
    """To 1e-10: a 32-bit word tells no more."""
    steps = np.linspace(0, 2**32 - 1, 100_001).astype(np.uint64).astype(float)
    words = np.concatenate([np.arange(1000.0), 2**32 - np.arange(1, 1001.0), steps])
    u = (words + 0.5) / 2**32
    expected = np.sqrt(-2 * np.log1p((words + 0.5 - 2**32) / 2**32))
    for values in apply(radii, words, words):
        np.testing.assert_allclose(values, expected, rtol=1e-10)
    cosine, sine = apply(cos_sin, words, words)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * u), rtol=0, atol=1e-10)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * u), rtol=0, atol=1e-10)


def test_transpose_turns_eight_by_eight():
    source, target = np.arange(20.0 * 11).reshape(20, 11), np.zeros((9, 13))
    data = vectors.data
    turn = njit(lambda a, b: vectors.transpose(data(a), 2 * 11 + 3, 11, data(b), 14, 13))
    turn(source, target)
    expected = np.zeros((9, 13))
    expected[1:9, 1:9] = source[2:10, 3:11].T
    np.testing.assert_array_equal(target, expected)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        # Known answers of the authors' Random123 library, file kat_vectors.
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        (
            [0xFFFFFFFF] * 4,
            [0xFFFFFFFF] * 2,
            [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD],
        ),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_known_answers(counter, key, words):
    call = njit(lambda c, k: noise.philox(c[0], c[1], c[2], c[3], k[0], k[1]))
    assert list(call(np.array(counter, np.uint64), np.array(key, np.uint64))) == words
    assert plain.philox(counter, key) == words


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    role=st.integers(0, 1),
    replicate=st.integers(0, 2**32 - 1),
    pair=st.integers(0, 2**31),
)
def test_normals_are_a_function_of_the_stream(seed, role, replicate, pair):
    stream = layout.Stream(*map(np.uint64, (seed, role, replicate)))
    z = np.empty((4, 16))
    draw_eight(stream, pair, z)
    for region in (0, 7, 15):
        assert draw_one(stream, pair, np.uint64(region)) == tuple(z[:, region])
        for odd in (0, 1):
            expected = plain.normals(seed, role, replicate, region, 2 * pair + odd)
            np.testing.assert_allclose(
                z[2 * odd : 2 * odd + 2, region], expected, rtol=0, atol=3e-10
            )


@njit(error_model="numpy")
def draw_one(stream, pair, region):
    return noise.normals(stream, pair, region)


@njit(error_model="numpy")
def draw_eight(stream, pair, z):
    n = z.shape[1]
    for i in range(0, n, 8):
        numbers = noise.normals(stream, pair, vectors.ascending(np.uint64(i)))
        vectors.store(vectors.data(z), i, numbers[0])
        vectors.store(vectors.data(z), n + i, numbers[1])
        vectors.store(vectors.data(z), 2 * n + i, numbers[2])
        vectors.store(vectors.data(z), 3 * n + i, numbers[3])


def noise_of(n_steps, regions=64, seed=0, role="simulated", replicate=0, **changes):
    """x_E and x_I of uncoupled regions: (steps, 2, regions)."""
    parameters = {"sigma": 0.01, "tau": 20.0, "mean_E": 0.0, "mean_I": 0.0} | changes
    tau, mean = parameters["tau"], np.array([[parameters["mean_E"]], [parameters["mean_I"]]])
    settings_of = layout.Noise(
        decay=np.full(regions, np.exp(-0.1 / tau)),
        scale=np.full(regions, parameters["sigma"] * np.sqrt(0.1 / tau)),
        mean=mean * np.ones(regions),
    )
    state, inputs = np.zeros((2, regions)), np.empty((n_steps, 2, regions))
    fill_noise(n_steps, state, settings_of, stream(seed, role, replicate), inputs)
    return inputs


@njit(error_model="numpy")
def fill_noise(n_steps, state, given, random, inputs):
    noise.ornstein_uhlenbeck(
        0,
        n_steps,
        state.shape[1],
        vectors.data(state),
        vectors.data(given.decay),
        vectors.data(given.scale),
        vectors.data(given.mean),
        random,
        vectors.data(inputs),
    )


def test_noise_has_the_moments_of_its_process():
    """Against the exact moments of x <- x d + s z, d = exp(-dt / tau), s^2 = sigma^2 dt / tau."""
    x = noise_of(60_000)[4000:]  # 20 tau to forget the start, 280 tau of 128 signals
    decay = np.exp(-0.1 / 20)
    variance = 0.01**2 * (0.1 / 20) / (1 - decay**2)
    independent = 128 * 280 / 2  # the correlation time of x^2 is tau / 2, of x it is tau
    assert abs(x.mean()) < 4 * np.sqrt(variance / independent)
    assert x.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / independent))
    for lag in (1, 100, 200, 400):
        autocorrelation = (x[lag:] * x[:-lag]).mean() / variance
        assert autocorrelation == pytest.approx(decay**lag, abs=4 * np.sqrt(2 / independent))
    # Independent regions and populations: of 128 signals no pair is correlated.
    samples = x[::200].reshape(-1, 128)  # a tau apart
    correlations = np.corrcoef(samples.T)[np.triu_indices(128, 1)]
    assert abs(correlations.mean()) < 4 / np.sqrt(len(samples) * len(correlations))


def test_noise_goes_to_its_mean():
    x = noise_of(20_000, mean_E=1.5, mean_I=-0.5, sigma=0.01)
    expected = np.array([1.5, -0.5])
    np.testing.assert_allclose(x[4000:].mean(axis=(0, 2)), expected, atol=0.002)
    # From 0, at the rate of its correlation time: after one tau 63 % of the way.
    np.testing.assert_allclose(x[199].mean(axis=1), expected * (1 - np.exp(-1)), atol=0.01)


def test_streams_differ_and_do_not_overlap():
    reference = noise_of(2000)
    for change in ({"seed": 1}, {"role": "target"}, {"replicate": 1}):
        other = noise_of(2000, **change)
        correlation = np.corrcoef(
            np.diff(reference, axis=0).ravel(), np.diff(other, axis=0).ravel()
        )
        assert abs(correlation[0, 1]) < 4 / np.sqrt(reference.size)
