"""Photos and videos come out upright, in sRGB, opaque, and in the colours they were meant to have."""

import io

import av
import intake_files
import numpy as np
import pytest
from PIL import Image, ImageCms

from avatars.intake_colour import recolour_for
from avatars.intake_format import recognise
from avatars.intake_photo import Photo
from avatars.intake_refusals import Refusal
from avatars.intake_video import Video, VideoLimits, _turned

LIMITS = VideoLimits(pixels=1_000_000, seconds=10, frames=100, streams=4)
CORNERS = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom right": (-1, -1)}


def decoded(data: bytes, longest_px: int = 2000, most_px: int = 10_000_000) -> np.ndarray:
    file = io.BytesIO(data)
    return Photo(file, recognise(file), most_px).decode(longest_px)


def refusal_of(data: bytes, **limits: int) -> str:
    with pytest.raises(Refusal) as caught:
        decoded(data, **limits)
    return caught.value.code


def marked() -> Image.Image:
    """Return a picture whose top left quarter is red and the rest grey."""
    image = Image.new("RGB", (240, 160), (90, 90, 90))
    image.paste((220, 20, 20), (0, 0, 120, 80))
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_comes_out_upright(orientation: int) -> None:
    undo = {
        2: (Image.Transpose.FLIP_LEFT_RIGHT,), 3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,), 5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,), 7: (Image.Transpose.TRANSVERSE,), 8: (Image.Transpose.ROTATE_270,),
    }  # fmt: skip
    image = marked()
    for step in undo.get(orientation, ()):
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decoded(intake_files.photo("JPEG", image, exif=exif, quality=95))
    assert picture.shape == (160, 240, 3)
    assert picture[20, 20, 2] > 180
    assert picture[140, 220, 2] < 120


def test_a_large_jpeg_is_decoded_at_the_size_that_is_asked_for() -> None:
    picture = decoded(intake_files.photo("JPEG", marked().resize((2400, 1600))), longest_px=600)
    assert picture.shape == (400, 600, 3)
    assert picture[50, 50, 2] > 180


def test_a_small_photo_is_never_enlarged() -> None:
    assert decoded(intake_files.photo("PNG", marked())).shape == (160, 240, 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_of_keeping_colours_becomes_bgr(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    if mode == "I;16":
        image = Image.fromarray(np.full((160, 160), 150 << 8, np.uint16))
    else:
        image = Image.new("RGB", (160, 160), (150, 150, 150)).convert(mode)
    picture = decoded(intake_files.photo(kind, image))
    assert picture.dtype == np.uint8
    assert picture.shape == (160, 160, 3)
    assert abs(float(picture.mean()) - 150) < (20 if mode == "1" else 4)


def test_what_is_transparent_lies_over_grey() -> None:
    picture = decoded(intake_files.photo("PNG", Image.new("RGBA", (160, 160), (255, 0, 0, 0))))
    assert (picture == 128).all()


def test_a_profile_that_is_broken_or_for_other_colours_is_left_aside() -> None:
    image = Image.new("RGB", (160, 160), (120, 120, 120))
    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain = decoded(intake_files.photo("PNG", image))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (b"rubbish" * 30, linear, srgb):
        with_profile = decoded(intake_files.photo("PNG", image, icc_profile=profile)).astype(int)
        assert np.abs(with_profile - plain).max() <= 1


def test_a_bomb_is_refused_by_its_header() -> None:
    data = intake_files.png_bomb()
    assert len(data) < 200_000
    assert refusal_of(data) == "too_many_pixels"


def test_a_photo_too_small_for_a_face_is_refused() -> None:
    assert refusal_of(intake_files.photo("PNG", Image.new("RGB", (100, 400)))) == "too_small"


def test_a_photo_that_is_cut_inside_its_own_walls_is_refused() -> None:
    data = intake_files.photo("WEBP", Image.fromarray(intake_files.gradient()), lossless=True)
    assert len(data) > 60
    body = (len(data) - 20) // 4 * 2
    cut = data[:16] + body.to_bytes(4, "little") + data[20 : 20 + body]
    whole = cut[:4] + (len(cut) - 8).to_bytes(4, "little") + cut[8:]
    assert refusal_of(whole) in {"broken", "truncated"}


def video(data: bytes, limits: VideoLimits = LIMITS) -> Video:
    file = io.BytesIO(data)
    return Video(file, recognise(file), limits)


@pytest.mark.parametrize("container", intake_files.FILMS)
@pytest.mark.parametrize("full_range", [False, True])
def test_a_video_keeps_its_colours_and_its_pictures(container: str, full_range: bool) -> None:
    if full_range and container in ("avi", "webm"):
        full_range = False  # these two have nowhere to say it
    pictures = list(video(intake_files.film(container, 12, full_range=full_range)).pictures(1000))
    assert len(pictures) in (11, 12, 13)
    expected = intake_files.gradient(160, 144)[..., ::-1]
    assert pictures[0].shape == expected.shape
    far = np.abs(pictures[0].astype(int) - expected)[8:-8, 8:-8]
    assert far.mean() < (14 if container in ("avi", "webm") else 6)


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_turned_video_comes_out_upright(container: str) -> None:
    plain = next(video(intake_files.film(container, 3)).pictures(1000))
    turned = next(video(intake_files.film(container, 3, turned=True)).pictures(1000))
    assert np.array_equal(turned, np.rot90(plain, -1))


def test_a_video_can_be_had_smaller_and_at_another_rate() -> None:
    pictures = list(video(intake_files.film("mp4", 20)).pictures(80, fps=50))
    assert pictures[0].shape[:2] == (72, 80)
    assert 38 <= len(pictures) <= 40


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (VideoLimits(pixels=1000, seconds=10, frames=100, streams=4), "too_many_pixels"),
        (VideoLimits(pixels=10**6, seconds=0, frames=100, streams=4), "too_long"),
        (VideoLimits(pixels=10**6, seconds=10, frames=5, streams=4), "too_many_frames"),
        (VideoLimits(pixels=10**6, seconds=10, frames=100, streams=0), "too_many_streams"),
    ],
)
def test_a_video_beyond_a_limit_is_refused(limits: VideoLimits, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        list(video(intake_files.film("mp4", 12), limits).pictures(100))
    assert caught.value.code == code


def test_a_video_that_lies_about_its_length_is_refused_when_the_limit_is_reached() -> None:
    data = intake_files.film("webm", 30)
    limits = VideoLimits(pixels=10**6, seconds=10, frames=20, streams=4)
    with pytest.raises(Refusal, match="too_many_frames"):
        list(video(data, limits).pictures(100))


def test_a_damaged_video_is_refused_where_a_player_would_go_on() -> None:
    data = bytearray(intake_files.film("mp4", 40, 320, 240))
    at = data.index(b"mdat")
    for place in range(at + 700, at + 900):
        data[place] ^= 0x5A
    with pytest.raises(Refusal) as caught:
        list(video(bytes(data)).pictures(100))
    assert caught.value.code in {"broken", "truncated"}


def test_sound_alone_is_no_video() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(Refusal, match="no_picture"):
        video(out.getvalue())


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((1, 0, 0, 1), "top left"),
        ((0, 1, -1, 0), "top right"),
        ((-1, 0, 0, -1), "bottom right"),
        ((0, -1, 1, 0), "bottom left"),
        ((-1, 0, 0, 1), "top right"),
        ((1, 0, 0, -1), "bottom left"),
    ],
)
def test_a_display_matrix_turns_and_mirrors(matrix: tuple[int, int, int, int], corner: str) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    picture[0, 0] = 255
    turned = _turned(picture, matrix)
    assert turned.shape == ((6, 4, 3) if matrix[0] == 0 else (4, 6, 3))
    assert turned[CORNERS[corner]].all()


@pytest.mark.parametrize(("primaries", "transfer"), [(9, 18), (9, 16)])
def test_high_dynamic_range_keeps_grey_grey_and_rises_without_clipping(primaries: int, transfer: int) -> None:
    recolour = recolour_for(primaries, transfer)
    assert recolour is not None
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    out = recolour(ramp)[0].astype(int)
    assert np.ptp(out, axis=1).max() <= 3
    assert (np.diff(out[:, 1]) >= 0).all()
    assert out[0, 1] == 0
    assert out[-1, 1] >= 245


def test_ordinary_colours_are_left_alone() -> None:
    assert recolour_for(1, 1) is None
    assert recolour_for(2, 2) is None


