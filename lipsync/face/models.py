"""The networks that find faces, as the bytes of their files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceModels:
    """Model files in memory; `lipsync.face.finder` reads them."""

    landmarks: bytes
    """Points of a face: a TFLite file of 468 or 478 points, or a `.task` bundle that holds one."""
    short_range: bytes
    """TFLite file of the short-range face detector, 128x128."""
    yunet: bytes | None = None
    """ONNX file of YuNet; None looks with the short-range detector alone."""
