"""A drawn line: a period that is not over is never a fall, names do not lie on each other, nothing leaves the sheet."""

from core.charts import APART, BOTTOM, TOP, Value, line_chart

MONTHS = [str(month) for month in (12, *range(1, 12))]


def values(*percents: float | None, running: float | None = None) -> list[Value | None]:
    found: list[Value | None] = [None if each is None else Value(each) for each in percents]
    return found if running is None else [*found, Value(running, final=False)]


def test_the_month_that_runs_is_a_hollow_point_on_a_dotted_lead_and_not_part_of_the_line() -> None:
    [line] = line_chart(MONTHS, [("五必访", values(*[90.0] * 11, running=40))]).lines
    [run] = line.solid
    assert len(run) == 11
    assert {spot.y for spot in run} == {run[0].y}
    assert line.open is not None
    assert line.open.y > run[-1].y, "less is drawn lower"
    assert line.lead == (run[-1], line.open)


def test_a_quarter_has_a_point_where_it_ends() -> None:
    percents = [None, None, 60.0, None, None, 70.0, None, None, 80.0, None, None]
    [line] = line_chart(MONTHS, [("一般户", values(*percents, running=30))]).lines
    assert [len(run) for run in line.solid] == [3]
    assert len(line.points) == 1


def test_names_at_the_ends_never_lie_on_each_other() -> None:
    chart = line_chart(MONTHS, [("五必访", values(*[91.0] * 12)), ("一般户", values(*[90.0] * 12))])
    first, second = chart.lines
    assert second.name_y - first.name_y >= APART


def test_one_month_is_a_dot_and_no_month_at_all_is_no_line() -> None:
    [alone] = line_chart(["10"], [("五必访", values(80.0))]).lines
    assert (len(alone.dots), alone.points) == (1, [])
    [never] = line_chart(MONTHS, [("五必访", [None] * 12)]).lines
    assert (never.solid, never.open, never.name_y) == ([], None, 0)


def test_every_point_lies_on_the_sheet_whatever_the_figures() -> None:
    for low in (0.0, 3.0, 55.0, 99.9, 100.0):
        chart = line_chart(MONTHS, [("五必访", values(*[low, 100.0] * 6))])
        for spot in chart.lines[0].solid[0]:
            assert TOP <= spot.y <= BOTTOM
        assert [percent for _, percent in chart.rules][-1] == 100
