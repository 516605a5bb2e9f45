"""A pen for SVG: smooth curves through points, tapered strokes, soft shapes.

Every curve runs exactly through the points it is given, so that a contour which is
drawn is also a contour that can be written down.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Points (x, y) in pixels of the picture, shape (n, 2)."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

SIDE_PX = 1024


def points(*pairs: tuple[float, float]) -> Points:
    """Return the pairs as an array of shape (n, 2)."""
    return np.array(pairs, np.float64)


def by(x_px: float, y_px: float) -> NDArray[np.float64]:
    """Return a step, to be added to points."""
    return np.array((x_px, y_px), np.float64)


def mirror(curve: Points, axis_px: float) -> Points:
    """Return the curve seen in a mirror at x = `axis_px`, again running left to right."""
    return np.column_stack([2 * axis_px - curve[:, 0], curve[:, 1]])[::-1]


def _tangents(curve: Points, closed: bool) -> tuple[Points, NDArray[np.float64]]:
    """Return the unit-speed tangent at every point and the length of every span."""
    after = np.roll(curve, -1, axis=0) - curve
    length = np.maximum(np.hypot(after[:, 0], after[:, 1]), 1e-6)
    slope = after / length[:, None]
    before, before_length = np.roll(slope, 1, axis=0), np.roll(length, 1)
    total = length + before_length
    tangent = (before * length[:, None] + slope * before_length[:, None]) / total[:, None]
    if not closed:
        tangent[0], tangent[-1] = slope[0], slope[-2]
    return tangent, length


def spline(curve: Points, *, closed: bool = False, start: str = "M") -> str:
    """Return path data of a smooth curve through all points; `start` is "M" or "L"."""
    tangent, length = _tangents(curve, closed)
    count = len(curve)
    parts = [f"{start}{curve[0, 0]:.1f} {curve[0, 1]:.1f}"]
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        out, into = curve[i] + tangent[i] * length[i] / 3, curve[j] - tangent[j] * length[i] / 3
        numbers = (*out, *into, *curve[j])
        parts.append("C" + " ".join(f"{number:.1f}" for number in numbers))
    return "".join(parts) + ("Z" if closed else "")


def sample(curve: Points, count: int) -> Points:
    """Return `count` points at even arc length along the smooth curve."""
    tangent, length = _tangents(curve, False)
    t = np.linspace(0, 1, 24, endpoint=False)[:, None]
    pieces = []
    for i in range(len(curve) - 1):
        p0, p3 = curve[i], curve[i + 1]
        p1, p2 = p0 + tangent[i] * length[i] / 3, p3 - tangent[i + 1] * length[i] / 3
        pieces.append((1 - t) ** 3 * p0 + 3 * (1 - t) ** 2 * t * p1 + 3 * (1 - t) * t**2 * p2 + t**3 * p3)
    dense = np.vstack([*pieces, curve[-1:]])
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(dense, axis=0).T))])
    where = np.linspace(0, along[-1], count)
    return np.column_stack([np.interp(where, along, dense[:, axis]) for axis in (0, 1)])


def normals(curve: Points) -> Points:
    """Return the unit normal at every point, to the right of the way the curve runs on screen."""
    way = np.gradient(curve, axis=0)
    way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)[:, None]
    return np.column_stack([-way[:, 1], way[:, 0]])


def ribbon(curve: Points, widths_px: Sequence[float], *, steps: int = 9) -> str:
    """Return path data of a stroke along the curve whose width follows `widths_px`."""
    line = sample(curve, steps)
    width = np.interp(np.linspace(0, 1, steps), np.linspace(0, 1, len(widths_px)), widths_px)
    side = normals(line) * width[:, None] / 2
    return spline(line + side) + spline((line - side)[::-1], start="L") + "Z"


def polygon(corners: Points) -> str:
    """Return path data of a straight-edged closed shape."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"


def inside(spot: NDArray[np.float64], outline: Points) -> bool:
    """Tell whether a point lies in the closed polygon."""
    after = np.roll(outline, -1, axis=0)
    crosses = (outline[:, 1] > spot[1]) != (after[:, 1] > spot[1])
    a, b = outline[crosses], after[crosses]
    reached = a[:, 0] + (spot[1] - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
    return bool((reached > spot[0]).sum() % 2)


def blade(root: Points, bend: Points, tip: Points, width_px: float) -> str:
    """Return path data of one hair: broad at the root, bent once, pointed at the tip."""
    way = tip - root
    side = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6) * width_px / 2
    a, b, c, d = root + side, bend + side * 0.7, bend - side * 0.7, root - side
    return (
        f"M{a[0]:.1f} {a[1]:.1f}Q{b[0]:.1f} {b[1]:.1f} {tip[0]:.1f} {tip[1]:.1f}"
        f"Q{c[0]:.1f} {c[1]:.1f} {d[0]:.1f} {d[1]:.1f}Z"
    )


def spindle(line: Points, width_px: float) -> str:
    """Return path data of one strand along the line: pointed at both ends, one arc on either side."""
    start, end = line[0], line[-1]
    third, later = line[len(line) // 3], line[(2 * len(line)) // 3]
    # The handles of the cubic that passes through the points a third and two thirds along.
    first = (18 * third - 9 * later - 5 * start + 2 * end) / 6
    last = (18 * later - 9 * third - 5 * end + 2 * start) / 6
    way = end - start
    side = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6) * width_px * 0.66
    there = np.concatenate([first + side, last + side, end])
    back = np.concatenate([last - side, first - side, start])
    legs = "".join("C" + " ".join(f"{number:.1f}" for number in leg) for leg in (there, back))
    return f"M{start[0]:.1f} {start[1]:.1f}{legs}Z"


class Sheet:
    """A square picture of 1024 px that collects shapes from back to front."""

    def __init__(self) -> None:
        self._defs: list[str] = []
        self._body: list[str] = []
        self._known: dict[str, str] = {}

    def define(self, markup: str) -> str:
        """Keep a definition whose id is written `{id}` and return "url(#id)"; equal ones are kept once."""
        if markup not in self._known:
            name = f"d{len(self._known)}"
            self._known[markup] = f"url(#{name})"
            self._defs.append(markup.replace("{id}", name))
        return self._known[markup]

    def blur(self, radius_px: float, box: Box = (0, 0, SIDE_PX, SIDE_PX)) -> str:
        """Return a filter that softens what lies in `box` by a Gaussian of `radius_px`."""
        # A filter costs its whole area, so it is cut to what the shape can reach; the
        # coarse steps let neighbours share one definition.
        low = [max(-80, int((edge - 3 * radius_px) // 32 * 32)) for edge in box[:2]]
        high = [min(SIDE_PX + 80, int((edge + 3 * radius_px) // 32 * 32 + 32)) for edge in box[2:]]
        wide, tall = max(high[0] - low[0], 1), max(high[1] - low[1], 1)
        return self.define(
            f'<filter id="{{id}}" filterUnits="userSpaceOnUse" x="{low[0]}" y="{low[1]}" width="{wide}" '
            f'height="{tall}"><feGaussianBlur stdDeviation="{radius_px:g}"/></filter>'
        )

    def linear(self, start: tuple[float, float], end: tuple[float, float], *stops: str) -> str:
        """Return a linear gradient; a stop is "offset colour" or "offset colour opacity"."""
        return self.define(
            f'<linearGradient id="{{id}}" gradientUnits="userSpaceOnUse" '
            f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}">'
            f"{_stops(stops)}</linearGradient>"
        )

    def radial(self, centre: tuple[float, float], radius_px: float, *stops: str, squeeze: float = 1) -> str:
        """Return a radial gradient, its height `squeeze` times its width."""
        x, y = centre
        return self.define(
            f'<radialGradient id="{{id}}" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="{radius_px:.1f}" '
            f'gradientTransform="translate({x:.1f} {y:.1f}) scale(1 {squeeze:g})">'
            f"{_stops(stops)}</radialGradient>"
        )

    def clip(self, data: str) -> str:
        """Return a clip to the path."""
        return self.define(f'<clipPath id="{{id}}"><path d="{_terse(data)}"/></clipPath>')

    def path(self, data: str, fill: str, *, opacity: float = 1, blur_px: float = 0, extra: str = "") -> None:
        """Fill a path, softened by `blur_px`."""
        soft = f' filter="{self.blur(blur_px, _box(data))}"' if blur_px else ""
        veil = f' opacity="{opacity:.3g}"' if opacity != 1 else ""
        self._body.append(f'<path d="{_terse(data)}" fill="{fill}"{veil}{soft}{extra}/>')

    def stroke(self, data: str, colour: str, width_px: float, *, opacity: float = 1) -> None:
        """Draw along a path with a round pen of one width: many hairs in few bytes."""
        pen = f'stroke="{colour}" stroke-width="{width_px:g}" stroke-linecap="round" opacity="{opacity:.3g}"'
        self._body.append(f'<path d="{_terse(data)}" fill="none" {pen}/>')

    def blob(
        self, curve: Points, fill: str, *, opacity: float = 1, blur_px: float = 0, extra: str = ""
    ) -> None:
        """Fill the smooth closed shape through the points."""
        self.path(spline(curve, closed=True), fill, opacity=opacity, blur_px=blur_px, extra=extra)

    def oval(
        self, centre: tuple[float, float], radii: tuple[float, float], fill: str,
        *, opacity: float = 1, blur_px: float = 0, turn: float = 0, extra: str = "",
    ) -> None:  # fmt: skip
        """Fill an ellipse, turned by `turn` degrees."""
        reach = max(radii)
        box = (centre[0] - reach, centre[1] - reach, centre[0] + reach, centre[1] + reach)
        soft = f' filter="{self.blur(blur_px, box)}"' if blur_px else ""
        veil = f' opacity="{opacity:.3g}"' if opacity != 1 else ""
        shape = f'<ellipse cx="{centre[0]:.1f}" cy="{centre[1]:.1f}" rx="{radii[0]:.1f}" ry="{radii[1]:.1f}"'
        turned = f' transform="rotate({turn:g} {centre[0]:.1f} {centre[1]:.1f})"' if turn else ""
        # A filter on a turned element is turned with it, so the softening goes on a group around it.
        inner = f'{shape} fill="{fill}"{turned}/>'
        self._body.append(f"<g{veil}{soft}{extra}>{inner}</g>")

    @contextmanager
    def group(
        self, *, clip: str = "", opacity: float = 1, blend: str = "", extra: str = ""
    ) -> Iterator[None]:
        """Collect what is drawn inside into one group."""
        attributes = [f' clip-path="{clip}"'] if clip else []
        attributes += [f' opacity="{opacity:g}"'] if opacity != 1 else []
        attributes += [f' style="mix-blend-mode:{blend}"'] if blend else []
        self._body.append(f"<g{''.join(attributes)}{extra}>")
        yield
        self._body.append("</g>")

    def grain(self, strength: float, seed: int) -> None:
        """Lay a fine grain over everything drawn so far, like the tooth of paper."""
        noise = self.define(
            f'<filter id="{{id}}" filterUnits="userSpaceOnUse" x="0" y="0" '
            f'width="{SIDE_PX}" height="{SIDE_PX}" '
            f'><feTurbulence type="fractalNoise" baseFrequency="0.55" '
            f'numOctaves="3" seed="{seed}"/><feColorMatrix values="0.5 0.5 0 0 0 0.5 0.5 0 0 0 0.5 0.5 0 0 0 '
            f'0 0 0 0 1"/></filter>'
        )
        self._body.append(
            f'<rect width="{SIDE_PX}" height="{SIDE_PX}" filter="{noise}" opacity="{strength:g}" '
            f'style="mix-blend-mode:soft-light"/>'
        )

    def svg(self, title: str) -> str:
        """Return the whole document."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE_PX}" height="{SIDE_PX}" '
            f'viewBox="0 0 {SIDE_PX} {SIDE_PX}" color-interpolation-filters="sRGB">'
            f'<title>{title}</title>\n<defs>\n'
            + "\n".join(self._defs) + "\n</defs>\n" + "\n".join(self._body) + "\n</svg>\n"
        )  # fmt: skip


def _box(data: str) -> Box:
    """Return the box of all points in path data, control points among them."""
    numbers = np.array(re.findall(r"-?\d+\.?\d*", data), np.float64).reshape(-1, 2)
    (left, top), (right, bottom) = numbers.min(axis=0), numbers.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def _terse(data: str) -> str:
    """Return the same path in steps from point to point, which takes half the bytes.

    Steps are counted in whole tenths of a pixel, so that no rounding adds up.
    """
    parts, at, start = [], (0, 0), (0, 0)
    for command, numbers in re.findall(r"([MLCQZ])([^MLCQZ]*)", data):
        tenths = [round(float(number) * 10) for number in numbers.split()]
        pairs = list(zip(tenths[::2], tenths[1::2], strict=True))
        if command == "Z":
            parts.append("z")
            at = start
            continue
        steps = [(x - at[0], y - at[1]) for x, y in pairs]
        text = " ".join(f"{step / 10:g}" for pair in steps for step in pair)
        parts.append(command.lower() + text.replace(" -", "-"))
        at = pairs[-1]
        start = at if command == "M" else start
    return "".join(parts)


def _stops(stops: Sequence[str]) -> str:
    """Return stop elements from "offset colour [opacity]"."""
    made = []
    for stop in stops:
        offset, colour, *veil = stop.split()
        clear = f' stop-opacity="{veil[0]}"' if veil else ""
        made.append(f'<stop offset="{offset}" stop-color="{colour}"{clear}/>')
    return "".join(made)
