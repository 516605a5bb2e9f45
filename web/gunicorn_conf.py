"""How gunicorn runs the front door: `gunicorn --config python:web.gunicorn_conf`.

One thread per open socket, so the number of threads is the number of viewers plus a
reserve for requests. Read by gunicorn only, as celeryconfig.py is by Celery.
"""

import signal
import threading
from types import FrameType
from typing import Any

import settings as environment
from monitoring.metrics_collector import forget_process
from web.services import Services

_chosen = environment.load()

wsgi_app = "web.wsgi:make_app()"
worker_class = "gthread"
workers = _chosen.web_processes
threads = _chosen.web_threads

bind = f"{_chosen.host}:{_chosen.port}"
"""Overridden on the command line by a supervisor that holds the listening socket itself."""

worker_connections = _chosen.web_threads * 4
"""Idle keep-alive connections wait without a thread."""

keepalive = 75
graceful_timeout = 8
"""Sockets are told to leave at once (below); the rest are short requests."""

timeout = 60
"""A process whose accepting thread hangs for so long is ended. Open sockets do not count."""

control_socket_disable = True

worker_tmp_dir = None
accesslog = None
errorlog = "-"


def post_worker_init(worker: Any) -> None:
    """Warm up; have SIGTERM tell every open socket first, since gunicorn tells handlers nothing."""
    house: Services = worker.wsgi.extensions["avatar"]
    threading.Thread(target=house.warm_up, name="warm-up", daemon=True).start()
    leave = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        # In a thread of its own: the interrupted one may hold a lock that draining needs.
        threading.Thread(target=house.relay.drain, daemon=True).start()
        if callable(leave):
            leave(number, frame)

    signal.signal(signal.SIGTERM, drain)
    signal.siginterrupt(signal.SIGTERM, False)


def child_exit(_server: Any, worker: Any) -> None:
    """Drop the gauges of a process that has ended."""
    forget_process(worker.pid)
