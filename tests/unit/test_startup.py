"""What a job pays before it begins: the heavy modules that its script imports."""

import re
from pathlib import Path

import pytest
from processes import run

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
HEAVY = {
    *("numpy", "netCDF4", "numba", "tqdm", "xarray", "pandas", "scipy", "matplotlib", "seaborn"),
    *("mne", "h5py", "pint", "jsonschema", "yaml", "jinja2", "docutils", "rich", "snakemake"),
}
FILES = {"numpy", "netCDF4"}
FIGURES = FILES | {"pandas", "matplotlib", "seaborn"}
ALLOWED = {
    "points": set(),
    "connectome": FILES,
    "leadfield": FILES,
    "simulate": FILES | {"numba", "tqdm", "yaml"},  # Numba may have a YAML file of settings
    "null": FILES | {"numba", "tqdm", "yaml"},
    "project": FILES,
    "inverse": FILES,
    "reconstruct": FILES,
    "leakage": FILES,
    "compare_leakage": FILES,
    "fif": FILES,
    "recording": FILES,
    "connectivity": FILES,
    "spectra": FILES,
    "fourier": FILES,
    "theory": FILES,
    "planning": FILES | {"jsonschema", "yaml"},
    "plot_planning": FIGURES,
    "theory_of_target": FILES,
    "fit": FILES,
    "refit": FILES,
    "propose": FILES,
    "evaluate": FILES | {"numba", "tqdm", "yaml"},
    "fit_by_simulation": FILES,
    "score_point": FILES,
    "score": FILES,
    "score_nulls": FILES,
    "best": FILES | {"jsonschema", "yaml"},
    "plot_activity": FIGURES,
    "plot_topography": FIGURES,
    "plot_scores": FIGURES,
    "plot_nulls": FIGURES,
    "plot_bands": FIGURES,
    "plot_dynamics": FIGURES,
    "plot_sweep": FIGURES,
    "plot_fit": FIGURES,
    "summarise": FILES,
    "provenance": FILES,
}


def test_every_script_is_looked_at():
    assert {path.stem for path in SCRIPTS.glob("*.py")} == ALLOWED.keys()


@pytest.mark.parametrize("script", ALLOWED)
def test_a_script_imports_no_more_than_it_may(script, tmp_path):
    lines = re.findall(r"^from restmeg.*$", (SCRIPTS / f"{script}.py").read_text(), re.M)
    assert lines
    code = "\n".join(
        [*lines, "import sys", f"print(*sorted({sorted(HEAVY)} & sys.modules.keys()))"]
    )
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    # SciPy comes with some packages where it is installed, as it is for tests alone.
    assert set(done.stdout.split()) - {"scipy"} == ALLOWED[script]


def test_a_kept_core_loads_without_what_a_compilation_needs(tmp_path):
    code = """
        import sys
        from restmeg import simulation
        from restmeg.core import network
        network.prepare()
        assert sum(network._advance.stats.cache_hits.values()) == 1
        assert "scipy.linalg" not in sys.modules
        assert "numba.np.linalg" not in sys.modules
    """
    run("from restmeg.core import network; network.prepare()", tmp_path)
    done = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
