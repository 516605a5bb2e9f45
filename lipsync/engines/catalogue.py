"""The engines by name."""

from collections.abc import Mapping, Sequence

from lipsync.engines.contract import Engine
from lipsync.engines.warp import WarpEngine

_ENGINES: Mapping[str, type[WarpEngine]] = {"warp": WarpEngine}


class UnknownEngine(ValueError):
    """No engine has this name; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no engine {asked!r}; known: {', '.join(known)}")
        self.asked = asked
        self.known = tuple(known)


def known_engines() -> tuple[str, ...]:
    """Return the names of all engines, sorted."""
    return tuple(sorted(_ENGINES))


def get_engine(name: str) -> Engine:
    """Return the engine of a name.

    Raises:
        UnknownEngine: there is none of that name.
    """
    if name not in _ENGINES:
        raise UnknownEngine(name, known_engines())
    return _ENGINES[name]()
