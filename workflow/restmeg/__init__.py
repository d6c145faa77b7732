"""restmeg: whole-brain modelling of resting-state MEG, from connectome to scores."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restmeg.library import connectivity, open_results, project, score, simulate

__version__ = "0.1.0"
__all__ = ["InputError", "connectivity", "open_results", "project", "score", "simulate"]


class ResultWarning(UserWarning):
    """Something about the results that the user should know; the message is one line."""


class InputWarning(UserWarning):
    """Something about files or settings that the user should know before anything is computed."""


class InputError(ValueError):
    """A file or setting that cannot be used; the message is one line written for the user."""


def __getattr__(name: str) -> Any:
    """Functions for notebooks, imported when they are asked for: jobs need none of them."""
    if name in __all__:
        return getattr(importlib.import_module("restmeg.library"), name)
    raise AttributeError(f"module 'restmeg' has no attribute '{name}'")


def __dir__() -> list[str]:
    """What there is, the functions for notebooks too."""
    return sorted({*globals(), *__all__})
