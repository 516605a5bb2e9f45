"""Eyes, brows, nose and mouth, drawn from the contours of a face."""

import numpy as np

from presenters.anatomy import Face
from presenters.pen import Points, Sheet, blade, by, normals, points, ribbon, sample, spline


def draw_eye(sheet: Sheet, face: Face, side: str) -> None:
    """Draw one eye ("a" or "b"): ball, iris, lids, crease and lashes."""
    upper, lower = face[f"eye_{side}_upper"], face[f"eye_{side}_lower"]
    pupil = face.pupils[0 if side == "a" else 1]
    opening = spline(upper) + spline(lower[::-1], start="L") + "Z"
    middle = (float(upper[2, 0]), float((upper[2, 1] + lower[2, 1]) / 2))
    with sheet.group(clip=sheet.clip(opening)):
        ball = sheet.radial(middle, 48, "0 #f6efe9", "0.45 #ece1d9", "0.8 #cdb6a8", "1 #a98a7a", squeeze=0.8)
        sheet.path(opening, ball)
        _iris(sheet, face, pupil)
        inner = upper[-1] if side == "a" else upper[0]
        sheet.oval((inner[0], inner[1] + 0.5), (7, 5), "#c98474", opacity=0.85, blur_px=1.2)
        lid_shadow = ribbon(upper + by(0, 3), (6, 13, 15, 13, 6))
        sheet.path(lid_shadow, "#3a2018", opacity=0.5, blur_px=3)
        sheet.path(ribbon(lower, (4, 6, 7, 6, 4)), "#b58472", opacity=0.8, blur_px=1.2)
        sheet.oval((pupil[0] - 7, pupil[1] - 4.5), (4, 4.3), "#ffffff", opacity=0.95, blur_px=0.5)
        sheet.oval((pupil[0] + 8, pupil[1] + 8), (3.4, 2.4), "#ffeed8", opacity=0.35, blur_px=1)
    _lids(sheet, face, side, upper, lower)
    _lashes(sheet, face, side, upper, lower)


def _iris(sheet: Sheet, face: Face, pupil: tuple[float, float]) -> None:
    """Draw iris and pupil; the light comes from the upper left and pools at the lower right."""
    x, y = pupil
    radius = face.iris_px
    rng = np.random.default_rng(face.seed)
    disc = sheet.radial(pupil, radius, "0 #2a140a", "0.42 #4b2a17", "0.74 #6e4225", "0.9 #3c2113",
        "1 #1d0f09")
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
    sheet.path(ribbon(crease, (1, 3, 3.4, 3, 1)), face.skin.deep, opacity=0.62, blur_px=1)
    sheet.path(ribbon(crease + by(0, 3), (2, 7, 8, 7, 2)), face.skin.shade, opacity=0.5, blur_px=3)
    fold = sample(upper, 5) - normals(sample(upper, 5)) * 5.5
    sheet.path(ribbon(fold, (1, 4, 5, 4, 1)), face.skin.light, opacity=0.5, blur_px=2)
    sheet.path(ribbon(upper - (0, 0.6), thick), "#20110c", opacity=0.92, blur_px=0.5)


def _lashes(sheet: Sheet, face: Face, side: str, upper: Points, lower: Points) -> None:
    """Draw lashes, fanning outwards and longest near the outer corner."""
    rng = np.random.default_rng(face.seed + 1)
    outwards = -1.0 if side == "a" else 1.0
    hairs = []
    for place, root in zip(np.linspace(0, 1, 34), sample(upper, 34), strict=True):
        outer = 1 - place if side == "a" else place  # 1 at the outer corner
        if outer < 0.12:
            continue
        length = face.lash_px * (0.35 + 0.65 * np.sin(np.pi * min(1,
            outer * 0.62 + 0.02))) * rng.uniform(0.55, 1.1)
        lean = outwards * (0.15 + 0.95 * (outer - 0.35))
        tip = root + np.array([lean, -0.75]) * length
        bend = root + np.array([lean * 0.75, -0.15]) * length * 0.6
        hairs.append(blade(root + by(0, 0.5), bend, tip, 1.5))
    sheet.path("".join(hairs), "#170b08", opacity=0.78, blur_px=0.35)
    short = []
    for place, root in zip(np.linspace(0, 1, 22), sample(lower, 22), strict=True):
        outer = 1 - place if side == "a" else place
        if outer < 0.25:
            continue
        tip = root + np.array([outwards * (outer - 0.3) * 0.8, 1]) * face.lash_px * 0.36 * rng.uniform(0.7,
            1.1)
        short.append(blade(root + by(0, 1.5), (root + tip) / 2 + (outwards * -0.6, 0), tip + by(0, 1.5), 1))
    sheet.path("".join(short), "#24130d", opacity=0.34)
    if face.liner:
        corner = upper[0] if side == "a" else upper[-1]
        inside = upper[1] if side == "a" else upper[-2]
        wing = corner + by(outwards * 11, -7)
        line = np.vstack([inside, (inside + corner) / 2 + (outwards * 3, -3.2),
            corner + by(outwards * 1.5, -2), wing])
        sheet.path(ribbon(line, (1.5, 4.5, 4.2, 0.6)), "#1b0d0a", opacity=0.85 * face.liner, blur_px=0.5)


def draw_brow(sheet: Sheet, face: Face, side: str) -> None:
    """Draw one brow: a soft body under many hairs that grow up and outwards."""
    line = face[f"brow_{side}"]
    inwards_first = side == "b"
    body = (0.55, 0.95, 0.95, 0.7, 0.2) if inwards_first else (0.2, 0.7, 0.95, 0.95, 0.55)
    widths = [face.brow_px * share for share in body]
    sheet.path(ribbon(line, widths), face.brow_colour, opacity=0.46, blur_px=3.4)
    rng = np.random.default_rng(face.seed + (3 if side == "a" else 4))
    dense, across = sample(line, 40), normals(sample(line, 40))
    way = np.gradient(dense, axis=0)
    way /= np.hypot(*way.T)[:, None]
    outwards = -1 if side == "a" else 1
    hairs = []
    for _ in range(320):
        spot = rng.uniform(0, 39)
        i = int(spot)
        outer = 1 - spot / 39 if side == "a" else spot / 39
        width = float(np.interp(spot / 39, np.linspace(0, 1, 5), widths))
        root = dense[i] + across[i] * rng.uniform(-0.42, 0.5) * width
        rise = 1.1 * (1 - outer) ** 1.4 + 0.12
        direction = way[i] * outwards + np.array([0, -rise])
        if outer > 0.5:
            direction += across[i] * np.sign(float((dense[i] - root) @ across[i])) * 0.25
        direction /= np.hypot(*direction)
        length = face.brow_px * rng.uniform(0.55, 1.0) * (0.75 + 0.35 * outer)
        tip = root + direction * length
        hairs.append(blade(root, (root + tip) / 2 + (0, -0.8), tip, 1.25))
    sheet.path("".join(hairs), face.brow_colour, opacity=0.74, blur_px=0.35)


def draw_nose(sheet: Sheet, face: Face) -> None:
    """Draw the nose by light and shade: no outline, only the nostrils are dark."""
    skin, base, bridge = face.skin, face["nose_base"], face["nose_bridge"]
    root, tip = bridge[0], bridge[-1]
    wing_a, wing_b, under = base[0], base[-1], base[2]
    x = float(tip[0])
    half = float(wing_b[0] - wing_a[0]) / 2
    # The side plane away from the light, from the inner brow down to the wing.
    side = points(
        (x + 17, root[1] - 34), (x + 30, root[1] - 8), (x + 21, root[1] + 40), (x + half * 0.85, tip[1] - 12),
        (x + half * 0.95, wing_b[1] - 4), (x + half * 0.5, tip[1] + 6), (x + 12, tip[1] - 26), (x + 10,
            root[1] + 20),
    )  # fmt: skip
    sheet.blob(side, skin.shade, opacity=0.55, blur_px=8)
    near = points((x - 15, root[1] - 32), (x - 28, root[1] - 6), (x - 20, root[1] + 40),
        (x - half * 0.8, tip[1] - 8),
                  (x - half * 0.5, tip[1] - 2), (x - 11, root[1] + 40), (x - 9, root[1]))  # fmt: skip
    sheet.blob(near, skin.shade, opacity=0.36, blur_px=8)
    sheet.path(ribbon(np.vstack([root + by(-2, -6), bridge[1:3] + by(-2, 0), tip + by(-2, -6)]),
        (10, 13, 14, 18)),
               skin.light, opacity=0.62, blur_px=6)  # fmt: skip
    _wings(sheet, face, half)
    under_plane = points((x - half * 0.62, under[1] - 7), (x, tip[1] + 14), (x + half * 0.62, under[1] - 7),
                         (x + half * 0.4, under[1] + 4), (x, under[1] + 5), (x - half * 0.4,
                             under[1] + 4))  # fmt: skip
    sheet.blob(under_plane, skin.deep, opacity=0.34, blur_px=4)
    sheet.oval((x - 3, tip[1] - 4), (12, 9), skin.light, opacity=0.75, blur_px=4.5)
    sheet.oval((x - 5, tip[1] - 6), (4.5, 3.4), "#fff4e6", opacity=0.5, blur_px=2)
    sheet.blob(points((x - half * 0.7, under[1] + 3), (x, under[1] + 6), (x + half * 0.95, under[1] + 2),
                      (x + half * 0.6, under[1] + 15), (x + 4, under[1] + 20), (x - half * 0.4,
                          under[1] + 12)),
               skin.shade, opacity=0.5, blur_px=6)  # fmt: skip


def _wings(sheet: Sheet, face: Face, half: float) -> None:
    """Draw the wings of the nose and its nostrils."""
    skin, base = face.skin, face["nose_base"]
    x, tip_y = float(face["nose_bridge"][-1, 0]), float(face["nose_bridge"][-1, 1])
    for sign, wing, nostril, depth in ((-1, base[0], base[1], 0.5), (1, base[4], base[3], 0.7)):
        wing_light = (float(wing[0] - sign * half * 0.22), float(wing[1] - 9))
        sheet.oval(wing_light, (half * 0.2, 10), skin.light, opacity=0.4, blur_px=4, turn=sign * 18)
        edge = points((wing[0] - sign * 5, tip_y - 14), (wing[0] + sign * 0.5, wing[1] - 8),
            (wing[0] - sign * 1, wing[1] + 3), (wing[0] - sign * 9, wing[1] + 7))  # fmt: skip
        sheet.path(ribbon(edge, (0.8, 4, 5, 1)), skin.deep, opacity=depth * 0.8, blur_px=2.4)
        hole = points(
            (nostril[0] + sign * 11, nostril[1] - 4), (nostril[0] + sign * 4, nostril[1] - 8.5),
            (nostril[0] - sign * 7, nostril[1] - 4), (nostril[0] - sign * 8, nostril[1] - 0.5),
            (nostril[0] + sign * 2, nostril[1] - 1.5),
        )  # fmt: skip
        sheet.blob(hole, "#3a1a12", opacity=0.8, blur_px=1.3)
        sheet.path(ribbon(points((x + sign * half * 0.34, tip_y + 4), (x + sign * half * 0.52, tip_y - 6),
                                 (x + sign * half * 0.6, tip_y - 16)), (1, 4, 1)),
                   skin.shade, opacity=0.5, blur_px=2.5)  # fmt: skip


def draw_mouth(sheet: Sheet, face: Face) -> None:
    """Draw closed lips: two soft volumes that meet in a clear line."""
    skin = face.skin
    top, line, bottom = face["lip_upper_outer"], face["lip_upper_inner"], face["lip_lower_outer"]
    left, right = line[0], line[-1]
    middle = line[3]
    upper = spline(top) + spline(line[::-1], start="L") + "Z"
    lower = spline(line) + spline(bottom[::-1], start="L") + "Z"
    whole = spline(top) + spline(bottom[::-1], start="L") + "Z"
    sheet.path(whole, skin.lip_lower, opacity=0.75, blur_px=2.2)
    reach = float(right[0] - left[0]) / 2
    height = float(bottom[3, 1] - middle[1])
    with sheet.group(clip=sheet.clip(upper)):
        sheet.path(upper, sheet.linear((middle[0], top[2, 1]), (middle[0], middle[1]), f"0 {skin.lip_upper}",
                                       f"0.55 {skin.lip_upper}", f"1 {skin.lip_line}"))  # fmt: skip
        for sign in (-1, 1):
            sheet.oval((middle[0] + sign * reach * 0.34, top[2, 1] + 6), (reach * 0.26, 3.4), skin.lip_lower,
                       opacity=0.5, blur_px=2.4, turn=sign * 14)  # fmt: skip
    with sheet.group(clip=sheet.clip(lower)):
        roundness = sheet.linear(
            (middle[0], middle[1]), (middle[0], bottom[3, 1]), f"0 {skin.lip_line}", f"0.18 {skin.lip_upper}",
            f"0.5 {skin.lip_lower}", f"1 {skin.lip_upper}",
        )  # fmt: skip
        sheet.path(lower, roundness)
        sheet.oval((middle[0] - 6, middle[1] + height * 0.52), (reach * 0.42, height * 0.2), "#ffe9dc",
            opacity=0.42, blur_px=4)
        sheet.oval((middle[0] - 10, middle[1] + height * 0.45), (reach * 0.16, height * 0.09), "#fff7f0",
            opacity=0.42, blur_px=2)
    _lip_creases(sheet, face, reach)
    sheet.path(ribbon(line, (1.6, 2.4, 2.7, 3.1, 2.7, 2.4, 1.6), steps=13), skin.lip_line, opacity=0.95,
        blur_px=0.8)
    sheet.path(ribbon(line, (0.6, 1.2, 1.5, 1.9, 1.5, 1.2, 0.6), steps=13), "#3d1414", opacity=0.75,
        blur_px=0.5)
    for corner, sign in ((left, -1), (right, 1)):
        sheet.oval((corner[0] + sign * 1.5, corner[1] + 0.5), (5.5, 4), skin.deep, opacity=0.5, blur_px=2.6)
    rim = sample(top, 9) - (0, 2.6)
    sheet.path(ribbon(rim[1:-1], (0.6, 2, 2.6, 2, 2.6, 2, 0.6)), skin.light,
        opacity=0.2 + 0.4 * face.softness, blur_px=1.6)


def _lip_creases(sheet: Sheet, face: Face, reach: float) -> None:
    """Draw the fine upright creases of the lower and the upper lip."""
    rng = np.random.default_rng(face.seed + 9)
    line, bottom, top = (sample(face[name], 41) for name in ("lip_upper_inner", "lip_lower_outer",
        "lip_upper_outer"))
    creases = []
    for i in range(6, 35, 2):
        fan = (i - 20) / 20 * 3
        for edge, share in ((bottom, rng.uniform(0.3, 0.75)), (top, rng.uniform(0.2, 0.6))):
            tip = line[i] * (1 - share) + edge[i] * share + (fan, 0)
            creases.append(blade(line[i], (line[i] + tip) / 2 + (fan * 0.2, 0), tip,
                1.3 * min(1, reach / 50)))
    sheet.path("".join(creases), face.skin.lip_line, opacity=0.3, blur_px=0.5)
