"""Student's t distribution, without the start-up that SciPy's special functions cost."""

import functools
import math

import numpy as np

LEVEL = 0.95  # of all intervals in results
MANY = 1000.0  # degrees of freedom from which on a series is as exact
# Nodes and weights on (0, 1) of an integral of a smooth function (tanh-sinh quadrature, Takahasi
# and Mori 1974, Publ RIMS 9:721).
_STEP = 0.05
_AT = _STEP * np.arange(-65, 66)
_NODES = (1 + np.tanh(np.pi / 2 * np.sinh(_AT))) / 2
_WEIGHTS = _STEP * np.pi / 4 * np.cosh(_AT) / np.cosh(np.pi / 2 * np.sinh(_AT)) ** 2


@functools.cache
def quantile(df: float, level: float = LEVEL) -> float:
    """How many standard errors a two-sided interval reaches to either side: t at 0.975 of 95 %.

    df: degrees of freedom, any real number from 1 on, or infinity; level: share of the
    distribution inside, in 0 to 1 without the ends.
    """
    if df >= MANY:
        return _series(df, level)
    # With t = sqrt(df) tan(angle) the density is cos(angle)^(df - 1) over its integral.
    log_all = math.lgamma(df / 2) - math.lgamma((df + 1) / 2) + math.log(math.pi) / 2
    wanted = level * math.exp(log_all) / 2
    angle = 0.0
    # The integral up to an angle is concave, so that Newton's steps come from below.
    for _ in range(100):
        reached = angle * float(_WEIGHTS @ np.cos(angle * _NODES) ** (df - 1))
        step = (wanted - reached) / math.cos(angle) ** (df - 1)
        angle += step
        if abs(step) < 1e-15:
            break
    return math.sqrt(df) * math.tan(angle)


def _series(df, level):
    """Expansion about the normal distribution (Abramowitz and Stegun 26.7.5)."""
    z = 1.959963984540054
    if level != LEVEL:
        from statistics import NormalDist  # costs time that 95 % need not

        z = NormalDist().inv_cdf((1 + level) / 2)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return sum(term / df**k for k, term in enumerate(terms))
