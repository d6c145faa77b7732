"""What steps take: memory, time and room on disk, from how large a study is.

A step's memory is what its program needs to begin with, and what it holds of the study; its time
what its loops do. The factors were fitted to what steps were seen to take at 8 to 5000 regions
(`make costs`), on one core of 2024. They serve requests to a cluster, sizes of batches and the
forecast of a run: none is part of a result.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from restmeg import fourier, power
from restmeg.sizes import Size
from restmeg.store import PIECE
from restmeg.theory import linear
from restmeg.theory.settled import MOST

MB = 2**20
# Of a step of the integration: once, for each region, for each connected pair.
STEP_SECONDS = 4e-7, 1.2e-8, 1e-10
NULL_SECONDS = 1e-4  # of making a null network, for each connected pair
SPARE = 1.25  # memory is asked for with so much to spare: libraries differ
READERS = 2  # processes of Snakemake in a job of Slurm: its script's, and the step's that it starts
PATIENCE = 5  # and time with this, as cores and disks do
FILTERS = 60  # MB of the package that brings simulations to a recording's rate
LEAST_MINUTES = 5
STARTING = 0.5  # s that Snakemake takes for each job


class Cost(NamedTuple):
    """What a job takes: its program, without the process that starts it."""

    memory: float  # MB
    seconds: float  # on one core
    stored: float = 0.0  # MB that stay on disk


def replicate_seconds(steps: float, regions: int, pairs: int) -> float:
    """What the integration of a replicate takes."""
    once, region, pair = STEP_SECONDS
    return steps * (once + region * regions + pair * pairs)


def of_study(size: Size) -> dict[str, Cost]:
    """What a job of each rule takes."""
    return {rule: cost(size) for rule, cost in COSTS.items()}


def megabytes(size: Size, cost: Cost) -> int:
    """Memory to ask for: of the program, and of the processes that read the workflow for it."""
    return round(SPARE * (cost.memory + READERS * planning(size)))


def minutes(cost: Cost) -> int:
    """Time to ask for."""
    return LEAST_MINUTES + round(PATIENCE * cost.seconds / 60)


class Total(NamedTuple):
    """What a run takes."""

    jobs: int
    seconds: float  # of one core
    memory: float  # MB that its largest job asks for
    stored: float  # MB of files, those too that go once they have been used


def total(counts: Mapping[str, int], largest: Size, typical: Size) -> Total:
    """What a run of so many jobs of each rule takes. typical: with batches as in the mean."""
    needed, each = of_study(largest), of_study(typical)
    known = {rule: count for rule, count in counts.items() if rule in COSTS}
    return Total(
        jobs=sum(known.values()),
        seconds=sum(count * (STARTING + each[rule].seconds) for rule, count in known.items()),
        memory=max((megabytes(largest, needed[rule]) for rule in known), default=0),
        stored=sum(count * each[rule].stored for rule, count in known.items()),
    )


def planning(size: Size) -> float:
    """MB of Snakemake's own process, which checks a study's input when it reads the workflow."""
    return 130 + 64 * size.regions**2 / MB


def _connectome(size):
    return Cost(57 + 44 * size.regions**2 / MB, 0.3 + 2e-7 * size.regions**2)


def _leadfield(size):
    # With MNE, which that of a sphere and of its files needs.
    return Cost(200 + 40 * size.regions * size.sensors / MB, 1.0)


def _points(size):
    return Cost(28 + 0.002 * size.points * (1 + size.replicates / size.batch), 0.2)


def _simulate(size):
    pairs, past = size.regions**2, size.regions * (1.5 * size.longest + 300)
    written = size.batch * size.samples * size.regions
    seconds = size.batch * replicate_seconds(size.steps, size.regions, size.pairs)
    return Cost(
        160 + (52 * pairs + 40 * size.pairs + 8 * past) / MB,
        1 + seconds + 3e-8 * written + 8e-7 * pairs,
        4 * written / MB,
    )


def _estimation(size, samples, segments=0):
    """MB and seconds of what estimates connectivity of a replicate, beside its program.

    segments: of it that are estimated as well, as windows are, which overlap by half.
    """
    pairs = size.measures * size.regions**2
    sums = (40 if size.bands else 8) * (segments + size.windows)
    memory = ((70 + sums) * pairs + 100 * size.filtered * size.regions) / MB
    passes = 1 + bool(segments) + 2 * bool(size.windows)
    each = 4e-10 * passes * pairs + 1e-8 * passes * size.regions * (1 + 6 * size.bands)
    return memory + (60 if size.bands else 0), samples * each


def _null(size):
    one = _simulate(size)
    pairs = size.regions**2
    values = size.replicates * size.measures * pairs
    each = size.replicates * replicate_seconds(size.steps, size.regions, size.pairs)
    held, estimating = _estimation(size, size.samples)
    each += size.replicates * estimating + NULL_SECONDS * size.pairs
    memory = (
        85 + held + FILTERS * size.recorded + one.memory + 0.06 * size.networks * size.replicates
    )
    memory += 8 * values / MB
    return Cost(memory, 1 + size.networks * each, 4 * size.networks * values / MB)


def _project(size):
    samples = size.batch * size.samples
    piece = min(size.samples, PIECE / size.sensors)
    each = 4e-8 * (size.regions + size.sensors) + 2e-10 * size.regions * size.sensors
    held = 32 * piece * size.regions + 16 * size.regions * size.sensors
    return Cost(150 + held / MB, 1 + samples * each, 4 * samples * size.sensors / MB)


def _inverse(size):
    samples = size.targets * size.samples  # of a beamformer
    held = 120 * size.sensors**2 + 60 * size.regions * (size.sensors + size.regions)
    return Cost(120 + held / MB, 1.5 + 4e-9 * size.sensors**3 + 1e-8 * samples * size.regions)


def _passing(size):
    """Seconds that a sample takes through sensors and an inverse."""
    return 8e-8 * size.regions + 4e-10 * size.regions**2


def _reconstruct(size):
    samples, piece = size.batch * size.samples, min(size.samples, PIECE / size.regions)
    held = 270 * piece * size.regions + 40 * size.regions**2
    seconds = 1 + samples * _passing(size)
    return Cost(85 + held / MB, seconds, 4 * samples * size.regions / MB)


def _leakage(size):
    one, seen = _connectivity(size), size.batch * size.samples * _passing(size)
    held = 120 + 8 * size.samples * size.regions / MB
    return Cost(one.memory + held, one.seconds + seen, one.stored)


def _compare_leakage(size):
    return Cost(_score_point(size).memory, 0.4 + 3 * _score_point(size).seconds)


def _recording(size):
    written = size.targets * size.target_samples * size.regions
    return Cost(200 + size.held, 3 + size.held / 10 + 4e-7 * written, 4 * written / MB)


def _connectivity(size):
    pairs, batch = size.regions**2, max(size.batch, size.target_batch)
    samples = max(size.batch * size.samples, size.target_batch * size.target_samples)
    values = size.measures * batch * pairs
    # A single recording is estimated by segments as well.
    held, seconds = _estimation(size, samples, 10 if batch == 1 else 0)
    return Cost(
        150 + FILTERS * size.recorded + 8 * values / MB + held,
        0.5 + seconds,
        8 * values / MB,
    )


def _segments(size):
    """Number of segments of a target's replicate, samples of each, and frequencies that count."""
    number, length = fourier.segments(size.target_samples, size.target_rate)
    return number, length, min(length / 2, fourier.HIGHEST[False] * length / size.target_rate)


def _coefficients(size, replicates):
    """Number of Fourier coefficients of some replicates of the target."""
    number, _, frequencies = _segments(size)
    return replicates * number * frequencies * size.regions


def _fourier(size):
    _, length, _ = _segments(size)
    values = _coefficients(size, size.target_batch)
    samples = size.target_batch * size.target_samples * size.regions
    return Cost(85 + (56 * length * size.regions + 60 * values) / MB, 0.5 + 6e-8 * samples)


def _spectra(size):
    values, length = _power(size, max(size.batch, size.target_batch))
    samples = max(size.batch * size.samples, size.target_batch * size.target_samples)
    return Cost(
        100 + FILTERS * size.recorded + (12 * length * size.regions + 60 * values) / MB,
        0.5 + 1e-7 * samples * size.regions,
        8 * values / MB,
    )


def _power(size, replicates):
    """Number of values of power of some replicates, and samples of a segment."""
    _, length, _ = power.cut(size.target_samples, size.target_rate)
    frequencies = min(length / 2, power.HIGHEST * length / size.target_rate)
    return replicates * size.regions * frequencies, length


def _theory(size):
    if size.regions > MOST:
        return _without_theory(size)
    pairs, values = size.regions**2, _coefficients(size, size.targets)
    kinds = size.measures if size.bands else 0  # of bands, all of whose frequencies are held
    return Cost(
        65
        + (3 * 16 * min(linear.PIECE, 300 * pairs) + 1300 * pairs + 60 * values) / MB
        + (5000 * pairs / MB if kinds else 0),
        0.5
        + (2.2e-4 + 1.5e-5 * kinds) * pairs
        + (5e-7 + 4e-7 * kinds) * size.regions**3
        + 1e-7 * values,
        (16 + 16 * kinds) * pairs / MB,
    )


def _theory_of_target(size):
    if size.regions > MOST:
        return _without_theory(size)
    pairs, one = size.regions**2, _theory(size._replace(bands=0))
    held = 1500 if size.bands else 0
    memory = 70 + (16 * min(linear.PIECE, 300 * pairs) + (700 + held) * pairs) / MB
    return one._replace(memory=memory)


def _without_theory(size):
    values = _coefficients(size, size.targets)
    return Cost(70 + (50 * size.regions**2 + 60 * values) / MB, 1 + 2e-7 * size.regions**2)


def _best(size):
    one = _theory(size._replace(bands=0))
    designs = (1 + 4 * size.swept + 2 * size.swept * (size.swept - 1)) / 5
    return Cost(20 + one.memory, 0.5 + 1.2 * designs * one.seconds)


def _fit(size):
    *_, frequencies = _segments(size)
    pairs, values = size.regions**2, _coefficients(size, size.targets)
    places = 40 * (1 + size.fitted)
    each = frequencies * (1e-4 + (3 + size.fitted) * (4e-8 * pairs + 3e-9 * size.regions**3))
    memory = 110 + (14 * 16 * min(linear.PIECE, frequencies * pairs)) / MB
    memory += (48 * frequencies * pairs + 60 * values) / MB
    return Cost(memory, 1.5 + places * each)


def _refit(size):
    """Of a batch of null networks, without profiles and on one core."""
    one = _fit(size)
    return Cost(one.memory, 1.5 + size.networks * (NULL_SECONDS * size.regions**2 + one.seconds))


def _evaluate(size):
    """Of all replicates at a place, one after the other, and their spectra."""
    one, estimated, powers = _simulate(size), _estimation(size, size.samples), _spectra(size)
    each = replicate_seconds(size.steps, size.regions, size.pairs) + estimated[1]
    each += 1e-7 * size.samples * size.regions
    values = (size.replicates + 2 * size.targets) * size.measures * size.regions**2
    held = 4 * size.samples * size.regions + 8 * values + 40 * _power(size, size.replicates)[0]
    memory = one.memory + estimated[0] + powers.memory + held / MB
    return Cost(memory, 1.5 + size.replicates * each, 0.03)


def _of_rounds(size):
    """Of a quadratic, with SciPy."""
    return Cost(110, 1.0 + 0.1 * size.fitted)


def _score_point(size):
    pairs, replicates = size.regions**2, size.replicates + size.targets
    values, _ = _power(size, replicates)
    connectivity = (40 + 30 * size.measures * replicates) * pairs + 40 * replicates**2
    return Cost(
        60 + (connectivity + 16 * values) / MB,
        0.4 + (1.5e-6 + 2e-9 * size.measures * replicates**2) * pairs + 1e-9 * replicates * values,
    )


def _score(size):
    both = 2 * size.replicates * size.targets + 10 * (size.replicates + size.targets)
    rows = size.points * size.measures * both
    return Cost(56 + 50 * rows / MB, 0.5 + 1e-5 * rows, 200 * rows / MB)


def _score_nulls(size):
    one = _score_point(size)
    return Cost(10 + one.memory + 300 * size.regions**2 / MB, one.seconds * (1 + size.networks))


def _plot(start, each):
    def plot(size):
        return Cost(start + each * size.regions**2 / MB, 5 + 1e-5 * size.regions**2)

    return plot


def _plot_activity(size):
    return _plot(215 + 0.06 * size.sensors, 185)(size)


def _plot_bands(size):
    one, replicates = _plot(215, 60)(size), size.replicates + size.targets
    fc = size.measures * replicates * size.regions**2
    return Cost(one.memory + 16 * fc / MB, one.seconds + size.measures)


def _fif(size):
    values = size.batch * size.samples * size.sensors
    return Cost(170 + 24 * values / MB, 2 + 2e-8 * values, 4 * values / MB)


def _plot_topography(size):
    one = _plot(215, 0)(size)
    values = size.samples * size.sensors
    return Cost(one.memory + 16 * values / MB, one.seconds + 2e-8 * size.replicates * values)


def _summary(size):
    return Cost(80 + 50 * size.regions**2 / MB, 1 + 2e-7 * size.regions**2)


def _provenance(size):
    batches = size.points * size.replicates / size.batch
    read = batches * sum(cost(size).stored for cost in (_simulate, _connectivity, _spectra))
    read += size.points * _theory(size).stored + _project(size).stored
    read += 4 * size.targets * size.target_samples * size.regions / MB
    files = 3 * batches + size.targets + 4 * size.points + 40
    memory = 130 + 16 * size.regions**2 / MB + 0.005 * files  # most of it HDF5's cache of chunks
    return Cost(memory, 0.5 + read / 150 + files / 200)


COSTS: dict[str, Callable[[Size], Cost]] = {
    "connectome": _connectome,
    "leadfield": _leadfield,
    "points": _points,
    "recording": _recording,
    "simulate": _simulate,
    "project": _project,
    "fif": _fif,
    "connectivity": _connectivity,
    "inverse": _inverse,
    "reconstruct": _reconstruct,
    "leakage": _leakage,
    "unleaked": _connectivity,
    "compare_leakage": _compare_leakage,
    "spectra": _spectra,
    "fourier": _fourier,
    "fourier_seen": _fourier,
    "theory": _theory,
    "theory_of_target": _theory_of_target,
    "null": _null,
    "fit": _fit,
    "propose": _of_rounds,
    "evaluate": _evaluate,
    "fit_by_simulation": _of_rounds,
    "score_point": _score_point,
    "score": _score,
    "score_nulls": _score_nulls,
    "refit": _refit,
    "score_refitted": _score_nulls,
    "best": _best,
    "plot_activity": _plot_activity,
    "plot_topography": _plot_topography,
    "plot_scores": _plot(245, 262),
    "plot_bands": _plot_bands,
    "plot_dynamics": _plot_bands,
    "plot_sweep": _plot(205, 0),
    "plot_nulls": _plot(205, 0),
    "plot_fit": _plot_bands,
    "planning": _fit,
    "plot_planning": _plot(205, 0),
    "summary": _summary,
    "provenance": _provenance,
}
