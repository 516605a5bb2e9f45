"""What may go wrong in the registry and in storage."""

from collections.abc import Mapping, Sequence


class AvatarError(Exception):
    """Something about an avatar cannot be done."""


class UnknownAvatar(AvatarError):
    """No avatar has this name; choose one of those listed."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no avatar {asked!r}; known: {', '.join(known) or 'none yet'}")
        self.asked = asked
        self.known = tuple(known)


class BadAvatarId(AvatarError):
    """An avatar's name is 1 to 64 of a-z, 0-9 and '-', and begins with a letter or a digit."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"{asked!r}: {type(self).__doc__}")
        self.asked = asked


class AvatarTaken(AvatarError):
    """An avatar of this name belongs to somebody else; choose another name."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"the name {asked!r} is taken; choose another, or leave it out and one is made")
        self.asked = asked


class AvatarBusy(AvatarError):
    """This avatar is being registered already; wait for that to end, then ask again."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"avatar {asked!r} is being registered; wait for that to end, then ask again")
        self.asked = asked
        self.retry_after_s = 2


class TooManyPending(AvatarError):
    """As many registrations of yours wait as may; ask again when one of them has ended."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} registrations of yours wait already; ask again when one has ended")
        self.limit = limit
        self.retry_after_s = 5


class BatchesFull(AvatarError):
    """Files of your batches that wait leave no room for so many more; send fewer, or wait for some to end."""

    def __init__(self, pending: int, limit: int) -> None:
        super().__init__(
            f"{pending} files of your batches wait, and {limit} may; send {limit - pending} at most, or wait"
        )
        self.limit = limit
        self.retry_after_s = 30


class QuarantineFull(AvatarError):
    """Uploads of yours hold all the bytes they may; register some of them, or remove what you gave up."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"uploads of yours hold all of the {limit} bytes they may; register or remove some")
        self.limit = limit
        self.retry_after_s = 5


class BatchWrong(AvatarError):
    """Items of the batch cannot be registered; mend or leave out those in `errors`, nothing was begun."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        first = errors[0]
        super().__init__(f"{len(errors)} fields are wrong, the first {first['field']}: {first['problem']}")
        self.errors = tuple(errors)


class LexiconFull(AvatarError):
    """A lexicon has as many entries as it may; remove some that are not needed."""

    def __init__(self, entries: int, limit: int) -> None:
        super().__init__(f"the lexicon would have {entries} entries, and {limit} may be; remove some")
        self.limit = limit


class UnknownUpload(AvatarError):
    """There is no upload of this id among yours, or its time is over; begin a new one."""

    def __init__(self, asked: str) -> None:
        super().__init__(str(type(self).__doc__))
        self.asked = asked


class UploadAhead(AvatarError):
    """The upload stands at another byte; ask for its offset and go on from there."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the upload stands at byte {offset}; go on from there")
        self.position = offset


class UploadTooLong(AvatarError):
    """An upload is longer than is allowed, or than it was said to be; shorten it or save it smaller."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"{limit_bytes} bytes are allowed; shorten the file or save it smaller")
        self.limit = limit_bytes


class UploadUnfinished(AvatarError):
    """The upload has not wholly come; send the rest of it first."""

    def __init__(self, offset: int, size: int) -> None:
        super().__init__(f"{offset} of {size} bytes have come; send the rest first")
        self.position = offset
        self.length = size


class TooManyParts(AvatarError):
    """The upload came in too many pieces; begin again and send larger ones."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"an upload has {limit} pieces at most; begin again and send larger ones")
        self.limit = limit


class UnknownRecording(AvatarError):
    """No recording of yours has this id; `GET /v1/recordings` lists them."""

    def __init__(self, asked: str, known: Sequence[str]) -> None:
        super().__init__(f"no recording {asked!r} of yours; known: {', '.join(known) or 'none yet'}")
        self.asked = asked
        self.known = tuple(known)


class RecordingNotReady(AvatarError):
    """The recording cannot be spoken: only one in state ready can."""

    def __init__(self, asked: str, state: str) -> None:
        todo = {
            "refused": "its `refusal` says why; upload another",
            "expired": "its sound is kept no more; upload it again",
        }
        super().__init__(f"recording {asked!r} is {state}: {todo.get(state, 'ask again when it is ready')}")
        self.asked = asked
        self.state = state


class RecordingBusy(AvatarError):
    """An utterance speaks this recording; cancel it or wait for its end, then remove the recording."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"recording {asked!r} is being spoken; cancel the utterance or wait for its end")
        self.asked = asked


class RecordingBroken(AvatarError):
    """Files of a recording do not hold what was written, or are gone; upload the sound again."""


class SampleMissing(AvatarError):
    """A sample avatar lacks its picture or its face points; draw the samples again."""


class FaceFileBroken(AvatarError):
    """A file of a face does not hold what was written; register the avatar again."""


class StorageError(Exception):
    """Storage could not do what was asked; nothing was half written."""


class ObjectMissing(StorageError):
    """No object has this key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no object {key!r} in storage")
        self.key = key


class ObjectDamaged(StorageError):
    """An object was cut or changed on its way, twice in a row; look at the network and the store."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"object {key!r} {reason}")
        self.key = key


class ObjectReplaced(StorageError):
    """An object was replaced while it was being read; open it again."""

    def __init__(self, key: str) -> None:
        super().__init__(f"object {key!r}: {type(self).__doc__}")
        self.key = key


class StorageUnreachable(StorageError):
    """The bucket's server is away, too slow or overloaded, after every try; try again later."""


class StorageRefused(StorageError):
    """The bucket is not there, or not for us; somebody has to mend settings or rights."""


class BadKey(StorageError):
    """An object key is made of a-z, 0-9, '.', '_', '-' and '/', and never climbs."""

    def __init__(self, key: str, reason: str = "") -> None:
        super().__init__(f"bad object key {key!r}{': ' if reason else ''}{reason}")
        self.key = key


class SandboxUnavailable(AvatarError):
    """This machine cannot shut in the process that reads uploads; nothing was read."""


class IntakeRefused(AvatarError):
    """An upload cannot become an avatar; the messages say why, what is allowed and what to do."""

    def __init__(self, code: str, message_en: str, message_fa: str, detail: str = "") -> None:
        super().__init__(f"{code}: {message_en}")
        self.code = code
        self.message_en = message_en
        self.message_fa = message_fa
        self.detail = detail
        """For the log: what the child process wrote last. Never for the person."""


class IntakeBroken(AvatarError):
    """The process that reads uploads failed before it read anything; the upload is not to blame."""
