"""The Celery application. Names tasks as strings and imports none of their bodies."""

from celery import Celery

app = Celery("avatar")
app.config_from_object("celeryconfig")
