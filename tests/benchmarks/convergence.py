"""How each integrator goes to the model's continuous limit as its step becomes short.

make convergence writes convergence.csv and .png, in a quarter of an hour. A network of twenty nodes
that oscillate in alpha, with delays, in three regimes:

linear       weak coupling, its slowest mode decaying by 12 / s
near_hopf    twice that coupling, its slowest mode decaying by 2 / s
limit_cycle  beyond the Hopf point, where sigmoids saturate and linear theory does not hold

The first two are by theory: that of the integrator's own steps, which is exact, beside that of
the continuous equations, written out here. The last one is simulated, and its limit is
Adams-Bashforth's method at 0.025 ms. All runs of a replicate follow the same path of the noise,
that of exponential Euler but for its larger size. Their rates part nevertheless: differences of
variances are known a fifth better than without, and others hardly.

The error of a quantity is the root of the mean square over regions, pairs, or regions and
frequencies; standard_error is the same of their standard errors (jackknife over replicates), and
what sampling alone would give for an error. An error is inf where the integrator has no stable
fixed point.

Delays are whole multiples of the longest step, so that all steps have the same, or as they come
("rounded"), of which exponential Euler takes the next step and Adams-Bashforth the nearest one.
"""

import argparse
import csv
import itertools
import os
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import numpy as np
import scipy.fft
import scipy.optimize
import scipy.signal
from restmeg import bundled, settings
from restmeg.core import network
from restmeg.figures import style
from restmeg.model import ADAMS_BASHFORTH, EXPONENTIAL_EULER, build_network, initial_state, stream
from restmeg.theory import linear, spectra, stability

TABLE, FIGURE = (Path(__file__).with_name(f"convergence.{form}") for form in ("csv", "png"))
HEAD = ["regime", "delays", "method", "dt", "quantity", "error", "standard_error"]
METHODS = (EXPONENTIAL_EULER, ADAMS_BASHFORTH)
STEPS = (0.1, 0.25, 0.5, 1.0, 2.0)  # ms
FINE = 0.025  # ms, the limit of what is simulated
WHOLE, ROUNDED = DELAYS = ("whole", "rounded")
REGIONS, SPEED = 20, 8.0  # mm/ms
RHYTHM = {
    **{"tau_E": 10.0, "tau_I": 20.0, "a_E": 4.0, "a_I": 4.0, "theta_E": 1.0, "theta_I": 1.0},
    **{"wEE": 3.25, "wIE": 2.5, "wEI": 3.75, "wII": 0.0, "r": 0.0},
}
# What is simulated: of exponential Euler once as fine as the limit, to see it go there too.
RUNS = [
    (WHOLE, EXPONENTIAL_EULER, FINE),
    *((delays, ADAMS_BASHFORTH, FINE) for delays in DELAYS),
    *itertools.product(DELAYS, METHODS, STEPS),
]
# coupling strength, constant drive (None: that of the growth rate below), size of the noise
REGIMES = {
    "linear": (0.2, 0.26, 0.002),
    "near_hopf": (0.4, None, 0.002),
    "limit_cycle": (0.4, 0.45, 0.1),
}
GROWTH = -2e-3  # per ms, of the slowest mode near the Hopf point
NODES = 400  # of each part of an integral
BAND = 1.0, 45.0  # Hz
EVERY = 2.0  # ms between recorded states
WINDOW = 2000.0  # ms of a periodogram
REACH = 1.0  # Hz to either side of the largest power that tell where a simulated peak is
TRANSIENT, DURATION, PIECE = 4000.0, 64_000.0, 1000.0  # ms; the first is not recorded
REPLICATES = 80
QUANTITIES = {
    "variance": "Variance (relative)",
    "spectrum": "Power, 1-45 Hz (relative)",
    "fc": "FC (absolute)",
    "peak_frequency": "Peak frequency (relative)",
}


def anatomy(delays):
    """Weights with a mean row sum of one and distances (mm) of regions on a sphere of 70 mm."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(REGIONS, 3))
    places *= 70 / np.linalg.norm(places, axis=1, keepdims=True)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    weights = np.triu(rng.lognormal(0, 1, distances.shape), 1)
    weights = (weights + weights.T) * np.exp(-distances / 40)
    if delays == WHOLE:
        step = SPEED * max(STEPS)
        distances = step * np.maximum(np.round(distances / step), 1) * (1 - np.eye(REGIONS))
    return weights / weights.sum(axis=1).mean(), distances


def case(regime, delays):
    """Weights, distances and model."""
    strength, mean, sigma = REGIMES[regime]
    model = settings.load({}, settings.load_schema(bundled.schema()))["model"]
    model |= {"coupling": "additive", "coupling_strength": strength, "conduction_speed": SPEED}
    model["parameters"] = RHYTHM
    connectome = anatomy(delays)

    def driven(drive):
        return model | {"noise": model["noise"] | {"mean_E": drive, "sigma": sigma}}

    def growth(drive):
        net = linear.linearise(*connectome, driven(drive), 0.1, method=ADAMS_BASHFORTH)
        return stability.slowest_mode(net).real - GROWTH

    mean = scipy.optimize.brentq(growth, 0.2, 0.27, xtol=1e-6) if mean is None else mean
    return *connectome, driven(mean)


class Continuous:
    """The network around its fixed point in continuous time, by its equations with r = 0."""

    def __init__(self, weights, distances, model):
        p, self.noise = model["parameters"], model["noise"]
        n = len(weights)
        self.weights = model["coupling_strength"] * weights
        self.delays = distances / model["conduction_speed"]
        one, none = np.eye(n), np.zeros((n, n))
        inner = np.block([[p["wEE"] * one, -p["wIE"] * one], [p["wEI"] * one, -p["wII"] * one]])
        outer = np.block([[self.weights, none], [none, none]])
        a, theta, tau, mean = (
            np.repeat([values[f"{name}_{population}"] for population in "EI"], n)
            for values, name in ((p, "a"), (p, "theta"), (p, "tau"), (self.noise, "mean"))
        )

        def sigmoid(u):
            return 1 / (1 + np.exp(-a * (u - theta)))

        def drift(rates):
            return sigmoid((inner + outer) @ rates + mean) - sigmoid(0 * mean) - rates

        found = scipy.optimize.root(drift, np.zeros(2 * n), tol=1e-13)
        if not found.success:
            raise RuntimeError(found.message)
        s = sigmoid((inner + outer) @ found.x + mean)
        self.gain = a * s * (1 - s) / tau
        self.local = self.gain[:, None] * inner - np.diag(1 / tau)

    def cross_spectra(self, frequencies):
        """(n, N, N) of rE, two-sided, at angular frequencies (n,) in 1 / ms."""
        n, tau = len(self.weights), self.noise["tau"]
        found = np.empty((len(frequencies), n, n), complex)
        for k, w in enumerate(frequencies):
            system = 1j * w * np.eye(2 * n) - self.local
            system[:n, :n] -= self.gain[:n, None] * self.weights * np.exp(-1j * w * self.delays)
            response = np.linalg.inv(system)[:n] * self.gain
            noise = self.noise["sigma"] ** 2 / tau / (w**2 + 1 / tau**2)
            found[k] = noise * (response @ response.conj().T)
        return found


def quantities(covariance, power, hertz, fc=None, reach=0.0):
    """What is compared, each a flat array of which differences are errors.

    covariance (N, N), or variances (N,) with fc (pairs,); power (N, n) at hertz (n,); reach: of
    `peak`.
    """
    variance = covariance
    if fc is None:
        variance = np.diag(covariance)
        scale = np.sqrt(variance)
        fc = (covariance / np.outer(scale, scale))[np.triu_indices(len(scale), 1)]
    # Differences of logarithms are relative errors.
    peaks = np.array([peak(row, hertz, reach) for row in power])
    logarithms = np.log(variance), np.log(power).ravel(), np.log(peaks)
    found = dict(zip(("variance", "spectrum", "peak_frequency"), logarithms, strict=True))
    return found | {"fc": fc}


def peak(power, hertz, reach):
    """Where a spectrum (n,) is largest: of a parabola through its logarithm nearby."""
    top = np.clip(np.argmax(power), 1, len(power) - 2)
    near = np.abs(hertz - hertz[top]) <= max(reach, hertz[1] - hertz[0]) * 1.001
    curve = np.polynomial.Polynomial.fit(hertz[near], np.log(power[near]), 2)
    return curve.deriv().roots()[0]


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


def expected(net, hertz, number=NODES):
    """Quantities of an integrator by theory; None where it has no stable fixed point."""
    slowest = stability.slowest_mode(net)
    if slowest.real >= 0:
        return None
    covariance = spectra.integral(net, spectra.nodes(net, number, slowest))
    return quantities(covariance, spectra.power(net, hertz), hertz)


def by_theory(regime, delays, steps=STEPS, methods=METHODS):
    """Rows of the table, of a regime where linear theory holds."""
    studied = case(regime, delays)
    hertz = np.arange(BAND[0], BAND[1] + 0.01, 0.05)
    fine = linear.linearise(*studied, FINE, method=ADAMS_BASHFORTH)
    slowest = stability.slowest_mode(fine)
    nodes = spectra.nodes(fine._replace(dt=FINE / 100), NODES, slowest)
    exact = Continuous(*studied)
    covariance = np.tensordot(nodes.weights, exact.cross_spectra(nodes.frequencies).real, 1)
    power = np.diagonal(exact.cross_spectra(2 * np.pi * hertz / 1000).real, axis1=1, axis2=2)
    limit = quantities(covariance, 2 / 1000 * power.T, hertz)
    for method, dt in itertools.product(methods, steps):
        found = expected(linear.linearise(*studied, dt, method=method), hertz)
        for name in QUANTITIES:
            error = np.inf if found is None else rms(found[name] - limit[name])
            yield [regime, delays, method, dt, name, error, 0.0]


def replicate(number, cases):
    """Moments of each run of a replicate that follows one path of the noise.

    Returns {(delays, method, dt): variances (N,), power (N, n) and FC (pairs,)}, and n hertz.
    """
    rng = np.random.Generator(np.random.Philox(number))
    tau, sigma, mean = (cases[WHOLE][2]["noise"][name] for name in ("tau", "sigma", "mean_E"))
    decay = np.exp(-FINE / tau)
    spread = sigma * np.sqrt((1 - decay**2) / 2)
    runs = {}
    for delays, method, dt in RUNS:
        net = build_network(*cases[delays], dt, method)
        # By how much this integrator's noise is larger than the path.
        size = net.noise.scale[0] / (sigma * np.sqrt((1 - net.noise.decay[0] ** 2) / 2))
        runs[delays, method, dt] = net, initial_state(net), size
    series = {run: [] for run in runs}
    last = np.zeros((1, 2, REGIONS))
    for start in np.arange(0, DURATION, PIECE):
        path = rng.normal(0, spread, (round(PIECE / FINE), 2, REGIONS))
        path, last = scipy.signal.lfilter([1], [1, -decay], path, axis=0, zi=last)
        for run, (net, state, size) in runs.items():
            dt = run[-1]
            inputs = size * path[:: round(dt / FINE)]
            inputs[:, 0] += mean
            every = round(EVERY / dt)
            out = np.empty((len(inputs) // every, REGIONS), np.float32)
            network.advance(
                state,
                *(net.coupling, net.parameters, net.noise, stream(0, "simulated", number)),
                *(inputs, every, len(inputs), out, net.second_order),
            )
            if start >= TRANSIENT:
                series[run].append(out)
    return {run: moments(np.concatenate(parts)) for run, parts in series.items()}


def moments(series):
    """Variances (N,), power (N, n) within the band and FC (pairs,) of a series (time, N)."""
    length = round(WINDOW / EVERY)
    hertz, power = scipy.signal.welch(series.T.astype(float), 1000 / EVERY, nperseg=length)
    kept = (hertz >= BAND[0]) & (hertz <= BAND[1])
    fc = np.corrcoef(series.T.astype(float))[np.triu_indices(series.shape[1], 1)]
    return series.var(axis=0, dtype=float), power[:, kept], fc


def by_simulation(regime, replicates):
    """Rows of the table, of a regime where linear theory does not hold."""
    cases = {delays: case(regime, delays) for delays in DELAYS}
    hertz = scipy.fft.rfftfreq(round(WINDOW / EVERY), EVERY / 1000)
    hertz = hertz[(hertz >= BAND[0]) & (hertz <= BAND[1])]
    network.prepare()
    found = []
    for number in range(replicates):
        found.append(replicate(number, cases))
        print(f"\r{regime}: {number + 1} of {replicates} replicates", end="", flush=True)
    print()

    def estimate(run, kept):
        parts = zip(*(one[run] for one in kept), strict=True)
        variance, power, fc = (np.mean(part, axis=0) for part in parts)
        return quantities(variance, power, hertz, fc, REACH)

    samples = [found, *(found[:k] + found[k + 1 :] for k in range(replicates))]
    for delays in DELAYS:
        limits = [estimate((delays, ADAMS_BASHFORTH, FINE), kept) for kept in samples]
        for method, dt in [run[1:] for run in RUNS if run[0] == delays]:
            if (method, dt) == (ADAMS_BASHFORTH, FINE):
                continue
            every = [estimate((delays, method, dt), kept) for kept in samples]
            for name in QUANTITIES:
                error, *without = (a[name] - b[name] for a, b in zip(every, limits, strict=True))
                spread = (replicates - 1) * np.var(without, axis=0)
                yield [regime, delays, method, dt, name, rms(error), rms(np.sqrt(spread))]


def write(rows, path=TABLE):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for *names, dt, quantity, error, spread in rows:
            writer.writerow([*names, f"{dt:g}", quantity, f"{error:.3g}", f"{spread:.2g}"])


def read(path=TABLE):
    """Rows of the table, numbers as such."""
    with path.open(newline="") as file:
        _, *rows = csv.reader(file)
    return [[*row[:3], float(row[3]), row[4], float(row[5]), float(row[6])] for row in rows]


NAMES = {EXPONENTIAL_EULER: "exponential Euler", ADAMS_BASHFORTH: "Adams-Bashforth"}
COLOURS = {EXPONENTIAL_EULER: style.TARGET, ADAMS_BASHFORTH: style.SIMULATED}
ORDERS = {EXPONENTIAL_EULER: 1, ADAMS_BASHFORTH: 2}
LINES = {
    WHOLE: {"linestyle": "-", "marker": "o", "markersize": 5},
    ROUNDED: {"linestyle": ":", "marker": "s", "markersize": 4},
}
GUIDE = {"color": style.LINE, "linewidth": 6, "alpha": 0.4, "zorder": 0}
BELOW = "0.93"
TITLES = {
    "linear": "Weak coupling, a decay of 12 / s: theory",
    "near_hopf": "Strong coupling near the Hopf point, a decay of 2 / s: theory",
    "limit_cycle": "Saturation beyond the Hopf point: simulated",
}
TOLD = 2  # standard errors: a smaller error cannot be told from none


@style.look()
def draw(rows):
    """Errors over the step: a row of panels for each regime, a column for each quantity."""
    figure = style.new_figure(12, 9.6)
    panels = figure.subplots(len(REGIMES), len(QUANTITIES), sharey="row")
    for line, (regime, title) in zip(panels, TITLES.items(), strict=True):
        here = [row[1:] for row in rows if row[0] == regime]
        errors = [row[-2] for row in here if np.isfinite(row[-2])]
        limits = min(errors) / 2, max(errors) * 6
        for axes, (quantity, name) in zip(line, QUANTITIES.items(), strict=True):
            _panel(axes, [row for row in here if row[3] == quantity], limits)
            axes.set_title("\n\n" + name, **style.SMALL)  # below the name of the regime
        line[0].set_ylabel("error")
        bold = {"fontsize": 11, "fontweight": "bold", "in_layout": False}
        line[0].text(0, 1.15, title, transform=line[0].transAxes, **bold)
    for axes in panels[-1]:
        axes.set_xlabel("step (ms)")
    figure.legend(handles=_legend(), loc="outside lower center", ncols=4, frameon=False)
    style.save(figure, FIGURE)


def _panel(axes, rows, limits):
    """Errors of a quantity in a regime; rows: (delays, method, dt, quantity, error, its error)."""
    axes.set(xscale="log", yscale="log", xlim=(STEPS[0] / 1.4, STEPS[-1] * 1.4), ylim=limits)
    axes.set_xticks(STEPS, [f"{dt:g}" for dt in STEPS])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    steps = np.array(STEPS)
    for delays, method in itertools.product(DELAYS, METHODS):
        chosen = [row[-2:] for row in rows if row[:2] == [delays, method] and row[2] in STEPS]
        error, spread = np.array(chosen).T
        form = {**LINES[delays], "color": COLOURS[method]}
        stable, told = np.isfinite(error), error > TOLD * spread
        axes.plot(steps[stable], error[stable], **form)
        form |= {"linestyle": "", "markerfacecolor": "white"}
        axes.plot(steps[~told], error[~told], **form)
        form |= {"marker": "x", "markersize": 6}
        axes.plot(steps[~stable], np.full(sum(~stable), limits[1] / 2), **form)
        if delays == WHOLE and (stable & told).any():
            known = np.flatnonzero(stable & told)[0]
            axes.plot(steps, error[known] * (steps / steps[known]) ** ORDERS[method], **GUIDE)
    if spread.any():
        axes.axhspan(limits[0], np.mean(spread), color=BELOW, linewidth=0, zorder=-1)


def _legend():
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], label=f"{name}, delays {delays}", color=COLOURS[method], **LINES[delays])
        for (method, name), delays in itertools.product(NAMES.items(), DELAYS)
    ]
    mark = {"color": style.INK, "linestyle": ""}
    return [
        *handles,
        Line2D([], [], label="order 1 and 2", **GUIDE),
        Line2D([], [], label="no stable fixed point", marker="x", **mark),
        Line2D([], [], label="not told from noise", marker="o", markerfacecolor="white", **mark),
        Patch(color=BELOW, label="below the sampling error"),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="simulated ones")
    parser.add_argument("--draw", action="store_true", help="only draw what the table has")
    wanted = parser.parse_args()
    if not wanted.draw:
        theory = itertools.product(("linear", "near_hopf"), DELAYS)
        rows = [row for which in theory for row in by_theory(*which)]
        write([*rows, *by_simulation("limit_cycle", wanted.replicates)])
    draw(read())


if __name__ == "__main__":
    main()
