"""Names of queues and tasks, and how to ring one.

The row in the database is the truth and the message only a doorbell: ringing twice is
harmless, and a bell that is lost is rung again by the reaper.
"""

from collections.abc import Sequence
from typing import Final

from celery import group
from celery.utils.nodenames import gethostname, nodename
from kombu.entity import Exchange, Queue

from tasks.app import app
from tasks.catalogue import is_painted
from tasks.jobs import RecordingJob, RegistrationJob, SynthesisJob

SYNTHESIS_QUEUE: Final = "synthesis"
PAINTED_QUEUE: Final = "painted"
"""Utterances whose engine needs a network wait apart: only workers that have one listen here."""
FILES_QUEUE: Final = "files"
REGISTRATION_QUEUE: Final = "registration"
BATCH_QUEUE: Final = "batches"
"""Files of batches wait apart: a registrar takes from both in turn, so a thousand of them do not
stand before the one photo that a person waits for."""
QUEUES: Final = (SYNTHESIS_QUEUE, PAINTED_QUEUE, FILES_QUEUE, REGISTRATION_QUEUE, BATCH_QUEUE)

SYNTHESISE: Final = "tasks.synthesis.synthesise"
FINISH_FILE: Final = "tasks.finisher.finish_file"
REGISTER: Final = "tasks.registration.register"
READ_RECORDING: Final = "tasks.recording.read"
SYNTHESISE_HERE: Final = "tasks.synthesis.synthesise_here"
"""The same for one worker that has the face ready; it passes it on to nobody."""
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
    for name, node in zip(workers, nodes, strict=True):
        # What was meant for one worker rings at the others too, so nobody is asked to confirm it.
        for other in (own_queue(name).name, PAINTED_QUEUE):
            app.control.cancel_consumer(other, destination=[node])
    app.control.cancel_consumer(SYNTHESIS_QUEUE, destination=nodes, reply=True, timeout=1.0)


def own_queue(worker: str) -> Queue:
    """Return the queue at which one worker is asked for utterances whose faces it has ready."""
    name = f"{SYNTHESIS_QUEUE}.{worker}"
    # With an exchange of its own, as all queues here have: what is bound to a shared one is looked
    # through at every ring, and that of workers which are gone for good stays bound.
    return Queue(name, Exchange(name), routing_key=name)  # type: ignore[no-untyped-call]


def ring_worker(worker: str, utterance_id: str) -> None:
    """Ask one worker to go on with an utterance; one that is full or gone does not. Raises as `send`."""
    app.send_task(SYNTHESISE_HERE, (SynthesisJob(utterance_id).to_json(),), queue=own_queue(worker))


def ring_synthesis(utterance_id: str, engine: str = "") -> None:
    """Ask some worker to go on with an utterance.

    Args:
        utterance_id: the utterance.
        engine: what draws it. Who does not know it leaves it out: a worker that has not got the
            engine rings where those listen that have.

    Raises:
        kombu.exceptions.OperationalError: the broker cannot be reached.
    """
    queue = PAINTED_QUEUE if is_painted(engine) else SYNTHESIS_QUEUE
    send(SYNTHESISE, queue, SynthesisJob(utterance_id).to_json())


def ring_finisher(utterance_id: str) -> None:
    """Ask some worker to build the files of an utterance whose stream has ended. Raises as `send`."""
    send(FINISH_FILE, FILES_QUEUE, SynthesisJob(utterance_id).to_json())


def ring_registration(registration_id: str) -> None:
    """Ask some registrar to take up an attempt to make an avatar. Raises as `send`."""
    send(REGISTER, REGISTRATION_QUEUE, RegistrationJob(registration_id).to_json())


def ring_recording(recording_id: str) -> None:
    """Ask some registrar to read a recording. Raises as `send`."""
    send(READ_RECORDING, REGISTRATION_QUEUE, RecordingJob(recording_id).to_json())


def ring_batch(registration_ids: Sequence[str]) -> None:
    """Ask registrars to take up many attempts, as one group. Raises as `send`."""
    rings = (
        app.signature(REGISTER, (RegistrationJob(each).to_json(),), queue=BATCH_QUEUE, immutable=True)
        for each in registration_ids
    )
    group(rings, app=app).apply_async()


def batch_rings_waiting() -> int:
    """Return how many rings of batches no registrar has taken yet. Raises as `send`."""
    with app.connection_or_acquire() as connection:
        return int(connection.default_channel.queue_declare(BATCH_QUEUE).message_count)
