"""The summary of a study, made from small results that no job has computed."""

import html
import re

import numpy as np
import pytest
from processes import run
from restmeg import connectome, leadfield, settings, tables
from restmeg.figures import style
from restmeg.summary import captions, deviations, page
from test_scoring import LABELS, write_connectivity

FIGURES = ["connectome", "traces", "connectivity", "structure_function", "scores", "sweep"]
NAMES = ["structure_function_coupling", "fc_match"]
STUDY = {
    "point": "pa",
    "shown": "",
    "axes": {},
    "truth": {},
    "recorded": False,
    "speed": 10.0,
    "dt": 0.1,
    "duration": 4000.0,
    "transient": 300.0,
    "sampling_interval": 0.1,
}
SWEPT = STUDY | {
    "shown": "coupling strength 1",
    "axes": {"model.k": "coupling strength", "model.v": "conduction speed (mm/ms)"},
    "truth": {"model.k": 1.5, "model.v": 10.0},
}


def rows_of(point, value, low, high, axes=()):
    counts = dict(zip(NAMES, (20, 400), strict=True))
    return [[point, *axes, "pearson", name, value, low, high, counts[name]] for name in NAMES]


@pytest.fixture
def paths(tmp_path, example):
    """Files of a study of one point."""
    anatomy = connectome.Connectome(*example, LABELS)
    connectome.write(tmp_path / "connectome.nc", anatomy, "x")
    field = leadfield.synthetic(LABELS, 5, 0, 1e-13)
    leadfield.write(tmp_path / "leadfield.nc", field, {}, 0)
    zeros = np.zeros((2, 8, 8))
    found = {"connectome": tmp_path / "connectome.nc", "leadfield": tmp_path / "leadfield.nc"}
    for role, point, n in (("simulated", "pa", 2), ("target", "pt", 1)):
        found[role] = []
        for k in range(n):
            path = tmp_path / f"{role}{k}.nc"
            write_connectivity(path, zeros, [2 * k, 2 * k + 1], role, point)
            found[role].append(path)
    found["figures"] = []
    for name in FIGURES[:-1]:
        path = tmp_path / f"{name}.png"
        figure = style.new_figure(4, 3)
        figure.add_subplot()
        style.save(figure, path)
        found["figures"].append(path)
    found |= {"scores": tmp_path / "scores.csv", "notes": tmp_path / "notes.csv"}
    write_scores(found, rows_of("pa", 0.3682, -0.001, 0.4277))
    tables.write(found["notes"], [["point", "about", "note"]])
    return found


def write_scores(paths, rows, axes=()):
    head = ["point", *axes, "measure", "score", "value", "ci_low", "ci_high", "n"]
    tables.write(paths["scores"], [head, *rows])


def made(paths, study=STUDY, changed=()):
    path = paths["scores"].with_name("summary.html")
    page.write(paths, study, changed, path)
    return path.read_text()


def words(text):
    """What a reader of a page sees, without its style."""
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    return captions.plain(re.sub(r"(</t[hd]>|<span class=\"(?:at|meaning))", r" \1", text))


def test_scores_stand_with_interval_number_and_meaning(paths):
    text = words(made(paths))
    coupling = "Structure-function coupling how far simulated functional connectivity follows the"
    assert f"{coupling} weights of the connectome 0.37 0.00 to 0.43 20 replicates" in text
    assert "functional connectivity are 0.37 0.00 to 0.43 400 pairs" in text
    assert "network of 8 regions, simulated in 4 replicates of 4 s and scored" in text
    assert "None: this is the bundled study." in text
    assert "All points" not in text


def test_each_figure_is_inside_with_its_caption_in_order(paths):
    text = made(paths)
    found = re.findall(
        r'<figure id="(\w+)">\n<img src="data:image/png;base64,[\w+/=]+" width="(\d+)" '
        r'height="(\d+)" alt="([^"]+)">\n<figcaption>(.*?)</figcaption>',
        text,
        re.S,
    )
    assert [name for name, *_ in found] == FIGURES[:-1]
    for k, (_, width, height, alternative, caption) in enumerate(found):
        assert 250 < int(width) < 400
        assert 200 < int(height) < 300
        assert captions.plain(caption) == f"Figure {k + 1}. {html.unescape(alternative)}"
    shown = words(text)
    assert "8 regions, 56 connections (100 % of all that could be)" in shown
    assert "delays of up to 8 ms at 10 mm/ms" in shown
    assert "8 regions, 5 sensors. Each of 4 replicates is simulated for 4 s in steps of" in shown
    assert "Pearson correlation of 8 regions; 4 simulated replicates of 3.7 s, and 2 of" in shown
    assert "28 pairs; structure-function coupling 0.37 (95 % interval 0.00 to 0.43, 20" in shown


def test_the_page_needs_nothing_else_and_says_no_time(paths):
    first = made(paths)
    assert made(paths) == first
    assert "<script" not in first
    assert not re.search(r'(src|href)="(?!data:image/png|scores|#)', first)
    assert not re.search(r"url\(|@import|https?:", first)
    assert not re.search(r"20\d\d-\d\d|\d\d:\d\d", words(first))
    assert len(first) < 5e6
    assert first.startswith('<!DOCTYPE html>\n<html lang="en">')


def test_notes_stand_out_each_once(paths):
    notes = [["pa", "simulated", "region <b> & co is silent"]] * 2
    notes += [["pb", "target", "region <b> & co is silent"]]
    notes += [["pa", "scores", f"note {k}"] for k in range(20)]
    tables.write(paths["notes"], [["point", "about", "note"], *notes])
    text = made(paths)
    assert text.count("region &lt;b&gt; &amp; co is silent") == 1
    assert "simulated, target: region <b> & co is silent (at 2 points)" in words(text)
    assert "And 9 more in scores_notes.csv" in words(text)


def test_without_notes_nothing_is_wrong(paths):
    assert 'class="notes"' not in made(paths)


def test_scores_without_a_finite_value_or_interval(paths):
    write_scores(paths, rows_of("pa", "nan", "nan", "nan"))
    text = words(made(paths))
    assert "structure-function coupling no finite value." in text
    assert "connectome none none" in text
    write_scores(paths, rows_of("pa", -0.25, "nan", "nan"))
    assert "coupling \N{MINUS SIGN}0.25 (no interval, 20 replicates)" in words(made(paths))


def sweep(paths, values):
    """Scores over a grid of two parameters, and the study that they are of."""
    rows = []
    for k, value in enumerate(values):
        point = "pa" if k == 1 else f"p{k}"
        axes = [0.5 * k, 10.0]
        rows += rows_of(point, value, "nan" if value == "nan" else value - 0.1, 0.9, axes)
    write_scores(paths, rows, SWEPT["axes"])
    return SWEPT


def test_a_sweep_tells_its_best_point_and_lists_all(paths):
    paths["figures"].append(paths["figures"][0].with_name("sweep.png"))
    paths["figures"][-1].write_bytes(paths["figures"][0].read_bytes())
    text = words(made(paths, sweep(paths, ["nan", 0.2, 0.5, 0.4])))
    assert "Structure-function coupling at coupling strength 1, conduction speed 10 mm/ms" in text
    assert "All points" in text
    assert "0 10 none none 0.5 10 0.20 (0.10 to 0.90) 0.20 (0.10 to 0.90) 1 10 0.50" in text
    assert text.count("Of the sweep, this is the point coupling strength 1.") == 4
    assert "4 points. Highest structure-function coupling: 0.50 (95 % interval" in text
    assert "was made at coupling strength 1.5, conduction speed 10 mm/ms." in text


def test_of_a_large_sweep_the_best_points_are_listed(paths):
    text = made(paths, sweep(paths, np.linspace(0, 0.8, 2000)))
    assert "The 5 best points of each score" in text
    assert "All 2000 points are in" in words(text)
    assert text.count("<tr><td") == 5


def test_parameters_in_words():
    space = "\N{NO-BREAK SPACE}"
    assert page.setting("conduction speed (mm/ms)", "5.0") == f"conduction speed 5{space}mm/ms"
    assert page.setting("coupling", "additive") == "coupling additive"
    assert page.setting("tau E (ms)", [1.0, 2.0]) == "tau E of one value per region"


def test_a_sweep_without_any_finite_value(paths):
    assert "connectome none none" in words(made(paths, sweep(paths, ["nan"] * 3)))


def test_a_recording_is_called_one(paths):
    text = words(made(paths, STUDY | {"recorded": True}))
    assert "explain the recording?" in text
    assert "against a recording of 2 replicates." in text
    assert "and 2 of the recording." in text


def test_what_users_write_is_text(paths):
    evil = '<img src=x onerror="alert(1)"> & "co"'
    text = made(paths, STUDY | {"shown": f"*a* {evil}\n\n.. raw:: html"}, [[evil, evil, evil]])
    assert "<img src=x" not in text
    assert html.unescape(text).count(evil) >= 3
    assert f"point *a* {evil} .. raw:: html." in words(text)


@pytest.mark.parametrize("name", [*FIGURES, "summary"])
def test_captions_are_sound_with_and_without_numbers(paths, name, monkeypatch):
    """As Snakemake renders them there is no ``run``."""
    (source,) = captions.texts([name])
    rendered = captions.render(source, {}, "")
    assert rendered.startswith("<p><strong>")
    assert "{" not in rendered
    found = []
    monkeypatch.setattr(captions, "render", lambda *given: found.append(given) or "")
    made(paths, sweep(paths, [0.1, 0.2]))
    monkeypatch.undo()
    run = found[0][1]
    full = captions.render(source, run, "coupling strength 1")
    assert full.count("<p>") == (2 if name in FIGURES else 1)
    assert captions.plain(full).startswith(captions.plain(rendered)[:60])


def test_a_caption_reads_no_file_and_holds_no_raw_html():
    for source in (".. raw:: html\n\n   <b>x</b>\n", ".. include:: /etc/hostname\n"):
        with pytest.raises(Exception, match="disabled"):
            captions.render(source, {}, "")


def test_an_edit_of_a_caption_or_the_template_is_seen(tmp_path, monkeypatch):
    before = page.texts(FIGURES)
    assert len(before) == 1 + len(FIGURES)
    for path in captions.REPORT.glob("*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(captions, "REPORT", tmp_path)
    assert page.texts(FIGURES) == before
    for name in ("sweep.rst", "summary.html.j2"):
        (tmp_path / name).write_text("other")
        assert page.texts(FIGURES) != before


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        ({}, []),
        ({"simulation": {"duration": "4 s"}}, []),
        ({"simulation": {"duration": "5 s"}}, [["simulation.duration", "5000 ms", "4000 ms"]]),
        ({"target": {"model": {"coupling_strength": 1.5}}}, []),
        (
            {"model": {"coupling_strength": 2}, "target": {"model": {"noise": {"tau": "0.03 s"}}}},
            [
                ["model.coupling_strength", "2", "1.5"],
                ["target.model.noise.tau", "30 ms", "that of the model, 20 ms"],
            ],
        ),
        (
            {"model": {"parameters": {"tau_E": ["1 ms", "2 ms"], "r": [0.5] * 7 + [2.0]}}},
            [
                ["model.parameters.tau_E", "1, 2 ms", "1 ms"],
                ["model.parameters.r", "8 values from 0.5 to 2", "1"],
            ],
        ),
        (
            {"sweep": {"model.coupling": ["additive", "diffusive"]}},
            [["sweep.model.coupling", "additive, diffusive", "not swept"]],
        ),
        (
            {"sweep": {"model.conduction_speed": ["5 m/s", "10 mm/ms"]}},
            [["sweep.model.conduction_speed", "5, 10 mm/ms", "not swept"]],
        ),
        (
            {"nulls": {"a": {"number": 7}, "b-1": {"method": "no_delays"}}},
            [
                ["nulls.a", "degree_length, 7 networks", "none"],
                ["nulls.b-1", "no_delays, 1 network", "none"],
            ],
        ),
        (
            {"target": {"source": "a<b>.nc", "sampling_rate": "0.25 kHz"}},
            [["target.source", "a<b>.nc", "synthetic"], ["target.sampling_rate", "250 Hz", "auto"]],
        ),
    ],
)
def test_settings_that_differ(schema, given, rows):
    assert deviations.of(settings.load(given, schema), schema) == rows


def test_the_page_loads_no_drawing_and_no_tables():
    """It is a short job, and its imports would be the longest thing in it."""
    code = """
        import sys
        from restmeg.summary import page
        heavy = {"matplotlib", "seaborn", "pandas", "jinja2", "docutils", "snakemake", "jsonschema"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
    """
    result = run(code, ".")
    assert result.returncode == 0, result.stderr
