"""Under which keys storage keeps what belongs to voices. Names only; standard library only."""


def sample_key(voice: str) -> str:
    """Return where a voice's sample is kept.

    Args:
        voice: its name, of a-z, 0-9 and hyphens.
    """
    return f"voices/{voice}.wav"


def gain_key(checksum: str) -> str:
    """Return where the gain of a voice that came as files is kept.

    Args:
        checksum: of its files, hexadecimal.
    """
    return f"voices/gains/{checksum}.json"
