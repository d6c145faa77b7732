"""Fits beside neurolib's and brainmass's, of the same targets in the same time: make bench-fit.

Asked is which coupling strength and conduction speed a target of fit_recovery.py was simulated with
(8 regions, 10 replicates of 4 s); the size of the noise is told. Truths are spread evenly over the
logarithm between the bounds, and all ways look there along the logarithm. Each fit has a process
and a core of its own, two run side by side. Times are seconds of that core, which are those of the
wall on a machine that does nothing else, and begin after imports and compilation.

- restmeg: by likelihood, and by simulation with the default rounds, points and replicates.
- neurolib: its `Evolution` with smaller populations (the default first one, of 100, uses up the
  time). Its Wilson-Cowan model is nearly ours: noise enters the sigmoids as an external input, once
  drawn; left are Euler steps, a baseline outside of (1 - E), and delays rounded differently.
- brainmass: its `Fitter`, backend nevergrad as it is. The model is ours, in 32 bits. In its favour,
  delays, which its `Network` fixes when it is built, are put into the compiled function, or each
  candidate would compile anew, and replicates run side by side (`vmap`). What it is best at has
  a row of its own: backend grad, of the coupling strength alone, with the true speed told.

An evaluation of a peer simulates as much as the target has, with the same random numbers each time.
The estimate is the best evaluation so far: after as long as our own fit by simulation took (the
median over targets), and after BUDGET seconds. Minimised are

- `fc_correlation`: 1 - correlation of functional connectivity, by the package's own function;
- `fc_and_spectra`: root mean squared difference of functional connectivity, plus that of log10
  power of all regions at 1 to 45 Hz: what our own fit by simulation compares;
- `coherency_and_spectra`: the same with the complex coherency of all pairs at these frequencies,
  in which delays show: as good as we could think of;
- `fc_rmse`: of brainmass, for its gradient.

Writes to fit_peers.csv, of each way: medians over targets of the seconds and evaluations it took
and of abs(estimate / truth - 1); of both parameters, how often 95 % intervals hold the truth and
end within the bounds; and the median of what the best evaluation came to, over what one at the
truth did with the same random numbers: above 1 the search has not done its part yet, far below 1
what is minimised prefers other parameters than the truth.
"""

import argparse
import csv
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fit_recovery
import numpy as np
import peers
import simulated_recovery
from fit_recovery import SIGMA
from peers import WITH_COHERENCY, WITH_FC
from restmeg import parameters, settings
from restmeg.theory import fitting

TABLE = Path(__file__).with_suffix(".csv")
TARGETS, BUDGET = 6, 60.0  # s
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
THREADS["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
COUPLING, SPEED = FITTED = ("model.coupling_strength", "model.conduction_speed")
EVERY = 10  # steps between the samples that a peer's evaluation looks at: 1 ms
POPULATIONS = {"POP_INIT_SIZE": 30, "POP_SIZE": 10, "NGEN": 10_000}  # generations until time is up
RATE = 0.2  # of Adam: brainmass's default, 0.01, would hardly move in as many steps
LIKELIHOOD, SIMULATION = "restmeg, likelihood", "restmeg, simulation"
NEUROLIB, NEVERGRAD, GRAD = "neurolib Evolution", "brainmass nevergrad", "brainmass grad"
CORRELATION, RMSE = "fc_correlation", "fc_rmse"
WAYS = (
    (LIKELIHOOD, ""),
    (SIMULATION, ""),
    *((NEUROLIB, minimised) for minimised in (CORRELATION, WITH_FC, WITH_COHERENCY)),
    *((NEVERGRAD, minimised) for minimised in (CORRELATION, WITH_FC, WITH_COHERENCY)),
    (GRAD, RMSE),
)
HEAD = ["way", "minimised", "targets", "seconds", "evaluations", "coupling_error", "speed_error"]
HEAD += ["coverage", "identified", "loss_over_truth"]


class Target:
    """What is fitted to."""

    def __init__(self, number: int) -> None:
        self.case, self.number = fit_recovery.Case(), number
        self.truth = self.case.truth(number)
        self.axes = parameters.axes({key: self.case.bounds[key] for key in FITTED})
        self.dt, self.duration, self.transient, *_ = self.case.times.values()

    def series(self) -> np.ndarray:
        """Its activity (replicates, samples, N)."""
        found = self.case.series(self.number, self.truth)
        whole = [np.concatenate(list(found.pieces(k))) for k in range(len(self.case.replicates))]
        return np.array(whole, float)[:, EVERY - 1 :: EVERY]

    def values(self, *place: float) -> list[float]:
        """Coupling strength and speed at a place, 0 to 1 each."""
        return [axis.value(float(at)) for axis, at in zip(self.axes, place, strict=True)]


class Clock:
    """Seconds of a core that a fit and what it forks take; a peer's ends it when they are over."""

    def __init__(self, path: Path) -> None:
        self.path, self.before = path, 0.0
        os.register_at_fork(before=self.fork, after_in_child=self.forked)

    def seconds(self) -> float:
        """Since the clock was started, or the process was."""
        given = os.times()
        return self.before + time.process_time() + given.children_user + given.children_system

    def fork(self) -> None:
        self.until_fork = self.seconds()

    def forked(self) -> None:
        self.before = self.until_fork

    def start(self, loss_at_truth: float) -> None:
        """Note what an evaluation at the truth gave, and count from now."""
        self.write(float(loss_at_truth))
        self.before -= self.seconds()

    def note(self, coupling: float, speed: float, loss: float) -> None:
        """Note an evaluation that has just ended."""
        seconds = self.seconds()
        self.write([seconds, coupling, speed, float(loss)])
        if seconds > BUDGET:
            os.killpg(0, signal.SIGKILL)

    def write(self, what: object) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(what) + "\n")


def neurolib_fit(of: Target, minimised: str, clock: Clock) -> None:
    """Let neurolib's Evolution look for the parameters until the time is up."""
    # pypet, which keeps neurolib's results, wants names that NumPy has no longer.
    vars(np).update(string_=np.bytes_, float_=np.float64, complex_=np.complex128)
    from neurolib.optimize.evolution import Evolution
    from neurolib.utils import functions
    from neurolib.utils.parameterSpace import ParameterSpace

    target = of.series()
    n_regions, skipped = target.shape[2], round(of.transient / of.dt)
    length = of.transient + (of.duration - of.transient) * len(target)
    shape = 2, n_regions, round(length / of.dt)
    inside = peers.our_noise(shape, of.dt, of.truth[SIGMA], 700_000 + of.number)
    params = peers.neurolib_params(*of.case.anatomy[:2], length, of.dt, 10.0, 1.0, inside)
    wanted = functions.fc(target.reshape(-1, n_regions).T)
    far = peers.distance(target, minimised)

    def loss(coupling: float, speed: float) -> float:
        params.update(K_gl=coupling, signalV=speed)
        rates = peers.neurolib_rates(params)[:, skipped + EVERY - 1 :: EVERY]
        if minimised == CORRELATION:
            return 1 - functions.matrix_correlation(functions.fc(rates), wanted)
        return far(rates.T[None])

    def evaluated(traj):
        place = evolution.individualToDict(evolution.getIndividualFromTraj(traj))
        values = of.values(place["coupling"], place["speed"])
        found = loss(*values)
        clock.note(*values, found)
        return (found,), {}

    space = ParameterSpace({name: [0.0, 1.0] for name in ("coupling", "speed")}, kind="bound")
    at_truth = loss(*(of.truth[key] for key in FITTED))
    np.random.seed(of.number)  # noqa: NPY002, what it draws from
    given = {"filename": str(Path.cwd() / "evolution.hdf"), "ncores": 1} | POPULATIONS
    evolution = Evolution(evaluated, space, [-1.0], **given)
    clock.start(at_truth)
    evolution.run()


def brainmass_fit(of: Target, minimised: str, clock: Clock) -> None:
    """Let brainmass's Fitter look for the parameters until the time is up."""
    import braintools
    import brainunit
    import jax
    from brainmass import Fitter, objectives
    from brainstate import environ, nn, transform

    environ.set(dt=of.dt * brainunit.ms)
    target = of.series()
    axis, slowest = of.axes[0], of.axes[1].low
    true = [of.truth[key] for key in FITTED]
    grad = minimised == RMSE
    weights, distances, *_ = of.case.anatomy
    middle = axis.value(0.5)
    coupling = nn.Param(middle, t=nn.SigmoidT(axis.low, axis.high)) if grad else nn.Param(middle)
    given = weights, distances, of.dt, slowest, coupling, of.truth[SIGMA]
    network = peers.brainmass_network(*given)  # with room for the longest delays
    keys = jax.random.split(jax.random.PRNGKey(700_000 + of.number), len(target))
    times = of.dt, of.duration, of.transient
    rates = peers.brainmass_replicates(network, distances, *times, EVERY, keys)

    def flat(series):
        return series.reshape(-1, series.shape[-1])

    wanted, compiled = flat(target), transform.jit(rates)
    if grad:
        fc_rmse = objectives.fc_rmse()
        before = [middle]

        def note(info):
            if info["step"] == 0:  # it compiled
                clock.start(at_truth)
            clock.note(before[0], true[1], info["loss"])
            before[0] = float(network.coupling.k.value())

        network.coupling.k.set_value(true[0])
        at_truth = float(fc_rmse(flat(compiled(true[1])), wanted))
        network.coupling.k.set_value(middle)
        options = {"objective": fc_rmse, "predict": lambda _: flat(rates(true[1]))}
        fitter = Fitter(network, braintools.optim.Adam(lr=RATE), callbacks=[note], **options)
        fitter.fit(wanted, n_steps=100_000)
        return

    far, correlation = peers.distance(target, minimised), objectives.fc_corr(as_loss=True)

    def loss(coupling, speed):
        network.coupling.k.set_value(coupling)
        series = compiled(speed)
        if minimised == CORRELATION:
            return float(correlation(flat(series), wanted))
        return far(np.asarray(series, float))

    class Places(nn.Module):
        def __init__(self):
            super().__init__()
            self.coupling, self.speed = nn.Param(0.5), nn.Param(0.5)

    def evaluated(model):
        values = of.values(model.coupling.value(), model.speed.value())
        found = loss(*values)
        clock.note(*values, found)
        return found, None

    space = dict.fromkeys(("coupling", "speed"), (0.0, 1.0))
    options = {"backend": "nevergrad", "loss_fn": evaluated, "search_space": space}
    fitter = Fitter(Places(), {"seed": of.number}, **options)
    at_truth = loss(*true)
    clock.start(at_truth)
    fitter.fit(n_steps=100_000)


def our_fit(of: Target, way: str, clock: Clock) -> None:
    """Fit as restmeg does, and note what it found."""
    started = clock.seconds()
    if way == LIKELIHOOD:
        search, _ = of.case.search(of.number, fit_recovery.REGIONS, (SIGMA,))
        found = fitting.fit(search)
        estimates, evaluations = found.estimates, len(found.path)
    else:
        loaded = of.case.settings
        model = settings.replaced(loaded["model"], {SIGMA: of.truth[SIGMA]})
        simulated = range(loaded["simulation"]["replicates"])
        given = of.number, of.case.anatomy, model, of.case.times, of.axes, of.truth, simulated
        rounds, points = loaded["fit"]["rounds"], loaded["fit"]["points"]
        estimates = simulated_recovery.Case(*given).fit(rounds, points)
        evaluations = rounds * points
    seconds, pairs = clock.seconds() - started, zip(FITTED, estimates, strict=True)
    held = [bool(one.low <= of.truth[key] <= one.high) for key, one in pairs]
    values, told = zip(*((one.value, bool(one.identified)) for one in estimates), strict=True)
    clock.write([seconds, evaluations, values, held, told])


def one_fit(way: str, minimised: str, number: int, path: Path) -> None:
    """Make one fit in this process."""
    of, clock = Target(number), Clock(path)
    if minimised:
        with_peer = neurolib_fit if way == NEUROLIB else brainmass_fit
        os.chdir(path.parent)  # packages leave files
        with_peer(of, minimised, clock)
    else:
        of.case.target(number, of.truth)  # compiles
        our_fit(of, way, clock)


def started(given: tuple[str, str, int], folder: Path, cores: queue.Queue) -> None:
    """Make one fit in a process and on a core of its own."""
    way, minimised, number = given
    core = cores.get()
    with tempfile.TemporaryDirectory() as own:
        made = Path(own, "run")
        command = [sys.executable, __file__, "--one", way, minimised, str(number), str(made)]
        done = subprocess.run(
            command,
            env=os.environ | THREADS,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, [core]),
            capture_output=True,
            text=True,
        )
        cores.put(core)
        if done.returncode != (-signal.SIGKILL if minimised else 0):  # a peer's clock ends it
            raise RuntimeError(f"{given}: {done.stderr[-2000:]}")
        file_of(folder, *given).write_text(made.read_text())
    print(*given, flush=True)


def file_of(folder: Path, way: str, minimised: str, number: int) -> Path:
    """The file of a fit."""
    return folder / f"{way}-{minimised}-{number}".replace(" ", "_")


def read(file: Path) -> list:
    """What is in the file of a fit."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def best(run: list, seconds: float) -> tuple[list[float], int, float]:
    """Estimates of a peer after some time, its evaluations, and the best over that at the truth."""
    at_truth, *evaluations = run
    done = [one for one in evaluations if one[0] <= seconds]
    _, *values, loss = min(done, key=lambda one: one[-1])
    return values, len(done), loss / at_truth


def rows(runs: dict[tuple[str, str], list], truths: list[dict[str, float]]) -> list[list]:
    """Rows of the table. runs: {(way, what is minimised): of each target what its file says}."""
    ours = {way: [run[0] for run in runs[way, ""]] for way in (LIKELIHOOD, SIMULATION)}
    same = float(np.median([seconds for seconds, *_ in ours[SIMULATION]]))
    true = np.array([[truth[key] for key in FITTED] for truth in truths])
    found = []
    for way, of_way in ours.items():
        seconds, evaluations, values, *shares = map(np.array, zip(*of_way, strict=True))
        errors = np.median(np.abs(values / true - 1), axis=0)
        numbers = f"{np.median(seconds):.2g}", f"{np.median(evaluations):.0f}"
        known = [", ".join(f"{share:.2f}" for share in each.mean(axis=0)) for each in shares]
        found.append([way, "", len(true), *numbers, *(f"{x:.2g}" for x in errors), *known, ""])
    for (way, minimised), of_way in runs.items():
        for seconds in (same, BUDGET) if minimised else ():
            parts = zip(*(best(run, seconds) for run in of_way), strict=True)
            values, evaluations, ratio = map(np.array, parts)
            errors = [f"{x:.2g}" for x in np.median(np.abs(values / true - 1), axis=0)]
            errors[1] = "" if way == GRAD else errors[1]
            numbers = f"{seconds:.2g}", f"{np.median(evaluations):.0f}"
            row = [way, minimised, len(true), *numbers, *errors, "", "", f"{np.median(ratio):.2f}"]
            found.append(row)
    return found


def markdown(path: Path = TABLE) -> str:
    """The table as documentation shows it."""
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    lines = [[name.replace("_", " ") for name in head], ["---"] * len(head)]
    lines += [[way, f"`{what}`" if what else "", *numbers] for way, what, *numbers in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--runs", type=Path, help="folder to keep each fit in, and to go on from")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        way, minimised, number, path = given.one
        one_fit(way, minimised, int(number), Path(path))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.runs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        numbers = range(given.targets)
        wanted = [(*way, number) for number in numbers for way in WAYS]
        missing = [one for one in wanted if not file_of(folder, *one).exists()]
        cores: queue.Queue = queue.Queue()
        for core in sorted(os.sched_getaffinity(0))[:2]:
            cores.put(core)
        with ThreadPoolExecutor(cores.qsize()) as pool:
            list(pool.map(lambda one: started(one, folder, cores), missing))
        files = {way: [file_of(folder, *way, number) for number in numbers] for way in WAYS}
        runs = {way: [read(file) for file in of_way] for way, of_way in files.items()}
    case = fit_recovery.Case()
    table = [HEAD, *rows(runs, [case.truth(number) for number in numbers])]
    with given.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)
    print(markdown(given.out))


if __name__ == "__main__":
    main()
