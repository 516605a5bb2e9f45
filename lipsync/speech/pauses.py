"""How long a voice rests after a sentence, for every voice alike. Values only."""

from lipsync.clock import ms_to_samples

_SENTENCE_MS = 230
_CLAUSE_MS = 140
_CLAUSE_MARKS = "،,:;"


def pause_after(text: str) -> int:
    """Return the samples of quiet after a sentence; fewer when it was cut at a clause's mark."""
    return ms_to_samples(_CLAUSE_MS if text[-1:] in _CLAUSE_MARKS else _SENTENCE_MS)
