"""What a request body must look like: exact types, no unknown fields.

Between the wire and the routes. A text is judged by `lipsync.text.checks`, names by the
registry and the catalogue; here only shapes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final, Literal, Self, TypeVar

from flask import Request
from pydantic import BaseModel, Field, ValidationError, model_validator

from avatars.batches import MOST_ITEMS
from avatars.lexicons import MOST_ENTRIES
from lipsync.text.caption_style import LARGEST, SMALLEST, CaptionStyle
from lipsync.text.checks import check_stretch, check_text, check_transcript
from lipsync.text.lexicon_table import RawEntry, read_table
from lipsync.text.prosody import (
    FASTEST,
    HIGHEST_SEMITONES,
    LOUDEST_DB,
    LOWEST_SEMITONES,
    SLOWEST,
    SOFTEST_DB,
)
from lipsync.text.ssml import is_ssml, parse_ssml
from tasks.catalogue import DEFAULT_SIZE
from web.exact_body import ExactBody
from web.protocol import MAX_INCOMING_MESSAGE_BYTES
from web.recorded_fields import asks_for_recording
from web.refusals import NothingToBurn

MAX_BODY_BYTES: Final = 256 * 1024
BATCH_BYTES: Final = 4 << 20
"""A thousand items with titles, consents and names take about a quarter of it."""
LEXICON_BYTES: Final = 8 << 20
"""Ten thousand entries of twenty letters with as long a note take about a quarter of it."""
TABLE_TYPE: Final = "text/tab-separated-values"
_MOST_TOLD: Final = 20
"""Wrong fields of a batch that are named."""

_COLOUR: Final = "^#[0-9a-f]{6}$"

_Model = TypeVar("_Model", bound=BaseModel)


class BodyError(Exception):
    """The request's body is not what this address takes."""


class NotJson(BodyError):
    """The body is not JSON; send one object in UTF-8, with each field once."""


class WrongContentType(BodyError):
    """The body is not said to be JSON; send `Content-Type: application/json`."""


class NeitherJsonNorTable(BodyError):
    """The body is neither JSON nor a table; send `application/json` or `text/tab-separated-values`."""


class NotUtf8(BodyError):
    """The table is not in UTF-8; save it in that encoding and send it again."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the table is not UTF-8 at byte {position}; save it in that encoding")
        self.position = position


class WrongFields(BodyError):
    """Fields are missing, unknown or of another type; see `errors`."""

    def __init__(self, errors: Sequence[dict[str, str]], allowed: Sequence[str]) -> None:
        told = "; ".join(f"{error['field']}: {error['problem']}" for error in errors)
        super().__init__(f"{told}. Allowed fields: {', '.join(allowed)}")
        self.errors = tuple(errors)
        self.allowed = tuple(allowed)


class CaptionBody(ExactBody):
    """How captions in the pictures look."""

    back: Literal["box", "stroke"] = "box"
    """A box behind the letters, or a stroke around them."""
    position: Literal["bottom", "top"] = "bottom"
    size: int = Field(default=6, ge=SMALLEST, le=LARGEST)
    """Of the type, in per cent of the picture's shorter side."""
    colour: str = Field(default="#ffffff", pattern=_COLOUR)
    spoken: str | None = Field(default="#ffd54a", pattern=_COLOUR)
    """Of the word that is being spoken; null marks none."""
    behind: str = Field(default="#000000", pattern=_COLOUR)
    """Of the box or the stroke."""
    opacity: int = Field(default=60, ge=0, le=100)
    """Of the box, in per cent."""


class UtteranceBody(ExactBody):
    """POST /v1/utterances."""

    avatar: str = Field(min_length=1, max_length=64)
    text: str = ""
    """What is said; either this or `recording` must be there."""
    recording: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    """Id of a recording that is ready, and is played in place of a text."""
    transcript: str = ""
    """What is said in the recording: shown as captions, its words spread over the voiced parts."""
    voice: str | None = Field(default=None, min_length=1, max_length=64)
    """The avatar's own voice when absent."""
    size: str = Field(default=DEFAULT_SIZE, max_length=16)
    engine: str | None = Field(default=None, min_length=1, max_length=64)
    """The avatar's own engine when absent."""
    captions: bool = True
    burned: bool | CaptionBody = False
    """Whether captions are drawn into the pictures, and how."""
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)
    """Random when absent."""
    language: str | None = Field(default=None, min_length=2, max_length=35)
    """BCP 47 tag of the text; the letters and the voice tell it when absent."""
    ssml: bool | None = None
    """Whether the text has SSML tags; when absent, a text that begins with `<speak` has."""
    rate: float = Field(default=1.0, ge=SLOWEST, le=FASTEST)
    """Times the voice's own rate."""
    pitch: float = Field(default=0.0, ge=LOWEST_SEMITONES, le=HIGHEST_SEMITONES)
    """Semitones above the voice's own pitch."""
    volume: float = Field(default=0.0, ge=SOFTEST_DB, le=LOUDEST_DB)
    """Decibels above the voice's own volume."""
    open: bool = False
    """Whether the text is still being written: more of it is appended while it is spoken."""
    @model_validator(mode="after")
    def _open_is_plain(self) -> Self:
        if self.open and self.tagged:
            raise ValueError("an open text has no SSML: leave out ssml or open")
        return self

    @property
    def tagged(self) -> bool:
        """Whether the text has SSML tags."""
        return is_ssml(self.text) if self.ssml is None else self.ssml

    def look(self) -> dict[str, Any] | None:
        """Return how captions in the pictures look; None for none."""
        if isinstance(self.burned, CaptionBody):
            return self.burned.model_dump()
        return CaptionStyle().to_json() if self.burned else None


class AppendBody(ExactBody):
    """POST /v1/utterances/{id}/text, and the WebSocket message of type `text`."""

    text: str = ""
    """What follows; it ends between code points, else anywhere."""
    at: int | None = Field(default=None, ge=0, le=2**31 - 1)
    """How many code points you take the text to have already: makes a repeated request harmless."""
    flush: bool = False
    """Say all there is at once, whatever follows."""
    end: bool = False
    """Nothing follows."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.text or self.flush or self.end):
            raise ValueError("one of text, flush and end is needed")
        return self


class TicketBody(ExactBody):
    """POST /v1/utterances/{id}/tickets; the body may be left out."""

    write: bool = False
    """Whether its holder may append text as well as watch."""


class AvatarBody(ExactBody):
    """POST /v1/avatars: fields of the form, or of the JSON that names an upload."""

    id: str | None = Field(default=None, min_length=1, max_length=64)
    """Made where it is absent."""
    title_fa: str = Field(default="", max_length=200)
    title_en: str = Field(default="", max_length=200)
    """At least one of the two; the other is taken to be the same."""
    voice: str = Field(min_length=1, max_length=64)
    engine: str = Field(default="warp", min_length=1, max_length=64)
    """What draws it unless an utterance says otherwise."""
    consent_who: str = Field(min_length=1, max_length=255)
    """Who allowed that an avatar be made of them."""
    consent_statement: str = Field(min_length=1, max_length=4000)
    """In which words."""
    consent_evidence_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """Of a file that shows it; with a form the file itself may be sent as `consent_evidence`."""
    upload: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    """Id of a finished upload, where no file comes with the request."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.title_fa.strip() or self.title_en.strip()):
            raise ValueError("title_fa or title_en is needed")
        return self


class RecordingBody(ExactBody):
    """POST /v1/recordings: fields of the form, or of the JSON that names an upload."""

    title: str = Field(default="", max_length=200)
    upload: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    """Id of a finished upload, where no file comes with the request."""


class BatchItem(AvatarBody):
    """One file of POST /v1/avatars:batch."""

    upload: str = Field(pattern="^[0-9a-f]{32}$")
    """Id of a finished upload."""
    file: str = Field(default="", max_length=255)
    """What you call it; told back beside what became of it. Its stem is the title unless one is given."""


class BatchBody(ExactBody):
    """POST /v1/avatars:batch: finished uploads, and what holds for each that does not say otherwise."""

    items: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_ITEMS)
    voice: str | None = None
    engine: str | None = None
    consent_who: str | None = None
    consent_statement: str | None = None
    consent_evidence_sha256: str | None = None


class FaceBody(ExactBody):
    """PATCH /v1/avatars/{id}/face: points set by hand, or one of several faces."""

    points: dict[str, Any] | None = None
    """`{"version": 1, "width", "height", "contours": {name: [[x, y], ...]}}`."""
    choose: int | None = Field(default=None, ge=0, le=15)
    """Number of a face of `faces`."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.points is None) == (self.choose is None):
            raise ValueError("either points or choose is needed")
        return self


class EntryBody(ExactBody):
    """PUT /v1/lexicon/{word}; how long and of what letters they are is the lexicon's to judge."""

    spoken: str
    """Letters with or without vowel marks, 200 at most."""
    note: str = ""
    """For people; one line of 200 characters at most."""


class EntryItem(EntryBody):
    """One entry of POST /v1/lexicon:import."""

    word: str
    """One to four words of letters and digits, without vowel marks, 80 characters at most."""


class LexiconBody(ExactBody):
    """POST /v1/lexicon:import, unless a table comes."""

    items: list[dict[str, Any]] = Field(max_length=MOST_ENTRIES)


class TokenBody(ExactBody):
    """POST /v1/tokens, unless the key comes as a bearer."""

    key: str = Field(min_length=1, max_length=256)


def read_json(request: Request) -> dict[str, Any]:
    """Return the object a request carries.

    Raises:
        WrongContentType: it is said to be something else.
        NotJson: it is not UTF-8, not JSON, not an object, or names a field twice.
        werkzeug.exceptions.RequestEntityTooLarge: it is longer than `MAX_BODY_BYTES`.
    """
    if request.mimetype != "application/json":
        raise WrongContentType
    try:
        body = json.loads(request.get_data(cache=False), object_pairs_hook=_named_once)
    except (ValueError, RecursionError) as error:
        raise NotJson from error
    if not isinstance(body, dict):
        raise NotJson
    return body


def _named_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is named twice")
    return fields


def read_utterance(request: Request) -> UtteranceBody:
    """Return what is to be spoken.

    Raises:
        TextOrRecording, TranscriptAlone, NotForRecordings, NothingToBurn: these do not go together.
        lipsync.text.errors.TextError: the text cannot be spoken.
        WrongFields: a field is missing, unknown or of another type.
        WrongContentType, NotJson: see `read_json`.
    """
    body = read_json(request)
    if asks_for_recording(body, list(UtteranceBody.model_fields)):
        return _of_recording(body)
    if isinstance(body.get("text"), str):
        # Before the model, which would call a lone surrogate a wrong type.
        if body.get("open") is True:
            check_stretch(body["text"])
        else:
            _check_text(body["text"], body.get("ssml"))
    return _validate(UtteranceBody, body)


def _of_recording(body: dict[str, Any]) -> UtteranceBody:
    if isinstance(body.get("transcript"), str):
        check_transcript(body["transcript"])
    read = _validate(UtteranceBody, body)
    if read.burned and not read.transcript.strip():
        raise NothingToBurn
    return read


def _check_text(text: str, ssml: object) -> None:
    tagged = ssml is True or (ssml is None and is_ssml(text))
    check_text(parse_ssml(text).shown if tagged else text)


def read_append(request: Request) -> AppendBody:
    """Return what is to be appended. Raises as `read_utterance`."""
    request.max_content_length = MAX_INCOMING_MESSAGE_BYTES
    return append_of(read_json(request))


def append_of(body: dict[str, Any]) -> AppendBody:
    """Return what is to be appended. Raises WrongFields, and TextError for what no text may hold."""
    if isinstance(body.get("text"), str):
        check_stretch(body["text"])
    return _validate(AppendBody, body)


def read_ticket(request: Request) -> TicketBody:
    """Return which ticket is asked for. Raises as `read_utterance`, save TextError."""
    return _validate(TicketBody, read_json(request) if request.content_length else {})


def read_key(request: Request) -> str:
    """Return the API key in a body. Raises as `read_utterance`, save TextError."""
    return _validate(TokenBody, read_json(request)).key


def read_avatar(fields: Mapping[str, Any]) -> AvatarBody:
    """Return what a new avatar is to be. Raises WrongFields."""
    return _validate(AvatarBody, dict(fields))


def read_recording(fields: Mapping[str, Any]) -> RecordingBody:
    """Return what a new recording is to be called. Raises WrongFields."""
    return _validate(RecordingBody, dict(fields))


def read_batch(request: Request) -> list[BatchItem]:
    """Return the items of a batch, each with what holds for all.

    Raises:
        WrongFields: items or what is around them are wrong; the first twenty fields are named.
        WrongContentType, NotJson: see `read_json`.
        werkzeug.exceptions.RequestEntityTooLarge: it is longer than `BATCH_BYTES`.
    """
    request.max_content_length = BATCH_BYTES
    body = _validate(BatchBody, read_json(request))
    common = {name: value for name, value in body.model_dump(exclude={"items"}).items() if value is not None}
    return _items(BatchItem, (_titled({**common, **item}) for item in body.items))


def _items(model: type[_Model], bodies: Iterable[dict[str, Any]]) -> list[_Model]:
    items: list[_Model] = []
    wrong: list[dict[str, str]] = []
    for place, item in enumerate(bodies):
        try:
            items.append(_validate(model, item))
        except WrongFields as error:
            wrong += [
                {**each, "field": f"items.{place}.{each['field']}".rstrip(".")} for each in error.errors
            ]
    if wrong:
        raise WrongFields(wrong[:_MOST_TOLD], list(model.model_fields))
    return items


def _titled(item: dict[str, Any]) -> dict[str, Any]:
    name = item.get("file")
    if item.keys() & {"title_fa", "title_en"} or not isinstance(name, str):
        return item
    return {**item, "title_en": PurePosixPath(name).stem[:200]}


def read_entry(request: Request) -> EntryBody:
    """Return what is to be spoken for a word. Raises as `read_utterance`, save TextError."""
    return _validate(EntryBody, read_json(request))


def read_lexicon(request: Request) -> list[RawEntry]:
    """Return the entries that come as JSON or as a table, not yet judged.

    Raises:
        WrongFields: a field is missing, unknown or of another type; the first twenty are named.
        lipsync.text.errors.EntriesWrong: lines of a table have too few or too many columns.
        NeitherJsonNorTable, NotUtf8, NotJson: the body is something else.
        werkzeug.exceptions.RequestEntityTooLarge: it is longer than `LEXICON_BYTES`.
    """
    request.max_content_length = LEXICON_BYTES
    if request.mimetype == TABLE_TYPE:
        try:
            return read_table(request.get_data(cache=False).decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise NotUtf8(error.start) from error
    if request.mimetype != "application/json":
        raise NeitherJsonNorTable
    body = _validate(LexiconBody, read_json(request))
    return [RawEntry(item.word, item.spoken, item.note) for item in _items(EntryItem, body.items)]


def read_face(request: Request) -> FaceBody:
    """Return how a face is to be changed. Raises as `read_utterance`, save TextError."""
    return _validate(FaceBody, read_json(request))


def _validate(model: type[_Model], body: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = [
            {"field": ".".join(str(part) for part in each["loc"]), "problem": each["msg"]}
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise WrongFields(found, list(model.model_fields)) from error
