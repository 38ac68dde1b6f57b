"""SQL in answers."""

import logging

import pytest

ALLOWED = {"tables": ["users", "sales.orders"], "columns": ["id", "users.name", "total"]}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "select name from users where id = 3;",
        "SELECT 1 UNION SELECT 2",
        "DROP TABLE x; SELECT 1",
        "DELETE FROM t",
        "INSERT INTO t (a) VALUES (1)",
        "UPDATE t SET a = 1",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "SELECT " + "(" * 40 + "1" + ")" * 40,
    ],
)
def test_statements_are_sql(judged, text):
    verdict = judged(text, {"type": "is-sql"})
    assert verdict.passed is True, verdict.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", 'no SQL: "hello" is no statement'),
        ("Show me the money", "is no statement"),
        ("Use common sense", "is no statement"),
        ("It is 5", "is no statement"),
        ("Insert coin", "is no statement"),
        ("Delete the file", "is no statement"),
        ("select", '"SELECT" is no statement'),
        ("", "no SQL: it is empty"),
        ("SELEC 1", "in line 1"),
        ("SELECT 1\nFROM", "no SQL: "),
        ("(" * 3000, "brackets are nested more than 50 deep"),
        ("SELECT '" + "a" * 200_000, "it is longer than 100,000 characters"),
        ("SELECT 'a", "no SQL: "),
        ("\x00\ud800", "is no statement"),
    ],
)
def test_what_is_no_sql_fails_in_words(judged, caplog, text, reason):
    with caplog.at_level(logging.WARNING):
        verdict = judged(text, {"type": "is-sql"})
    assert verdict.passed is False
    assert reason in verdict.reason
    assert len(verdict.reason) < 1000
    assert caplog.records == []


def test_sql_of_a_code_fence_is_contained(judged):
    text = "First:\n```\nnothing\n```\nthen\n```sql\nSELECT a FROM b;\n```\nDone."
    verdict = judged(text, {"type": "contains-sql"})
    assert (verdict.passed, verdict.extracted) == (True, "SELECT a FROM b;")
    assert judged(text, {"type": "is-sql"}).passed is False
    assert judged("SELECT 1", {"type": "contains-sql"}).passed is True
    assert judged("no fence", {"type": "contains-sql"}).passed is False
    kept = judged(text, {"type": "contains-sql", "tables": ["c"]})
    assert (
        "table b"
        in judged("```\nSELECT a FROM b\n```", {"type": "contains-sql", "tables": ["c"]}).reason
    )
    assert kept.passed is False


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("SELECT u.name FROM users u", ""),
        ("SELECT o.total, u.id FROM USERS u JOIN sales.orders o ON o.id = u.id", ""),
        ("SELECT count(*) FROM users", ""),
        ("SELECT id AS k FROM users GROUP BY k HAVING k > 1 ORDER BY k", ""),
        ("WITH x AS (SELECT id AS z FROM users) SELECT x.z, z FROM x", ""),
        ("SELECT q.z FROM (SELECT id AS z FROM users) q", ""),
        ("INSERT INTO users (id, name) VALUES (1, 'a')", ""),
        ("SELECT name FROM sales.orders", "column orders.name"),
        ("SELECT id FROM admins", "table admins"),
        ("SELECT id FROM other.orders", "table other.orders"),
        ("SELECT * FROM users", "* of all columns"),
        ("SELECT u.* FROM users u", "* of all columns"),
        ("SELECT id AS password, password FROM users", "column users.password"),
        ("SELECT x FROM (SELECT secret AS x FROM users) q", "column users.secret"),
        ("SELECT (SELECT max(secret) FROM users) FROM sales.orders", "column users.secret"),
        (
            "SELECT id FROM users WHERE EXISTS (SELECT 1 FROM sales.orders o WHERE id = users.pw)",
            "column users.pw",
        ),
        ("UPDATE users SET pw = '1' WHERE id = 1", "column users.pw"),
        ("DELETE FROM users WHERE pw = 1", "column users.pw"),
        ("INSERT INTO users (id, pw) VALUES (1, 2)", "column users.pw"),
        ("SELECT id FROM users; SELECT pw FROM users", "column users.pw"),
        ("WITH users AS (SELECT pw AS id FROM admins) SELECT id FROM users", "table admins"),
    ],
)
def test_only_allowed_tables_and_columns_are_named(judged, text, wrong):
    verdict = judged(text, {"type": "is-sql", **ALLOWED})
    assert verdict.passed is (wrong == ""), verdict.reason
    assert wrong in verdict.reason


def test_dialects_differ(judged, refused):
    text = "SELECT `id` FROM `users`"
    assert judged(text, {"type": "is-sql", "dialect": "mysql"}).passed is True
    assert judged(text, {"type": "is-sql", "dialect": "tsql"}).passed is False
    found = refused({"type": "is-sql", "dialect": "postgress"})
    assert found == {"dialect": 'unknown dialect "postgress"; did you mean "postgres"?'}
