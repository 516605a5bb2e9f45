"""What the routes themselves refuse, each named by its condition."""

from collections.abc import Sequence


class Refusal(Exception):
    """A request cannot be granted as things stand."""


class NoSuchUtterance(Refusal):
    """There is no utterance of this id among yours; list yours at GET /v1/utterances."""

    def __init__(self, asked: str) -> None:
        super().__init__(str(type(self).__doc__))
        self.asked = asked


class NoSuchAvatar(Refusal):
    """There is no avatar of this name; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no avatar {asked!r}; known: {', '.join(known)}")
        self.asked = asked
        self.known = tuple(known)


class NotFinished(Refusal):
    """The file is not there yet; watch the stream, or ask again in a moment."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the utterance is {state}; watch the stream, or ask again in a moment")
        self.state = state
        self.retry_after_s = 1


class NeverFinished(Refusal):
    """The utterance ended without a file; post it again."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the utterance is {state} and has no file; post it again")
        self.state = state


class NoCaptions(Refusal):
    """The utterance was asked for without captions; post it again with `"captions": true`."""


class FileExpired(Refusal):
    """The finished file was removed when its time was over; post the utterance again."""


class KeyReused(Refusal):
    """This Idempotency-Key came before with another body; use a new one."""


class BadPage(Refusal):
    """`limit` is a whole number from 1 to 100."""


class NotASocket(Refusal):
    """This address is a WebSocket; open it with `Upgrade: websocket`."""


class NoPlaceForSocket(Refusal):
    """As many viewers watch as this process can carry; try again in a moment."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))
        self.retry_after_s = 2
