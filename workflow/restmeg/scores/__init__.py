"""Scores of functional connectivity against anatomy and target: a table of them.

A score's function takes what its row names: ``simulated`` and ``target``, functional connectivity
(replicates, N, N) of either, and ``weights`` (N, N). It gives a value for each simulated replicate,
(replicates,), or, if it takes the target, for each pair, (replicates, target replicates).
"""

from collections.abc import Callable
from typing import NamedTuple

from restmeg.scores import correlation


class Score(NamedTuple):
    """A score."""

    label: str  # what figures call it
    scale: str  # what its axis is
    meaning: str  # in half a sentence
    function: Callable
    needs: tuple[str, ...]  # what the function takes

    @property
    def of(self) -> str:
        """What has a value of its own: a replicate, or a pair of replicates."""
        return "pair" if "target" in self.needs else "replicate"

    def counted(self, n: float) -> str:
        """How many values it was averaged over: "20 replicates", "1 pair"."""
        return f"{n:.0f} {self.of}" + ("s" if n != 1 else "")


SCORES = {
    "structure_function_coupling": Score(
        "structure-function coupling",
        "correlation",
        "how far simulated functional connectivity follows the weights of the connectome",
        correlation.structure_function_coupling,
        ("simulated", "weights"),
    ),
    "fc_match": Score(
        "FC match",
        "correlation",
        "how alike simulated and target functional connectivity are",
        correlation.fc_match,
        ("simulated", "target"),
    ),
}
