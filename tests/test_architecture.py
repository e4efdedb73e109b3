"""Three packages, one direction: what may import what, how big things may be, and what must not be written."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("forms", "reports", "webapp")
LONGEST_FUNCTION = 40
LONGEST_FILE = 400
VAGUE = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"})


@dataclass(frozen=True)
class Rule:
    """Files (by the beginning of their module's name) and what they may not import."""

    modules: tuple[str, ...]
    forbidden: tuple[str, ...]
    but: tuple[str, ...] = ()


WEB = ("flask", "werkzeug", "huey", "waitress")
SQL = ("sqlalchemy", "flask_sqlalchemy", "alembic", "psycopg", "sqlite3")
RULES = (
    Rule(("forms",), ("reports", "webapp", "jinja2", "weasyprint", "openpyxl", *WEB, *SQL)),
    Rule(("reports",), ("webapp", *WEB, *SQL)),
    Rule(("webapp.models",), ("webapp.queries", "webapp.services", "webapp.blueprints", "webapp.policy", "reports")),
    Rule(("webapp.queries",), ("webapp.services", "webapp.blueprints", "webapp.guard")),
    Rule(("webapp.services",), ("webapp.blueprints", "webapp.guard")),
    Rule(
        ("webapp.policy", "webapp.policy_terms", "webapp.policy_words", "webapp.vocabulary"),
        (*WEB, *SQL, "webapp.models", "webapp.database"),
    ),
    # The engine is several files: fragments, their fonts, the file written of them. What they know of WeasyPrint's
    # inside stays in one room, whose parent's side doesn't load it.
    Rule(("forms", "reports", "webapp"), ("weasyprint", "pydyf", "fontTools"), but=("reports.pdf", "reports.layout")),
    Rule(
        ("reports.layout.crew", "reports.layout.making", "reports.layout.keeping"),
        ("weasyprint", "pydyf", "reports.pdf"),
    ),
    Rule(
        ("forms", "reports", "webapp"),
        ("openpyxl",),
        # The workbook's rows are streamed into what openpyxl built: the room that does so knows its styles and charts.
        but=("reports.workbook", "reports.spreadsheet", "reports.takeaway.writing", "reports.takeaway.cells"),
    ),
    Rule(("forms", "reports", "webapp"), ("isal",), but=("reports.spreadsheet.package", "reports.layout.writing")),
    Rule(("forms", "reports", "webapp"), ("python_calamine",), but=("reports.takeaway.opening",)),
)
# Where what a package may use from outside is a short list.
ALLOWED = {
    # What French words have in common, and how far one is from another: pure computation, as the rest of it.
    "forms": {"forms", "wtforms", "markupsafe", "snowballstemmer", "rapidfuzz"},
    "reports": {
        "forms",
        "reports",
        "jinja2",
        "markupsafe",
        "weasyprint",
        "pydyf",
        "fontTools",
        "openpyxl",
        "isal",
        "pypdf",
        "pikepdf",
        "PIL",
        "python_calamine",
    },
}


def module_of(file: Path) -> str:
    """forms/kinds/__init__.py → forms.kinds."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def files(*packages: str) -> list[Path]:
    """The Python files of these packages, in order."""
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


@cache
def tree(file: Path) -> ast.Module:
    """A file, read."""
    return ast.parse(file.read_text("utf-8"), str(file))


def typing_only(module: ast.Module) -> set[ast.AST]:
    """Everything under `if TYPE_CHECKING:`: read by the type checker, never run."""
    return {
        inner
        for node in ast.walk(module)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in node.body
        for inner in ast.walk(child)
    }


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """What a file imports, by full name, `from a import b` as a.b."""
    module = tree(file)
    skipped = typing_only(module)
    for node in ast.walk(module):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def within(name: str, parents: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these or lies under one."""
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def test_the_walk_sees_the_code() -> None:
    assert {module_of(file).partition(".")[0] for file in files(*PACKAGES)} == set(PACKAGES)
    assert (ROOT / "forms" / "definition.py") in files("forms")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{'+'.join(rule.modules)} without {rule.forbidden[0]}")
def test_imports_go_one_way(rule: Rule) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in files(*PACKAGES)
        if within(module_of(file), rule.modules) and not within(module_of(file), rule.but)
        for line, name in imports(file)
        if within(name, rule.forbidden)
    ]
    assert not wrong


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_uses_its_short_list_only(package: str) -> None:
    allowed = ALLOWED[package] | sys.stdlib_module_names
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in files(package)
        for line, name in imports(file)
        if name.partition(".")[0] not in allowed
    ]
    assert not wrong


def calls(file: Path) -> Iterator[tuple[int, str]]:
    """What a file calls, as written."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def test_forms_reports_and_services_are_told_the_time() -> None:
    clock = re.compile(r"(datetime|date|time|clock)\.(now|utcnow|today|time|gmtime|localtime)$|^now$")
    services = [file for file in files("webapp") if within(module_of(file), ("webapp.services", "webapp.queries"))]
    wrong = [
        f"{file.relative_to(ROOT)}:{line} calls {name}"
        for file in (*files("forms", "reports"), *services)
        for line, name in calls(file)
        if clock.search(name)
    ]
    assert not wrong


def test_only_services_commit() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in files("webapp")
        if within(module_of(file), ("webapp.models", "webapp.queries", "webapp.blueprints", "webapp.policy"))
        for line, name in calls(file)
        if name.endswith("session.commit")
    ]
    assert not wrong


def test_services_and_queries_know_no_request() -> None:
    web = {f"flask.{name}" for name in ("request", "session", "g", "flash", "redirect", "abort", "render_template")}
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in files("webapp")
        if within(module_of(file), ("webapp.services", "webapp.queries", "webapp.models"))
        for line, name in imports(file)
        if name in web - {"flask.render_template"}
    ]
    assert not wrong


def test_the_state_of_a_sheet_has_one_writer() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in files("webapp")
        if module_of(file) != "webapp.services.moves"
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and ast.unparse(target) in {"sheet.state", "self.sheet.state"}
    ]
    assert not wrong


def test_every_module_opens_with_its_purpose() -> None:
    wrong = [
        str(file.relative_to(ROOT)) for file in files(*PACKAGES, "migrations") if not ast.get_docstring(tree(file))
    ]
    assert not wrong


def test_functions_and_files_keep_their_size() -> None:
    wrong = []
    for file in files(*PACKAGES):
        lines = len(file.read_text("utf-8").splitlines())
        if lines > LONGEST_FILE:
            wrong.append(f"{file.relative_to(ROOT)}: {lines} lines")
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    wrong.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert not wrong


def test_no_file_is_named_for_nothing() -> None:
    wrong = [str(file.relative_to(ROOT)) for file in files(*PACKAGES, "tests") if VAGUE & set(file.stem.split("_"))]
    assert not wrong


def test_templates_trust_nobody() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {found.group()}"
        for file in sorted((ROOT / "templates").rglob("*.html"))
        for found in re.finditer(
            r"\|\s*safe\b|autoescape\s+false|\sstyle=\"|\son[a-z]+=\"|<script(?![^>]*src=)[^>]*>", file.read_text()
        )
        if not {"application/json", "application/ld+json"} & set(re.findall(r'type="([^"]+)"', found.group()))
    ]
    assert not wrong


def test_the_top_level_holds_what_the_design_names_and_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    expected = {"pyproject.toml", "README.md", "Makefile", "requirements.txt", ".ci", ".gitignore", "migrations"}
    assert top <= expected | {*PACKAGES, "templates", "tests"}
