"""/healthz, /readyz and /metrics of the front door.

The process is healthy when it answers at all; it is ready when every check handed in
passes. Knows nothing of what the checks ask.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

from monitoring.metrics_collector import EXPOSITION_TYPE, WebMetrics, exposition

Check = Callable[[], str | None]
"""Returns None when all is well, else one sentence on what is not."""


def health_blueprint(
    checks: Callable[[], Mapping[str, Check]], metrics: Callable[[], WebMetrics]
) -> Blueprint:
    """Return the three routes.

    Args:
        checks: gives the checks behind /readyz, by name.
        metrics: gives the metrics of this process.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        found = {name: check() for name, check in checks().items()}
        ready = not any(found.values())
        answer = {name: trouble or "ok" for name, trouble in found.items()}
        return jsonify(status="ready" if ready else "not ready", checks=answer), 200 if ready else 503

    @blueprint.get("/metrics")
    def show_metrics() -> Response:
        return Response(exposition(metrics().registry), content_type=EXPOSITION_TYPE)

    return blueprint
