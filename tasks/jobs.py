"""What a Celery message may carry: frozen, versioned, ids only."""

from dataclasses import asdict, dataclass
from typing import Final

JOB_VERSION: Final = 1


class BadJob(ValueError):
    """A message is not a job of a version this build runs."""


@dataclass(frozen=True, slots=True)
class RegistrationJob:
    """Ring for one attempt to make a version of an avatar. The row holds everything else."""

    registration_id: str
    version: int = JOB_VERSION

    def to_json(self) -> dict[str, object]:
        """Return the message body."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "RegistrationJob":
        """Read a message body.

        Raises:
            BadJob: the version is unknown or the id is missing.
        """
        registration_id = body.get("registration_id")
        if body.get("version") != JOB_VERSION or not isinstance(registration_id, str):
            raise BadJob(f"registration job {body!r}; known version: {JOB_VERSION}")
        return cls(registration_id)


@dataclass(frozen=True, slots=True)
class SynthesisJob:
    """Ring for one utterance. The row holds everything else."""

    utterance_id: str
    version: int = JOB_VERSION

    def to_json(self) -> dict[str, object]:
        """Return the message body."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, object]) -> "SynthesisJob":
        """Read a message body.

        Raises:
            BadJob: the version is unknown or the id is missing.
        """
        utterance_id = body.get("utterance_id")
        if body.get("version") != JOB_VERSION or not isinstance(utterance_id, str):
            raise BadJob(f"synthesis job {body!r}; known version: {JOB_VERSION}")
        return cls(utterance_id)
