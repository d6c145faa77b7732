"""The figure of power spectra."""

import numpy as np
import pytest
from restmeg import power
from restmeg.bands import USUAL
from restmeg.figures import spectra, style
from test_figures import overlapping

FREQUENCIES = np.arange(1, 401) / 4
THEORY = np.arange(1.0, 101.0)


def shape(frequencies, alpha, middle):
    """Power (N, n) with a peak at each of ``middle`` (N,)."""
    peak = np.exp(-0.5 * ((frequencies - middle[:, None]) / 1.3) ** 2)
    return 1e-8 / (1 + (frequencies / 8) ** 2) + alpha * 1e-8 * peak


def drawn(n=8, alpha=1.0, gain=1.0, recorded=False, replicates=10, theory=True, name="R"):
    """The figure of n regions, with peaks at 9 to 10 Hz and of the target at 11."""
    rng = np.random.default_rng(0)
    middle = np.linspace(9, 10, n)
    labels = [f"{name}{k}" for k in range(n)]
    roles = []
    for at, factor in ((middle, 1.0), (np.full(n, 11.0), gain)):
        noise = rng.gamma(29, 1 / 29, (replicates, n, len(FREQUENCIES)))
        values = factor * shape(FREQUENCIES, alpha, at) * noise
        roles.append(
            power.Spectra(FREQUENCIES, values, np.arange(replicates), labels, "p", recorded)
        )
    expected = shape(THEORY, alpha, middle) * (1.0 if theory else np.nan)
    return spectra.spectra(*roles, (THEORY, expected), USUAL), roles


def curves(figure):
    """Drawn lines by colour, without the marks of peaks."""
    left = figure.subfigs[0].axes[0]
    return {line.get_color(): line for line in left.lines if line.get_marker() == "None"}


def legend(figure):
    return [text.get_text() for text in figure.subfigs[0].axes[0].get_legend().get_texts()]


def test_lines_are_medians_over_regions_of_means_over_replicates():
    figure, (ours, theirs) = drawn()
    found = curves(figure)
    assert set(found) == {style.SIMULATED, style.TARGET, style.THEORY}
    for colour, of in ((style.SIMULATED, ours), (style.TARGET, theirs)):
        x, y = found[colour].get_data()
        np.testing.assert_array_equal(x, FREQUENCIES[3:])
        np.testing.assert_allclose(y, np.median(of.power.mean(axis=0), axis=0)[3:])
    x, y = found[style.THEORY].get_data()
    np.testing.assert_allclose(y, np.median(shape(x, 1.0, np.linspace(9, 10, 8)), axis=0))


def test_a_recording_is_drawn_as_large_as_the_simulation():
    synthetic, _ = drawn(gain=1e-15)
    recorded, _ = drawn(gain=1e-15, recorded=True)
    plain, _ = drawn()
    line = curves(recorded)[style.TARGET].get_ydata()
    ratio = line / curves(plain)[style.TARGET].get_ydata()
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]))
    assert ratio[0] == pytest.approx(1, abs=0.05)
    assert curves(synthetic)[style.TARGET].get_ydata().max() < 1e-22
    assert any("target, scaled" in text for text in legend(recorded))
    assert not any("scaled" in text for text in legend(synthetic))


def test_peaks_are_told_where_they_stand_out_of_noise():
    figure, _ = drawn(alpha=1.0)
    found = [float(text.split(", peak ")[1].split()[0]) for text in legend(figure)]
    assert found == pytest.approx([9.5, 11, 9.5], abs=0.7)
    flat, (of_noise, _) = drawn(alpha=0.0)
    assert np.isfinite(power.peaks(FREQUENCIES, of_noise.power.mean(axis=0))).any()
    assert [text.split(", ")[1] for text in legend(flat)] == ["no peak"] * 3


def test_shares_are_drawn_of_each_region():
    figure, (ours, theirs) = drawn(n=12)
    upper, lower = figure.subfigs
    expected = [power.shares(FREQUENCIES, of.power.mean(axis=0)) for of in (ours, theirs)]
    medians = {}
    for line in upper.axes[1].lines:
        medians.setdefault(line.get_color(), []).append(line.get_ydata()[0])
    np.testing.assert_allclose(medians[style.SIMULATED], np.median(expected[0], axis=0))
    np.testing.assert_allclose(medians[style.TARGET], np.median(expected[1], axis=0))
    assert len(medians[style.THEORY]) == 5
    for axes, values in zip(lower.axes[:2], expected, strict=True):
        np.testing.assert_allclose(axes.collections[0].get_array(), values.T)


@pytest.mark.parametrize(("n", "name"), [(8, "R"), (68, "ctx-lh-superiorfrontal"), (94, "Region_")])
def test_names_of_regions_can_be_read(tmp_path, n, name):
    figure, _ = drawn(n=n, name=name, replicates=3)
    style.save(figure, tmp_path / "spectra.png")
    lower = figure.subfigs[1].axes[1]
    texts = lower.get_xticklabels()
    assert [text.get_text() for text in texts] == [f"{name}{k}" for k in range(n)]
    assert texts[0].get_fontsize() >= 5
    assert not overlapping(figure)
    assert figure.get_figwidth() < 13


def test_many_regions_are_counted_and_theory_that_does_not_hold_is_left_out(tmp_path):
    figure, _ = drawn(n=150, replicates=1, theory=False)
    assert set(curves(figure)) == {style.SIMULATED, style.TARGET}
    lower = figure.subfigs[1].axes[1]
    assert lower.get_xlabel() == "150 regions"
    style.save(figure, tmp_path / "spectra.png")


def test_without_spectra_there_are_words():
    _, (ours, theirs) = drawn()
    nothing = theirs._replace(
        frequencies=np.zeros(0), power=np.zeros((10, 8, 0)), trouble=power.TOO_SHORT
    )
    figure = spectra.spectra(ours, nothing, (THEORY, np.ones((8, 100))), USUAL)
    assert power.TOO_SHORT in figure.texts[0].get_text().replace("\n", " ")
    silent = [of._replace(power=0 * of.power) for of in (ours, theirs)]
    figure = spectra.spectra(*silent, (THEORY, np.full((8, 100), np.nan)), USUAL)
    assert "no region with power" in figure.texts[0].get_text()


def test_one_silent_region_takes_no_other_away():
    _, (ours, theirs) = drawn()
    gap = ours._replace(power=ours.power.copy())
    gap.power[:, 2] = 0.0
    figure = spectra.spectra(gap, theirs, (THEORY, np.full((8, 100), np.nan)), USUAL)
    rest = np.delete(ours.power, 2, axis=1).mean(axis=0)
    line = curves(figure)[style.SIMULATED].get_ydata()
    np.testing.assert_allclose(line, np.median(rest, axis=0)[3:])
