"""Functional connectivity: how alike the activity of two regions is."""

import warnings

import numpy as np

from restmeg import InputError, ResultWarning, exact, files


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
        """Pearson correlation (N, N), ones on the diagonal; NaN where a region has no variance."""
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
    """
    moments = Moments()
    moments.add(series)
    return moments.correlation()


MEASURES = {"pearson": Moments}


def connect(activity_path, labels, measures, path):
    """Write connectivity.nc for one file of activity, simulated or recorded.

    activity_path: ``rate_E`` (replicate, time, region), or (time, region) of a single replicate,
        whose regions are brought into the order of ``labels``.
    measures: names out of MEASURES.
    path: ``fc`` (measure, replicate, region_to, region_from).

    Warns of regions with no variance, whose connectivity is NaN. Raises InputError if the regions
    are not those of ``labels`` or a value is not finite.
    """
    with files.open_netcdf(activity_path, "rate_E", "region") as activity:
        rate = activity["rate_E"]
        alone = rate.dimensions == ("time", "region")  # a recording of one session
        if not alone and rate.dimensions != ("replicate", "time", "region"):
            raise InputError(
                f"{activity_path}: rate_E has dimensions {rate.dimensions}; "
                "expected ('replicate', 'time', 'region') or ('time', 'region')"
            )
        n_samples, n_regions = rate.shape[-2:]
        n_replicates = 1 if alone else rate.shape[0]
        parameters, seed = files.provenance(activity)
        replicates = np.arange(n_replicates)
        if "replicate" in activity.variables:
            replicates = np.atleast_1d(files.read_values(activity["replicate"]))
        order = files.match_regions(activity_path, files.read_values(activity["region"]), labels)
        if np.dtype(rate.dtype).kind not in "fiu":
            raise InputError(f"{activity_path}: rate_E: {rate.dtype}; expected real numbers")
        files.unique_names(activity_path, "replicate", replicates)
        if n_replicates < 1:
            raise InputError(f"{activity_path}: no replicate; expected at least 1")
        if n_samples < 2:
            raise InputError(f"{activity_path}: number of samples is {n_samples}; expected >= 2")
        fc = np.empty((len(measures), n_replicates, n_regions, n_regions))
        length = files.piece_length(n_regions)
        for m, measure in enumerate(measures):
            for k in range(n_replicates):
                estimator = MEASURES[measure]()
                for first in range(0, n_samples, length):
                    piece = slice(first, first + length)
                    part = files.read_values(rate, piece if alone else (k, piece))[:, order]
                    if not np.isfinite(part).all():
                        raise InputError(
                            f"{activity_path}: rate_E of replicate {replicates[k]} is not finite"
                        )
                    estimator.add(part)
                fc[m, k] = estimator.correlation()
                silent = [labels[i] for i in np.flatnonzero(np.isnan(np.diag(fc[m, k])))]
                if silent:
                    more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
                    warnings.warn(
                        f"{activity_path}: replicate {replicates[k]}: no variance in region "
                        f"{', '.join(silent[:3])}{more}; connectivity with it ({measure}) is NaN",
                        ResultWarning,
                        stacklevel=2,
                    )
    parameters["measures"] = measures
    with files.new_netcdf(path, "Functional connectivity", parameters, seed) as dataset:
        add = files.add_variable
        add(dataset, "measure", ["measure"], np.array(measures, dtype=object), long_name="measure")
        add(dataset, "replicate", ["replicate"], replicates, long_name="replicate")
        for end in ("to", "from"):
            add(dataset, f"region_{end}", [f"region_{end}"], labels, long_name="region")
        dimensions = ["measure", "replicate", "region_to", "region_from"]
        add(dataset, "fc", dimensions, fc, "1", "functional connectivity")
