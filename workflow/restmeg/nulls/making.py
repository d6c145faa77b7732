"""Null networks are made from their method, a seed and a number, and depend on nothing else."""

import importlib
from typing import Any

import numpy as np

from restmeg.connectome import Connectome
from restmeg.nulls import NULLS, module

STREAM = int.from_bytes(b"null")  # keeps their random numbers from those of other uses of a seed


def generator(seed: int, number: int) -> np.random.Generator:
    """The random numbers that a null network is made with; they depend on nothing else."""
    key = np.array([seed, STREAM << 32 | number], np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def network(method: str, anatomy: Connectome, seed: int, number: int) -> Connectome:
    """One null network. method: out of nulls.NULLS; seed: of the simulated replicates."""
    make: Any = importlib.import_module(f"restmeg.{module(method)}")
    return getattr(make, NULLS[method].where.split(":")[1])(anatomy, generator(seed, number))
