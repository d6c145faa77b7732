"""Reading a study's results: labelled arrays by what they are of, wherever their files lie."""

from pathlib import Path

from restmeg import InputError, tables


def points(folder="results", role="simulated"):
    """What the points of a role stand for: a pandas DataFrame, a row each, in the sweep's order.

    Its columns are ``point``, the short name, and the swept parameters in ms and mm/ms.
    """
    import pandas as pd

    table = pd.read_csv(Path(folder) / "points.csv")
    table = table[table["role"] == role].drop_duplicates("point")
    return table.drop(columns=["role", "replicates", "folder"]).reset_index(drop=True)


def load(name, folder="results", role="simulated", point=None):
    """All replicates of a point as one xarray Dataset, in ascending order.

    name: of the files, such as "connectivity", "activity" or "sensors"; role: "simulated" or
    "target"; point: its name in points.csv, which may be left out where there is one.

    The files are those that points.csv lists, so that what an earlier study left in the folder is
    not among them. Raises InputError if there is no such point or file, or a file holds other
    replicates than its place says.
    """
    import xarray as xr

    folder = Path(folder)
    _, rows = tables.read(folder / "points.csv")
    rows = [row for row in rows if row["role"] == role]
    names = list(dict.fromkeys(row["point"] for row in rows))
    if point is None and len(names) == 1:
        point = names[0]
    rows = [row for row in rows if row["point"] == point]
    if not rows:
        found = f"no {role} point {point}" if point else f"{len(names)} {role} points"
        raise InputError(
            f"{folder}/points.csv: {found}; expected the name of one, such as {names[0]}"
        )
    parts = [_part(folder, row, name) for row in rows]
    made = {
        part.attrs.get("parameters"): row["folder"] for part, row in zip(parts, rows, strict=True)
    }
    if len(made) > 1 or len({part.attrs.get("seed") for part in parts}) > 1:
        raise InputError(
            f"{folder}: {' and '.join(made.values())} are of different studies; expected one, so "
            "run the study to its end"
        )
    return xr.concat(
        parts, "replicate", data_vars="minimal", join="exact", combine_attrs="drop_conflicts"
    )


def _part(folder, row, name):
    """A file that a row of points.csv names, as a Dataset in memory."""
    import xarray as xr

    path = folder / row["folder"] / f"{name}.nc"
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; expected it, if the study has run to its end and "
            "simulation.keep and leadfield.project ask for it"
        )
    with xr.open_dataset(path) as dataset:
        part = dataset.load()
    if "-" in row["replicates"]:
        first, last = map(int, row["replicates"].split("-"))
        held = part.replicate.values.tolist()
        if held != list(range(first, last + 1)):
            raise InputError(f"{path}: replicates {held}; expected {row['replicates']}")
    return part
