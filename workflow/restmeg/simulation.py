"""Simulate batches of replicates: from matrices and settings to regional activity.

The equations and their integration are in `core`, their arguments in `model`. Here time passes, a
piece after another, so that memory does not grow with duration where the output goes to disk.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from restmeg import connectome, fingerprint, journal, rates, store
from restmeg.core import layout, network
from restmeg.errors import InputError, warn_of_results
from restmeg.model import Network, build_network, initial_state, stream
from restmeg.schedule import sample_times, schedule

_NONE_GIVEN = np.empty((0, 0, 0))
_NO_RECORD = np.empty((0, 0), np.float32)


def run(
    net: Network,
    state: layout.State,
    random: layout.Stream,
    n_steps: int,
    every: int = 1,
    record: bool = True,
) -> np.ndarray:
    """Advance ``state`` by n_steps with noise; return rE after every ``every`` steps.

    Returns (n_steps // every, N) as 32-bit floats, or nothing (0, 0) if not to be recorded.
    """
    n_regions = net.coupling.n_regions
    out = np.empty((n_steps // every, n_regions), np.float32) if record else _NO_RECORD
    network.advance(
        state,
        net.coupling,
        net.parameters,
        net.noise,
        random,
        _NONE_GIVEN,
        every,
        n_steps,
        out,
        net.second_order,
    )
    return out


class Batch(NamedTuple):
    """Replicates of one role of one model on one connectome."""

    anatomy: connectome.Connectome
    model: dict  # as in the configuration, plain numbers in ms and mm/ms
    simulation: dict  # dt, duration, transient, sampling_interval, all in ms, and method
    seed: int  # of this role
    role: str  # a key of ROLES
    replicates: Sequence[int]  # their numbers

    @property
    def shape(self) -> tuple[int, int, int]:
        """(replicates, samples, N) of its activity."""
        samples = schedule(self.simulation).samples
        return len(self.replicates), samples, len(self.anatomy.labels)

    @property
    def n_steps(self) -> int:
        """Steps of all its replicates."""
        plan = schedule(self.simulation)
        return len(self.replicates) * (plan.transient + plan.every * plan.samples)

    def pieces_of_time(self) -> list[tuple[int, int]]:
        """(first, last) sample of what is computed, stored and read at once."""
        _, samples, n_regions = self.shape
        length = min(samples, store.piece_length(n_regions))
        return [(first, min(first + length, samples)) for first in range(0, samples, length)]

    def times(self, first: int, last: int) -> np.ndarray:
        """Times (last - first,) in ms of some samples."""
        return sample_times(schedule(self.simulation), self.simulation["dt"], first, last)

    def parameters(self, point: str) -> dict:
        """What a file of its activity says that it was made with."""
        return {
            "role": self.role,
            "point": point,
            "model": self.model,
            "simulation": self.simulation,
            "anatomy": fingerprint.content(*self.anatomy.identity()),
        }


class Extremes(NamedTuple):
    """What simulated rates come to."""

    lowest: np.ndarray  # (replicates, N) smallest rE of each region
    highest: np.ndarray  # (replicates, N) largest
    notes: list[str]  # what is wrong with them, in words
    found: list[str]  # of these, what only the simulation shows


LONG = 2**26  # values of activity, 256 MB: jobs that make more go on where they were stopped


def simulate_batch(
    connectome_path: str | Path,
    model: dict,
    simulation: dict,
    seed: int,
    role: str,
    point: str,
    replicates: Sequence[int],
    path: str | Path,
) -> None:
    """Simulate some replicates and write activity.nc, with a progress bar on standard error.

    connectome_path: connectome.nc; point: name of the model; the others: see Batch. path:
    ``rate_E`` (replicate, time, region), with the lowest and highest rate of each region.
    A long job that is stopped leaves what it has, hidden beside ``path``; the same call goes on
    from there, to the same bytes.

    Warns (ResultWarning), and notes in the file, if rates are saturated, impossible or diverge.
    Raises InputError if the settings do not fit the connectome, or a target diverges.
    """
    batch = Batch(connectome.read(connectome_path), model, simulation, seed, role, replicates)
    parameters = batch.parameters(point)
    with (
        contextlib.ExitStack() as stack,
        store.new_netcdf(path, title(role), parameters, seed) as dataset,
    ):
        store.add(dataset, "replicate", np.asarray(replicates))
        times = store.add_empty(dataset, "time", batch.shape[1:2], np.float64)
        store.add(dataset, "region", batch.anatomy.labels)
        rate = store.add_series(dataset, "rate_E", batch.shape)
        for first, last in batch.pieces_of_time():
            times[first:last] = batch.times(first, last)
        if np.prod(batch.shape) > LONG:
            shapes = [(last - first, batch.shape[2]) for first, last in batch.pieces_of_time()]
            kept = journal.Journal(
                path,
                shapes * len(replicates),
                batch.anatomy.weights,
                batch.anatomy.distances,
                parameters,
                seed,
                list(replicates),
                fingerprint.code(__file__),
            )
            values = _resumed(batch, stack.enter_context(kept))
        else:
            values = (piece for piece, _ in simulated(batch))
        extremes = fill(rate, Passing(batch, values))
        for name in ("lowest", "highest"):
            store.add(dataset, name, getattr(extremes, name))
        store.add_notes(dataset, extremes.notes)
    warn_of_results(f"{role}, point {point}", extremes.found)
    journal.remove(path)


def title(role: str) -> str:
    """Title of a file of activity."""
    return f"Regional activity, {role}"


def _resumed(batch, kept):
    """All pieces, those that a journal has and the others, which it keeps first."""
    done, arrays = kept.last(layout.State._fields)
    if done:
        print(f"Goes on where it was stopped: {done} of {len(kept.shapes)} pieces are there.")
    try:
        kept.write(simulated(batch, done, layout.State(*arrays) if done else None), done)
    except InputError:  # would come again
        journal.remove(kept.path)
        raise
    return kept.read()


class Passing:
    """Series of a batch as they are made: each is there once, a replicate after another."""

    def __init__(self, batch: Batch, values: Iterator[np.ndarray]) -> None:
        """values: pieces (samples, N) of all replicates in order, as `simulated` makes them."""
        self.batch, self.values = batch, values
        self.replicates, self.labels = np.asarray(batch.replicates), list(batch.anatomy.labels)
        self.n_samples = batch.shape[1]
        self.sampling_rate = 1000 / batch.simulation["sampling_interval"]
        self.lowest = np.full((len(self.replicates), len(self.labels)), np.inf, np.float32)
        self.highest = -self.lowest

    def pieces(self, k: int) -> Iterator[np.ndarray]:
        """Yield replicate number k in pieces (samples, N)."""
        for _ in self.batch.pieces_of_time():
            piece = next(self.values)
            np.minimum(self.lowest[k], piece.min(axis=0), out=self.lowest[k])
            np.maximum(self.highest[k], piece.max(axis=0), out=self.highest[k])
            yield piece

    def extremes(self) -> Extremes:
        """What the rates come to that have passed."""
        of, model, dt = self.batch, self.batch.model, self.batch.simulation["dt"]
        given = self.lowest, self.highest, model["parameters"], self.labels, list(of.replicates)
        found = rates.notes(*given)
        step = rates.step_notes(dt, model, of.anatomy.weights.sum(axis=1), of.simulation["method"])
        texts = [text for _, text in step.values()] + found
        return Extremes(self.lowest, self.highest, texts, found)


def fill(rate: Any, series: Passing) -> Extremes:
    """Put all pieces of activity where they belong, and tell what the rates come to.

    rate: (replicate, time, region), to be written to.
    """
    times = series.batch.pieces_of_time()
    for k in range(len(series.replicates)):
        for (first, last), piece in zip(times, series.pieces(k), strict=True):
            rate[k, first:last] = piece
    return series.extremes()


PROGRESS = "{percentage:3.0f} % |{bar:30}|{postfix}, {remaining} left"


def simulated(
    batch: Batch,
    done: int = 0,
    state: layout.State | None = None,
    progress: Callable = tqdm,
) -> Iterator[tuple[np.ndarray, layout.State]]:
    """Yield (rates, state) of each piece of time of each replicate, and show the progress.

    done: how many pieces to skip, and the state after them; progress: makes the bar, as tqdm does,
    or gives one that others share.

    Rates of a replicate that diverges are NaN from then on. Raises InputError if the settings do
    not fit the connectome, or a target diverges, with which there is no study.
    """
    network.prepare()
    dt, plan = batch.simulation["dt"], schedule(batch.simulation)
    method = batch.simulation["method"]
    net = build_network(batch.anatomy.weights, batch.anatomy.distances, batch.model, dt, method)
    pieces = batch.pieces_of_time()
    lengths = [plan.every * (last - first) for first, last in pieces]
    one = plan.transient + sum(lengths)
    replicates, rest = divmod(done, len(pieces))
    before = replicates * one + (rest > 0) * plan.transient + sum(lengths[:rest])
    with progress(total=batch.n_steps, initial=before, mininterval=1, bar_format=PROGRESS) as bar:

        def advance(state: layout.State, n_steps: int, **options: Any) -> np.ndarray:
            piece = run(net, state, random, n_steps, plan.every, **options)
            seconds, wanted = (dt / 1000 * number for number in (bar.n + n_steps, bar.total))
            bar.set_postfix_str(f"{seconds:.1f} of {wanted:.1f} s simulated", refresh=False)
            bar.update(n_steps)
            return piece

        for number in range(done, len(batch.replicates) * len(pieces)):
            k, n = divmod(number, len(pieces))
            random = stream(batch.seed, batch.role, batch.replicates[k])
            if n == 0 or state is None:
                state = initial_state(net)
                for first in range(0, plan.transient, max(lengths)):
                    n_steps = min(max(lengths), plan.transient - first)
                    advance(state, n_steps, record=False)
            if np.isnan(state.noise).any():  # lost before
                bar.update(lengths[n])
                piece = np.full((lengths[n] // plan.every, len(batch.anatomy.labels)), np.nan, "f4")
            else:
                piece = advance(state, lengths[n])
            finite = np.isfinite(piece).all(axis=1)
            if not finite.all():
                first = pieces[n][0] + int(np.argmin(finite))
                if batch.role == "target":
                    (time,) = batch.times(first, first + 1)
                    raise InputError(
                        f"target.model: replicate {random.replicate} is not finite after {time:g} "
                        "ms; expected stable activity, as with a smaller simulation.dt"
                    )
                # From there on nothing is; what a kept state says after an interruption, too.
                piece[first - pieces[n][0] :] = np.nan
                state.noise[...] = np.nan
            yield piece, state
