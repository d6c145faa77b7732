"""The network of restmeg.core written as plainly as possible, to compare with."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def phi(z):
    return np.where(z == 0, 1.0, np.expm1(z) / np.where(z == 0, 1.0, z))


def integrate(weights, delays, model, dt, inputs, rate_E=0.0, rate_I=0.0, second_order=False):
    """Integrate for given inputs (steps, 2, N); return rE and rI after each step (steps, N).

    delays in whole steps; model as in the configuration, in plain numbers; second_order: by Adams
    and Bashforth's method in place of exponential Euler.
    """
    p = {name: np.asarray(value, float) for name, value in model["parameters"].items()}
    weights = model["coupling_strength"] * (weights - np.diag(np.diag(weights)))
    n_steps, _, n = inputs.shape
    x = np.full(n, rate_E, float) + np.zeros(n)
    y = np.full(n, rate_I, float) + np.zeros(n)
    past = [x]  # past[k] is the state after k steps
    rates = np.empty((2, n_steps, n))
    before = {}
    for step in range(n_steps):
        coupling = np.zeros(n)
        for i in range(n):
            for j in range(n):
                delayed = past[max(step - delays[i, j], 0)][j]
                own = x[i] if model["coupling"] == "diffusive" else 0.0
                coupling[i] += weights[i, j] * (delayed - own)

        def population(rate, drive, own_weight, name):
            a, theta, tau = p[f"a_{name}"], p[f"theta_{name}"], p[f"tau_{name}"]
            s = sigmoid(a * (drive - theta))
            transfer = s - sigmoid(-a * theta)
            f = (-rate + (1 - p["r"] * rate) * transfer) / tau
            if second_order:
                drift, before[name] = 1.5 * f - 0.5 * before.get(name, f), f
                return rate + dt * drift
            slope = a * s * (1 - s) * own_weight
            jacobian = (-1 - p["r"] * transfer + (1 - p["r"] * rate) * slope) / tau
            return rate + dt * phi(dt * jacobian) * f

        drive_E = p["wEE"] * x - p["wIE"] * y + coupling + inputs[step, 0]
        drive_I = p["wEI"] * x - p["wII"] * y + inputs[step, 1]
        x, y = population(x, drive_E, p["wEE"], "E"), population(y, drive_I, -p["wII"], "I")
        past.append(x)
        rates[:, step] = x, y
    return rates


def philox(counter, key):
    """Philox4x32-10 in Python integers (Salmon et al. 2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


def normals(seed, role, replicate, region, step):
    """The two normal numbers, for E and I, of one region and step."""
    words = philox([region, step // 2, replicate, role], divmod(seed, 2**32)[::-1])
    u, v = ((word + 0.5) / 2**32 for word in words[2 * (step % 2) :][:2])
    radius = np.sqrt(-2 * np.log(u))
    return radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)
