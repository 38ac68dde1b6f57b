"""Vectors of an embeddings request, read strictly."""

from __future__ import annotations

import pytest

from evals.answer import Price, price, read
from evals.errors import EndpointError
from evals.model import Exchange, Recorded, Request, Response, Timing


def exchange(body, texts=("a", "b")):
    request = Request(endpoint="x", body={"model": "m", "input": list(texts)}, path="/embeddings")
    return Exchange(
        request=request,
        response=Response(status=200, body=body),
        timing=Timing(latency_s=0.1),
        recorded=Recorded(at="", by="", base_url="http://h/v1"),
    )


def data(*vectors):
    return {
        "model": "m",
        "data": [{"index": i, "embedding": v} for i, v in vectors],
        "usage": {"prompt_tokens": 1000, "total_tokens": 1000},
    }


def test_vectors_come_in_the_order_of_their_texts():
    found = read(exchange(data((1, [3, 4]), (0, [1.5, 2]))))
    assert found.vectors == ((1.5, 2.0), (3.0, 4.0))
    assert found.choices == ()


def test_vectors_are_priced_by_their_prompt():
    found = price(read(exchange(data((0, [1]), (1, [2])))), {"m": Price(prompt=2.0, completion=9)})
    assert found.cost_usd == pytest.approx(0.002)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "no vectors"),
        ({"data": None}, "no vectors"),
        ({"error": {"message": "out of memory"}}, "out of memory"),
        (data((0, [1.0])), "2 texts were asked for, and 1 vectors came"),
        (data((0, [1.0]), (5, [1.0])), "2 texts"),
        (data((0, [1.0]), (1, [1.0, 2.0])), "different lengths"),
        (data((0, [1.0]), (1, [])), "vector 1 is no list of numbers"),
        (data((0, [1.0]), (1, ["x"])), "vector 1 is no list of numbers"),
        (data((0, [1.0]), (1, [float("nan")])), "vector 1 is no list of numbers"),
        (data((0, [1.0]), (1, "AAAA")), "vector 1 is no list of numbers"),
    ],
)
def test_what_is_no_answer_is_refused(body, message):
    with pytest.raises(EndpointError, match=message):
        read(exchange(body))
