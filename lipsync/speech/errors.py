"""What can go wrong between a text and its speech."""

from __future__ import annotations

from collections.abc import Iterable


class VoiceError(RuntimeError):
    """A voice gave no whole speech; the sentence may be spoken again from its start."""


class UnknownVoice(VoiceError):
    """No voice has this name; choose one of those listed."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = tuple(known)
        super().__init__(f"no voice is called {name!r}; the voices are {', '.join(names)}")
        self.name = name
        self.known = names


class VoiceUnavailable(VoiceError):
    """The voice's process cannot be started."""


class VoiceDied(VoiceError):
    """The voice's process ended in the middle of a sentence."""

    def __init__(self) -> None:
        super().__init__("the voice's process ended in the middle of a sentence")


class VoiceTimedOut(VoiceError):
    """The voice gave nothing for longer than a sentence may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the voice gave nothing for {seconds:g} s")
        self.seconds = seconds


class VoiceRefused(VoiceError):
    """The voice could not speak this text; its own words are in the message."""


class VoiceMute(VoiceError):
    """The voice has no sound for any letter of this text; choose a voice of its language."""

    def __init__(self, name: str) -> None:
        super().__init__(f"voice {name!r} has no sound for this text; choose a voice of its language")
        self.name = name
