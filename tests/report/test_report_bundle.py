"""The committed script is what its source gives, small, and named with the licences in it."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
BUNDLE = ROOT / "evals" / "report" / "static" / "page.js"


def test_the_script_was_made_from_its_source() -> None:
    digest = sha256()
    sources = sorted(path.relative_to(WEB).as_posix() for path in (WEB / "src").iterdir())
    for name in ["build.mjs", "package-lock.json", *sources]:
        digest.update((WEB / name).read_bytes().replace(b"\r\n", b"\n"))
    first = BUNDLE.read_text(encoding="utf-8").partition("\n")[0]
    assert first == f"/* web/, source {digest.hexdigest()[:16]} */", "cd web && npm run build"


@pytest.mark.skipif(
    shutil.which("node") is None or not (WEB / "node_modules").is_dir(),
    reason="needs node, and `npm ci` in web/",
)
def test_building_it_again_gives_the_same(tmp_path: Path) -> None:
    made = tmp_path / "page.js"
    subprocess.run(["node", "build.mjs", str(made)], cwd=WEB, check=True)
    assert made.read_bytes() == BUNDLE.read_bytes()


def test_the_script_is_small_and_fits_into_the_page() -> None:
    script = BUNDLE.read_bytes()
    assert len(gzip.compress(script)) < 150_000
    assert not re.search(rb"</script|<!--", script, re.IGNORECASE)
    assert script.isascii()


def test_each_library_in_it_is_named_with_its_licence() -> None:
    libraries = json.loads((WEB / "package.json").read_text())["dependencies"]
    told = BUNDLE.with_name("page.js.licenses.txt").read_text(encoding="utf-8")
    assert [name for name, version in libraries.items() if f"{name} {version} (" not in told] == []
