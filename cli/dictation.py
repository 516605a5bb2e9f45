"""A writer of the running service: pieces of a text in, each appended to an open utterance.

Beside cli.client, which watches the same utterance. A request whose answer was lost is sent
again with the same place, so that every piece stands in the text once.
"""

import threading
import time
from collections.abc import Iterable
from typing import Final

from cli.service import Refused, Service, ServiceUnreachable

AWAY_LIMIT_S: Final = 30.0
_PAUSE_S: Final = 0.2
_LAST_S: Final = 0.2
_LATER: Final = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again."""


class NotUtf8(ValueError):
    """What is written is no text from a byte on; a guess in its place would be spoken."""

    def __init__(self, byte: int) -> None:
        super().__init__(f"it is not UTF-8 at byte {byte}; what stood before was said")


class Dictation(threading.Thread):
    """Appends pieces as they come, beside whoever watches, and ends the text with the last one.

    Args:
        service: a client of its own.
        utterance: whose text is open and empty.
        pieces: may block for as long as nothing is written, and raise NotUtf8.
    """

    def __init__(self, service: Service, utterance: str, pieces: Iterable[str]) -> None:
        # Whoever reads standard input cannot be asked to stop.
        super().__init__(name="dictation", daemon=True)
        self._service = service
        self._path = f"/v1/utterances/{utterance}/text"
        self._pieces = pieces
        self._length = 0
        self.refused: Refused | ServiceUnreachable | NotUtf8 | None = None
        """Why the rest was not appended."""

    def run(self) -> None:
        """Append until the pieces end, are no text any more, or the service takes no more."""
        try:
            for piece in self._pieces:
                if piece:
                    self._send({"text": piece, "at": self._length})
                    self._length += len(piece)
        except (Refused, ServiceUnreachable, NotUtf8) as refusal:
            self.refused = refusal
        try:
            self._send({"end": True})
        except (Refused, ServiceUnreachable) as refusal:
            self.refused = self.refused or refusal

    def let_go(self) -> None:
        """Close the client, unless a piece is on its way or still waited for.

        A writer whose utterance has failed may stand in a request, or at standard input; it ends
        with the process.
        """
        self.join(_LAST_S)
        if not self.is_alive():
            self._service.close()

    def _send(self, body: dict[str, object]) -> None:
        away_from_s = time.monotonic()
        while True:
            try:
                self._service.request("POST", self._path, body)
                return
            except (Refused, ServiceUnreachable) as trouble:
                lasting = isinstance(trouble, Refused) and trouble.status not in _LATER
                if lasting or time.monotonic() - away_from_s > AWAY_LIMIT_S:
                    raise
            time.sleep(_PAUSE_S)
