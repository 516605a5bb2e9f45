"""A spare encoder is handed out once, and only where it fits."""

from lipsync.engines.contract import Size
from workers.encoders import SpareEncoders

USUAL = Size(256, 256)


def test_the_spare_is_handed_out_once() -> None:
    encoders = SpareEncoders(USUAL)
    encoders.refill()
    encoders.refill()
    spare = encoders._spare
    assert encoders.take(USUAL, 25, 0) is spare
    assert encoders.take(USUAL, 25, 0) is not spare
    assert encoders._spare is None


def test_a_stream_that_goes_on_or_has_another_size_gets_one_of_its_own() -> None:
    encoders = SpareEncoders(USUAL)
    encoders.refill()
    spare = encoders._spare
    gone_on = encoders.take(USUAL, 25, 13)
    assert gone_on is not spare
    assert gone_on.next_frame == 13
    assert encoders.take(Size(320, 320), 25, 0) is not spare
    assert encoders._spare is spare
