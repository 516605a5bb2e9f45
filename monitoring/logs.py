"""Logs as JSON lines on standard error, one event each, with the ids they belong to.

`configure_logging` is called once by whoever starts a process. Lines of libraries (gunicorn,
Celery) come out in the same shape. Texts and tokens are never logged.
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Final

import structlog
from structlog.typing import Processor

_WITH_HANDLERS: Final = ("gunicorn.error", "gunicorn.access")
"""Loggers that print for themselves until they are told to leave it to the root."""

_SHARED: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
)


def configure_logging(level: str) -> None:
    """Send everything at or above a level to standard error as JSON lines.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=list(_SHARED),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _WITH_HANDLERS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def about(**ids: str) -> AbstractContextManager[None]:
    """Add ids (`request`, `utterance`, `viewer`) to every line logged in this block and thread."""
    return structlog.contextvars.bound_contextvars(**ids)
