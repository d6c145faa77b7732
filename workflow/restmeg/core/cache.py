"""Compiled functions on disk: the core, and others of the package."""

import contextlib
import fcntl
import functools
import hashlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from numba import __version__ as numba_version
from numba import njit
from numba.core import config as numba_config
from numba.core.registry import cpu_target
from numba.core.runtime.nrt import rtsys


def compiled_once(function: Callable) -> Any:
    """Compile on the first call, and keep the result on disk where anything can be written.

    In a folder of its own for Numba, processor and all files beside that of the function, which
    are what it may use: Numba itself looks at the one file in which the function stands, and its
    index and data of another version, found there by processes that start meanwhile, could be taken
    for each other's.
    """
    compiled: Any = njit(error_model="numpy", nogil=True)(function)
    config: Any = numba_config
    codegen = cpu_target.target_context.codegen()
    room = Path(inspect.getfile(function)).parent
    sources = [path.read_bytes() for path in sorted(room.glob("*.py"))]
    content = b"".join(sources) + repr((numba_version, codegen.magic_tuple())).encode()
    # Numba raises if neither the package nor the home directory can be written, as in some images.
    with contextlib.suppress(RuntimeError):
        compiled.enable_caching()
        digest = hashlib.sha256(content).hexdigest()[:12]
        folder = Path(compiled.stats.cache_path, f"{room.name}-{digest}")
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
        try:
            compiled.enable_caching()
        finally:
            config.CACHE_DIR = before
        compiled._cache.load_overload = functools.partial(_load, compiled._cache)
    return compiled


def _load(cache, signature, context):
    """What Numba's own cache does, without what only a compilation needs.

    That is everything that Numba can compile, with scipy.linalg where it is installed: ten times as
    long to import as what is kept takes to load. Whoever compiles imports it then.
    """
    rtsys.initialize(context)  # counts references to arrays; part of what is left out
    with cache._guard_against_spurious_io_errors():
        return cache._load_overload(signature, context)


def folder(compiled: Any) -> tuple[Path | None, bool]:
    """Where a compiled function is kept, or None if nowhere; whether it is there already."""
    path = compiled.stats.cache_path
    if path is None:
        return None, False
    return Path(path), any(Path(path).glob("*.nbc"))  # written last


@contextlib.contextmanager
def filling(compiled: Any) -> Iterator[None]:
    """A block that compiles: of several that find nothing kept, one does and others wait."""
    path, filled = folder(compiled)
    with contextlib.ExitStack() as stack:
        if path and not filled:
            with contextlib.suppress(OSError):  # some network drives lock nothing: then all go on
                path.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context((path / "compile.lock").open("w"))
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
