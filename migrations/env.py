"""What Alembic runs: hands it the connection and the models.

`migrations.run` comes with a connection that is locked already; the alembic command
comes without one, and only then are the settings read.
"""

from alembic import context
from sqlalchemy import Connection

import settings
from migrations.run import configure, locked_connection


def _run(connection: Connection) -> None:
    configure(context, connection)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with locked_connection(settings.load().database_url) as own:
        _run(own)
