"""Which results go into which figure; how figures look is for test_figures."""

import numpy as np
import pytest
from restmeg import InputError, connectome, tables
from restmeg.figures import connectivity, from_results, style
from restmeg.figures import scores as score_figures
from restmeg.scores import correlation
from test_scoring import LABELS, write_connectivity

NAMES = ("connectivity", "structure_function", "scores")


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
    head = ["point", "measure", "score", "value"]
    names = ["structure_function_coupling", "fc_match"]
    rows = [[point, "pearson", name, k] for k, point in enumerate(("pa", "pb")) for name in names]
    tables.write(tmp_path / "scores.csv", [head, *rows])
    tables.write(tmp_path / "replicates.csv", [head, *rows, *rows])
    notes = [["pa", "simulated", "A"], ["pb", "simulated", "B"], ["pt", "target", "B"]]
    tables.write(tmp_path / "notes.csv", [["point", "about", "note"], *notes])
    return tmp_path, fc


def draw(monkeypatch, folder, simulated="pb", target="pt", point="pb"):
    """What the figures of a comparison are drawn from."""
    drawn = {}
    for name in NAMES:
        monkeypatch.setattr(
            score_figures if name == "scores" else connectivity,
            name,
            lambda *given, name=name: drawn.setdefault(name, given) and name,
        )
    saved = {}
    monkeypatch.setattr(style, "save", lambda figure, *paths: saved.setdefault(figure, paths))
    out = {f"{name}{end}": f"{name}{end}" for name in NAMES for end in ("", "_svg")}
    from_results.draw_comparison(
        folder / "connectome.nc",
        [folder / f"{simulated}.nc"],
        [folder / f"{target}.nc"],
        [folder / f"{name}.csv" for name in ("scores", "replicates", "notes")],
        point,
        out,
    )
    assert saved == {name: (name, f"{name}_svg") for name in NAMES}
    return drawn


def test_each_figure_gets_its_own_point_and_role(study, monkeypatch, example):
    folder, fc = study
    drawn = draw(monkeypatch, folder)
    simulated, target, labels, measure = drawn["connectivity"]
    np.testing.assert_allclose(simulated, fc["pb"].mean(axis=0))
    np.testing.assert_allclose(target, fc["pt"].mean(axis=0))
    assert (list(labels), measure) == (list(LABELS), "pearson")
    weights, edges, summary = drawn["structure_function"]
    np.testing.assert_allclose(weights, correlation.undirected(example[0]))
    np.testing.assert_allclose(edges, correlation.edges(fc["pb"]))
    assert summary["point"].tolist() == ["pb", "pb"]
    single, summary, notes = drawn["scores"]
    assert single["value"].tolist() == [1] * 4
    assert summary["value"].tolist() == [1, 1]
    assert notes == ["simulated, target: B"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"simulated": "pt", "target": "pb"}, "role target; expected simulated"),
        ({"target": "pa"}, "role simulated; expected target"),
        ({"simulated": "pa"}, "point pa; expected pb"),
    ],
)
def test_files_of_another_role_or_point_are_not_drawn(study, monkeypatch, given, message):
    with pytest.raises(InputError, match=message):
        draw(monkeypatch, study[0], **given)
