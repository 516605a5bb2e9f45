"""The rows that are the truth: what was asked for, and how it ended.

Every change of state is one conditional UPDATE that says whether it changed anything, so
two workers, a reaper and a canceller may race and exactly one wins. Rows leave this room
as frozen values. The chunks themselves live in `tasks.stream`.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, update

from avatars.database import UNFINISHED_STATES, Database, Utterance, UtteranceState
from lipsync.text.checks import LONGEST_TEXT


def new_utterance_id() -> str:
    """Return a random id: 32 hex characters."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for, checked already."""

    owner: str
    avatar_id: str
    avatar_version: int
    voice: str
    engine: str
    text: str
    width_px: int
    height_px: int
    fps: int
    captions: bool
    seed: int
    """Whatever is random in the picture follows from it."""
    epoch: str
    manner: Mapping[str, Any] = field(default_factory=dict)
    """How it is to be read, spoken and shown: what `tasks.manner.Manner.to_json` gave. Read by
    whoever needs it, so that a reaper of an older build can look after a newer one's rows."""
    open: bool = False
    """Whether text may still be appended."""
    recording_id: str | None = None
    """The recording that is spoken; the text is then what is said in it, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUtterance(Wish):
    """A wish that is to become a row."""

    id: str = field(default_factory=new_utterance_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceRow(Wish):
    """An utterance as the database holds it; times are aware and in UTC."""

    id: str
    state: UtteranceState
    flushed: int
    """Up to which character the writer asked for it to be said at once."""
    appended_at: datetime | None
    """When its writer was last heard of; None for a text that came whole."""
    error_code: str | None
    error_message: str | None
    created_at: datetime
    doorbell_at: datetime | None
    """When a worker was last asked to take it up."""
    doorbells: int
    """How often it was rung."""
    started_at: datetime | None
    finished_at: datetime | None
    chunks: int | None
    frames: int | None
    duration_ms: int | None
    video_key: str | None
    captions_key: str | None
    video_bytes: int | None
    expired_at: datetime | None
    """When retention removed its files and its text."""

    @property
    def finished(self) -> bool:
        """Whether it is done, failed or cancelled; that never changes again."""
        return self.state not in UNFINISHED_STATES


def _frozen(row: Utterance) -> UtteranceRow:
    return UtteranceRow(**{column.name: getattr(row, column.name) for column in fields(UtteranceRow)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """What a writer adds to an open text."""

    text: str = ""
    at: int | None = None
    """How many characters the writer takes the text to have; None does not care."""
    flush: bool = False
    """Whether all there is then is to be said at once, whatever follows."""
    end: bool = False
    """Whether nothing follows."""


_UNFINISHED = Utterance.state.in_(UNFINISHED_STATES)
_SOMETHING_KEPT = or_(Utterance.expired_at.is_(None), Utterance.text != "")
"""Rows that expired while their text was still kept past the files are among them."""


class Utterances:
    """The table of utterances."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, new: NewUtterance) -> UtteranceRow:
        """Write a row in state queued and return it.

        An open one's writer is taken to be heard of now.

        Raises:
            sqlalchemy.exc.IntegrityError: the avatar has no row, or the id is taken.
        """
        now = datetime.now(UTC)
        row = Utterance(
            **{part.name: getattr(new, part.name) for part in fields(NewUtterance)},
            state="queued",
            created_at=now,
            doorbells=0,
            flushed=0,
            appended_at=now if new.open else None,
        )
        with self._database.transaction() as db:
            db.add(row)
            db.flush()
            return _frozen(row)

    def discard(self, utterance_id: str) -> bool:
        """Remove a row that no stream was made for. False if it is gone or no longer queued."""
        with self._database.transaction() as db:
            queued = (Utterance.id == utterance_id, Utterance.state == "queued")
            found = db.scalars(select(Utterance.id).where(*queued)).first()
            db.execute(delete(Utterance).where(*queued))
            return found is not None

    def get(self, utterance_id: str) -> UtteranceRow | None:
        """Return a row, or None if there is none."""
        return self._first(select(Utterance).where(Utterance.id == utterance_id))

    def ended(self, utterance_id: str) -> UtteranceRow | None:
        """Return a row if it is done, failed or cancelled."""
        return self._first(select(Utterance).where(Utterance.id == utterance_id, ~_UNFINISHED))

    def get_owned(self, utterance_id: str, owner: str) -> UtteranceRow | None:
        """Return a row if it is this owner's; another's looks the same as none."""
        return self._first(select(Utterance).where(Utterance.id == utterance_id, Utterance.owner == owner))

    def mark_running(self, utterance_id: str) -> bool:
        """Note that a worker has taken it up. False if it was not queued."""
        return self._change(
            utterance_id, Utterance.state == "queued", state="running", started_at=datetime.now(UTC)
        )

    def append(self, utterance_id: str, more: Append) -> bool:
        """Append to an open text, in one step. False if that cannot be done as things stand.

        It can where the text is open, the utterance has not finished, the text is as long as
        `more.at` says, and it is not longer afterwards than a text may be.
        """
        length = func.length(Utterance.text)
        possible = [Utterance.open, _UNFINISHED, length <= LONGEST_TEXT - len(more.text)]
        if more.at is not None:
            possible.append(length == more.at)
        flushed = {"flushed": length + len(more.text)} if more.flush else {}
        return self._change(
            utterance_id,
            and_(*possible),
            text=Utterance.text + more.text,
            open=not more.end,
            appended_at=datetime.now(UTC),
            **flushed,
        )

    def add_words(self, utterance_id: str, words: Mapping[str, str]) -> bool:
        """Give an open text more words of its owner's lexicon. False if it is not open any more.

        A word that it has is said on as before: part of the text may have been spoken.
        """
        with self._database.transaction() as db:
            row = db.get(Utterance, utterance_id, with_for_update=True)
            if row is None or not row.open:
                return False
            row.manner = {**row.manner, "lexicon": {**words, **row.manner.get("lexicon", {})}}
            return True

    def end_silent(self, utterance_id: str, last_heard: datetime) -> bool:
        """End an open text whose writer has not been heard of since a time. False if there is none such."""
        silent = and_(Utterance.open, Utterance.appended_at <= last_heard)
        return self._change(utterance_id, silent, open=False)

    def begin_anew(self, utterance_id: str, at: datetime) -> bool:
        """Note when the first word of a running utterance was there to be said. False if it has finished."""
        return self._change(utterance_id, Utterance.state == "running", started_at=at)

    def mark_done(self, utterance_id: str, chunks: int, frames: int, duration_ms: int) -> bool:
        """Note that its stream has ended whole. False if it had finished already."""
        return self._finish(
            utterance_id, "done", chunks=chunks, frames=frames, duration_ms=duration_ms
        )

    def mark_failed(self, utterance_id: str, code: str, message: str) -> bool:
        """Note why it cannot be spoken. False if it had finished already."""
        return self._finish(utterance_id, "failed", error_code=code, error_message=message)

    def mark_cancelled(self, utterance_id: str) -> bool:
        """Note that somebody stopped it. False if it had finished already."""
        return self._finish(utterance_id, "cancelled")

    def set_files(
        self, utterance_id: str, video_key: str, captions_key: str | None, video_bytes: int
    ) -> bool:
        """Note where its finished files are. False if it is not done or has expired."""
        return self._change(
            utterance_id,
            and_(Utterance.state == "done", Utterance.expired_at.is_(None)),
            video_key=video_key,
            captions_key=captions_key,
            video_bytes=video_bytes,
        )

    def rang(self, utterance_id: str, at: datetime) -> bool:
        """Note that a worker was asked to take it up. False if it had finished."""
        return self._change(
            utterance_id, _UNFINISHED, doorbell_at=at, doorbells=Utterance.doorbells + 1
        )

    def mark_expired(self, utterance_id: str, at: datetime) -> bool:
        """Note that its files are gone for good, and forget its text with them.

        False unless it has finished and is not yet expired.
        """
        return self._change(
            utterance_id,
            and_(~_UNFINISHED, _SOMETHING_KEPT),
            text="",
            video_key=None,
            captions_key=None,
            video_bytes=None,
            expired_at=func.coalesce(Utterance.expired_at, at),
        )

    def unfinished(self) -> Sequence[UtteranceRow]:
        """Return the rows that are queued or running, oldest first."""
        return self._all(select(Utterance).where(_UNFINISHED).order_by(Utterance.created_at, Utterance.id))

    def without_file(self) -> Sequence[UtteranceRow]:
        """Return the rows that are done and still lack their video, oldest first."""
        kept = and_(Utterance.state == "done", Utterance.expired_at.is_(None))
        lacking = Utterance.video_key.is_(None)
        return self._all(select(Utterance).where(kept, lacking).order_by(Utterance.finished_at, Utterance.id))

    def expired(self, now: datetime, retention: timedelta) -> Sequence[UtteranceRow]:
        """Return finished rows older than the retention whose files or text may still be kept."""
        old = and_(Utterance.finished_at <= now - retention, _SOMETHING_KEPT)
        return self._all(select(Utterance).where(old).order_by(Utterance.finished_at, Utterance.id))

    def list_owned(self, owner: str, limit: int, before: str | None = None) -> Sequence[UtteranceRow]:
        """Return an owner's rows, newest first.

        Args:
            owner: whose.
            limit: how many at most.
            before: id of the last row of the page before this one; one that is not this
                owner's gives an empty page.
        """
        query = select(Utterance).where(Utterance.owner == owner)
        if before is not None:
            last = self.get_owned(before, owner)
            if last is None:
                return []
            query = query.where(
                or_(
                    Utterance.created_at < last.created_at,
                    and_(Utterance.created_at == last.created_at, Utterance.id < last.id),
                )
            )
        return self._all(query.order_by(Utterance.created_at.desc(), Utterance.id.desc()).limit(limit))

    def count_by_state(self) -> dict[str, int]:
        """Return how many rows are in each state that has any."""
        with self._database.reading() as db:
            return dict(db.execute(select(Utterance.state, func.count()).group_by(Utterance.state)).all())

    def _finish(self, utterance_id: str, state: UtteranceState, **values: object) -> bool:
        return self._change(utterance_id, _UNFINISHED, state=state, finished_at=datetime.now(UTC), **values)

    def _change(self, utterance_id: str, condition: ColumnElement[bool], **values: object) -> bool:
        change = update(Utterance).where(Utterance.id == utterance_id, condition).values(**values)
        unsynchronised = change.returning(Utterance.id).execution_options(synchronize_session=False)
        with self._database.transaction() as db:
            return db.scalar(unsynchronised) is not None

    def _first(self, query: Select[Any]) -> UtteranceRow | None:
        with self._database.reading() as db:
            row = db.scalars(query).first()
            return None if row is None else _frozen(row)

    def _all(self, query: Select[Any]) -> Sequence[UtteranceRow]:
        with self._database.reading() as db:
            return [_frozen(row) for row in db.scalars(query)]
