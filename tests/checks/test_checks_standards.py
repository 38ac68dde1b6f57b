"""JSON Schema and JSONPath (RFC 9535) by their own test suites, whole."""

import json
from pathlib import Path

import pytest

from evals.checks.options import OptionsError

SUITE = Path(__file__).parent / "json_schema_suite"
PATHS = json.loads((Path(__file__).parent / "jsonpath_suite" / "cts.json").read_text("utf-8"))
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
# Where we mean not to do as the suite says: nothing is fetched, and formats are always asserted.
FETCHED = ("is not followed: http://localhost:1234/", 'unknown draft "http://localhost:1234/')
ANNOTATION = "is only an annotation by default"


def written(draft, schema):
    """The schema with its draft named, as one writes it in a suite."""
    if draft == "draft7" and isinstance(schema, dict):
        return {"$schema": DRAFT_7, **schema}
    return schema


@pytest.mark.parametrize(
    "path",
    sorted(SUITE.glob("draft*/**/*.json")),
    ids=lambda path: "-".join(path.relative_to(SUITE).with_suffix("").parts),
)
def test_json_schema_is_judged_as_its_test_suite_says(judged, path):
    draft = path.relative_to(SUITE).parts[0]
    for group in json.loads(path.read_text("utf-8")):
        assertion = {"type": "is-json", "value": written(draft, group["schema"])}
        for test in group["tests"]:
            told = f"{group['description']}: {test['description']}"
            try:
                verdict = judged(json.dumps(test["data"]), assertion)
            except OptionsError as error:
                assert any(each in str(error) for each in FETCHED), f"{told}: {error}"  # noqa: PT017 # few do
                break
            valid = test["valid"] and ANNOTATION not in test["description"]
            assert verdict.passed is valid, f"{told}: {verdict.reason}"


@pytest.mark.parametrize("test", PATHS["tests"], ids=lambda test: test["name"])
def test_jsonpath_selects_as_its_test_suite_says(judged, test):
    assertion = {"type": "json-path", "path": test["selector"]}
    if test.get("invalid_selector"):
        with pytest.raises(OptionsError, match="invalid JSONPath"):
            judged("{}", assertion)
        return
    verdict = judged(json.dumps(test["document"]), assertion)
    selected = test.get("results") or [test["result"]]
    assert verdict.passed is (selected != [[]]), verdict.reason
    if verdict.passed:
        one = [each[0] for each in selected if len(each) == 1]  # of a query that selects one node
        texts = [each for each in one if isinstance(each, str)]
        told = [json.dumps(each, ensure_ascii=False) for each in (*selected, *one)]
        assert verdict.extracted in (*texts, *told)


STORE = {
    "store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword", "price": 12.99},
            {
                "category": "fiction",
                "author": "Herman Melville",
                "title": "Moby Dick",
                "isbn": "0-553-21311-3",
                "price": 8.99,
            },
            {
                "category": "fiction",
                "author": "J. R. R. Tolkien",
                "title": "Rings",
                "isbn": "0-395-19395-8",
                "price": 22.99,
            },
        ],
        "bicycle": {"color": "red", "price": 399},
    }
}
AUTHORS = ["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]
LETTERS = ["a", "b", "c", "d", "e", "f", "g"]
FILTERED = {"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}], "e": "f"}


@pytest.mark.parametrize(
    ("path", "document", "selected"),
    [
        ("$.store.book[*].author", STORE, AUTHORS),
        ("$..author", STORE, AUTHORS),
        ("$.store..price", STORE, [8.95, 12.99, 8.99, 22.99, 399]),
        ("$..book[2].title", STORE, ["Moby Dick"]),
        ("$..book[-1].title", STORE, ["Rings"]),
        ("$..book[0,1].title", STORE, ["Sayings", "Sword"]),
        ("$..book[:2].title", STORE, ["Sayings", "Sword"]),
        ("$..book[?@.isbn].title", STORE, ["Moby Dick", "Rings"]),
        ("$..book[?@.price<10].title", STORE, ["Sayings", "Moby Dick"]),
        ("$[1:3]", LETTERS, ["b", "c"]),
        ("$[5:]", LETTERS, ["f", "g"]),
        ("$[1:5:2]", LETTERS, ["b", "d"]),
        ("$[5:1:-2]", LETTERS, ["f", "d"]),
        ("$[::-1]", LETTERS, ["g", "f", "e", "d", "c", "b", "a"]),
        ("$[0, 0]", LETTERS, ["a", "a"]),
        ("$.o['j j']['k.k']", {"o": {"j j": {"k.k": 3}}}, 3),
        ('$.o["j j"]["k.k"]', {"o": {"j j": {"k.k": 3}}}, 3),
        ("$[\"'\"]['@']", {"'": {"@": 2}}, 2),
        ("$.a[?@.b == 'kilo']", FILTERED, [{"b": "kilo"}]),
        ("$.a[?@>3.5]", FILTERED, [5, 4, 6]),
        ('$.a[?@<2 || @.b == "k"]', FILTERED, [1, {"b": "k"}]),
        ('$.a[?match(@.b, "[jk]")]', FILTERED, [{"b": "j"}, {"b": "k"}]),
        ('$.a[?search(@.b, "[jk]")]', FILTERED, [{"b": "j"}, {"b": "k"}, {"b": "kilo"}]),
        ("$.a[?@.b]", FILTERED, [{"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}]),
        ("$.a[?!@.b]", FILTERED, [3, 5, 1, 2, 4, 6]),
        ("$[?length(@) > 3]", [[1], [1, 2, 3, 4], "abcd", "é"], [[1, 2, 3, 4], "abcd"]),
        ("$[?count(@.*) == 2]", [[1, 2], [1]], [[1, 2]]),
        ("$[?value(@..color) == 'red']", STORE, [STORE["store"]]),
        ("$.a", {"a": None}, None),
    ],
)
def test_jsonpath_selects_as_the_rfc_says(judged, path, document, selected):
    verdict = judged(json.dumps(document), {"type": "json-path", "path": path})
    assert verdict.passed is True, verdict.reason
    found = verdict.extracted
    assert (found if isinstance(selected, str) else json.loads(found)) == selected


@pytest.mark.parametrize(
    "path", ["$.store.shoes", "$[9]", "$..book[?@.price > 99]", "$.store.book.title"]
)
def test_jsonpath_that_selects_nothing_fails(judged, path):
    verdict = judged(json.dumps(STORE), {"type": "json-path", "path": path})
    assert verdict.passed is False
    assert "selects nothing" in verdict.reason


@pytest.mark.parametrize(
    "path",
    ["", "store", " $", "$.", "$..", "$[", "$[01]", "$[?@.a = 1]", "$[1:2:3:4]", "$.a b", "$[?1]"],
)
def test_what_is_no_jsonpath_is_refused(refused, path):
    assert "invalid JSONPath" in refused({"type": "json-path", "path": path})["path"]
