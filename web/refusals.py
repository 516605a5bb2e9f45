"""What the routes themselves refuse, each named by its condition."""

from collections.abc import Sequence


class Refusal(Exception):
    """A request cannot be granted as things stand."""


class NoSuchUtterance(Refusal):
    """There is no utterance of this id among yours; list yours at GET /v1/utterances."""

    def __init__(self, asked: str) -> None:
        super().__init__(str(type(self).__doc__))
        self.asked = asked


class TextNotOpen(Refusal):
    """This text came whole, and nothing can be appended; post it with `"open": true`."""


class TextEnded(Refusal):
    """This text has been ended, by its writer or because nothing came for a minute; post another."""

    def __init__(self, length: int) -> None:
        super().__init__(str(type(self).__doc__))
        self.length = length


class UtteranceOver(Refusal):
    """The utterance was stopped or has failed; what is appended would be said by nobody."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the utterance is {state}; what is appended would be said by nobody")
        self.state = state


class MayOnlyWatch(Refusal):
    """This ticket is for watching; write with `text.ticket`, or one from `{"write": true}`."""


class TextElsewhere(Refusal):
    """The text does not stand where `at` says; go on from `length`."""

    def __init__(self, at: int, length: int) -> None:
        super().__init__(f"the text has {length} characters, not {at} or others there; go on from {length}")
        self.asked = at
        self.length = length


class TooManyAppends(Refusal):
    """Text comes in more pieces than are taken; put several of them into one."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))
        self.retry_after_s = 1


class NoSuchAvatar(Refusal):
    """There is no avatar of this name; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no avatar {asked!r}; known: {', '.join(known)}")
        self.asked = asked
        self.known = tuple(known)


class NotFinished(Refusal):
    """The file is not there yet; watch the stream, or ask again in a moment."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the utterance is {state}; watch the stream, or ask again in a moment")
        self.state = state
        self.retry_after_s = 1


class NeverFinished(Refusal):
    """The utterance ended without a file; post it again."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the utterance is {state} and has no file; post it again")
        self.state = state


class NoCaptions(Refusal):
    """The utterance was asked for without captions; post it again with `"captions": true`."""


class NoSampleYet(Refusal):
    """No worker has kept a sample of this voice yet; ask again in a while."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))


class NoSuchVoice(Refusal):
    """No worker speaks with this voice; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no voice {asked!r}; known: {', '.join(known)}")
        self.asked = asked
        self.known = tuple(known)


class FileExpired(Refusal):
    """The finished file was removed when its time was over; post the utterance again."""


class VoiceCannotSpeak(Refusal):
    """The voice speaks no letter of this text; choose one of those listed."""

    def __init__(self, voice: str, scripts: Sequence[str], known: Sequence[str]) -> None:
        others = f"voices that can: {', '.join(known)}" if known else "no other voice can either"
        super().__init__(f"voice {voice!r} speaks none of these letters ({', '.join(scripts)}); {others}")
        self.asked = voice
        self.known = tuple(known)


class VoiceOfAnotherLanguage(Refusal):
    """The voice speaks another language than the text; leave it out, or choose one of those listed."""

    def __init__(self, voice: str, speaks: str, asked: str, known: Sequence[str]) -> None:
        super().__init__(
            f"voice {voice!r} speaks {speaks!r}, the text is {asked!r}; leave the voice out, or choose "
            f"one of {', '.join(known)}"
        )
        self.asked = voice
        self.known = tuple(known)


class TextOrRecording(Refusal):
    """An utterance needs either `text` or `recording`, not both and not neither."""


class NotForRecordings(Refusal):
    """Some fields tell how a voice reads a text; a recording is played as it is: leave them out."""

    def __init__(self, fields: Sequence[str], allowed: Sequence[str]) -> None:
        super().__init__(
            f"{', '.join(fields)}: not with a recording, which is played as it is; with it go "
            f"{', '.join(allowed)}"
        )
        self.errors = tuple({"field": name, "problem": "not with a recording"} for name in fields)
        self.allowed = tuple(allowed)


class NothingToBurn(Refusal):
    """Captions can be drawn only where it is told what is said; send `transcript`, or leave `burned` out."""


class TranscriptAlone(Refusal):
    """A transcript belongs to a recording; send `recording` beside it, or the text as `text`."""


class ServiceLeaving(Refusal):
    """The service is stopping and takes nothing new; post again once it is back."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))
        self.retry_after_s = 10


class KeyReused(Refusal):
    """This Idempotency-Key came before with another body; use a new one."""


class BadPage(Refusal):
    """`limit` is a whole number from 1 to 100; `after` is the `next` of the page before."""


class NoSuchRecording(Refusal):
    """No recording of yours has this id; `GET /v1/recordings` lists them."""


class NoSuchBatch(Refusal):
    """No batch of yours has this id; `GET /v1/batches` lists them."""


class NoSuchWord(Refusal):
    """The lexicon has no such word; list it at GET /v1/lexicon."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"the lexicon has no word {asked!r}; list it at GET /v1/lexicon")
        self.asked = asked


class HouseForAdmins(Refusal):
    """The house's lexicon is for admins; leave `house` out for your own."""


class NullInAddress(Refusal):
    """The address has a null character (%00); nothing here has one in its name."""


class NotASocket(Refusal):
    """This address is a WebSocket; open it with `Upgrade: websocket`."""


class NoPlaceForSocket(Refusal):
    """As many viewers watch as this process can carry; try again in a moment."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))
        self.retry_after_s = 2


class NoPlaceForUpload(Refusal):
    """As many uploads come in as this process can carry; try again in a moment."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))
        self.retry_after_s = 3


class FileMissing(Refusal):
    """The form lacks its `file`, or holds one that is not asked for; send one, as `file`."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"file {field!r} {problem}; send one file, as `file`")
        self.errors = ({"field": field, "problem": problem},)


class BadUploadHeader(Refusal):
    """A header of an upload is missing or wrong; the detail says what it must be."""

    def __init__(self, name: str, allowed: str) -> None:
        super().__init__(f"{name} must be {allowed}")
        self.asked = name
        self.allowed = allowed


class ForeignTus(Refusal):
    """This upload protocol is spoken in version 1.0.0; send `Tus-Resumable: 1.0.0`."""


class ChecksumWrong(Refusal):
    """The bytes are not those of the checksum; nothing of them was kept, send them again."""


class NotReadyYet(Refusal):
    """The avatar has no such file yet; its `registration` says how far it is."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the avatar is {state} and has no such file; its `registration` says how far it is")
        self.state = state


class NotYourAvatar(Refusal):
    """Only its owner changes an avatar; register one of your own."""
