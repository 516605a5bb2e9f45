"""Piper's voices: text to phonemes to numbers to a graph to sound and spans, whatever dies meanwhile."""

import hashlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest
from tiny_piper import FLOAT, LETTERS, graph_bytes, hertz, model_bytes, node_bytes, value, write_voice

from lipsync.clock import ms_to_samples, samples_per_frame
from lipsync.mouth.phonemes import is_known
from lipsync.speech.errors import VoiceError, VoiceMute, VoiceRefused, VoiceTimedOut
from lipsync.speech.spans import SpeechBuffer
from workers.piper_models import find_models
from workers.piper_voice import piper_command
from workers.voice_process import VoiceProcess
from workers.voices import Voices, open_voices

PERSIAN = "سلام، امروز به کتاب‌خانه می‌رویم و با hello world ۱۲ کتاب می‌بریم."
ENGLISH = "Hello there, one of the best people of the world."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_voice(folder)
    write_voice(folder, "en_US-tiny-low", "en")
    return folder


@pytest.fixture
def piper(tmp_path: Path) -> Iterator[VoiceProcess]:
    made = VoiceProcess(tmp_path, piper_command)
    yield made
    made.close()


@pytest.fixture
def voices(tmp_path: Path, folder: Path, piper: VoiceProcess) -> Iterator[Voices]:
    with Voices(VoiceProcess(tmp_path), find_models(folder), piper) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Voices]:
    """Voices for tests that kill nothing."""
    with open_voices(tmp_path_factory.mktemp("voices"), folder) as made:
        yield made


def speech(voices: Voices, name: str, text: str, seed: int = 1) -> SpeechBuffer:
    (buffer,) = voices.get(name).speak(text, seed)
    return buffer


def fingerprint(spoken: SpeechBuffer) -> str:
    return hashlib.sha256(spoken.sound.tobytes() + repr((spoken.phonemes, spoken.words)).encode()).hexdigest()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def other_voice(tmp_path: Path, model: bytes) -> Voices:
    write_voice(tmp_path / "other", model=model)
    return open_voices(tmp_path / "run", tmp_path / "other")


def test_voices_that_are_there_are_offered_beside_the_embedded_ones(shared: Voices) -> None:
    names = [info.name for info in shared.catalogue()]
    assert names == ["fa", "fa-woman", "en", "en-woman", "en-tiny", "fa-tiny"]
    assert {info.engine for info in shared.catalogue()} == {"espeak-ng", "piper"}


@pytest.mark.parametrize(("name", "text"), [("fa-tiny", PERSIAN), ("en-tiny", ENGLISH), ("fa-tiny", "بله")])
def test_phonemes_fill_the_sound_without_gap_or_overlap(shared: Voices, name: str, text: str) -> None:
    spoken = speech(shared, name, text)
    assert spoken.last
    assert spoken.phonemes[0].start_samples == 0
    assert spoken.phonemes[-1].end_samples == len(spoken.sound)
    assert all(span.start_samples < span.end_samples for span in spoken.phonemes)
    assert all(a.end_samples == b.start_samples for a, b in pairwise(spoken.phonemes))
    assert all(is_known(span.symbol) for span in spoken.phonemes)
    assert len(spoken.sound) % samples_per_frame() == 0


@pytest.mark.parametrize(
    ("name", "text"), [("fa-tiny", PERSIAN), ("en-tiny", ENGLISH), ("en-tiny", "a-b, c 3.5% of the end")]
)
def test_every_written_word_has_one_span_in_order(shared: Voices, name: str, text: str) -> None:
    words = speech(shared, name, text).words
    assert [text[word.text_start : word.text_end] for word in words] == text.split()
    assert all(a.end_samples <= b.start_samples for a, b in pairwise(words))
    assert all(word.start_samples < word.end_samples for word in words)


def test_what_is_heard_within_a_phoneme_is_that_phoneme(shared: Voices) -> None:
    spoken = speech(shared, "fa-tiny", "سلام، بابا آمد.")
    checked = 0
    for span in spoken.phonemes:
        letter = span.symbol.strip("ˈˌː")
        length = span.end_samples - span.start_samples
        # Only its first part is surely the letter: what is left belongs to its pad.
        start = span.start_samples
        inside = spoken.sound[start + 600 : start + min(length, 3_800)].astype(float)
        if letter in LETTERS and len(inside) > 2_000:
            spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside)), 48_000))
            assert abs(int(spectrum[50:2_000].argmax()) + 50 - hertz(letter)) < 8, span
            checked += 1
    assert checked >= 6


def test_a_sentence_ends_in_a_natural_pause_and_is_silent_there(shared: Voices) -> None:
    spoken = speech(shared, "fa-tiny", "سلام.")
    last = spoken.phonemes[-1]
    assert last.symbol == "_"
    assert ms_to_samples(230) <= last.end_samples - last.start_samples <= ms_to_samples(300)
    tail = spoken.sound[last.start_samples + ms_to_samples(40) :].astype(float)
    assert np.sqrt((tail**2).mean()) < 600 < np.abs(spoken.sound).max()


def test_the_same_seed_gives_the_same_samples_in_any_order_and_process(
    shared: Voices, tmp_path: Path, folder: Path
) -> None:
    alone = {text: fingerprint(speech(shared, "fa-tiny", text, 7)) for text in (PERSIAN, "بله", "سلام دنیا.")}
    with open_voices(tmp_path, folder) as others:
        speech(others, "en-tiny", ENGLISH, 99)
        with ThreadPoolExecutor(8) as pool:
            said = pool.map(lambda text: speech(others, "fa-tiny", text, 7), list(alone) * 4)
            again = [fingerprint(each) for each in said]
    assert again == list(alone.values()) * 4


def test_another_seed_is_said_a_little_otherwise(shared: Voices) -> None:
    said = [fingerprint(speech(shared, "fa-tiny", "سلام", seed)) for seed in (1, 2)]
    assert said[0] != said[1]


def test_a_graph_with_other_randomness_inside_is_spoken_without_it(tmp_path: Path) -> None:
    with other_voice(tmp_path, model_bytes(graph_bytes(noise="RandomUniformLike"))) as voices:
        said = {fingerprint(speech(voices, "fa-tiny", "سلام دنیا", seed)) for seed in (1, 1, 2)}
    assert len(said) == 1


def test_a_graph_that_does_not_tell_its_durations_still_gives_spans(tmp_path: Path) -> None:
    with other_voice(tmp_path, model_bytes(graph_bytes(ceil="Floor"))) as voices:
        spoken = speech(voices, "fa-tiny", "سلام دنیا.")
    assert [word.text_start for word in spoken.words] == [0, 5]
    assert len(spoken.phonemes) > 8


def test_of_several_ceils_the_one_that_fits_is_the_durations(tmp_path: Path, shared: Voices) -> None:
    graph = node_bytes("Ceil", ["scale.length"], ["other"]) + graph_bytes()
    with other_voice(tmp_path, model_bytes(graph)) as voices:
        said = fingerprint(speech(voices, "fa-tiny", PERSIAN))
    assert said == fingerprint(speech(shared, "fa-tiny", PERSIAN))


def test_a_voice_of_several_speakers_is_told_which(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "other", model=model_bytes(graph_bytes(speakers=2)))
    described = Path(f"{path}.json")
    described.write_text(described.read_text().replace('"num_speakers": 1', '"num_speakers": 2'))
    with open_voices(tmp_path / "run", tmp_path / "other") as voices:
        assert len(speech(voices, "fa-tiny", "بله").sound)


def test_a_long_sentence_is_said_whole(shared: Voices) -> None:
    text = " ".join(["بابا", "آب", "داد"] * 60)
    words = speech(shared, "fa-tiny", text).words
    assert [text[word.text_start : word.text_end] for word in words] == text.split()


@pytest.mark.parametrize(
    "text", ["۱۲۳", "123", "می‌روم", "كتاب يك", "سلام Hello 你好 Привет", "<b>&amp;[[x]]", "Dr. No"]
)
@pytest.mark.parametrize("name", ["fa-tiny", "en-tiny"])
def test_hard_texts_are_spoken(shared: Voices, name: str, text: str) -> None:
    spoken = speech(shared, name, text)
    assert spoken.words
    assert all(text[word.text_start : word.text_end].strip() for word in spoken.words)


def test_persian_digits_are_heard_in_english_too(shared: Voices) -> None:
    assert np.array_equal(speech(shared, "en-tiny", "۱۲").sound, speech(shared, "en-tiny", "12").sound)


def test_a_text_without_a_sound_is_an_error_and_not_silence(shared: Voices) -> None:
    with pytest.raises(VoiceMute, match="fa-tiny"):
        speech(shared, "fa-tiny", "\ua9e0")


def test_a_request_too_long_for_a_sentence_is_refused(shared: Voices) -> None:
    with pytest.raises(VoiceRefused, match="16384"):
        speech(shared, "fa-tiny", "سلام " * 10_000)


@pytest.mark.parametrize(
    "model", [b"", b"<html>", model_bytes()[:900], model_bytes(node_bytes("NoSuchThing", [], ["output"]))]
)
def test_a_model_that_is_none_is_refused_and_the_others_speak(tmp_path: Path, model: bytes) -> None:
    write_voice(tmp_path / "other", "fa_IR-broken-low", model=model)
    write_voice(tmp_path / "other")
    with open_voices(tmp_path / "run", tmp_path / "other") as voices:
        with pytest.raises(VoiceRefused):
            speech(voices, "fa-broken", "سلام")
        assert len(speech(voices, "fa-tiny", "سلام").sound)


def test_a_voice_that_computes_no_sound_is_refused(tmp_path: Path) -> None:
    silent = b"".join([
        node_bytes("Sub", ["scales", "scales"], ["output"]),
        value(11, "input", 7, [1, "n"]), value(11, "input_lengths", 7, [1]), value(11, "scales", FLOAT, [3]),
        value(12, "output", FLOAT, ["t"]), b"\x12\x01x",
    ])  # fmt: skip
    with other_voice(tmp_path, model_bytes(silent)) as voices, pytest.raises(VoiceRefused, match="no sound"):
        speech(voices, "fa-tiny", "سلام")


def test_a_process_killed_between_sentences_is_not_noticed(voices: Voices, piper: VoiceProcess) -> None:
    before = fingerprint(speech(voices, "fa-tiny", PERSIAN))
    first = piper.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert fingerprint(speech(voices, "fa-tiny", PERSIAN)) == before
    assert piper.pid not in {None, first}


def test_a_process_killed_in_mid_sentence_is_started_again_and_says_the_same(
    voices: Voices, piper: VoiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(speech(voices, "fa-tiny", PERSIAN))
    first = piper.pid
    assert first is not None
    connected, connect = threading.Event(), piper.connect

    def connect_and_tell() -> socket.socket:
        connection = connect()
        connected.set()
        return connection

    monkeypatch.setattr(piper, "connect", connect_and_tell)
    os.kill(first, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        spoken = pool.submit(speech, voices, "fa-tiny", PERSIAN)
        assert connected.wait(20)
        os.kill(first, signal.SIGKILL)
        assert fingerprint(spoken.result(20)) == before
    assert piper.pid not in {None, first}


def test_a_frozen_process_is_replaced(
    voices: Voices, piper: VoiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    speech(voices, "fa-tiny", "سلام")
    frozen = piper.pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    monkeypatch.setattr("workers.voice_process.ANSWER_TIMEOUT_S", 0.3)
    with pytest.raises(VoiceError):
        speech(voices, "fa-tiny", "سلام")
    monkeypatch.undo()
    assert len(speech(voices, "fa-tiny", "سلام").sound)
    assert piper.pid != frozen


def test_whoever_goes_away_leaves_no_work_behind(voices: Voices, piper: VoiceProcess, folder: Path) -> None:
    speech(voices, "fa-tiny", "سلام")
    assert piper.pid is not None
    process = psutil.Process(piper.pid)
    wait_until(lambda: process.num_threads() > 1)
    for _ in range(8):
        with piper.connect() as connection:
            connection.sendall(b"\x00\x00")
    quiet = process.num_threads()
    for _ in range(8):
        piper.connect().close()
    wait_until(lambda: process.num_threads() <= quiet)
    assert len(speech(voices, "fa-tiny", "سلام").sound)


def test_the_process_ends_with_its_voices_and_holds_no_espeak(tmp_path: Path, folder: Path) -> None:
    piper = VoiceProcess(tmp_path, piper_command)
    voices = Voices(VoiceProcess(tmp_path), find_models(folder), piper)
    speech(voices, "fa-tiny", "سلام")
    assert piper.pid is not None
    process = psutil.Process(piper.pid)
    assert not [part.path for part in process.memory_maps() if "espeak" in part.path]
    # The runtime's own count of uses, which it would send out.
    assert not [file.path for file in process.open_files() if file.path.endswith(".db")]
    voices.close()
    wait_until(lambda: not process.is_running())
    assert list(tmp_path.iterdir()) == []


def test_a_sentence_that_takes_too_long_is_given_up(voices: Voices, monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys; root, path = sys.argv[1:]; sys.path.insert(0, root); "
        "import workers.piper_process as process; process.LONGEST_S = 0.0; process.main(path)"
    )
    monkeypatch.setattr("workers.piper_voice._PROGRAM", program)
    with pytest.raises(VoiceTimedOut):
        speech(voices, "fa-tiny", PERSIAN)
