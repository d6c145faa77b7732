"""What users are told: errors and warnings whose message is one line."""

import warnings
from collections.abc import Iterable
from pathlib import Path


class ResultWarning(UserWarning):
    """Something about the results that the user should know."""


class InputWarning(UserWarning):
    """Something about files or settings that the user should know before anything is computed."""


LONGEST = 1000  # characters of a message, so that it can be read


class InputError(ValueError):
    """A file or setting that cannot be used: its message is one line, whatever was found in it."""

    def __init__(self, message: str) -> None:
        """Of a long one the middle is left out, as it begins with where and ends with what for."""
        if not message.isprintable():
            message = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message)
        if len(message) > LONGEST:
            message = f"{message[: 3 * LONGEST // 4]} ... {message[5 - LONGEST // 4 :]}"
        super().__init__(message)


def reason(error: Exception) -> str:
    """What an error of a library says, as one line of at most 300 characters; else its kind."""
    said = getattr(error, "strerror", None) or str(error)
    return " ".join(str(said).split())[:300] or type(error).__name__


def warn_of_results(where: str | Path, notes: Iterable[str]) -> None:
    """Warn (ResultWarning) of each note on results, for who called the function that calls this."""
    for note in notes:
        warnings.warn(f"{where}: {note}", ResultWarning, stacklevel=3)
