"""`avatar up` on grown-up servers, and what an operator sees there."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import client
from tests.acceptance.stacks import avatar_environment, running
from tests.services import fresh_postgres_database, running_redis


@pytest.fixture(scope="module")
def servers(postgres_url: str) -> Iterator[dict[str, str]]:
    with running_redis() as redis_url, fresh_postgres_database(postgres_url) as database_url:
        yield {"REDIS_URL": redis_url, "DATABASE_URL": database_url}


@pytest.fixture(scope="module")
def run(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    var = tmp_path_factory.mktemp("grown-up") / "var"
    with running(var, avatar_environment(var, **servers)) as made:
        yield {**made, "var": str(var)}


def test_a_sentence_goes_the_whole_way_on_postgresql_and_a_redis_elsewhere(
    run: dict[str, Any], tmp_path: Path
) -> None:
    with client.Service(run["address"], run["key"]) as service:
        report = client.speak(service, "سلام. این جمله روی سرورهای بزرگ گفته می‌شود.", avatar="kian")
        assert (report.ending, report.missing, report.duplicates) == ("end", 0, 0)
        service.wait_for_files(report.utterance)
        size = service.download(f"/v1/utterances/{report.utterance}/video.mp4", tmp_path / "a.mp4")
    assert size > 10_000
    var = Path(run["var"])
    assert not (var / "avatar.db").exists(), "it wrote to SQLite all the same"
    assert not (var / "redis").exists(), "it started a Redis of its own all the same"


def test_flower_lists_the_worker_and_its_tasks_behind_a_password(run: dict[str, Any]) -> None:
    workers = _until(lambda: _answered(run, "/api/workers?refresh=1"))
    with pytest.raises(urllib.error.HTTPError, match="401"):
        _flower(run, "/api/workers", password="wrong")
    assert any(name.startswith("worker-1@") for name in workers)
    # Flower knows of a task only by what it hears, and is the last to be up.
    with client.Service(run["address"], run["key"]) as service:
        client.speak(service, "یک جمله برای فهرست کارها.", avatar="samira")
    spoken = "tasks.synthesis.synthesise"
    assert _until(lambda: [t for t in _flower(run, "/api/tasks").values() if t["name"] == spoken])


def test_web_and_worker_show_their_numbers(run: dict[str, Any]) -> None:
    with client.Service(run["address"], run["key"]) as service:
        client.speak(service, "یک جمله برای شمردن.", avatar="samira")
    web = urllib.request.urlopen(f"{run['address']}/metrics").read().decode()
    assert "avatar_http_requests_total" in web
    worker = urllib.request.urlopen(f"http://127.0.0.1:{run['ports']['worker-1']}/metrics").read().decode()
    first = next(line for line in worker.splitlines() if line.startswith("avatar_first_chunk_seconds_count"))
    assert float(first.split()[1]) >= 1


def _flower(run: dict[str, Any], path: str, password: str | None = None) -> Any:
    secret = base64.b64encode(f"avatar:{password or run['key']}".encode()).decode()
    request = urllib.request.Request(f"http://127.0.0.1:{run['ports']['flower']}{path}")
    request.add_header("Authorization", f"Basic {secret}")
    return json.load(urllib.request.urlopen(request, timeout=10))


def _answered(run: dict[str, Any], path: str) -> Any:
    """Return Flower's answer, or None while it is not up: the stack is ready before it is."""
    try:
        return _flower(run, path)
    except urllib.error.HTTPError:
        raise
    except urllib.error.URLError:
        return None


def _until(ask: Any, limit_s: float = 30.0) -> Any:
    deadline_s = time.monotonic() + limit_s
    while True:
        answer = ask()
        if answer or time.monotonic() > deadline_s:
            return answer
        time.sleep(0.2)
