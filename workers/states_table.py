"""The table of mouth states as it is installed with the program; read at boot, where sprites are kept."""

from importlib.resources import files

from lipsync.engines.sprite_states import States, read_states


def shipped_states() -> States:
    """Return the table, read anew from `workers/states.npz` (a few milliseconds).

    Raises:
        StatesBroken: the file is damaged, or of another version.
    """
    return read_states((files("workers") / "states.npz").read_bytes())
