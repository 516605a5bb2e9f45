"""A batch is begun whole or not at all, is watched as one, and can be called off."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from avatars import batches as module
from avatars.batches import Batches, NewBatch, NewItem
from avatars.database import Batch, Database
from avatars.errors import BatchesFull, BatchWrong
from avatars.registrations import NewAvatar, NewConsent, NewRegistration, Refusal, Registrations
from avatars.registry import AvatarFiles, Registry, Titles
from avatars.storage_memory import MemoryStorage
from avatars.uploads import Uploads

FINDING = {"name": "sharpness", "measure": 1.0, "unit": "", "limit": 2.0, "verdict": "fair"}
FILES = AvatarFiles(
    picture=b"picture", points=b"points", preview=b"preview",
    report={"verdict": "usable", "findings": [FINDING]},
)  # fmt: skip
CONSENT = NewConsent(who="Me", statement="I allow it", evidence_sha256=None, recorded_by="me")
NO = Refusal(code="blurred", en="It is blurred.", fa="تار است.")


class House:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.registry = Registry(database, MemoryStorage())
        self.registrations = Registrations(database, self.registry)
        self.uploads = Uploads(database, MemoryStorage(), limit_bytes=1000)
        self.batches = Batches(database, self.registrations)

    def upload(self, *, owner: str = "me", came: int = 4) -> str:
        row = self.uploads.begin(owner, 4)
        with self.uploads.part(row) as part:
            part.write(b"jpeg"[:came])
        return row.id

    def item(self, place: int, avatar_id: str, upload_id: str, *, batch_id: str, owner: str) -> NewItem:
        new = NewRegistration(
            avatar_id=avatar_id, owner=owner, work="intake", fingerprint="f", upload_id=upload_id,
            batch_id=batch_id, place=place, label=f"{avatar_id}.jpg",
        )  # fmt: skip
        return NewItem(new, NewAvatar(titles=Titles("من", avatar_id), voice="fa", consent=CONSENT))

    def batch(
        self, *names: str, uploads: list[str] | None = None, owner: str = "me", batch_id: str = "b" * 32
    ) -> NewBatch:
        found = uploads or [self.upload(owner=owner) for _ in names]
        items = [
            self.item(place, name, upload, batch_id=batch_id, owner=owner)
            for place, (name, upload) in enumerate(zip(names, found, strict=True))
        ]
        return NewBatch(id=batch_id, owner=owner, fingerprint="f", items=items)

    def end(self, place: int, refusal: Refusal | None = None) -> None:
        """Do what a registrar does."""
        row = self.batches.items("b" * 32)[place].registration
        assert self.registrations.claim(row.id, "r:1", datetime.now(UTC)) is not None
        if refusal is None:
            assert self.registrations.complete(row.id, "r:1", FILES)
        else:
            assert self.registrations.refuse(row.id, "r:1", refusal)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_batch_is_watched_from_its_first_file_to_its_last(house: House) -> None:
    row = house.batches.create(house.batch("one", "two", "three"))
    assert (row.files, row.percent, row.finished_at) == (3, 0, None)
    assert row.counts == {"pending": 3, "ready": 0, "refused": 0}
    first = house.batches.items(row.id)[0].registration
    assert house.registrations.claim(first.id, "r:0", datetime.now(UTC)) is not None
    assert house.registrations.note(first.id, "r:0", datetime.now(UTC), step="draw", percent=60)
    found = house.batches.get(row.id)
    assert found is not None
    assert found.percent == 20
    assert house.registrations.release(first.id, "r:0")
    house.end(0)
    house.end(1, NO)
    house.end(2)
    found = house.batches.get(row.id)
    assert found is not None
    assert found.counts == {"pending": 0, "ready": 2, "refused": 1}
    assert found.percent == 100
    assert found.finished_at is not None
    items = house.batches.items(row.id)
    assert [item.registration.label for item in items] == ["one.jpg", "two.jpg", "three.jpg"]
    assert [item.registration.refusal_code for item in items] == [None, "blurred", None]
    assert items[0].report is not None
    assert items[0].report["findings"] == [FINDING]
    assert items[1].report is None
    assert [row.id for row in house.registry.list()] == ["one", "three"]


def test_every_trouble_is_named_and_nothing_is_begun(house: House) -> None:
    house.registry.register("theirs", titles=Titles("ا", "A"), voice="fa", files=FILES, owner="you")
    house.batches.create(house.batch("busy"))
    whole, twice = house.upload(), house.upload()
    uploads = [whole, house.upload(), house.upload(came=3), house.upload(owner="you"), twice, twice, "0" * 32]
    names = ["../x", "theirs", "cut", "foreign", "same", "same", "busy"]
    with pytest.raises(BatchWrong) as told:
        house.batches.create(house.batch(*names, uploads=uploads, batch_id="c" * 32))
    fields = [error["field"] for error in told.value.errors]
    assert fields == [
        "items.0.id", "items.1.id", "items.2.upload", "items.3.upload", "items.4.id", "items.4.upload",
        "items.5.id", "items.5.upload", "items.6.id", "items.6.upload",
    ]  # fmt: skip
    assert house.batches.get("c" * 32) is None
    assert house.registry.find("cut") is None
    assert house.uploads.get(whole).whole


def test_an_avatar_may_be_named_as_an_upload_is(house: House) -> None:
    one, two = house.upload(), house.upload()
    assert house.batches.create(house.batch(two, one, uploads=[one, two])).files == 2


def test_an_upload_that_was_registered_is_good_for_no_batch(house: House) -> None:
    upload = house.upload()
    house.batches.create(house.batch("one", uploads=[upload]))
    house.end(0)
    with pytest.raises(BatchWrong, match="upload"):
        house.batches.create(house.batch("two", uploads=[upload], batch_id="c" * 32))


def test_an_avatar_of_ones_own_gets_a_new_description_and_stays_ready_meanwhile(house: House) -> None:
    house.registry.register("one", titles=Titles("ا", "A"), voice="en", files=FILES, owner="me")
    house.batches.create(house.batch("one"))
    avatar = house.registry.find("one")
    assert avatar is not None
    assert (avatar.state, avatar.voice, avatar.title_en, avatar.version) == ("ready", "fa", "one", 1)


def test_what_is_called_off_is_told_and_what_is_done_stays(house: House) -> None:
    row = house.batches.create(house.batch("one", "two"))
    house.end(0)
    assert house.batches.cancel(row.id) == 1
    found = house.batches.get(row.id)
    assert found is not None
    assert found.cancelled_at is not None
    assert found.counts == {"pending": 0, "ready": 1, "refused": 1}
    assert house.batches.items(row.id)[1].registration.refusal_code == "cancelled"
    assert [row.id for row in house.registry.list()] == ["one"]
    assert house.batches.cancel(row.id) == 0


def test_a_batch_is_its_owners(house: House) -> None:
    row = house.batches.create(house.batch("one"))
    assert house.batches.get(row.id, seen_by="you") is None
    assert house.batches.get(row.id, seen_by="me") is not None
    assert house.batches.list(seen_by="you") == []
    assert [each.id for each in house.batches.list(seen_by="me")] == [row.id]


def test_files_come_by_the_page(house: House) -> None:
    row = house.batches.create(house.batch("one", "two", "three"))
    first = house.batches.items(row.id, limit=2)
    assert [item.registration.place for item in first] == [0, 1]
    rest = house.batches.items(row.id, after=1, limit=2)
    assert [item.registration.avatar_id for item in rest] == ["three"]


def test_so_many_may_wait_and_no_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PENDING", 3)
    house.batches.create(house.batch("one", "two"))
    with pytest.raises(BatchesFull, match="2 files of your batches wait, and 3 may; send 1 at most"):
        house.batches.create(house.batch("three", "four", batch_id="c" * 32))
    house.batches.create(house.batch("three", batch_id="d" * 32))


def test_files_of_batches_do_not_stand_in_the_way_of_a_single_one(house: House) -> None:
    house.batches.create(house.batch("one", "two"))
    new = replace(house.batch("alone").items[0].registration, batch_id=None, place=None, label=None)
    about = house.batch("alone").items[0].about
    alone = house.registrations.create(new, about, limit=1)
    later, gap = datetime.now(UTC) + timedelta(seconds=11), timedelta(seconds=10)
    assert list(house.registrations.due(later, gap)) == [alone.id]
    assert len(house.registrations.due(later, gap, batched=True)) == 2


def test_a_thousand_files_are_begun_in_few_statements(sqlite_database: Database) -> None:
    house = House(sqlite_database)
    house.uploads = Uploads(sqlite_database, MemoryStorage(), limit_bytes=10_000)
    names = [f"face-{number}" for number in range(module.MOST_ITEMS)]
    row = house.batches.create(house.batch(*names))
    assert row.counts["pending"] == module.MOST_ITEMS
    with sqlite_database.reading() as db:
        assert db.get_one(Batch, row.id).files == module.MOST_ITEMS
