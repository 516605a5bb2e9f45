"""A person types, presses speak, and watches: in a real browser, against the real service."""

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from conftest import LIMIT_S, House, Studio

from cli.bench.browser import first_open_ms, seen_frames, sign_in, watch_mouth

GREETING = "سلام! امروز هوا خوب است. خوش آمدید."
LONG = (
    "این متن بلندتر است تا پخش آن چند ثانیه به درازا بکشد. قطار ساعت هفت از ایستگاه مرکزی حرکت می‌کند. "
    "لطفاً پنجره را ببندید؛ باد سردی می‌آید."
)

CLAUSES = "هوای تهران فردا آفتابی است و دمای هوا — به ۲۴ درجه می‌رسد. باد نمی‌وزد."
CUES = ["هوای تهران فردا آفتابی است و دمای هوا —به ۲۴ درجه می‌رسد.", "باد نمی‌وزد."]

NOTE_CAPTIONS = """
() => {
  window.shown = [];
  new MutationObserver(() => {
    const now = document.querySelector('#caption [data-spoken="now"]');
    if (now && window.shown.at(-1)?.start !== now.dataset.start) {
      const caption = document.getElementById("caption");
      window.shown.push({
        start: now.dataset.start, text: now.textContent, cue: caption.textContent,
        places: [...caption.querySelectorAll("[data-start]")].map((each) => each.offsetLeft),
      });
    }
  }).observe(document.getElementById("caption"), { subtree: true, childList: true, attributes: true });
}
"""


def whole(stats: dict[str, Any], row: dict[str, Any]) -> None:
    """Every chunk of the utterance was played, each once."""
    assert stats["duplicates"] == stats["holes"] == stats["mismatches"] == 0
    assert stats["chunks"] == row["chunks"]
    assert stats["durationMs"] == row["duration_ms"]


def played_length_ms(studio: Studio) -> float:
    length_s: float = studio.page.evaluate("() => document.getElementById('video').duration")
    return length_s * 1000


def test_a_persian_text_is_played_to_its_end_while_the_mouth_moves(studio: Studio) -> None:
    watch_mouth(studio.page)
    studio.speak(GREETING)
    studio.wait_for_state("done")
    stats = studio.stats
    whole(stats, studio.row_once("done"))
    video = studio.page.evaluate(
        "() => { const v = document.getElementById('video');"
        " return [v.currentTime, v.videoWidth, v.buffered.length]; }"
    )
    assert video[0] * 1000 >= stats["durationMs"] - 1
    assert video[1:] == [512, 1]
    frames = seen_frames(studio.page)
    assert len(frames) > 25
    changes = [change for _, _, change in frames]
    assert max(changes) > 2 * changes[-1]
    assert stats["firstChunkMs"] < first_open_ms(frames)


def test_the_words_are_shown_in_order_as_they_are_spoken(studio: Studio) -> None:
    studio.page.evaluate(NOTE_CAPTIONS)
    studio.speak(GREETING)
    studio.page.wait_for_selector("#caption span[data-spoken=now]")
    line = studio.page.locator("#caption .line").first
    assert line.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert studio.page.get_attribute("#spoken", "aria-live") == "polite"
    studio.wait_for_state("done")
    shown = [word["text"] for word in studio.page.evaluate("() => window.shown")]
    assert shown == GREETING.split()


def test_a_cue_is_whole_from_its_first_word_and_nothing_moves_in_it(studio: Studio) -> None:
    studio.page.evaluate(NOTE_CAPTIONS)
    studio.speak(CLAUSES)
    studio.wait_for_state("done")
    shown = studio.page.evaluate("() => window.shown")
    assert [word["text"] for word in shown] == CLAUSES.replace(" —", "").split()
    seen: dict[str, list[Any]] = {}
    for word in shown:
        seen.setdefault(word["cue"], []).append(word["places"])
    assert list(seen) == CUES
    assert all(places == each[0] for each in seen.values() for places in each)


def test_captions_break_on_the_page_as_they_do_in_the_file(studio: Studio) -> None:
    studio.page.evaluate(NOTE_CAPTIONS)
    studio.speak(CLAUSES)
    studio.wait_for_state("done")
    row = studio.row_once("done")
    with studio.page.expect_download() as coming:
        studio.page.click("#get-captions")
    assert coming.value.url.endswith(row["vtt"])
    vtt = coming.value.path().read_text(encoding="utf-8")
    cues = ["".join(block.split("\n")[1:]) for block in vtt.rstrip("\n").split("\n\n")[1:]]
    assert cues == CUES


def test_signs_that_turn_the_text_are_not_shown(studio: Studio) -> None:
    studio.page.evaluate(NOTE_CAPTIONS)
    studio.speak("\u202eسلام دنیا. \u2067خوبید؟")
    studio.wait_for_state("done")
    assert [word["text"] for word in studio.page.evaluate("() => window.shown")] == [
        "سلام",
        "دنیا.",
        "خوبید؟",
    ]
    studio.page.wait_for_selector("#history .said >> text='سلام دنیا. خوبید؟'")
    assert studio.page.inner_text("#history .said .text >> nth=0") == "سلام دنیا. خوبید؟"


def test_a_dropped_network_is_made_up_for_without_gap_or_repeat(studio: Studio) -> None:
    studio.speak(LONG)
    studio.wait_until(lambda stats: stats["chunks"] >= 4)
    studio.context.set_offline(True)
    studio.wait_for_state("reconnecting")
    before = studio.stats["chunks"]
    studio.page.wait_for_timeout(700)
    assert studio.stats["chunks"] == before
    studio.context.set_offline(False)
    studio.wait_for_state("done")
    stats = studio.stats
    assert stats["reconnects"] >= 1
    whole(stats, studio.row_once("done"))
    assert abs(played_length_ms(studio) - stats["durationMs"]) < 1
    # The failed requests of the time without a network are the browser's own complaints.
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in studio.complaints)
    studio.complaints.clear()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_front_door_that_goes_is_made_up_for_without_gap_or_repeat(
    studio: Studio, house: House, blow: signal.Signals
) -> None:
    studio.speak(LONG)
    studio.wait_until(lambda stats: stats["chunks"] >= 4)
    os.kill(house.pid_of("web"), blow)
    studio.wait_until(lambda stats: stats["reconnects"] >= 1)
    studio.wait_for_state("done")
    stats = studio.stats
    whole(stats, studio.row_once("done"))
    assert abs(played_length_ms(studio) - stats["durationMs"]) < 1
    # While nobody listens the browser complains of every try.
    assert all("Failed to load" in each or "WebSocket" in each for each in studio.complaints)
    studio.complaints.clear()


def test_stop_stops_at_once_here_and_at_the_service(studio: Studio) -> None:
    studio.speak(LONG)
    studio.wait_until(lambda stats: stats["frames"] > 10)
    studio.page.click("#stop")
    studio.wait_for_state("cancelled")
    assert studio.page.evaluate("() => document.getElementById('video').paused")
    studio.row_once("cancelled")
    assert studio.page.is_visible("#speak")


def test_whoever_has_to_wait_is_told_the_place_and_then_served(open_studio: Callable[..., Studio]) -> None:
    first, second = open_studio(), open_studio()
    first.speak(LONG)
    first.wait_until(lambda stats: stats["frames"] > 0)
    second.speak(GREETING)
    second.page.get_by_text("در صف، نفر ۱").wait_for()
    first.page.click("#stop")
    second.wait_for_state("done")
    assert second.stats["chunks"] > 0


def test_who_waits_sees_how_many_are_ahead_and_for_how_long(open_studio: Callable[..., Studio]) -> None:
    first, second, third = open_studio(), open_studio(), open_studio()
    first.speak(LONG)
    first.wait_until(lambda stats: stats["frames"] > 0)
    second.speak(GREETING)
    second.page.wait_for_selector("#queue:visible")
    third.speak(GREETING)
    third.page.wait_for_selector("#queue:visible")
    assert second.page.inner_text("#queue-place") == "نفر بعدی شمایید"
    assert third.page.inner_text("#queue-place") == "۱ نفر جلوتر از شما"
    third.page.get_by_text("۲ ثانیه در صف").wait_for()
    for each in (second, third, first):
        each.page.click("#stop")
        each.wait_for_state("cancelled")
        assert each.page.is_hidden("#queue")


def test_a_text_without_a_word_is_met_with_a_hint_and_never_sent(studio: Studio) -> None:
    studio.speak("🙂 🙂")
    hint = "در این متن حرف یا رقمی نیست که گفته شود؛ چند واژه هم بنویسید."
    assert studio.page.inner_text("#hint") == hint
    assert studio.stats["state"] == "idle"
    assert studio.page.is_hidden("#problem")
    studio.page.fill("#text", "سلام 🙂")
    assert studio.page.is_hidden("#hint")


def test_what_the_service_refuses_is_told_beside_the_text(studio: Studio) -> None:
    studio.speak("سلام\u0001")
    studio.page.wait_for_selector("#hint:visible")
    assert studio.stats["state"] == "idle"
    assert studio.page.is_hidden("#problem")
    assert any("422" in complaint for complaint in studio.complaints)
    studio.complaints.clear()


def test_a_page_that_goes_away_stops_what_it_asked_for(studio: Studio) -> None:
    studio.speak(LONG)
    studio.wait_until(lambda stats: stats["frames"] > 10)
    address = f"{studio.page.url}v1/utterances/{studio.stats['utterance']}"
    studio.page.reload()
    deadline_s = time.monotonic() + LIMIT_S
    while (state := studio.page.request.get(address).json()["state"]) != "cancelled":
        assert time.monotonic() < deadline_s, f"it is {state}"
        studio.page.wait_for_timeout(50)


def test_a_size_chosen_meanwhile_is_told_and_comes_with_the_next(studio: Studio) -> None:
    studio.speak(LONG)
    studio.wait_until(lambda stats: stats["frames"] > 10)
    studio.page.locator("#sizes input[value='720x1280']").check()
    assert studio.page.is_visible("#size-later")
    assert studio.page.get_attribute("#scene", "data-shape") == "square"
    studio.page.click("#stop")
    studio.wait_for_state("cancelled")
    assert studio.page.is_hidden("#size-later")
    assert studio.page.get_attribute("#scene", "data-shape") == "portrait"
    studio.speak("سلام.")
    studio.wait_for_state("done")
    assert studio.page.evaluate("() => document.getElementById('video').videoHeight") == 1280


def test_of_two_earlier_ones_pressed_at_once_the_last_is_played(
    open_studio: Callable[..., Studio], house: House
) -> None:
    studio = open_studio(signed_in=False)
    sign_in(studio.page, house.run.key)
    for text in ("یک.", "دو، سه، چهار، پنج."):
        studio.speak(text)
        studio.wait_for_state("done")
        studio.page.wait_for_selector(f"#history .said >> nth=0 >> text='{text}'")
    studio.page.reload()
    sign_in(studio.page, house.run.key)
    studio.page.locator("#history .said").nth(1).wait_for()
    studio.page.evaluate(
        "() => { const all = document.querySelectorAll('#history .said'); all[0].click(); all[1].click(); }"
    )
    studio.wait_for_state("done")
    row = studio.page.evaluate("() => document.getElementById('get-video').download")
    length_ms = played_length_ms(studio)
    studio.page.locator("#history .said").nth(0).click()
    studio.wait_for_state("speaking")
    studio.wait_for_state("done")
    assert played_length_ms(studio) > length_ms
    assert studio.page.evaluate("() => document.getElementById('get-video').download") != row


def test_the_finished_video_and_captions_can_be_had(studio: Studio, tmp_path: Path) -> None:
    studio.speak(GREETING)
    studio.wait_for_state("done")
    with studio.page.expect_download() as coming:
        studio.page.click("#get-video")
    assert re.fullmatch(r"samira-[0-9a-f]{8}\.mp4", coming.value.suggested_filename)
    coming.value.save_as(tmp_path / "said.mp4")
    with av.open(str(tmp_path / "said.mp4")) as video:
        frames = sum(1 for _ in video.decode(video=0))
    assert frames == studio.stats["durationMs"] // 40
    with studio.page.expect_download() as coming:
        studio.page.click("#get-captions")
    coming.value.save_as(tmp_path / "said.vtt")
    assert (tmp_path / "said.vtt").read_text(encoding="utf-8").startswith("WEBVTT")


def test_what_was_said_before_can_be_seen_again(studio: Studio) -> None:
    studio.speak(GREETING)
    studio.wait_for_state("done")
    studio.page.click("#replay")
    studio.wait_for_state("speaking")
    studio.wait_for_state("done")
    studio.page.click("#history .said >> nth=0")
    studio.wait_for_state("speaking")
    studio.wait_for_state("done")
    assert studio.stats["fromFile"]


def test_a_portrait_is_shown_as_one(studio: Studio) -> None:
    studio.page.locator("#sizes input[value='720x1280']").check()
    studio.page.locator("#avatars input[value=kian]").check()
    studio.speak("سلام.")
    studio.wait_for_state("done")
    size = studio.page.evaluate(
        "() => { const v = document.getElementById('video'); const b = v.getBoundingClientRect();"
        " return [v.videoWidth, v.videoHeight, b.width / b.height]; }"
    )
    assert size[:2] == [720, 1280]
    assert abs(size[2] - 720 / 1280) < 0.01
    widths = studio.page.evaluate(
        "() => ['#frame', '.track'].map(each => document.querySelector(each).getBoundingClientRect().width)"
    )
    assert widths[0] == widths[1]
