"""How words are spoken: each owner's lexicon, and the house's, which holds for everybody below it.

Rows are `avatars.lexicons`', what an entry may be is `lipsync.text.lexicon`'s. An utterance
takes the words of its text with it when it is made (web.speak_routes): a change here is heard
in what is asked for afterwards.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from avatars.errors import LexiconFull
from avatars.lexicons import MOST_ENTRIES, EntryRow
from avatars.registry import HOUSE
from lipsync.text.lexicon import check_entry
from lipsync.text.lexicon_table import check_entries
from web.auth import this_caller
from web.avatar_view import ADMIN
from web.bodies import WrongFields, read_entry, read_lexicon
from web.paging import page_limit
from web.refusals import HouseForAdmins, NoSuchWord
from web.services import services

lexicon = Blueprint("lexicon", __name__, url_prefix="/v1")


@lexicon.get("/lexicon")
def show_all() -> Response:
    """Show a lexicon in the order of its words, a page at a time."""
    owner, limit, lexicons = _owner(), page_limit(), services().lexicons
    asked, after = request.args.get("q", "")[:200], request.args.get("after", "")
    rows = lexicons.list(owner, text=asked, after=after, limit=limit)
    following = rows[-1].key if len(rows) == limit else None
    shown = [_shown(row) for row in rows]
    return jsonify(entries=shown, next=following, count=lexicons.count(owner), limit=MOST_ENTRIES)


@lexicon.get("/lexicon/<word>")
def show(word: str) -> Response:
    """Show one entry, its word written in any of its ways."""
    return jsonify(_shown(_found(_owner(), word)))


@lexicon.put("/lexicon/<word>")
def put(word: str) -> tuple[Response, int, dict[str, str]]:
    """Add an entry, or put it in the place of the one of the same word."""
    owner, body = _owner(), read_entry(request)
    entry = check_entry(word, body.spoken, body.note)
    taken = services().lexicons.put(owner, [entry])
    row = _found(owner, entry.word)
    return jsonify(_shown(row)), 201 if taken.added else 200, {"Location": _address(row)}


@lexicon.delete("/lexicon/<word>")
def remove(word: str) -> tuple[Response, int]:
    """Remove an entry; the word is read as every other again."""
    if not services().lexicons.remove(_owner(), word):
        raise NoSuchWord(word)
    return Response(), 204


@lexicon.post("/lexicon:import")
def take() -> Response:
    """Add or replace many entries, all of them or none."""
    owner, raw = _owner(), read_lexicon(request)
    if len(raw) > MOST_ENTRIES:
        raise LexiconFull(len(raw), MOST_ENTRIES)
    taken = services().lexicons.put(owner, check_entries(raw))
    return jsonify(added=taken.added, replaced=taken.replaced, count=taken.entries, limit=MOST_ENTRIES)


def _owner() -> str:
    """Return whose lexicon is meant.

    Raises:
        WrongFields: `house` is neither true nor false.
        HouseForAdmins: the house's is asked for by somebody else.
    """
    asked, caller = request.args.get("house", "false"), this_caller()
    if asked not in ("true", "false"):
        raise WrongFields([{"field": "house", "problem": "must be true or false"}], ["house"])
    if asked == "false":
        return caller.owner
    if caller.role != ADMIN:
        raise HouseForAdmins
    return HOUSE


def _found(owner: str, word: str) -> EntryRow:
    row = services().lexicons.get(owner, word)
    if row is None:
        raise NoSuchWord(word)
    return row


def _shown(row: EntryRow) -> dict[str, Any]:
    return {
        "word": row.word, "spoken": row.spoken, "note": row.note,
        "created_at": row.created_at.isoformat(), "updated_at": row.updated_at.isoformat(),
        "links": {"self": _address(row)},
    }  # fmt: skip


def _address(row: EntryRow) -> str:
    if row.owner == HOUSE:
        return url_for("lexicon.show", word=row.word, house="true")
    return url_for("lexicon.show", word=row.word)
