"""What may go wrong in the registry and in storage."""

from collections.abc import Sequence


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


class BadKey(StorageError):
    """An object key is made of a-z, 0-9, '.', '_', '-' and '/', and never climbs."""

    def __init__(self, key: str, reason: str = "") -> None:
        super().__init__(f"bad object key {key!r}{': ' if reason else ''}{reason}")
        self.key = key
