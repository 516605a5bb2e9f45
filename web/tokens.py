"""Tokens: who is calling, signed, for a quarter of an hour.

HS256 over one secret that every process of the service reads from a file. All five
registered claims are required, so a token without an expiry is no token. Knows no HTTP.
"""

import os
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jwt

API_AUDIENCE: Final = "avatar-api"
PAGE_AUDIENCE: Final = "avatar-page"
"""Of the cookie; a stolen cookie is no bearer token, and the other way round."""

TOKEN_LIVES_S: Final = 15 * 60
SESSION_LIVES_S: Final = 12 * 3600

_ALGORITHM: Final = "HS256"
_SECRET_BYTES: Final = 32
_REQUIRED: Final = ["exp", "iat", "aud", "sub", "jti"]


class TokenError(Exception):
    """A token says nothing that can be trusted."""


class TokenExpired(TokenError):
    """The token's time is over; ask for another with your key at POST /v1/tokens."""


class TokenForged(TokenError):
    """The token is not one of this service, was changed, or lacks a claim; ask for one at POST /v1/tokens."""


class SecretTooShort(Exception):
    """The secret file holds fewer than 32 bytes; remove it and a good one is made."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    owner: str
    """Whose utterances these are."""
    role: str


class Signer:
    """Makes and reads tokens."""

    def __init__(self, secret: bytes, *, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, caller: Caller, audience: str, lives_s: int) -> str:
        """Return a token for a caller."""
        now = int(self._clock())
        claims = {
            "sub": caller.owner, "role": caller.role, "aud": audience,
            "iat": now, "exp": now + lives_s, "jti": uuid.uuid4().hex,
        }  # fmt: skip
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, token: str, audience: str) -> Caller:
        """Return who a token was made for.

        Raises:
            TokenExpired: it was good once.
            TokenForged: anything else is wrong with it.
        """
        try:
            # One algorithm, named here: a token's own header must not choose how it is checked.
            claims = jwt.decode(
                token, self._secret, algorithms=[_ALGORITHM], audience=audience,
                options={"require": _REQUIRED},
            )  # fmt: skip
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except jwt.InvalidTokenError as error:
            raise TokenForged from error
        owner, role = claims["sub"], claims.get("role")
        if not isinstance(owner, str) or not isinstance(role, str):
            raise TokenForged
        return Caller(owner, role)


def read_secret(path: Path) -> bytes:
    """Return the secret in a file, made at first start and readable by its owner only.

    Raises:
        SecretTooShort: what lies there is no secret.
        OSError: the file can be neither read nor made.
    """
    if not path.exists():
        _make_secret(path)
    secret = path.read_bytes().strip()
    if len(secret) < _SECRET_BYTES:
        raise SecretTooShort
    return secret


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(_SECRET_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole and fails if the name is taken: of processes that start
        # together one wins, and all read the winner's.
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        scratch.unlink(missing_ok=True)
