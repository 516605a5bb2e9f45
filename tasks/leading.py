"""Says by its status whether some reaper leads: 0 when one does, 1 when none has for three seconds.

For the health check of a container, `python -m tasks.leading`. A reaper that hangs renews
its office no more, so that a process which is merely there does not count as health.
"""

import sys

import settings
from tasks.errors import StreamUnreachable
from tasks.reaper import OFFICE
from tasks.stream_redis import open_stream


def main() -> int:
    """Return the status."""
    try:
        return 0 if open_stream(settings.load().media_redis_url).led(OFFICE) else 1
    except StreamUnreachable:
        return 1


if __name__ == "__main__":
    sys.exit(main())
