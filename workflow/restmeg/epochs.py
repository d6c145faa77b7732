"""The field at the sensors as a FIF file of epochs, which MNE opens."""

from pathlib import Path

import numpy as np

from restmeg import disk, sensors, store, units
from restmeg.errors import InputError

MOST = 2 * 10**9  # bytes: FIF has no more in a file
UNEVEN = 0.1  # of the sampling interval: one that is missing moves half of it or more


def write(sensors_path: str | Path, path: str | Path) -> None:
    """Write each replicate of sensors.nc as an epoch, in SI units, with kinds and places.

    Time 0 is the first sample, and an epoch's event is the replicate's number. Raises InputError
    where kinds and places are not known, or the file would be larger than FIF can be.
    """
    with store.open_netcdf(sensors_path, "field", "sensor", "replicate", "time") as dataset:
        known = {name: dataset[name] for name in sensors.VARIABLES if name in dataset.variables}
        known = {name: store.read_values(variable) for name, variable in known.items()}
        coils = sensors.stored(sensors_path, known)
        if coils is None:
            raise InputError(
                f"{sensors_path}: does not know kinds and places of its sensors, which FIF needs; "
                "expected leadfield.source: sphere, or a forward solution (.fif)"
            )
        names = store.read_values(dataset["sensor"])
        replicates = store.read_values(dataset["replicate"])
        size = 4 * int(np.prod(dataset["field"].shape))
        if size > MOST:
            raise InputError(
                f"{sensors_path}: {size / 1e9:.3g} GB; expected at most {MOST / 1e9:g} GB in a FIF "
                "file, so fewer simulation.replicates_per_job or a longer sampling_interval"
            )
        times = store.read_values(dataset["time"])
        times = times * units.factor(f"{sensors_path}: time", dataset["time"].units, "ms") / 1000
        rate = (len(times) - 1) / (times[-1] - times[0])
        even = times[0] + np.arange(len(times)) / rate
        if not np.allclose(times * rate, even * rate, rtol=0, atol=UNEVEN):
            raise InputError(f"{sensors_path}: its samples are not evenly spaced; expected so")
        series = np.empty((len(replicates), len(names), len(times)))
        for k in range(len(series)):
            series[k] = store.read_values(dataset["field"], k).T
    import mne

    events = np.zeros((len(series), 3), dtype=int)
    events[:, 0] = np.arange(len(series)) * len(times)
    events[:, 2] = replicates + 1  # MNE takes no event 0
    made = mne.EpochsArray(
        series,
        sensors.to_info(names, coils, float(f"{rate:.9g}")),
        events,
        event_id={f"replicate {k}": int(k) + 1 for k in replicates},
        proj=False,
        verbose="ERROR",
    )
    with disk.whole(path) as partial:
        # MNE tells a file's kind by its name, and the partial one has another.
        named = partial.with_name(f"{partial.name}-epo.fif")
        try:
            made.save(named, split_size="2GB", fmt="single", verbose="ERROR")
            named.replace(partial)
        finally:
            named.unlink(missing_ok=True)
