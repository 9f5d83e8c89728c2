"""The commands that people type, and the files that they read, agree with each other."""

import os
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import run

ROOT = Path(__file__).resolve().parent.parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z]+):.*## ", MAKEFILE, flags=re.MULTILINE)
LOCKS = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock", ROOT / "deploy" / "requirements-uv.lock"]
SCRIPTS = [*sorted((ROOT / "deploy").glob("*.sh")), ROOT / ".ci" / "run"]
OPERATORS_GUIDE = (ROOT / "docs" / "operators-guide.md").read_text()
DEVELOPMENT = (ROOT / "docs" / "development.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def is_ours(app: str) -> bool:
    return app.split(".")[0] in PROJECT["tool"]["importlinter"]["root_packages"]


def procfile() -> dict[str, list[str]]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    commands = dict(line.split(": exec ", maxsplit=1) for line in lines)
    return {name: command.replace('"', "").split() for name, command in commands.items()}


def variables(path: str) -> set[str]:
    """The names that a file of environment variables gives values to."""
    return set(re.findall(r"^([A-Z_]+)=", (ROOT / path).read_text(), flags=re.MULTILINE))


def read_by_production(pattern: str) -> set[str]:
    source = (ROOT / "training_site" / "settings" / "production.py").read_text()
    return set(re.findall(pattern + r'\(\s*"([A-Z_]+)"', source))


def locked(lock: Path) -> dict[str, set[str]]:
    """Package → its versions: one that no Python and platform shares may be locked twice."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;]+)", lock.read_text(), re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


# Commands ------------------------------------------------------------------------------------------


def test_every_make_target_is_phony_and_described():
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)[1].split()
    rules = re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE)

    assert sorted(phony) == sorted(rules) == sorted(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_stands_in_the_developers_guide(target):
    assert f"| `make {target}` |" in DEVELOPMENT


@pytest.mark.parametrize("target", ["run", "test", "check"])
def test_the_readme_names_the_commands_that_people_begin_with(target):
    assert f"make {target}" in (ROOT / "README.md").read_text()


def test_make_alone_lists_the_targets():
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert [line.split()[1] for line in listed.splitlines()] == TARGETS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_script_can_be_run_and_stops_at_its_first_error(script):
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in script.read_text()
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


@pytest.mark.parametrize("command", sorted(name for name, app in get_commands().items() if is_ours(app)))
def test_every_command_of_ours_stands_in_the_operators_guide(command):
    assert f"| `{command}` |" in OPERATORS_GUIDE


# Processes -----------------------------------------------------------------------------------------


def test_the_procfile_starts_web_worker_and_tick():
    assert list(procfile()) == ["web", "worker", "tick"]


@pytest.mark.parametrize("name", ["worker", "tick"])
def test_a_process_runs_a_command_that_exists(name):
    python, manage, command, *_ = procfile()[name]

    assert (python, manage) == ("python", "manage.py")
    assert command in get_commands()


def test_the_web_process_serves_the_site_with_the_configuration_in_deploy():
    *_, option, configuration, application = procfile()["web"]

    assert (option, application) == ("--config", "training_site.wsgi")
    assert (ROOT / configuration).exists()


@pytest.mark.parametrize("name", ["worker", "tick"])
def test_a_container_runs_what_the_procfile_says(name):
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]

    assert services[name]["command"] == procfile()[name]


def test_the_image_runs_the_web_process_of_the_procfile():
    commands = re.findall(r"^CMD (\[.*\])$", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE)

    assert yaml.safe_load(commands[0]) == procfile()["web"]


def test_the_image_gets_every_package_of_ours():
    let_in = (ROOT / ".dockerignore").read_text().splitlines()

    assert {f"!{package}" for package in PROJECT["tool"]["importlinter"]["root_packages"]} <= set(let_in)


# Environment ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(read_by_production(r"(?:required|own|env\.\w+)")))
def test_every_variable_that_production_reads_stands_in_the_operators_guide(name):
    assert f"| `{name}` |" in OPERATORS_GUIDE


@pytest.mark.parametrize("path", ["deploy/build.env", "deploy/stipple.env.example"])
def test_every_variable_that_production_needs_has_its_place(path):
    assert read_by_production("(?:required|own)") <= variables(path)


def test_the_example_of_a_sites_values_holds_no_secret():
    example = (ROOT / "deploy" / "stipple.env.example").read_text()

    assert re.findall(r"^(?:DJANGO_SECRET_KEY|CONTACT_KEY)=(.*)$", example, flags=re.MULTILINE) == ["", ""]


# Locked requirements -------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_holds_no_address(lock):
    assert re.findall(r"\S*(?:https?:|file:|://)\S*", lock.read_text()) == []


def test_the_tools_are_locked_beside_the_very_versions_that_a_site_runs_on():
    site, tools = locked(LOCKS[0]), locked(LOCKS[1])

    assert {name: tools.get(name) for name in site} == site


@pytest.mark.parametrize(("lock", "group"), [(LOCKS[0], None), (LOCKS[1], "dev")], ids=["site", "tools"])
def test_everything_that_the_project_asks_for_is_locked_at_a_version_it_allows(lock, group):
    asked = PROJECT["dependency-groups"][group] if group else PROJECT["project"]["dependencies"]
    versions = locked(lock)

    for requirement in map(Requirement, asked):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement} is not locked: run make lock"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement}: run make lock"


# The runner of the tests ---------------------------------------------------------------------------


def part(name: str = "SQLite", *, problem: str = "", failures: int = 0, **counts: int) -> run.Part:
    return run.Part(name, "", workers=0, counts=Counter(counts), problem=problem, failures=failures)


def test_each_kind_of_outcome_is_counted_from_pytests_report(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        "<testcase/><testcase/><testcase><failure/></testcase><testcase><error/></testcase>"
        "<testcase><skipped/></testcase>"
        "</testsuite></testsuites>"
    )

    assert run.count(report) == {"passed": 2, "failed": 2, "skipped": 1}


@pytest.mark.parametrize(
    ("suite", "code", "last_line"),
    [
        ([part(passed=3), part(passed=2)], 0, "5 passed, 0 failed"),
        ([part(passed=3), part(failed=1)], 1, "3 passed, 1 failed"),
        ([part(passed=3, skipped=2), part()], 0, "3 passed, 0 failed, 2 skipped"),
        ([part(passed=3), part(problem="did not run: no Chromium")], 0, "3 passed, 0 failed"),
        ([part(passed=3), part(problem="did not run: no Chromium", failures=1)], 1, "3 passed, 1 failed"),
        ([part(), part()], 5, "0 passed, 0 failed"),
    ],
    ids=["all passed", "one failed", "some skipped", "a part could not run", "it had to run", "nothing ran"],
)
def test_the_run_closes_with_its_totals_and_fails_when_anything_failed(suite, code, last_line, capsys):
    assert run.conclude(suite) == code
    assert capsys.readouterr().out.splitlines()[-1] == last_line


@pytest.mark.parametrize(
    ("ended", "line"),
    [
        (part("SQLite", passed=12), "SQLite:     12 passed"),
        (part("PostgreSQL", skipped=1, failed=2, passed=9), "PostgreSQL: 9 passed, 2 failed, 1 skipped"),
        (part("Browser", problem="did not run: no Chromium"), "Browser:    did not run: no Chromium"),
        (part("PDF checks"), "PDF checks: did not run: no such tests were selected"),
    ],
    ids=["passed", "mixed", "could not run", "nothing selected"],
)
def test_the_closing_table_says_of_a_part_what_passed_or_why_it_did_not_run(ended, line, capsys):
    run.conclude([ended])

    assert capsys.readouterr().out.splitlines()[1] == line


def test_ci_runs_everything_but_the_journeys_on_postgresql():
    marks = {part.name: part.marks for part in run.parts(ci=True)}

    assert marks["PostgreSQL"] == "not journey"


def test_every_journey_is_where_the_browser_part_looks_for_it():
    [folder] = {part.folder for part in run.parts(ci=False) if part.marks == "journey"}
    marked = [
        path for path in (ROOT / "tests").rglob("test_*.py") if re.search(r"mark\.journey\b", path.read_text())
    ]

    assert {path.parent for path in marked} == {ROOT / folder}


@pytest.mark.parametrize(
    ("workers", "names"),
    [(2, ["tests.sqlite3_gw0", "tests.sqlite3_gw1"]), (0, ["tests.sqlite3"])],
    ids=["two processes", "one"],
)
def test_every_process_of_a_whole_run_begins_with_a_copy_of_the_migrated_database(tmp_path, workers, names):
    migrated, own = tmp_path / "migrated.sqlite3", tmp_path / "own"
    migrated.write_bytes(b"rows")
    own.mkdir()

    assert run.migrate_once({"TEST_SQLITE": str(own / "tests.sqlite3")}, migrated, workers=workers) is True

    assert {path.name: path.read_bytes() for path in own.iterdir()} == dict.fromkeys(names, b"rows")
