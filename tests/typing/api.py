"""Only type-checked: what users write has the types that the documentation says."""

from typing import assert_type

import evals
from evals.model import Column, Difference, Finding, TrialResult
from evals.testing import Model

run = evals.load_run("latest")
assert_type(run, evals.Run)
assert_type(run.columns, tuple[Column, ...])
assert_type(run.accuracy("greedy"), evals.Estimate)
assert_type(run.case("small-sum")["greedy"][0], TrialResult)
assert_type(run.findings, tuple[Finding, ...])
compared = evals.compare(run)
assert_type(compared.differences(), tuple[Difference, ...])
assert_type(evals.load_suite("suites/arithmetic.eval.yaml"), evals.Suite)
assert_type(evals.run("suites/arithmetic.eval.yaml", mode="record", samples=1), evals.Run)


@evals.check("close-to")
def close_to(completion: evals.Completion, options: None) -> bool:
    assert_type(completion.text, str)
    return bool(completion.text)


@evals.endpoint("shop-bot")
async def shop_bot(request: evals.Request) -> evals.Completion | str:
    return str(request.body["messages"])


@evals.endpoint("plain-bot")
def plain_bot(request: evals.Request) -> str:
    return request.endpoint


@evals.prompt("text")
def text_prompt(question: str, *, tone: str = "plain") -> str:
    return f"{tone}: {question}"


@evals.prompt("messages")
def messages_prompt(**vars: object) -> list[dict[str, str]]:
    return [{"role": "user", "content": str(vars)}]


assert_type(text_prompt("x"), str)


def test_refund(evals_model: Model) -> None:
    reply: evals.Completion = evals_model.ask("How long can I return a kettle?", temperature=0)
    assert "30 days" in reply.text
