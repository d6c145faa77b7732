"""Two outside simulators of the same network, ready to be timed beside ours.

Each function builds one peer's model outside the timed part and returns a callable that needs no
arguments, integrates the network once from rest and returns the E rate of every step as an array
(region, step) or (step, region). Both peers compile on the first call: call once, then time.

Ours is the delay-coupled Wilson-Cowan network with diffusive coupling, exponential Euler steps and
Ornstein-Uhlenbeck noise inside the sigmoid of both populations. What a peer does otherwise is said
in its docstring. Weights and distances are [to, from]; distances are in mm, speeds in mm/ms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

NOISE_SIGMA = 0.01
NOISE_TAU_MS = 20.0


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
    from neurolib.models.wc import WCModel
    from neurolib.models.wc.timeIntegration import timeIntegration

    gain_exc, threshold_exc = 1.2, 2.8
    gain_inh, threshold_inh = 1.0, 4.0
    n_regions, n_steps = len(weights), round(duration_ms / dt_ms)
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

    def integrate() -> np.ndarray:
        # The compiled loop leaves its last noise in these arrays: a second run would start there.
        params["exc_ou"] = np.full(n_regions, -baseline_exc)
        params["inh_ou"] = np.full(n_regions, -baseline_inh)
        _, rate_exc, *_ = timeIntegration(params)
        return rate_exc[:, -n_steps:]

    return integrate


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
    import brainmass
    import brainstate
    import braintools
    import brainunit as u
    import jax

    n_regions, n_steps = len(weights), round(duration_ms / dt_ms)
    dt = dt_ms * u.ms

    def noise() -> brainmass.OUProcess:
        return brainmass.OUProcess(n_regions, sigma=NOISE_SIGMA, tau=NOISE_TAU_MS * u.ms)

    # The delay buffer is sized in steps when the network is built, so dt must be known by then.
    with brainstate.environ.context(dt=dt):
        network = brainmass.Network(
            brainmass.WilsonCowanStep(n_regions, noise_E=noise(), noise_I=noise()),
            conn=weights,
            distance=distances * u.mm,
            speed=speed * u.mm / u.ms,
            coupling="diffusive",
            coupled_var="rE",
            k=coupling,
            delay_init=braintools.init.Constant(0.0),
        )

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
