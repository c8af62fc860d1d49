"""Charts as SVG drawn on the server: where lines, points and words stand. Templates write the shapes down.

One line is solid and one dashed, each named at its end instead of a legend. A period that is not over is a hollow
point on a dotted lead, never a fall.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDTH, HEIGHT = 430, 176
LEFT, RIGHT, TOP, BOTTOM = 36, 362, 25, 148
APART = 16  # between the names of two lines
STEP = 20  # percent between two rules


@dataclass(frozen=True)
class Value:
    """One month of a line in percent; `final` is False while its period is not over."""

    percent: float
    final: bool = True


@dataclass(frozen=True)
class Spot:
    x: float
    y: float


@dataclass
class Line:
    """A drawn line: `solid` runs of final points, `lead` the dotted way to the `open` point, the name at its end."""

    name: str
    number: int
    solid: list[list[Spot]] = field(default_factory=list)
    lead: tuple[Spot, Spot] | None = None
    open: Spot | None = None
    name_y: float = 0

    @property
    def points(self) -> list[str]:
        """Each run as an SVG polyline has it; a run of one point is none and is drawn as a dot."""
        return [" ".join(f"{spot.x:g},{spot.y:g}" for spot in run) for run in self.solid if len(run) > 1]

    @property
    def dots(self) -> list[Spot]:
        return [run[0] for run in self.solid if len(run) == 1]


@dataclass(frozen=True)
class Chart:
    lines: list[Line]
    rules: list[tuple[float, int]]
    """Height and percent of each horizontal rule."""
    labels: list[tuple[float, str]]
    """Place and words of each month."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT


def line_chart(labels: Sequence[str], series: Sequence[tuple[str, Sequence[Value | None]]]) -> Chart:
    """Two lines at most; each has one value for every label, None where it has no point there. 0 to 100 percent."""
    known = [value.percent for _, values in series for value in values if value is not None]
    least = min(int(min(known, default=0)) // STEP * STEP, 100 - 2 * STEP)
    gap = (RIGHT - LEFT) / max(len(labels) - 1, 1)
    xs = [round(LEFT + gap * place, 1) for place in range(len(labels))]

    def spot(place: int, value: Value) -> Spot:
        return Spot(xs[place], _height(value.percent, least))

    lines = [
        _line(
            name,
            number,
            [spot(place, value) if value else None for place, value in enumerate(values)],
            values,
        )
        for number, (name, values) in enumerate(series, 1)
    ]
    _name_apart(lines)
    rules = [(_height(percent, least), percent) for percent in range(least, 101, STEP)]
    return Chart(lines, rules, list(zip(xs, labels, strict=True)))


def _height(percent: float, least: int) -> float:
    return round(BOTTOM - (percent - least) / (100 - least) * (BOTTOM - TOP), 1)


def _line(name: str, number: int, spots: Sequence[Spot | None], values: Sequence[Value | None]) -> Line:
    """A month without a final value does not break the run: a quarter has a point every third month."""
    line = Line(name, number)
    drawn = [(spot, value.final) for spot, value in zip(spots, values, strict=True) if spot and value]
    final = [spot for spot, over in drawn if over]
    if final:
        line.solid.append(final)
    if drawn and not drawn[-1][1]:
        line.open = drawn[-1][0]
        if final:
            line.lead = (final[-1], line.open)
    end = line.open or (final[-1] if final else None)
    line.name_y = end.y + 4 if end else 0
    return line


def _name_apart(lines: Sequence[Line]) -> None:
    """Names that would lie on each other are pushed apart, the upper one up."""
    drawn = sorted((line for line in lines if line.name_y), key=lambda line: line.name_y)
    for upper, lower in pairwise(drawn):
        short = APART - (lower.name_y - upper.name_y)
        if short > 0:
            upper.name_y -= short / 2
            lower.name_y += short / 2
