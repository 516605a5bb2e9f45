"""What may cross a process, and what may be retried."""


class TaskError(Exception):
    """A job cannot go on."""


class Fenced(TaskError):
    """Another worker holds the stream now; stop at once and publish nothing."""


class Cancelled(TaskError):
    """Somebody asked for this utterance to stop."""


class StreamGone(TaskError):
    """The stream is no longer kept; take the finished file."""


class QueueFull(TaskError):
    """As many utterances wait as may wait; try again after the time given."""

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(f"{limit} utterances are waiting already; try again in {retry_after_s} s")
        self.limit = limit
        self.retry_after_s = retry_after_s


class StreamUnreachable(TaskError):
    """Redis does not answer; what was being done may be done again once it does."""


class LogLost(TaskError):
    """Redis lost chunks that it had acknowledged and nobody kept; render again from this one."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"chunk {seq} is in no log and in no part")
        self.seq = seq


class SlotWanted(TaskError):
    """Nobody watches this utterance, and one that is new waits for its place; go on with it later."""


class WorkerDraining(TaskError):
    """This worker is leaving; the job is handed over at the chunk border."""
