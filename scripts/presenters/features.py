"""Eyes and brows, drawn from the contours of a face."""

import numpy as np

from presenters.anatomy import Face
from presenters.pen import Points, Sheet, blade, by, normals, ribbon, sample, spline


def draw_eye(sheet: Sheet, face: Face, side: str) -> None:
    """Draw one eye ("a" or "b"): ball, iris, lids, crease and lashes."""
    upper, lower = face[f"eye_{side}_upper"], face[f"eye_{side}_lower"]
    pupil = face.pupils[0 if side == "a" else 1]
    opening = spline(upper) + spline(lower[::-1], start="L") + "Z"
    middle = (float(upper[2, 0]), float((upper[2, 1] + lower[2, 1]) / 2))
    with sheet.group(clip=sheet.clip(opening)):
        ball = sheet.radial(middle, 48, "0 #f1e9e3", "0.4 #e6dad1", "0.75 #c2a698", "1 #8f6c5c", squeeze=0.8)
        sheet.path(opening, ball)
        _iris(sheet, face, pupil)
        inner = upper[-1] if side == "a" else upper[0]
        sheet.oval((inner[0], inner[1] + 0.5), (7, 5), "#c98474", opacity=0.85, blur_px=1.2)
        lid_shadow = ribbon(upper + by(0, 3), (6, 13, 15, 13, 6))
        sheet.path(lid_shadow, "#2b150f", opacity=0.55, blur_px=3.2)
        sheet.path(ribbon(lower, (4, 6, 7, 6, 4)), "#b58472", opacity=0.8, blur_px=1.2)
        sheet.oval((pupil[0] - 7.5, pupil[1] - 7), (4.6, 3.6), "#ffffff", opacity=0.95, blur_px=0.6, turn=-20)
        sheet.oval((pupil[0] + 8, pupil[1] + 8), (3.4, 2.4), "#ffeed8", opacity=0.35, blur_px=1)
    _lids(sheet, face, side, upper, lower)
    _lashes(sheet, face, side, upper, lower)


def _iris(sheet: Sheet, face: Face, pupil: tuple[float, float]) -> None:
    """Draw iris and pupil; the light comes from the upper left and pools at the lower right."""
    x, y = pupil
    radius = face.iris_px
    rng = np.random.default_rng(face.seed)
    disc = sheet.radial(
        pupil, radius, "0 #2a140a", "0.42 #4b2a17", "0.74 #6e4225", "0.9 #3c2113", "1 #1d0f09"
    )
    sheet.oval(pupil, (radius, radius), disc, blur_px=0.7)
    for turn in np.linspace(0, 2 * np.pi, 44, endpoint=False):
        way = np.array([np.cos(turn), np.sin(turn)])
        reach = radius * rng.uniform(0.72, 0.92)
        glow = 0.16 + 0.3 * max(0.0, float(way @ (0.5, 0.86)))
        root, tip = np.array(pupil) + way * radius * 0.38, np.array(pupil) + way * reach
        sheet.path(blade(root, (root + tip) / 2, tip, 1.4), "#c98d52", opacity=round(glow, 2))
    sheet.oval((x + 3, y + radius * 0.5), (radius * 0.55, radius * 0.3), "#d0924f", opacity=0.38, blur_px=2.4)
    sheet.oval(pupil, (radius * 0.42, radius * 0.42), "#0b0605", blur_px=0.6)


def _lids(sheet: Sheet, face: Face, side: str, upper: Points, lower: Points) -> None:
    """Draw the edges of both lids and the crease above."""
    outer_first = side == "a"
    thick = (3.6, 4.6, 4.4, 3.6, 1.6) if outer_first else (1.6, 3.6, 4.4, 4.6, 3.6)
    sheet.path(ribbon(lower + by(0, 1.2), (1.2, 2.6, 2.8, 2.4, 1.4)), "#e7b9a2", opacity=0.75, blur_px=0.6)
    sheet.path(ribbon(lower + by(0, 3.4), (1, 2.2, 2.6, 2.2, 1)), face.skin.deep, opacity=0.4, blur_px=1.4)
    crease = sample(upper, 7) - normals(sample(upper, 7)) * np.array([4, 10, 13, 13.5, 13, 10, 5])[:, None]
    sheet.path(ribbon(crease, (1, 3, 3.4, 3, 1)), face.skin.deep, opacity=0.5, blur_px=1.3)
    sheet.path(ribbon(crease + by(0, 3), (2, 7, 8, 7, 2)), face.skin.shade, opacity=0.5, blur_px=3)
    fold = sample(upper, 5) - normals(sample(upper, 5)) * 5.5
    sheet.path(ribbon(fold, (1, 4, 5, 4, 1)), face.skin.light, opacity=0.5, blur_px=2)
    weight = 0.62 + 0.38 * face.liner
    sheet.path(ribbon(upper - (0, 0.6), [px * weight for px in thick]), "#20110c", opacity=0.9, blur_px=0.6)


def _lashes(sheet: Sheet, face: Face, side: str, upper: Points, lower: Points) -> None:
    """Draw lashes, fanning outwards and longest near the outer corner."""
    rng = np.random.default_rng(face.seed + 1)
    outwards = -1.0 if side == "a" else 1.0
    for count, share, veil in ((46, 1.0, 0.8), (40, 0.6, 0.6)):
        hairs = [
            _lash(
                root,
                1 - place if side == "a" else place,
                outwards,
                face.lash_px * share * rng.uniform(0.6, 1.1),
            )
            for place, root in zip(np.sort(rng.uniform(0.0, 1, count)), sample(upper, count), strict=True)
        ]
        sheet.path("".join(hairs), "#120806", opacity=veil, blur_px=0.45)
    if face.lash_px > 10:
        _lower_lashes(sheet, face, outwards, lower)
    if face.liner:
        corner = upper[0] if side == "a" else upper[-1]
        inside = upper[1] if side == "a" else upper[-2]
        line = np.vstack(
            [
                inside,
                (inside + corner) / 2 + (outwards * 3, -3.2),
                corner + by(outwards * 1.5, -2),
                corner + by(outwards * 9, -6),
            ]
        )
        sheet.path(ribbon(line, (1.5, 4, 3.6, 0.4)), "#1b0d0a", opacity=0.8 * face.liner, blur_px=0.7)


def _lower_lashes(sheet: Sheet, face: Face, outwards: float, lower: Points) -> None:
    """Draw the short lashes of the lower lid, in its outer part only."""
    rng = np.random.default_rng(face.seed + 2)
    short = []
    for place, root in zip(np.linspace(0, 1, 26), sample(lower, 26), strict=True):
        outer = 1 - place if outwards < 0 else place
        if outer > 0.3:
            tip = root + np.array([outwards * (outer - 0.1), 0.8]) * face.lash_px * 0.34 * rng.uniform(
                0.6, 1.2
            )
            short.append(blade(root + by(0, 2), (root + tip) / 2 + (0, 2.4), tip + by(0, 1.6), 0.9))
    sheet.path("".join(short), "#24130d", opacity=0.36, blur_px=0.4)


def _lash(root: Points, outer: float, outwards: float, length_px: float) -> str:
    """Return one upper lash; `outer` is 0 at the inner corner and 1 at the outer one."""
    length = length_px * (0.3 + 0.7 * min(1.0, outer * 1.25)) * (1 - 0.5 * max(0.0, outer - 0.9) / 0.1)
    lean = outwards * (1.3 * (outer - 0.3))
    bend = root + np.array([lean * 0.55, -0.05]) * length
    tip = root + np.array([lean, -0.34 - 0.38 * (1 - abs(outer - 0.4))]) * length
    return blade(root + by(0, 0.4), bend, tip, 1.5)


def draw_brow(sheet: Sheet, face: Face, side: str) -> None:
    """Draw one brow: a soft body under many hairs that grow up and outwards."""
    line = face[f"brow_{side}"]
    inwards_first = side == "b"
    body = (0.4, 0.95, 0.95, 0.68, 0.16) if inwards_first else (0.16, 0.68, 0.95, 0.95, 0.4)
    widths = [face.brow_px * share for share in body]
    sheet.path(ribbon(line, widths), face.brow_colour, opacity=0.5, blur_px=3.2)
    sheet.path(
        ribbon(line + by(0, 1), [width * 0.6 for width in widths]), face.brow_colour, opacity=0.35, blur_px=2
    )
    rng = np.random.default_rng(face.seed + (3 if side == "a" else 4))
    dense, across = sample(line, 40), normals(sample(line, 40))
    way = np.gradient(dense, axis=0)
    way /= np.hypot(*way.T)[:, None]
    outwards = -1 if side == "a" else 1
    hairs = []
    for _ in range(420):
        spot = 39 * (1 - rng.uniform() ** 0.8) if side == "a" else 39 * rng.uniform() ** 0.8
        i = int(spot)
        outer = 1 - spot / 39 if side == "a" else spot / 39
        width = float(np.interp(spot / 39, np.linspace(0, 1, 5), widths))
        root = dense[i] + across[i] * rng.uniform(-0.42, 0.5) * width
        rise = 1.25 * max(0.0, 1 - outer * 1.5) ** 1.3 + 0.16
        direction = way[i] * outwards + np.array([0, -rise])
        direction += (
            across[i] * float((dense[i] - root) @ across[i]) / max(width, 1) * 0.9 * min(1, outer * 2)
        )
        direction /= np.hypot(*direction)
        length = face.brow_px * rng.uniform(0.45, 0.8) * (0.75 + 0.35 * outer)
        tip = root + direction * length
        hairs.append(blade(root, (root + tip) / 2 + (0, -0.8), tip, 1.15))
    sheet.path("".join(hairs), face.brow_colour, opacity=0.66, blur_px=0.45)
