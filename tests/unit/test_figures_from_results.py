"""Which results go into which figure; how figures look is for the tests of each."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import scored
from restmeg import InputError, connectome, estimands, tables
from restmeg.figures import connectivity, from_results, style, sweep, theory
from restmeg.figures import scores as score_figures
from restmeg.scores import LIKELIHOOD, OF_CONNECTIVITY, SCORES, SPECTRA, THEORY, correlation
from test_scoring import LABELS, write_connectivity

MODULES = {
    "connectivity": (connectivity, "connectivity"),
    "structure_function": (connectivity, "structure_function"),
    "scores": (score_figures, "scores"),
    "theory": (theory, "beside_simulation"),
    "length": (theory, "over_length"),
}

OF_KIND = [name for name, score in SCORES.items() if score.input not in (SPECTRA, THEORY)]


class Drawn(str):
    """A figure that is nothing but its name, and titles that such figures were given."""

    titles: ClassVar[list] = []

    def suptitle(self, text, **_):
        self.titles.append(text)


@pytest.fixture
def study(tmp_path, example):
    """Two points and a target, tables with both, and notes on each."""
    rng = np.random.default_rng(0)
    connectome.write(tmp_path / "connectome.nc", connectome.Connectome(*example, LABELS), "x")
    fc = {name: rng.normal(size=(3, 8, 8)) for name in ("pa", "pb", "pt")}
    fc = {name: values + np.swapaxes(values, 1, 2) for name, values in fc.items()}
    for name, values in fc.items():
        role = "target" if name == "pt" else "simulated"
        write_connectivity(tmp_path / f"{name}.nc", values, [0, 1, 2], role, name)
    points = {"pa": (0.1, 0.0, 0.2), "pb": (0.5, 0.4, 0.6)}
    rows = [
        row
        for point, value in points.items()
        for measure in ("pearson", "other")
        for row in scored.rows(point, measure=measure, **dict.fromkeys(SCORES, value))
    ]
    for name in ("scores", "replicates"):
        scored.write(tmp_path / f"{name}.csv", rows)
    networks = [
        [point, measure, "broadband", "fc_match", k]
        for k, (point, measure) in enumerate(
            [("pa", "pearson"), ("pb", "other"), ("pb", "pearson")]
        )
    ]
    tables.write(
        tmp_path / "networks.csv", [["point", "measure", "band", "score", "value"], *networks]
    )
    notes = [["pa", "simulated", "A"], ["pb", "simulated", "B"], ["pt", "target", "B"]]
    tables.write(tmp_path / "notes.csv", [["point", "about", "note"], *notes])
    for point in points:
        scored.write_theory(tmp_path / f"theory_{point}.nc", point)
    return tmp_path, fc


def draw(monkeypatch, folder, simulated="pb", target="pt", point="pb", expected="pb", nulls=()):
    """What the figures of a comparison are drawn from."""
    drawn = {}
    for name, (module, function) in MODULES.items():
        monkeypatch.setattr(
            module,
            function,
            lambda *given, name=name: drawn.setdefault(name, given) and Drawn(name),
        )
    saved = {}
    monkeypatch.setattr(style, "save", lambda figure, *paths: saved.setdefault(figure, paths))
    monkeypatch.setattr(Drawn, "titles", [])
    out = {f"{name}{end}": f"{name}{end}" for name in MODULES for end in ("", "_svg")}
    from_results.draw_comparison(
        folder / "connectome.nc",
        [folder / f"{simulated}.nc"],
        [folder / f"{target}.nc"],
        folder / f"theory_{expected}.nc",
        [folder / f"{name}.csv" for name in ("scores", "replicates", "notes")],
        [folder / f"{name}.csv" for name in nulls],
        point,
        "coupling strength 2",
        out,
    )
    assert Drawn.titles == ["at coupling strength 2"] * len(MODULES)  # on each figure
    assert saved == {name: (name, f"{name}_svg") for name in MODULES}
    return drawn


def test_each_figure_gets_its_own_point_and_role(study, monkeypatch, example):
    folder, fc = study
    drawn = draw(monkeypatch, folder)
    simulated, target, labels, measure = drawn["connectivity"]
    np.testing.assert_allclose(simulated, fc["pb"].mean(axis=0))
    np.testing.assert_allclose(target, fc["pt"].mean(axis=0))
    assert (list(labels), measure) == (list(LABELS), estimands.Kind("pearson", "broadband"))
    weights, edges, summary = drawn["structure_function"]
    np.testing.assert_allclose(weights, correlation.undirected(example[0]))
    np.testing.assert_allclose(edges, correlation.edges(fc["pb"]))
    assert summary["score"].tolist() == OF_KIND
    single, summary, notes = drawn["scores"]
    for table in (single, summary):
        assert table["value"].tolist() == [0.5] * len(OF_KIND)
        assert set(table["measure"]) == {"pearson"}
    assert notes == ["simulated, target: B"]
    edges, expected, trouble, endless = drawn["theory"]
    np.testing.assert_allclose(edges, correlation.edges(fc["pb"]))
    assert expected.tolist() == [0.1] * 28
    assert (trouble, endless) == ("", True)
    lengths, expected, seconds, summary, trouble = drawn["length"]
    assert seconds == 3.7
    np.testing.assert_allclose(expected["fc_match"], lengths / (lengths + 20))
    np.testing.assert_allclose(expected["baseline_distance"], lengths / (lengths + 20) / 2)
    assert summary["value"].tolist() == [0.5] * len(OF_KIND)
    assert trouble == ""


def test_null_networks_of_the_point_and_measure_are_drawn(study, monkeypatch):
    *_, networks = draw(monkeypatch, study[0], nulls=["networks"])["scores"]
    assert networks["value"].tolist() == [2]


def test_why_theory_does_not_hold_is_handed_on(study, monkeypatch):
    scored.write_theory(study[0] / "theory_pb.nc", "pb", trouble="the fixed point is unstable")
    drawn = draw(monkeypatch, study[0])
    _, expected, trouble, _ = drawn["theory"]
    assert np.isnan(expected).all()
    assert trouble == "the fixed point is unstable"
    _, expected, _, _, trouble = drawn["length"]
    assert expected == {}
    assert trouble == "the fixed point is unstable"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"simulated": "pt", "target": "pb"}, "role target; expected simulated"),
        ({"target": "pa"}, "role simulated; expected target"),
        ({"simulated": "pa"}, "point pa; expected pb"),
        ({"expected": "pa"}, "point pa; expected pb"),
    ],
)
def test_files_of_another_role_or_point_are_not_drawn(study, monkeypatch, given, message):
    with pytest.raises(InputError, match=message):
        draw(monkeypatch, study[0], **given)


def test_a_sweep_is_drawn_with_the_first_measure_and_the_likelihood(tmp_path, monkeypatch):
    rows = [
        row
        for k, point in enumerate("ab")
        for measure in ("pearson", "other")
        for row in scored.rows(point, {"model.k": k}, measure)
        if row["measure"] or measure == "pearson"
    ]
    best = [scored.best("fc_match", "model.k", 1.0), scored.best(LIKELIHOOD, "model.k", 0.5)]
    best.insert(1, best[0] | {"measure": "other"})
    drawn = {}
    monkeypatch.setattr(sweep, "sweep", lambda *given: drawn.setdefault("given", given))
    monkeypatch.setattr(style, "save", lambda figure, *paths: drawn.setdefault("paths", paths))
    labels, truth = {"model.k": "coupling strength"}, {"model.k": 0.5}
    from_results.draw_sweep(
        scored.write(tmp_path / "scores.csv", rows),
        scored.write_best(tmp_path / "best.csv", *best),
        scored.write_best(tmp_path / "differences.csv", *best),
        labels,
        truth,
        {"sweep": "s.png", "sweep_svg": "s.svg"},
    )
    summary, found, differences, *others = drawn["given"]
    assert summary["score"].tolist() == 2 * [*OF_CONNECTIVITY, LIKELIHOOD]
    for table in (found, differences):
        assert table["score"].tolist() == ["fc_match", LIKELIHOOD]
    assert pd.api.types.is_float_dtype(found["ci_low"])
    assert others == [labels, truth]
    assert drawn["paths"] == ("s.png", "s.svg")
