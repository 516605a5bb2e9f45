"""The voices: the same bytes each time, spans in order, and what happens when a process dies."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from lipsync.clock import ms_to_samples, samples_per_frame
from lipsync.mouth.phonemes import is_known
from lipsync.speech.errors import (
    UnknownVoice,
    VoiceDied,
    VoiceError,
    VoiceMute,
    VoiceRefused,
    VoiceUnavailable,
)
from lipsync.speech.sentence import speak_sentence
from lipsync.speech.spans import Speech, SpeechBuffer
from lipsync.text.reading import read_sentences
from lipsync.text.sentences import split_sentences
from workers.voice_process import LONGEST_PATH_BYTES, VoiceProcess
from workers.voices import Voices, open_voices

PERSIAN = "سلام، امروز به کتاب‌خانه می‌رویم و با hello world ۱۲ کتاب می‌بریم."
ENGLISH = "Hello there, one of the best people of the world."
LONG = "این جمله بسیار دراز است و همچنان بی‌پایان پیش می‌رود و باز هم می‌رود، " * 4


@pytest.fixture
def process(tmp_path: Path) -> Iterator[VoiceProcess]:
    made = VoiceProcess(tmp_path)
    yield made
    made.close()


@pytest.fixture
def voices(process: VoiceProcess) -> Voices:
    return Voices(process)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voices]:
    """Voices for tests that kill nothing."""
    with open_voices(tmp_path_factory.mktemp("voices")) as made:
        made.warm()
        yield made


def speech(voices: Voices, name: str, text: str, seed: int = 1) -> Speech:
    return joined(list(voices.get(name).speak(text, seed)))


def joined(buffers: list[SpeechBuffer]) -> Speech:
    return Speech(
        np.concatenate([buffer.sound for buffer in buffers]),
        tuple(span for buffer in buffers for span in buffer.phonemes),
        tuple(span for buffer in buffers for span in buffer.words),
    )


def fingerprint(spoken: Speech) -> str:
    return hashlib.sha256(spoken.sound.tobytes() + repr((spoken.phonemes, spoken.words)).encode()).hexdigest()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def children(process: VoiceProcess) -> list[psutil.Process]:
    assert process.pid is not None
    return psutil.Process(process.pid).children()


@pytest.mark.parametrize("name", ["fa", "fa-woman", "en", "en-woman"])
def test_every_voice_of_the_catalogue_speaks(shared: Voices, name: str) -> None:
    spoken = speech(shared, name, PERSIAN if name.startswith("fa") else ENGLISH)
    assert np.abs(spoken.sound.astype(int)).max() > 5_000
    assert shared.get(name).name == name
    assert name.startswith(shared.get(name).language)


def test_the_voices_sound_different(shared: Voices) -> None:
    assert len({fingerprint(speech(shared, info.name, "test 12")) for info in shared.catalogue()}) == 4


def test_an_unknown_voice_is_refused_with_the_known_ones(shared: Voices) -> None:
    with pytest.raises(UnknownVoice, match="fa, fa-woman, en, en-woman"):
        shared.get("klingon")


@pytest.mark.parametrize(
    ("name", "text"), [("fa", PERSIAN), ("en", ENGLISH), ("fa-woman", "بله"), ("fa", LONG)]
)
def test_phonemes_fill_the_sound_without_gap_or_overlap(shared: Voices, name: str, text: str) -> None:
    spoken = speech(shared, name, text)
    assert spoken.phonemes[0].start_samples == 0
    assert spoken.phonemes[-1].end_samples == len(spoken.sound)
    assert all(span.start_samples < span.end_samples for span in spoken.phonemes)
    assert all(a.end_samples == b.start_samples for a, b in pairwise(spoken.phonemes))
    assert all(is_known(span.symbol) for span in spoken.phonemes)
    assert len(spoken.sound) % samples_per_frame() == 0


@pytest.mark.parametrize(
    ("name", "text"), [("fa", PERSIAN), ("en", ENGLISH), ("en-woman", "a-b, c 3.5% of the end")]
)
def test_every_written_word_has_one_span_in_order(shared: Voices, name: str, text: str) -> None:
    words = speech(shared, name, text).words
    assert [text[word.text_start : word.text_end] for word in words] == text.split()
    assert all(a.end_samples <= b.start_samples for a, b in pairwise(words))
    assert all(word.start_samples < word.end_samples for word in words)


def test_a_span_comes_in_a_buffer_whose_sound_reaches_its_end(shared: Voices) -> None:
    given = 0
    for buffer in shared.get("fa").speak(PERSIAN, 1):
        given += len(buffer.sound)
        for span in (*buffer.phonemes, *buffer.words):
            assert span.end_samples <= given


def test_the_first_buffer_comes_long_before_the_last_is_made(shared: Voices) -> None:
    buffers = list(shared.get("fa").speak(LONG, 1))
    total = sum(len(buffer.sound) for buffer in buffers)
    assert len(buffers) > 100
    assert len(buffers[0].sound) <= ms_to_samples(70)
    assert max(len(buffer.sound) for buffer in buffers[:-1]) <= ms_to_samples(70)
    assert total > ms_to_samples(10_000)
    assert [buffer.last for buffer in buffers] == [False] * (len(buffers) - 1) + [True]


def test_a_sentence_ends_in_a_natural_pause(shared: Voices) -> None:
    for name in ("fa", "en"):
        last = speech(shared, name, "سلام." if name == "fa" else "Hello.").phonemes[-1]
        length = last.end_samples - last.start_samples
        assert last.symbol == "_"
        assert ms_to_samples(200) <= length <= ms_to_samples(300)


def test_the_same_text_gives_the_same_bytes_again_and_among_others(shared: Voices) -> None:
    texts = [(name, text) for name in ("fa", "en-woman") for text in (PERSIAN, ENGLISH, "بله", "۳٫۵")]
    alone = [fingerprint(speech(shared, name, text)) for name, text in texts]
    with ThreadPoolExecutor(16) as pool:
        rounds = [pool.submit(lambda pair: fingerprint(speech(shared, *pair)), pair) for pair in texts * 8]
        assert [future.result() for future in rounds] == alone * 8


def test_another_process_says_it_with_the_same_bytes(shared: Voices, tmp_path: Path) -> None:
    with open_voices(tmp_path) as others:
        speech(others, "en", "Something else first.")
        assert fingerprint(speech(others, "fa", PERSIAN, 7)) == fingerprint(speech(shared, "fa", PERSIAN, 7))


@pytest.mark.parametrize(
    "text",
    [
        "۱۲۳",
        "123",
        "١٢٣",
        "می‌روم",
        "😀 سلام",
        "كتاب يك",
        "سلام Hello مرحبا 你好 Привет",
        "<b>&amp;[[x]]",
    ],
)
@pytest.mark.parametrize("name", ["fa", "en"])
def test_hard_texts_are_spoken(shared: Voices, name: str, text: str) -> None:
    (sentence,) = split_sentences(text)
    spoken = joined(list(speak_sentence(shared.get(name), sentence, 1)))
    assert any(span.symbol != "_" for span in spoken.phonemes)
    assert spoken.words
    for word in spoken.words:
        assert sentence.written[word.text_start : word.text_end].strip()


def test_emoji_and_direction_marks_are_not_heard(shared: Voices) -> None:
    (plain,) = split_sentences("سلام دنیا")
    (dressed,) = split_sentences("\u202eسلام 😀\u200f دنیا 👍🏽")
    voice = shared.get("fa")
    said = [joined(list(speak_sentence(voice, sentence, 1))) for sentence in (plain, dressed)]
    assert np.array_equal(said[0].sound, said[1].sound)


def test_a_text_of_five_thousand_letters_is_spoken_whole(shared: Voices) -> None:
    text = ("بابا آب داد و مادر نان پخت. " * 200)[:5000]
    sentences = split_sentences(text)
    spoken = [joined(list(speak_sentence(shared.get("fa"), sentence, 1))) for sentence in sentences]
    words = sum(len(one.words) for one in spoken)
    assert words == len(text.split())


def test_persian_digits_are_heard_in_english_too(shared: Voices) -> None:
    persian, latin = speech(shared, "en", "۱۲"), speech(shared, "en", "12")
    assert np.array_equal(persian.sound, latin.sound)


def test_a_text_without_a_sound_is_an_error_and_not_silence(shared: Voices) -> None:
    with pytest.raises(VoiceMute, match="fa"):
        speech(shared, "fa", "\ua9e0")


def test_a_request_too_long_for_a_sentence_is_refused(shared: Voices) -> None:
    with pytest.raises(VoiceRefused, match="16384"):
        speech(shared, "fa", "سلام " * 10_000)


def test_closing_the_iterator_stops_the_voice(voices: Voices, process: VoiceProcess) -> None:
    buffers = voices.get("fa").speak(LONG * 10, 1)
    next(buffers)
    assert len(children(process)) == 1
    buffers.close()  # type: ignore[attr-defined]
    wait_until(lambda: not children(process))


def test_a_reader_who_takes_nothing_holds_the_voice_and_not_the_memory(
    voices: Voices, process: VoiceProcess
) -> None:
    buffers = voices.get("fa").speak(LONG * 10, 1)
    next(buffers)
    (child,) = children(process)
    wait_until(lambda: child.status() == psutil.STATUS_SLEEPING)
    assert sum(len(buffer.sound) for buffer in buffers) > ms_to_samples(60_000)


def test_a_child_killed_in_mid_sentence_is_a_clear_error_and_the_next_sentence_is_whole(
    voices: Voices, process: VoiceProcess
) -> None:
    server = None
    buffers = voices.get("fa").speak(LONG * 10, 1)
    next(buffers)
    server = process.pid
    (child,) = children(process)
    child.send_signal(signal.SIGKILL)
    with pytest.raises(VoiceDied):
        list(buffers)
    assert len(speech(voices, "fa", "سلام").sound)
    assert process.pid == server


def test_a_server_killed_in_mid_sentence_is_started_again(voices: Voices, process: VoiceProcess) -> None:
    before = fingerprint(speech(voices, "fa", PERSIAN))
    buffers = voices.get("fa").speak(LONG * 10, 1)
    next(buffers)
    first = process.pid
    (child,) = children(process)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with pytest.raises(VoiceDied):
        list(buffers)
    assert fingerprint(speech(voices, "fa", PERSIAN)) == before
    assert process.pid not in {None, first}
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_server_killed_between_sentences_is_not_noticed(voices: Voices, process: VoiceProcess) -> None:
    for _ in range(3):
        speech(voices, "fa", "سلام")
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    assert len(speech(voices, "fa", "سلام").sound)


def test_a_frozen_server_is_replaced(
    voices: Voices, process: VoiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    speech(voices, "fa", "سلام")
    frozen = process.pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    monkeypatch.setattr("workers.voice_process.ANSWER_TIMEOUT_S", 0.3)
    with pytest.raises(VoiceError):
        speech(voices, "fa", "سلام")
    monkeypatch.undo()
    assert len(speech(voices, "fa", "سلام").sound)
    assert process.pid != frozen


def test_finished_children_are_reaped(shared: Voices, voices: Voices, process: VoiceProcess) -> None:
    for _ in range(20):
        speech(voices, "fa", "بله")
    wait_until(lambda: not children(process))


def test_closed_voices_say_so_and_leave_nothing_behind(tmp_path: Path) -> None:
    process = VoiceProcess(tmp_path)
    voices = Voices(process)
    voices.warm()
    server = process.pid
    voices.close()
    assert server is not None
    assert not psutil.pid_exists(server)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(VoiceUnavailable, match="closed"):
        speech(voices, "fa", "سلام")


def test_a_folder_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    assert len(str(deep)) > LONGEST_PATH_BYTES
    with open_voices(deep) as voices:
        voices.warm()


def test_the_voice_process_outlives_the_thread_that_started_it(voices: Voices, process: VoiceProcess) -> None:
    starter = threading.Thread(target=voices.warm)
    starter.start()
    starter.join()
    server = process.pid
    assert len(speech(voices, "fa", "سلام").sound)
    assert process.pid == server is not None


def test_the_voice_process_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from workers.voice_process import VoiceProcess\n"
        "p = VoiceProcess(Path(sys.argv[1])); p.connect().close(); print(p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        server = int(starter.stdout.readline())
        assert psutil.pid_exists(server)
        starter.kill()
        wait_until(
            lambda: not psutil.pid_exists(server) or psutil.Process(server).status() == psutil.STATUS_ZOMBIE
        )


def test_the_voice_process_loads_neither_numpy_nor_our_rooms() -> None:
    source = Path("workers/espeak_voice.py").read_text("utf-8")
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE))
    assert imported <= {"__future__", *sys.stdlib_module_names}


def test_and_within_a_number_is_o_and_between_nouns_va(shared: Voices) -> None:
    text = "هزار و چهارصد و سی و یکم کتاب و دفتر"
    spoken = speech(shared, "fa", text)
    symbols = "".join(span.symbol.strip("',_") for span in spoken.phonemes)
    assert symbols == "hezARotSahARsadosiojekomketAbvadaftaR"
    assert [text[span.text_start : span.text_end] for span in spoken.words] == text.split()
    assert all(span.end_samples > span.start_samples for span in spoken.words)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("en", "He paid $1,234.50 and left."),
        ("de", "Es kostet 1.234,50 Euro heute."),
        ("tr", "Bu 1.234,5 lira."),
        ("ru", "Это стоит 1234,5 рубля."),
        ("hi", "यह 3.5 है।"),
        ("fa", "بله، امروز ۲۳۴۵۶۷ کتاب."),
    ],
)
def test_a_number_is_one_word_to_its_last_sound(shared: Voices, name: str, text: str) -> None:
    spoken = speech(shared, name, text)
    heard = [span for span in spoken.phonemes if span.symbol != "_"]
    # eSpeak tells of a word a little before or after its first phoneme.
    middles = [(span.start_samples + span.end_samples) // 2 for span in heard]
    homeless = [
        middle
        for middle in middles
        if not any(word.start_samples <= middle < word.end_samples for word in spoken.words)
    ]
    assert homeless == []
    assert spoken.words[-1].end_samples == heard[-1].end_samples


@pytest.mark.parametrize(
    ("name", "text", "phonemes"),
    [
        ("de", "Am 3. Oktober kam Dr. Müller", "d r 'I t @ n"),
        ("de", "Hier war z. B. Maria", "b aI S p i: l"),
        ("fr", "Voici M. Dupont", "m @ s j"),
        ("it", "Il sig. Rossi", "s i n^"),
        ("nl", "Hier is Dhr. Jansen", "h I r"),
        ("ru", "Это И. И. Иванов", "I I I v"),
        ("en", "The U.S. Army", "'E s 'A@"),
        ("tr", "Ali 5. katta", "b e S i n dZ i"),
    ],
)
def test_a_dot_that_ends_no_sentence_is_not_heard_as_one(
    shared: Voices, name: str, text: str, phonemes: str
) -> None:
    voice = shared.get(name)
    (sentence,) = read_sentences(text, voice.language)
    spans = [span for buffer in speak_sentence(voice, sentence, 1) for span in buffer.phonemes]
    # A full stop is 310 ms; German rests 150 ms before an affricate.
    within = [span for span in spans[1:-1] if span.symbol == "_"]
    assert all(span.end_samples - span.start_samples < ms_to_samples(200) for span in within)
    plain = " ".join(span.symbol for span in spans if span.symbol != "_").translate(
        str.maketrans("", "", "',")
    )
    assert phonemes.replace("'", "").lower() in plain.lower()
