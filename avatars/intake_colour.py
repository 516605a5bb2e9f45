"""Wide and high-dynamic-range colours to sRGB.

The numbers of a video's primaries and transfer (ITU-T H.273) in, a function from RGB to RGB
out. A phone's HLG video comes out with its faces as bright as a plain video has them;
highlights above white are rolled off.
"""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""RGB, uint8, shape (height, width, 3)."""
Recolour = Callable[[Rgb], Rgb]
_Light = NDArray[np.float32]

_PQ: Final = 16
_HLG: Final = 18

# Linear light of these primaries to linear light of BT.709's, all with a white of D65.
_TO_709: Final = {
    9: ((1.6605, -0.5876, -0.0729), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1188)),
    12: ((1.2249, -0.2249, 0.0), (-0.0420, 1.0420, 0.0), (-0.0197, -0.0786, 1.0983)),
}
"""By number: 9 is BT.2020, 12 is Display P3; any other is near enough to BT.709."""

_WHITE_NITS: Final = 203.0
"""Diffuse white of programmes in high dynamic range (ITU-R BT.2408)."""
_HLG_PEAK_NITS: Final = 1000.0
_KNEE: Final = 0.75
"""Light up to here stays as it is; what is brighter is bent to end at 1."""
_CODES: Final = 4096


def recolour_for(primaries: int, transfer: int) -> Recolour | None:
    """Return what brings a video's RGB to sRGB, or None where it is near enough already.

    Args:
        primaries: `colour_primaries` of H.273.
        transfer: `transfer_characteristics` of H.273.
    """
    if primaries not in _TO_709 and transfer not in (_PQ, _HLG):
        return None
    to_light = _light_table(transfer)
    to_code = _code_table()
    mixed = np.array(_TO_709.get(primaries, np.eye(3)), np.float32)

    def recolour(picture: Rgb) -> Rgb:
        light: _Light = to_light[picture]
        if transfer == _HLG:
            # The system gamma of 1.2, on the light of the whole pixel (ITU-R BT.2100).
            luma = cv2.transform(light, np.array([[0.2627, 0.6780, 0.0593]], np.float32))
            gain = np.maximum(luma, 1e-6) ** 0.2 * (_HLG_PEAK_NITS / _WHITE_NITS)
            light = np.asarray(light * gain[..., None], np.float32)
        if transfer in (_PQ, _HLG):
            light = _rolled_off(light)
        plain = np.clip(cv2.transform(light, mixed), 0.0, 1.0)
        coded: Rgb = to_code[np.rint(plain ** np.float32(0.5) * (_CODES - 1)).astype(np.int32)]
        return coded

    return recolour


def _light_table(transfer: int) -> _Light:
    """Return the linear light of each code, float32, shape (256,); 1 is diffuse white, but for
    HLG the scene's own light."""
    coded = np.linspace(0.0, 1.0, 256)
    if transfer == _PQ:  # SMPTE ST 2084
        power = coded ** (32 / 2523)
        rise = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        light = 10_000 / _WHITE_NITS * rise ** (16384 / 2610)
    elif transfer == _HLG:  # ARIB STD-B67
        bright = (np.exp((coded - 0.55991073) / 0.17883277) + 0.28466892) / 12
        light = np.where(coded <= 0.5, coded**2 / 3, bright)
    else:
        # A camera's curve is meant to be seen through a display's of 2.2 to 2.4; sRGB's is taken.
        light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def _code_table() -> Rgb:
    """Return sRGB's code for the square root of light, uint8, shape (_CODES,)."""
    light = np.linspace(0.0, 1.0, _CODES) ** 2
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(coded * 255), np.uint8)


def _rolled_off(light: _Light) -> _Light:
    """Bring light above the knee below 1, keeping its hue."""
    peak = light.max(axis=-1, keepdims=True)
    over = np.maximum(peak - _KNEE, 0)
    bent = np.where(peak > _KNEE, _KNEE + (1 - _KNEE) * over / (over + (1 - _KNEE)), peak)
    return np.asarray(light * (bent / np.maximum(peak, 1e-9)), np.float32)
