"""The table of the heard mouth as it is installed with the program; read at boot, by whoever holds it."""

from importlib.resources import files

from lipsync.mouth.heard_model import HeardModel, read_heard_model


def shipped_heard_model() -> HeardModel:
    """Return the model, read anew from `workers/heard.npz` (a few milliseconds).

    Raises:
        HeardModelBroken: the file is damaged, or of another version.
    """
    return read_heard_model((files("workers") / "heard.npz").read_bytes())
