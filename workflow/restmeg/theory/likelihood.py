"""How likely a recording is under a model: Whittle's likelihood of its Fourier coefficients.

    log L = - sum over replicates, segments and frequencies of log det S(w) + Y^* S(w)^-1 Y

(Whittle 1953, Ark Mat 2:423), S the model's cross-spectrum and Y tapered coefficients. With
S = M^-1 <n n*> M^-* neither S nor its inverse has to be made: log det S is that of M, and
Y^* S^-1 Y the squared length of M Y, each row by the size of its noise.
"""

from typing import NamedTuple

import numpy as np

from restmeg.fourier import Fourier
from restmeg.theory import linear
from restmeg.theory.linear import Linear


class LogLikelihood(NamedTuple):
    """Log likelihood of a target."""

    values: np.ndarray  # (replicates,)
    gain: float  # that a recording's scale was found to have, or 1


def log_likelihood(net: Linear, target: Fourier, gain_free: bool = False) -> LogLikelihood:
    """Log likelihood of each replicate, without its constant.

    gain_free: whether the target's scale is arbitrary, as that of a recording is. Its one gain for
    all replicates is then the likeliest one, which is known in closed form.

    -inf where the model has no noise. NaN, and not among the others, of a replicate with a silent
    region.
    """
    whole = np.isfinite(target.coefficients).all(axis=(1, 2, 3))
    if not whole.all():
        values = np.full(len(whole), np.nan)
        gain = np.nan
        if whole.any():
            left = target._replace(coefficients=target.coefficients[whole])
            values[whole], gain = log_likelihood(net, left, gain_free)
        return LogLikelihood(values, gain)
    n_replicates, n_segments, n_bins, n_regions = target.coefficients.shape
    frequencies = 2 * np.pi * target.frequencies / 1000
    log_det = 0.0
    lengths = np.zeros(n_replicates)
    for piece, z in linear.pieces(net, linear.on_circle(net, frequencies)):
        size = np.sqrt(linear.noise(net, z))
        if not (size > 0).all():
            return LogLikelihood(np.full(n_replicates, -np.inf), np.nan)
        whitening = linear.system(net, z) / size[:, :, None]
        _, log_size = np.linalg.slogdet(whitening)
        log_det -= 2 * log_size.sum()
        series = target.coefficients[:, :, piece].transpose(2, 3, 0, 1)
        white = whitening @ series.reshape(len(z), n_regions, -1)
        squares = (white.real**2 + white.imag**2).sum(axis=(0, 1))
        lengths += squares.reshape(n_replicates, n_segments).sum(axis=1)
    numbers = n_segments * n_bins * n_regions
    power = lengths.sum() / (numbers * n_replicates) if gain_free else 1.0
    values = -(n_segments * log_det + numbers * np.log(power) + lengths / power)
    return LogLikelihood(values, float(np.sqrt(power)))
