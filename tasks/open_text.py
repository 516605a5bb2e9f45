"""A text that is still being written, as sentences that may be spoken already.

Between the row, to which the front door appends, and `tasks.speaking`. A stretch that was
spoken is in the plan with its borders, so whoever takes the stream over has the same ones.
Decides what may be said; when anything is drawn is the affair of `tasks.synthesis`.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy.exc
import structlog

from lipsync.text.arriving import Arrived, Pressure, next_piece
from lipsync.text.errors import TextSilent
from lipsync.text.lexicon import WordIndex
from lipsync.text.mapped import Span
from lipsync.text.reading import read_sentence
from lipsync.text.sentences import Sentence, sentence_at
from tasks.errors import StreamUnreachable
from tasks.manner import Manner
from tasks.plan import Plan
from tasks.stream import ChunkStream
from tasks.utterances import UtteranceRow, Utterances

SILENT_WRITER_S: Final = 60.0
"""An open text whose writer is not heard of for so long is ended as it stands."""

OPEN_S: Final = 3600.0
"""An open text is ended as it stands when this long has passed since it was begun."""

LOOK_S: Final = 1.0
"""How often the row is looked at where no bell rings: bells may be lost."""

PRESSING_S: Final = 1.5
"""With less speech in hand than this, a clause is said rather than waited behind."""

QUIET_S: Final = 1.0
"""A writer of whom nothing has come for so long has paused."""

_DATABASE_AWAY: Final = (sqlalchemy.exc.OperationalError, sqlalchemy.exc.TimeoutError)

log = structlog.get_logger(__name__)


class OpenText:
    """The text of one utterance, read from its row whenever there may be more of it.

    Args:
        row: as it was when the stream was claimed.
        utterances: where the row is read again.
        stream: where the bell rings.
        plan: what has been spoken of it.
        language: BCP 47 tag of the text, or of its voice.

    Raises:
        PlanBroken: what was kept does not read back.
    """

    def __init__(
        self, row: UtteranceRow, utterances: Utterances, stream: ChunkStream, plan: Plan, language: str
    ) -> None:
        self._language = language
        self._sid = row.id
        self._utterances = utterances
        self._stream = stream
        self._created_at = row.created_at
        self._take(row)
        self._looked_at_s = time.monotonic()
        self._grew_at_s = float("-inf")
        self._in_vain: tuple[Arrived, int, Pressure] | None = None
        self.sentences: list[Sentence] = [
            self._sentence(kept.sentence, (kept.place.text_start, kept.place.text_end))
            for kept in plan.kept()
            if kept.part == 0 and kept.place is not None
        ]

    def _sentence(self, index: int, span: Span) -> Sentence:
        sentence = sentence_at(self.text, index, span, self._language)
        return read_sentence(sentence, self._language, self._lexicon)

    def _take(self, row: UtteranceRow) -> None:
        self.text = row.text
        self._lexicon = WordIndex(Manner.from_json(row.manner).lexicon)
        self._heard_at = row.appended_at or row.created_at
        self._arrived = Arrived(row.text, not row.open, row.flushed, self._language)

    def grow(self, in_hand_s: float) -> bool:
        """Add the next sentence, if one may be spoken; return whether others may follow later.

        Args:
            in_hand_s: for how long there is speech to be heard still; negative where it has run out.

        Raises:
            TextSilent: the text has ended, and nothing in it can be said.
        """
        committed = self.sentences[-1].end if self.sentences else 0
        asked = (self._arrived, committed, self._pressure(in_hand_s))
        piece = None if asked == self._in_vain else next_piece(*asked)
        self._in_vain = asked if piece is None else None
        if piece is not None:
            self.sentences.append(self._sentence(len(self.sentences), piece))
        elif self._arrived.ended and not self.sentences:
            raise TextSilent
        return piece is not None or not self._arrived.ended

    def _pressure(self, in_hand_s: float) -> Pressure:
        if in_hand_s > PRESSING_S:
            return Pressure.NONE
        quiet = in_hand_s <= 0 and time.monotonic() - self._grew_at_s > QUIET_S
        return Pressure.QUIET if quiet else Pressure.PRESSING

    def begin_anew(self, at_s: float) -> None:
        """Tell whoever may take the stream over since when it has been heard, in Unix time."""
        try:
            self._utterances.begin_anew(self._sid, datetime.fromtimestamp(at_s, UTC))
        except _DATABASE_AWAY as trouble:
            log.warning("beginning_not_noted", utterance=self._sid, error=str(trouble))

    def wait(self, limit_s: float, moved: Callable[[], None]) -> None:
        """Wait for more of the text, at most for `limit_s`; end it if its writer is gone.

        Args:
            limit_s: above 0.
            moved: told before the row is looked at.
        """
        told = self._await(limit_s)
        if told or time.monotonic() - self._looked_at_s > LOOK_S:
            moved()
            try:
                self._look()
            except _DATABASE_AWAY as trouble:
                # What is there goes on being said and shown; the rest comes when the database does.
                log.warning("text_not_read", utterance=self._sid, error=str(trouble))

    def _await(self, limit_s: float) -> bool:
        try:
            return self._stream.await_text(self._sid, limit_s)
        except StreamUnreachable:
            time.sleep(min(limit_s, 0.1))
            return False

    def _look(self) -> None:
        self._looked_at_s = time.monotonic()
        before = len(self.text)
        row = self._utterances.get(self._sid)
        if row is None:
            return
        self._take(row)
        if len(self.text) > before:
            self._grew_at_s = self._looked_at_s
        now = datetime.now(UTC)
        last_call = min(self._heard_at + timedelta(seconds=SILENT_WRITER_S),
                        self._created_at + timedelta(seconds=OPEN_S))  # fmt: skip
        # Conditional on what was read here: a writer who comes back at this moment is heard first.
        if row.open and now > last_call and self._utterances.end_silent(self._sid, self._heard_at):
            log.info("text_ended_unheard", utterance=self._sid, characters=len(self.text))
            self._arrived = Arrived(self.text, ended=True, language=self._language)
