"""Columns side by side: the heading, the rows, the marks, the Pareto front."""

from __future__ import annotations

import report_data as data

from evals.model import Suite, TrialResult


def test_the_heading_names_a_better_column_only_where_p_allows() -> None:
    assert (
        data.view_of(data.shares(a=0.5, b=0.8)).chapters[0].settings.heading
        == "b beats a by 30.0\u00a0points"
    )
    close = data.view_of(data.shares(a=0.5, b=0.525)).chapters[0].settings.heading
    assert close == "b cannot be told from a"


def test_a_row_holds_estimate_interval_numbers_and_words() -> None:
    row = data.view_of(data.shares(a=0.5, b=0.8)).chapters[0].settings.rows[1]
    assert (row.accuracy.value, row.accuracy.numbers) == ("80.0\u202f%", "40 cases")
    assert row.accuracy.interval.startswith("[65.2")
    assert row.compared is not None
    assert (row.compared.direction, row.compared.gains, row.compared.losses) == (
        "Better",
        "+12",
        "−0",
    )
    assert "40 cases" in row.compared.p
    assert row.latency.note.startswith("40 answers")


def test_one_column_has_nothing_to_be_compared_with() -> None:
    chapter = data.view_of(data.simple(data.all_pass)).chapters[0]
    assert chapter.trade_off is None
    assert chapter.settings.rows[0].compared is None
    assert chapter.settings.heading.startswith("greedy passes 3 of 3 cases [")


def test_beyond_four_columns_only_the_reference_and_the_front_have_colours() -> None:
    columns = [data.column(f"c{i}", temperature=i / 10) for i in range(7)]

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, latency_s=2 - i / 10 if i < 5 else 3.0)
            for case in suite.cases
            for i, column in enumerate(suite.columns)
        ]

    rows = data.view_of(data.simple(answers, columns=columns)).chapters[0].settings.rows
    assert [row.mark.css for row in rows] == ["s1", "sn", "sn", "sn", "s2", "sn", "sn"]
    assert [row.mark.number for row in rows] == ["", "2", "3", "4", "", "6", "7"]


def test_the_pareto_front_leaves_out_what_is_beaten_and_keeps_ties() -> None:
    speeds = {"slow": 2.0, "fast": 0.5, "twin": 0.5}
    columns = [data.column(id, note=id) for id in speeds]

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, latency_s=speeds[column.id])
            for case in suite.cases
            for column in suite.columns
        ]

    trade_off = data.view_of(data.simple(answers, columns=columns)).chapters[0].trade_off
    assert trade_off is not None
    assert trade_off.heading == "On the Pareto front of accuracy and latency: fast and twin"


def test_no_name_in_the_scatter_covers_a_point_or_another_name() -> None:
    columns = [data.column(f"temperature-{i}_min_p-0.1", seed=i) for i in range(6)]

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, passed=place > i, latency_s=1 + i / 20)
            for place, case in enumerate(suite.cases)
            for i, column in enumerate(suite.columns)
        ]

    view = data.view_of(data.simple(answers, columns=columns, n_cases=20))
    trade_off = view.chapters[0].trade_off
    assert trade_off is not None
    points = trade_off.scatters[0].points
    boxes = []
    for point in points:
        x, y, wide = float(point.name_x), float(point.name_y), 6.5 * len(point.name)
        boxes.append((x - wide if point.anchor == "end" else x, y, wide))
    for at, (left, base, wide) in enumerate(boxes):
        assert not any(
            left < float(p.x) < left + wide and base - 11 < float(p.y.at) < base for p in points
        )
        for other, floor, width in boxes[:at]:
            assert left > other + width or other > left + wide or abs(base - floor) >= 11


def test_three_columns_that_cannot_be_told_apart() -> None:
    heading = data.view_of(data.shares(a=0.5, b=0.525, c=0.475)).chapters[0].settings.heading
    assert heading == "Neither of the other two can be told from a"
