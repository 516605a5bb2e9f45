"""Text on its way into an open utterance: into the row first, then the bell for its worker.

Between the two ways a writer has (web.text_routes and web.relay) and the row. What is
acknowledged stands in the database; the bell may be lost, and the worker looks by itself.
"""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import structlog

from avatars.lexicons import Lexicons
from lipsync.text.checks import LONGEST_TEXT
from lipsync.text.errors import TextTooLong
from lipsync.text.lexicon import LONGEST_WORD
from tasks.errors import StreamUnreachable
from tasks.stream import ChunkStream
from tasks.utterances import Append, UtteranceRow, Utterances
from web.bodies import AppendBody
from web.refusals import NoSuchUtterance, TextElsewhere, TextEnded, TextNotOpen, TooManyAppends, UtteranceOver

APPENDS_PER_S: Final = 100
"""Pieces of one text that are taken a second, for as long as it goes on."""

APPENDS_AT_ONCE: Final = 200
"""Pieces of one text that are taken at once."""

_TEXTS_KEPT: Final = 4096
_RACES_MOST: Final = 8
"""How often a text may have grown between the looking and the writing."""

log = structlog.get_logger(__name__)


class Writing:
    """Appends for one front door process."""

    def __init__(
        self,
        utterances: Utterances,
        stream: ChunkStream,
        lexicons: Lexicons,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._utterances = utterances
        self._lexicons = lexicons
        self._stream = stream
        self._limit = _Limit(clock)

    def append(self, utterance_id: str, body: AppendBody) -> dict[str, Any]:
        """Append to a text; return how long it is then and whether it is open.

        A request that is repeated with the same `at` changes nothing and succeeds.

        Raises:
            TooManyAppends: more pieces come than are taken.
            NoSuchUtterance: there is none of this id.
            TextNotOpen: its text came whole.
            TextEnded: its text has been ended.
            UtteranceOver: it was stopped or has failed.
            TextElsewhere: the text is not as long as the writer believes.
            lipsync.text.errors.TextTooLong: it would be longer than a text may be.
        """
        self._limit.take(utterance_id)
        more = Append(text=body.text, at=body.at, flush=body.flush, end=body.end)
        self._take_words_along(utterance_id, more.text)
        for _ in range(_RACES_MOST):
            if self._utterances.append(utterance_id, more):
                self._ring(utterance_id)
                break
            row = self._utterances.get(utterance_id)
            if row is None:
                raise NoSuchUtterance(utterance_id)
            if _stands_already(row, more):
                if not row.open or not (more.flush or more.end):
                    return _told(row)
                more = Append(flush=more.flush, end=more.end)
            else:
                _refuse(row, more)
        return _told(self._utterances.get(utterance_id))

    def _take_words_along(self, utterance_id: str, more: str) -> None:
        """Put what the lexicon has of the new text into the row, before a worker can see the text."""
        row = self._utterances.get(utterance_id) if more else None
        if row is None or not row.open:
            return
        # The first of the new letters may end a word that was begun before.
        words = self._lexicons.words_of(row.text[-2 * LONGEST_WORD :] + more, row.owner)
        if words.keys() - row.manner.get("lexicon", {}).keys():
            self._utterances.add_words(utterance_id, words)

    def _ring(self, utterance_id: str) -> None:
        with contextlib.suppress(StreamUnreachable):
            self._stream.tell_text(utterance_id)


def _told(row: UtteranceRow | None) -> dict[str, Any]:
    return {} if row is None else {"length": len(row.text), "open": row.open and not row.finished}


def _stands_already(row: UtteranceRow, more: Append) -> bool:
    """Tell whether an earlier request has done this: its answer was lost, and it came again."""
    if row.appended_at is None or row.state in {"failed", "cancelled"}:
        return False
    if not more.text:
        return not row.open and more.end
    return (
        more.at is not None
        and row.text[more.at : more.at + len(more.text)] == more.text
        and not (more.end and row.open and len(row.text) > more.at + len(more.text))
    )


def _refuse(row: UtteranceRow, more: Append) -> None:
    """Say why a text was not appended to; return where the reason has gone meanwhile."""
    if row.appended_at is None:
        raise TextNotOpen
    if row.state in {"failed", "cancelled"}:
        raise UtteranceOver(row.state)
    if not row.open or row.finished:
        raise TextEnded(len(row.text))
    if more.at is not None and more.at != len(row.text):
        raise TextElsewhere(more.at, len(row.text))
    if len(row.text) + len(more.text) > LONGEST_TEXT:
        raise TextTooLong(len(row.text) + len(more.text), LONGEST_TEXT)


class _Limit:
    """How many pieces of each text come, as a bucket that fills again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, utterance_id: str) -> None:
        """Let one piece pass. Raises TooManyAppends."""
        now_s = self._clock()
        with self._lock:
            left, at_s = self._left.pop(utterance_id, (float(APPENDS_AT_ONCE), now_s))
            left = min(APPENDS_AT_ONCE, left + (now_s - at_s) * APPENDS_PER_S)
            self._left[utterance_id] = (left - 1 if left >= 1 else left, now_s)
            while len(self._left) > _TEXTS_KEPT:
                self._left.popitem(last=False)
        if left < 1:
            raise TooManyAppends
