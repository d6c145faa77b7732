"""Whether a recording at the sensors is one of what the lead field shows, asked before any job."""

from collections.abc import Iterator, Mapping

import numpy as np

from restmeg import check, inverse, recording
from restmeg.errors import InputError
from restmeg.leadfield import LeadField

APART = 5e-3  # m between a sensor here and there, above which the head may have been elsewhere
TAKEN = 1e-4  # of what there was in a direction: less is rounding, once it is projected out


def expected(given: Mapping, field: LeadField) -> recording.Through | None:
    """What a recording of sensors goes through, without its matrix; None without an inverse.

    given: the section ``inverse`` of the configuration. Raises InputError as `inverse.read` does.
    """
    if given["source"] == inverse.NONE:
        return None
    names = [] if "sensors" in field.assumed else [str(name) for name in field.sensors]
    if given["path"]:
        columns = inverse.read(given["path"], field)[0].T
        names = [name for name, column in zip(names, columns, strict=False) if column.any()]
    return recording.Through([str(label) for label in field.labels], names)


def check_sensors(series: recording.Recording, given: Mapping, field: LeadField) -> None:
    """Raise InputError if the lead field shows something else at sensors of these names.

    series: of sensors; given: as in `expected`.
    """
    there, own = _of_leadfield(series, field), _own(series)
    kinds, grades = np.array(own.kinds)[series.order], np.array(own.grades)[series.order]
    theirs = np.zeros(len(grades), int)
    if field.coils is not None:
        theirs = np.asarray(field.coils.types, int)[there] >> 16
        other = np.flatnonzero(kinds != field.coils.kinds[there])
        if len(other):
            k = other[0]
            raise InputError(
                f"{series.path}: sensor '{series.channels[k]}' is of type {kinds[k]}, and "
                f"{field.coils.kinds[there][k]} in the lead field ({len(other)} of {len(kinds)} "
                "differ); expected the same"
            )
    other = np.flatnonzero(grades != theirs)
    if len(other):
        k = other[0]
        raise InputError(
            f"{series.path}: sensor '{series.channels[k]}' has gradient compensation of grade "
            f"{grades[k]}, and the lead field grade {theirs[k]}; expected the same, as by "
            f"apply_gradient_compensation({theirs[k]}) of MNE"
        )
    _check_projected(series, given, field, there)


def _own(series):
    if series.raw.sensors is None:
        raise ValueError(f"{series.path}: series of regions")
    return series.raw.sensors


def _of_leadfield(series, field):
    """Places among the lead field's sensors of those that count."""
    place = {str(name): k for k, name in enumerate(field.sensors)}
    return [place[name] for name in series.channels]


def _check_projected(series, given, field, there):
    """Raise InputError if what is simulated has something where the recording has nothing."""
    taken = _own(series).projected[:, series.order]
    taken = taken[taken.any(axis=1)]
    if not len(taken) or given["source"] == inverse.LCMV:  # which is no inverse of a recording
        return
    found = inverse.from_settings(given, field, 1.0)  # of noise, only the shape counts here
    matrix = found.matrix
    if matrix is None:
        matrix = inverse.minimum_norm(field.gain, found.noise, found.regularisation)
    if _left(matrix[:, there], taken) < TAKEN:  # whoever it is given
        return
    noise = found.noise[np.ix_(there, there)]
    of_noise = ((taken @ noise) * taken).sum(axis=1) / (taken**2 @ np.diag(noise))
    if _left(field.gain[:, there], taken) < TAKEN and (of_noise < TAKEN**2).all():
        return
    raise InputError(
        f"{series.path}: {len(taken)} directions were projected out of its sensors (SSP), which "
        "are in the lead field, or in its noise, and in the inverse; expected a recording without "
        "projections, a lead field and inverse.noise_covariance with the same ones, or a file of "
        "an inverse that was made with them"
    )


def _left(rows, directions):
    """The largest part of a row in any direction, of what the same sensors have."""
    part = np.abs(rows @ directions.T)
    whole = np.sqrt(rows**2 @ (directions != 0).T) * np.linalg.norm(directions, axis=1)
    return float((part / np.maximum(whole, np.finfo(float).tiny)).max())


def questions(
    series: recording.Recording, target: Mapping, given: Mapping, field: LeadField
) -> Iterator[str]:
    """Yield what is seldom meant.

    target: that section of the configuration; the others: see `check_sensors`.
    """
    own, there = _own(series), _of_leadfield(series, field)
    names, _ = recording.named(series.path, series.raw, None, target)
    left = [name for name in names if name not in set(series.channels)]
    if left:
        yield (
            f"{len(left)} of {len(names)} sensors count for nothing, {check.some(left)}, as the "
            "lead field or the inverse has not got them"
        )
    if own.positions is not None and field.coils is not None:
        apart = np.linalg.norm(own.positions[series.order] - field.coils.positions[there], axis=1)
        if np.median(apart) > APART:
            yield (
                f"its sensors are {1000 * np.median(apart):.3g} mm from those of the lead field, "
                "in coordinates of the head; is that of another recording, or of no head at all?"
            )
    if given["noise_covariance"]:
        return
    if own.filtered:
        yield (
            "was Maxwell-filtered, and its noise is no longer white; inverse.noise_covariance has "
            "it, as that of an empty room that was filtered alike"
        )
    n_grad = [own.kinds[k] for k in series.order].count("grad")
    if field.coils is None and n_grad:
        yield (
            f"{n_grad} of its sensors are gradiometers, which the lead field does not say: their "
            "noise is taken for that of magnetometers; inverse.noise_covariance has it"
        )
