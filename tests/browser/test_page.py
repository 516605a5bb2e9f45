"""The page itself: language, door, fonts, small screens."""

from collections.abc import Callable

import pytest
from conftest import House, Studio
from playwright.sync_api import Page

from cli.bench.browser import sign_in

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_page_is_persian_until_told_otherwise_and_remembers(studio: Studio) -> None:
    page = studio.page
    root = "() => [document.documentElement.lang, document.documentElement.dir, document.title]"
    assert page.evaluate(root) == ["fa", "rtl", "چهرهٔ گویا"]
    page.fill("#text", "سلام")
    assert page.inner_text("#count") == "۴ از ۵۰۰۰ نویسه"
    page.click("[data-language=en]")
    assert page.evaluate(root) == ["en", "ltr", "Avatar Studio"]
    assert page.inner_text("#count") == "4 of 5000 characters"
    assert page.inner_text("#avatars .option >> nth=0") == "Samira"
    page.reload()
    page.wait_for_selector("#avatars .option")
    assert page.evaluate(root) == ["en", "ltr", "Avatar Studio"]


def test_no_word_of_the_page_is_missing_in_either_language(studio: Studio) -> None:
    for language in ("en", "fa"):
        studio.page.click(f"[data-language={language}]")
        texts = studio.page.locator("[data-say]").all_text_contents()
        assert len(texts) > 15
        assert all(text.strip() for text in texts)


def test_ctrl_enter_speaks_and_an_empty_text_does_not(studio: Studio) -> None:
    studio.page.click("#speak")
    assert studio.stats["state"] == "idle"
    assert studio.page.inner_text("#hint") == "متنی بنویسید تا گفته شود."
    studio.page.fill("#text", "سلام.")
    studio.page.press("#text", "Control+Enter")
    studio.wait_for_state("done")


def test_a_text_beyond_the_limit_cannot_be_sent(studio: Studio) -> None:
    studio.page.fill("#text", "ا" * 5001)
    assert studio.page.inner_text("#count") == "۱ نویسه بیش از اندازه است"
    assert studio.page.is_disabled("#speak")
    studio.page.fill("#text", "ا" * 5000)
    assert studio.page.is_enabled("#speak")


def test_a_sample_brings_a_voice_of_its_language(studio: Studio) -> None:
    studio.page.click("#samples [lang=en]")
    assert studio.page.locator("#voices input:checked").input_value() == "en-woman"
    studio.page.click("#samples [lang=fa] >> nth=0")
    assert studio.page.locator("#voices input:checked").input_value() == "fa-woman"


def test_another_avatar_brings_its_picture_and_its_voice(studio: Studio) -> None:
    studio.page.locator("#avatars input[value=kian]").check()
    assert studio.page.locator("#voices input:checked").input_value() == "fa"
    assert studio.page.get_attribute("#poster", "src") == "/v1/avatars/kian/preview.jpg"


def chosen_voice(studio: Studio) -> str:
    return studio.page.locator("#voices input:checked").input_value()


def test_a_text_in_another_language_brings_its_voice_and_says_so(studio: Studio) -> None:
    page = studio.page
    page.fill("#text", "سلام")
    assert page.is_hidden("#voice-note")
    page.fill("#text", "Good morning, friends.")
    assert chosen_voice(studio) == "en-woman"
    assert page.inner_text("#voice-note-text") == "این متن انگلیسی است؛ صدا: انگلیسی، زن."
    page.click("#voice-other")
    assert chosen_voice(studio) == "fa-woman"
    assert "ولی" in page.inner_text("#voice-note-text")
    page.fill("#text", "سلام دوستان")
    assert (chosen_voice(studio), page.is_hidden("#voice-note")) == ("fa-woman", True)


def test_another_avatar_keeps_the_texts_language(studio: Studio) -> None:
    studio.page.click("#samples [lang=en]")
    studio.page.locator("#avatars input[value=kian]").check()
    assert chosen_voice(studio) == "en"
    studio.page.click("#samples [lang=fa] >> nth=0")
    assert chosen_voice(studio) == "fa"


def test_a_voice_chosen_by_hand_is_kept_for_its_avatar_alone(studio: Studio) -> None:
    page = studio.page
    page.locator("#voices input[value=fa]").check()
    page.fill("#text", "سلام")
    assert chosen_voice(studio) == "fa"
    page.locator("#avatars input[value=kian]").check()
    page.locator("#voices input[value=fa-woman]").check()
    page.locator("#avatars input[value=samira]").check()
    assert chosen_voice(studio) == "fa"
    page.reload()
    page.wait_for_selector("#avatars .option")
    page.locator("#avatars input[value=kian]").check()
    assert chosen_voice(studio) == "fa-woman"


def test_a_door_that_falls_shut_says_so_and_takes_the_keyboard(studio: Studio) -> None:
    page = studio.page
    page.fill("#text", "سلام")
    studio.context.clear_cookies()
    page.click("#speak")
    page.wait_for_selector("#sign-in:visible")
    assert "دوباره وارد شوید" in page.inner_text("#door-note")
    assert page.evaluate("() => document.activeElement.id") == "key"
    assert all("401" in complaint for complaint in studio.complaints)
    studio.complaints.clear()


def test_a_used_link_is_told_at_the_door(open_studio: Callable[..., Studio], house: House) -> None:
    studio = open_studio(signed_in=False)
    studio.page.goto(f"{house.address}/login?code=used")
    studio.page.wait_for_selector("#door-note:visible")
    assert "avatar login" in studio.page.inner_text("#door-note")


def test_the_button_covers_nothing_on_a_telephone(open_studio: Callable[..., Studio]) -> None:
    studio = open_studio(viewport={"width": 390, "height": 700})
    boxes = studio.page.evaluate(
        "() => ['.paper', '#speak', '.pair'].map(each => {"
        " const { top, bottom } = document.querySelector(each).getBoundingClientRect();"
        " return [top, bottom]; })"
    )
    assert boxes[0][1] <= boxes[1][0]
    assert boxes[1][1] <= boxes[2][0]


def test_the_door_stands_in_the_middle_of_a_telephone(open_studio: Callable[..., Studio]) -> None:
    studio = open_studio(signed_in=False, viewport={"width": 390, "height": 844})
    studio.page.wait_for_selector("#sign-in")
    left, right = studio.page.evaluate(
        "() => { const { left, right } = document.getElementById('sign-in').getBoundingClientRect();"
        " return [left, document.documentElement.clientWidth - right]; }"
    )
    assert left == right


@pytest.mark.parametrize("width_px", [360, 1280])
def test_the_contract_can_be_read_on_any_screen(
    open_studio: Callable[..., Studio], house: House, width_px: int
) -> None:
    studio = open_studio(signed_in=False, viewport={"width": width_px, "height": 800})
    studio.page.wait_for_selector("#sign-in")
    studio.complaints.clear()
    studio.page.goto(f"{house.address}/docs#text-silent")
    assert studio.page.evaluate(SIDEWAYS) == 0
    assert studio.page.is_visible("#text-silent")
    assert studio.page.locator(".operation").count() > 10
    assert studio.complaints == []


def test_a_stranger_is_told_how_to_get_in_and_a_key_opens(
    open_studio: Callable[..., Studio], house: House
) -> None:
    studio = open_studio(signed_in=False)
    page = studio.page
    page.wait_for_selector("#sign-in")
    assert page.is_hidden("#composer")
    page.fill("#key", "ak_0000000000000000_wrong")
    page.click("#sign-in button")
    page.wait_for_selector("#key-problem:visible")
    assert page.inner_text("#key-problem") == "کلید API معتبر نیست."
    sign_in(page, house.run.key)
    assert page.is_hidden("#sign-in")
    kept = page.evaluate("() => JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert house.run.key not in kept
    studio.speak("سلام.")
    studio.wait_for_state("done")
    # Two requests were refused, and the browser notes those; nothing else.
    assert len(studio.complaints) == 2
    assert all("401" in complaint for complaint in studio.complaints)


def test_the_page_stands_without_its_fonts(open_studio: Callable[..., Studio]) -> None:
    def no_fonts(page: Page) -> None:
        page.route("**/studio/fonts/**", lambda route: route.abort())

    studio = open_studio(prepare=no_fonts)
    assert studio.page.is_visible("#speak")
    assert studio.page.inner_text("h1") == "بنویسید، تا چهره‌ای بگوید"
    assert all("Failed to load resource" in complaint for complaint in studio.complaints)


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("width_px", [360, 390, 768, 1440])
def test_nothing_stands_out_sideways(
    open_studio: Callable[..., Studio], language: str, width_px: int
) -> None:
    studio = open_studio(viewport={"width": width_px, "height": 800})
    studio.page.click(f"[data-language={language}]")
    assert studio.page.evaluate(SIDEWAYS) == 0


def test_every_control_has_a_name(studio: Studio) -> None:
    controls = studio.page.locator("button:visible, input:visible, textarea:visible, a:visible")
    assert controls.count() > 15
    nameless = controls.evaluate_all(
        """all => all.filter(each => ![each.getAttribute("aria-label"), each.textContent,
             ...[...(each.labels ?? [])].map(label => label.textContent)].some(name => name?.trim()))
           .map(each => each.outerHTML)"""
    )
    assert nameless == []
