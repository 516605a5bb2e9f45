"""Fixtures every test may use: real Redis, both databases, storage.

A server that cannot be found or started fails the test that needs it; none is skipped.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as redis_client
import services

import settings
from avatars.database import Database, open_database
from lipsync.face.models import FaceModels
from migrations import run as migrations
from workers import assets, caption_font


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server of this test run's own; `redis://127.0.0.1:port/0`."""
    with services.running_redis() as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[redis_client.Redis]:
    """A client of an empty Redis."""
    with redis_client.Redis.from_url(redis_url, protocol=2) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this test run's own: the URL of its `postgres` database."""
    with services.running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> Iterator[str]:
    """Name of a migrated database to make copies of."""
    with services.fresh_postgres_database(postgres_url) as url:
        migrations.upgrade(url)
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to make copies of."""
    path = tmp_path_factory.mktemp("migrated") / "avatar.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'avatar.db'}"
        return
    with services.fresh_postgres_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database without rows, once of each kind."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "avatar.db")
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("migrated_postgres")
    with services.fresh_postgres_database(request.getfixturevalue("postgres_url"), template) as url:
        yield url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A migrated database without rows, open, once of each kind."""
    database = open_database(migrated_url)
    yield database
    database.close()


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite database without rows, for tests that only need some database."""
    path = shutil.copy(migrated_sqlite, tmp_path / "avatar.db")
    database = open_database(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def asset_dir() -> Path:
    """The folder with every model that is needed, pulled as the product pulls them and kept."""
    folder = Path(__file__).resolve().parents[1] / "var" / "assets"
    needed = [asset for asset in assets.read_manifest() if asset.needed]
    assets.pull(needed, folder, settings.load().asset_mirror)
    return folder


@pytest.fixture(scope="session")
def vazirmatn() -> bytes:
    """The font that captions are drawn with, fetched as the product fetches it and kept."""
    if not caption_font.VAZIRMATN.is_file():
        subprocess.run([Path(__file__).resolve().parents[1] / "scripts" / "fonts.sh"], check=True)
    return caption_font.VAZIRMATN.read_bytes()


@pytest.fixture(scope="session")
def face_models(asset_dir: Path) -> FaceModels:
    """The models that every machine has, whatever else lies in the folder."""
    files = {asset.name: asset_dir / asset.file for asset in assets.read_manifest()}
    return FaceModels(
        landmarks=files["face-landmarks-468"].read_bytes(), short_range=files["face-detector"].read_bytes()
    )
