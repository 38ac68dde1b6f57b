"""The projects that are measured: one-line cases, and as many trivial items for the floor."""

from __future__ import annotations

from pathlib import Path

FLOOR_CONFTEST = """
import pytest

class Items(pytest.File):
    def collect(self):
        for number in range(int(self.path.read_text())):
            yield Trivial.from_parent(self, name="NAME".format(n=number))

class Trivial(pytest.Item):
    def runtest(self):
        pass

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".floor":
        return Items.from_parent(parent, path=file_path)
"""


def floor(folder: Path, items: int, *, name: str = "item-{n}") -> Path:
    """A project of `items` trivial items of its own kind, of these names."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (folder / "conftest.py").write_text(FLOOR_CONFTEST.replace("NAME", name))
    (folder / "items.floor").write_text(str(items))
    return folder


def suite(folder: Path, cases: int, *, address: str) -> Path:
    """A project with one suite of `cases` one-line cases, asked at `address`."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\n"
        "[tool.evals.endpoints.standin]\n"
        f'base_url = "{address}"\n'
        'model = "gemini-3.1-pro-preview-customtools"\n'
        'api_key_env = "EVOLINK_API_KEY"\n'
    )
    lines = [
        "endpoint: standin",
        'prompts: ["Number {{ n }}: say anything."]',
        "parameters: {temperature: 0, max_tokens: 16}",
        "tests:",
        *(
            f"  - {{id: case-{n}, vars: {{n: {n}}}, assert: [{{type: word-count, min: 1}}]}}"
            for n in range(cases)
        ),
    ]
    (folder / "bench.eval.yaml").write_text("\n".join(lines) + "\n")
    return folder


def empty(folder: Path) -> Path:
    """A project with one Python test and no suite."""
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (folder / "test_one.py").write_text("def test_one():\n    assert True\n")
    return folder
