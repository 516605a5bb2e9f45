"""What workers announce, on a real Redis."""

import json
from dataclasses import replace

import pytest
import redis as redis_client

from tasks.catalogue import (
    ANNOUNCEMENT_LIVES_S,
    CaptionsUndrawable,
    Catalogue,
    LanguageCard,
    NoWorkerYet,
    UnknownEngine,
    UnknownLanguage,
    UnknownSize,
    UnknownVoice,
    VoiceCard,
    WorkerAnnouncement,
    parse_size,
)

FA = VoiceCard(name="fa", language="fa", title_fa="مرد", title_en="Man")
EN = VoiceCard(name="en", language="en", title_fa="انگلیسی", title_en="English")
DE = LanguageCard(tag="de", title_fa="آلمانی", title_en="German")
ZH = LanguageCard(tag="cmn", title_fa="چینی", title_en="Chinese", aliases=("zh", "zh-cmn"))
ONE = WorkerAnnouncement(
    name="worker-1", owner="worker-1:b:1", streams=4, voices=(FA,), engines=("warp",), metrics_port=1
)
TWO = replace(ONE, name="worker-2", voices=(EN,), engines=("wav2lip", "warp"))


@pytest.fixture
def catalogue(redis: redis_client.Redis) -> Catalogue:
    return Catalogue(redis)


def test_an_announcement_comes_back_as_it_was_made(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    assert catalogue.workers() == (ONE,)


def test_what_is_offered_is_what_all_workers_offer(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    catalogue.announce(TWO)
    assert catalogue.voices() == {"fa": FA, "en": EN}
    assert catalogue.engines() == ["warp", "wav2lip"]
    assert catalogue.check_voice("en") == EN


def test_languages_come_back_and_are_found_by_their_tags(catalogue: Catalogue) -> None:
    announced = replace(ONE, languages=(DE, ZH))
    catalogue.announce(announced)
    assert catalogue.workers() == (announced,)
    assert catalogue.check_language("de-AT") == DE
    assert catalogue.check_language("ZH-hans") == ZH
    assert catalogue.check_language("cmn") == ZH
    with pytest.raises(UnknownLanguage, match="de, cmn"):
        catalogue.check_language("tlh")


def test_a_language_has_a_mans_and_a_womans_voice(catalogue: Catalogue) -> None:
    catalogue.announce(replace(ONE, languages=(DE,)))
    assert DE.voices == ("de", "de-woman")
    assert catalogue.check_voice("de").title_en == "German, man"
    woman = replace(FA, name="fa-woman")
    assert catalogue.voice_of(DE, woman) == catalogue.check_voice("de-woman")
    assert catalogue.voice_of(DE, FA).name == "de"
    for name in ("xx-woman", "de-robot", "de-AT"):
        with pytest.raises(UnknownVoice, match="fa, de"):
            catalogue.check_voice(name)


def test_a_worker_that_tells_no_languages_offers_none(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    assert catalogue.languages() == {}


def test_what_one_worker_knows_of_a_voice_is_not_lost_to_one_that_does_not(catalogue: Catalogue) -> None:
    heard = replace(FA, real_time_factor=0.1, sample="abc", licence="CC0-1.0", engine="piper")
    catalogue.announce(replace(ONE, voices=(heard,)))
    catalogue.announce(replace(TWO, voices=(FA, EN)))
    assert catalogue.voices() == {"fa": heard, "en": EN}


def test_an_answer_is_remembered_for_a_second(redis: redis_client.Redis) -> None:
    now = [0.0]
    catalogue = Catalogue(redis, clock=lambda: now[0])
    catalogue.announce(ONE)
    assert list(catalogue.voices()) == ["fa"]
    catalogue.announce(TWO)
    assert list(catalogue.voices()) == ["fa"]
    now[0] = 1.5
    assert sorted(catalogue.voices()) == ["en", "fa"]


def test_a_silent_worker_is_forgotten(catalogue: Catalogue, redis: redis_client.Redis) -> None:
    catalogue.announce(ONE)
    assert 0 < redis.ttl("catalogue:worker:worker-1") <= ANNOUNCEMENT_LIVES_S
    redis.delete("catalogue:worker:worker-1")
    assert catalogue.workers() == ()
    assert redis.scard("catalogue:workers") == 0


def test_the_last_offer_is_remembered_while_nobody_is_warm(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    catalogue.withdraw("worker-1")
    assert catalogue.workers() == ()
    assert list(catalogue.voices()) == ["fa"]


def test_the_room_is_what_the_warm_workers_carry_together(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    catalogue.announce(TWO)
    assert catalogue.room() == 8


def test_the_room_for_painted_streams_is_what_the_networks_carry(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    catalogue.announce(replace(TWO, engine_streams={"wav2lip": 2}))
    catalogue.announce(replace(TWO, name="worker-3"))
    assert (catalogue.room(), catalogue.painted_room()) == (12, 2 + 4)
    assert catalogue.workers()[1].engine_streams == {"wav2lip": 2}


def test_workers_that_have_gone_have_no_room(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    catalogue.withdraw("worker-1")
    assert catalogue.room() == 0


def test_before_the_first_worker_nothing_is_known(catalogue: Catalogue) -> None:
    with pytest.raises(NoWorkerYet):
        catalogue.voices()


def test_unknown_names_list_the_known_ones(catalogue: Catalogue) -> None:
    catalogue.announce(ONE)
    with pytest.raises(UnknownVoice) as voice:
        catalogue.check_voice("fr")
    assert voice.value.known == ("fa",)
    with pytest.raises(UnknownEngine) as engine:
        catalogue.check_engine("magic")
    assert engine.value.known == ("warp",)
    with pytest.raises(UnknownEngine, match=r"known: warp; it needs a model file .*docs/wav2lip.md"):
        catalogue.check_engine("wav2lip")


def test_captions_are_drawn_where_any_worker_has_a_font(catalogue: Catalogue) -> None:
    catalogue.announce(replace(ONE, draws_captions=False))
    with pytest.raises(CaptionsUndrawable, match=r"scripts/fonts.sh.*fonts/persian.ttf.*leave `burned` out"):
        catalogue.check_captions()
    catalogue.announce(TWO)
    Catalogue(catalogue._client).check_captions()


def test_a_worker_that_says_nothing_of_captions_is_tried() -> None:
    told = json.loads(ONE.to_json())
    del told["draws_captions"]
    assert WorkerAnnouncement.from_json(json.dumps(told)) == ONE


def test_an_announcement_of_another_build_is_not_misread() -> None:
    with pytest.raises(ValueError, match="another version"):
        WorkerAnnouncement.from_json('{"version": 99}')


@pytest.mark.parametrize("text", ["256x256", "512x512", "1024x1024", "720x1280", "258x258"])
def test_sizes_that_are_drawn(text: str) -> None:
    size = parse_size(text)
    assert f"{size.width_px}x{size.height_px}" == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "512",
        "512x",
        "254x254",
        "1026x1026",
        "513x513",
        "1280x720",
        "0512x512",
        "512x512 ",
        "٥١٢x٥١٢",
        "-5x-5",
    ],
)
def test_sizes_that_are_not(text: str) -> None:
    with pytest.raises(UnknownSize) as error:
        parse_size(text)
    assert error.value.known
