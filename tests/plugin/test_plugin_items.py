"""Suites are collected as pytest users expect: items, selection, outcomes, exit codes."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree

import pytest


def test_a_case_in_a_column_is_an_item(sums):
    result = sums.run("-v")
    result.stdout.fnmatch_lines(
        [
            "sums.eval.yaml::right[[]default] PASSED*",
            "sums.eval.yaml::wrong[[]default] FAILED*",
        ]
    )
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1


def test_replay_asks_nobody(sums):
    sums.run()
    assert sums.asked == 0


def test_a_failure_says_what_was_asked_answered_found_and_how_to_run_it_again(sums):
    result = sums.run()
    result.stdout.fnmatch_lines(
        [
            "*equals: *",
            "user * What is 2 + 2?",
            "sample 0  5",
            "  FAIL  equals: *",
            "  recorded cassettes/sums/*.0.json",
            'again     pytest "sums.eval.yaml::wrong[[]default]"',
        ]
    )


def test_the_command_of_a_failure_runs_just_that_case(sums):
    result = sums.run("sums.eval.yaml::wrong[default]")
    result.assert_outcomes(failed=1)


def test_the_short_summary_names_the_reason(sums):
    sums.run().stdout.fnmatch_lines(["FAILED sums.eval.yaml::wrong[[]default] - equals: *"])


def test_k_selects_by_name(sums):
    sums.run("-k", "right").assert_outcomes(passed=1, deselected=1)


def test_tags_are_marks(sums):
    sums.run("-m", "smoke").assert_outcomes(passed=1, deselected=1)
    sums.run("-m", "evals").assert_outcomes(passed=1, failed=1)


def test_only_selected_cases_are_asked(project):
    project.suite(SUMS_WITHOUT_RECORDINGS)
    project.record("-k", "right")
    assert project.asked == 1


SUMS_WITHOUT_RECORDINGS = """
endpoint: standin
prompts: ["[[say 5]] {{ a }}?"]
tests:
  - {id: right, vars: {a: 1}, assert: ["5"]}
  - {id: other, vars: {a: 2}, assert: ["5"]}
"""


def test_collect_only_asks_nothing_and_writes_nothing(project):
    project.suite(SUMS_WITHOUT_RECORDINGS)
    result = project.record("--collect-only", "-q")
    result.stdout.fnmatch_lines(["sums.eval.yaml::right[[]default]"])
    assert project.asked == 0
    assert not (project.path / "reports").exists()


def test_lf_runs_what_failed(sums):
    sums.run()
    sums.run("--lf").assert_outcomes(failed=1)


def test_x_stops_at_the_first_failure(project):
    cases = "\n".join(
        f"  - {{id: c{n:02}, vars: {{n: {n}}}, assert: [{{type: equals, value: x}}]}}"
        for n in range(40)
    )
    project.suite(f'endpoint: standin\nprompts: ["[[say no]] {{{{ n }}}}"]\ntests:\n{cases}\n')
    result = project.record("-x")
    assert result.parseoutcomes()["failed"] == 1
    assert 0 < project.asked < 40, "windows, so that not all is paid for"


def test_junit_xml_has_items_and_gates(sums):
    sums.suite(SUMS_WITH_GATE)
    sums.record()
    sums.run("--junitxml", "out.xml")
    cases = ElementTree.parse(sums.path / "out.xml").findall(".//testcase")
    names = {case.get("name"): case for case in cases}
    assert {"right[default]", "wrong[default]", "gate: accuracy >= 0.9"} <= set(names)
    assert names["gate: accuracy >= 0.9"].find("failure") is not None
    properties = names["right[default]"].findall(".//property")
    assert ("evals_outcome", "pass") in [(p.get("name"), p.get("value")) for p in properties]


SUMS_WITH_GATE = """
endpoint: standin
misses: allowed
prompts: ["[[say 5]] What is {{ a }} + {{ b }}?"]
tests:
  - {id: right, vars: {a: 2, b: 3}, assert: [{type: equals, value: "5"}]}
  - {id: wrong, vars: {a: 2, b: 2}, assert: [{type: equals, value: "4"}]}
gates: [accuracy >= 0.9, "errors == 0"]
"""


def test_a_missed_case_is_no_failure_and_a_failed_gate_is(project):
    project.suite(SUMS_WITH_GATE)
    project.record()
    result = project.run("-v", "-ra")
    result.stdout.fnmatch_lines(
        [
            "*wrong[[]default] MISSED*",
            "sums.eval.yaml::gate: accuracy >= 0.9* FAILED*",
            "sums.eval.yaml::gate: errors == 0* PASSED*",
            "MISSED sums.eval.yaml::wrong[[]default]*",
        ]
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"], outcomes["missed"]) == (2, 1, 1)
    assert result.ret == 1
    assert [t["missed"] for t in project.trials()] == [False, True]


def test_a_missed_case_is_skipped_in_junit_as_pytest_marks_expected_failures(project):
    project.suite(SUMS_WITH_GATE)
    project.record()
    project.run("--junitxml", "out.xml")
    tree = ElementTree.parse(project.path / "out.xml")
    (skipped,) = tree.findall(".//testcase[@name='wrong[default]']/skipped")
    assert skipped.get("type") == "pytest.xfail"


def test_gates_over_a_part_of_a_suite_are_not_evaluated(project):
    project.suite(SUMS_WITH_GATE)
    project.record()
    result = project.run("-k", "wrong", "-rs")
    assert result.ret == 0
    assert result.parseoutcomes()["skipped"] == 2
    result.stdout.fnmatch_lines(["*not evaluated*"])
    assert project.run("-k", "wrong", "--evals-strict").ret == 1


def test_a_skipped_case_says_why_and_is_not_asked(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say 5]] {{ a }}"]
        tests:
          - {id: one, vars: {a: 1}, assert: ["5"], skip: waits for the new model}
        """
    )
    result = project.record("-rs")
    result.stdout.fnmatch_lines(["SKIPPED*waits for the new model"])
    assert project.asked == 0


def test_a_skipped_case_is_told_at_its_line_of_the_suite_or_of_its_data(project):
    (project.path / "rows.csv").write_text("id,prompt\nfirst,[[say 5]]\n", encoding="utf-8")
    project.suite(
        """
        endpoint: standin
        tests:
          - {id: later, vars: {prompt: x}, expected: "5", skip: too slow}
          - {file: rows.csv, assert: ["5"], skip: not yet}
        """
    )
    told = project.record("-rs").stdout
    told.fnmatch_lines(["SKIPPED ?1? sums.eval.yaml:4: too slow"])
    told.fnmatch_lines(["SKIPPED ?1? rows.csv:2: not yet"])


def test_a_suite_that_is_live_only_is_skipped_in_replay_and_says_so(project):
    project.suite(
        """
        endpoint: standin
        live_only: true
        prompts: ["[[say 5]] {{ a }}"]
        tests: [{id: one, vars: {a: 1}, assert: ["5"]}]
        """
    )
    result = project.run("-rs")
    result.stdout.fnmatch_lines(["SKIPPED*live_only*--evals-mode live"])
    assert "No suite was found" not in result.stdout.str()
    project.record().assert_outcomes(skipped=1)
    assert project.asked == 0
    assert result.ret == 0
    project.run("--evals-mode", "live").assert_outcomes(passed=1)
    assert project.asked == 1
    assert project.recordings == []


def test_samples_are_numbered_takes(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say 5]] {{ a }}"]
        repeat: 3
        tests: [{id: one, vars: {a: 1}, assert: ["5"]}]
        """
    )
    project.record()
    assert [path.name.split(".")[1] for path in project.recordings] == ["0", "1", "2"]
    project.record("--evals-repeat", "4")
    assert project.asked == 4, "only the missing take is asked"


def test_samples_with_a_seed_send_a_seed_each(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say 5]] {{ a }}"]
        parameters: {seed: 7}
        repeat: 3
        tests: [{id: one, vars: {a: 1}, assert: ["5"]}]
        """
    )
    project.record()
    assert sorted(body["seed"] for body in project.server.requests) == [7, 8, 9]


def test_candidates_of_one_request_are_samples(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say 5|6]] {{ a }}"]
        parameters: {n: 2}
        repeat: 2
        tests: [{id: one, vars: {a: 1}, assert: ["5"], min_pass_rate: 0.5}]
        """
    )
    project.record().assert_outcomes(passed=1)
    assert project.asked == 2
    assert [t["completion"]["text"] for t in project.trials()] == ["5", "6", "5", "6"]


def test_min_pass_rate_lets_a_share_of_samples_fail(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say 5|6]] {{ a }}"]
        parameters: {n: 2}
        tests: [{id: one, vars: {a: 1}, assert: ["5"], min_pass_rate: 0.6}]
        """
    )
    result = project.record()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*1 of 2 samples passed, 60% needed*"])


def test_evals_set_compares_values(project):
    project.suite(SUMS_WITHOUT_RECORDINGS)
    project.record("--evals-set", "temperature=0,0.7")
    assert sorted(body["temperature"] for body in project.server.requests) == [0, 0, 0.7, 0.7]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_xdist_gives_the_same_results(project, workers):
    project.suite(SUMS_WITH_GATE)
    project.record()
    result = project.run("-n", workers)
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"], outcomes["missed"]) == (2, 1, 1)
    assert result.ret == 1
    assert [t["outcome"] for t in project.trials()] == ["pass", "fail"]
    assert [f["outcome"] for f in project.manifest()["findings"]] == ["fail", "pass"]


def test_recording_under_xdist_asks_in_one_process_and_says_so(project):
    project.suite(SUMS_WITHOUT_RECORDINGS)
    result = project.record("-n", "2")
    result.stdout.fnmatch_lines(["*asks in one process: -n is ignored*"])
    assert project.asked == 2


def test_a_run_of_workers_is_the_newest_too(sums):
    before = (sums.path / "reports/runs/latest").resolve()
    sums.run("-n", "1").assert_outcomes(passed=1, failed=1)
    after = (sums.path / "reports/runs/latest").resolve()
    assert after != before
    assert json.loads((after / "run.json").read_text())["mode"] == "replay"


def test_without_the_cache_and_without_a_terminal_all_is_well(sums):
    assert sums.run("-p", "no:cacheprovider").ret == 1
    assert sums.run("-p", "no:terminal").ret == 1


def test_python_tests_run_beside_suites(sums):
    sums.pytester.makepyfile("def test_one(): assert True")
    sums.run().assert_outcomes(passed=2, failed=1)


def test_a_session_without_suites_writes_nothing(project):
    project.pytester.makepyfile("def test_one(): assert True")
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "model evaluation" not in result.stdout.str()
    assert not (project.path / "reports").exists()


def test_a_session_without_suites_imports_nothing_of_the_engine(project):
    project.pytester.makepyfile(
        """
        import sys

        def test_one():
            heavy = {"httpx", "aiohttp", "jinja2", "yaml", "msgspec", "jsonschema_rs", "rich",
                     "re2", "evals.session", "evals.model"}
            assert not heavy & set(sys.modules)
        """
    )
    project.pytester.runpytest_subprocess("-p", "no:anyio").assert_outcomes(passed=1)


def test_replay_imports_no_http_client_and_no_event_loop(sums):
    (sums.path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_sessionfinish():\n"
        "    found = {'httpx', 'aiohttp', 'asyncio', 'evals.endpoints.client'} & set(sys.modules)\n"
        "    print('loaded:', sorted(found))\n"
    )
    plugins = ["-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:xdist"]
    result = sums.pytester.runpytest_subprocess(*plugins, "-s")
    result.stdout.fnmatch_lines(["*loaded: []*"])


def test_the_page_is_written_and_named(sums):
    result = sums.run()
    result.stdout.fnmatch_lines(["page: reports/runs/*/report.html"])
    page = sums.path / "reports/runs/latest/report.html"
    assert "<!doctype html>" in page.read_text(encoding="utf-8")[:40].lower()


def test_the_page_goes_where_it_is_wanted_or_nowhere(sums):
    sums.run("--evals-report", "out/page.html")
    assert (sums.path / "out/page.html").exists()
    result = sums.run("--evals-no-report")
    assert "page:" not in result.stdout.str()
    assert not (sums.path / "reports/runs/latest/report.html").exists()


def test_the_run_is_on_disk(sums):
    sums.run()
    manifest = sums.manifest()
    assert manifest["complete"] is True
    assert manifest["mode"] == "replay"
    assert manifest["counts"] == {"pass": 1, "fail": 1}
    right, wrong = sums.trials()
    assert (right["outcome"], right["passed"]) == ("pass", 1)
    assert (wrong["outcome"], wrong["passed"]) == ("fail", 0)
    assert wrong["checks"][0]["type"] == "equals"
    assert wrong["source"] == "recorded"


def test_replayed_and_recorded_runs_have_the_same_verdicts(project):
    project.suite(SUMS_WITH_GATE)
    project.record()
    before = [(t["checks"], t["completion"]) for t in project.trials()]
    project.run()
    assert [(t["checks"], t["completion"]) for t in project.trials()] == before


def test_live_answers_are_journaled_and_not_recorded(project):
    project.suite(SUMS_WITHOUT_RECORDINGS)
    project.run("--evals-mode", "live").assert_outcomes(passed=2)
    assert project.recordings == []
    (journal,) = (project.path / "reports/runs/latest").glob("answers-*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len(lines) == 2
    assert all(line["response"]["status"] == 200 for line in lines)


def test_refresh_replaces_recordings(sums):
    before = [path.read_bytes() for path in sums.recordings]
    sums.run("--evals-mode", "refresh")
    assert sums.asked == 2
    assert [path.name for path in sums.recordings]
    assert [path.read_bytes() for path in sums.recordings] != before


def test_record_asks_only_what_is_missing(sums):
    sums.record()
    assert sums.asked == 0


def test_a_case_that_the_suite_skips_is_not_told_as_failed(project):
    project.suite(
        """
        endpoint: standin
        prompts: ["[[say {{ says }}]] Which?"]
        misses: allowed
        gates: [accuracy >= 0.1]
        tests:
          - {id: left-out, vars: {says: a}, assert: [a], skip: the model has no such tokens}
          - {id: wrong, vars: {says: b}, assert: [a]}
        """
    )
    said = project.record()
    summary = " ".join(said.stdout.str().split())
    assert "1 of 2 cases did not pass everywhere; the suite allows misses" in summary
    assert "no answer" not in summary
    assert "without an answer" not in summary
