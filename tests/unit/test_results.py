import numpy as np
import pytest
import xarray as xr
from restmeg import InputError, open_results
from test_tables import POINTS, points  # noqa: F401, a fixture


def write_fc(folder, replicates, value, parameters="{}"):
    folder.mkdir(parents=True)
    xr.Dataset(
        {
            "fc": (("replicate", "region"), np.full((len(replicates), 2), value)),
            "weights": ("region", [1.0, 2.0]),
        },
        {"replicate": replicates, "region": ["A", "B"]},
        {"title": "FC", "parameters": parameters},
    ).to_netcdf(folder / "connectivity.nc")


@pytest.mark.usefixtures("points")
def test_all_replicates_of_a_point_are_loaded_and_no_others(tmp_path):
    for row in POINTS[1:]:
        first, last = map(int, row[3].split("-"))
        write_fc(tmp_path / row[4], list(range(first, last + 1)), row[2])
    write_fc(tmp_path / "simulated/pa/0-9", list(range(10)), 99.0)  # of an earlier study
    loaded = open_results(tmp_path).load("connectivity", point="pa")
    assert loaded.replicate.values.tolist() == [0, 1, 2]
    assert (loaded.fc == 0.5).all()
    assert loaded.weights.dims == ("region",)
    assert loaded.attrs == {"title": "FC", "parameters": "{}"}
    assert (open_results(tmp_path).load("connectivity", point="pb").fc == 1.5).all()
    assert (open_results(tmp_path).load("connectivity", "target").fc == 2.0).all()
    table = open_results(tmp_path).points()
    assert table.to_dict("list") == {"point": ["pa", "pb"], "model.k": [0.5, 1.5]}
    assert open_results(tmp_path).points("target").to_dict("list") == {
        "point": ["pt"],
        "model.k": [2.0],
    }


@pytest.mark.usefixtures("points")
def test_segments_of_one_replicate_of_several_are_left_out(tmp_path):
    for row in POINTS[1:]:
        first, last = map(int, row[3].split("-"))
        write_fc(tmp_path / row[4], list(range(first, last + 1)), row[2])
        if first == last:
            xr.Dataset({"fc_segments": (("segment", "region"), np.ones((10, 2)))}).to_netcdf(
                tmp_path / row[4] / "connectivity.nc", mode="a"
            )
    results = open_results(tmp_path)
    assert set(results.load("connectivity", point="pa").variables) == {
        *("fc", "weights", "replicate", "region")
    }
    assert "fc_segments" in results.load("connectivity", "target")


@pytest.mark.usefixtures("points")
def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"nowhere/points\.csv: no such file; expected the folder"):
        open_results(tmp_path / "nowhere")
    with pytest.raises(
        InputError, match=r"points\.csv: 2 simulated points; expected the name of one"
    ):
        open_results(tmp_path).load("connectivity")
    with pytest.raises(
        InputError, match=r"no simulated point pt; expected the name of one, such as pa"
    ):
        open_results(tmp_path).load("connectivity", point="pt")
    with pytest.raises(InputError, match=r"0-1/connectivity\.nc: no such file; expected activity"):
        open_results(tmp_path).load("connectivity", point="pa")
    write_fc(tmp_path / "simulated/pa/0-1", [0, 7], 1.0)
    with pytest.raises(InputError, match=r"replicates \[0, 7\]; expected 0-1"):
        open_results(tmp_path).load("connectivity", point="pa")


@pytest.mark.usefixtures("points")
def test_batches_of_two_studies_are_not_mixed(tmp_path):
    """As an interrupted run after an edit of the configuration leaves them."""
    write_fc(tmp_path / "simulated/pa/0-1", [0, 1], 1.0, '{"duration": 80}')
    write_fc(tmp_path / "simulated/pa/2-2", [2], 1.0, '{"duration": 60}')
    with pytest.raises(InputError, match="pa/0-1 and simulated/pa/2-2 are of different studies"):
        open_results(tmp_path).load("connectivity", point="pa")


@pytest.mark.usefixtures("points")
def test_theory_and_the_best_values_are_read_by_point(tmp_path):
    results = open_results(tmp_path)
    (tmp_path / "simulated/pb").mkdir(parents=True)
    xr.Dataset({"growth_rate": -0.25}).to_netcdf(tmp_path / "simulated/pb/theory.nc")
    assert float(results.theory("pb").growth_rate) == -0.25
    with pytest.raises(InputError, match="no simulated point p9"):
        results.theory("p9")
    with pytest.raises(InputError, match="2 simulated points"):
        results.theory()
    with pytest.raises(
        InputError, match=r"'theory' is not of replicates; expected theory\(point\)"
    ):
        results.load("theory", point="pb")
    (tmp_path / "best.csv").write_text("score,value\nfc_distance,1.5\n")
    assert results.best["value"].tolist() == [1.5]
