"""What nobody came back for goes after a while; what may still be wanted stays."""

from datetime import UTC, datetime, timedelta

import pytest
from bells import Bells

from avatars.database import Database
from avatars.errors import StorageError
from avatars.registrations import NewAvatar, NewConsent, NewRegistration, Refusal, Registrations
from avatars.registry import AvatarFiles, AvatarRow, Registry, Titles
from avatars.storage_memory import MemoryStorage
from avatars.uploads import Uploads
from tasks.purge import Purge
from tasks.registration_watch import RegistrationWatch

KEEP = timedelta(days=30)
FILES = AvatarFiles(picture=b"picture", points=None, preview=b"preview")
REFUSAL = Refusal(code="face_unusable", en="No.", fa="نه.")


class House:
    """Avatars in all states, and a purge of them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.storage = MemoryStorage()
        self.registry = Registry(database, self.storage)
        self.registrations = Registrations(database, self.registry)
        self.purge = Purge(self.registry, self.registrations, KEEP)

    def begin(self, avatar_id: str) -> str:
        consent = NewConsent(who="A", statement="Yes.", evidence_sha256=None, recorded_by="ali")
        about = NewAvatar(titles=Titles(fa="آ", en="A"), voice="fa", consent=consent)
        new = NewRegistration(avatar_id=avatar_id, owner="ali", work="intake", fingerprint="f")
        return self.registrations.create(new, about, limit=10).id

    def end(self, registration_id: str, refusal: Refusal | None) -> None:
        assert self.registrations.claim(registration_id, "r:1", datetime.now(UTC))
        assert self.registrations.complete(registration_id, "r:1", FILES, refusal)

    def avatar(self, avatar_id: str) -> AvatarRow:
        found = self.registry.find(avatar_id)
        assert found is not None
        return found

    def files(self) -> set[str]:
        return {key.split("/")[1] for key in self.storage.keys("avatars/")}


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_a_refused_avatar_is_retired_without_its_files_after_the_while_and_keeps_its_consent(
    house: House,
) -> None:
    house.end(house.begin("bad"), REFUSAL)
    house.end(house.begin("good"), None)
    assert house.purge.run(later(29)) == 0
    assert house.files() == {"bad", "good"}
    assert house.purge.run(later(31)) == 1
    assert house.files() == {"good"}
    assert (house.avatar("bad").state, house.avatar("bad").files) == ("retired", {})
    assert house.avatar("good").state == "ready"
    assert [consent["who"] for consent in house.registrations.consents("bad")] == ["A"]
    assert house.purge.run(later(62)) == 0


def test_what_storage_would_not_remove_is_removed_the_next_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.end(house.begin("bad"), REFUSAL)

    def full(prefix: str) -> int:
        raise StorageError(prefix)

    with monkeypatch.context() as away:
        away.setattr(house.storage, "delete_all", full)
        with pytest.raises(StorageError):
            house.purge.run(later(31))
    assert house.avatar("bad").state == "refused"
    assert house.purge.run(later(31)) == 1
    assert house.files() == set()


def test_a_purged_avatar_can_be_registered_again(house: House) -> None:
    house.end(house.begin("bad"), REFUSAL)
    house.purge.run(later(31))
    house.end(house.begin("bad"), None)
    assert (house.avatar("bad").state, house.avatar("bad").version) == ("ready", 2)
    assert house.registry.has_files(house.avatar("bad"))


def test_an_avatar_that_is_tried_again_meanwhile_keeps_what_it_has(house: House) -> None:
    house.end(house.begin("bad"), REFUSAL)
    house.begin("bad")
    before = later(1)
    assert not house.registry.purge_refused("bad", before, before)
    assert house.registry.has_files(house.avatar("bad"))


def test_a_registration_nobody_takes_up_is_ended_and_its_avatar_refused(house: House) -> None:
    waiting, running = house.begin("waiting"), house.begin("running")
    assert house.registrations.claim(running, "r:1", later(31))
    house.purge.run(later(29))
    assert house.avatar("waiting").state == "pending"
    house.purge.run(later(31))
    ended = house.registrations.get(waiting)
    assert ended is not None
    assert (ended.state, ended.refusal_code) == ("refused", "abandoned")
    assert house.avatar("waiting").state == "refused"
    assert house.avatar("running").state == "pending"


def test_the_reapers_sweep_purges_now_and_then(house: House) -> None:
    asked: list[datetime] = []
    uploads = Uploads(house.database, house.storage, limit_bytes=10)
    watch = RegistrationWatch(house.registrations, uploads, Bells(), asked.append)
    now_s = datetime.now(UTC).timestamp()
    for after_s in (0.0, 1.0, 599.0, 601.0):
        watch.look(now_s + after_s)
    assert [round(at.timestamp() - now_s) for at in asked] == [0, 601]
