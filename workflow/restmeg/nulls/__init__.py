"""Null networks: a table of how they are made, and a small module for each kind.

A null network shares some properties with the study's network and nothing else. A kind's module is
imported where it is used, so that one that is added or edited computes nothing again but itself.
"""

from typing import NamedTuple

ROLE = "null"  # what files of null networks are of


class Null(NamedTuple):
    """A kind of null network."""

    label: str  # what figures call it
    kept: str  # what it shares with the study's network, in words
    where: str  # module of this package and function in it: (Connectome, Generator) -> Connectome
    single: bool = False  # whether there is but one such network
    lengths: int = 0  # different lengths of connections that it needs, 0 not among them


NULLS = {
    "degree_length": Null(
        "rewired",
        "degree, strength and length of connections",
        "rewiring:degree_length",
    ),
    "shuffled_delays": Null(
        "shuffled delays",
        "weights, and the lengths without their places",
        "delays:shuffled_delays",
        lengths=2,
    ),
    "no_delays": Null(
        "no delays",
        "weights",
        "delays:no_delays",
        single=True,
        lengths=1,
    ),
}


def module(method: str) -> str:
    """Dotted name within restmeg of the module that makes a kind."""
    return f"nulls.{NULLS[method].where.split(':')[0]}"
