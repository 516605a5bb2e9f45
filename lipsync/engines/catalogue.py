"""The engines by name, as far as this process can have them: some draw with a network of others."""

from collections.abc import Sequence
from typing import Final

from lipsync.engines.contract import Engine
from lipsync.engines.net import Net
from lipsync.engines.sprites import Keeping
from lipsync.engines.warp import WarpEngine
from lipsync.engines.wav2lip import Wav2LipEngine

NEEDS_NET: Final = (Wav2LipEngine.name,)
"""Engines that are there only where a net is."""


class UnknownEngine(ValueError):
    """No engine of this name is here; choose one of those listed, or give it what it needs."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        way_out = ""
        if asked in NEEDS_NET:
            way_out = "; it draws with a model that others made, and none is here (docs/wav2lip.md)"
        super().__init__(f"no engine {asked!r}; known: {', '.join(known)}{way_out}")
        self.asked = asked
        self.known = tuple(known)


def known_engines(net: Net | None = None) -> tuple[str, ...]:
    """Return the names of the engines that are there, with a net or without one, sorted."""
    return ("warp",) if net is None else ("warp", *NEEDS_NET)


def get_engine(name: str, net: Net | None = None, sprites: Keeping | None = None) -> Engine:
    """Return the engine of a name.

    Args:
        name: what it is called in requests.
        net: what engines that need one draw with.
        sprites: how what it paints of photos is kept; None has every frame painted.

    Raises:
        UnknownEngine: there is none of that name, or it needs a net.
    """
    if name == WarpEngine.name:
        return WarpEngine()
    if name == Wav2LipEngine.name and net is not None:
        return Wav2LipEngine(net, sprites=sprites)
    raise UnknownEngine(name, known_engines(net))
