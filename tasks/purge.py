"""What nobody came back for is removed: refused avatars, and registrations nobody has taken up."""

from datetime import datetime, timedelta

import structlog

from avatars.registrations import Registrations
from avatars.registry import Registry

log = structlog.get_logger(__name__)


class Purge:
    """Ends what was left lying for longer than a while; a part of the reaper's sweep."""

    def __init__(self, registry: Registry, registrations: Registrations, keep: timedelta) -> None:
        self._registry = registry
        self._registrations = registrations
        self._keep = keep

    def run(self, now: datetime) -> int:
        """Remove what is too old at a time; return how many avatars lost their files.

        Raises:
            StorageError: storage would not remove them; the rest is left for the next time.
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        before = now - self._keep
        stale = self._registry.refused_before(before)
        purged = [avatar_id for avatar_id in stale if self._registry.purge_refused(avatar_id, before, now)]
        if purged:
            log.info("refused_avatars_purged", avatars=purged)
        abandoned = self._registrations.abandon(before)
        if abandoned:
            log.warning("registrations_abandoned", registrations=abandoned)
        return len(purged)
