"""Reading a study's results: labelled arrays by what they are of, wherever their files lie."""

import json
from pathlib import Path

import pandas as pd
import xarray as xr

from restmeg import fitted, tables
from restmeg.errors import InputError

# What is of no replicates, and where it is.
OTHERS = {
    "theory": "theory(point)",
    "connectome": "the attribute connectome",
    "leadfield": "the attribute leadfield",
    "scores": "the attribute scores_grid",
}


class Results:
    """The results of a study: what `results/points.csv` lists, and what belongs to it.

    What an earlier study left in the folder is not among them.
    """

    def __init__(self, folder: str | Path = "results") -> None:
        """Take the folder of a study that has been run. Raises InputError if it is none."""
        self.folder = Path(folder)
        self._points = self.folder / "points.csv"
        if not self._points.is_file():
            raise InputError(
                f"{self._points}: no such file; expected the folder of a study that has been run"
            )

    def __repr__(self) -> str:
        """What it is, and where."""
        return f"restmeg.open_results({str(self.folder)!r})"

    def points(self, role: str = "simulated") -> pd.DataFrame:
        """What the points of a role stand for: a row each, in the sweep's order.

        Its columns are ``point``, the short name, and the swept parameters in ms and mm/ms.
        """
        table = pd.read_csv(self._points)
        table = table[table["role"] == role].drop_duplicates("point")
        return table.drop(columns=["role", "replicates", "folder"]).reset_index(drop=True)

    @property
    def scores(self) -> pd.DataFrame:
        """Each score of each point: value, interval, n."""
        return pd.read_csv(self.folder / "scores.csv")

    @property
    def scores_grid(self) -> xr.Dataset:
        """The same over the axes of the sweep, or over ``point`` where points make no grid."""
        return _read(self.folder / "scores.nc")

    @property
    def scores_replicates(self) -> pd.DataFrame:
        """The scores of each replicate, or pair of replicates, or the pseudo-values of either."""
        return pd.read_csv(self.folder / "scores_replicates.csv")

    @property
    def best(self) -> pd.DataFrame:
        """Of a sweep, the best value of each swept number by each score that can tell."""
        return pd.read_csv(self.folder / "best.csv")

    @property
    def fit(self) -> pd.DataFrame:
        """Fitted parameters: value, ends of the 95 % interval, whether identified, and unit."""
        return pd.read_csv(self.folder / "fit.csv")

    def theory(self, point: str | None = None) -> xr.Dataset:
        """Linear theory of a point: see config/README.md.

        point: its name in `points`, which may be left out where there is one. Raises InputError if
        there is no such point or file.
        """
        return _read(
            self.folder / "simulated" / self._rows("simulated", point)[0]["point"] / "theory.nc"
        )

    @property
    def differences(self) -> pd.DataFrame:
        """Each score of each point less that of the best point: value, interval, n."""
        return pd.read_csv(self.folder / "differences.csv")

    @property
    def nulls(self) -> pd.DataFrame:
        """Each score beside those of null networks: mean, standard deviation, z, p, n."""
        return pd.read_csv(self.folder / "nulls.csv")

    @property
    def connectome(self) -> xr.Dataset:
        """``weights`` and ``distances`` (target, source), as they were used."""
        return _read(self.folder / "connectome.nc")

    @property
    def leadfield(self) -> xr.Dataset:
        """``gain`` (region, sensor), as it was used."""
        return _read(self.folder / "leadfield.nc")

    def load(self, name: str, role: str = "simulated", point: str | None = None) -> xr.Dataset:
        """All replicates of a point as one Dataset, in ascending order.

        name: of the files, "activity", "connectivity", "spectra" or "sensors", with an inverse
        "reconstructed" or "leakage", or "fourier" of the target; role: "simulated" or "target";
        point: its name in `points`, which may be left out where there is one, or "fitted".

        Raises InputError if there is no such point or file, what is named is not of replicates, or
        a file holds other replicates than its place says.
        """
        if name in OTHERS:
            raise InputError(f"load: '{name}' is not of replicates; expected {OTHERS[name]}")
        rows = self._rows(role, point)
        batches = [self._batch(row, name) for row in rows]
        made = {
            batch.attrs.get("parameters"): row["folder"]
            for batch, row in zip(batches, rows, strict=True)
        }
        if len(made) > 1 or len({batch.attrs.get("seed") for batch in batches}) > 1:
            raise InputError(
                f"{self.folder}: {' and '.join(made.values())} are of different studies; expected "
                "one, so run the study to its end"
            )
        if len(batches) > 1:  # segments are of a single replicate
            batches = [batch.drop_dims("segment", errors="ignore") for batch in batches]
        whole = xr.concat(
            batches, "replicate", data_vars="minimal", join="exact", combine_attrs="drop_conflicts"
        )
        notes = [note for batch in batches for note in json.loads(batch.attrs.get("notes", "[]"))]
        if notes:
            whole.attrs["notes"] = json.dumps(notes)
        return whole

    def _rows(self, role: str, point: str | None) -> list[dict[str, str]]:
        """Rows of points.csv of one point; InputError if there is no such point, or several."""
        _, rows = tables.read(self._points)
        rows = [row for row in rows if row["role"] == role]
        names = list(dict.fromkeys(row["point"] for row in rows))
        if (role, point) == ("simulated", fitted.POINT) and (self.folder / "fit.csv").exists():
            # It has the batches of any other, and its values are in that table.
            of_first = [row for row in rows if row["point"] == names[0]]
            return [
                row
                | {"point": fitted.POINT, "folder": row["folder"].replace(names[0], fitted.POINT)}
                for row in of_first
            ]
        if point is None and len(names) == 1:
            point = names[0]
        rows = [row for row in rows if row["point"] == point]
        if not rows:
            found = f"no {role} point {point}" if point else f"{len(names)} {role} points"
            raise InputError(
                f"{self._points}: {found}; expected the name of one, such as {', '.join(names[:1])}"
            )
        return rows

    def _batch(self, row: dict, name: str) -> xr.Dataset:
        """A file that a row of points.csv names, as a Dataset in memory."""
        path = self.folder / row["folder"] / f"{name}.nc"
        batch = _read(path)
        if "-" in row["replicates"]:
            first, last = map(int, row["replicates"].split("-"))
            held = batch.replicate.values.tolist()
            if held != list(range(first, last + 1)):
                raise InputError(f"{path}: replicates {held}; expected {row['replicates']}")
        return batch


def _read(path):
    """A file of results as a Dataset in memory."""
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; expected activity, connectivity, spectra or sensors, if the "
            "study has run to its end and simulation.keep and leadfield.project ask for it"
        )
    with xr.open_dataset(path) as dataset:
        return dataset.load()
