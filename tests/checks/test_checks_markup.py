"""YAML, XML and HTML in answers."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\nb: [1, 2]\n", "a mapping of 2 items"),
        ("- x", "a list of 1 item"),
        ('{"a": [1, {"b": null}]}', "a mapping of 1 item"),
        ("&a [1]", "a list of 1 item"),
        ("a: &x {b: 1}\nc: *x", "a mapping of 2 items"),
        ("? [a]\n: 1", "a mapping of 1 item"),
        ("--- !!map\na: !!str 5\n", "a mapping of 1 item"),
    ],
)
def test_yaml_is_one_mapping_or_list(judged, text, reason):
    verdict = judged(text, {"type": "is-yaml"})
    assert verdict.passed is True
    assert verdict.reason.startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello there", "a text alone, neither a mapping nor a list"),
        ("", "the document is empty"),
        ("a: 1\n---\nb: 2", "a second document begins in line 2"),
        ("a: 1\nb: {}\na: 2", 'the key "a" stands twice, again in line 3'),
        ("x: !!python/object:os.system y", 'the tag "!!python/object:os.system" is unknown'),
        ("key: !custom 5", 'the tag "!custom" is unknown'),
        ("a: *b", "the alias *b in line 1 has no anchor"),
        ("a: b: c", "mapping values are not allowed in this context in line 1"),
        ("\x00", "it has a character that YAML does not allow"),
        ("\ud800: 1", "it has a character that YAML does not allow"),
        ("{" * 50_000, "it is nested more than 100 deep"),
        ("[" + "a," * 100_001 + "]", "it has more than 100,000 nodes"),
    ],
)
def test_what_is_no_yaml_fails_in_words(judged, text, reason):
    verdict = judged(text, {"type": "is-yaml"})
    assert verdict.passed is False
    assert verdict.reason.startswith(f"no YAML: {reason}; found ")


@pytest.mark.parametrize(
    ("text", "path", "passed", "score"),
    [
        ("<a><b>1</b></a>", (), True, 1),
        ("\n <?xml version='1.0'?><a/>\n", (), True, 1),
        ("<a:b/>", "a:b", True, 1),
        ("<a><b>1</b></a>", "a/b", True, 1),
        ("<a><b>1</b></a>", ["a/b", "a/c"], False, 0.5),
        ("<a><b k='1'/></a>", ".//b[@k='1']", True, 1),
        ("<a><b k='1'/></a>", ".//b[@k='2']", False, 0),
        ("It is <a/>", (), False, 0),
        ("<a>", (), False, 0),
        ("<a></b>", (), False, 0),
        ("<a/><b/>", (), False, 0),
        ("<a>&nbsp;</a>", (), False, 0),
        ("", (), False, 0),
        ("<a>\ud800</a>", (), False, 0),
        ("<a>\x00</a>", (), False, 0),
    ],
)
def test_xml_is_one_well_formed_document_with_its_elements(judged, text, path, passed, score):
    verdict = judged(text, {"type": "is-xml", "path": path})
    assert (verdict.passed, verdict.score) == (passed, score), verdict.reason


BOMB = '<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "haha">]><a>&b;</a>'
OUTSIDE = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
@pytest.mark.parametrize("kind", ["is-xml", "contains-xml"])
def test_a_document_type_is_never_read(judged, text, kind):
    verdict = judged(text, {"type": "is-xml"})
    assert verdict.passed is False
    assert "it has a document type, which is refused" in verdict.reason


def test_deep_and_large_xml_is_refused(judged):
    deep = judged("<a>" * 5000 + "</a>" * 5000, {"type": "is-xml"})
    assert "nested more than 1,000 deep" in deep.reason
    large = judged("<a>" + "<b/>" * 100_001 + "</a>", {"type": "is-xml"})
    assert "more than 100,000 elements" in large.reason


@pytest.mark.parametrize(
    ("text", "path", "extracted"),
    [
        ("Here: <a><b>1</b></a> and more", "a/b", "<a><b>1</b></a>"),
        ("Here: <a><b>1</b></a> and <b>2</b> ok", "b", "<b>2</b>"),
        ("x <b k='>'/> y", "b", "<b k='>'/>"),
        ("x <b/></b> y", "b", "<b/>"),
        ("x <b><b/></b> y", "b/b", "<b><b/></b>"),
        ("<think> hm <b>2</b>", "b", "<b>2</b>"),
        ("if a <b then <b>2</b>", "b", "<b>2</b>"),
        ("```xml\n<b>é</b>\n```", "b", "<b>é</b>"),
    ],
)
def test_an_element_is_found_in_a_text(judged, text, path, extracted):
    verdict = judged(text, {"type": "contains-xml", "path": path})
    assert (verdict.passed, verdict.extracted) == (True, extracted), verdict.reason


@pytest.mark.parametrize("text", ["", "a < b", "<a><c/></a>", "</b>", "<b", "<b>"])
def test_a_text_without_the_element_fails(judged, text):
    assert judged(text, {"type": "contains-xml", "path": "b"}).passed is False


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/a/b", 'a path begins with a name or with .//: write "a/b"'),
        ("a[[", '"a[[" is no path of elements'),
        (".", '"." names no element'),
        ("", '"" names no element'),
    ],
)
def test_a_path_that_is_none_is_refused(refused, path, message):
    assert refused({"type": "contains-xml", "path": path}) == {"path": message}
    assert refused({"type": "is-xml", "path": ["a", path]}) == {"path.1": message}


def test_contains_xml_needs_a_path(refused):
    assert refused({"type": "contains-xml"}) == {"path": "`path` is missing"}
    assert refused({"type": "contains-xml", "path": []}) == {"path": "the list is empty"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<p>Hi</p>", None),
        ("<ul><li>a<li>b</ul>", None),
        ("<p>x", None),
        ("<br>\n<IMG SRC='a>b'>", None),
        ("<!DOCTYPE html><html><head><title>a<b</title></head><body><p>x<p>y</body></html>", None),
        ("<!-- a --><p>x</p><!-- b -->", None),
        ("<script>if (a<b) x('</div>')</script>", None),
        ("<svg viewBox='0 0 1 1'><path d='M0'/><g><circle/></g></svg>", None),
        ("<table><tr><td>1<td>2<tr><td>3</table>", None),
        ("Hi", 'no HTML element in "Hi"'),
        ("", 'no HTML element in ""'),
        ("a < b and c > d", "no HTML element"),
        ("Hi <b>you</b>", '"Hi" stands outside of any element'),
        ("<p>a</p> tail", '"tail" stands outside of any element'),
        ("<div>", "<div> is not closed"),
        ("</div>", "</div> closes nothing"),
        ("<foo>x</foo>", "<foo> is no element of HTML"),
        ("<b><i>x</b></i>", "</b> comes where <i> is open"),
        ("<p>x</br></p>", "</br> closes an element that has no content"),
        ("<!-- <p>x</p>", 'no HTML element in "<!-- <p>x</p>"'),
    ],
)
def test_html_has_known_elements_closed_where_they_must_be(judged, text, reason):
    verdict = judged(text, {"type": "is-html"})
    assert verdict.passed is (reason is None), verdict.reason
    assert (reason or "") in verdict.reason


@pytest.mark.parametrize(
    ("text", "extracted"),
    [
        ("Here: <b>Tea</b>!", "<b>Tea</b>"),
        ("a<br>b", "<br>"),
        ('x <a href="y>z">w</a>', '<a href="y>z">w</a>'),
        ("<ul><li>a</ul>", "<ul><li>a</ul>"),
        ("List<String> x", None),
        ("a <b c", None),
        ("<p>x", None),
        ("</p>", None),
        ("if a < b: c > d", None),
        ("<!-- <b>x</b> -->", None),
    ],
)
def test_html_is_found_in_a_text(judged, text, extracted):
    verdict = judged(text, {"type": "contains-html"})
    assert (verdict.passed, verdict.extracted) == (extracted is not None, extracted)


HOSTILE = {
    "open tags": "<a " * 100_000,
    "open elements": "<b>" * 40_000 + "</i>" * 40_000,
    "comments": "<!--" * 100_000,
    "quotes": "<a '\"<a \"'" * 30_000,
    "scripts": "<script>" * 30_000,
    "spaced": "<a> " * 50_000,
    "empty": "<q></q>" * 20_000,
    "attribute": "<a b='" + "x" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_markup_is_judged_in_one_pass(judged, name):
    begun = time.process_time()
    for written in (
        {"type": "is-yaml"},
        {"type": "is-xml"},
        {"type": "contains-xml", "path": "item"},
        {"type": "is-html"},
        {"type": "contains-html"},
    ):
        verdict = judged(HOSTILE[name], written)
        assert verdict.passed is not None, verdict.reason
        assert len(verdict.reason) < 1000
    assert time.process_time() - begun < 20  # quadratic ways take minutes


@given(st.text("<>/ab'\"=!- \n&;[]{}:,*#?|", max_size=80))
def test_any_text_is_judged(judged, text):
    for written in (
        {"type": "is-yaml"},
        {"type": "is-xml"},
        {"type": "contains-xml", "path": "a"},
        {"type": "is-html"},
        {"type": "contains-html"},
    ):
        assert judged(text, written).passed is not None
