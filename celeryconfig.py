"""Queues, routes and limits of Celery; each line says why.

The row in the database is the truth and a message is only a doorbell, so everything here
prefers ringing twice to losing a ring.
"""

from kombu import Exchange, Queue

import settings

_configured = settings.load()

broker_url = _configured.redis_url
"""`redis://`, `rediss://`, or `redis+socket://` for the embedded server's own socket."""

broker_connection_retry_on_startup = True
"""A worker that starts before Redis waits for it instead of dying."""

broker_connection_max_retries = None
"""Redis may be away for as long as it takes; the supervisor decides who gives up."""

broker_transport_options = {
    # Above the longest job: a healthy job that outlives it would be run again, at the
    # same time, in a loop.
    "visibility_timeout": 3600,
    # What a dead worker had taken comes back in seconds instead of minutes: look every
    # second, and look every time.
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    # A connection that Redis dropped is noticed before a publish is lost on it.
    "health_check_interval": 10,
    "socket_keepalive": True,
}

task_queues = tuple(
    Queue(name, Exchange(name), routing_key=name)
    for name in ("synthesis", "painted", "files", "registration", "batches")
)
"""Live speech, that whose mouths a network paints, the files made from it afterwards, and what is
uploaded: pictures that become avatars, alone and by the batch, and recordings.

Each has an exchange of its own: queues that share one and name no key are all bound with
the default key, and every ring then lands in each of them.
"""

task_default_queue = "synthesis"
"""A task without a route still reaches a queue that a worker listens to."""

task_create_missing_queues = False
"""A misspelt queue is an error at the sender, never a message that nobody reads."""

task_routes = {
    "tasks.synthesis.*": {"queue": "synthesis"},
    "tasks.finisher.*": {"queue": "files"},
    "tasks.registration.*": {"queue": "registration"},
    "tasks.recording.*": {"queue": "registration"},
}

accept_content = ["json"]
"""A message can name ids and never carry code."""

task_serializer = "json"
result_serializer = "json"

result_backend = None
"""The stream and the row are the result."""

task_ignore_result = True

task_acks_late = False
"""A ring is taken off the queue when its job begins. Acknowledged later, over a connection
that a restart of Redis has cut meanwhile, it is an error that ends the worker with all its
jobs. Nothing is lost by it: the lease brings a dead worker's streams back, not the ring."""

task_retry_on_worker_lost = True
"""Counted, so that a job which kills its worker is not run for ever."""

task_annotations = {"*": {"max_retries": 2}}
"""The third death of a job is its last."""

worker_prefetch_multiplier = 1
worker_disable_prefetch = True
"""A worker takes no more rings than it has streams free; the rest wait where others see them."""

worker_cancel_long_running_tasks_on_connection_loss = False
"""A job outlives a restart of the broker: leases, not connections, decide who goes on."""

worker_hijack_root_logger = False
"""Log lines keep the one shape that monitoring gives them."""

worker_send_task_events = True
"""Flower and the dials see every step of a task."""

task_send_sent_event = False
"""It would be a second message for every ring, paid for in the first chunk."""

event_queue_expires = 60
event_queue_ttl = 5
"""Events nobody reads must not fill a broker that never evicts."""

timezone = "UTC"
enable_utc = True
