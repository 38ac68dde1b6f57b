"""`python -m benchmarks.checks` measures what it says; how fast it is, only the command tells."""

from benchmarks.checks import KINDS, measure, total


def test_every_type_is_measured_beside_its_bare_operation():
    rows = measure(20, 1)
    assert [row.name for row in rows] == ["equals", "contains", "regex", "is-json"]
    assert all(kind.bare(kind.text) for kind in KINDS)
    assert total(rows).n == 80
    assert total(rows).verdicts_s == sum(row.verdicts_s for row in rows)
