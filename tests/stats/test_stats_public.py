"""The package: one list of functions, each imported when it is asked for."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from evals import stats

PACKAGE = Path(stats.__file__).parent


def _loaded_after(statement):
    code = f"{statement}; import sys; print(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_no_function():
    """Neither msgspec nor any module of the package nor anything that takes time to import."""
    loaded = _loaded_after("import evals.stats")
    assert not {name for name in loaded if name.startswith("evals.stats.")}
    assert not loaded & {"msgspec", "statistics", "random", "fractions", "decimal"}


def test_importing_one_function_loads_what_it_needs_only():
    loaded = _loaded_after("from evals.stats import holm")
    assert {name for name in loaded if name.startswith("evals.stats.")} == {
        "evals.stats.multiplicity"
    }
    assert "statistics" not in loaded


def test_no_third_party_is_needed_but_msgspec():
    """The standard library computes everything."""
    imported = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.split(".")[0])
    assert imported - sys.stdlib_module_names == {"evals", "msgspec"}


def test_types_lazy_names_and_public_list_agree():
    """What type checkers see, what `__getattr__` finds and `__all__` are the same names."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        (node.module.rpartition(".")[2], alias.name)
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        for alias in node.names
    }
    assert {name for _, name in typed} == set(stats.__all__)
    homes = {(stats._MODULE_OF[name], name) for name in stats.__all__}
    assert homes == typed
    assert len(stats._MODULE_OF) == len(stats.__all__)


@pytest.mark.parametrize("name", stats.__all__)
def test_every_function_is_documented_and_typed(name):
    function = getattr(stats, name)
    assert inspect.isfunction(function)
    assert inspect.getdoc(function)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty
        has_default = parameter.default is not inspect.Parameter.empty
        assert not has_default or parameter.kind is inspect.Parameter.KEYWORD_ONLY


def test_no_function_shares_the_name_of_a_module():
    """Importing a module would replace the function of the same name."""
    assert not {path.stem for path in PACKAGE.glob("*.py")} & set(stats.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"evals\.stats.*no attribute 'median'"):
        stats.median  # noqa: B018 - the access is what is tested


def test_results_cannot_be_changed():
    result = stats.wilson_interval(passes=1, n=2)
    assert isinstance(result, msgspec.Struct)
    with pytest.raises(AttributeError):
        result.low = 0.0
