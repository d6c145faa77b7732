"""A replicate's time: durations in whole steps, and the times of its samples."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


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
