"""What operators look at names only metrics that the code has, and no metric is overlooked."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from monitoring.avatar_cache_monitor import CACHE_METRICS, CacheMetrics
from monitoring.metrics_collector import METRICS, WebMetrics, WorkerMetrics
from monitoring.model_monitor import MODEL_METRICS, ModelMetrics
from monitoring.registrar_metrics import REGISTRAR_METRICS, RegistrarMetrics

ROOT = Path(__file__).parents[2]
EXPLAINED = {**METRICS, **CACHE_METRICS, **REGISTRAR_METRICS, **MODEL_METRICS}
DASHBOARDS = sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
PROMETHEUS = ROOT / "monitoring/prometheus"
IDENTIFIER = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
WORDS_OF_THE_LANGUAGE = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
LABEL_LIST = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
NOT_NAMES = re.compile(r"\[[^\]]*\]|\b\d[\w.]*")
"""Time ranges, numbers and durations."""
OF_A_TARGET = {"job", "instance"}
"""Labels that Prometheus itself puts on everything it scrapes."""
SERIES_OF_A_KIND = {
    "counter": {"_total": set()},
    "gauge": {"": set()},
    "histogram": {"_bucket": {"le"}, "_sum": set(), "_count": set()},
}


def _metric_of() -> dict[str, tuple[str, set[str]]]:
    """Return every series that the code shows: the metric it is of, as METRICS names it, and its labels."""
    series: dict[str, tuple[str, set[str]]] = {"up": ("up", set())}
    for metrics in (WorkerMetrics(), WebMetrics(), CacheMetrics(), RegistrarMetrics(), ModelMetrics()):
        for metric in vars(metrics).values():
            if isinstance(metric, MetricWrapperBase):
                for suffix, labels in SERIES_OF_A_KIND[metric._type].items():
                    listed = metric._name + ("_total" if metric._type == "counter" else "")
                    series[metric._name + suffix] = (listed, {*metric._labelnames, *labels})
    return series


SERIES = _metric_of()


def _series_in(expression: str) -> dict[str, set[str]]:
    """Return the series an expression names, each with the labels that it is selected by."""
    rest = NOT_NAMES.sub(" ", LABEL_LIST.sub(" ", expression))
    named: dict[str, set[str]] = {}
    for found in IDENTIFIER.finditer(re.sub(r"\{[^}]*\}", lambda braces: " " * len(braces[0]), rest)):
        after = rest[found.end() :].lstrip()
        # What stands before a bracket is a function, or an aggregation whose list of labels is cut out.
        if found[0] in WORDS_OF_THE_LANGUAGE or after.startswith("("):
            continue
        matchers = after[1 : after.index("}")] if after.startswith("{") else ""
        chosen = re.findall(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', matchers))
        named.setdefault(found[0], set()).update(chosen)
    return named


def _faults(expression: str, legend: str = "") -> list[str]:
    """Return what an expression names that the code does not register; whole names count."""
    named = _series_in(expression)
    faults = [f"no metric {name}" for name in named if name not in SERIES]
    known = {name: SERIES[name][1] | OF_A_TARGET for name in named if name in SERIES}
    faults += [f"{name} has no label {label}" for name in known for label in named[name] - known[name]]
    grouped = {label.strip() for found in LABEL_LIST.findall(expression) for label in found.split(",")} - {""}
    anywhere = set().union(*known.values())
    faults += [f"nothing here has a label {label}" for label in sorted(grouped - anywhere)]
    kept = grouped if LABEL_LIST.search(expression) else anywhere
    faults += [f"the legend names {label}" for label in set(re.findall(r"{{\s*(\w+)\s*}}", legend)) - kept]
    return faults if named else [*faults, "no metric at all"]


def _targets(dashboard: Path) -> Iterator[tuple[str, str]]:
    """Yield every expression of a dashboard with its legend."""
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"], target.get("legendFormat", "")


def _rules() -> list[dict[str, object]]:
    groups = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.name)
def test_every_expression_of_a_dashboard_names_metrics_and_labels_of_the_code(dashboard: Path) -> None:
    found = {expression: _faults(expression, legend) for expression, legend in _targets(dashboard)}
    assert found
    assert {expression: faults for expression, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("sum(avatar_underruns)", "no metric avatar_underruns"),
        ("rate(avatar_first_chunk_seconds[5m])", "no metric avatar_first_chunk_seconds"),
        ("avatar_viewers_total", "no metric avatar_viewers_total"),
        ("avatar_streams_running_count", "no metric avatar_streams_running_count"),
        ("sum(rate(http_requests_total[5m]))", "no metric http_requests_total"),
        ("avatar_viewers / avatar_watchers", "no metric avatar_watchers"),
        ("sum by (stage) (avatar_viewers)", "nothing here has a label stage"),
        ("sum by (le) (rate(avatar_relay_lag_seconds_sum[1m]))", "nothing here has a label le"),
        ('avatar_viewers{state="open"}', "avatar_viewers has no label state"),
        ("vector(0)", "no metric at all"),
    ],
)
def test_a_name_that_is_only_nearly_one_of_the_code_is_found(expression: str, fault: str) -> None:
    assert _faults(expression) == [fault]


def test_a_legend_names_only_labels_that_the_expression_keeps() -> None:
    assert _faults("sum by (code) (rate(avatar_relay_closed_total[5m]))", "{{code}}") == []
    assert _faults("sum by (code) (rate(avatar_relay_closed_total[5m]))", "{{instance}}") == [
        "the legend names instance"
    ]


def test_every_alert_names_metrics_of_the_code_and_a_heading_of_the_runbook() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").strip().lower()).replace(" ", "-")
        for line in (ROOT / "docs/runbook.md").read_text().splitlines()
        if line.startswith("#")
    }
    for rule in _rules():
        assert _faults(str(rule["expr"])) == [], rule["alert"]
        page, _, heading = str(rule["annotations"]["runbook"]).partition("#")
        assert page == "docs/runbook.md"
        assert heading in headings, f"{rule['alert']}: the runbook has no {heading!r}"


def test_every_metric_is_on_a_dashboard_and_in_the_runbook() -> None:
    expressions = [expression for dashboard in DASHBOARDS for expression, _ in _targets(dashboard)]
    shown = {SERIES[name][0] for expression in expressions for name in _series_in(expression)}
    runbook = (ROOT / "docs/runbook.md").read_text()
    for metric in EXPLAINED:
        assert metric in shown, f"{metric} is on no dashboard"
        assert re.search(rf"\b{metric}\b", runbook), f"{metric} has no line in the runbook"


def test_every_metric_that_is_explained_is_registered_and_the_other_way_round() -> None:
    assert {metric for metric, _ in SERIES.values()} == {*EXPLAINED, "up"}


def test_every_metric_says_its_unit_or_counts() -> None:
    units = ("_seconds", "_total", "_bytes", "_db", "_ratio", "_frames")
    counted = {"avatar_streams_running", "avatar_viewers", "avatar_stream_readers", "avatar_queue_waiting"}
    counted |= {"avatar_registrations_running", "avatar_net_streams"}
    for metric in EXPLAINED:
        assert metric.endswith(units) or metric in counted, metric


def test_prometheus_itself_accepts_its_configuration() -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not installed; make test installs it"
    checked = subprocess.run(
        [promtool, "check", "config", str(PROMETHEUS / "prometheus.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
