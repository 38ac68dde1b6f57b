"""The fixture `evals_model`: a model to ask from a test in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evals.plugin.items import front_of

if TYPE_CHECKING:
    from evals.session.direct import Asked, Model

_KEYS = ("endpoint", "model")
_ASKED: pytest.StashKey[Asked] = pytest.StashKey()


@pytest.fixture
def evals_model(request: pytest.FixtureRequest) -> Model:
    """A model to ask: `evals_model.ask("…").text`, recorded beside the test's module.

    Its endpoint is the configured one, or `@pytest.mark.evals(endpoint=…, model=…)` names it.
    """
    from evals.errors import ConfigError
    from evals.session.direct import Direct

    marked = _marked(request.node)
    item: pytest.Item = request.node
    try:
        direct = Direct(
            _asked(request.config),
            module=request.path,
            asker=item.nodeid.rpartition("/")[2],
            again=item.nodeid,
        )
        return direct.model(endpoint=marked.get("endpoint"), model=marked.get("model"))
    except ConfigError as problem:
        pytest.fail(str(problem), pytrace=False)


def _asked(config: pytest.Config) -> Asked:
    """What the tests of a session share, made for the first of them."""
    if _ASKED not in config.stash:
        import os

        from evals.session.direct import Asked

        front = front_of(config)
        config.stash[_ASKED] = Asked(
            front.mode,
            config=front.evaluation.config,
            secrets=front.evaluation.secrets,
            env=os.environ,
            max_cost_usd=config.option.evals_max_cost,
            ledger=front.evaluation.ledger,
        )
        config.add_cleanup(config.stash[_ASKED].close)
    return config.stash[_ASKED]


def _marked(item: pytest.Item) -> dict[str, str]:
    """What the nearest mark `evals` says."""
    marked: dict[str, str] = {}
    for mark in reversed(list(item.iter_markers("evals"))):
        marked.update(mark.kwargs)
    unknown = sorted(marked.keys() - set(_KEYS))
    if unknown:
        pytest.fail(
            f"@pytest.mark.evals takes {' and '.join(_KEYS)}, not {', '.join(unknown)}; "
            "parameters are given to evals_model.ask",
            pytrace=False,
        )
    return marked
