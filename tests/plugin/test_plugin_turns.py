"""Conversations: turns, each with its own checks; the model's replies fill the history."""

from __future__ import annotations

import pytest

TOOLS = """
parameters:
  tools:
    - type: function
      function:
        name: get_order
        parameters: {type: object, properties: {id: {type: integer}}}
    - type: function
      function: {name: get_weather, parameters: {type: object, properties: {}}}
"""

CHAT = """
endpoint: standin
prompts: [{id: shop, messages: [{role: system, content: You sell tea.}]}]
tests:
  - id: order
    vars: {first: "[[say Hello!]] Hi", price: "5"}
    turns:
      - {user: "{{ first }}", assert: [Hello]}
      - {user: "[[say It costs {{ price }}.]] How much?", assert: ["costs"]}
      - {user: "[[say Goodbye, {{ price }}]] Bye", assert: [{type: not-contains, value: Hello}]}
    assert: [Goodbye]
"""

ORDER = (
    """
endpoint: standin
"""
    + TOOLS
    + """
tests:
  - id: order
    turns:
      - user: '[[call get_order {"id": 7}]] Where is my order?'
        assert: [{type: tool-calls, value: [{name: get_order}]}]
      - tool: {get_order: {status: shipped, days: 2}}
      - {user: "Thanks", assert: [{type: no-tool-call}]}
"""
)


def bodies(project):
    return project.server.requests


def test_replies_fill_the_history_and_each_turn_has_its_checks(project):
    project.suite(CHAT)
    project.record().assert_outcomes(passed=1)
    first, second, third = bodies(project)
    assert [m["role"] for m in first["messages"]] == ["system", "user"]
    assert second["messages"][:2] == first["messages"]
    assert second["messages"][2] == {"role": "assistant", "content": "Hello!"}
    assert [m["role"] for m in third["messages"]] == ["system", *["user", "assistant"] * 2, "user"]
    (trial,) = project.trials()
    assert [check["turn"] for check in trial["checks"]] == [0, 1, 2, None]
    assert [turn["completion"]["text"] for turn in trial["turns"]] == [
        "Hello!",
        "It costs 5.",
        "Goodbye, 5",
    ]
    assert len(project.recordings) == 3
    project.server.requests.clear()
    project.run("-n2", "--evals-no-report").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    assert project.asked == 0


def test_tokens_and_latency_are_sums_and_turn_latency_is_the_longest(project):
    gates = 'gates: ["turn.latency.max <= 5s", "latency.max <= 5s"]\n'
    project.suite(CHAT + gates)
    project.record().assert_outcomes(passed=3)
    (trial,) = project.trials()
    turns = trial["turns"]
    for count in ("prompt_tokens", "completion_tokens", "total_tokens"):
        total = sum(turn["completion"]["usage"][count] for turn in turns)
        assert trial["completion"]["usage"][count] == total
    latencies = [turn["timing"]["latency_s"] for turn in turns]
    assert trial["timing"]["latency_s"] == pytest.approx(sum(latencies))
    longest = next(f for f in project.manifest()["findings"] if "turn" in f["metric"])
    assert longest["value"] == pytest.approx(max(latencies))
    assert [asked[1] for asked in trial["asked"]] == [0, 0, 0]


def test_a_failing_turn_is_shown_with_what_was_said(project):
    project.suite(CHAT.replace('assert: ["costs"]', "assert: [is free]"))
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "turn 2: contains: *",
            "system    You sell tea.",
            "turn 1    Hello!",
            "  ok    contains: *",
            "user      *How much?",
            "turn 2    It costs 5.",
            "  FAIL  contains: *is free*",
            "user      *Bye",
            "turn 3    Goodbye, 5",
            "  recorded cassettes/sums/*.0.json and its later turns",
        ]
    )


def test_a_conversation_stands_on_the_page(project):
    project.suite(CHAT.replace('assert: ["costs"]', "assert: [is free]"))
    project.run("--evals-mode", "record", "--evals-report", "page.html")
    page = (project.path / "page.html").read_text("utf-8")
    for said in ("assistant: It costs 5.", "How much?", "turn 2: contains"):
        assert said in page


def test_a_tool_turn_answers_the_calls_under_their_ids(project):
    # the stand-in calls whenever the magic word stands in the history: the test ends it there
    project.suite(ORDER.replace("      - {user", "      # - {user"))
    project.record().assert_outcomes(passed=1)
    _, second = bodies(project)
    assert second["messages"][-2]["tool_calls"][0]["id"] == "call_0001"
    assert second["messages"][-1] == {
        "role": "tool",
        "tool_call_id": "call_0001",
        "content": '{"status": "shipped", "days": 2}',
    }


@pytest.mark.parametrize(
    ("written", "instead", "why"),
    [
        ("tool: {get_order:", "tool: {get_weather:", "get_order was called, and the turn has no"),
        ("[[call get_order", "[[say Well", "get_order was not called"),
        (
            "- tool: {get_order: {status: shipped, days: 2}}",
            "- user: Well?",
            "get_order was called",
        ),
    ],
)
def test_calls_and_results_that_do_not_meet_end_the_conversation(project, written, instead, why):
    project.suite(ORDER.replace(written, instead).replace('{"id": 7}]]', '{"id": 7}]]'))
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{why}*"])
    (trial,) = project.trials()
    assert project.asked == 1
    assert [turn["not_run"] is not None for turn in trial["turns"]] == [False, True, True]
    last = trial["checks"][-1]
    assert (last["type"], last["passed"], last["turn"]) == ("no-tool-call", False, 2)
    assert last["reason"].startswith("not run: get_order was")


def test_a_conversation_without_checks_still_fails_where_it_ends(project):
    suite = ORDER.replace(", assert: [{type: no-tool-call}]", "")
    project.suite(suite.replace("[[call get_order", "[[say Well"))
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["turn 1: tool-calls: *", "*FAIL  turns: get_order was not called"])


def test_a_request_that_fails_makes_an_error_and_keeps_what_was_answered(project):
    project.suite(CHAT.replace("How much?", "How much? [[status 400]]"))
    result = project.record()
    result.assert_outcomes(errors=1)
    (trial,) = project.trials()
    assert trial["outcome"] == "error"
    assert trial["turns"][0]["completion"]["text"] == "Hello!"
    assert "scripted 400" in trial["turns"][1]["not_run"]
    assert project.asked == 2
    project.suite(CHAT)
    project.record().assert_outcomes(passed=1)
    assert project.asked == 4, "the first turn is recorded"


def test_every_sample_is_a_conversation_of_its_own_take(project):
    project.suite(CHAT.replace("tests:", "repeat: 2\ntests:"))
    project.record().assert_outcomes(passed=1)
    assert project.asked == 6
    assert [[take for _, take in trial["asked"]] for trial in project.trials()] == [
        [0] * 3,
        [1] * 3,
    ]


def test_a_judge_of_a_turn_sees_its_reply_and_the_conversation(project):
    (project.path / "conftest.py").write_text(
        "import evals\n"
        "@evals.check('asked-about')\n"
        "def about(completion: evals.Completion, options: None, *, context):\n"
        "    said = ' '.join(reply.text for reply in context.conversation)\n"
        "    reply = yield context.chat([{'role': 'user', 'content': f'[[say yes]] {said}'}])\n"
        "    return reply.text == 'yes', f'{completion.text} in {len(context.conversation)}'\n"
    )
    suite = CHAT.replace("tests:", "judge: {}\ntests:")
    project.suite(suite.replace('assert: ["costs"]', "assert: [{type: asked-about}]"))
    project.record().assert_outcomes(passed=1)
    (trial,) = project.trials()
    assert project.asked == 4
    assert trial["checks"][1]["reason"] == "It costs 5. in 3"


@pytest.mark.parametrize(
    ("turns", "message"),
    [
        ("[{tool: {a: b}}]", "the first turn is a tool's"),
        ("[{user: Hi, tool: {a: b}}]", "a turn is either `user: TEXT` or `tool:"),
        ("[{}]", "a turn is either"),
        ("[{user: Hi}, {tool: {}}]", "no results of tools"),
        ('[{user: "{{ nobody }}"}]', "*nobody*"),
        ("[{usr: Hi}]", "unknown key 'usr'"),
        ("[{user: Hi, assert: [{type: eqals}]}]", "*equals*"),
    ],
)
def test_mistakes_in_turns_are_told(project, turns, message):
    project.suite(f"endpoint: standin\ntests: [{{id: a, assert: [x], turns: {turns}}}]\n")
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines([f"*sums.eval.yaml:*{message}*"])


def test_a_prompt_that_ends_with_a_user_is_refused(project):
    project.suite(CHAT.replace("role: system", "role: user"))
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*prompt 'shop' ends with a user's message*"])


def test_candidates_are_refused(project):
    project.suite(CHAT + "parameters: {n: 2}\n")
    result = project.run()
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*one reply a turn: ask for samples by `repeat`*"])


def test_rows_of_a_file_fill_the_turns(project):
    (project.path / "rows.csv").write_text("id,word\na,tea\nb,milk\n")
    project.suite(
        """
        endpoint: standin
        tests:
          - file: rows.csv
            turns:
              - user: "[[say I like {{ word }}.]] What do you like?"
              - {user: "And?", assert: ["{{ word }}"]}
        """
    )
    project.record().assert_outcomes(passed=2)
    assert project.asked == 4
