"""A replicate's time: durations in whole steps, and the times of its samples."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from restmeg.errors import InputError

MAX_STEPS = 2**33  # the random generator counts pairs of steps in 32 bits


class Schedule(NamedTuple):
    """Numbers of steps."""

    transient: int
    every: int
    samples: int


def schedule(simulation: Mapping) -> Schedule:
    """Whole numbers of steps from dt, duration, transient and sampling_interval, all in ms."""
    dt = simulation["dt"]
    every = round(simulation["sampling_interval"] / dt)
    transient = round(simulation["transient"] / dt)
    return Schedule(transient, every, (round(simulation["duration"] / dt) - transient) // every)


def sample_times(plan: Schedule, dt: float, first: int, last: int) -> np.ndarray:
    """Times (last - first,) in ms of some samples, at the end of the recorded step."""
    steps = plan.transient + plan.every * np.arange(first + 1, last + 1)
    # Where the rate is whole, divide by it: 300.1 ms then is not 300.10000000000002 ms.
    rate = 1.0 / dt
    return steps / round(rate) if abs(rate - round(rate)) < 1e-9 else steps * dt


def _multiple(value, step):
    """Whether value is a whole number of steps, but for rounding error."""
    ratio = value / step
    return math.isfinite(ratio) and abs(ratio - round(ratio)) < 1e-6 and round(ratio) >= 1


def check(simulation: Mapping) -> None:
    """Raise InputError for times, all in ms, that do not go together."""
    dt, duration = simulation["dt"], simulation["duration"]
    interval, transient = simulation["sampling_interval"], simulation["transient"]
    if duration / dt > MAX_STEPS:
        raise InputError(
            f"config: simulation.duration: {duration:g} ms is {duration / dt:.3g} steps of "
            f"{dt:g} ms; expected at most {MAX_STEPS}"
        )
    for name in ("duration", "transient", "sampling_interval"):
        value = simulation[name]
        if value and not _multiple(value, dt):
            raise InputError(
                f"config: simulation.{name}: {value:g} ms is no multiple of dt, {dt:g} ms"
            )
    if transient >= duration:
        raise InputError(
            f"config: simulation.transient: {transient:g} ms; expected less than the duration, "
            f"{duration:g} ms"
        )
    if (duration - transient) / interval < 2 - 1e-6:
        raise InputError(
            f"config: simulation.sampling_interval: {interval:g} ms leaves fewer than 2 samples of "
            f"{duration - transient:g} ms"
        )
