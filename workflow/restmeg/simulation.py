"""Simulate batches of replicates: from matrices and settings to files of activity.

The equations and their integration are in `core`; here they get their arguments, and their output
goes to disk a piece of time after another, so that memory does not grow with duration.
"""

import contextlib
import fcntl
import math
import sys
import warnings
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from restmeg import (
    InputError,
    ResultWarning,
    check,
    connectome,
    core,
    files,
    fingerprint,
    journal,
    rates,
)
from restmeg.connectome import delays_in_steps

ROLES = ("simulated", "target")  # a role's place is its number in the random stream
SHARED = 4  # targets of eight that must share a source and a delay to be summed together
TILE = 16  # sources whose pasts are summed into all targets before the next ones are fetched


class Network(NamedTuple):
    """A connectome with a model on it, ready for `core.advance`."""

    coupling: core.Coupling
    parameters: np.ndarray  # (len(core.PARAMETERS), padded regions)
    noise: core.Noise
    row: int  # length of a region's past in core.State


def lay_out_coupling(weights, delays, tile=TILE):
    """Sort the pairs into the delay classes of `core.advance`.

    weights: (N, N) onto target i from source j; zeros are no pairs. delays: (N, N) in steps.
    Returns Coupling and the length of a region's past.
    """
    n_regions = len(weights)
    used = weights != 0
    padded = padded_regions(n_regions)
    # One less than a multiple of eight: eight steps are then written as one cache line.
    longest = int(delays[used].max(initial=core.LATEST)) | 7
    # The past slides along its row and is copied back when it reaches the end: rarely, if the row
    # is half as long again. An odd number of cache lines keeps rows from competing for one place.
    lines = -(-(longest + 1 + max(256, longest // 2)) // 8)
    row = (lines | 1) * 8
    if padded * row > np.iinfo(np.uint32).max:
        raise InputError(
            f"connectome: {n_regions} regions with delays up to {longest} steps need a past of "
            f"{padded * row:.3g} values; expected at most {np.iinfo(np.uint32).max}"
        )
    offsets = (np.arange(n_regions) * row + longest - delays).astype(np.uint32)
    far = used & (delays >= core.BLOCK - 1)
    near = used & ~far & (delays > core.LATEST)

    # Far: by tile of sources, then target, then source.
    target, source = np.nonzero(far)
    order = np.lexsort((source, target, source // tile))
    target, source = target[order], source[order]
    n_lists = -(-n_regions // tile) * n_regions

    shared, single = _lay_out_shortest(weights, delays, used & ~far & ~near)
    coupling = core.Coupling(
        n_regions=n_regions,
        longest=longest,
        far=core.Pairs(
            first=_starts(source // tile * n_regions + target, n_lists),
            offsets=offsets[target, source],
            weights=weights[target, source],
        ),
        near=core.Pairs(
            first=_starts(np.nonzero(near)[0], n_regions),
            offsets=offsets[near],
            weights=weights[near],
        ),
        shared=shared,
        single=single,
    )
    return coupling, row


def _lay_out_shortest(weights, delays, pairs):
    """The two lists of the shortest delays in Coupling: shared and single.

    pairs: (N, N), which ones.
    """
    padded = padded_regions(len(weights))
    n_groups = padded // core.SUBBLOCK
    target, source = np.nonzero(pairs)
    delay, weight = delays[target, source], weights[target, source]
    group, lane = np.divmod(target, core.SUBBLOCK)
    offset = (core.LATEST - delay) * padded + source
    # One number for a group of targets, a source and a delay, in this order.
    key = (group * padded + source) * core.SUBBLOCK + delay
    _, one, run, users = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    many = users >= SHARED
    together = many[run]

    one, entry = one[many], np.cumsum(many) - 1
    shared_weights = np.zeros((len(one), core.SUBBLOCK))
    shared_weights[entry[run[together]], lane[together]] = weight[together]
    shared = core.Pairs(
        first=_starts(group[one], n_groups),
        offsets=offset[one].astype(np.uint32),
        weights=shared_weights.ravel(),
    )

    # Eight lists side by side, the shorter ones filled up with weights of zero.
    single = ~together
    starts = _starts(target[single], padded)
    rank = np.arange(single.sum()) - starts[target[single]]
    lengths = np.diff(starts).reshape(n_groups, core.SUBBLOCK).max(axis=1)
    first = np.concatenate(([0], np.cumsum(lengths)))
    entry = first[group[single]] + rank
    offsets = np.zeros((first[-1], core.SUBBLOCK), np.uint32)
    offsets[entry, lane[single]] = offset[single]
    single_weights = np.zeros(offsets.shape)
    single_weights[entry, lane[single]] = weight[single]
    return shared, core.Pairs(first, offsets.ravel(), single_weights.ravel())


def _starts(lists, n_lists):
    """Where each list starts in a sequence sorted by list, and where the last one ends."""
    return np.concatenate(([0], np.cumsum(np.bincount(lists, minlength=n_lists))))


def _per_region(values, n_regions, where):
    """A scalar or one value per region, as an array padded to whole vectors."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim:
        check.per_region(where, values.shape, n_regions)
    array = np.zeros(padded_regions(n_regions))
    array[:n_regions] = values
    return array


def padded_regions(n_regions):
    """The number of regions rounded up to whole vectors."""
    return -(-n_regions // core.SUBBLOCK) * core.SUBBLOCK


def _exp(values):
    """Exponential, correctly rounded, so that it is the same with every C library.

    Arguments are held within +-700, where it is neither zero nor infinite.
    """
    different, place = np.unique(np.clip(values, -700, 700), return_inverse=True)
    return np.array([float(Decimal(float(x)).exp()) for x in different])[place]


def build_network(weights, distances, model, dt):
    """Put the model on a connectome.

    weights: (N, N) onto target from source; distances: (N, N) in mm; dt in ms.
    model: as in the configuration, plain numbers in ms and mm/ms, each of ``parameters`` and
        ``noise`` a scalar or a list of N values.

    Raises InputError for a list of another length or delays that exceed what can be addressed.
    """
    n_regions = len(weights)
    weights = model["coupling_strength"] * np.array(weights, dtype=np.float64)
    np.fill_diagonal(weights, 0.0)
    lengths = np.where(
        weights > 0, distances, 0.0
    )  # of pairs without a weight they may be anything
    delays = delays_in_steps(lengths, model["conduction_speed"], dt)
    coupling, row = lay_out_coupling(weights, delays)

    value = {
        name: _per_region(given, n_regions, f"model.parameters.{name}")
        for name, given in model["parameters"].items()
    }
    leak = np.zeros_like(value["r"])
    if model["coupling"] == "diffusive":
        leak[:n_regions] = [math.fsum(row) for row in weights]
    # What a rate does to the input of its own population and to that of the other.
    own = {"E": value["wEE"], "I": -value["wII"]}
    cross = {"E": -value["wIE"], "I": value["wEI"]}
    table = {"r": value["r"]}
    for name, loss in (("E", leak), ("I", 0.0)):
        a, theta, tau = (value[f"{symbol}_{name}"] for symbol in ("a", "theta", "tau"))
        dt_over_tau = np.divide(dt, tau, out=np.zeros_like(tau), where=tau > 0)  # padding has none
        gain = -a * core.LOG2_E
        table |= {
            f"dt_over_tau_{name}": dt_over_tau,
            f"bias_{name}": -gain * theta,
            f"self_{name}": gain * (own[name] - loss),
            f"cross_{name}": gain * cross[name],
            f"gain_{name}": gain,
            f"offset_{name}": 1.0 / (1.0 + _exp(a * theta)),
            f"slope_{name}": dt_over_tau * a * own[name],
        }
    parameters = core.aligned(np.stack([table[name] for name in core.PARAMETERS]))

    noise = {
        name: _per_region(given, n_regions, f"model.noise.{name}")
        for name, given in model["noise"].items()
    }
    tau = np.where(noise["tau"] > 0, noise["tau"], 1.0)  # padding has none
    noise = core.Noise(
        decay=_exp(-dt / tau),
        scale=noise["sigma"] * np.sqrt(dt / tau),
        mean=np.stack([noise["mean_E"], noise["mean_I"]]),
    )
    return Network(coupling, parameters, noise, row)


def initial_state(network, rate_E=0.0, rate_I=0.0):
    """The state at t = 0: rates held constant at all times before, noise at zero.

    rate_E, rate_I: scalars or (N,).
    """
    n_regions = network.coupling.n_regions
    excitation = _per_region(rate_E, n_regions, "rate_E")
    return core.State(
        past=core.aligned(np.repeat(excitation, network.row)),
        inhibition=_per_region(rate_I, n_regions, "rate_I"),
        noise=np.zeros((2, padded_regions(n_regions))),
        clock=np.array([0, network.coupling.longest]),
    )


def stream(seed, role, replicate):
    """The random stream of one replicate; it depends on nothing else."""
    return core.Stream(np.uint64(seed), np.uint64(ROLES.index(role)), np.uint64(replicate))


_NONE_GIVEN = np.empty((0, 0, 0))
_NO_RECORD = np.empty((0, 0), np.float32)


def run(network, state, random, n_steps, every=1, record=True):
    """Advance ``state`` by n_steps with noise; return rE after every ``every`` steps.

    Returns (n_steps // every, N) as 32-bit floats, or nothing (0, 0) if not to be recorded.
    """
    n_regions = network.coupling.n_regions
    out = np.empty((n_steps // every, n_regions), np.float32) if record else _NO_RECORD
    core.advance(
        state,
        network.coupling,
        network.parameters,
        network.noise,
        random,
        _NONE_GIVEN,
        every,
        n_steps,
        out,
    )
    return out


class Schedule(NamedTuple):
    """Numbers of steps."""

    transient: int
    every: int
    samples: int


def schedule(simulation):
    """Whole numbers of steps from dt, duration, transient and sampling_interval, all in ms."""
    dt = simulation["dt"]
    every = round(simulation["sampling_interval"] / dt)
    transient = round(simulation["transient"] / dt)
    return Schedule(transient, every, (round(simulation["duration"] / dt) - transient) // every)


def sample_times(plan, dt, first, last):
    """Times (last - first,) in ms of some samples, at the end of the recorded step."""
    steps = plan.transient + plan.every * np.arange(first + 1, last + 1)
    # Where the rate is whole, divide by it: 300.1 ms then is not 300.10000000000002 ms.
    rate = 1.0 / dt
    return steps / round(rate) if abs(rate - round(rate)) < 1e-9 else steps * dt


PROGRESS = "{percentage:3.0f} % |{bar:30}|{postfix}, {remaining} left"
LONG = 2**26  # values of activity, 256 MB: jobs that make more go on where they were stopped


def simulate_batch(connectome_path, model, simulation, seed, role, point, replicates, path):
    """Simulate some replicates and write activity.nc, with a progress bar on standard error.

    connectome_path: connectome.nc; model, simulation: configuration in plain numbers (ms, mm/ms);
    seed: of this role; point: name of the model; replicates: their numbers; path: ``rate_E``
    (replicate, time, region), with the lowest and highest rate of each region.
    A long job that is stopped leaves what it has, hidden beside ``path``; the same call goes on
    from there, to the same bytes.

    Warns (ResultWarning), and notes in the file, if rates are saturated or impossible.
    Raises InputError if the settings do not fit the connectome or the activity is not finite.
    """
    compile_core()
    anatomy = connectome.read(connectome_path)
    network = build_network(anatomy.weights, anatomy.distances, model, simulation["dt"])
    plan = schedule(simulation)
    shape = (len(replicates), plan.samples, len(anatomy.labels))
    parameters = {"role": role, "point": point, "model": model, "simulation": simulation}
    parameters["anatomy"] = fingerprint.content(*anatomy)
    title = f"Regional activity, {role}"
    with (
        contextlib.ExitStack() as stack,
        files.new_netcdf(path, title, parameters, seed) as dataset,
    ):
        add = files.add_variable
        add(dataset, "replicate", ["replicate"], np.asarray(replicates), long_name="replicate")
        meaning = "time at the end of the step"
        times = add(dataset, "time", ["time"], (plan.samples,), "ms", meaning, dtype=np.float64)
        add(dataset, "region", ["region"], anatomy.labels, long_name="region")
        rate = files.add_series(dataset, "rate_E", shape, "region", "1", "excitatory rate")
        length = rate.chunking()[1]
        slices = [
            (first, min(first + length, plan.samples)) for first in range(0, plan.samples, length)
        ]
        for first, last in slices:
            times[first:last] = sample_times(plan, simulation["dt"], first, last)

        def parts(done=0, state=None):
            randoms = [stream(seed, role, replicate) for replicate in replicates]
            return _parts(network, plan, simulation["dt"], randoms, slices, done, state)

        if np.prod(shape) > LONG:
            shapes = [(last - first, shape[2]) for _ in replicates for first, last in slices]
            used = core, journal, rates, sys.modules[__name__]
            code = [Path(module.__file__) for module in used]
            content = anatomy.weights, anatomy.distances, parameters, seed, list(replicates)
            kept = stack.enter_context(journal.Journal(path, shapes, *content, *code))
            done, arrays = kept.last(core.State._fields)
            if done:
                print(f"Goes on where it was stopped: {done} of {len(shapes)} parts are there.")
            try:
                kept.write(parts(done, core.State(*arrays) if done else None), done)
            except InputError:  # would come again
                journal.remove(path)
                raise
            values = kept.read()
        else:
            values = (part for part, _ in parts())
        lowest = np.full((len(replicates), shape[2]), np.inf, np.float32)
        highest = -lowest
        for k in range(len(replicates)):
            for first, last in slices:
                part = next(values)
                rate[k, first:last] = part
                np.minimum(lowest[k], part.min(axis=0), out=lowest[k])
                np.maximum(highest[k], part.max(axis=0), out=highest[k])
        for name, extreme in (("lowest", lowest), ("highest", highest)):
            add(dataset, name, ["replicate", "region"], extreme, "1", f"{name} excitatory rate")
        found = rates.notes(lowest, highest, model["parameters"], anatomy.labels, replicates)
        step = rates.step_notes(simulation["dt"], model, anatomy.weights.sum(axis=1))
        files.add_notes(dataset, [text for _, text in step.values()] + found)
    for note in found:
        warnings.warn(f"{role}, point {point}: {note}", ResultWarning, stacklevel=2)
    journal.remove(path)


def _parts(network, plan, dt, randoms, slices, done, state):
    """Yield (rates, state) of each slice of time of each replicate, and show the progress.

    randoms: the streams of the replicates; slices: (first, last) sample of each; done: how many
    parts to skip, and the state after them.
    """
    lengths = [plan.every * (last - first) for first, last in slices]
    one = plan.transient + sum(lengths)
    replicates, rest = divmod(done, len(slices))
    before = replicates * one + (rest > 0) * plan.transient + sum(lengths[:rest])
    total = len(randoms) * one
    with tqdm(total=total, initial=before, mininterval=1, bar_format=PROGRESS) as bar:

        def advance(n_steps, **options):
            part = run(network, state, random, n_steps, plan.every, **options)
            simulated, wanted = (dt / 1000 * number for number in (bar.n + n_steps, total))
            bar.set_postfix_str(f"{simulated:.1f} of {wanted:.1f} s simulated", refresh=False)
            bar.update(n_steps)
            return part

        for number in range(done, len(randoms) * len(slices)):
            k, n = divmod(number, len(slices))
            random = randoms[k]
            if n == 0:
                state = initial_state(network)
                for first in range(0, plan.transient, max(lengths)):
                    advance(min(max(lengths), plan.transient - first), record=False)
            part = advance(lengths[n])
            if not np.isfinite(part).all():
                (time,) = sample_times(plan, dt, slices[n][1] - 1, slices[n][1])
                raise InputError(
                    f"model: replicate {random.replicate} "
                    f"({ROLES[random.role]}) is not finite after "
                    f"{time:g} ms; expected stable activity, as with a smaller dt"
                )
            yield part, state


def compile_core():
    """Load the core from Numba's cache, or compile it for that.

    Of several processes that do not find it there, one compiles and the others wait for it.
    """
    folder, filled = core.cache_folder()
    with contextlib.ExitStack() as stack:
        if folder and not filled:
            stack.enter_context(_locked(folder))
        _first_step()


@contextlib.contextmanager
def _locked(folder):
    """Keep other processes from the folder meanwhile, if it can be locked."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # some network drives lock nothing: then all go on
            folder.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((folder / "compile.lock").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _first_step():
    value = {"a": 1.0, "theta": 1.0, "tau": 1.0}
    parameters = {f"{name}_{p}": number for name, number in value.items() for p in "EI"}
    parameters |= dict.fromkeys(("wEE", "wIE", "wEI", "wII", "r"), 1.0)
    model = {
        "coupling": "diffusive",
        "coupling_strength": 1.0,
        "conduction_speed": 1.0,
        "parameters": parameters,
        "noise": {"sigma": 0.0, "tau": 1.0, "mean_E": 0.0, "mean_I": 0.0},
    }
    network = build_network(np.ones((2, 2)), np.ones((2, 2)), model, dt=0.1)
    run(network, initial_state(network), stream(0, "simulated", 0), 1)
