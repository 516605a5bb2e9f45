"""The client of a bucket: its limits, and its errors in our words.

Every wait and every number of tries is bounded here. The client retries what may pass
(a server that is overloaded, a connection that breaks) with growing pauses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConnectionError,  # noqa: A004 - its own, which is no OSError
    FlexibleChecksumError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from avatars.errors import (
    ObjectDamaged,
    ObjectMissing,
    ObjectReplaced,
    StorageError,
    StorageRefused,
    StorageUnreachable,
)

_OPEN_CONNECTIONS: Final = 32

_MISSING: Final = frozenset({"NoSuchKey", "404"})
_DAMAGED: Final = frozenset(
    {
        "BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch",
        "InvalidPart", "InvalidPartOrder", "IncompleteBody", "NoSuchUpload", "EntityTooSmall",
    }
)  # fmt: skip
_NOT_FOR_US: Final = frozenset(
    {
        "403", "AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch",
        "ExpiredToken", "InvalidToken", "AccountProblem",
    }
)  # fmt: skip
_ELSEWHERE: Final = frozenset(
    {"301", "307", "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"}
)
_NO_CREDENTIALS: Final = (NoCredentialsError, PartialCredentialsError, ProfileNotFound, ConfigNotFound)


class NothingInRange(StorageError):
    """An object has no byte where a range begins; an empty one has none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketPlace:
    """Where the objects are."""

    bucket: str
    prefix: str = ""
    """What all keys are under in the bucket, without slashes at its ends; may be empty."""
    endpoint: str | None = None
    """http(s) address of the server; None is Amazon's own."""

    def __str__(self) -> str:
        where = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        return f"{where} at {self.endpoint}" if self.endpoint else where


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Limits:
    """How big, how long, how often."""

    part_bytes: int = 8 * 1024**2
    """What is bigger goes up in parts of so much; a server takes no part below 5 MiB but the last."""
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 10.0
    """Longest silence of the server."""
    attempts: int = 4
    """Tries of one request, the first included."""
    leftover_s: float = 24 * 3600.0
    """A multipart upload begun longer ago belongs to a writer that is dead."""


def open_client(place: BucketPlace, limits: S3Limits) -> Any:
    """Return a client, safe for threads; credentials and region are found as with any AWS program.

    Raises:
        StorageRefused: the credentials or the profile that are named cannot be read.
    """
    config = Config(
        connect_timeout=limits.connect_timeout_s,
        read_timeout=limits.read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        max_pool_connections=_OPEN_CONNECTIONS,
        # Servers of others know neither buckets as host names nor checksums as trailers.
        s3={"addressing_style": "path" if place.endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with in_our_words(place):
        return boto3.session.Session().client("s3", endpoint_url=place.endpoint, config=config)


@contextmanager
def in_our_words(place: BucketPlace, key: str = "") -> Iterator[None]:
    """Turn the client's errors within the block into those of `avatars.errors`.

    Args:
        place: the bucket, for the messages.
        key: the object that is asked for; empty when it is the whole bucket.
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, place, key) from error
    except FlexibleChecksumError as error:
        raise ObjectDamaged(key, "does not fit its checksum") from error
    except _NO_CREDENTIALS as error:
        raise StorageRefused(
            f"no credentials for {place}: {error}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    except (HTTPClientError, ConnectionError) as error:
        raise StorageUnreachable(
            f"{place} does not answer ({type(error).__name__}); start its server, or mend AVATAR_S3_ENDPOINT"
        ) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise StorageError(
            f"{place} gave no answer of S3 ({type(error).__name__}); is AVATAR_S3_ENDPOINT its server?"
        ) from error


def _of_answer(error: ClientError, place: BucketPlace, key: str) -> StorageError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if key and code in _MISSING:
        return ObjectMissing(key)
    if key and status == 412:
        return ObjectReplaced(key)
    if key and status == 416:
        return NothingInRange(key)
    if key and code in _DAMAGED:
        return ObjectDamaged(key, f"did not arrive whole ({code})")
    return _of_bucket(code, status, place, error)


def _of_bucket(code: str, status: int, place: BucketPlace, error: ClientError) -> StorageError:
    if code in {"NoSuchBucket", "404"}:
        return StorageRefused(f"there is no bucket {place}; make it, or mend AVATAR_STORAGE")
    if code in _NOT_FOR_US:
        return StorageRefused(
            f"{place} refuses us ({code}); mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or allow them "
            "to list, read, write and delete objects and to abort multipart uploads"
        )
    if code in _ELSEWHERE:
        return StorageRefused(f"{place} is in another region ({code}); set AWS_DEFAULT_REGION to it")
    if status >= 500 or status == 429:
        return StorageUnreachable(
            f"{place} is overloaded or failing ({code}) after every try; try again later, "
            "and look at its server, or at AVATAR_S3_ENDPOINT, if it stays so"
        )
    return StorageError(f"{place}: {error}")
