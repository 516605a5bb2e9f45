"""One utterance: create, look at, watch, cancel.

Order is everything in `create`: the row and the stream stand before the doorbell rings,
so that a worker and a socket that are quick both find them. Files are in web.file_routes.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

import kombu.exceptions
import sqlalchemy.exc
import structlog
from flask import Blueprint, Response, jsonify, request, url_for

from lipsync import clock
from lipsync.text.checks import LONGEST_TEXT
from lipsync.text.lines import cues_of
from tasks.catalogue import is_painted, parse_size
from tasks.errors import QueueFull, StreamUnreachable
from tasks.manner import Manner
from tasks.stream import StreamState
from tasks.utterances import NewUtterance, UtteranceRow, new_utterance_id
from web.advice import NO_SPEECH, NO_TRANSCRIPT, Advice, loudness_advice, reading_advice, voice_advice
from web.auth import this_caller
from web.avatar_view import seen_by
from web.bodies import UtteranceBody, read_ticket, read_utterance
from web.paging import page_limit
from web.protocol import writing_ticket
from web.refusals import KeyReused, NoSuchUtterance
from web.services import services
from web.speech_choice import check_languages, choose_voice, in_language_of_all
from web.tokens import Caller

TICKET_LIVES_S: Final = 30
_PAGE: Final = 20

_SAME: Final = ("avatar_id", "engine", "voice", "width_px", "height_px", "captions", "seed",
                "recording_id")  # fmt: skip
"""What two requests with one Idempotency-Key must agree in, beside the manner and the text."""

log = structlog.get_logger(__name__)
speak = Blueprint("speak", __name__, url_prefix="/v1/utterances")


@speak.post("")
def create() -> tuple[Response, int, dict[str, str]]:
    """Take a text and answer with where to watch it being spoken."""
    body = read_utterance(request)
    new, warnings = _plan(body)
    before = _repeated(new)
    if before is not None:
        return _created(before, body, warnings, status=200)
    services().refuse_if_leaving()
    return _created(_write(new), body, warnings, status=201)


def _plan(body: UtteranceBody) -> tuple[NewUtterance, list[Advice]]:
    """Check every name and fill in what was left open; return what is to be told beside."""
    return _plan_text(body) if body.recording is None else _plan_recording(body, body.recording)


def _plan_recording(body: UtteranceBody, recording_id: str) -> tuple[NewUtterance, list[Advice]]:
    recording = services().recordings.use(recording_id, this_caller().owner)
    transcript = body.transcript.strip()
    warnings = [] if transcript or not body.captions else [NO_TRANSCRIPT]
    if not (recording.report or {}).get("speaks", True):
        warnings.append(NO_SPEECH)
    warnings += loudness_advice(recording.report or {})
    manner = Manner(language=body.language, burned=body.look())
    new = replace(
        _drawn(body), text=transcript, recording_id=recording.id, manner=manner.to_json(),
        captions=body.captions and bool(transcript),
    )  # fmt: skip
    return new, warnings


def _plan_text(body: UtteranceBody) -> tuple[NewUtterance, list[Advice]]:
    house, caller = services(), this_caller()
    avatar = house.registry.get(body.avatar, seen_by=seen_by())
    drawn = _drawn(body)
    script = _manner(body).script(body.text)
    asked = body.language or script.language
    voice, language = choose_voice(house.catalogue, body.voice, avatar.voice, asked)
    check_languages(house.catalogue, script)
    # Of a text that is still being written the letters are not known yet.
    told = in_language_of_all(script)
    warnings = [] if body.open else voice_advice(told, voice, house.catalogue.voices())
    warnings += reading_advice(script)
    new = replace(
        drawn,
        voice=voice.name,
        # Copied in: whoever speaks the rest after a takeover says the same, whatever the lexicon has by then.
        manner=replace(
            _manner(body), language=language, lexicon=house.lexicons.words_of(script.shown, caller.owner)
        ).to_json(),
    )
    return new, warnings


def _drawn(body: UtteranceBody) -> NewUtterance:
    """Return what is drawn, and for whom; who speaks and what is still open.

    Raises:
        UnknownSize, UnknownAvatar, UnknownEngine, CaptionsUndrawable, NoWorkerYet: by their names.
    """
    house, caller = services(), this_caller()
    size = parse_size(body.size)
    avatar = house.registry.get(body.avatar, seen_by=seen_by())
    engine = body.engine or house.settings.engine_for(avatar.engine)
    house.catalogue.check_engine(engine)
    if body.look() is not None:
        house.catalogue.check_captions()
    sid = _utterance_id(caller)
    return NewUtterance(
        id=sid,
        owner=caller.owner,
        avatar_id=avatar.id,
        avatar_version=avatar.version,
        voice="",
        engine=engine,
        text=body.text,
        width_px=size.width_px,
        height_px=size.height_px,
        fps=clock.FPS,
        captions=body.captions,
        # From the id, which is random or made from the Idempotency-Key: a request that comes
        # again without a seed means the same one.
        seed=int(sid[:8], 16) >> 1 if body.seed is None else body.seed,
        epoch=secrets.token_hex(8),
        open=body.open,
    )


def _manner(body: UtteranceBody) -> Manner:
    return Manner(
        language=body.language,
        burned=body.look(),
        ssml=body.tagged,
        rate=body.rate,
        pitch_semitones=body.pitch,
        volume_db=body.volume,
    )


def _utterance_id(caller: Caller) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return new_utterance_id()
    # The same key of the same owner always names the same row, so nothing else is kept.
    return hmac.new(caller.owner.encode(), key.encode(), hashlib.sha256).hexdigest()[:32]


def _repeated(new: NewUtterance) -> UtteranceRow | None:
    """Return the row an earlier request with this Idempotency-Key made. Raises KeyReused."""
    if not request.headers.get("Idempotency-Key"):
        return None
    row = services().utterances.get_owned(new.id, new.owner)
    return None if row is None else _same(row, new)


def _same(row: UtteranceRow, new: NewUtterance) -> UtteranceRow:
    """Return the row if it is what is asked for now. Raises KeyReused."""
    opened = row.appended_at is not None
    same_text = row.text.startswith(new.text) if opened else row.text == new.text
    if opened != new.open or not same_text or any(getattr(row, n) != getattr(new, n) for n in _SAME):
        raise KeyReused
    if _asked_manner(row.manner) != _asked_manner(new.manner):
        raise KeyReused
    return row


def _asked_manner(manner: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a manner stood in the request; the lexicon may have changed between two of them."""
    return {name: value for name, value in manner.items() if name != "lexicon"}


def _write(new: NewUtterance) -> UtteranceRow:
    house = services()
    limit = house.settings.queue_limit
    try:
        row = house.utterances.create(new)
    except sqlalchemy.exc.IntegrityError:
        # Two requests with one Idempotency-Key at the same moment: the other one made it.
        made = house.utterances.get_owned(new.id, new.owner)
        if made is None:
            raise
        return _same(made, new)
    try:
        house.stream.create(row.id, row.epoch, queue_limit=limit, painted=is_painted(row.engine))
    except (QueueFull, StreamUnreachable):
        # Nothing is left behind: the same request may come again, under the same Idempotency-Key.
        house.utterances.discard(row.id)
        raise
    try:
        house.ring(row.id, row.engine)
    except kombu.exceptions.OperationalError:
        # The stream stands and is due: the reaper rings in a few seconds.
        log.warning("doorbell_silent", utterance=row.id)
    return row


def _created(
    row: UtteranceRow, body: UtteranceBody, warnings: list[Advice], *, status: int
) -> tuple[Response, int, dict[str, str]]:
    manner = Manner.from_json(row.manner)
    shown = manner.script(row.text).shown
    answer = {
        "id": row.id,
        "state": row.state,
        "position": services().place(row.id),
        "stream": {**_ticket(row), "epoch": row.epoch},
        "avatar": row.avatar_id,
        "voice": row.voice or None,
        "voice_from": _voice_from(body),
        "recording": row.recording_id,
        "size": _size(row),
        "captions": row.captions,
        "language": manner.language,
        # What captions show and positions count in: the text without its tags.
        "shown": shown,
        # Where the lines of the captions break, so that a page can show each cue whole.
        "cues": [cue.lines for cue in cues_of(shown, manner.language)] if _laid_out(row) else [],
        "seed": row.seed,
        "warnings": [asdict(warning) for warning in warnings],
        "links": _links(row),
    }
    if row.appended_at is not None:
        answer["text"] = {
            "url": f"{_links(row)['self']}/text", "ticket": _ticket(row, write=True)["ticket"],
            **_written(row),
        }  # fmt: skip
    return jsonify(answer), status, {"Location": url_for("speak.show", utterance_id=row.id)}


def _laid_out(row: UtteranceRow) -> bool:
    """Whether the answer tells how the captions are laid out; a long transcript would keep it waiting."""
    return row.captions and len(row.text) <= LONGEST_TEXT


def _voice_from(body: UtteranceBody) -> str:
    if body.recording is not None:
        return "recording"
    return "avatar" if body.voice is None else "request"


@speak.post("/<utterance_id>/tickets")
def ticket(utterance_id: str) -> tuple[Response, int]:
    """Give another ticket, for a resume."""
    row = owned(utterance_id)
    write = read_ticket(request).write
    return jsonify({**_ticket(row, write=write), "epoch": row.epoch, "expires_in_s": TICKET_LIVES_S}), 201


@speak.get("/<utterance_id>")
def show(utterance_id: str) -> Response:
    """Show one utterance."""
    return jsonify(_shown(owned(utterance_id)))


@speak.get("")
def show_all() -> Response:
    """Show the caller's utterances, newest first, a page at a time."""
    limit = page_limit(_PAGE)
    rows = services().utterances.list_owned(this_caller().owner, limit, request.args.get("before"))
    following = rows[-1].id if len(rows) == limit else None
    return jsonify(utterances=[_shown(row) for row in rows], next=following)


@speak.delete("/<utterance_id>")
def cancel(utterance_id: str) -> tuple[Response, int]:
    """Stop an utterance within one chunk; one that has ended stays as it is."""
    house = services()
    row = owned(utterance_id)
    if row.finished:
        return jsonify(_shown(row)), 200
    if not house.stream.request_cancel(row.id):
        return jsonify(_shown(row)), 202
    meta = house.stream.meta(row.id)
    if meta is None or meta.state is StreamState.CANCELLED:
        # Nobody holds it who would write the row. An ending of another kind is its worker's to note.
        house.utterances.mark_cancelled(row.id)
    return jsonify(_shown(owned(utterance_id))), 200


def owned(utterance_id: str) -> UtteranceRow:
    """Return the caller's utterance. Raises NoSuchUtterance, also for another's."""
    row = services().utterances.get_owned(utterance_id, this_caller().owner)
    if row is None:
        raise NoSuchUtterance(utterance_id)
    return row



def _ticket(row: UtteranceRow, *, write: bool = False) -> dict[str, str]:
    made = secrets.token_urlsafe(24)
    opens = writing_ticket(row.id) if write else row.id
    services().stream.issue_ticket(made, opens, ttl_s=TICKET_LIVES_S)
    # A path: scheme and host are the client's to know, and a proxy may have changed both.
    return {"url": _links(row)["stream"], "ticket": made}


def _written(row: UtteranceRow) -> dict[str, Any]:
    return {"length": len(row.text), "open": row.open and not row.finished}


def _size(row: UtteranceRow) -> str:
    return f"{row.width_px}x{row.height_px}"


def _links(row: UtteranceRow) -> dict[str, str]:
    own = url_for("speak.show", utterance_id=row.id)
    return {
        "self": own, "stream": f"{own}/stream", "tickets": f"{own}/tickets",
        "video": f"{own}/video.mp4", "captions": f"{own}/captions.vtt",
        "srt": f"{own}/captions.srt",
    }  # fmt: skip


def _shown(row: UtteranceRow) -> dict[str, Any]:
    links = _links(row)
    error = None if row.error_code is None else {"code": row.error_code, "message": row.error_message}
    times = {
        name: None if at is None else at.isoformat()
        for name, at in (
            ("created_at", row.created_at), ("started_at", row.started_at),
            ("finished_at", row.finished_at), ("expired_at", row.expired_at),
        )
    }  # fmt: skip
    manner = Manner.from_json(row.manner)
    captioned = row.captions and row.captions_key is not None
    return {
        "id": row.id, "state": row.state, "error": error,
        "position": services().place(row.id) if row.state == "queued" else None,
        "avatar": row.avatar_id, "avatar_version": row.avatar_version, "voice": row.voice or None,
        "recording": row.recording_id, "engine": row.engine, "text": row.text,
        "shown": manner.script(row.text).shown,
        "open": _written(row)["open"], "language": manner.language, "size": _size(row), "fps": row.fps,
        "captions": row.captions, "burned": manner.burned, "seed": row.seed, "epoch": row.epoch, **times,
        "chunks": row.chunks, "frames": row.frames, "duration_ms": row.duration_ms,
        "video": links["video"] if row.video_key else None, "video_bytes": row.video_bytes,
        "vtt": links["captions"] if captioned else None,
        "srt": links["srt"] if captioned else None, "links": links,
    }  # fmt: skip
