"""What every variable in a file is: its dimensions, units and long name, in one table."""

from typing import NamedTuple


class Variable(NamedTuple):
    """A variable of a results file."""

    dimensions: tuple[str, ...]
    units: str | None  # None for names and numbers that have none
    long_name: str


RATE = ("replicate", "time", "region")
PAIRS = ("target", "source")

VARIABLES = {
    # anatomy
    "labels": Variable(("region",), None, "region, in order"),
    "target": Variable(("target",), None, "target region"),
    "source": Variable(("source",), None, "source region"),
    "weights": Variable(PAIRS, "1", "coupling weight onto target from source"),
    "distances": Variable(PAIRS, "mm", "tract length"),
    # lead field
    "region": Variable(("region",), None, "region"),
    "sensor": Variable(("sensor",), None, "MEG sensor"),
    "gain": Variable(
        ("region", "sensor"), "T/(nA m)", "field at the sensor per dipole moment of the region"
    ),
    # series
    "replicate": Variable(("replicate",), None, "replicate"),
    "time": Variable(("time",), "ms", "time at the end of the step"),
    "rate_E": Variable(RATE, "1", "excitatory rate"),
    "lowest": Variable(("replicate", "region"), "1", "lowest excitatory rate"),
    "highest": Variable(("replicate", "region"), "1", "highest excitatory rate"),
    "field": Variable(("replicate", "time", "sensor"), "T", "magnetic field"),
    # functional connectivity
    "measure": Variable(("measure",), None, "measure"),
    "region_to": Variable(("region_to",), None, "region"),
    "region_from": Variable(("region_from",), None, "region"),
    "fc": Variable(
        ("measure", "replicate", "region_to", "region_from"), "1", "functional connectivity"
    ),
    # null networks
    "null": Variable(("null",), None, "null network"),
    "weights_moved": Variable(("null",), "1", "share of the weights that is on other pairs"),
    "strength_error": Variable(
        ("null",), "1", "largest error of a region's strength over the mean strength"
    ),
    # scores
    "score": Variable(("score",), None, "score"),
    "value": Variable(("measure", "score"), "1", "mean over replicates"),
    "ci_low": Variable(("measure", "score"), "1", "lower end of the 95 % interval"),
    "ci_high": Variable(("measure", "score"), "1", "upper end of the 95 % interval"),
    "n": Variable(("measure", "score"), None, "replicates, or pairs of them"),
}
