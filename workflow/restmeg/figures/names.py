"""What figures and the summary call the scores."""

from typing import NamedTuple


class Score(NamedTuple):
    """How a score is spoken of."""

    label: str
    of: str  # what one value is of: a replicate, or a pair of them
    axis: str
    meaning: str  # in half a sentence


SCORES = {
    "structure_function_coupling": Score(
        "structure-function coupling",
        "replicate",
        "correlation",
        "how far simulated functional connectivity follows the weights of the connectome",
    ),
    "fc_match": Score(
        "FC match",
        "pair",
        "correlation",
        "how alike simulated and target functional connectivity are",
    ),
}


def counted(score: str, n: int) -> str:
    """How many values a score was averaged over: "20 replicates", "1 pair"."""
    return f"{n:.0f} {SCORES[score].of}" + ("s" if n != 1 else "")
