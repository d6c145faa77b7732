"""Frequency bands: those that MEG readers know, and what they are called."""

BROADBAND = "broadband"  # of what is estimated from series as they are
# Hz, the names and limits that most resting-state studies use.
USUAL: dict[str, tuple[float, float]] = {
    "delta": (1.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "beta": (13.0, 30.0),
    "gamma": (30.0, 45.0),
}
