"""What users are told: errors and warnings whose message is one line."""


class ResultWarning(UserWarning):
    """Something about the results that the user should know."""


class InputWarning(UserWarning):
    """Something about files or settings that the user should know before anything is computed."""


class InputError(ValueError):
    """A file or setting that cannot be used."""
