"""Names of queues and tasks, and how to ring one.

The row in the database is the truth and the message only a doorbell: ringing twice is
harmless, and a bell that is lost is rung again by the reaper.
"""

from collections.abc import Sequence
from typing import Final

from celery.utils.nodenames import gethostname, nodename

from tasks.app import app
from tasks.jobs import RegistrationJob, SynthesisJob

SYNTHESIS_QUEUE: Final = "synthesis"
FILES_QUEUE: Final = "files"
REGISTRATION_QUEUE: Final = "registration"
QUEUES: Final = (SYNTHESIS_QUEUE, FILES_QUEUE, REGISTRATION_QUEUE)

SYNTHESISE: Final = "tasks.synthesis.synthesise"
FINISH_FILE: Final = "tasks.finisher.finish_file"
REGISTER: Final = "tasks.registration.register"
NOTHING: Final = "tasks.synthesis.nothing"
"""An empty task: the floor that `make bench` measures the first chunk against."""


def send(task: str, queue: str, *arguments: object) -> None:
    """Put a task's message into a queue.

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    app.send_task(task, arguments, queue=queue)


def connect() -> None:
    """Do what the first ring of a process would wait for: connect, and build what sends.

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    with app.producer_or_acquire() as producer:
        producer.connection.ensure_connection(max_retries=1)
        for queue in app.amqp.queues.values():
            queue.bind(producer.channel).declare()
    # Both are made at their first use, at the price of several imports.
    _ = app.amqp.send_task_message, app.backend


def stop_taking(workers: Sequence[str]) -> None:
    """Have workers of this machine take up no more utterances; what they have goes on.

    Args:
        workers: their names in leases and settings.

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    nodes = [nodename(name, gethostname()) for name in workers]
    app.control.cancel_consumer(SYNTHESIS_QUEUE, destination=nodes, reply=True, timeout=1.0)


def ring_synthesis(utterance_id: str) -> None:
    """Ask some worker to go on with an utterance. Raises as `send`."""
    send(SYNTHESISE, SYNTHESIS_QUEUE, SynthesisJob(utterance_id).to_json())


def ring_finisher(utterance_id: str) -> None:
    """Ask some worker to build the files of an utterance whose stream has ended. Raises as `send`."""
    send(FINISH_FILE, FILES_QUEUE, SynthesisJob(utterance_id).to_json())


def ring_registration(registration_id: str) -> None:
    """Ask some registrar to take up an attempt to make an avatar. Raises as `send`."""
    send(REGISTER, REGISTRATION_QUEUE, RegistrationJob(registration_id).to_json())
