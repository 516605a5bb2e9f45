"""Rows of lexicons: each owner's words with what is spoken for them, and the house's for everybody.

Between the front door, which changes them, and utterances, into which the words that their
text has are copied when they are made. What an entry may be is `lipsync.text.lexicon`'s.
Standard library and SQLAlchemy only, so the front door may use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from avatars.database import Database, LexiconEntry
from avatars.errors import LexiconFull
from avatars.registry import HOUSE
from lipsync.text.letters import ZWNJ
from lipsync.text.lexicon import VOWEL_MARKS, Entry, first_parts, fold_word, words_of

MOST_ENTRIES: Final = 10_000
"""Of one owner."""
MOST_LISTED: Final = 100

_WRITTEN_AT_ONCE: Final = 500
"""Rows of one statement: eight values each stay far below what SQLite takes."""
_ASKED_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as it is kept."""

    owner: str
    word: str
    """As written."""
    key: str
    """What it is compared by, and listed in the order of."""
    spoken: str
    note: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What writing entries did."""

    added: int
    replaced: int
    entries: int
    """How many the lexicon has now."""


class Lexicons:
    """The lexicons there are; every owner has one, empty at first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, owner: str, entries: Sequence[Entry]) -> Taken:
        """Write entries, each in the place of one with the same key, all of them or none.

        Args:
            owner: whose lexicon.
            entries: with keys that differ.

        Raises:
            LexiconFull: there would be more than `MOST_ENTRIES`. Writers that meet may pass it by
                as much as they bring.
        """
        now = datetime.now(UTC)
        with self._database.transaction() as db:
            before = _count(db, owner)
            known = _known(db, owner, [entry.key for entry in entries])
            total = before + len(entries) - known
            if total > max(MOST_ENTRIES, before):
                raise LexiconFull(total, MOST_ENTRIES)
            for start in range(0, len(entries), _WRITTEN_AT_ONCE):
                _write(db, owner, entries[start : start + _WRITTEN_AT_ONCE], now)
        return Taken(added=len(entries) - known, replaced=known, entries=total)

    def get(self, owner: str, word: str) -> EntryRow | None:
        """Return the entry of a word, written in any of its ways; None if there is none."""
        with self._database.reading() as db:
            row = db.get(LexiconEntry, (owner, fold_word(word)))
            return None if row is None else _frozen(row)

    def remove(self, owner: str, word: str) -> bool:
        """Remove the entry of a word; return whether there was one."""
        of = (LexiconEntry.owner == owner, LexiconEntry.word == fold_word(word))
        with self._database.transaction() as db:
            return bool(db.execute(delete(LexiconEntry).where(*of).returning(LexiconEntry.word)).all())

    def list(
        self, owner: str, *, text: str = "", after: str = "", limit: int = MOST_LISTED
    ) -> Sequence[EntryRow]:
        """Return a page of a lexicon in the order of its keys.

        Args:
            owner: whose.
            text: what the words, or what is spoken for them, must have in them, vowel marks left out;
                "" is all.
            after: the key behind which the page begins; "" is the beginning.
            limit: entries at most.
        """
        query = select(LexiconEntry).where(LexiconEntry.owner == owner)
        asked = fold_word(text)
        if asked:
            spoken: ColumnElement[str] = func.replace(LexiconEntry.spoken, ZWNJ, " ")
            for mark in VOWEL_MARKS:
                spoken = func.replace(spoken, mark, "")
            query = query.where(
                LexiconEntry.word.icontains(asked, autoescape=True) | spoken.icontains(asked, autoescape=True)
            )
        if after:
            query = query.where(LexiconEntry.word > after)
        with self._database.reading() as db:
            rows = db.scalars(query.order_by(LexiconEntry.word).limit(limit)).all()
            return [_frozen(row) for row in rows]

    def count(self, owner: str) -> int:
        """Return how many entries a lexicon has."""
        with self._database.reading() as db:
            return _count(db, owner)

    def words_of(self, text: str, owner: str) -> dict[str, str]:
        """Return the words of a text that are in a lexicon, as written there, with what is spoken.

        The owner's own stand before the house's, which are for everybody. One query, and none
        for a text without a letter.
        """
        asked = sorted(first_parts(text))
        if not asked:
            return {}
        columns = select(LexiconEntry.owner, LexiconEntry.word, LexiconEntry.written, LexiconEntry.spoken)
        # A text has at most as many parts as half its characters; each is one parameter.
        of = (LexiconEntry.owner.in_((owner, HOUSE)), LexiconEntry.first_part.in_(asked))
        with self._database.reading() as db:
            rows = db.execute(columns.where(*of)).all()
        # The owner's last, since the later of two with one key is kept.
        rows = sorted(rows, key=lambda row: (row.owner == owner, row.word))
        chosen = {row.word: (row.written, row.spoken) for row in rows}
        return words_of(text, dict(chosen.values())) if chosen else {}


def _count(db: Session, owner: str) -> int:
    return db.scalar(select(func.count()).where(LexiconEntry.owner == owner)) or 0


def _known(db: Session, owner: str, keys: Sequence[str]) -> int:
    """Return how many of some keys a lexicon has."""
    known = 0
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        asked = keys[start : start + _ASKED_AT_ONCE]
        of = (LexiconEntry.owner == owner, LexiconEntry.word.in_(asked))
        known += db.scalar(select(func.count()).where(*of)) or 0
    return known


def _write(db: Session, owner: str, entries: Sequence[Entry], now: datetime) -> None:
    rows: list[dict[str, Any]] = [
        {
            "owner": owner, "word": entry.key, "first_part": entry.first_part, "written": entry.word,
            "spoken": entry.spoken, "note": entry.note, "created_at": now, "updated_at": now,
        }
        for entry in entries
    ]  # fmt: skip
    if not rows:
        return
    insert = sqlite.insert if db.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(LexiconEntry).values(rows)
    newer = {name: statement.excluded[name] for name in ("written", "spoken", "note", "updated_at")}
    db.execute(statement.on_conflict_do_update(index_elements=["owner", "word"], set_=newer))


def _frozen(row: LexiconEntry) -> EntryRow:
    return EntryRow(
        owner=row.owner, word=row.written, key=row.word, spoken=row.spoken, note=row.note,
        created_at=row.created_at, updated_at=row.updated_at,
    )  # fmt: skip
