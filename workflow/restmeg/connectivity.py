"""Functional connectivity: how alike the activity of two regions is."""

import warnings

import numpy as np

from restmeg import InputError, ResultWarning, check, exact, files, recording


class Moments:
    """Sums over time from which Pearson correlations follow, gathered a piece after another.

    All sums are about the first sample, so that a region that never changes has a variance of
    exactly zero, and over runs of SAMPLES samples, so that pieces of any length give the same bits.
    """

    SAMPLES = 1024

    def __init__(self):
        """Start with no samples."""
        self.n = 0
        self.origin = self.products = self.waiting = None

    def add(self, series):
        """Add the next samples, (samples, N)."""
        series = np.asarray(series, dtype=np.float64)
        if not len(series):
            return
        if self.origin is None:
            n_regions = series.shape[1]
            self.origin = series[0].copy()
            self.products = np.zeros((n_regions + 1, n_regions + 1))
            self.waiting = np.empty((0, n_regions + 1))
        self.n += len(series)
        # A column of ones among the regions makes their sums one more row of their products.
        with_ones = np.ones((len(series), series.shape[1] + 1))
        np.subtract(series, self.origin, out=with_ones[:, :-1])
        self.waiting = np.concatenate([self.waiting, with_ones])
        while len(self.waiting) >= self.SAMPLES:
            run, self.waiting = self.waiting[: self.SAMPLES], self.waiting[self.SAMPLES :]
            self.products += exact.gram(run)

    def correlation(self):
        """Pearson correlation (N, N), ones on the diagonal; NaN where a region has no variance.

        Raises InputError if there are fewer than two samples.
        """
        if self.n < 2:
            raise InputError(f"series: {self.n} samples; expected at least 2")
        n_regions = len(self.origin)
        products = self.products + exact.gram(self.waiting)
        sums = products[n_regions, :n_regions]
        covariance = products[:n_regions, :n_regions] - sums[:, None] * sums / self.n
        variance = np.diag(covariance)
        # Of a constant only rounding can be left, or nothing at all.
        scale = np.sqrt(np.where(variance > 0, variance, np.nan))
        correlation = covariance / np.outer(scale, scale)
        np.fill_diagonal(correlation, np.where(np.isnan(scale), np.nan, 1.0))
        return correlation.clip(-1, 1)


def pearson(series):
    """Pearson correlation of all pairs of regions.

    series: (samples, N). Returns (N, N); a region with no variance has NaN in its row and column.
    Raises InputError if there are fewer than two samples.
    """
    moments = Moments()
    moments.add(series)
    return moments.correlation()


MEASURES = {"pearson": Moments}


def connect(activity_path, labels, measures, role, point, path):
    """Write connectivity.nc for one file of activity, simulated or recorded.

    activity_path: ``rate_E`` (replicate, time, region), or (time, region) of a single replicate,
        whose regions are brought into the order of ``labels``, or stay in theirs (None).
    measures: names out of MEASURES; role, point: what the file is of.
    path: ``fc`` (measure, replicate, region_to, region_from).

    Warns, and notes in the file, of regions with no variance, whose connectivity is NaN. Raises
    InputError if the regions are not those of ``labels`` or a value is not finite.
    """
    with recording.opened(activity_path, labels) as series:
        activity = series.rate.group()
        parameters, seed = files.provenance(activity)
        notes = files.notes(activity) if parameters else []
        parameters |= {"role": role, "point": point, "measures": measures}
        replicates, labels = series.replicates, series.labels
        fc = np.empty((len(measures), len(replicates), len(labels), len(labels)))
        silent = {}
        for m, measure in enumerate(measures):
            for k, replicate in enumerate(replicates):
                estimator = MEASURES[measure]()
                for piece in series.pieces(k):
                    estimator.add(piece)
                fc[m, k] = estimator.correlation()
                for i in np.flatnonzero(np.isnan(np.diag(fc[m, k]))):
                    silent.setdefault((measure, replicate), []).append(labels[i])
    for (measure, replicate), regions in silent.items():
        note = (
            f"replicate {replicate}: no variance in region {check.some(regions, '')}; connectivity "
            f"with it ({measure}) is NaN"
        )
        notes.append(note)
        warnings.warn(f"{activity_path}: {note}", ResultWarning, stacklevel=2)
    with files.new_netcdf(path, "Functional connectivity", parameters, seed) as dataset:
        add = files.add_variable
        add(dataset, "measure", ["measure"], np.array(measures, dtype=object), long_name="measure")
        add(dataset, "replicate", ["replicate"], replicates, long_name="replicate")
        for end in ("to", "from"):
            add(dataset, f"region_{end}", [f"region_{end}"], labels, long_name="region")
        dimensions = ["measure", "replicate", "region_to", "region_from"]
        add(dataset, "fc", dimensions, fc, "1", "functional connectivity")
        files.add_notes(dataset, notes)
