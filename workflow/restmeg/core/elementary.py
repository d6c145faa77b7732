"""Elementary functions of numbers and Vectors, with the same bits on every machine."""

import numpy as np
from numba import njit

from restmeg.core.layout import LOG2_E
from restmeg.core.vectors import bits, choose, double, sqrt

_MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to an integer in the low bits
_LN2 = 0.6931471805599453
_LN2_HIGH = 0.6931471803691238  # ln 2 in two parts: the first times a small integer is exact
_LN2_LOW = 1.9082149292705877e-10


@njit(error_model="numpy", forceinline=True)
def _within(x, limit):
    """x held within +-limit; NaN stays."""
    x = choose(x < -limit, -limit, x)
    return choose(x > limit, limit, x)


@njit(error_model="numpy", forceinline=True)
def _exp_terms(r):
    """exp(r) = (even + r odd) / (even - r odd) for |r| <= 1: even, odd.

    r odd / even is the rational approximation of tanh(r / 2) with the smallest largest relative
    error of this order; it is below 1.2e-16. It takes half the operations of a polynomial for
    exp(r), and those who divide anyway get its division for nothing.
    """
    r2 = r * r
    even = 1.0 + r2 * (
        0.11362311601791195 + r2 * (0.0012612072994879857 + r2 * 1.4952760872685383e-06)
    )
    odd = 0.49999999999999994 + r2 * (0.015144891342292301 + r2 * 6.297381562893547e-05)
    return even, odd


@njit(error_model="numpy", forceinline=True)
def _power_of_two(shifted):
    """2^k from k + _MAGIC, for k from -1022 to 1023."""
    return double((bits(shifted) + np.uint64(1023)) << np.uint64(52))


@njit(error_model="numpy", forceinline=True)
def _sigmoid_terms(x):
    """1 / (1 + 2^x) as numerator and denominator; the argument is held within +-500."""
    x = _within(x, 500.0)
    shifted = x + _MAGIC
    r = (x - (shifted - _MAGIC)) * _LN2
    even, odd = _exp_terms(r)
    odd = r * odd
    numerator = even - odd
    return numerator, numerator + _power_of_two(shifted) * (even + odd)


@njit(error_model="numpy", forceinline=True)
def sigmoids(x, y):
    """1 / (1 + 2^x) and 1 / (1 + 2^y); arguments are held within +-500.

    Both share one division, 1 / a = b / (a b), because divisions take longest.
    """
    top_x, a = _sigmoid_terms(x)
    top_y, b = _sigmoid_terms(y)
    inverse = 1.0 / (a * b)
    return top_x * (b * inverse), top_y * (a * inverse)


@njit(error_model="numpy", forceinline=True)
def phis(x, y):
    """phi(z) = (exp(z) - 1) / z of two numbers within +-1, which share one division."""
    even_x, odd_x = _exp_terms(x)
    even_y, odd_y = _exp_terms(y)
    a = even_x - x * odd_x
    b = even_y - y * odd_y
    inverse = 2.0 / (a * b)
    return odd_x * (b * inverse), odd_y * (a * inverse)


@njit(error_model="numpy", forceinline=True)
def phi(z):
    """phi(z) = (exp(z) - 1) / z of any number, 1 at zero; the exponent is held within +-708."""
    x = _within(z, 708.0)
    shifted = x * LOG2_E + _MAGIC
    power = shifted - _MAGIC
    r = (x - power * _LN2_HIGH) - power * _LN2_LOW
    scale = _power_of_two(shifted)
    even, odd = _exp_terms(r)
    odd = r * odd
    # exp(x) - 1 = scale (even + odd) / (even - odd) - 1, without cancellation near zero
    top = (scale - 1.0) * even + (scale + 1.0) * odd
    return choose(z != 0.0, top / ((even - odd) * z), 1.0)


_TO_DOUBLE = np.uint64(0x4330000000000000)  # or-ed with n < 2^52 it is the double 2^52 + n
_TWO_52 = 4503599627370496.0


@njit(error_model="numpy", forceinline=True)
def _log_terms(word):
    """u = (word + 1/2) / 2^32 = 2^k m with m in [sqrt(1/2), sqrt(2)): k and m."""
    given = bits(double(word | _TO_DOUBLE) - (_TWO_52 - 0.5))
    # sqrt(1/8) makes the exponent of word = 0 zero, not negative.
    exponent = (given - np.uint64(0x3FD6A09E667F3BCD)) >> np.uint64(52)
    m = double(given - (exponent << np.uint64(52)) + np.uint64(1 << 52))
    return double(exponent | _TO_DOUBLE) - (_TWO_52 + 33.0), m


@njit(error_model="numpy", forceinline=True)
def _radius(k, s):
    """sqrt(-2 ln u) for ln u = k ln 2 + 2 artanh(s), |s| < 0.172.

    The polynomial's relative error is below 9e-12: a 32-bit word does not tell more.
    """
    s2 = s * s
    s4 = s2 * s2
    tail = (4.0000000000167191 + s2 * 1.3333333049497505) + s4 * (
        (0.8000076934475043 + s2 * 0.5707010207563263) + s4 * 0.47232718198291979
    )
    return sqrt(-2.0 * _LN2 * k - s * tail)


@njit(error_model="numpy", forceinline=True)
def radii(x, y):
    """sqrt(-2 ln u), the length of a Gaussian pair, of two words; u = (word + 1/2) / 2^32."""
    k_x, m_x = _log_terms(x)
    k_y, m_y = _log_terms(y)
    # ln m = 2 artanh((m - 1) / (m + 1)); both share one division
    a = m_x + 1.0
    b = m_y + 1.0
    inverse = 1.0 / (a * b)
    return _radius(k_x, (m_x - 1.0) * (b * inverse)), _radius(k_y, (m_y - 1.0) * (a * inverse))


@njit(error_model="numpy", forceinline=True)
def cos_sin_turns(word):
    """Cosine and sine of 2 pi (word + 1/2) / 2^32 for a 32-bit word in a uint64.

    The polynomials' relative error is below 3e-11, a fraction of what a step of the word makes.
    """
    # The angle in turns from the nearest quarter turn, within +-1/8, so that short series do.
    turned = word + np.uint64(1 << 29)
    within = double((turned & np.uint64((1 << 30) - 1)) | _TO_DOUBLE)
    t = ((within - (_TWO_52 + 536870912.0)) + 0.5) * (1.0 / 4294967296.0)
    t2 = t * t
    t4 = t2 * t2
    sine = t * (
        (6.2831853071524 + t2 * -41.341702153394905)
        + t4 * ((81.60520471104576 + t2 * -76.6978663502028) + t4 * 41.47283323950919)
    )
    cosine = (0.9999999999999444 + t2 * -19.739208801922548) + t4 * (
        (64.93939383134831 + t2 * -85.45676493719407)
        + t4 * (60.23818359301454 + t2 * -26.058123753882793)
    )
    odd = (turned & np.uint64(1 << 30)) != np.uint64(0)
    first = choose(odd, sine, cosine)
    second = choose(odd, cosine, sine)
    # Cosine is negative in the second and third quadrant, sine in the third and fourth.
    sign = np.uint64(1 << 31)
    minus_first = ((turned + np.uint64(1 << 30)) & sign) << np.uint64(32)
    minus_second = (turned & sign) << np.uint64(32)
    return double(bits(first) ^ minus_first), double(bits(second) ^ minus_second)
