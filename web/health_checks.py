"""What must answer before this process is ready: the database, Redis, a warm worker."""

from collections.abc import Callable

import redis.exceptions
import sqlalchemy.exc
from sqlalchemy import text

from monitoring.health_endpoints import Check
from tasks.errors import StreamUnreachable
from web.services import Services

_DOWN = (redis.exceptions.RedisError, StreamUnreachable, sqlalchemy.exc.SQLAlchemyError)


def checks(house: Services) -> dict[str, Check]:
    """Return the checks behind /readyz, by name."""
    return {
        "database": _answers("the database does not answer", lambda: _ask_database(house)),
        "redis": _answers("Redis does not answer", lambda: _ask_redis(house)),
        "worker": _answers("the workers cannot be asked for", lambda: _ask_workers(house)),
    }


def _answers(trouble: str, ask: Callable[[], str | None]) -> Check:
    def check() -> str | None:
        try:
            return ask()
        except _DOWN:
            return trouble

    return check


def _ask_database(house: Services) -> None:
    with house.database.reading() as db:
        db.execute(text("SELECT 1"))


def _ask_redis(house: Services) -> None:
    house.stream.waiting()


def _ask_workers(house: Services) -> str | None:
    return None if house.catalogue.workers() else "no worker is warm"
