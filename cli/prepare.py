"""Before anything serves: secret, newest tables, sample avatars, a key and a login for this run.

Run by the supervisor as a process of its own, `python -m cli.prepare`, so that the
libraries of databases and pictures do not stay in the memory of a process that only
watches. Prints one line of JSON.
"""

import json
import sys

import migrations.run
import settings
from avatars.database import open_database
from avatars.keys import ApiKeys
from avatars.registry import Registry
from avatars.seeding import seed_samples
from avatars.storage_homes import open_storage
from cli import troubles
from tasks.stream_redis import redis_client
from web.auth import make_login_code
from web.tokens import read_secret


def prepare(configured: settings.Settings) -> dict[str, str]:
    """Do everything that must be done before the first request; return what was made."""
    read_secret(configured.secret_file)
    migrations.run.upgrade(configured.database_url)
    database = open_database(configured.database_url, pool_size=1)
    try:
        storage = open_storage(configured.storage, endpoint=configured.s3_endpoint)
        storage.check()
        seed_samples(Registry(database, storage))
        key = ApiKeys(database).renew_run_key()
    finally:
        database.close()
    with redis_client(configured.redis_url, blocking=False) as client:
        return {"key": key, "login_code": make_login_code(client)}


def main() -> None:
    """Prepare by the environment's settings and print what was made."""
    try:
        made = prepare(settings.load())
    except troubles.known() as error:
        sentence = troubles.told(error)
        if sentence is None:
            raise
        sys.stderr.write(sentence + "\n")
        raise SystemExit(troubles.TROUBLE_STATUS) from error
    sys.stdout.write(json.dumps(made) + "\n")


if __name__ == "__main__":
    main()
