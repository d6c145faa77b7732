"""FIF of MNE: a Raw whose channels are time courses of regions, as of osl-ephys, or sensors."""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from restmeg.errors import InputError, reason
from restmeg.formats import RawRecording, RawSensors

SENSORS = {"mag", "grad"}  # types of channels that no region has


@contextlib.contextmanager
def recording(path: str | Path, given: Mapping) -> Iterator[RawRecording]:  # noqa: ARG001
    """Sensors that are not marked as bad; or, without any, channels of type ``misc``.

    If there are none of these either, all that are no stimulus channels. What is annotated as bad
    (its description begins with BAD) is left out, and so are joints of recordings that were put
    together (BAD boundary, EDGE boundary).
    """
    raw = _opened(path)
    try:
        kinds, spans = raw.get_channel_types(), _spans(raw)
        of_sensors = [k for k, kind in enumerate(kinds) if kind in SENSORS]
        of_regions = [k for k, kind in enumerate(kinds) if kind == "misc"]
        picks = of_regions or [k for k, kind in enumerate(kinds) if kind != "stim"]
        if of_sensors:
            bad = set(raw.info["bads"])
            picks = [k for k in of_sensors if raw.ch_names[k] not in bad]
        sensors = _sensors(raw, kinds, picks) if of_sensors else None
    except Exception as error:  # it can be damaged in many ways
        raise _unreadable(path, error) from None
    with contextlib.closing(raw):

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
            sensors=sensors,
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


def _sensors(raw, kinds, picks):
    """What the file says of its sensors with these numbers."""
    info, names = raw.info, [raw.ch_names[k] for k in picks]
    channels = [info["chs"][k] for k in picks]
    places = np.array([channel["loc"][:3] for channel in channels], float).reshape(-1, 3)
    head, positions = info["dev_head_t"], None
    if head is not None and np.isfinite(places).all() and places.any():
        positions = places @ head["trans"][:3, :3].T + head["trans"][:3, 3]
    taken = [np.zeros((0, len(names)))]
    for one in info["projs"]:
        if one["active"]:
            of = {name: k for k, name in enumerate(one["data"]["col_names"])}
            data = np.column_stack([one["data"]["data"], np.zeros(len(one["data"]["data"]))])
            taken.append(data[:, [of.get(name, -1) for name in names]])
    return RawSensors(
        kinds=[kinds[k] for k in picks],
        # Types of coils have it in their upper bits.
        grades=[int(channel["coil_type"]) >> 16 for channel in channels],
        positions=positions,
        bad=[name for name in info["bads"] if kinds[raw.ch_names.index(name)] in SENSORS],
        projected=np.concatenate(taken),
        filtered=any(step.get("max_info", {}).get("sss_info") for step in info["proc_history"]),
    )


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
        "for each region or sensor"
    )
