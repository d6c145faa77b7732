"""What users are told: errors and warnings whose message is one line."""

import warnings
from collections.abc import Iterable
from pathlib import Path


class ResultWarning(UserWarning):
    """Something about the results that the user should know."""


class InputWarning(UserWarning):
    """Something about files or settings that the user should know before anything is computed."""


class InputError(ValueError):
    """A file or setting that cannot be used."""


def warn_of_results(where: str | Path, notes: Iterable[str]) -> None:
    """Warn (ResultWarning) of each note on results, for who called the function that calls this."""
    for note in notes:
        warnings.warn(f"{where}: {note}", ResultWarning, stacklevel=3)
