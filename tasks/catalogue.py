"""Voices, engines and sizes, as warm workers announce them.

A worker announces itself every few seconds while it is warm; the front door reads what
is there. What was announced last is remembered, so that a POST is still understood in
the moment when every worker is being restarted. Standard library only: the Redis client
is handed in.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, NamedTuple, Protocol

ANNOUNCE_EVERY_S: Final = 5
"""How often a warm worker announces itself."""

REMEMBERED_S: Final = 1.0
"""How old an answer may be: what is offered changes only when a worker comes or goes."""

ANNOUNCEMENT_LIVES_S: Final = 15
"""How long it counts as warm without saying so again."""

SMALLEST_PX: Final = 256
LARGEST_PX: Final = 1024
PORTRAIT: Final = (720, 1280)
DEFAULT_SIZE: Final = "512x512"
SIZES_ALLOWED: Final = (
    f"{SMALLEST_PX}x{SMALLEST_PX} to {LARGEST_PX}x{LARGEST_PX} (square, even)", "720x1280",
)  # fmt: skip

ENGINE_NEEDS: Final = {
    "wav2lip": "it needs a model file in a worker's asset folder, at wav2lip/wav2lip.onnx (docs/wav2lip.md)"
}
"""What is missing where an engine is known to the house and no worker has it."""

_VERSION: Final = 2
WOMAN: Final = "-woman"
"""Behind a language's tag: its woman's voice."""

_NAMES: Final = "catalogue:workers"
_LAST: Final = "catalogue:last"
_SIZE = re.compile(r"([1-9][0-9]{2,3})x([1-9][0-9]{2,3})", re.ASCII)


def is_painted(engine: str) -> bool:
    """Return whether an engine paints with a network, which not every worker has."""
    return engine in ENGINE_NEEDS


class CatalogueError(LookupError):
    """Something was asked for that no worker offers."""


class UnknownVoice(CatalogueError):
    """No worker speaks with this voice; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no voice {asked!r}; known: {', '.join(known)}")
        self.asked = asked
        self.known = tuple(known)


class UnknownLanguage(CatalogueError):
    """No voice speaks this language; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no language {asked!r}; known: {', '.join(known)}")
        self.asked = asked
        self.known = tuple(known)


class UnknownEngine(CatalogueError):
    """No worker draws with this engine; choose one of those listed, or give a worker what it needs."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        needs = ENGINE_NEEDS.get(asked)
        super().__init__(f"no engine {asked!r}; known: {', '.join(known)}" + (f"; {needs}" if needs else ""))
        self.asked = asked
        self.known = tuple(known)


class CaptionsUndrawable(CatalogueError):
    """No worker has a font for captions in pictures; put one there, or leave `burned` out."""

    def __init__(self) -> None:
        super().__init__(
            "no worker has a font for captions in pictures; run scripts/fonts.sh where the workers are, "
            "or put a TrueType font at fonts/persian.ttf in their asset folder, or leave `burned` out"
        )


class UnknownSize(CatalogueError):
    """No picture of this size is made; choose one of those listed."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"no size {asked!r}; known: {', '.join(SIZES_ALLOWED)}")
        self.asked = asked
        self.known = SIZES_ALLOWED


class NoWorkerYet(CatalogueError):
    """No worker has been warm since the service began; try again in a moment."""

    def __init__(self) -> None:
        super().__init__("no worker has been warm yet; try again in a moment")
        self.retry_after_s = 2


class PictureSize(NamedTuple):
    """Width and height in pixels."""

    width_px: int
    height_px: int


def parse_size(text: str) -> PictureSize:
    """Read a size such as `512x512`.

    Raises:
        UnknownSize: it is not square and even from 256 to 1024, nor 720x1280.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise UnknownSize(text)
    size = PictureSize(int(found[1]), int(found[2]))
    square = size.width_px == size.height_px and size.width_px % 2 == 0
    if size == PORTRAIT or (square and SMALLEST_PX <= size.width_px <= LARGEST_PX):
        return size
    raise UnknownSize(text)


class AnnouncedVoice(Protocol):
    """A voice as whoever holds it describes it."""

    @property
    def name(self) -> str:
        """What it is called in requests."""

    @property
    def language(self) -> str:
        """BCP 47 tag, such as `fa`."""

    @property
    def title_fa(self) -> str:
        """What people call it, in Persian."""

    @property
    def title_en(self) -> str:
        """The same in English."""

    @property
    def licence(self) -> str:
        """What it may be used for, as its publisher says."""

    @property
    def engine(self) -> str:
        """What speaks."""

    @property
    def real_time_factor(self) -> float | None:
        """Seconds it takes for a second of speech; None while nobody has measured it."""

    @property
    def sample(self) -> str:
        """Fingerprint of its sample in storage; empty while there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCard:
    """What a person needs to know to choose a voice."""

    name: str
    language: str
    title_fa: str
    title_en: str
    licence: str = "unknown"
    engine: str = "espeak-ng"
    real_time_factor: float | None = None
    sample: str = ""


class AnnouncedLanguage(Protocol):
    """A language as whoever speaks it describes it."""

    @property
    def tag(self) -> str:
        """BCP 47, lower case; also the name of its man's voice."""

    @property
    def aliases(self) -> Sequence[str]:
        """Other tags of the same."""

    @property
    def title_fa(self) -> str:
        """What people call it, in Persian."""

    @property
    def title_en(self) -> str:
        """The same in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageCard:
    """A language that the embedded voices speak."""

    tag: str
    title_fa: str
    title_en: str
    aliases: tuple[str, ...] = ()

    @property
    def voices(self) -> tuple[str, ...]:
        """Names of its voices: a man's and a woman's."""
        return self.tag, self.tag + WOMAN


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnnouncement:
    """What one warm worker offers."""

    name: str
    """The worker's setting, unique in one stack."""
    owner: str
    """What it writes into leases: its name and this boot of it."""
    streams: int
    """How many it makes at once."""
    voices: Sequence[AnnouncedVoice]
    engines: Sequence[str]
    metrics_port: int
    """Where its /metrics is, on its own loopback."""
    languages: Sequence[AnnouncedLanguage] = ()
    """What it speaks beside the voices that have names of their own."""
    engine_streams: Mapping[str, int] = field(default_factory=dict)
    """How many of them it can draw with an engine; one that is not named draws them all."""
    draws_captions: bool = True
    """Whether it has a font for captions in pictures; a worker that does not say so is tried."""

    def to_json(self) -> str:
        """Return the text that is kept in Redis."""
        body = {
            "version": _VERSION, "name": self.name, "owner": self.owner, "streams": self.streams,
            "voices": [asdict(_card(voice)) for voice in self.voices], "engines": list(self.engines),
            "metrics_port": self.metrics_port,
            "languages": [
                {"tag": each.tag, "aliases": list(each.aliases), "title_fa": each.title_fa,
                 "title_en": each.title_en}
                for each in self.languages
            ],
            "draws_captions": self.draws_captions, "engine_streams": dict(self.engine_streams),
        }  # fmt: skip
        return json.dumps(body, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "WorkerAnnouncement":
        """Read what `to_json` wrote.

        Raises:
            ValueError: it was written by a build that says it otherwise.
        """
        body: dict[str, Any] = json.loads(text)
        if body.pop("version", None) != _VERSION:
            raise ValueError(f"announcement of another version; known: {_VERSION}")
        voices = tuple(VoiceCard(**card) for card in body.pop("voices"))
        languages = tuple(
            LanguageCard(**{**card, "aliases": tuple(card["aliases"])}) for card in body.pop("languages", ())
        )
        return cls(**{**body, "languages": languages, "engines": tuple(body["engines"]), "voices": voices})


def _card(voice: AnnouncedVoice) -> VoiceCard:
    told = {each.name: getattr(voice, each.name) for each in fields(VoiceCard)}
    return VoiceCard(**told)


class RedisClient(Protocol):
    """The few commands used here, as redis-py has them."""

    def set(self, name: str, value: str, *, ex: int | None = None) -> Any:
        """Set a key."""

    def get(self, name: str) -> Any:
        """Return a key's value or None."""

    def mget(self, keys: Sequence[str]) -> Any:
        """Return the values of several keys, None where there is none."""

    def sadd(self, name: str, *values: str) -> Any:
        """Add to a set."""

    def srem(self, name: str, *values: str) -> Any:
        """Remove from a set."""

    def smembers(self, name: str) -> Any:
        """Return a set."""

    def delete(self, *names: str) -> Any:
        """Delete keys."""


def _worker_key(name: str) -> str:
    return f"catalogue:worker:{name}"


class Catalogue:
    """What can be asked for now."""

    def __init__(self, client: RedisClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._remembered: tuple[float, Sequence[WorkerAnnouncement]] = (float("-inf"), ())

    def announce(self, announcement: WorkerAnnouncement) -> None:
        """Say that a worker is warm, for the next 15 seconds."""
        text = announcement.to_json()
        self._client.set(_worker_key(announcement.name), text, ex=ANNOUNCEMENT_LIVES_S)
        self._client.set(_LAST, text)
        self._client.sadd(_NAMES, announcement.name)

    def withdraw(self, name: str) -> None:
        """Take a worker's announcement back, when it drains."""
        self._client.delete(_worker_key(name))
        self._client.srem(_NAMES, name)

    def workers(self) -> Sequence[WorkerAnnouncement]:
        """Return the warm workers, by name."""
        names = sorted(_text(name) for name in self._client.smembers(_NAMES))
        if not names:
            return ()
        found = dict(zip(names, self._client.mget([_worker_key(name) for name in names]), strict=True))
        silent = [name for name, text in found.items() if text is None]
        if silent:
            self._client.srem(_NAMES, *silent)
        return tuple(WorkerAnnouncement.from_json(text) for text in found.values() if text is not None)

    def voices(self) -> Mapping[str, VoiceCard]:
        """Return the voices by name. Raises NoWorkerYet."""
        known: dict[str, VoiceCard] = {}
        for worker in self._offers():
            for voice in worker.voices:
                # One worker may have measured a voice that another has only found.
                if voice.sample or voice.name not in known:
                    known[voice.name] = _card(voice)
        return known

    def engines(self) -> Sequence[str]:
        """Return the engines' names. Raises NoWorkerYet."""
        return sorted({engine for worker in self._offers() for engine in worker.engines})

    def room(self) -> int:
        """Return how many streams the warm workers make at once."""
        return sum(worker.streams for worker in self._warm())

    def painted_room(self) -> int:
        """Return how many of them may be such whose mouths a network paints."""
        return sum(
            max(worker.engine_streams.get(engine, worker.streams) for engine in painting)
            for worker in self._warm()
            if (painting := [engine for engine in worker.engines if is_painted(engine)])
        )

    def check_voice(self, name: str) -> VoiceCard:
        """Return a voice. Raises UnknownVoice, NoWorkerYet."""
        voices = self.voices()
        if name in voices:
            return voices[name]
        tag = name.removesuffix(WOMAN)
        # A name is whole: "en-robot" is no voice of English.
        language = self._languages_by_tag().get(tag)
        if language is None:
            others = (tag for tag in self.languages() if tag not in voices)
            raise UnknownVoice(name, [*sorted(voices), *others])
        return self._voice_of(language, woman=name != tag)

    def languages(self) -> Mapping[str, LanguageCard]:
        """Return the languages by tag. Raises NoWorkerYet."""
        return {
            language.tag: LanguageCard(
                tag=language.tag, aliases=tuple(language.aliases), title_fa=language.title_fa,
                title_en=language.title_en,
            )
            for worker in self._offers()
            for language in worker.languages
        }  # fmt: skip

    def find_language(self, tag: str) -> LanguageCard | None:
        """Return the language of a tag, or of what is left of it without its last parts ("de-AT")."""
        by_tag = self._languages_by_tag()
        parts = tag.lower().split("-")
        while parts and "-".join(parts) not in by_tag:
            parts.pop()
        return by_tag["-".join(parts)] if parts else None

    def _languages_by_tag(self) -> Mapping[str, LanguageCard]:
        known = self.languages()
        return {alias: card for card in known.values() for alias in card.aliases} | dict(known)

    def check_language(self, tag: str) -> LanguageCard:
        """Return the language of a tag. Raises UnknownLanguage, NoWorkerYet."""
        found = self.find_language(tag)
        if found is None:
            raise UnknownLanguage(tag, list(self.languages()))
        return found

    def voice_of(self, language: LanguageCard, beside: VoiceCard) -> VoiceCard:
        """Return who speaks a language in place of a voice of another: of the same sex."""
        return self._voice_of(language, woman=beside.name.endswith(WOMAN))

    def _voice_of(self, language: LanguageCard, *, woman: bool) -> VoiceCard:
        name = language.tag + (WOMAN if woman else "")
        titles = ("، زن", ", woman") if woman else ("، مرد", ", man")
        made = VoiceCard(
            name=name, language=language.tag, title_fa=language.title_fa + titles[0],
            title_en=language.title_en + titles[1],
        )  # fmt: skip
        return self.voices().get(name, made)

    def check_engine(self, name: str) -> None:
        """Let a known engine's name pass. Raises UnknownEngine, NoWorkerYet."""
        engines = self.engines()
        if name not in engines:
            raise UnknownEngine(name, engines)

    def check_captions(self) -> None:
        """Let captions in pictures pass. Raises CaptionsUndrawable, NoWorkerYet."""
        if not any(worker.draws_captions for worker in self._offers()):
            raise CaptionsUndrawable

    def _offers(self) -> Sequence[WorkerAnnouncement]:
        return self._warm() or self._last()

    def _warm(self) -> Sequence[WorkerAnnouncement]:
        # Every POST asks, and its first chunk waits for the answer.
        asked_s, warm = self._remembered
        if self._clock() - asked_s > REMEMBERED_S:
            asked_s, warm = self._clock(), self.workers()
            self._remembered = (asked_s, warm)
        return warm

    def _last(self) -> Sequence[WorkerAnnouncement]:
        last = self._client.get(_LAST)
        if last is None:
            raise NoWorkerYet
        return (WorkerAnnouncement.from_json(last),)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
