"""What operators look at names only metrics that the code has, and no metric is overlooked."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from monitoring.metrics_collector import METRICS

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
PROMETHEUS = ROOT / "monitoring/prometheus"
NAME = re.compile(r"\bavatar_[a-z_]+")


def _known(name: str) -> bool:
    return any(name in (metric, f"{metric}_bucket", f"{metric}_sum", f"{metric}_count") for metric in METRICS)


def _expressions(dashboard: Path) -> Iterator[str]:
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def _rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.name)
def test_every_expression_of_a_dashboard_names_metrics_of_the_code(dashboard: Path) -> None:
    for expression in _expressions(dashboard):
        names = NAME.findall(expression)
        assert names, f"{dashboard.name}: {expression!r} shows no metric of ours"
        assert all(map(_known, names)), f"{dashboard.name}: {expression!r}"


def test_every_alert_names_metrics_of_the_code_and_a_heading_of_the_runbook() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").strip().lower()).replace(" ", "-")
        for line in (ROOT / "docs/runbook.md").read_text().splitlines()
        if line.startswith("#")
    }
    for rule in _rules():
        assert all(map(_known, NAME.findall(str(rule["expr"])))), rule["alert"]
        page, _, heading = str(rule["annotations"]["runbook"]).partition("#")
        assert page == "docs/runbook.md"
        assert heading in headings, f"{rule['alert']}: the runbook has no {heading!r}"


def test_every_metric_is_on_a_dashboard_and_in_the_runbook() -> None:
    shown = {name for dashboard in DASHBOARDS for e in _expressions(dashboard) for name in NAME.findall(e)}
    runbook = (ROOT / "docs/runbook.md").read_text()
    for metric in METRICS:
        assert any(name.startswith(metric) for name in shown), f"{metric} is on no dashboard"
        assert metric in runbook, f"{metric} has no line in the runbook"


def test_every_metric_says_its_unit_or_counts() -> None:
    units = ("_seconds", "_total", "_bytes")
    counted = {"avatar_streams_running", "avatar_viewers", "avatar_stream_readers", "avatar_queue_waiting"}
    for metric in METRICS:
        assert metric.endswith(units) or metric in counted, metric


def test_prometheus_itself_accepts_its_configuration() -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not installed; make test installs it"
    checked = subprocess.run(
        [promtool, "check", "config", str(PROMETHEUS / "prometheus.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
