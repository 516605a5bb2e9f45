"""A face of one's own: sent, looked at, set right by hand, and spoken with, in a real browser."""

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from conftest import LIMIT_S, Studio
from intake_files import film, photo
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, Request, Route

from avatars.seeding import SAMPLES_DIR
from lipsync.face.points import FacePoints

PART_BYTES = 2 << 20
HOUSE = ("samira", "kian")
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDER = "each => each.scrollWidth - each.clientWidth"
ENDED = ".arrival:is([data-phase=ready], [data-phase=refused], [data-phase=failed])"

Photo = tuple[str, bytes]


def drawn(name: str = "kian") -> Image.Image:
    return Image.open(SAMPLES_DIR / f"{name}.jpg").convert("RGB")


def kian() -> Photo:
    return "kian.jpg", (SAMPLES_DIR / "kian.jpg").read_bytes()


def nobody() -> Photo:
    return "wall.png", photo("PNG", Image.fromarray(np.full((600, 600, 3), 128, np.uint8)))


def both() -> Photo:
    image = Image.new("RGB", (1400, 700))
    image.paste(drawn("samira").resize((700, 700)), (0, 0))
    image.paste(drawn("kian").resize((700, 700)), (700, 0))
    return "both.jpg", photo("JPEG", image, quality=92)


def heavy() -> Photo:
    """A photo of more than one part of an upload: noise around a face cannot be made small."""
    image = Image.fromarray(np.random.default_rng(3).integers(0, 256, (1100, 1700, 3), np.uint8))
    image.paste(drawn().resize((1000, 1000)), (350, 50))
    data = photo("PNG", image)
    assert len(data) > PART_BYTES
    return "heavy.png", data


@pytest.fixture(autouse=True)
def nothing_left(open_studio: Callable[..., Studio]) -> Iterator[None]:
    """Retires what a test made, so that the next one finds the house as it was."""
    yield
    page = open_studio().page
    headers = {"Origin": page.url.rstrip("/")}
    listed = page.request.get(f"{page.url}v1/avatars?state=ready,pending,refused").json()["avatars"]
    for each in listed:
        if each["id"] not in HOUSE:
            answer = page.request.delete(f"{page.url}v1/avatars/{each['id']}", headers=headers)
            assert answer.ok, answer.text()


def open_form(page: Page, *photos: Photo) -> None:
    page.click("#new-face")
    add(page, *photos)


def add(page: Page, *photos: Photo) -> None:
    files: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": data} for name, data in photos]
    page.set_input_files("#face-files", files)


def send(page: Page, *photos: Photo) -> None:
    """Send pictures as a person does; each is named as its file is."""
    open_form(page, *photos)
    for number, (name, _) in enumerate(photos):
        page.locator(".chosen li").nth(number).locator("input").first.fill(name.partition(".")[0])
    page.fill("[name=consent_who]", "نگارگر")
    page.click(".consent .chip >> nth=2")
    page.click("dialog .button.main")


def arrived(page: Page) -> Locator:
    page.wait_for_selector(ENDED, timeout=LIMIT_S * 1000)
    return page.locator(".arrival").first


def until(page: Page, condition: Callable[[], object]) -> None:
    """Wait until a condition holds; the page's policy forbids the driver's own way."""
    deadline_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come about"
        page.wait_for_timeout(30)


def settled(page: Page, handle: Locator) -> str:
    """Return where a handle lies once the stage around it has found its size."""
    handle.wait_for()
    places: list[str] = []

    def still() -> bool:
        places.append(handle.evaluate("each => each.style.transform"))
        return places[-1] != "" and places[-6:].count(places[-1]) == 6

    until(page, still)
    return places[-1]


def avatar_of(page: Page) -> dict[str, Any]:
    """Return the chosen avatar as the service tells it."""
    chosen = page.locator("#avatars input:checked").input_value()
    shown: dict[str, Any] = page.request.get(f"{page.url}v1/avatars/{chosen}").json()
    return shown


def picture_at(page: Page, address: str) -> np.ndarray:
    body = page.request.get(page.url.rstrip("/") + address).body()
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB"), np.int16)


def test_a_photo_becomes_an_avatar_that_is_set_right_and_speaks(studio: Studio) -> None:
    page = studio.page
    send(page, kian())
    row = arrived(page)
    assert row.get_attribute("data-phase") == "ready"
    made = avatar_of(page)
    assert (made["title_fa"], made["state"], made["version"]) == ("kian", "ready", 1)
    assert page.get_attribute("#poster", "src") == made["preview"]
    assert "kian" in page.inner_text("#faces-said")

    row.get_by_role("button", name="دیدن گزارش").click()
    page.wait_for_selector(".finding")
    assert page.locator(".finding").count() == len(made["report"]["findings"])
    assert page.get_attribute(".verdict", "data-verdict") == made["report"]["verdict"]
    page.locator("dialog").get_by_role("button", name="درست کردن نقطه‌های چهره").click()

    corner = page.locator("[data-handle=mouthCorner-a]")
    corner.wait_for()
    assert page.is_disabled(".finish .main")
    box = corner.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] - 12, box["y"] + 8, steps=4)
    page.mouse.up()
    corner.press("Shift+ArrowLeft")
    before = picture_at(page, made["links"]["visemes"])
    page.click(".finish .main")
    page.wait_for_selector(".result[data-version='2']", timeout=LIMIT_S * 1000)
    corrected = avatar_of(page)
    assert corrected["version"] == 2
    old, new = (
        FacePoints.from_json(page.request.get(f"{page.url}{each}").json())["lip_upper_outer"]
        for each in (made["links"]["points"].lstrip("/"), corrected["links"]["points"].lstrip("/"))
    )
    assert (old == new).all(), "the address of the points is the version's own"
    assert np.abs(picture_at(page, corrected["links"]["visemes"]) - before).max() > 10
    assert page.locator(".sound").all_inner_texts() == ["آ", "او", "م"]

    page.locator("dialog").get_by_role("button", name="با این گوینده بگو").click()
    page.wait_for_selector("dialog", state="detached")
    studio.speak("سلام.")
    studio.wait_for_state("done")
    assert studio.row_once("done")["avatar"] == made["id"]


def test_a_broken_file_is_told_what_is_wrong_and_what_to_do(studio: Studio) -> None:
    name, data = kian()
    send(studio.page, (name, data[:40_000]))
    row = arrived(studio.page)
    assert row.get_attribute("data-phase") == "refused"
    assert "ناتمام است" in row.locator(".why").inner_text()
    studio.page.click("[data-language=en]")
    assert "ends too early" in row.locator(".why").inner_text()
    assert row.get_by_role("button", name="Set the points by hand").count() == 0
    row.get_by_role("button", name="Send another picture").click()
    assert studio.page.is_visible("dialog.send")


def test_the_form_says_what_lacks_and_what_is_no_picture(studio: Studio) -> None:
    page = studio.page
    open_form(page, ("notes.txt", b"hello"), ("nothing.jpg", b""))
    said = page.inner_text("dialog .wrong")
    assert "notes.txt" in said
    assert "nothing.jpg" in said
    assert page.locator(".chosen li").count() == 0
    add(page, kian())
    page.click("dialog .button.main")
    invalid = page.locator("dialog [aria-invalid=true]")
    assert invalid.count() == 3
    assert page.evaluate("() => document.activeElement.getAttribute('aria-invalid')") == "true"
    for each in invalid.all():
        described = each.get_attribute("aria-describedby")
        assert page.inner_text(f"#{described}").strip()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_several_faces_are_there_to_choose_from(studio: Studio) -> None:
    page = studio.page
    send(page, both())
    arrived(page).get_by_role("button", name="دیدن گزارش").click()
    faces = page.locator(".choose-face input")
    faces.first.wait_for()
    assert faces.count() == 2
    before = avatar_of(page)
    other = 1 - before["face"]
    first = picture_at(page, before["preview"])
    faces.nth(other).check()
    until(page, lambda: page.locator(".outcome").inner_text() == "پیش‌نمایش تازه آماده است.")
    after = avatar_of(page)
    assert (after["face"], after["version"]) == (other, 2)
    second = picture_at(page, after["preview"])
    assert first.shape != second.shape or np.abs(first - second).max() > 10
    assert f"v={after['version']}" in (page.get_attribute("#poster", "src") or "")


def test_without_a_face_the_points_are_placed_by_hand(studio: Studio) -> None:
    page = studio.page
    send(page, nobody())
    row = arrived(page)
    assert row.get_attribute("data-phase") == "refused"
    row.get_by_role("button", name="نقطه‌ها را خودم می‌گذارم").click()
    mouth = page.locator("[data-handle=mouthWhole-]")
    mouth.press("Shift+ArrowDown")
    page.click(".finish .main")
    page.wait_for_selector(".result[data-version='2']", timeout=LIMIT_S * 1000)
    page.locator("dialog").get_by_role("button", name="با این گوینده بگو").click()
    assert avatar_of(page)["state"] == "ready"
    assert page.locator(".arrival").count() == 0


def test_moves_can_be_taken_back_and_are_not_lost_by_accident(studio: Studio) -> None:
    page = studio.page
    send(page, kian())
    arrived(page)
    page.click("#avatar-points")
    chin = page.locator("[data-handle=chin-]")
    place = settled(page, chin)
    chin.press("Shift+ArrowDown")
    assert chin.evaluate("each => each.style.transform") != place
    assert page.locator("dialog [aria-live=polite]").inner_text().strip()
    page.keyboard.press("Control+z")
    assert chin.evaluate("each => each.style.transform") == place
    assert page.is_disabled(".finish .main")
    page.keyboard.press("Control+Shift+z")
    assert chin.evaluate("each => each.style.transform") != place
    page.keyboard.press("Escape")
    assert page.is_visible(".askleave")
    page.click("[data-tool=reset]")
    assert chin.evaluate("each => each.style.transform") == place
    page.click("[data-mode=all]")
    assert page.locator(".handle").count() == 74
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_a_video_is_offered_no_editor(studio: Studio) -> None:
    send(studio.page, ("clip.mp4", film("mp4", 25, 320, 288)))
    row = arrived(studio.page)
    assert row.get_attribute("data-phase") == "refused"
    assert row.locator(".why").inner_text().strip()
    assert row.get_by_role("button", name="نقطه‌ها را خودم می‌گذارم").count() == 0


def parts_of(page: Page) -> list[tuple[str, int]]:
    """Note what is asked of uploads from now on: the method, and the offset or -1."""
    asked: list[tuple[str, int]] = []

    def note(request: Request) -> None:
        if "/v1/uploads" in request.url:
            asked.append((request.method, int(request.headers.get("upload-offset", "-1"))))

    page.on("request", note)
    return asked


def cut_behind_the_first_part(page: Page) -> None:
    """Send a heavy photo over a network that breaks each time the second part is sent; wait for that."""
    cut: list[str] = []

    def pass_on(route: Route) -> None:
        if route.request.method == "PATCH" and route.request.headers["upload-offset"] != "0":
            cut.append(route.request.headers["upload-offset"])
            route.abort()
        else:
            route.continue_()

    page.route("**/v1/uploads/*", pass_on)
    send(page, heavy())
    until(page, lambda: cut)
    page.locator(".arrival .step", has_text="ارتباط قطع شد").wait_for()


def test_an_upload_goes_on_where_the_network_broke(open_studio: Callable[..., Studio]) -> None:
    page = open_studio().page
    asked = parts_of(page)
    cut_behind_the_first_part(page)
    page.unroute("**/v1/uploads/*")
    assert arrived(page).get_attribute("data-phase") == "ready"
    parts = [offset for method, offset in asked if method == "PATCH"]
    assert parts.count(0) == 1
    assert parts.count(PART_BYTES) > 1
    assert [method for method, _ in asked].count("POST") == 1


def test_an_upload_goes_on_when_the_page_was_loaded_anew(open_studio: Callable[..., Studio]) -> None:
    page = open_studio().page
    cut_behind_the_first_part(page)
    address = page.url
    page.goto("about:blank")
    page.unroute("**/v1/uploads/*")
    asked = parts_of(page)
    page.goto(address)
    assert arrived(page).get_attribute("data-phase") == "ready"
    assert page.locator(".arrival .name").inner_text() == "heavy"
    assert "POST" not in [method for method, _ in asked]
    assert min(offset for method, offset in asked if method == "PATCH") == PART_BYTES
    page.reload()
    page.wait_for_selector("#avatars .option >> nth=2")
    assert page.is_hidden("#arrivals")


def test_an_upload_that_is_called_off_is_gone(open_studio: Callable[..., Studio]) -> None:
    page = open_studio().page
    asked = parts_of(page)
    cut_behind_the_first_part(page)
    page.locator(".arrival").get_by_role("button", name="انصراف").click()
    until(page, lambda: ("DELETE", -1) in asked)
    page.reload()
    page.wait_for_selector("#avatars .option")
    assert page.is_hidden("#arrivals")


def test_a_key_without_a_cookie_sends_and_hears_of_it_too(
    open_studio: Callable[..., Studio], house: Any
) -> None:
    page = open_studio(signed_in=False).page
    page.fill("#key", house.run.key)
    page.click("#sign-in button")
    page.wait_for_selector("#avatars .option")
    send(page, kian())
    arrived(page).get_by_role("button", name="دیدن گزارش").click()
    page.wait_for_selector(".finding")
    assert page.evaluate("() => document.querySelector('dialog .preview').naturalWidth") > 0


def test_presenters_are_searched_by_the_service_and_retired_with_a_question(studio: Studio) -> None:
    page = studio.page
    names = ["آرش", "بهار", "پویا", "ترانه", "Jasmine"]
    send(page, *((f"{name}.jpg", kian()[1]) for name in names))
    until(page, lambda: page.locator(".arrival[data-phase=ready]").count() == len(names))
    assert page.locator("#avatars .option").count() == len(names) + 2
    page.fill("#avatar-search", "بهار")
    until(page, lambda: page.locator("#avatars .option").all_inner_texts() == ["بهار"])
    page.press("#avatar-search", "Enter")
    assert studio.stats["state"] == "idle"
    page.fill("#avatar-search", "zzz")
    page.wait_for_selector("#avatars-none:visible")
    page.fill("#avatar-search", "jas")
    until(page, lambda: page.locator("#avatars .option").all_inner_texts() == ["Jasmine"])
    page.locator("#avatars .option input").check()
    page.click("#avatar-retire")
    page.locator("dialog").get_by_role("button", name="نه، بماند").click()
    assert avatar_of(page)["state"] == "ready"
    retired = avatar_of(page)["id"]
    page.click("#avatar-retire")
    page.click("dialog [data-yes]")
    until(page, lambda: page.locator(f"#avatars input[value={retired}]").count() == 0)
    assert page.request.get(f"{page.url}v1/avatars/{retired}").json()["state"] == "retired"
    assert "کنار گذاشته شد" in page.inner_text("#faces-said")


def test_more_presenters_come_a_page_at_a_time(studio: Studio) -> None:
    page = studio.page
    send(page, *((f"n{number}.jpg", kian()[1]) for number in range(10)))
    until(page, lambda: page.locator(".arrival[data-phase=ready]").count() == 10)
    send(page, ("last.jpg", kian()[1]))
    until(page, lambda: page.locator(".arrival[data-phase=ready]").count() == 11)
    page.evaluate("() => localStorage.removeItem('avatar.avatar')")
    page.reload()
    page.wait_for_selector("#avatars-more:visible")
    assert page.locator("#avatars .option").count() == 12
    page.click("#avatars-more")
    until(page, lambda: page.locator("#avatars .option").count() == 13)
    assert page.is_hidden("#avatars-more")


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("en", "ltr")])
@pytest.mark.parametrize("width_px", [360, 1280])
def test_no_dialog_stands_out_sideways_and_every_control_has_a_name(
    open_studio: Callable[..., Studio], language: str, direction: str, width_px: int
) -> None:
    studio = open_studio(viewport={"width": width_px, "height": 740}, has_touch=width_px < 500)
    page = studio.page
    page.click(f"[data-language={language}]")

    def look() -> None:
        page.wait_for_selector("dialog[open] button:visible")
        dialog = page.locator("dialog")
        assert page.evaluate(SIDEWAYS) == 0
        assert dialog.evaluate(WIDER) == 0
        assert dialog.locator(".dialog-body").evaluate(WIDER) == 0
        assert dialog.evaluate("each => getComputedStyle(each).direction") == direction
        nameless = dialog.locator("button, input, select, textarea").evaluate_all(
            """all => all.filter(each => ![each.getAttribute("aria-label"), each.textContent,
                 ...[...(each.labels ?? [])].map(label => label.textContent)].some(name => name?.trim()))
               .map(each => each.outerHTML)"""
        )
        assert nameless == []

    open_form(page, kian(), both())
    look()
    page.keyboard.press("Escape")
    send(page, both())
    arrived(page).get_by_role("button").first.click()
    page.wait_for_selector(".finding")
    look()
    page.keyboard.press("Escape")
    page.click("#avatar-points")
    page.wait_for_selector(".handle")
    look()
    assert studio.complaints == []


def points(studio: Studio, body: str) -> Any:
    """Return what an expression over the points of a template face (`face`) comes to."""
    return studio.page.evaluate(
        "async () => { const p = await import('/studio/face_points.js');"
        " const t = await import('/studio/face_template.js');"
        " const face = new p.FacePoints(t.templatePoints(800, 1000));"
        " const handle = (mode, id) => face.handles(mode).find((each) => each.id === id);"
        f" {body} }}"
    )


def test_the_face_to_begin_with_is_one_that_the_service_takes(studio: Studio) -> None:
    face = FacePoints.from_json(points(studio, "return face.toJson();"))
    assert (face.width_px, face.height_px) == (800, 1000)
    assert face["jaw"][8, 1] > face["lip_lower_outer"][3, 1] > face["nose_base"][2, 1]


def test_a_handle_takes_its_neighbours_along_up_to_the_next_one(studio: Studio) -> None:
    moved = points(
        studio,
        "const before = structuredClone(face.contours); handle('main', 'mouthCorner-a').move(-20, 0);"
        " return Object.fromEntries(Object.entries(face.contours).map(([name, curve]) =>"
        " [name, curve.map((point, n) => before[name][n][0] - point[0])]));",
    )
    for lip in ("lip_upper_outer", "lip_upper_inner", "lip_lower_inner", "lip_lower_outer"):
        shares = moved[lip]
        assert shares[0] == pytest.approx(20)
        assert 20 > shares[1] > shares[2] > 0
        assert shares[3:] == pytest.approx([0, 0, 0, 0])
    assert all(not any(curve) for name, curve in moved.items() if not name.startswith("lip"))


def test_three_handles_carry_the_whole_face(studio: Studio) -> None:
    before, after = points(
        studio,
        "const before = face.toJson(); handle('whole', 'mouthWhole-').move(0, 60);"
        " return [before, face.toJson()];",
    )
    old, new = FacePoints.from_json(before), FacePoints.from_json(after)
    lips = [name for name in old.contours if name.startswith("lip")]
    moved = np.concatenate([new[name] - old[name] for name in lips]).mean(axis=0)
    assert moved == pytest.approx([0, 60], abs=0.1)
    assert new["jaw"][8, 1] - old["jaw"][8, 1] > 60
    for eye in ("eye_a_upper", "eye_b_upper"):
        assert np.abs(new[eye] - old[eye]).max() < 8


def test_no_point_leaves_the_picture_and_a_flat_face_is_not_made(studio: Studio) -> None:
    told = points(
        studio,
        "for (const each of face.handles('all')) each.move(5000, -5000);"
        " const json = face.toJson(); face.undo(); return json;",
    )
    FacePoints.from_json(told)
    same = points(
        studio,
        "const before = JSON.stringify(face.toJson()); const mouth = handle('whole', 'mouthWhole-');"
        " const eye = handle('whole', 'eyeWhole-a'); mouth.move(0, eye.y - mouth.y);"
        " return JSON.stringify(face.toJson()) === before;",
    )
    assert same
