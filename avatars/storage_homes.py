"""Opens the storage that settings name: a folder, or a bucket.

The client of a bucket costs a fifth of a second and some 20 MB to import, so it is loaded
only where settings name one.
"""

from pathlib import Path
from typing import Final

from avatars.storage import Storage
from avatars.storage_folder import FolderStorage

_BUCKET: Final = "s3://"


def open_storage(home: str, *, endpoint: str | None = None) -> Storage:
    """Return the storage of this process; reaches nothing before its first use.

    Args:
        home: a folder, or `s3://bucket` with or without `/prefix`.
        endpoint: the http(s) address of the bucket's server; None is Amazon's own.
    """
    if not home.startswith(_BUCKET):
        return FolderStorage(Path(home))
    from avatars.storage_s3 import BucketPlace, S3Storage  # noqa: PLC0415 - see the top of this room

    bucket, _, prefix = home.removeprefix(_BUCKET).partition("/")
    return S3Storage(BucketPlace(bucket=bucket, prefix=prefix.strip("/"), endpoint=endpoint))
