"""Settings, matrices and prompts become columns; parameters are typed and agree."""

from __future__ import annotations

from typing import Any

import pytest

from evals.suite.expand import pairs

TESTS = "\ntests: [{vars: {prompt: Hi}, expected: Hello}]\n"


def ids(bench: Any, text: str) -> list[str]:
    return [column.id for column in bench.load(text + TESTS).suite.columns]


@pytest.mark.parametrize(
    ("prompts", "settings", "expected"),
    [
        (1, 1, ["s0"]),
        (1, 2, ["s0", "s1"]),
        (2, 1, ["p0", "p1"]),
        (2, 2, ["p0-s0", "p0-s1", "p1-s0", "p1-s1"]),
    ],
)
def test_a_column_is_named_by_what_varies(
    bench: Any, prompts: int, settings: int, expected: list[str]
) -> None:
    listed = ", ".join(f"{{id: p{n}, template: '{n}'}}" for n in range(prompts))
    chosen = ", ".join(f"{{id: s{n}, seed: {n}}}" for n in range(settings))
    assert ids(bench, f"prompts: [{listed}]\nsettings: [{chosen}]") == expected


def test_prompts_without_id_are_numbered(bench: Any) -> None:
    assert ids(bench, "prompts: [a, b, {id: c, template: x}]") == ["prompt-1", "prompt-2", "c"]


def test_two_columns_of_one_id_are_refused(bench: Any) -> None:
    text = "prompts: [{id: a, template: x}, {id: a-b, template: y}]\n"
    text += "settings: [{id: b-c}, {id: c}]"
    assert any("two columns have the id 'a-b-c'" in p for p in bench.mistakes(text + TESTS))


def test_a_matrix_is_a_product_with_readable_ids(bench: Any) -> None:
    assert ids(bench, "matrix: {temperature: [0, 0.7], seed: [1, 2]}") == [
        "temperature-0_seed-1",
        "temperature-0_seed-2",
        "temperature-0.7_seed-1",
        "temperature-0.7_seed-2",
    ]


def test_values_of_a_matrix_stand_in_ids_as_json_or_by_position(bench: Any) -> None:
    text = """
matrix:
  response_format: [{type: json_object}, {type: text}]
  stop: [null, "a b"]
  logprobs: [true]
"""
    assert ids(bench, text) == [
        "response_format-1_stop-null_logprobs-true",
        "response_format-1_stop-a-b_logprobs-true",
        "response_format-2_stop-null_logprobs-true",
        "response_format-2_stop-a-b_logprobs-true",
    ]


def test_settings_times_matrix(bench: Any) -> None:
    text = "settings: [{id: cold, temperature: 0}, {id: warm}]\nmatrix: {top_p: [0.5, 1]}"
    assert ids(bench, text) == ["cold_top_p-0.5", "cold_top_p-1", "warm_top_p-0.5", "warm_top_p-1"]


def test_exclude_leaves_out_what_agrees_with_every_key(bench: Any) -> None:
    text = """
matrix:
  temperature: [0, 1]
  seed: [1, 2, 3]
  exclude: [{temperature: 0, seed: 2}, {seed: 3}]
"""
    assert ids(bench, text) == [
        "temperature-0_seed-1",
        "temperature-1_seed-1",
        "temperature-1_seed-2",
    ]


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ("{}", "a matrix needs a parameter"),
        ("{seed: []}", "seed has no values"),
        ("{seed: 1}", "matrix.seed must be a list, found a number (1)"),
        ("{seed: [1, 1]}", "seed has the same value twice"),
        ("{seed: [1], include: [{seed: 1}]}", "the matrix has this combination already"),
        ("{seed: [1], include: [5]}", "a rule of include is a mapping"),
        ("{seed: [1, 2], collapse: [sed]}", 'did you mean "seed"?'),
        ("{seed: [1, 2], collapse: [seed, seed]}", "seed is collapsed twice"),
        ("{seed: [1], exclude: [{sed: 1}]}", 'did you mean "seed"?'),
        ("{seed: [1], exclude: [{seed: 1}]}", "every combination is left out"),
        ("{seed: [1, 2], exclude: [{seed: 5}]}", "no combination agrees with this rule"),
        ("{seed: [1], exclude: [seed]}", "a rule of exclude is a mapping"),
        ("{temperature: [0, 3]}", "temperature is 3; allowed is 0 … 2"),
        ("{model: [a, b]}", "model stands beside endpoint, or in a setting"),
    ],
)
def test_what_is_wrong_with_a_matrix(bench: Any, matrix: str, said: str) -> None:
    assert said in "\n".join(bench.mistakes(f"matrix: {matrix}{TESTS}"))


def test_a_matrix_makes_at_most_100_000_trials(bench: Any) -> None:
    axis = "[" + ", ".join(map(str, range(400))) + "]"
    text = f"matrix: {{seed: {axis}, top_k: {axis}}}{TESTS}"
    assert "more than 100,000 settings" in bench.mistakes(text)[0]
    text = f"repeat: 300\nmatrix: {{seed: {axis}}}{TESTS}"
    assert "the matrix makes 120,000 trials; the limit is 100,000" in bench.mistakes(text)[0]


def test_settings_override_parameters_and_null_stays_to_remove(bench: Any) -> None:
    text = "endpoint: local\nparameters: {seed: 7, temperature: 1}\n"
    text += "settings: [{id: a, seed: null, top_k: 4}]"
    (column,) = bench.load(text + TESTS).suite.columns
    assert column.parameters == {"seed": None, "temperature": 1, "top_k": 4}


def test_a_setting_has_its_own_endpoint_and_model(bench: Any) -> None:
    text = "endpoint: local\nmodel: m\nsettings: [{id: a}, {id: b, endpoint: openai, model: x}]"
    found = [(c.endpoint, c.model) for c in bench.load(text + TESTS).suite.columns]
    assert found == [("local", "m"), ("openai", "x")]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("temperature: 2.1", "temperature is 2.1; allowed is 0 … 2"),
        ("temperature: hot", 'temperature must be a number, found "hot"'),
        ("temperature: true", "temperature must be a number, found true"),
        ("top_p: -0.1", "top_p is -0.1; allowed is 0 … 1"),
        ("max_tokens: 0", "max_tokens is 0; allowed is a whole number, 1 … 65536"),
        ("max_tokens: 65537", "allowed is a whole number, 1 … 65536"),
        ("max_tokens: 1.5", "allowed is a whole number, 1 … 65536"),
        ("max_completion_tokens: 70000", "allowed is a whole number, 1 … 65536"),
        ("frequency_penalty: 3", "allowed is -2 … 2"),
        ("presence_penalty: -3", "allowed is -2 … 2"),
        ("n: 0", "n is 0; allowed is a whole number, 1 or more"),
        ("stop: 5", "stop must be a text or a list, found 5"),
        ("reasoning_effort: none", 'reasoning_effort is "none"; allowed are high, low, medium'),
        ("logprobs: 5", "logprobs is 5; it is true or false"),
        ("top_logprobs: 21, logprobs: true", "allowed is a whole number, 0 … 20"),
        ("top_logprobs: 5", "top_logprobs needs logprobs: true"),
        ("top_logprobs: 0", "top_logprobs needs logprobs: true"),
        ("top_logprobs: 5, logprobs: null", "top_logprobs needs logprobs: true"),
        ("stream_options: {include_usage: true}", "stream_options needs stream: true"),
        ("max_tokens: 5, max_completion_tokens: 6", "two names of one thing"),
        (
            "tool_choice: maybe, tools: []",
            'tool_choice is "maybe"; allowed are auto, none, required',
        ),
        ("tool_choice: auto", "tool_choice needs tools"),
        ("response_format: json", 'response_format must be a mapping, found "json"'),
        ("messages: []", "messages stand under prompts"),
        ("model: x", "model stands beside endpoint"),
        ("temprature: 1", 'did you mean "temperature"?'),
        ("service_tier: flex", "write another service's parameters under extra_body"),
    ],
)
def test_parameters_are_typed_and_in_range(bench: Any, written: str, said: str) -> None:
    """On EvoLink, whose page these are from; wherever they are written."""
    head = "endpoint: evolink\n"
    for text in (
        f"{head}parameters: {{{written}}}{TESTS}",
        f"{head}defaults: {{parameters: {{{written}}}}}{TESTS}",
        f"{head}tests: [{{vars: {{prompt: x}}, expected: y, parameters: {{{written}}}}}]",
    ):
        assert said in "\n".join(bench.mistakes(text))


@pytest.mark.parametrize(
    "written",
    [
        "stream: true, stream_options: {include_usage: true}",
        "max_completion_tokens: null, max_tokens: 65536",
        "temperature: 0, seed: null, n: null",
        "stop: [a, b], frequency_penalty: -2.0, presence_penalty: null",
        "logprobs: true, top_logprobs: 20",
        "tools: [{type: function}], tool_choice: required",
        "response_format: {type: json_object}, extra_body: {google: {thinking_config: {}}}",
    ],
)
def test_parameters_of_evolinks_page_are_taken(bench: Any, written: str) -> None:
    assert bench.load(f"endpoint: evolink\nparameters: {{{written}}}{TESTS}").suite.columns


def test_another_services_ranges_are_its_own(bench: Any) -> None:
    text = (
        "endpoint: mine\nparameters: {temperature: 5, reasoning_effort: minimal, top_n: 3}" + TESTS
    )
    address = '[endpoints.mine]\nbase_url = "http://localhost/v1"\nmodel = "m"\n'
    assert len(bench.mistakes(text, config=address)) == 3
    config = address + 'validate = "types"\nextra_parameters = "allow"\n'
    assert bench.load(text, config=config).suite.columns[0].parameters["temperature"] == 5
    wrong = text.replace("temperature: 5", "temperature: hot")
    assert "temperature must be a number" in bench.mistakes(wrong, config=config)[0]


def test_an_endpoints_own_parameters_are_checked_once_where_it_is_asked(bench: Any) -> None:
    config = (
        '[endpoints.mine]\nbase_url = "http://localhost/v1"\nmodel = "m"\n'
        "parameters = {temperature = 9, tempature = 1}\n"
    )
    text = "settings: [{id: a, endpoint: mine}, {id: b, endpoint: mine, seed: 1}]" + TESTS
    said = bench.mistakes(text, config=config)
    assert len(said) == 2
    assert said[0].startswith(
        "s.eval.yaml:1:30: error: parameters of endpoint mine: temperature is 9; allowed is 0 … 2"
    )
    assert "it stands in [tool.evals.endpoints.mine], under parameters" in said[0]
    assert "has no parameter 'tempature'" in said[1]
    assert bench.load("endpoint: local" + TESTS, config=config)


def test_conflicts_are_found_across_parameters_settings_tests_and_configuration(bench: Any) -> None:
    text = "parameters: {max_tokens: 5}\nsettings: [{id: a}, {id: b, max_completion_tokens: 3}]"
    assert bench.mistakes(text + TESTS)[0].startswith("s.eval.yaml:1:26: error: max_tokens and")
    assert bench.load(text.replace("id: b", "id: b, max_tokens: null") + TESTS)
    test = "tests: [{vars: {prompt: x}, expected: y, parameters: {top_logprobs: 2}}]"
    assert bench.load("parameters: {logprobs: true}\n" + test)
    assert "top_logprobs needs" in bench.mistakes("parameters: {seed: 1}\n" + test)[0]
    config = "[endpoints.evolink.parameters]\nlogprobs = true\n"
    assert bench.load("endpoint: evolink\n" + test, config=config)


def test_tools_and_formats_may_come_from_files(bench: Any) -> None:
    text = "parameters: {tools: {file: tools.json}, response_format: {file: f.yaml}}" + TESTS
    files = {"tools.json": '[{"type": "function"}]', "f.yaml": "type: json_object"}
    (column,) = bench.load(text, files).suite.columns
    assert column.parameters == {
        "tools": [{"type": "function"}],
        "response_format": {"type": "json_object"},
    }
    wrong = bench.mistakes(text, {"tools.json": '[{"a": 1, "a": 2}]', "f.yaml": "- x"})
    assert any(p.startswith("tools.json: error: key 'a' stands twice") for p in wrong)
    assert any("response_format must be a mapping" in p for p in wrong)


def test_pairs_respect_a_tests_prompts_and_settings(bench: Any) -> None:
    text = """
prompts: [{id: p, template: x}, {id: q, template: y}]
settings: [{id: a, seed: 1}, {id: b, seed: 2}]
tests:
  - {id: all, expected: x}
  - {id: one, expected: x, prompts: q, settings: [b]}
"""
    found = [f"{case.id}[{column.id}]" for case, column in pairs(bench.load(text).suite)]
    assert found == ["all[p-a]", "all[p-b]", "all[q-a]", "all[q-b]", "one[q-b]"]


def columns_of(bench: Any, matrix: str, more: str = "") -> Any:
    text = f"matrix: {matrix}\n{more}tests: [{{vars: {{prompt: x}}, expected: y}}]\n"
    return bench.load(text).suite.columns


def test_include_adds_combinations_to_a_matrix(bench: Any) -> None:
    matrix = "{temperature: [0, 1], include: [{temperature: 0.5, top_p: 0.9}]}"
    found = columns_of(bench, matrix)
    assert [column.id for column in found] == [
        "temperature-0",
        "temperature-1",
        "temperature-0.5_top_p-0.9",
    ]
    assert found[2].parameters == {"temperature": 0.5, "top_p": 0.9}
    (only,) = columns_of(bench, "{include: [{temperature: 0.5}]}")
    assert only.id == "temperature-0.5"


def test_a_collapsed_axis_is_asked_as_samples_of_each_column(bench: Any) -> None:
    matrix = "{temperature: [0, 1], seed: [5, 9], collapse: [seed], exclude: [%s]}"
    cold, warm = columns_of(bench, matrix % "{temperature: 1, seed: 9}")
    assert (cold.id, cold.parameters) == ("temperature-0", {"temperature": 0})
    assert cold.samples == ({"seed": 5}, {"seed": 9})
    assert warm.samples == ({"seed": 5},)


def test_collapsed_samples_send_their_values_and_repeat_asks_each_again(bench: Any) -> None:
    from evals.endpoints.config import load_config
    from evals.suite.open import open_suite

    text = "model: m\nmatrix: {seed: [5, 9], collapse: [seed]}\nrepeat: 2\ntests:\n"
    text += "- {id: a, vars: {prompt: x}, expected: y}\n"
    text += "- {id: b, vars: {prompt: x}, expected: y, parameters: {seed: 1}}\n"
    bench.load(text)
    opened = open_suite(bench.root / "s.eval.yaml", config=load_config(bench.root, env={}))
    one, fixed = opened.cells
    asked = [(request.body["seed"], request.take) for request in one.requests()]
    assert asked == [(5, 0), (9, 0), (5, 1), (9, 1)]
    assert [request.body["seed"] for request in fixed.requests()] == [1, 2, 3, 4]
    assert (one.samples, opened.n_trials, opened.n_requests) == (4, 8, 8)


def test_values_of_a_collapsed_axis_are_looked_at(bench: Any) -> None:
    text = "matrix: {temperature: [0, 9], collapse: [temperature]}\n"
    text += "tests: [{vars: {prompt: x}, expected: y}]\n"
    assert "s.eval.yaml:1:" in bench.mistakes(text)[0]
    assert "allowed is" in bench.mistakes(text)[0] or "temperature" in bench.mistakes(text)[0]
