"""What gunicorn starts: `web.wsgi:make_app()`, by web/gunicorn_conf.py."""

from flask import Flask

import settings as environment
from monitoring.logs import configure_logging
from web import create_app


def make_app() -> Flask:
    """Return the application that the environment's settings describe.

    Raises:
        settings.BadSetting: a setting has a value it must not have.
    """
    chosen = environment.load()
    configure_logging(chosen.log_level)
    return create_app(chosen)
