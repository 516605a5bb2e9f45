"""A person has recorded sound spoken: a file is chosen, read, shown with its length, and played."""

from pathlib import Path

import sound_files
from conftest import LIMIT_S, Studio


def test_a_sound_file_is_sent_read_and_spoken_with_its_transcript(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "سخن من.wav"
    file.write_bytes(sound_files.wav(sound_files.hum(5.0)))
    studio.page.set_input_files("#sound-file", file)
    studio.page.wait_for_selector("#sound-track[hidden]", state="attached", timeout=LIMIT_S * 1000)
    assert studio.page.inner_text("#sound-name") == file.name
    assert studio.page.inner_text("#sound-state") == "۵ ثانیه"
    assert studio.page.is_disabled("#voice-choice input >> nth=0")
    studio.page.fill("#text", "سلام دنیا")
    studio.page.click("#speak")
    studio.wait_for_state("done")
    row = studio.row_once("done")
    assert (row["duration_ms"], row["voice"], row["text"]) == (5000, None, "سلام دنیا")
    assert studio.stats["holes"] == studio.stats["duplicates"] == 0
    assert row["recording"]
    studio.page.click("#sound-drop")
    assert studio.page.is_hidden("#sound")
    assert studio.page.is_enabled("#voice-choice input >> nth=0")


DROP = """
async () => {
  const dropped = new DataTransfer();
  dropped.items.add(new File(["<!doctype html>"], "talk.wav", { type: "audio/wav" }));
  const event = new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true });
  document.getElementById("text").dispatchEvent(event);
}
"""


def test_a_file_that_is_dropped_on_the_text_is_taken_for_sound_and_not_for_a_face(studio: Studio) -> None:
    studio.page.evaluate(DROP)
    studio.page.wait_for_selector("#sound[data-state=wrong]", timeout=LIMIT_S * 1000)
    assert studio.page.inner_text("#sound-name") == "talk.wav"
    assert studio.page.locator("dialog").count() == 0


def test_a_file_that_holds_no_sound_is_refused_in_the_pages_language(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "page.mp3"
    file.write_bytes(b"<!doctype html><html></html>")
    studio.page.set_input_files("#sound-file", file)
    studio.page.wait_for_selector("#sound[data-state=wrong]", timeout=LIMIT_S * 1000)
    told = studio.page.inner_text("#sound-state")
    assert "HTML" in told
    assert "صدا را با یکی از قالب‌های مجاز ذخیره کنید" in told
    assert studio.page.is_enabled("#voice-choice input >> nth=0")
