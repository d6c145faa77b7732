"""restmeg: whole-brain modelling of resting-state MEG, from connectome to scores."""

__version__ = "0.1.0"


class ResultWarning(UserWarning):
    """Something about the results that the user should know; the message is one line."""


class InputWarning(UserWarning):
    """Something about files or settings that the user should know before anything is computed."""


class InputError(ValueError):
    """A file or setting that cannot be used; the message is one line written for the user."""
