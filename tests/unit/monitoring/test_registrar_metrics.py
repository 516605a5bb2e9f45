"""A registrar's dials tell how registrations end and which steps their time goes to."""

from monitoring.registrar_metrics import RegistrarMetrics


def value(metrics: RegistrarMetrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(name, labels) or 0.0


def test_an_attempt_is_running_until_it_ends_and_is_counted_by_how() -> None:
    metrics = RegistrarMetrics()
    metrics.begin("a", 2.0)
    metrics.begin("b", -0.5)
    assert value(metrics, "avatar_registrations_running") == 2
    metrics.end("a", "ready")
    metrics.end("b", "refused")
    assert value(metrics, "avatar_registrations_running") == 0
    assert value(metrics, "avatar_registrations_total", outcome="ready") == 1
    assert value(metrics, "avatar_registrations_total", outcome="refused") == 1
    assert value(metrics, "avatar_registration_wait_seconds_sum") == 2.0


def test_each_step_is_timed_once_however_often_it_is_told() -> None:
    metrics = RegistrarMetrics()
    metrics.begin("a", 0.0)
    for step in ("fetch", "find", "find", "find", "keep"):
        metrics.step("a", step)
    metrics.end("a", "ready")
    counts = {
        step: value(metrics, "avatar_registration_step_seconds_count", step=step)
        for step in ("claim", "fetch", "find", "keep")
    }
    assert counts == {"claim": 1, "fetch": 1, "find": 1, "keep": 1}


def test_two_attempts_at_once_do_not_mix_their_steps() -> None:
    metrics = RegistrarMetrics()
    for one in ("a", "b"):
        metrics.begin(one, 0.0)
    metrics.step("a", "find")
    metrics.step("b", "draw")
    metrics.end("a", "ready")
    assert value(metrics, "avatar_registration_step_seconds_count", step="find") == 1
    assert value(metrics, "avatar_registration_step_seconds_count", step="draw") == 0
