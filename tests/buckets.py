"""Real buckets for tests: in a server of the test run's own, or in the one TEST_S3_URL names."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def named_server() -> tuple[str, dict[str, str]] | None:
    """Return address and credentials of TEST_S3_URL, `http://key:secret@host:port`; None without it."""
    url = os.environ.get("TEST_S3_URL", "").strip()
    if not url:
        return None
    parts = urlsplit(url)
    given = {
        "AWS_ACCESS_KEY_ID": unquote(parts.username or ""),
        "AWS_SECRET_ACCESS_KEY": unquote(parts.password or ""),
    }
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", {**CREDENTIALS, **given}


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the address of a server that speaks S3 and keeps everything in memory."""
    # Importing it patches botocore for all, so only tests that need it do.
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def client_of(endpoint: str, credentials: dict[str, str]) -> Any:
    """Return a plain client of a server, for looking behind the back of what is tested."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        region_name=credentials["AWS_DEFAULT_REGION"],
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
    )


@contextmanager
def fresh_bucket(endpoint: str, credentials: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield the name of a new bucket and a plain client; remove both afterwards."""
    name = f"avatar-test-{secrets.token_hex(6)}"
    client = client_of(endpoint, credentials)
    client.create_bucket(Bucket=name)
    try:
        yield name, client
    finally:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
            for listed in page.get("Contents", []):
                client.delete_object(Bucket=name, Key=listed["Key"])
        for upload in client.list_multipart_uploads(Bucket=name).get("Uploads", []):
            client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
        client.delete_bucket(Bucket=name)
        client.close()
