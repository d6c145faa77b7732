"""restmeg: whole-brain modelling of resting-state MEG, from connectome to scores."""

import importlib
from typing import Any

from restmeg.errors import InputError, InputWarning, ResultWarning
from restmeg.version import __version__

LIBRARY = ("connectivity", "open_results", "project", "score", "simulate")
__all__ = ["InputError", "InputWarning", "ResultWarning", "__version__"]


def __getattr__(name: str) -> Any:
    """Functions for notebooks, imported when they are asked for: jobs need none of them."""
    if name in LIBRARY:
        return getattr(importlib.import_module("restmeg.library"), name)
    raise AttributeError(f"module 'restmeg' has no attribute '{name}'")


def __dir__() -> list[str]:
    """What there is, the functions for notebooks too."""
    return sorted({*globals(), *LIBRARY})
