"""HEIC photos come out upright, in sRGB, opaque; what is damaged or lies about itself is refused."""

import io
import random
from dataclasses import replace
from pathlib import Path

import av
import heif_files as heif
import intake_files
import numpy as np
import pytest
from PIL import Image

from avatars.errors import IntakeRefused
from avatars.intake import IntakeOptions, take_in
from avatars.intake_colour import recolour_for
from avatars.intake_format import HEIC, recognise
from avatars.intake_heif import HeifPhoto
from avatars.intake_refusals import Refusal, refused

MOST_PX = 50_000_000
PLAIN = intake_files.gradient()
NEAR = 3.0
"""What the coding of a test's picture changes, on the mean of all codes."""


def opened(data: bytes, most_px: int = MOST_PX) -> HeifPhoto:
    file = io.BytesIO(data)
    assert recognise(file) is HEIC
    return HeifPhoto(file, most_px)


def decoded(data: bytes, longest_px: int = 2000) -> np.ndarray:
    """Return RGB."""
    photo = opened(data)
    picture = photo.decode(longest_px)[..., ::-1]
    if longest_px == 2000:
        assert picture.shape == (photo.height_px, photo.width_px, 3)
    return picture


def refusal_of(data: bytes, most_px: int = MOST_PX) -> Refusal:
    with pytest.raises(Refusal) as caught:
        opened(data, most_px).decode(2000)
    return caught.value


def apart(one: np.ndarray, other: np.ndarray) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(float) - other).mean())


def even(*code: int) -> np.ndarray:
    return np.full((160, 160, 3), code, np.uint8)


class TestWhatIsShown:
    def test_one_coded_picture(self) -> None:
        assert apart(decoded(heif.single(PLAIN)), PLAIN) < NEAR

    def test_it_is_made_as_small_as_is_asked_for_and_never_larger(self) -> None:
        photo = opened(heif.single(PLAIN))
        assert photo.decode(100).shape == (100, 80, 3)
        assert photo.decode(5000).shape == (200, 160, 3)

    def test_tiles_are_put_together_and_cut(self) -> None:
        assert apart(decoded(heif.tiled(PLAIN)), PLAIN) < NEAR

    @pytest.mark.parametrize("quarters", [1, 2, 3])
    @pytest.mark.parametrize("make", [heif.single, heif.tiled])
    def test_a_turn_is_obeyed_once(self, quarters: int, make: object) -> None:
        picture = decoded(make(PLAIN, heif.irot(quarters)))
        assert apart(picture, np.rot90(PLAIN, quarters)) < NEAR

    @pytest.mark.parametrize("axis", [0, 1])
    def test_a_mirroring_is_obeyed(self, axis: int) -> None:
        assert apart(decoded(heif.single(PLAIN, heif.imir(axis))), np.flip(PLAIN, axis)) < NEAR

    def test_turns_and_mirrorings_are_made_in_the_order_of_the_file(self) -> None:
        turned_first = decoded(heif.single(PLAIN, heif.irot(1), heif.imir(1)))
        mirrored_first = decoded(heif.single(PLAIN, heif.imir(1), heif.irot(1)))
        assert apart(turned_first, np.fliplr(np.rot90(PLAIN))) < NEAR
        assert apart(mirrored_first, np.rot90(np.fliplr(PLAIN))) < NEAR

    def test_only_the_clean_aperture_is_kept(self) -> None:
        picture = decoded(heif.single(PLAIN, heif.clap(140, 150, 10, -25), heif.irot(1)))
        assert apart(picture, np.rot90(PLAIN[:150, 20:])) < NEAR

    def test_an_orientation_in_its_exif_is_left_aside(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        item = heif.Item(2, b"Exif", bytes(4) + exif.tobytes())
        data = heif.boxed([heif.still(1, PLAIN, heif.irot(2)), item], [(b"cdsc", 2, [1])])
        assert apart(decoded(data), np.rot90(PLAIN, 2)) < NEAR

    def test_of_several_pictures_the_primary_one(self) -> None:
        others = [heif.still(number, even(255, 0, 0)) for number in (1, 3)]
        data = heif.boxed([others[0], heif.still(2, PLAIN), others[1]], primary=2)
        assert apart(decoded(data), PLAIN) < NEAR

    def test_smaller_copies_depth_and_gain_maps_are_left(self) -> None:
        small = heif.still(2, PLAIN[:128, :128], flags=heif.HIDDEN)
        maps = [
            heif.still(number, PLAIN[:128, :128, 0], heif.aux_type(name), flags=heif.HIDDEN, pixels="gray")
            for number, name in ((3, heif.DEPTH), (4, heif.GAIN_MAP))
        ]
        links = [(b"thmb", 2, [1]), (b"auxl", 3, [1]), (b"auxl", 4, [1])]
        data = heif.boxed([heif.still(1, PLAIN), small, *maps], links)
        assert apart(decoded(data), PLAIN) < NEAR

    def test_the_still_picture_of_a_burst(self) -> None:
        film = heif.box(b"moov", heif.box(b"mvhd", bytes(100)))
        data = heif.boxed([heif.still(1, PLAIN)], brands=(b"msf1", b"hevc", b"heic"), behind=film)
        assert apart(decoded(data), PLAIN) < NEAR


class TestColours:
    @pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv422p10le", "yuv444p12le", "yuv444p"])
    def test_more_bits_and_finer_colours_come_out_as_eight(self, pixels: str) -> None:
        assert apart(decoded(heif.single(PLAIN, pixels=pixels)), PLAIN) < NEAR

    def test_a_picture_without_colours_is_grey(self) -> None:
        grey = np.ascontiguousarray(PLAIN[..., 1])
        assert apart(decoded(heif.single(grey, pixels="gray")), np.dstack([grey] * 3)) < NEAR

    def test_range_and_matrix_of_the_file_stand_above_those_of_the_coded_picture(self) -> None:
        item = heif.still(1, even(255, 255, 255))
        full = replace(item, properties=(*item.properties, heif.nclx(1, 13, full_range=True)))
        assert apart(decoded(heif.boxed([item])), even(255, 255, 255)) < NEAR
        assert apart(decoded(heif.boxed([full])), even(235, 235, 235)) < NEAR
        red = heif.still(1, even(200, 40, 40))
        other = replace(red, properties=(*red.properties, heif.nclx(1, 13, 6)))
        assert apart(decoded(heif.boxed([red])), even(200, 40, 40)) < NEAR
        assert apart(decoded(heif.boxed([other])), even(200, 40, 40)) > 2 * NEAR

    def test_what_is_said_of_the_tiles_holds_where_nothing_is_said_of_the_whole(self) -> None:
        full = heif.nclx(1, 13, full_range=True)
        assert apart(decoded(heif.tiled(even(255, 255, 255), of_tiles=[full])), even(235, 235, 235)) < NEAR
        both = heif.tiled(even(255, 255, 255), heif.nclx(1, 13), of_tiles=[full])
        assert apart(decoded(both), even(255, 255, 255)) < NEAR

    def test_a_coded_picture_of_full_range_says_so_itself(self) -> None:
        item = heif.still(1, even(250, 250, 250), full_range=True)
        assert apart(decoded(heif.boxed([item])), even(250, 250, 250)) < NEAR

    @pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (9, 16), (9, 18)])
    def test_wide_and_bright_colours_are_brought_to_srgb(self, primaries: int, transfer: int) -> None:
        recolour = recolour_for(primaries, transfer)
        assert recolour is not None
        picture = decoded(heif.single(even(180, 110, 90), heif.nclx(primaries, transfer)))
        assert apart(picture, recolour(even(180, 110, 90))) < NEAR
        assert apart(picture, even(180, 110, 90)) > 2 * NEAR

    def test_a_profile_is_obeyed_and_stands_above_numbers(self) -> None:
        recolour = recolour_for(12, 13)
        assert recolour is not None
        item = heif.still(1, even(220, 130, 120), heif.icc(heif.p3_profile()), heif.nclx(9, 16))
        wanted = recolour(even(220, 130, 120))
        assert apart(wanted, even(220, 130, 120)) > 2 * NEAR
        assert apart(decoded(heif.boxed([item])), wanted) < NEAR

    @pytest.mark.parametrize("shown", [0, 128, 255])
    @pytest.mark.parametrize("premultiplied", [False, True])
    def test_what_is_transparent_lies_over_grey(self, shown: int, premultiplied: bool) -> None:
        share = shown / 255
        colour = even(200, 60, 40)
        held = np.rint(colour * share).astype(np.uint8) if premultiplied else colour
        alpha = np.full((160, 160), shown, np.uint8)
        second = heif.still(
            2, alpha, heif.aux_type(heif.ALPHA), flags=heif.HIDDEN, pixels="gray", full_range=True
        )
        links = [(b"auxl", 2, [1]), *([(b"prem", 1, [2])] if premultiplied else [])]
        picture = decoded(heif.boxed([heif.still(1, held), second], links))
        assert apart(picture, np.rint(colour * share + 128 * (1 - share))) < NEAR


def looping() -> bytes:
    whole = heif.grid(1, 1, 1, 160, 160)
    return heif.boxed([whole, heif.grid(2, 1, 1, 160, 160)], [(b"dimg", 1, [2]), (b"dimg", 2, [1])])


def tiled_with(
    rows: int = 2, columns: int = 2, size: tuple[int, int] = (200, 200), tiles: tuple[int, ...] = (2, 2, 2, 2)
) -> bytes:
    tile = heif.still(2, even(90, 90, 90)[:128, :128], flags=heif.HIDDEN)
    return heif.boxed([heif.grid(1, rows, columns, *size), tile], [(b"dimg", 1, tiles)])


def promising(width_px: int, height_px: int) -> bytes:
    """Return a picture whose stated size is not that of what is coded."""
    item = heif.still(1, PLAIN)
    return heif.boxed([replace(item, properties=(item.properties[0], heif.ispe(width_px, height_px)))])


def renamed(name: bytes) -> bytes:
    return heif.boxed([replace(heif.still(1, PLAIN), name=name)])


def elsewhere() -> bytes:
    """Return a file whose picture's data is said to lie in another."""
    data = bytearray(heif.single(PLAIN))
    at = data.index(b"iloc") + 4 + 4 + 4 + 4  # version, sizes and count, number and method
    data[at : at + 2] = b"\0\1"
    return bytes(data)


def without(name: bytes) -> bytes:
    return heif.single(PLAIN).replace(name, b"free")


REFUSED = {
    "a size of very many pixels": (promising(60_000, 60_000), "too_many_pixels"),
    "a grid of very many pixels": (tiled_with(256, 256, (60_000, 60_000)), "too_many_pixels"),
    "a size smaller than what is coded": (promising(130, 130), "broken"),
    "a size larger than what is coded": (promising(1600, 2000), "broken"),
    "no size at all": (without(b"ispe"), "broken"),
    "too small for a face": (heif.single(PLAIN[:100]), "too_small"),
    "cut away to nothing": (heif.single(PLAIN, heif.clap(0, 0)), "broken"),
    "cut outside itself": (heif.single(PLAIN, heif.clap(160, 200, 50)), "broken"),
    "cut too small for a face": (heif.single(PLAIN, heif.clap(40, 40)), "too_small"),
    "tiles that are missing": (tiled_with(tiles=(2, 2, 2)), "broken"),
    "tiles that are no items": (tiled_with(tiles=(2, 2, 2, 77)), "broken"),
    "tiles that do not fill it": (tiled_with(size=(300, 200)), "broken"),
    "tiles that are not needed": (tiled_with(size=(128, 128)), "broken"),
    "a grid in a circle": (looping(), "broken"),
    "a grid of itself": (tiled_with(1, 1, (160, 160), (1,)), "broken"),
    "a grid of more tiles than are taken": (tiled_with(256, 256, (4000, 4000), (2,) * 65_535), "broken"),
    "data outside the file": (heif.boxed([heif.still(1, PLAIN)], shift=10_000_000), "truncated"),
    "data that is not there": (heif.boxed([replace(heif.still(1, PLAIN), data=b"")]), "broken"),
    "data in another file": (elsewhere(), "other_files"),
    "no place of its data": (without(b"iloc"), "broken"),
    "no list of items": (without(b"iinf"), "broken"),
    "no picture named": (without(b"pitm"), "broken"),
    "a picture that is no item": (heif.boxed([heif.still(1, PLAIN)], primary=9), "broken"),
    "no settings of its decoder": (
        heif.boxed([replace(heif.still(1, PLAIN), properties=(heif.ispe(160, 200),))]), "broken"
    ),
    "coded otherwise": (renamed(b"av01"), "wrong_kind"),
    "made of others by rules we do not know": (renamed(b"iovl"), "wrong_kind"),
    "a property it must not be shown without": (
        heif.single(PLAIN, (heif.box(b"what", b"ever"), True)), "wrong_kind"
    ),
    "cut short": (heif.single(PLAIN)[:-100], "truncated"),
    "another file behind it": (heif.single(PLAIN) + heif.box(b"free", intake_files.archive()), "polyglot"),
    "a burst without a still picture": (
        heif.box(b"ftyp", b"hevc", bytes(4), b"hevc") + heif.box(b"moov", bytes(20)), "animated"
    ),
    "an AVIF sequence": (heif.box(b"ftyp", b"msf1", bytes(4), b"avis") + bytes(8), "animated"),
    "a still picture of another coding": (heif.box(b"ftyp", b"mif1", bytes(4), b"vvic"), "wrong_kind"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_for(name: str) -> None:
    data, code = REFUSED[name]
    assert refusal_of(data).code == code


def test_what_is_too_large_is_refused_before_anything_is_decoded() -> None:
    with pytest.raises(Refusal) as caught:
        opened(heif.single(PLAIN), most_px=160 * 200 - 1)
    assert caught.value.code == "too_many_pixels"


def test_a_damaged_picture_is_refused() -> None:
    item = heif.still(1, PLAIN)
    refused = refusal_of(heif.boxed([replace(item, data=item.data[:-400])]))
    assert (refused.code, refused.values) == ("broken", {"kind": "HEIC"})


def test_entries_that_take_no_room_are_refused_at_once() -> None:
    data = bytearray(heif.single(PLAIN))
    at = data.index(b"iloc") + 8
    data[at : at + 2] = b"\0\0"
    assert refusal_of(bytes(data)).code == "broken"


@pytest.mark.parametrize("seed", range(10))
def test_mutated_files_are_refused_or_shown(seed: int) -> None:
    chance = random.Random(seed)
    seeds = list(intake_files.heic_seeds().values())
    ends = set()
    for _ in range(30):
        file = io.BytesIO(intake_files.mutate(chance, chance.choice(seeds), seeds))
        try:
            if recognise(file) is HEIC:
                ends.add(HeifPhoto(file, 1_000_000).decode(300).dtype.name)
        except Refusal as refusal:
            refused(refusal.code, refusal.values)  # it can be put into words
            ends.add(refusal.code)
    assert "truncated" in ends


def test_a_face_goes_the_whole_way_through_the_shut_in_child(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(intake_files.sample_jpeg())) as image:
        face = np.asarray(image.convert("RGB").resize((512, 512)))
    source = tmp_path / "named.jpg"
    source.write_bytes(heif.tiled(face, heif.irot(0), tile_px=256))
    result = take_in(source, tmp_path / "out", options=IntakeOptions(), on_progress=lambda step, share: None)
    assert (result.kind, result.video, result.width_px, result.height_px) == ("HEIC", False, 512, 512)
    with Image.open(tmp_path / "out" / "picture.png") as picture:
        assert apart(np.asarray(picture), face) < NEAR


def test_a_bomb_is_refused_by_name_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "upload"
    source.write_bytes(promising(60_000, 60_000))
    with pytest.raises(IntakeRefused, match="60000x60000"):
        take_in(source, tmp_path / "out", options=IntakeOptions(), on_progress=lambda step, share: None)
    assert [path.name for path in tmp_path.iterdir()] == ["upload"]


def test_a_coded_picture_of_many_pixels_under_a_small_stated_size_is_not_decoded() -> None:
    item = heif.still(1, np.zeros((2048, 2048, 3), np.uint8))
    small = replace(item, properties=(item.properties[0], heif.ispe(256, 256)))
    refusal = refusal_of(heif.boxed([small]))
    assert refusal.code == "broken"
    # The decoder itself would not begin, so it is not the size of what it decoded that is refused.
    assert isinstance(refusal.__cause__, av.FFmpegError)
