"""The summary and Snakemake's report, as a browser shows them."""

import re

import pytest
from browser import Browser
from matplotlib.image import imread

FIGURES = ["connectome", "traces", "connectivity", "structure_function", "scores"]
THEORY = ["spectra", "theory", "length"]  # the last of all
CAPTIONS = {
    "connectome": "Structural connectome.",
    "traces": "The start of the first simulated replicate",
    "connectivity": "Functional connectivity, mean over replicates.",
    "structure_function": "Functional against structural connectivity.",
    "scores": "Scores, how sure they are, and what they are to be held against.",
    "sweep": "Scores over the sweep.",
    "spectra": "Power spectra of simulation, target and theory.",
    "theory": "Simulation and linear theory.",
    "length": "How long a recording has to be.",
}


@pytest.fixture
def browser(tmp_path):
    return Browser(tmp_path)


def check_figures(found, names, width):
    assert [figure["name"] for figure in found["figures"]] == names
    for k, figure in enumerate(found["figures"]):
        assert min(figure["natural"]) > 300
        ratio = figure["natural"][0] / figure["natural"][1]
        assert figure["shown"][0] / figure["shown"][1] == pytest.approx(ratio, rel=0.02)
        assert figure["shown"][0] > 300
        assert figure["left"] >= 0
        assert figure["right"] <= width
        caption = " ".join(figure["caption"].split())
        assert caption == f"Figure {k + 1}. " + " ".join(figure["alternative"].split())
        assert CAPTIONS[figure["name"]] in caption


@pytest.mark.parametrize("width", [1280, 390])
def test_the_summary_shows_every_figure_with_its_caption(finished, browser, width):
    found = browser.measure(finished.result("summary.html"), width)
    assert found["width"] <= width
    assert "answer" not in found["wider"]  # no score is hidden at a side
    assert "The answer" in found["text"]
    check_figures(found, [*FIGURES, *THEORY], width)
    text = " ".join(found["text"].split())
    assert "network of 8 regions, simulated in 4 replicates of 60 ms" in text
    assert "8 regions, 16 sensors. Each of 4 replicates is simulated for 60 ms" in text
    assert "leadfield.scale" in text
    assert "50 nA m/mV" in text
    image = imread(browser.screenshot(finished.result("summary.html"), width, 2000))
    assert image.shape[:2] == (2000, width)
    assert image[..., :3].std() > 0.05


def test_the_summary_is_printed_on_a_few_pages(finished, browser):
    printed = browser.pdf(finished.result("summary.html")).read_bytes()
    assert printed.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 9


def test_the_summary_of_a_sweep_on_a_narrow_screen(finished, browser):
    sweep = {"model.coupling_strength": [0.5, 1.5], "model.conduction_speed": ["5 m/s", "10 m/s"]}
    finished.edit("sweep", **sweep)
    finished.run()
    found = browser.measure(finished.result("summary.html"), 390)
    assert found["width"] <= 390
    check_figures(found, [*FIGURES, "sweep", *THEORY], 390)
    assert "conduction speed 10 mm/ms" in " ".join(found["text"].split())
    assert finished.todo() == {}


def test_snakemake_s_report_has_the_summary_first_and_all_figures(finished, browser):
    finished.run("--report", "report.html")
    path = finished.path / "report.html"
    assert path.stat().st_size < 10e6
    found = browser.walk(path)
    assert found["categories"][0] == "1. Summary"
    menu = found["menu"]
    assert menu.index("1. Summary") < menu.index("2. Anatomy and activity")
    results = found["results"]
    assert next(iter(results)) == "results/summary.html"
    assert "The study on one page" in results["results/summary.html"]
    assert len(results) == 1 + len(FIGURES) + len(THEORY)
    for name in (*FIGURES, *THEORY):
        assert CAPTIONS[name] in results[f"results/figures/{name}.png"]
