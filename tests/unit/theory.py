"""Covariance of the network's linear approximation, from its transfer function.

Around the fixed point at zero (no mean drive) the network is linear, and noise with the spectrum
S(w) = sigma^2 / tau / (w^2 + 1 / tau^2) has the covariance
C = 1 / pi * integral over w > 0 of Re[H S H^H], H(w) = (i w - A - B(w))^-1 G.
"""

import numpy as np


def covariance(weights, delays, model, dt):
    """Covariance (N, N) of rE. delays in steps, model in plain numbers (scalars)."""
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
    points, step_weights = np.polynomial.legendre.leggauss(4000)
    angle = (points + 1) * np.pi / 4
    frequencies = np.tan(angle) / 5
    steps = step_weights * np.pi / 4 / np.cos(angle) ** 2 / 5
    total = np.zeros((n, n))
    for w, step in zip(frequencies, steps, strict=True):
        system = 1j * w * np.eye(2 * n) - local
        system[:n, :n] -= slope["E"] * weights * np.exp(-1j * w * delays * dt)
        response = np.linalg.inv(system)[:n] * gain
        spectrum = noise["sigma"] ** 2 / noise["tau"] / (w**2 + 1 / noise["tau"] ** 2)
        total += step * spectrum * (response @ response.conj().T).real
    return total / np.pi
