"""Ports that settings name are looked at all at once, and told by the settings' names."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import settings
from cli.main import main
from cli.ports import PortsTaken, WantedPort, check_ports, wanted_ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wanted(**env: str) -> list[tuple[str, int]]:
    return [(each.setting, each.port) for each in wanted_ports(settings.load(env))]


def test_a_zero_wants_no_port() -> None:
    assert wanted() == []


def test_every_setting_that_names_a_port_is_listed_and_workers_count_up() -> None:
    env = {
        "AVATAR_PORT": "8000", "AVATAR_FLOWER_PORT": "5555", "AVATAR_WORKER_METRICS_PORT": "9100",
        "AVATAR_WORKERS": "3",
    }  # fmt: skip
    metrics = [("AVATAR_WORKER_METRICS_PORT", port) for port in (9100, 9101, 9102)]
    assert wanted(**env) == [("AVATAR_PORT", 8000), ("AVATAR_FLOWER_PORT", 5555), *metrics]
    chosen = settings.load(env)
    assert WantedPort("AVATAR_PORT", "127.0.0.1", 8001) in wanted_ports(chosen, port=8001)
    assert "AVATAR_FLOWER_PORT" not in {each.setting for each in wanted_ports(chosen, flower=False)}


def test_all_occupied_ports_are_told_by_name_with_what_to_do(taken: int) -> None:
    asked = [
        WantedPort("AVATAR_PORT", "127.0.0.1", free()),
        WantedPort("AVATAR_FLOWER_PORT", "127.0.0.1", taken),
        WantedPort("AVATAR_WORKER_METRICS_PORT", "127.0.0.1", taken),
    ]
    with pytest.raises(PortsTaken, match="0 for a free one") as raised:
        check_ports(asked)
    assert [fault.partition(":")[0] for fault in raised.value.faults] == [
        "AVATAR_FLOWER_PORT", "AVATAR_WORKER_METRICS_PORT",
    ]  # fmt: skip
    assert all(f"127.0.0.1:{taken}" in fault for fault in raised.value.faults)


def test_workers_alone_tell_an_occupied_port_too(taken: int, tmp_path: Path) -> None:
    env = {"AVATAR_VAR": str(tmp_path), "REDIS_URL": "redis://127.0.0.1:9", "AVATAR_WORKERS": "1"}
    done = CliRunner().invoke(main, ["workers"], env={**env, "AVATAR_WORKER_METRICS_PORT": str(taken)})
    assert done.exit_code == 1
    assert "AVATAR_WORKER_METRICS_PORT" in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_one_port_cannot_serve_two_settings() -> None:
    port = free()
    twice = [WantedPort(name, "127.0.0.1", port) for name in ("AVATAR_PORT", "AVATAR_FLOWER_PORT")]
    with pytest.raises(PortsTaken, match="AVATAR_FLOWER_PORT"):
        check_ports(twice)


def test_a_port_past_the_last_one_is_told() -> None:
    with pytest.raises(PortsTaken, match="above 65535"):
        check_ports([WantedPort("AVATAR_WORKER_METRICS_PORT", "127.0.0.1", 65536)])


def test_what_was_looked_at_can_be_taken_afterwards() -> None:
    port = free()
    check_ports([WantedPort("AVATAR_PORT", "127.0.0.1", port)])
    socket.create_server(("127.0.0.1", port)).close()
