"""Two outside simulators of the same network, ready to be timed and fitted beside ours.

Each function builds one peer's model outside the timed part and returns a callable that needs no
arguments, integrates the network once from rest and returns the E rate of every step as an array
(region, step) or (step, region). Both peers compile on the first call: call once, then time.

Ours is the delay-coupled Wilson-Cowan network with diffusive coupling, exponential Euler steps and
Ornstein-Uhlenbeck noise inside the sigmoid of both populations. What a peer does otherwise is said
in its docstring. Weights and distances are [to, from]; distances are in mm, speeds in mm/ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NOISE_SIGMA = 0.01
NOISE_TAU_MS = 20.0
WITH_FC, WITH_COHERENCY = "fc_and_spectra", "coherency_and_spectra"
WINDOW, HIGHEST = 1000, 45  # ms of a spectrum's windows, as neurolib has them, and Hz


def neurolib_run(
    weights: np.ndarray,
    distances: np.ndarray,
    duration_ms: float,
    dt_ms: float = 0.1,
    speed: float = 10.0,
    coupling: float = 1.5,
) -> Callable[[], np.ndarray]:
    """Return a callable that integrates neurolib's Wilson-Cowan network once (Numba, float64).

    Timed is `timeIntegration`, what `WCModel.run` calls: delay matrix, allocation, noise and the
    compiled loop. Calling `run` itself, or cutting the run into chunks, took the same time within
    the spread of repeated runs at 80 and 400 regions. The result is (region, step).

    Alike: equations of a node up to the points below, connectome, time constants, gains,
    thresholds, local weights, step, number of steps, initial state, and the diffusive coupling:
    neurolib only adds, so minus the row sum of the weights goes on the diagonal, where the delay
    is zero. Its loop visits the diagonal anyway, so this is free.

    Unlike: Euler steps; noise added to the derivative, outside the sigmoid; no sigmoid(-a theta)
    subtracted, which the mean of the noise makes up for at rest; delays rounded to the nearest
    step instead of up; the I rate of every step is stored as well.
    """
    params = neurolib_params(weights, distances, duration_ms, dt_ms, speed, coupling)
    return lambda: neurolib_rates(params)


def neurolib_params(
    weights: np.ndarray,
    distances: np.ndarray,
    duration_ms: float,
    dt_ms: float,
    speed: float,
    coupling: float,
    inside: np.ndarray | None = None,
) -> dict:
    """Return the parameters of neurolib's Wilson-Cowan model that are those of our network.

    inside: noise (population, region, step) that goes into the sigmoids of E and I as neurolib's
    external input, where ours is, and in place of its own.
    """
    from neurolib.models.wc import WCModel

    gain_exc, threshold_exc = 1.2, 2.8
    gain_inh, threshold_inh = 1.0, 4.0
    n_regions = len(weights)
    baseline_exc = 1 / (1 + np.exp(gain_exc * threshold_exc))
    baseline_inh = 1 / (1 + np.exp(gain_inh * threshold_inh))

    params = WCModel(Cmat=weights, Dmat=distances, seed=0).params
    params.update(
        duration=duration_ms,
        dt=dt_ms,
        signalV=speed,
        K_gl=coupling,
        tau_exc=1.0,
        tau_inh=1.0,
        a_exc=gain_exc,
        a_inh=gain_inh,
        mu_exc=threshold_exc,
        mu_inh=threshold_inh,
        c_excexc=12.0,
        c_inhexc=4.0,
        c_excinh=13.0,
        c_inhinh=11.0,
        tau_ou=NOISE_TAU_MS,
        # neurolib's amplitude is that of the white noise, sigma sqrt(dt) z per step.
        sigma_ou=NOISE_SIGMA / np.sqrt(NOISE_TAU_MS),
        exc_ou_mean=-baseline_exc,
        inh_ou_mean=-baseline_inh,
        exc_init=np.zeros((n_regions, 1)),
        inh_init=np.zeros((n_regions, 1)),
    )
    # The constructor clears the diagonal, so it is set afterwards.
    off_diagonal = params["Cmat"]
    params["Cmat"] = off_diagonal - np.diag(off_diagonal.sum(axis=1))
    if inside is not None:
        params.update(sigma_ou=0.0, exc_ext=inside[0], inh_ext=inside[1])
    return params


def our_noise(shape: tuple[int, ...], dt_ms: float, sigma: float, seed: int) -> np.ndarray:
    """Return our Ornstein-Uhlenbeck noise over steps, the last axis, from zero."""
    from scipy import signal

    random = np.random.Generator(np.random.Philox(seed))
    size = sigma * np.sqrt(dt_ms / NOISE_TAU_MS)
    return signal.lfilter([size], [1, -np.exp(-dt_ms / NOISE_TAU_MS)], random.normal(size=shape))


def neurolib_rates(params: dict) -> np.ndarray:
    """Integrate neurolib's Wilson-Cowan model once and return its E rates (region, step)."""
    from neurolib.models.wc.timeIntegration import timeIntegration

    # The compiled loop leaves its last noise in these arrays: a second run would start there.
    for population in ("exc", "inh"):
        mean = params[f"{population}_ou_mean"]
        params[f"{population}_ou"] = np.full(len(params["Cmat"]), mean)
    _, rate_exc, *_ = timeIntegration(params)
    return rate_exc[:, -round(params["duration"] / params["dt"]) :]


def brainmass_run(
    weights: np.ndarray,
    distances: np.ndarray,
    duration_ms: float,
    dt_ms: float = 0.1,
    speed: float = 10.0,
    coupling: float = 1.5,
) -> Callable[[], np.ndarray]:
    """Return a callable that integrates brainmass's Wilson-Cowan network once (JAX on the CPU).

    Timed is one compiled loop over all steps, waited for, with the states set to rest first.
    brainmass's own `Simulator.run` compiles anew on every call; here the loop is compiled by the
    first call and kept, in the peer's favour. Setting the states inside the compiled function is
    what lets the second call reuse it. The result is (step, region).

    Alike: all equations, parameters, exponential Euler, diffusive coupling, delays rounded up,
    noise on both populations and its place in the step.

    Unlike: 32-bit floats, the default of JAX and thus of its users; each call draws new noise.
    """
    import brainstate
    import brainunit as u
    import jax

    n_steps = round(duration_ms / dt_ms)
    dt = dt_ms * u.ms
    network = brainmass_network(weights, distances, dt_ms, speed, coupling)

    def step(index: jax.Array) -> jax.Array:
        with brainstate.environ.context(i=index, t=index * dt):
            return network.update()

    @brainstate.transform.jit
    def all_steps() -> jax.Array:
        brainstate.nn.init_all_states(network)
        return brainstate.transform.for_loop(step, np.arange(n_steps))

    def integrate() -> np.ndarray:
        with brainstate.environ.context(dt=dt):
            return np.asarray(jax.block_until_ready(all_steps()))

    return integrate


def brainmass_network(
    weights: np.ndarray,
    distances: np.ndarray,
    dt_ms: float,
    speed: float,
    coupling: Any,
    sigma: float = NOISE_SIGMA,
) -> Any:
    """Return brainmass's Network that is ours. coupling: a number, or a Param to be fitted."""
    import brainmass
    import brainstate
    import braintools
    import brainunit as u

    n_regions = len(weights)

    def noise() -> brainmass.OUProcess:
        return brainmass.OUProcess(n_regions, sigma=sigma, tau=NOISE_TAU_MS * u.ms)

    # The delay buffer is sized in steps when the network is built, so dt must be known by then.
    with brainstate.environ.context(dt=dt_ms * u.ms):
        return brainmass.Network(
            brainmass.WilsonCowanStep(n_regions, noise_E=noise(), noise_I=noise()),
            conn=weights,
            distance=distances * u.mm,
            speed=speed * u.mm / u.ms,
            coupling="diffusive",
            coupled_var="rE",
            k=coupling,
            delay_init=braintools.init.Constant(0.0),
        )


def brainmass_replicates(
    network: Any,
    distances: np.ndarray,
    dt_ms: float,
    duration_ms: float,
    transient_ms: float,
    every: int,
    keys: Any,
) -> Callable[[Any], Any]:
    """Return a function of the speed that runs brainmass's Network once for each random key.

    Its result is (replicate, sample, region), a sample every so many steps after the transient. It
    can be compiled, and has a gradient of the coupling if that is a Param. Delays are put into the
    network when it is called, as long as none is longer than those it was built with.
    """
    import brainstate
    import jax
    from jax import numpy as jnp

    longest, sources = network.coupling.x.delay_info
    n_samples, skipped = (round(ms / dt_ms) // every for ms in (duration_ms, transient_ms))

    def one(key: jax.Array) -> jax.Array:
        brainstate.random.set_key(key)
        brainstate.nn.init_all_states(network)

        def step(index: jax.Array) -> jax.Array:
            with brainstate.environ.context(i=index, t=index * brainstate.environ.get_dt()):
                return network.update()

        def sample(index: jax.Array) -> jax.Array:
            return brainstate.transform.for_loop(step, index * every + np.arange(every))[-1]

        return brainstate.transform.for_loop(sample, np.arange(n_samples))[skipped:]

    def replicates(speed: Any) -> jax.Array:
        delays = jnp.ceil(distances / speed / dt_ms).astype(longest.dtype)
        network.coupling.x.delay_info = delays, sources
        return brainstate.transform.vmap(one)(keys)

    return replicates


def patterns(series: np.ndarray, minimised: str) -> tuple[np.ndarray, np.ndarray]:
    """Log10 power (frequencies, N), and correlations (pairs,) or coherency (frequencies, pairs).

    series: (replicates, samples, N), one each ms, cut into windows that overlap by half. minimised:
    with which of both.
    """
    samples, n_regions = series.shape[1:]
    starts = range(0, samples - WINDOW + 1, WINDOW // 2)
    windows = np.stack([series[:, first : first + WINDOW] for first in starts])
    windows = np.hanning(WINDOW)[:, None] * (windows - windows.mean(axis=2, keepdims=True))
    found = np.fft.rfft(windows, axis=2)[:, :, 1 : HIGHEST + 1].reshape(-1, HIGHEST, n_regions)
    cross = np.einsum("wfi,wfj->fij", found, found.conj()) / len(found)
    power = np.einsum("fii->fi", cross).real
    pairs = np.triu_indices(n_regions, 1)
    if minimised == WITH_FC:
        fc = np.corrcoef(series.reshape(-1, n_regions), rowvar=False)
        return np.log10(power), fc[pairs]
    size = np.sqrt(power)
    return np.log10(power), (cross / (size[:, :, None] * size[:, None]))[:, *pairs]


def distance(target: np.ndarray, minimised: str) -> Callable[[np.ndarray], float]:
    """How far series are from those of a target: root mean squared differences, added."""
    wanted = patterns(target, minimised)

    def far(series: np.ndarray) -> float:
        both = zip(patterns(series, minimised), wanted, strict=True)
        return float(sum(np.sqrt((np.abs(ours - theirs) ** 2).mean()) for ours, theirs in both))

    return far
