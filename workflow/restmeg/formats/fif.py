"""FIF of MNE: a Raw whose channels are time courses of regions, as osl-ephys writes it."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from restmeg.errors import InputError, reason
from restmeg.formats import RawRecording

SENSORS = {"mag", "grad", "ref_meg"}  # types of channels that no region has


@contextlib.contextmanager
def recording(path: str | Path, given: Mapping) -> Iterator[RawRecording]:  # noqa: ARG001
    """Channels of type ``misc``, or if there are none all that are no stimulus channels.

    What is annotated as bad (its description begins with BAD) is left out, and so are joints of
    recordings that were put together (BAD boundary, EDGE boundary).
    """
    raw = _opened(path)
    try:
        kinds, spans = raw.get_channel_types(), _spans(raw)
    except Exception as error:  # it can be damaged in many ways
        raise _unreadable(path, error) from None
    with contextlib.closing(raw):
        if "misc" not in kinds and set(kinds) & SENSORS:
            raise InputError(
                f"{path}: its channels are sensors, not regions; expected series of regions, as "
                "channels of type misc"
            )
        of_regions = [k for k, kind in enumerate(kinds) if kind == "misc"]
        picks = of_regions or [k for k, kind in enumerate(kinds) if kind != "stim"]

        def read(_: int, piece: slice) -> np.ndarray:
            try:
                first, stop, _ = piece.indices(raw.n_times)
                return raw[picks, first:stop][0].T
            except Exception as error:
                raise _unreadable(path, error) from None

        yield RawRecording(
            n_replicates=1,
            n_samples=raw.n_times,
            dtype=np.dtype(np.float64),
            regions=[raw.ch_names[k] for k in picks],
            n_regions=len(picks),
            replicates=None,
            times=None,
            time_unit=None,
            read=read,
            variable="channels",
            sampling_rate=float(f"{raw.info['sfreq']:.6g}"),
            spans=spans,
        )


def parts(path: str | Path) -> list[str | Path]:
    """The file and those that it goes on in, as MNE splits what is too large for one."""
    with contextlib.closing(_opened(path)) as raw:
        return [Path(name) for name in raw.filenames]


def _opened(path):
    import mne  # costs a second, and few studies need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names of files, and of what it does not know
            return mne.io.read_raw_fif(path, preload=False, verbose="ERROR")
    except Exception as error:  # it can be damaged in many ways
        raise _unreadable(path, error) from None


def _spans(raw):
    """Samples, first and one after the last, of all that is not annotated as bad."""
    good = np.ones(raw.n_times, bool)
    joints = set()
    for one in raw.annotations:
        kind = one["description"].upper()
        if not kind.startswith(("BAD", "EDGE")):
            continue
        onset = one["onset"] - raw.first_time  # which onsets are counted from
        first, stop = raw.time_as_index([onset, onset + one["duration"]], use_rounding=True)
        joints.add(int(first))
        if kind.startswith("BAD"):
            good[max(first, 0) : max(stop, 0)] = False
    edges = np.flatnonzero(np.diff(np.r_[False, good, False].astype(int)))
    spans = []
    for first, stop in edges.reshape(-1, 2).tolist():
        inside = sorted(joint for joint in joints if first < joint < stop)
        spans += zip([first, *inside], [*inside, stop], strict=True)
    return spans


def _unreadable(path, error):
    return InputError(
        f"{path}: cannot be read as FIF ({reason(error)}); expected a Raw of MNE with a channel "
        "for each region"
    )
