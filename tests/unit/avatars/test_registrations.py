"""One attempt is held by one registrar, ends once, and tells why nothing came of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from avatars.database import Database
from avatars.errors import (
    AvatarBusy,
    AvatarTaken,
    BadAvatarId,
    BadKey,
    TooManyPending,
    UnknownAvatar,
    UnknownUpload,
)
from avatars.registrations import (
    LEASE,
    NewAvatar,
    NewConsent,
    NewRegistration,
    Refusal,
    RegistrationRow,
    Registrations,
)
from avatars.registry import AvatarFiles, Registry, Titles
from avatars.storage_memory import MemoryStorage

FILES = AvatarFiles(
    picture=b"picture", points=b"points", preview=b"preview", others={"idle.mp4": b"idle"},
    report={"verdict": "good", "findings": []},
)  # fmt: skip
ABOUT = NewAvatar(
    titles=Titles("سمیرا", "Samira"), voice="fa",
    consent=NewConsent(who="Samira", statement="I allow it", evidence_sha256="e" * 64, recorded_by="me"),
)  # fmt: skip
NO = Refusal(code="blurred", en="It is blurred.", fa="تار است.")


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, MemoryStorage())


@pytest.fixture
def registrations(database: Database, registry: Registry) -> Registrations:
    return Registrations(database, registry)


def _new(avatar_id: str = "mine", owner: str = "me", **more: object) -> NewRegistration:
    return replace(
        NewRegistration(avatar_id=avatar_id, owner=owner, work="intake", fingerprint="f"),
        **more,  # type: ignore[arg-type]
    )


def _claimed(registrations: Registrations, holder: str = "a:1", avatar_id: str = "mine") -> RegistrationRow:
    made = registrations.create(_new(avatar_id), ABOUT, limit=9)
    row = registrations.claim(made.id, holder, datetime.now(UTC))
    assert row is not None
    return row


def test_an_attempt_begins_pending_with_its_avatar_and_its_consent(
    registrations: Registrations, registry: Registry
) -> None:
    row = registrations.create(_new(), ABOUT, limit=9)
    assert (row.state, row.step, row.percent, row.finished) == ("pending", "waiting", 0, False)
    avatar = registry.find("mine")
    assert avatar is not None
    assert (avatar.state, avatar.version, avatar.title_fa, avatar.voice) == ("pending", 0, "سمیرا", "fa")
    assert registry.list() == []
    (consent,) = registrations.consents("mine")
    assert (consent["who"], consent["statement"], consent["recorded_by"]) == ("Samira", "I allow it", "me")
    assert consent["evidence_sha256"] == "e" * 64


def test_what_is_completed_can_be_used_at_once(registrations: Registrations, registry: Registry) -> None:
    row = _claimed(registrations)
    assert registrations.complete(row.id, "a:1", FILES)
    avatar = registry.get("mine")
    assert (avatar.version, avatar.report) == (1, FILES.report)
    assert set(avatar.files) == {"picture.png", "points.json", "preview.jpg", "idle.mp4"}
    done = registrations.latest("mine")
    assert done is not None
    assert (done.state, done.step, done.percent, done.version) == ("ready", "done", 100, 1)


def test_only_one_registrar_holds_it(registrations: Registrations) -> None:
    row = _claimed(registrations, "a:1")
    now = datetime.now(UTC)
    assert registrations.claim(row.id, "b:1", now) is None
    assert not registrations.note(row.id, "b:1", now, step="find", percent=10)
    assert not registrations.complete(row.id, "b:1", FILES)
    assert not registrations.refuse(row.id, "b:1", NO)


def test_a_registrar_that_was_taken_for_dead_writes_nothing(
    registrations: Registrations, registry: Registry
) -> None:
    row = _claimed(registrations, "a:1")
    later = datetime.now(UTC) + LEASE + timedelta(seconds=1)
    taken = registrations.claim(row.id, "b:1", later)
    assert taken is not None
    assert taken.attempts == 2
    assert not registrations.complete(row.id, "a:1", FILES)
    assert registry.list() == []
    assert registrations.complete(row.id, "b:1", FILES)


def test_progress_renews_the_lease(registrations: Registrations) -> None:
    row = _claimed(registrations)
    later = datetime.now(UTC) + LEASE - timedelta(seconds=1)
    assert registrations.note(row.id, "a:1", later, step="draw", percent=60)
    assert registrations.claim(row.id, "b:1", later + timedelta(seconds=5)) is None
    told = registrations.get(row.id)
    assert told is not None
    assert (told.step, told.percent) == ("draw", 60)


def test_a_refusal_says_why_and_the_avatar_may_be_tried_again(
    registrations: Registrations, registry: Registry
) -> None:
    row = _claimed(registrations)
    assert registrations.refuse(row.id, "a:1", NO)
    told = registrations.latest("mine")
    assert told is not None
    assert (told.state, told.refusal_code, told.refusal_fa) == ("refused", "blurred", "تار است.")
    avatar = registry.find("mine")
    assert avatar is not None
    assert avatar.state == "refused"
    again = _claimed(registrations)
    assert registrations.complete(again.id, "a:1", FILES)
    assert registry.get("mine").version == 1


def test_a_refusal_with_files_can_be_mended_by_hand(registrations: Registrations, registry: Registry) -> None:
    row = _claimed(registrations)
    assert registrations.complete(row.id, "a:1", replace(FILES, points=None), NO)
    avatar = registry.find("mine")
    assert avatar is not None
    assert (avatar.state, avatar.version, avatar.points_sha256) == ("refused", 1, "")
    mend = registrations.create(_new(work="points", points={"version": 1}), None, limit=9)
    assert registrations.claim(mend.id, "a:1", datetime.now(UTC)) is not None
    assert registrations.complete(mend.id, "a:1", FILES)
    assert registry.get("mine").version == 2


def test_a_ready_avatar_stays_as_it_is_when_its_next_picture_is_refused(
    registrations: Registrations, registry: Registry
) -> None:
    first = _claimed(registrations)
    registrations.complete(first.id, "a:1", FILES)
    before = registry.get("mine")
    second = _claimed(registrations)
    assert registry.get("mine").version == 1
    assert registrations.complete(second.id, "a:1", replace(FILES, picture=b"worse", points=None), NO)
    assert registry.get("mine").files == before.files


def test_files_that_cannot_be_kept_leave_it_pending(database: Database) -> None:
    class Full(MemoryStorage):
        def put(self, key: str, data: bytes, *, durable: bool = True) -> None:
            raise BadKey(key, "full")

    registrations = Registrations(database, Registry(database, Full()))
    row = _claimed(registrations)
    with pytest.raises(BadKey):
        registrations.complete(row.id, "a:1", FILES)
    left = registrations.get(row.id)
    assert left is not None
    assert left.state == "pending"


def test_an_avatar_is_registered_once_at_a_time(registrations: Registrations) -> None:
    registrations.create(_new(), ABOUT, limit=9)
    with pytest.raises(AvatarBusy):
        registrations.create(_new(), ABOUT, limit=9)


def test_a_name_that_is_somebody_elses_is_taken(registrations: Registrations) -> None:
    registrations.create(_new(owner="another"), ABOUT, limit=9)
    with pytest.raises(AvatarTaken):
        registrations.create(_new(), ABOUT, limit=9)


def test_one_owner_has_so_many_waiting_and_no_more(registrations: Registrations, registry: Registry) -> None:
    registrations.create(_new("one"), ABOUT, limit=1)
    with pytest.raises(TooManyPending):
        registrations.create(_new("two"), ABOUT, limit=1)
    assert registry.find("two") is None
    registrations.create(_new("three", owner="another"), ABOUT, limit=1)


def test_an_upload_is_good_for_one_avatar(registrations: Registrations) -> None:
    registrations.create(_new("one", upload_id="u"), ABOUT, limit=9)
    with pytest.raises(UnknownUpload):
        registrations.create(_new("two", upload_id="u"), ABOUT, limit=9)


def test_a_face_is_changed_only_of_an_avatar_that_has_one(registrations: Registrations) -> None:
    with pytest.raises(UnknownAvatar):
        registrations.create(_new(work="choose", face=1), None, limit=9)
    registrations.create(_new(), ABOUT, limit=9)
    with pytest.raises(UnknownAvatar):
        registrations.create(_new(work="choose", face=1), None, limit=9)


def test_a_name_that_is_none_is_refused(registrations: Registrations) -> None:
    with pytest.raises(BadAvatarId):
        registrations.create(_new("../etc"), ABOUT, limit=9)


def test_retiring_calls_off_what_is_pending(registrations: Registrations, registry: Registry) -> None:
    row = _claimed(registrations)
    registry.retire("mine")
    assert registrations.cancel("mine")
    assert not registrations.complete(row.id, "a:1", FILES)
    told = registrations.latest("mine")
    assert told is not None
    assert told.refusal_code == "retired"
    avatar = registry.find("mine")
    assert avatar is not None
    assert avatar.state == "retired"


def test_what_nobody_is_at_is_due_until_it_was_rung_for(registrations: Registrations) -> None:
    gap = timedelta(seconds=10)
    row = registrations.create(_new(), ABOUT, limit=9)
    now = datetime.now(UTC)
    assert list(registrations.due(now, gap)) == []
    later = now + gap
    assert list(registrations.due(later, gap)) == [row.id]
    registrations.rang([row.id], later)
    assert list(registrations.due(later + gap / 2, gap)) == []
    registrations.claim(row.id, "a:1", later + gap)
    assert list(registrations.due(later + gap, gap)) == []
    assert list(registrations.due(later + gap + LEASE + timedelta(seconds=1), gap)) == [row.id]


def test_what_an_earlier_boot_held_is_given_back(registrations: Registrations) -> None:
    own = _claimed(registrations, "registrar:1", "one")
    _claimed(registrations, "registrar-2:1", "two")
    assert list(registrations.release_all("registrar:")) == [own.id]
    assert registrations.claim(own.id, "registrar:2", datetime.now(UTC)) is not None


def test_an_attempt_put_off_by_a_server_that_is_away_does_not_count(registrations: Registrations) -> None:
    row = _claimed(registrations)
    assert registrations.release(row.id, "a:1", counted=False)
    left = registrations.get(row.id)
    assert left is not None
    assert left.attempts == 0
