"""The summary of a study, made from small results that no job has computed."""

import html
import math
import re

import numpy as np
import pytest
import scored
from processes import run
from restmeg import connectome, leadfield, settings, tables
from restmeg.figures import style
from restmeg.scores import SCORES
from restmeg.summary import captions, deviations, page
from restmeg.summary.words import SPACE
from test_scoring import LABELS, write_connectivity

ALL = ["connectome", "traces", "connectivity", "structure_function", "scores", "sweep", "theory"]
ALL += ["length", "nulls"]
FIGURES = [name for name in ALL if name not in ("sweep", "nulls")]
COUPLING, MATCH = "structure_function_coupling", "fc_match"
ALWAYS = [one for one in SCORES.values() if one.input not in scored.NOT_ALWAYS]
GROUPS = list(dict.fromkeys(one.group for one in ALWAYS))
STUDY = {
    "point": "pa",
    "shown": "",
    **{key: {} for key in ("axes", "truth", "otherwise", "free", "true")},
    "held_out": 0,
    "by_simulation": False,
    "recorded": None,
    "speed": 10.0,
    "dt": 0.1,
    "duration": 4000.0,
    "transient": 300.0,
    "length": 3700.0,
    "sampling_interval": 0.1,
}
SWEPT = STUDY | {
    "shown": "coupling strength 1",
    "axes": {"model.k": "coupling strength", "model.v": "conduction speed (mm/ms)"},
    "truth": {"model.k": 1.5, "model.v": 10.0},
}


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
    for name in FIGURES:
        path = tmp_path / f"{name}.png"
        figure = style.new_figure(4, 3)
        figure.add_subplot()
        style.save(figure, path)
        found["figures"].append(path)
    found |= {name: tmp_path / f"{name}.csv" for name in ("scores", "notes")}
    found["theory"] = scored.write_theory(tmp_path / "theory.nc")
    scored.write(found["scores"], scored.rows(**{COUPLING: (0.3682, -0.001, 0.4277, 0.371)}))
    tables.write(found["notes"], [["point", "about", "note"]])
    return found


def made(paths, study=STUDY, changed=()):
    path = paths["scores"].with_name("summary.html")
    page.write(paths, study, changed, path)
    return path.read_text()


def words(text):
    """What a reader of a page sees, without its style."""
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    return captions.plain(re.sub(r"(</t[hd]>|<span class=\"(?:at|meaning))", r" \1", text))


def test_the_answer_comes_first(paths):
    text = words(made(paths))
    answer = text.index(
        "The answer One model" if "One model" in text else "The answer The functional"
    )
    assert answer < text.index("Its FC match is 0.30") < text.index("Scores Value, its 95")
    assert text.count("Beside what anatomy matches without dynamics") == 1


def test_scores_stand_in_groups_with_interval_number_expectation_and_meaning(paths):
    text = words(made(paths))
    coupling = "Structure-function coupling how far simulated functional connectivity follows the"
    assert f"{coupling} weights of the connectome 0.37 0.00 to 0.43 20 replicates 0.37" in text
    assert "functional connectivity are 0.30 0.20 to 0.40 400 pairs" in text
    assert "FC distance (root) how far apart simulated and target" in text
    assert "sampling error 0.55 0.45 to 0.63 400 pairs" in text  # roots of 0.3, 0.2 and 0.4
    assert "by linear theory 1000 none 20 target replicates" in text
    groups = [text.index(words(f"{name[0].upper()}{name[1:]}")) for name in GROUPS]
    assert groups == sorted(groups)
    for name, score in SCORES.items():
        assert (score.meaning in text) == (score in ALWAYS), name
    assert "network of 8 regions, simulated in 4 replicates of 4 s (3.7 s without the" in text
    assert "Which score to trust for what" in text
    assert "None: this is the bundled study." in text
    assert "All points" not in text


def test_bars_are_of_correlations_in_the_colour_of_what_they_are(paths):
    text = made(paths)
    rows = re.findall(r'<tr class="(\w+)" role="row">\n<th[^>]*>([^<]+)<(.*?)</tr>', text, re.S)
    kinds = {name: (colour, 'class="bar"' in rest) for colour, name, rest in rows}
    assert len(kinds) == len(ALWAYS)
    assert kinds["FC match"] == ("model", True)
    assert kinds["Ceiling of the FC match"] == ("target", True)
    assert kinds["Match of minus the distance"] == ("anatomy", True)
    assert kinds["FC distance (root)"] == ("model", False)
    assert kinds["Log likelihood"] == ("model", False)


def test_each_figure_is_inside_with_its_caption_in_order(paths):
    text = made(paths)
    found = re.findall(
        r'<figure id="(\w+)">\n<img src="data:image/png;base64,[\w+/=]+" width="(\d+)" '
        r'height="(\d+)" alt="([^"]+)">\n<figcaption>(.*?)</figcaption>',
        text,
        re.S,
    )
    assert [name for name, *_ in found] == FIGURES
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
    assert "This study: 3.7 s, structure-function coupling 0.37" in shown
    assert "expected 0.37." in shown
    assert "The ceiling of the match is 0.5 with 20 s, 0.9 with 3 minutes." in shown


def test_captions_say_why_theory_does_not_hold(paths):
    scored.write_theory(paths["theory"], trouble="regions are saturated")
    text = words(made(paths))
    assert text.count("Here regions are saturated.") == 2
    assert "The ceiling of the match is" not in text


def test_the_page_needs_nothing_else_and_says_no_time(paths):
    first = made(paths)
    assert made(paths) == first
    assert "<script" not in first
    assert not re.search(r'(src|href)="(?!data:image/png|scores|provenance|#)', first)
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
    scored.write(paths["scores"], scored.rows(**dict.fromkeys(SCORES, scored.NONE)))
    text = words(made(paths))
    assert "structure-function coupling no finite value." in text
    assert "connectome none none" in text
    assert 'class="bar"' not in made(paths)
    scored.write(paths["scores"], scored.rows(**{COUPLING: (-0.25, math.nan, math.nan)}))
    assert "coupling \N{MINUS SIGN}0.25 (no interval, 20 replicates)" in words(made(paths))


def sweep(paths, values):
    """Scores over a grid of two parameters, and the study that they are of.

    Where the match is highest the likelihood is lowest.
    """
    rows = []
    for k, value in enumerate(values):
        likely = (1000 - 200 * value, 900 - 200 * value, 1100 - 200 * value)
        rows += scored.rows(
            "pa" if k == 1 else f"p{k}",
            {"model.k": 0.5 * k, "model.v": 10.0},
            fc_match=(value, value - 0.1, 0.9),
            log_likelihood=likely,
            fc_distance=scored.NONE if math.isnan(value) else (0.25, 0.04, 0.36),
        )
    scored.write(paths["scores"], rows)
    best = [
        scored.best("fc_match", "model.k", 1.0, 1.0, 1.5),
        scored.best("log_likelihood", "model.k", 0.4938, 0.4575, 0.5292, "curvature"),
    ]
    paths["best"] = [scored.write_best(paths["scores"].with_name("best.csv"), *best)]
    numbers = {"value": 0.2, "null_mean": 0.1, "null_z": 2.5, "null_p": 0.01, "null_n": 99}
    head = ["point", "null", "measure", "band", "score", *numbers]
    null = ["pa", "rewired", "pearson", "broadband", "fc_match", *numbers.values()]
    paths["nulls"] = [paths["scores"].with_name("nulls.csv")]
    tables.write(paths["nulls"][0], [head, null])
    return SWEPT


def add_figure(paths, name):
    paths["figures"].append(paths["figures"][0].with_name(f"{name}.png"))
    paths["figures"][-1].write_bytes(paths["figures"][0].read_bytes())


def test_a_sweep_tells_all_scores_at_its_likeliest_point_and_a_few_of_all(paths):
    add_figure(paths, "sweep")
    text = words(made(paths, sweep(paths, [math.nan, 0.2, 0.5, 0.4])))
    assert "most likely at coupling strength 0.494 (95 % interval 0.458 to 0.529)" in text
    assert (
        "At coupling strength 0.5, conduction speed 10 mm/ms, where the log likelihood is" in text
    )
    assert "All points" in text
    heads = (
        "log likelihood, difference to the highest per target replicate FC distance (root) FC match"
    )
    assert f"coupling strength conduction speed (mm/ms) {heads} structure-function" in text
    minus = "\N{MINUS SIGN}"
    assert "0 10 none none none 0.30 (0.20 to 0.40) 0.5 10 0 (" in text
    assert f"1 10 {minus}3 ({minus}8 to 2) 0.50 (0.20 to 0.60) 0.50 (0.40 to 0.90)" in text
    assert text.count("Of the sweep, this is the point coupling strength 1.") == 6
    assert (
        "4 points. Log likelihood highest between points, at coupling strength 0.494 (0.458 to"
        in text
    )
    assert "FC match highest at coupling strength 1 (1 to 1.5, to the edge of the sweep)." in text
    assert "was made at coupling strength 1.5, conduction speed 10 mm/ms." in text


def test_the_best_of_each_score_is_in_colour(paths):
    text = made(paths, sweep(paths, [0.3, 0.2, 0.5]))
    rows = re.findall(r"<tr><td.*?</tr>", text, re.S)
    best = [
        [" best" in cell for cell in re.findall(r'class="number( best)?"', row)] for row in rows
    ]
    # Values of both parameters, then likelihood, distance, match, and coupling, which has no best.
    assert [found[2:] for found in best] == [
        [False, True, False, False], [True, False, False, False], [False, False, True, False],
    ]  # fmt: skip


def test_of_a_large_sweep_the_best_points_are_listed(paths):
    text = made(paths, sweep(paths, np.linspace(0, 0.8, 2000)))
    assert "The 5 best points by each score" in text
    assert "All 2000 points are in" in words(text)
    assert 10 <= text.count("<tr><td") <= 15


def test_a_sweep_without_any_finite_value(paths):
    text = words(made(paths, sweep(paths, [math.nan] * 3)))
    assert "No point of the sweep could be told from the others." in text
    assert "target functional connectivity are none none 400 pairs" in text
    assert (
        "At coupling strength 0.5, conduction speed 10 mm/ms, the point that figures show" in text
    )


@pytest.mark.parametrize(
    ("recorded", "words_of_it"),
    [
        ((2, 925, 250.0), "a recording of 2 replicates of 3.7 s at 250 Hz"),
        ((1, 15000, 250.0), "one recording of 60 s at 250 Hz"),
    ],
)
def test_a_recording_is_told_by_its_length_and_sampling_rate(paths, recorded, words_of_it):
    text = words(made(paths, STUDY | {"recorded": recorded})).replace(SPACE, " ")
    assert "explain the recording?" in text
    assert f"scored against {words_of_it}." in text
    assert f"replicates of 3.7 s, and {words_of_it}." in text


def test_what_the_target_has_beside_the_sweep_is_told(paths):
    add_figure(paths, "sweep")
    text = words(made(paths, sweep(paths, [0.1, 0.2]) | {"otherwise": {"wEE": 11.0}}))
    assert "but with wEE 11, which no point has." in text
    assert "was made at coupling strength 1.5, conduction speed 10 mm/ms, wEE 11." in text


def test_what_users_write_is_text(paths):
    evil = '<img src=x onerror="alert(1)"> & "co"'
    text = made(paths, STUDY | {"shown": f"*a* {evil}\n\n.. raw:: html"}, [[evil, evil, evil]])
    assert "<img src=x" not in text
    assert html.unescape(text).count(evil) >= 3
    assert f"point *a* {evil} .. raw:: html." in words(text)


@pytest.mark.parametrize("name", [*ALL, "summary"])
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
    assert full.count("<p>") == (2 if name in ALL else 1)
    assert captions.plain(full).startswith(captions.plain(rendered)[:60])


def test_a_caption_reads_no_file_and_holds_no_raw_html():
    for source in (".. raw:: html\n\n   <b>x</b>\n", ".. include:: /etc/hostname\n"):
        with pytest.raises(Exception, match="disabled"):
            captions.render(source, {}, "")


def test_an_edit_of_a_caption_or_the_template_is_seen(tmp_path, monkeypatch):
    before = page.texts(ALL)
    assert len(before) == 1 + len(ALL)
    for path in captions.REPORT.glob("*.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(captions, "REPORT", tmp_path)
    assert page.texts(ALL) == before
    for name in ("sweep.rst", "summary.html.j2"):
        (tmp_path / name).write_text("other")
        assert page.texts(ALL) != before


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
            {"target": {"source": ["a<b>.nc", "c.fif"], "label_map": {"p.0": "R0", "p1": None}}},
            [
                ["target.source", "a<b>.nc, c.fif", "synthetic"],
                ["target.label_map", "p.0 is R0, p1 is left out", "auto"],
            ],
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
