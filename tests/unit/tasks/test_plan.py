"""Kept speech comes back exactly, or not at all."""

import numpy as np
import pytest

from avatars.storage_memory import MemoryStorage
from lipsync.speech.spans import Mark, PhonemeSpan, SpeechBuffer, WordSpan
from tasks.plan import Place, Plan, PlanBroken

SID = "c" * 32


def _buffer(seed: int, *, last: bool) -> SpeechBuffer:
    sound = np.random.default_rng(seed).integers(-9000, 9000, 1920 * 3, dtype=np.int16)
    phonemes, words, marks = (PhonemeSpan("ɒː", 0, 960),), (WordSpan(0, 4, 0, 960),), (Mark("نشان", 7),)
    return SpeechBuffer(sound, phonemes, words, last, marks)


def test_kept_speech_comes_back_as_it_was_in_order() -> None:
    storage = MemoryStorage()
    plan = Plan(storage, SID)
    second, first, tail = _buffer(1, last=True), _buffer(2, last=False), _buffer(3, last=True)
    plan.keep(1, 0, second)
    plan.keep(0, 0, first)
    plan.keep(0, 1, tail)
    kept = list(Plan(storage, SID).kept())
    assert [(k.sentence, k.part) for k in kept] == [(0, 0), (0, 1), (1, 0)]
    for found, wanted in zip(kept, [first, tail, second], strict=True):
        np.testing.assert_array_equal(found.buffer.sound, wanted.sound)
        assert found.buffer.phonemes == wanted.phonemes
        assert found.buffer.words == wanted.words
        assert found.buffer.marks == wanted.marks
        assert found.buffer.last is wanted.last


def test_changed_sound_is_refused() -> None:
    storage = MemoryStorage()
    Plan(storage, SID).keep(0, 0, _buffer(1, last=True))
    key = next(iter(storage.keys(f"utterances/{SID}/plan/")))
    data = bytearray(storage.get(key))
    data[len(data) // 3] ^= 0xFF
    storage.put(key, bytes(data))
    with pytest.raises(PlanBroken):
        list(Plan(storage, SID).kept())


def test_a_file_that_is_no_array_is_refused() -> None:
    storage = MemoryStorage()
    storage.put(f"utterances/{SID}/plan/00000-000.npz", b"not an array")
    with pytest.raises(PlanBroken):
        list(Plan(storage, SID).kept())


def test_a_forgotten_plan_is_gone() -> None:
    storage = MemoryStorage()
    plan = Plan(storage, SID)
    plan.keep(0, 0, _buffer(1, last=True))
    plan.forget()
    assert list(plan.kept()) == []


def test_where_a_sentence_stands_is_kept_with_it() -> None:
    plan = Plan(MemoryStorage(), SID)
    plan.keep(0, 0, _buffer(1, last=True), Place(3, 9, 40))
    plan.keep(1, 0, _buffer(2, last=True))
    assert [kept.place for kept in plan.kept()] == [Place(3, 9, 40), None]


def test_what_a_worker_keeps_after_it_was_taken_for_dead_counts_for_nothing() -> None:
    storage = MemoryStorage()
    dead, successor = Plan(storage, SID, gen=1), Plan(storage, SID, gen=2)
    dead.keep(0, 0, _buffer(1, last=True))
    successor.keep(1, 0, _buffer(2, last=True))
    dead.keep(1, 0, _buffer(3, last=False))
    dead.keep(1, 1, _buffer(4, last=True))
    dead.keep(2, 0, _buffer(5, last=True))
    kept = list(Plan(storage, SID, gen=3).kept())
    assert [(k.sentence, k.part) for k in kept] == [(0, 0), (1, 0)]
    np.testing.assert_array_equal(kept[1].buffer.sound, _buffer(2, last=True).sound)
