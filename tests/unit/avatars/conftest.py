"""Buckets for the tests of storage."""

from collections.abc import Iterator

import buckets
import pytest

from avatars.storage_s3_client import BucketPlace


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[str]:
    """Address of a server that speaks S3."""
    with buckets.running_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket_place(bucket_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketPlace]:
    """A bucket of this test's own; keys are under a prefix of it."""
    yield from _place(bucket_server, buckets.CREDENTIALS, monkeypatch)


@pytest.fixture
def named_bucket_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketPlace]:
    """The same in the server that TEST_S3_URL names."""
    named = buckets.named_server()
    assert named is not None
    yield from _place(*named, monkeypatch)


def _place(
    endpoint: str, credentials: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[BucketPlace]:
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with buckets.fresh_bucket(endpoint, credentials) as (bucket, _):
        yield BucketPlace(bucket=bucket, prefix="some/prefix", endpoint=endpoint)
