"""A film of a talking head becomes a loop of a head at rest, ready to be spoken with."""

import io
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from moving_face import PERIOD, film_of, moving_pictures

from avatars.facefile import from_npz
from avatars.intake import IntakeOptions, IntakeResult, take_in
from avatars.intake_format import recognise
from avatars.intake_loop import Looped, make_loop
from avatars.intake_survey import Survey, survey_video
from avatars.intake_video import Video, VideoLimits
from lipsync.face.finder import FaceFinder
from lipsync.face.measures import mouth_gap
from lipsync.face.models import FaceModels
from lipsync.face.track import CodedPictures, Picture

LIMITS = VideoLimits(pixels=2_000_000, seconds=30, frames=1000, streams=2)


@pytest.fixture(scope="module")
def finder(face_models: FaceModels) -> FaceFinder:
    return FaceFinder(face_models)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return moving_pictures(130)


def video_of(data: bytes) -> Video:
    file = io.BytesIO(data)
    return Video(file, recognise(file), LIMITS)


def looked_at(finder: FaceFinder, data: bytes) -> tuple[Survey, Looped | None, list[float]]:
    video, shares = video_of(data), []
    survey = survey_video(video, finder, shares.append)
    faces = finder.find(survey.still)
    return survey, make_loop(video, survey, faces[0].box, shares.append) if faces else None, shares


@pytest.fixture(scope="module")
def looped(finder: FaceFinder, pictures: list[Picture]) -> Looped:
    made = looked_at(finder, film_of(pictures))[1]
    assert made is not None
    return made


def gaps_of(finder: FaceFinder, pictures: Sequence[Picture]) -> list[float]:
    """Return the gap between the lips in each picture, in mouth widths, by looking anew."""
    return [mouth_gap(finder.find(picture)[0].mesh) for picture in pictures]


def test_a_head_that_comes_back_becomes_a_loop_of_its_own_period(looped: Looped) -> None:
    assert not looped.track.bounces
    assert abs(len(looped.track.pictures) - PERIOD) <= 2
    assert looped.loop_seam < 0.03
    assert looped.steadiness < 0.01


def test_the_mouth_of_a_talking_head_is_at_rest_in_every_picture(
    finder: FaceFinder, pictures: list[Picture], looped: Looped
) -> None:
    spoken = gaps_of(finder, pictures[::6])
    assert max(spoken) > 0.25
    kept = looped.track.pictures
    rested = gaps_of(finder, [kept[index] for index in range(0, len(kept), 6)])
    assert max(rested) < 0.1


def test_where_the_mouth_was_laid_in_there_is_no_seam(looped: Looped) -> None:
    """Compare the steepest steps in the ring around the mouth with those of the drawing's own skin."""
    track = looped.track
    for index in range(0, len(track.pictures), 8):
        picture = track.pictures[index].astype(int).sum(axis=2)
        lips = track.points[index]["lip_upper_outer"]
        wide = float(lips[-1, 0] - lips[0, 0])
        x, y = lips.mean(axis=0)
        left, right = round(x - 0.95 * wide), round(x - 0.62 * wide)
        cheek = picture[round(y - 0.1 * wide) : round(y + 0.2 * wide), left:right]
        assert np.abs(np.diff(cheek, axis=1)).max() < 60


def test_the_loop_moves_on_evenly_over_its_end(looped: Looped) -> None:
    small = [picture[::4, ::4].astype(int) for picture in looped.track.pictures]
    steps = [np.abs(one - other).mean() for one, other in itertools.pairwise([*small, small[0]])]
    assert max(steps[-12:]) < 1.6 * max(steps[:-12])


def test_points_follow_the_head_and_do_not_tremble(looped: Looped) -> None:
    tips = np.stack([points["nose_bridge"][3] for points in looped.track.points])
    assert np.ptp(tips[:, 0]) > 15
    lips = np.stack([points["lip_upper_inner"][3] - points["nose_base"][2] for points in looped.track.points])
    assert np.abs(np.diff(lips, axis=0)).max() < 1.5


def test_the_picture_that_is_measured_has_its_eyes_open(looped: Looped) -> None:
    points = looped.track.points[looped.track.rest]
    high = points["eye_a_lower"][2, 1] - points["eye_a_upper"][2, 1]
    assert high > 0.15 * (points["eye_a_upper"][-1, 0] - points["eye_a_upper"][0, 0])


def test_pictures_are_kept_coded_and_small(looped: Looped) -> None:
    assert isinstance(looped.track.pictures, CodedPictures)
    assert looped.track.memory_bytes < 10_000_000


def test_progress_goes_on_and_on(finder: FaceFinder, pictures: list[Picture]) -> None:
    shares = looked_at(finder, film_of(pictures[:60]))[2]
    begins = [at for at, (one, other) in enumerate(itertools.pairwise(shares)) if other < one]
    assert len(begins) <= 1
    assert len(shares) > 8
    assert all(0 <= share <= 1 for share in shares)


def test_a_cut_is_not_played_over(finder: FaceFinder, pictures: list[Picture]) -> None:
    other = [np.ascontiguousarray(255 - picture[:, ::-1]) for picture in pictures[:30]]
    survey, made, _ = looked_at(finder, film_of([*pictures[:40], *other, *pictures[40:100]]))
    assert [at for at, cut in enumerate(survey.cuts) if cut] == [0, 40, 70]
    assert made is not None
    assert len(made.track.pictures) <= 60


def test_a_face_that_is_away_for_a_while_is_not_looped_over(
    finder: FaceFinder, pictures: list[Picture]
) -> None:
    empty = [np.full_like(pictures[0], 90)] * 12
    survey, made, _ = looked_at(finder, film_of([*pictures[:30], *empty, *pictures[30:100]]))
    assert made is not None
    assert len(made.track.pictures) <= 70
    assert len(survey.followed) == 2


@pytest.mark.parametrize("count", [4, 20])
def test_less_than_a_second_of_a_face_makes_no_loop(
    finder: FaceFinder, pictures: list[Picture], count: int
) -> None:
    assert looked_at(finder, film_of(pictures[:count]))[1] is None


def test_no_face_makes_no_loop(finder: FaceFinder) -> None:
    survey, made, _ = looked_at(finder, film_of([np.full((200, 200, 3), 90, np.uint8)] * 40))
    assert made is None
    assert survey.followed == []


def test_a_film_of_sixty_pictures_a_second_and_one_of_uneven_ones_are_looped_at_ours(
    finder: FaceFinder, pictures: list[Picture]
) -> None:
    doubled = [picture for picture in pictures[:60] for _ in range(2)]
    survey, made, _ = looked_at(finder, film_of(doubled, [number * 12 for number in range(120)], 50))
    assert abs(len(survey.thumbnails) - 60) <= 1
    assert made is not None
    uneven = [number for number in range(75) if number % 4 != 2]
    times = [number * 24 for number in uneven]
    survey, made, _ = looked_at(finder, film_of([pictures[number] for number in uneven], times))
    assert abs(len(survey.thumbnails) - 75) <= 1
    assert made is not None


@pytest.fixture(scope="module")
def taken(
    asset_dir: Path, pictures: list[Picture], tmp_path_factory: pytest.TempPathFactory
) -> tuple[IntakeResult, Path, list[tuple[str, float]]]:
    folder = tmp_path_factory.mktemp("taken")
    source, steps = folder / "upload", []
    source.write_bytes(film_of(pictures))
    models = {
        "landmarks": asset_dir / "face_landmark.tflite",
        "short_range": asset_dir / "face_detection_short_range.tflite",
    }
    result = take_in(
        source, folder / "out", options=IntakeOptions(models=models),
        on_progress=lambda step, share: steps.append((step, share)),
    )  # fmt: skip
    return result, folder / "out", steps


def test_a_video_goes_through_the_shut_in_child_whole(
    taken: tuple[IntakeResult, Path, list[tuple[str, float]]]
) -> None:
    result, out, steps = taken
    assert result.video
    assert not result.needs_points
    expected = {"face.npz", "picture.png", "points.json", "visemes.jpg", "idle.mp4", "report.json"}
    assert expected <= set(result.files)
    track = from_npz((out / "face.npz").read_bytes())
    points = json.loads((out / "points.json").read_text())
    assert points == track.points[track.rest].to_json()
    order = list(dict.fromkeys(step for step, _ in steps))
    assert order == ["recognise", "decode", "find", "loop", "judge", "draw", "done"]
    assert [share for _, share in steps] == sorted(share for _, share in steps)
    with av.open(str(out / "idle.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == track.frames


def test_the_report_of_a_video_tells_of_its_loop(
    taken: tuple[IntakeResult, Path, list[tuple[str, float]]]
) -> None:
    findings = {f["name"]: f for f in json.loads((taken[1] / "report.json").read_text())["findings"]}
    assert {"steadiness", "loop_seam", "loop_length", "yaw", "sharpness"} <= set(findings)
    assert {findings[name]["verdict"] for name in ("steadiness", "loop_seam", "loop_length")} == {"good"}
    assert findings["mouth_open"]["verdict"] == "good"
