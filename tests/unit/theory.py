"""Second-order statistics of the network's linear approximation, from its transfer function.

Around the fixed point at zero (no mean drive) the network is linear, and noise with the spectrum
S(w) = sigma^2 / tau / (w^2 + 1 / tau^2) has the covariance
C = 1 / pi * integral over w > 0 of Re[H S H^H], H(w) = (i w - A - B(w))^-1 G.
"""

import numpy as np


def spectra(weights, delays, model, dt, nodes=4000):
    """Cross-spectra of rE (nodes, N, N) at nodes of an integral over w > 0, and its steps (nodes,).

    delays in steps, model in plain numbers (scalars).
    """
    p, noise = model["parameters"], model["noise"]
    n = len(weights)
    weights = model["coupling_strength"] * weights
    slope = {}
    for name in "EI":
        s = 1 / (1 + np.exp(p[f"a_{name}"] * p[f"theta_{name}"]))
        slope[name] = p[f"a_{name}"] * s * (1 - s) / p[f"tau_{name}"]
    leak = np.diag(weights.sum(axis=1)) if model["coupling"] == "diffusive" else 0.0
    one = np.eye(n)
    local = np.block(
        [
            [slope["E"] * (p["wEE"] * one - leak) - one / p["tau_E"], -slope["E"] * p["wIE"] * one],
            [slope["I"] * p["wEI"] * one, -slope["I"] * p["wII"] * one - one / p["tau_I"]],
        ]
    )
    gain = np.repeat([slope["E"], slope["I"]], n)
    # Nodes of the integral: tan maps (0, pi / 2) to all frequencies, densest below 1 / tau.
    points, step_weights = np.polynomial.legendre.leggauss(nodes)
    angle = (points + 1) * np.pi / 4
    frequencies = np.tan(angle) / 5
    steps = step_weights * np.pi / 4 / np.cos(angle) ** 2 / 5
    found = np.empty((nodes, n, n), complex)
    for k, w in enumerate(frequencies):
        system = 1j * w * np.eye(2 * n) - local
        system[:n, :n] -= slope["E"] * weights * np.exp(-1j * w * delays * dt)
        response = np.linalg.inv(system)[:n] * gain
        spectrum = noise["sigma"] ** 2 / noise["tau"] / (w**2 + 1 / noise["tau"] ** 2)
        found[k] = spectrum * (response @ response.conj().T)
    return found, steps


def covariance(weights, delays, model, dt):
    """Covariance (N, N) of rE; as `spectra`."""
    found, steps = spectra(weights, delays, model, dt)
    return np.tensordot(steps, found.real, 1) / np.pi


def correlations(weights, delays, model, dt, duration):
    """Expected Pearson FC (pairs,) and its covariance over recordings of this duration in ms.

    Bartlett's formula, cov(c_ij, c_kl) = 1 / (pi T) * integral over w > 0 of
    Re[S_ik conj(S_jl) + S_il conj(S_jk)], and the delta method from covariances to correlations.
    """
    found, steps = spectra(weights, delays, model, dt, nodes=400)
    total = np.tensordot(steps, found.real, 1) / np.pi
    n = len(total)
    i, j = (np.r_[ends, range(n)] for ends in np.triu_indices(n, 1))  # pairs, then variances
    error = np.zeros((len(i), len(i)))
    for step, s in zip(steps, found, strict=True):
        products = s[np.ix_(i, i)] * s[np.ix_(j, j)].conj()
        products += s[np.ix_(i, j)] * s[np.ix_(j, i)].conj()
        error += step * products.real
    error /= np.pi * duration
    scale = np.sqrt(np.diag(total))
    pairs = slice(0, len(i) - n)
    i, j = i[pairs], j[pairs]
    expected = total[i, j] / (scale[i] * scale[j])
    slopes = np.zeros((len(i), len(error)))
    rows = np.arange(len(i))
    slopes[rows, rows] = 1 / (scale[i] * scale[j])
    for end in (i, j):
        slopes[rows, len(i) + end] -= expected / (2 * total[end, end])
    return expected, slopes @ error @ slopes.T
