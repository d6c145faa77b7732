"""Whether simulated and recorded replicates are as long as each other, as comparisons need it.

Functional connectivity of a longer recording has less sampling error. The match rises with the
length of either side, the ceiling and the baselines with that of the recording alone.
"""

from collections.abc import Mapping
from typing import NamedTuple

ALIKE = 0.1  # of the simulated length: lengths that differ by no more are compared


class Unequal(NamedTuple):
    """Replicates of different lengths."""

    simulated: float  # s
    recorded: float  # s
    duration: float  # ms that simulation.duration would have to be

    def lengths(self) -> str:
        """Both in words."""
        return f"recorded replicates have {self.recorded:.4g} s, simulated {self.simulated:.4g} s"

    def mend(self) -> str:
        """What to set, in words."""
        return f"simulation.duration: {self.duration / 1000:.6g} s, recording and transient"

    def note(self) -> str:
        """What is wrong with scores, in words."""
        return (
            f"{self.lengths()}, so ceiling and baselines are not those of the FC match; "
            f"compare like with like by {self.mend()}"
        )


def unequal(
    times: Mapping[str, float], recorded: tuple[int, int, float | None] | None
) -> Unequal | None:
    """The lengths of both where they differ by more than a tenth, else None.

    times: dt, duration and transient in ms; recorded: replicates of a recording, samples of each
    and Hz, which may not be known; None of a synthetic target.
    """
    _, n_samples, hertz = recorded or (0, 0, None)
    if not hertz:
        return None
    simulated = times["duration"] - times["transient"]
    length = 1000 * n_samples / hertz
    if abs(length / simulated - 1) <= ALIKE:
        return None
    steps = round((length + times["transient"]) / times["dt"])
    return Unequal(simulated / 1000, length / 1000, steps * times["dt"])
