"""How far apart simulated and target connectivity or spectra are, in their own scale."""

import numpy as np

from restmeg.scores import correlation, intervals
from restmeg.scores.comparison import Comparison, Found, jackknifed, own
from restmeg.scores.intervals import LeftOut
from restmeg.scores.match import ALONE, SHORTER

FEW = "two simulated replicates are needed to know their sampling error"


def distance(given: Comparison) -> Found:
    """Squared distance per pair of regions, or number that is compared, between expectations.

    It is the mean over r != r' and t != t' of (S_r - T_t) . (S_r' - T_t') / pairs, which no
    sampling error biases: its expectation is zero at the truth, and it may be negative (as the
    crossnobis distance, Walther et al. 2016, NeuroImage 137:188). Of a single recording T_t are
    its segments, throughout: the connectivity of the whole differs a little in expectation from
    that of its segments, and the products would not cancel.
    """
    target = given.segments if given.by_segments else given.target
    statistic = left_out(given.simulated, target)
    note = ""
    if len(given.simulated) == 1:
        note = FEW
    elif len(given.target) == 1 and not given.by_segments:
        note = ALONE
    elif given.by_segments and given.shorter_is_other:
        note = SHORTER
    return jackknifed(given, statistic, given.n_pairs, note)


def left_out(simulated: np.ndarray, target: np.ndarray) -> LeftOut:
    """The same of rows (n, values) and (m, values), and without each; NaN where too few are left.

    Of two replicates, without one there is no product of different ones.
    """
    return LeftOut.of(
        lambda ours, cross, theirs: (ours - 2 * cross + theirs) / simulated.shape[1],
        own(simulated, 1),
        intervals.means(correlation.products(simulated, target)),
        own(target, 2),
    )
