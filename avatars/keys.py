"""API keys: made once, shown once, kept as hashes.

A key is `ak_<id>_<secret>`: the id finds the row, the secret is 32 random bytes, so its
plain SHA-256 cannot be searched and needs no salt. No numpy, so the front door may use it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from avatars.database import ApiKey, Database
from avatars.errors import AvatarError

ROLES: Final = ("user", "admin")
PERSON_HERE: Final = "studio"
"""Owner of what the person at this machine makes, in the page and on the command line, run after run."""
RUN_KEY_NAME: Final = "avatar up"
"""The key of the service that runs; each start has a new one, and its owner stays the same."""

_KEY = re.compile(r"ak_([0-9a-f]{16})_([A-Za-z0-9-]{43,64})", re.ASCII)
_USED_EVERY: Final = timedelta(minutes=1)
_ABSENT_HASH: Final = "0" * 64


class UnknownRole(AvatarError):
    """No key has this role; choose one of those listed."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"no role {asked!r}; known: {', '.join(ROLES)}")
        self.asked = asked
        self.known = ROLES


class NameReserved(AvatarError):
    """The service gives this name to a key of its own at every start; choose another."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {name!r} is the key of the service itself; choose another")


class KeyRefused(AvatarError):
    """The key is not one of this service, or was revoked; make one with `avatar key create`."""

    def __init__(self) -> None:
        super().__init__(str(type(self).__doc__))


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Whose key was shown."""

    id: str
    name: str
    role: str

    @property
    def owner(self) -> str:
        """To whom belongs what is made with the key."""
        return PERSON_HERE if self.name == RUN_KEY_NAME else f"key:{self.id}"


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as a list shows it; the key itself is shown once, when it is made."""

    id: str
    name: str
    role: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeys:
    """The keys there are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, *, role: str = "user") -> str:
        """Make a key and return it; it cannot be shown again.

        Raises:
            UnknownRole: there is no such role.
            NameReserved: the service's own key has this name.
        """
        if name == RUN_KEY_NAME:
            raise NameReserved(name)
        if role not in ROLES:
            raise UnknownRole(role)
        return self._make(name, role)

    def renew_run_key(self) -> str:
        """Make the key of a run that begins and return it; that of the run before ends."""
        # One that was killed could not take its own back.
        self.revoke_named(RUN_KEY_NAME)
        return self._make(RUN_KEY_NAME, "admin")

    def _make(self, name: str, role: str) -> str:
        key_id = secrets.token_hex(8)
        # The secret holds no underscore, since one divides it from the id.
        secret = secrets.token_urlsafe(32).replace("_", "-")
        now = datetime.now(UTC)
        with self._database.transaction() as db:
            db.add(ApiKey(id=key_id, hash=_hash(secret), name=name, role=role, created_at=now))
        return f"ak_{key_id}_{secret}"

    def check(self, key: str) -> KeyHolder:
        """Return whose key this is, and note that it was used.

        Raises:
            KeyRefused: it is malformed, unknown, wrong or revoked; which of these is not told.
        """
        shape = _KEY.fullmatch(key)
        if shape is None:
            raise KeyRefused
        with self._database.reading() as db:
            row = db.get(ApiKey, shape[1])
        known = _ABSENT_HASH if row is None or row.revoked_at is not None else row.hash
        if not hmac.compare_digest(_hash(shape[2]), known) or row is None:
            raise KeyRefused
        self._note_use(row)
        return KeyHolder(row.id, row.name, row.role)

    def revoke_named(self, name: str) -> int:
        """Revoke every key of a name; return how many were good until now."""
        with self._database.transaction() as db:
            good = select(ApiKey.id).where(ApiKey.name == name, ApiKey.revoked_at.is_(None))
            ids = list(db.scalars(good))
            db.execute(update(ApiKey).where(ApiKey.id.in_(ids)).values(revoked_at=datetime.now(UTC)))
            return len(ids)

    def list(self) -> Sequence[ListedKey]:
        """Return every key there ever was, the newest first."""
        with self._database.reading() as db:
            rows = db.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id))
            return [
                ListedKey(row.id, row.name, row.role, row.created_at, row.last_used_at, row.revoked_at)
                for row in rows
            ]

    def revoke(self, key_id: str) -> bool:
        """Revoke a key by its id; return whether it was good until now."""
        with self._database.transaction() as db:
            good = (ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
            found = db.scalars(select(ApiKey.id).where(*good)).first()
            db.execute(update(ApiKey).where(*good).values(revoked_at=datetime.now(UTC)))
            return found is not None

    def _note_use(self, row: ApiKey) -> None:
        now = datetime.now(UTC)
        if row.last_used_at is not None and now - row.last_used_at < _USED_EVERY:
            return
        with self._database.transaction() as db:
            db.execute(update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
