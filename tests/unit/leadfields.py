"""The same lead field as different tools write it."""

import numpy as np
import scipy.io
from restmeg import sensors

LABELS = np.array(["left V1", "right V1", "Precuneus", "Insula"], dtype=object)
PARCELLATION = [
    *["left V1"] * 4,
    *["unknown"] * 2,
    *["right V1"] * 3,
    *["Precuneus"] * 5,
    "",
    *["Insula"] * 3,
]
N = len(PARCELLATION)
NAMES = [f"MEG {k}" for k in range(7)]
rng = np.random.default_rng(4)
NORMALS = rng.normal(size=(N, 3))
NORMALS /= np.linalg.norm(NORMALS, axis=1, keepdims=True)
FREE = 1e-6 * rng.normal(size=(7, N, 3))  # T/(A m)
FIXED = (FREE * NORMALS).sum(axis=-1)
GAIN = 1e-15 * rng.normal(size=(4, 7))  # (region, sensor) T/(nA m)


def by_region(columns, how, flips=None):
    """Mean or sum (region, sensor) over the sources of each region, of (sensor, source)."""
    flips = np.ones(N) if flips is None else flips
    own = [[k for k, name in enumerate(PARCELLATION) if name == label] for label in LABELS]
    return np.array([getattr((columns * flips)[:, places], how)(axis=1) for places in own])


def list_of(folder):
    """The parcellation as a file."""
    path = folder / "parcels.txt"
    path.write_text("\n".join(PARCELLATION) + "\n")
    return str(path)


def forward(path, fixed=False):
    """A forward solution by MNE of N sources in two source spaces, and what it has in it."""
    import mne

    names, coils = sensors.find("neuromag306")
    info = sensors.to_info(names, coils, 1000.0)
    spaces = [
        mne.setup_volume_source_space(
            pos={"rr": 0.05 * NORMALS[part] + [0, 0, 0.04], "nn": NORMALS[part]}, verbose="ERROR"
        )
        for part in (slice(0, 8), slice(8, None))
    ]
    made = mne.make_forward_solution(
        info,
        mne.Transform("mri", "head"),
        spaces[0] + spaces[1],
        mne.make_sphere_model(r0=(0.01, 0, 0.03), head_radius=None, verbose="ERROR"),
        verbose="ERROR",
    )
    along = mne.convert_forward_solution(made, surf_ori=True, force_fixed=True, verbose="ERROR")
    mne.write_forward_solution(path, along if fixed else made, overwrite=True, verbose="ERROR")
    return along["sol"]["data"], names, coils


def cells(values):
    """A cell array (1, n) of arrays."""
    made = np.empty((1, len(values)), dtype=object)
    for k, value in enumerate(values):
        made[0, k] = value
    return made


def fieldtrip(path, matrices, alone=False, **changes):
    """As ft_prepare_leadfield's structure is saved; matrices: (channels, 3 or 1) of a position."""
    fields = {
        "leadfield": cells(matrices),
        "inside": np.array([[np.size(matrix) > 0] for matrix in matrices]),
        "label": cells(NAMES).T,
        "pos": 50 * NORMALS[: len(matrices)],
        "unit": "mm",
        "leadfielddimord": "{pos}_chan_ori",
        **changes,
    }
    scipy.io.savemat(path, fields if alone else {"grid": fields})


def hdf5_fieldtrip(path, matrices):
    """The same in version 7.3."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        kept = file.create_group("#refs#")

        def refer(name, value, **attributes):
            kept[name] = value
            for key, attribute in attributes.items():
                kept[name].attrs[key] = attribute
            return kept[name].ref

        group = file.create_group("lf")
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        found = [
            refer(f"c{k}", matrix.T)
            if matrix.size
            else refer(f"c{k}", np.zeros(2, np.uint64), MATLAB_empty=np.uint8(1))
            for k, matrix in enumerate(matrices)
        ]
        group["leadfield"] = np.array(found, dtype=h5py.ref_dtype)[:, None]
        texts = [refer(f"t{k}", np.array([[ord(c)] for c in t])) for k, t in enumerate(NAMES)]
        group["label"] = np.array(texts, dtype=h5py.ref_dtype)[None]
        group["inside"] = np.array([[m.size > 0 for m in matrices]], dtype=np.uint8)
        group["pos"] = 50 * NORMALS[: len(matrices)].T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")
