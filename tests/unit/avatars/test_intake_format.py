"""A file is what it holds: each kind is known, and what hides, refers or ends early is refused."""

import io

import intake_files
import pytest
from PIL import Image

from avatars.intake_format import recognise
from avatars.intake_refusals import SENTENCES, Refusal, refused

NAMES = {"mp4": "MP4", "mov": "MOV", "avi": "AVI", "webm": "WebM", "matroska": "MKV"}


def kind_of(data: bytes) -> str:
    return recognise(io.BytesIO(data)).name


def refusal_of(data: bytes) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refusal) as caught:
        recognise(io.BytesIO(data))
    refused(caught.value.code, caught.value.values)  # it can be put into words
    return caught.value.code, caught.value.values


@pytest.mark.parametrize("container", NAMES)
def test_a_video_is_known_by_its_content(container: str) -> None:
    assert kind_of(intake_files.film(container, 3)) == NAMES[container]


@pytest.mark.parametrize("kind", intake_files.PHOTOS)
def test_a_photo_is_known_by_its_content(kind: str) -> None:
    assert kind_of(intake_files.photo(kind)).upper() == kind


@pytest.mark.parametrize("name", sorted(intake_files.seeds()))
@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_a_file_that_ends_early_is_refused(name: str, share: float) -> None:
    data = intake_files.seeds()[name]
    code, _ = refusal_of(data[: int(len(data) * share)])
    assert code in {"truncated", "broken"}


@pytest.mark.parametrize("name", sorted(intake_files.seeds()))
def test_an_archive_behind_a_file_is_refused(name: str) -> None:
    code, values = refusal_of(intake_files.seeds()[name] + intake_files.archive())
    assert (code, values.get("hidden")) in {("polyglot", "ZIP"), ("polyglot", "unknown data"),
        ("truncated", None)}  # fmt: skip


@pytest.mark.parametrize(
    ("behind", "hidden"),
    [(b"<html><script>", "HTML"), (b"%PDF-1.7\n", "PDF"), (b"<?php system(1)", "PHP"), (b"MZ\x90", "EXE")],
)
def test_another_file_behind_a_photo_is_refused_by_name(behind: bytes, hidden: str) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        assert refusal_of(intake_files.photo(kind) + behind) == (
            "polyglot", {"kind": kind.replace("WEBP", "WebP"), "hidden": hidden},
        )  # fmt: skip


def test_a_film_behind_a_photo_is_refused() -> None:
    code, values = refusal_of(intake_files.photo("JPEG") + intake_files.film("mp4", 3))
    assert (code, values["hidden"]) == ("polyglot", "MP4")


def test_an_archive_inside_a_picture_comment_is_refused() -> None:
    photo = intake_files.photo("JPEG", comment=b"x" * 40)
    archive = intake_files.archive()
    # The comment of the archive's last record reaches over the picture behind it.
    at = 2
    segment = b"\xff\xfe" + (len(archive) + 2).to_bytes(2, "big") + archive
    whole = photo[:at] + segment + photo[at:]
    over = len(whole) - (at + 4 + len(archive))
    patched = whole.replace(archive, archive[:-2] + over.to_bytes(2, "little"))
    assert refusal_of(patched) == ("polyglot", {"kind": "JPEG", "hidden": "ZIP"})


def test_more_pictures_and_padding_behind_a_jpeg_are_a_cameras_own() -> None:
    photo = intake_files.photo("JPEG")
    assert kind_of(photo + photo + bytes(64)) == "JPEG"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"#EXTM3U\n/etc/passwd\n", "M3U8"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'", "concat"),
        (b"file 'a.mp4'\n", "concat"),
        (b'<?xml version="1.0"?><MPD xmlns="urn">', "DASH"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1", "SDP"),
    ],
)
def test_a_list_of_other_files_is_refused_by_name(data: bytes, name: str) -> None:
    assert refusal_of(data) == ("other_files", {"hidden": name})


def test_a_film_whose_data_is_elsewhere_is_refused() -> None:
    assert refusal_of(intake_files.referring_mov())[0] == "other_files"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a" + bytes(9), "GIF"),
        (b"%PDF-1.4", "PDF"),
        (b"PK\x03\x04" + bytes(30), "ZIP"),
        (b'<?xml version="1.0"?><svg xmlns="a">', "SVG"),
        (b"<svg onload='x'>", "SVG"),
        (b"<!doctype html>", "HTML"),
        (b"MZ" + bytes(60), "EXE"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00miafvvic", "HEIF"),
    ],
)
def test_a_kind_that_is_not_accepted_is_named(data: bytes, name: str) -> None:
    assert refusal_of(data) == ("wrong_kind", {"kind": name})


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [Image.new("RGB", (140, 140), colour) for colour in ("red", "blue", "green")]
    data = intake_files.photo(kind, frames[0], save_all=True, append_images=frames[1:])
    assert refusal_of(data)[0] == "animated"


def test_nothing_at_all_is_refused() -> None:
    assert refusal_of(b"")[0] == "empty"
    assert refusal_of(b"\x07" * 100)[0] == "unreadable"


@pytest.mark.parametrize("code", SENTENCES)
def test_every_refusal_is_said_in_both_languages(code: str) -> None:
    names = ("kind", "hidden", "width", "height", "limit", "count", "codec", "megabytes", "asked")
    said = refused(code, dict.fromkeys((*names, "reason_en", "reason_fa"), "12"))
    assert "{" not in said.message_en + said.message_fa
    assert any("\u0600" <= letter <= "\u06ff" for letter in said.message_fa)


def test_what_an_upload_holds_is_not_said_at_length() -> None:
    said = refused("codec", {"codec": "x\n\x1b[31m" + "y" * 500})
    assert len(said.message_en) < 200
    assert "\x1b" not in said.message_en


def test_a_refusal_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(ValueError, match="known"):
        refused("because", {})
    with pytest.raises(ValueError, match="lacks"):
        refused("codec", {})
