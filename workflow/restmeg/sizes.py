"""How large a study is: what `costs` are reckoned from."""

from typing import NamedTuple


class Size(NamedTuple):
    """How large a study is."""

    regions: int
    pairs: int  # connected, in both directions
    longest: int  # delay in steps
    steps: int  # of a replicate
    samples: int  # of a replicate that are kept
    sensors: int
    measures: int  # in all their bands
    points: int
    swept: int  # parameters
    fitted: int  # parameters
    replicates: int  # simulated, of a point
    batch: float  # of them in a job
    targets: int  # replicates of the target
    target_batch: float  # of them in a job
    target_samples: int  # of each
    target_rate: float  # Hz
    networks: float  # null networks in a job
    recorded: bool = False  # whether the target is a recording, to which simulations are brought
    held: float = 0.0  # MB of its files that are read as a whole
    bands: int = 0
    filtered: int = 0  # samples that are filtered at once
    windows: int = 0  # of functional connectivity dynamics, in a replicate
