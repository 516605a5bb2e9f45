"""A lexicon as a table, to be kept in a file and sent elsewhere: word, tab, what is spoken, tab, note.

UTF-8, one entry a line; empty lines, lines that begin with `#` and a line of column names at
the top are passed over. Entries that come in number are checked here too, since each that is
wrong is told by its place. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from lipsync.text.errors import EntriesWrong, EntryWrong
from lipsync.text.lexicon import Entry, check_entry

COLUMNS: Final = ("word", "spoken", "note")
MOST_TOLD: Final = 20
"""Wrong entries that are named; a table of another kind would fill pages."""

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class RawEntry(NamedTuple):
    """What somebody wants to be an entry."""

    word: str
    spoken: str
    note: str = ""
    line: int | None = None
    """Where it stands in a table, from 1."""


def read_table(text: str) -> list[RawEntry]:
    """Return the rows of a table, not yet checked.

    Raises:
        EntriesWrong: a line has too few or too many columns; every such line is counted.
    """
    rows: list[RawEntry] = []
    wrong: list[Mapping[str, str]] = []
    place, at_top = 0, True
    for line, row in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), 1):
        cells = [cell.strip() for cell in row.split("\t")]
        if not row.strip() or row.startswith("#"):
            continue
        heading, at_top = at_top and _is_heading(cells), False
        if heading:
            continue
        if 2 <= len(cells) <= len(COLUMNS):
            rows.append(RawEntry(cells[0], cells[1], "".join(cells[2:]), line))
        else:
            problem = f"line {line} has {len(cells)} columns; word, tab, spoken is allowed, and tab, note"
            wrong.append({"field": f"items.{place}", "problem": problem})
        place += 1
    if wrong:
        raise EntriesWrong(wrong[:MOST_TOLD], len(wrong))
    return rows


def write_table(entries: Iterable[Sequence[str]]) -> str:
    """Return a table of entries, each a word, what is spoken and a note; `read_table` reads it back."""
    return "".join("\t".join(row).rstrip("\t") + "\n" for row in (COLUMNS, *entries))


def check_entries(raw: Iterable[RawEntry]) -> list[Entry]:
    """Return entries, all of them or none.

    Raises:
        EntriesWrong: some are not what they may be, or are there twice; tells which by place,
            such as `items.3.spoken`, and by line where they came in a table.
    """
    entries: list[Entry] = []
    wrong: list[Mapping[str, str]] = []
    places: dict[str, int] = {}
    for place, each in enumerate(raw):
        try:
            entry = check_entry(each.word, each.spoken, each.note)
        except EntryWrong as error:
            wrong += [_told(place, each, told["field"], told["problem"]) for told in error.errors]
            continue
        if places.setdefault(entry.key, place) != place:
            wrong.append(_told(place, each, "word", f"is the word of items.{places[entry.key]} too"))
        entries.append(entry)
    if wrong:
        raise EntriesWrong(wrong[:MOST_TOLD], len(wrong))
    return entries


def _is_heading(cells: list[str]) -> bool:
    return len(cells) >= 2 and tuple(cell.lower() for cell in cells) == COLUMNS[: len(cells)]


def _told(place: int, each: RawEntry, field: str, problem: str) -> dict[str, str]:
    where = "" if each.line is None else f"line {each.line}: "
    return {"field": f"items.{place}.{field}", "problem": where + problem}
