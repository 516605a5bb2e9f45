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


def __getattr__(name: str) -> Flask:
    # gunicorn asks for `application` when it is told only the module. Made when asked for,
    # so that importing this room still does nothing.
    if name == "application":
        return make_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
