"""The relief of one face: its planes, hollows and cartilage, from the face's contours."""

import numpy as np

from presenters.anatomy import Face
from presenters.pen import Points, by, points, sample
from presenters.relief import Field, Relief, grid, patch, soften, trail


def face_relief(face: Face) -> Relief:
    """Return the surface of the face, in front of ears and neck."""
    relief = Relief(_egg(face))
    lower = np.vstack([face["jaw"], face["jaw"][[16, 0]] - (0, 320)])
    relief.add(patch(lower, 13), 34)
    _brow_and_sockets(relief, face)
    _cheeks_and_chin(relief, face)
    _nose(relief, face)
    _lips(relief, face)
    relief.height = soften(relief.height, 2.5)
    return relief


def _egg(face: Face) -> Field:
    """Return the plain volume: flat before, turning fast at the sides, rolling under at the chin."""
    jaw = face["jaw"]
    middle, chin_y, eyes_y = float(jaw[8, 0]), float(jaw[8, 1]), face.pupils[0][1]
    x, y = grid()
    edge = sample(np.vstack([jaw[:9]]), 200)
    low = np.interp(y[:, 0], edge[:, 1], middle - edge[:, 0])
    half = np.where(y[:, 0] < edge[0, 1], middle - edge[0, 0], low)
    half = np.maximum(half, 128) * 1.03
    across = np.clip(np.abs(x - middle) / half[:, None], 0, 1.15)
    depth = 150 * np.sqrt(np.maximum(1 - np.minimum(across, 1) ** 2.5, 0) + 0.02)
    top = np.clip((eyes_y - 30 - y) / 260, 0, 1)
    bottom = np.clip((y - (chin_y - 62)) / 74, 0, 1)
    return np.asarray(soften(depth - 95 * top**2.1 - 42 * bottom**2.6, 5), np.float64)


def _brow_and_sockets(relief: Relief, face: Face) -> None:
    """Raise the brow bone, sink the sockets, set the eyeballs in."""
    middle = float(face["jaw"][8, 0])
    for side, sign in (("a", -1), ("b", 1)):
        upper, lower, brow = face[f"eye_{side}_upper"], face[f"eye_{side}_lower"], face[f"brow_{side}"]
        inner = upper[-1] if sign < 0 else upper[0]
        outer = upper[0] if sign < 0 else upper[-1]
        ball = (upper[2] + lower[2]) / 2
        strong = 1.25 - 0.5 * face.softness
        relief.mound((float(brow[2, 0]), float(brow[2, 1]) + 4), (54, 17), 6 * strong, turn=sign * 7)
        relief.mound((float(inner[0]) - sign * 6, float(inner[1]) - 16), (15, 20), -15)
        relief.mound((float(ball[0]), float(ball[1])), (52, 30), -14)
        relief.mound((float(ball[0]), float(ball[1])), (33, 19), 15)
        relief.mound((float(inner[0]) + sign * 10, float(inner[1]) + 20), (24, 8), -3, turn=sign * 24)
        relief.mound((float(outer[0]) + sign * 26, float(outer[1]) - 52), (22, 40), -7)
    relief.mound((middle, float(face["brow_a"][4, 1]) - 2), (22, 18), 6)
    relief.mound((middle, face.pupils[0][1] - 130), (92, 46), 6)


def _cheeks_and_chin(relief: Relief, face: Face) -> None:
    """Round the cheekbones, hollow the cheeks, build the chin."""
    jaw = face["jaw"]
    middle, chin_y, nose_y = float(jaw[8, 0]), float(jaw[8, 1]), float(face["nose_base"][2, 1])
    mouth_y = float(face["lip_upper_inner"][3, 1])
    hard = 1.4 - 0.8 * face.softness
    for sign in (-1, 1):
        relief.mound((middle + sign * 118, nose_y - 68), (54, 34), 9, turn=sign * -16)
        relief.mound((middle + sign * 92, nose_y - 34), (36, 30), 4)
        relief.mound((middle + sign * 140, mouth_y - 30), (30, 44), -9 * hard, turn=sign * 14)
        relief.mound((middle + sign * 142, mouth_y + 52), (36, 26), 5, turn=sign * -36)
        wing, corner = face["nose_base"][0 if sign < 0 else 4], face["lip_upper_inner"][0 if sign < 0 else 6]
        fold = np.vstack(
            [wing + by(sign * 6, -8), (wing + corner) / 2 + (sign * 17, -6), corner + by(sign * 17, 2)]
        )
        relief.add(trail(fold, 6, 6), -2.6 * hard)
        relief.mound((float(corner[0]) + sign * 7, float(corner[1]) + 4), (8, 9), -5)
    relief.mound((middle, (nose_y + mouth_y) / 2 + 16), (58, 42), 11)
    relief.mound((middle, chin_y - 34), (38, 22), 13)
    relief.mound((middle, float(face["lip_lower_outer"][3, 1]) + 13), (34, 7.5), -6.5)


def _nose(relief: Relief, face: Face) -> None:
    """Raise bridge, tip and wings; the underside falls back to the lip."""
    bridge, base = face["nose_bridge"], face["nose_base"]
    under = base[2]
    half = float(base[4, 0] - base[0, 0]) / 2
    (root_x, root_y), (tip_x, tip_y) = bridge[0], bridge[-1]
    slim = 0.92 if face.softness > 0.6 else 1.12
    relief.ridge((
        (root_y - 62, root_x, 0, 24), (root_y - 30, root_x, 4, 20 * slim), (root_y, root_x, 11, 15 * slim),
        (float(bridge[1, 1]), float(bridge[1, 0]), 22, 17 * slim),
        (float(bridge[2, 1]), float(bridge[2, 0]), 33, 18.5 * slim),
        (tip_y - 10, tip_x, 40, 20 * slim), (tip_y + 4, tip_x, 41, 21 * slim), (tip_y + 14, tip_x, 31,
            21 * slim),
        (float(under[1]) - 2, tip_x, 15, 17), (float(under[1]) + 16, tip_x, 0, 12),
    ))  # fmt: skip
    relief.mound((tip_x, tip_y - 1), (12 * slim, 11), 9)
    for sign, wing in ((-1, base[0]), (1, base[4])):
        relief.mound((float(wing[0]) - sign * half * 0.2, float(wing[1]) - 9), (half * 0.24, 10), 20)
        relief.mound((float(wing[0]) - sign * half * 0.52, tip_y + 1), (4.5, 9), -5)
        hole = (float(base[1 if sign < 0 else 3, 0]), float(under[1]) - 4)
        relief.mound(hole, (8, 5), -7)


def _lips(relief: Relief, face: Face) -> None:
    """Swell both lips, close them in a line, press the groove above the upper one."""
    top, line, bottom = face["lip_upper_outer"], face["lip_upper_inner"], face["lip_lower_outer"]
    under = face["nose_base"][2]
    relief.add(patch(np.vstack([sample(top, 40), sample(line, 40)[::-1]]), 3.4), 7)
    relief.add(patch(np.vstack([sample(line, 40), sample(bottom, 40)[::-1]]), 5), 11)
    relief.add(trail(line, 3, 2.6), -5.5)
    middle: Points = points((float(under[0]), float(under[1]) + 8), (float(top[3, 0]), float(top[3, 1]) - 3))
    relief.add(trail(middle, 6, 4), -3.6)
    for sign, peak in ((-1, top[2]), (1, top[4])):
        edge = np.vstack([under + by(sign * 7, 12), peak + by(sign * 1, -3)])
        relief.add(trail(edge, 3, 3.2), 2)
