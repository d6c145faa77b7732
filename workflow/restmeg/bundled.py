"""Files that come with the package, in a checkout of the project and in an installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "data"  # where an installed package has copies of them
_PROJECT = _PACKAGE.parents[1]


def example() -> Path:
    """The connectome of the bundled study."""
    return _find("resources/connectome/example.npz")


def schema() -> Path:
    """The schema of the configuration."""
    return _find("workflow/schemas/config.schema.yaml")


def _find(path):
    installed = _INSTALLED / Path(path).name
    return installed if installed.exists() else _PROJECT / path
