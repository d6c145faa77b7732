import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from restmeg import exact

shapes = st.tuples(st.integers(1, 6), st.integers(1, 300), st.integers(1, 6))


def factors(shape, seed, spread):
    """Two matrices whose rows and columns are of very different sizes."""
    rng = np.random.default_rng(seed)
    m, k, n = shape
    sizes = [np.exp(spread * rng.normal(size=size)) for size in ((m, 1), (1, n))]
    return rng.normal(size=(m, k)) * sizes[0], rng.normal(size=(k, n)) * sizes[1]


@settings(max_examples=40, deadline=None)
@given(shape=shapes, seed=st.integers(0, 2**32), spread=st.sampled_from([0.0, 5.0, 100.0]))
def test_error_is_within_its_bound(shape, seed, spread):
    """Against sums of fractions, which are exact."""
    a, b = factors(shape, seed, spread)
    k = shape[1]
    bits = (53 - math.ceil(math.log2(k))) // 2
    bound = k * (2.0 ** (1 - 2 * bits) + 2.0**-51)
    result = exact.product(a, b)
    for i in range(len(a)):
        for j in range(b.shape[1]):
            pairs = zip(a[i], b[:, j], strict=True)
            expected = float(sum(Fraction(x) * Fraction(y) for x, y in pairs))
            assert abs(result[i, j] - expected) <= bound * abs(a[i]).max() * abs(b[:, j]).max()


@settings(max_examples=40, deadline=None)
@given(shape=shapes, seed=st.integers(0, 2**32), spread=st.sampled_from([0.0, 5.0]))
def test_order_of_additions_does_not_matter(shape, seed, spread):
    """The same bits with the terms in any order, one by one, or by the linear algebra library."""
    a, b = factors(shape, seed, spread)
    expected = exact.product(a, b)
    order = np.random.default_rng(seed).permutation(shape[1])
    assert exact.product(a[:, order], b[order]).tobytes() == expected.tobytes()
    assert exact.product(np.asfortranarray(a), b.T.copy().T).tobytes() == expected.tobytes()
    # The library is asked for whole numbers only, and none of its sums can have been rounded.
    bits = exact._bits(shape[1])
    for matrix, axis in ((a, 1), (b, 0)):
        for whole in exact._slices(matrix, axis, bits)[:2]:
            assert (whole == np.rint(whole)).all()
            assert abs(whole).max() <= 2**bits
    assert shape[1] * 4**bits <= 2**53


@settings(max_examples=20, deadline=None)
@given(shape=shapes, seed=st.integers(0, 2**32))
def test_gram_is_the_product_with_itself(shape, seed):
    a = factors(shape, seed, 5.0)[1]
    assert exact.gram(a).tobytes() == exact.product(a.T, a).tobytes()


def test_zeros_and_empty_sums():
    assert exact.product(np.zeros((2, 3)), np.ones((3, 2))).tolist() == [[0, 0], [0, 0]]
    assert exact.product(np.zeros((2, 0)), np.zeros((0, 1))).tolist() == [[0], [0]]
    assert exact.product(np.array([[3.0]]), np.array([[-7.0]])).tolist() == [[-21.0]]
