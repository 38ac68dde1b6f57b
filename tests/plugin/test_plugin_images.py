"""Images from files in messages: sent as data URLs, recorded with their bytes."""

from __future__ import annotations

import base64
import json

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
SUITE = """
endpoint: standin
prompts:
  - messages:
      - role: user
        content:
          - {type: text, text: "[[say cat]] What is on it?"}
          - {type: image_url, image_url: {file: "pictures/{{ name }}", detail: low}}
tests:
  - {id: cat, vars: {name: cat.png}, assert: [cat]}
"""


@pytest.fixture
def pictures(project):
    folder = project.path / "pictures"
    folder.mkdir()
    (folder / "cat.png").write_bytes(PNG)
    project.suite(SUITE)
    return project


def test_an_image_is_sent_and_recorded_and_its_bytes_are_part_of_the_key(pictures):
    pictures.record().assert_outcomes(passed=1)
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    (recording,) = pictures.recordings
    text = recording.read_text(encoding="utf-8")
    parts = json.loads(text)["request"]["body"]["messages"][0]["content"]
    assert parts[1] == {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    pictures.run().assert_outcomes(passed=1)
    (pictures.path / "pictures/cat.png").write_bytes(PNG + b"another")
    result = pictures.run("--evals-no-report")
    assert result.ret == 6
    assert pictures.asked == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cat.gif", b"GIF89a....", None),
        ("cat.jpg", b"\xff\xd8\xff\xe0", None),
        ("cat.png", b"RIFF....WEBP", None),
        ("cat.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no image"),
        ("big.png", PNG + bytes(10_000_001), "is larger than 10 MB"),
        ("../cat.png", None, "outside the suite's folder"),
        (".cat.png", None, "begins with a dot"),
        ("none.png", None, "no file 'pictures/none.png'"),
    ],
)
def test_images_are_known_by_content_limited_and_confined(pictures, name, content, said):
    if content is not None:
        (pictures.path / "pictures" / name).write_bytes(content)
    pictures.suite(SUITE.replace("cat.png", f"../../{name}" if name[:2] == ".." else name))
    result = pictures.run("--collect-only", "-q")
    assert result.ret == (0 if said is None else 4)
    if said is not None:
        assert said in result.stdout.str()


@pytest.mark.parametrize("image", ["{}", "cat.png", "{file: a.png, url: x}", "{file: [a]}"])
def test_another_form_is_refused(pictures, image):
    pictures.suite(SUITE.replace('{file: "pictures/{{ name }}", detail: low}', image))
    result = pictures.run("--collect-only", "-q")
    assert result.ret == 4
    assert "image_url is {file: PATH} or {url: ADDRESS}" in result.stdout.str()
