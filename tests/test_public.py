"""What `import evals` gives, what it costs, and that it is typed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import evals


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_every_public_name_is_there():
    assert sorted(evals.__all__) == evals.__all__
    for name in evals.__all__:
        assert getattr(evals, name) is not None
    assert set(evals.__all__) <= set(dir(evals))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        evals.chekc  # noqa: B018 # the access is what is tested


@pytest.mark.parametrize(
    "code",
    [
        "import evals",
        "import evals; evals.check",
        "import evals; evals.endpoint",
        "import evals.plugin",
    ],
)
def test_what_everybody_imports_is_light(code):
    heavy = {"httpx", "aiohttp", "jinja2", "yaml", "msgspec", "jsonschema_rs", "rich", "re2"}
    assert not heavy & loaded_after(code)


def test_import_evals_imports_nothing_of_ours():
    ours = {name for name in loaded_after("import evals") if name.startswith("evals.")}
    assert ours == set()
