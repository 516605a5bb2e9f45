"""Whatever the database's password is made of, the containers log in with it."""

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

import settings
from avatars.database import open_database

SERVICES: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())[
    "services"
]
PLAIN_TEXT_PLEASE = b"R" + struct.pack(">II", 8, 3)


class Doorkeeper:
    """Speaks as much of PostgreSQL's protocol as it takes to be told a password."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, client.makefile("rwb") as talk:
                self._greet(talk)

    def _greet(self, talk: Any) -> None:
        talk.read(struct.unpack(">I", talk.read(4))[0] - 4)
        talk.write(PLAIN_TEXT_PLEASE)
        talk.flush()
        if talk.read(1) == b"p":
            body = talk.read(struct.unpack(">I", talk.read(4))[0] - 4)
            self.heard.append(body.rstrip(b"\0").decode())

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def doorkeeper() -> Iterator[Doorkeeper]:
    keeper = Doorkeeper()
    yield keeper
    keeper.close()


@pytest.mark.parametrize("password", ["plain", "p@ss:w/rd", "100%25 #?&=", "رمز"])
@pytest.mark.parametrize(
    "service", ["migrate", "web", "worker", "worker-gpu", "registrar", "reaper", "flower"]
)
def test_every_service_shows_the_database_the_very_password(
    doorkeeper: Doorkeeper, monkeypatch: pytest.MonkeyPatch, service: str, password: str
) -> None:
    given = {
        name: str(value).replace("${POSTGRES_PASSWORD:?set it in .env}", password)
        for name, value in SERVICES[service]["environment"].items()
        if name in {"DATABASE_URL", "PGPASSWORD"}
    }
    monkeypatch.setenv("PGPASSWORD", given["PGPASSWORD"])
    monkeypatch.setenv("PGSSLMODE", "disable")
    monkeypatch.setenv("PGGSSENCMODE", "disable")
    url = make_url(settings.load(given).database_url)
    assert (url.host, url.username, url.password) == ("postgres", "avatar", None)
    here = url.set(host="127.0.0.1", port=doorkeeper.port).render_as_string()
    database = open_database(here, pool_size=1)
    with pytest.raises(OperationalError), database.reading() as db:
        db.execute(text("SELECT 1"))
    database.close()
    assert doorkeeper.heard == [password]
