"""celeryconfig.py says only what the installed Celery and kombu understand, and what we mean."""

import pytest
from celery.app.defaults import SETTING_KEYS
from celery.exceptions import QueueNotFound
from kombu.transport.redis import Channel

import celeryconfig
from tasks import queue
from tasks.app import app

NAMES = [
    name
    for name, value in vars(celeryconfig).items()
    if not name.startswith("_") and name not in {"Exchange", "Queue", "settings"}
]


@pytest.mark.parametrize("name", NAMES)
def test_celery_knows_the_setting(name: str) -> None:
    assert name in SETTING_KEYS


@pytest.mark.parametrize("name", sorted(celeryconfig.broker_transport_options))
def test_kombu_knows_the_transport_option(name: str) -> None:
    assert name in Channel.from_transport_options


def test_the_queues_are_those_that_jobs_are_sent_to() -> None:
    assert tuple(q.name for q in celeryconfig.task_queues) == queue.QUEUES


def test_no_two_queues_share_a_way_in() -> None:
    ways = [(q.exchange.name, q.routing_key) for q in celeryconfig.task_queues]
    assert len(set(ways)) == len(ways)
    assert all(exchange and key for exchange, key in ways)


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        (queue.SYNTHESISE, queue.SYNTHESIS_QUEUE),
        (queue.NOTHING, queue.SYNTHESIS_QUEUE),
        (queue.FINISH_FILE, queue.FILES_QUEUE),
        (queue.REGISTER, queue.REGISTRATION_QUEUE),
        (queue.READ_RECORDING, queue.REGISTRATION_QUEUE),
    ],
)
def test_a_task_is_routed_to_the_queue_it_is_rung_in(task: str, wanted: str) -> None:
    assert app.amqp.router.route({}, task)["queue"].name == wanted


def test_a_misspelt_queue_is_refused_at_the_sender() -> None:
    with pytest.raises(QueueNotFound, match="sinthesis"):
        app.amqp.router.route({"queue": "sinthesis"}, queue.SYNTHESISE)


def test_only_json_is_read() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_a_job_that_kills_its_worker_runs_three_times_at_most() -> None:
    assert app.conf.task_annotations == {"*": {"max_retries": 2}}
    assert app.conf.task_retry_on_worker_lost is True
