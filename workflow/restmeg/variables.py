"""What every variable in a file is: its dimensions, units and long name, in one table.

A name that another kind of file uses with other dimensions stands after that of its own and a dot.
Where points of a sweep make a grid, its axes are in the place of the dimension ``point``.
"""

from typing import NamedTuple


class Variable(NamedTuple):
    """A variable of a results file."""

    dimensions: tuple[str, ...]
    units: str | None  # None for names and numbers that have none
    long_name: str


RATE = ("replicate", "time", "region")
PAIRS = ("target", "source")
OVER_POINTS = ("point", "measure", "band", "score")

VARIABLES = {
    # anatomy
    "labels": Variable(("region",), None, "region, in order"),
    "target": Variable(("target",), None, "target region"),
    "source": Variable(("source",), None, "source region"),
    "weights": Variable(PAIRS, "1", "coupling weight onto target from source"),
    "distances": Variable(PAIRS, "mm", "tract length"),
    "centres": Variable(("region", "axis"), "mm", "centre of the region: x, y, z"),
    # lead field
    "region": Variable(("region",), None, "region"),
    "sensor": Variable(("sensor",), None, "MEG sensor"),
    "gain": Variable(
        ("region", "sensor"), "T/(nA m)", "field at the sensor per dipole moment of the region"
    ),
    "sensors.gain": Variable(
        ("region", "sensor"),
        "sensor_unit/(nA m)",
        "field or its gradient at the sensor, in its unit, per dipole moment of the region",
    ),
    "dipoles": Variable(("region", "axis"), "1", "direction of the region's dipole: x, y, z"),
    "sensor_kind": Variable(
        ("sensor",), None, "kind of sensor: mag for the field, grad for its gradient"
    ),
    "sensor_unit": Variable(("sensor",), None, "unit of what the sensor measures"),
    "sensor_position": Variable(
        ("sensor", "axis"), "m", "position of the sensor in head coordinates: x, y, z"
    ),
    "sensor_axes": Variable(
        ("sensor", "direction", "axis"), "1", "axes of the sensor's coil, the last its normal"
    ),
    "coil_type": Variable(("sensor",), None, "type of the sensor's coil, a number of MNE's"),
    # series
    "replicate": Variable(("replicate",), None, "replicate"),
    "time": Variable(("time",), "ms", "time at the end of the step"),
    "rate_E": Variable(RATE, "1", "excitatory rate"),
    "from_file": Variable(("replicate",), None, "file that the replicate is a segment of"),
    "from_replicate": Variable(("replicate",), None, "replicate of that file"),
    "starts_at": Variable(("replicate",), "s", "start of the segment in that file"),
    "lowest": Variable(("replicate", "region"), "1", "lowest excitatory rate"),
    "highest": Variable(("replicate", "region"), "1", "highest excitatory rate"),
    "field": Variable(("replicate", "time", "sensor"), "T", "magnetic field"),
    "sensors.field": Variable(
        ("replicate", "time", "sensor"),
        "sensor_unit",
        "magnetic field or its gradient, in the sensor's unit",
    ),
    # the inverse operator
    "inverse": Variable(
        ("region", "sensor"), None, "what makes regional series of the sensors' field, in any scale"
    ),
    "leakage": Variable(
        ("region_to", "region_from"),
        None,
        "what a unit of a region's rate adds to the reconstructed series of another",
    ),
    "sensor_noise": Variable(
        ("component", "region"),
        None,
        "triangular root of the covariance of sensor noise in reconstructed series",
    ),
    "reconstructed": Variable(RATE, None, "activity as sensors and inverse show it, in any scale"),
    "noise_share": Variable(
        ("replicate", "region"), "1", "share of the variance that is sensor noise"
    ),
    # functional connectivity
    "measure": Variable(("measure",), None, "measure"),
    "band": Variable(("band",), None, "frequency band"),
    "region_to": Variable(("region_to",), None, "region"),
    "region_from": Variable(("region_from",), None, "region"),
    "fc": Variable(
        ("measure", "band", "replicate", "region_to", "region_from"),
        "1",
        "functional connectivity",
    ),
    "segment": Variable(("segment",), None, "segment of a replicate, in order"),
    "fc_segments": Variable(
        ("measure", "band", "segment", "region_to", "region_from"),
        "1",
        "functional connectivity of segments of the only replicate",
    ),
    "window": Variable(("window",), None, "window of a replicate, in order; they overlap by half"),
    "window_other": Variable(("window_other",), None, "another window"),
    "dynamics": Variable(
        ("measure", "band", "replicate", "window", "window_other"),
        "1",
        "correlation of the functional connectivities of two windows",
    ),
    # spectra
    "frequency": Variable(("frequency",), "Hz", "frequency"),
    "spectra.power": Variable(
        ("replicate", "region", "frequency"), "Hz^-1", "one-sided power of the excitatory rate"
    ),
    "peak_frequency": Variable(
        ("replicate", "region"), "Hz", "frequency of the highest peak of the power"
    ),
    "band_power": Variable(
        ("replicate", "region", "band"), "1", "share of the power from 1 to 45 Hz"
    ),
    # the target, for its likelihood
    "coefficients": Variable(
        ("replicate", "segment", "frequency", "region", "part"),
        "ms^0.5",
        "tapered Fourier coefficients of the excitatory rate, real and imaginary part",
    ),
    # linear theory
    "rest_E": Variable(("region",), "1", "excitatory rate at the fixed point"),
    "rest_I": Variable(("region",), "1", "inhibitory rate at the fixed point"),
    "growth_rate": Variable((), "ms^-1", "growth rate of the slowest mode, negative if stable"),
    "slowest_frequency": Variable((), "Hz", "frequency of the slowest mode"),
    "covariance": Variable(
        ("region_to", "region_from"), "1", "covariance of the excitatory rates in theory"
    ),
    "theory.fc": Variable(
        ("measure", "band", "region_to", "region_from"),
        "1",
        "functional connectivity of an endless recording",
    ),
    "fc_as_long": Variable(
        ("measure", "band", "region_to", "region_from"),
        "1",
        "expected functional connectivity of a recording as long as the study's",
    ),
    "power": Variable(
        ("region", "frequency"), "Hz^-1", "one-sided power of the excitatory rate in theory"
    ),
    "expected": Variable(
        ("measure", "band", "score"), "1", "expected score of a recording as long as the study's"
    ),
    "expected_sd": Variable(
        ("measure", "band", "score"),
        "1",
        "standard deviation of the score of one replicate, or of one pair",
    ),
    "length": Variable(("length",), "s", "length of a recording"),
    "expected_over_length": Variable(
        ("measure", "band", "length", "score"),
        "1",
        "expected score of a recording of that length",
    ),
    "target_replicate": Variable(("target_replicate",), None, "replicate of the target"),
    "log_likelihood": Variable(
        ("target_replicate",), "1", "log likelihood of a replicate of the target, without constant"
    ),
    "scale": Variable((), "1", "factor from the model's rates to the target's units"),
    # the fit
    "parameter": Variable(("parameter",), None, "parameter, by its dotted name"),
    "parameter_other": Variable(("parameter_other",), None, "another parameter"),
    "fit.value": Variable(("parameter",), None, "likeliest value, in ms and mm/ms"),
    "deviation": Variable(("parameter",), None, "standard error, in ms and mm/ms"),
    "fit.ci_low": Variable(("parameter",), None, "lower end of the 95 % interval"),
    "fit.ci_high": Variable(("parameter",), None, "upper end of the 95 % interval"),
    "identified": Variable(("parameter",), None, "1 where the interval ends within the bounds"),
    "correlation": Variable(
        ("parameter", "parameter_other"), "1", "correlation of the estimates, logarithmic"
    ),
    "profile": Variable(("parameter", "place"), None, "values of a parameter that were held"),
    "profile_log_likelihood": Variable(
        ("parameter", "place"), "1", "highest log likelihood there, less that of the fit"
    ),
    "start": Variable(("evaluation",), None, "which of the starts an evaluation followed"),
    "path_log_likelihood": Variable(
        ("evaluation",), "1", "log likelihood, where it was of all frequencies"
    ),
    "path": Variable(("evaluation", "parameter"), None, "values that were tried"),
    "sign": Variable(("region",), "1", "sign that the target's series was multiplied with"),
    "fit.log_likelihood": Variable((), "1", "log likelihood of the fit, without constant"),
    # the fit by simulation
    "evaluation.value": Variable(("parameter",), None, "value, in ms and mm/ms"),
    "evaluation.measure": Variable(("kind",), None, "measure"),
    "evaluation.band": Variable(("kind",), None, "frequency band"),
    "evaluation.distance": Variable(("kind",), None, "squared distance from the target per value"),
    "weight": Variable(("kind",), None, "weight of the distance in the whole one"),
    "without_replicate": Variable(
        ("kind", "replicate"), None, "distance without each simulated replicate"
    ),
    "without_target": Variable(
        ("kind", "target_replicate"), None, "distance without each replicate of the target"
    ),
    "objective": Variable((), "1", "whole squared distance, in variances over target replicates"),
    "objective_deviation": Variable((), "1", "its standard error"),
    "profile_distance": Variable(
        ("parameter", "place"), "1", "least whole squared distance there, less that of the fit"
    ),
    "round": Variable(("evaluation",), None, "round of the evaluation"),
    "path_distance": Variable(
        ("evaluation",), "1", "whole squared distance, infinite or missing where there is none"
    ),
    "path_deviation": Variable(("evaluation",), "1", "standard error of that"),
    "fit.distance": Variable((), "1", "whole squared distance of the fit, by the quadratic"),
    # null networks
    "null": Variable(("null",), None, "null network"),
    "nulls.fc": Variable(
        ("null", "measure", "band", "replicate", "region_to", "region_from"),
        "1",
        "functional connectivity on null networks",
    ),
    "nulls.value": Variable(("null", "parameter"), None, "fitted value, in ms and mm/ms"),
    "nulls.sign": Variable(("null", "region"), "1", "sign that the target's series had"),
    "own_log_likelihood": Variable(
        (), "1", "log likelihood of the study's network, looked for in the same way"
    ),
    "nulls.log_likelihood": Variable(("null",), "1", "log likelihood of that, without constant"),
    "weights_moved": Variable(("null",), "1", "share of the weights that is on other pairs"),
    "strength_error": Variable(
        ("null",), "1", "largest error of a region's strength over the mean strength"
    ),
    # scores
    "score": Variable(("score",), None, "score"),
    "value": Variable(("measure", "band", "score"), "1", "value"),
    "ci_low": Variable(("measure", "band", "score"), "1", "lower end of the 95 % interval"),
    "ci_high": Variable(("measure", "band", "score"), "1", "upper end of the 95 % interval"),
    "n": Variable(("measure", "band", "score"), None, "replicates, or pairs of them"),
    "point": Variable(("point",), None, "short name of the point, as in points.csv"),
    "sweep.value": Variable(OVER_POINTS, "1", "value"),
    "sweep.ci_low": Variable(OVER_POINTS, "1", "lower end of the 95 % interval"),
    "sweep.ci_high": Variable(OVER_POINTS, "1", "upper end of the 95 % interval"),
    "sweep.n": Variable(OVER_POINTS, None, "replicates, or pairs of them"),
    "sweep.expected": Variable(OVER_POINTS, "1", "what linear theory expects"),
    "sweep.expected_sd": Variable(
        OVER_POINTS, "1", "standard deviation of the score of one replicate, or of one pair"
    ),
    "sweep.null_z": Variable(
        OVER_POINTS, "1", "distance from the mean of null networks over their standard deviation"
    ),
    "sweep.null_p": Variable(OVER_POINTS, "1", "share of null networks that do at least as well"),
    "sweep.null_n": Variable(OVER_POINTS, None, "null networks"),
    # what can be swept
    "model.coupling": Variable(("point",), None, "coupling"),
    "model.coupling_strength": Variable(("point",), "1", "coupling strength"),
    "model.conduction_speed": Variable(("point",), "mm/ms", "conduction speed"),
    "model.parameters.tau_E": Variable(("point",), "ms", "tau E"),
    "model.parameters.tau_I": Variable(("point",), "ms", "tau I"),
    "model.parameters.a_E": Variable(("point",), "1", "a E"),
    "model.parameters.a_I": Variable(("point",), "1", "a I"),
    "model.parameters.theta_E": Variable(("point",), "1", "theta E"),
    "model.parameters.theta_I": Variable(("point",), "1", "theta I"),
    "model.parameters.wEE": Variable(("point",), "1", "wEE"),
    "model.parameters.wIE": Variable(("point",), "1", "wIE"),
    "model.parameters.wEI": Variable(("point",), "1", "wEI"),
    "model.parameters.wII": Variable(("point",), "1", "wII"),
    "model.parameters.r": Variable(("point",), "1", "r"),
    "model.noise.sigma": Variable(("point",), "1", "sigma"),
    "model.noise.tau": Variable(("point",), "ms", "tau"),
    "model.noise.mean_E": Variable(("point",), "1", "mean E"),
    "model.noise.mean_I": Variable(("point",), "1", "mean I"),
}


def in_file(name: str) -> str:
    """What a variable of VARIABLES is called in a file: the last part of its name.

    Parameters of the model keep the whole of theirs.
    """
    return name if name.startswith("model.") else name.rsplit(".", 1)[-1]
