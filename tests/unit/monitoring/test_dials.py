"""Metrics, health and logs."""

import json
import logging
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import structlog
from flask import Flask

from monitoring.health_endpoints import health_blueprint
from monitoring.logs import about, configure_logging
from monitoring.metrics_collector import METRICS, WebMetrics, WorkerMetrics, exposition, serve_metrics

ROOT = Path(__file__).parents[3]


def _names(text: str) -> set[str]:
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}


def test_every_metric_stands_in_the_table_and_every_row_is_a_metric() -> None:
    shown = _names(exposition(WorkerMetrics().registry).decode()) | _names(
        exposition(WebMetrics().registry).decode()
    )
    assert {name for name in shown if not name.endswith("_created")} == set(METRICS)


def test_every_metric_names_the_service_and_its_unit() -> None:
    counted = {"avatar_streams_running", "avatar_viewers", "avatar_stream_readers", "avatar_queue_waiting"}
    for name in METRICS:
        assert name.startswith("avatar_")
        assert name in counted or re.search(r"_(seconds|bytes|total)$", name), name


def test_two_collections_share_nothing() -> None:
    one, other = WorkerMetrics(), WorkerMetrics()
    one.takeovers.inc()
    assert b"avatar_takeovers_total 1.0" in exposition(one.registry)
    assert b"avatar_takeovers_total 0.0" in exposition(other.registry)


def test_a_worker_serves_its_metrics_on_loopback() -> None:
    metrics = WorkerMetrics()
    metrics.stage("encode", 0.004)
    port = serve_metrics(metrics.registry, 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    assert 'avatar_chunk_stage_seconds_bucket{le="0.005",stage="encode"} 1.0' in text


def test_a_worker_port_that_is_taken_is_an_error() -> None:
    port = serve_metrics(WorkerMetrics().registry, 0)
    with pytest.raises(OSError, match="in use"):
        serve_metrics(WorkerMetrics().registry, port)


def test_several_processes_are_added_up(tmp_path: Path) -> None:
    count = (
        "from monitoring.metrics_collector import *; m = WebMetrics(); m.relay_refused.inc(); m.viewers.inc()"
    )
    show = f"{count}; print(exposition(m.registry).decode())"
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", count], cwd=ROOT, env=env, check=True)
    shown = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    ).stdout
    assert "avatar_relay_refused_total 2.0" in shown
    forget = count + "; import os; forget_process(os.getpid()); print(exposition(m.registry).decode())"
    shown = subprocess.run(
        [sys.executable, "-c", forget], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    ).stdout
    assert "avatar_relay_refused_total 3.0" in shown
    assert "avatar_viewers 2.0" in shown


@pytest.mark.parametrize(("trouble", "status"), [(None, 200), ("it is gone", 503)])
def test_readiness_is_what_the_checks_say(trouble: str | None, status: int) -> None:
    app = Flask("test")
    app.register_blueprint(health_blueprint(lambda: {"thing": lambda: trouble}, WebMetrics))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == status
    assert answer.json == {
        "status": "ready" if status == 200 else "not ready",
        "checks": {"thing": trouble or "ok"},
    }


@pytest.fixture
def _quiet_afterwards():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_quiet_afterwards")
def test_lines_are_json_with_the_ids_they_belong_to(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    with about(utterance="u1", viewer="v1"):
        structlog.get_logger("web.relay").info("viewer_slow", after=4)
        logging.getLogger("celery").warning("from a %s", "library")
    structlog.get_logger("web.relay").debug("too quiet")
    try:
        raise ValueError("سلام")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    first, second, third = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["event"] == "viewer_slow"
    assert (first["utterance"], first["after"], first["level"], first["logger"]) == (
        "u1",
        4,
        "info",
        "web.relay",
    )
    assert (second["event"], second["viewer"]) == ("from a library", "v1")
    assert "ValueError: سلام" in third["exception"]
    assert "utterance" not in third
