"""Every context has the one shape that docs/architecture.md and CONTRIBUTING.md describe."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "rynek"
# the ground and the composition: no contexts, so free in their files
NO_CONTEXTS = {"kernel", "bench", "demo", "client", "console"}
SHAPE = {
    "__init__.py",
    "model.py",
    "events.py",
    "rules.py",
    "queries.sql",
    "actions.py",
    "reactions.py",
    "http.py",
    "policy.cedar",
    "ports.py",
    "schema/",
    "pages/",
    "assets/",
}
# files that one context has beyond the shape, each with its reason
BEYOND: dict[str, dict[str, str]] = {
    "commerce/payments": {
        "circuits.py": "how this process fares with each provider: memory, so neither rule nor action",
        "collecting.py": "money as others book it: for those above who read statements",
        "settlement.py": "what providers are asked and said: for operations, reactions and the work of each process",
        "signatures.py": "how the shop and the simulator know each other: both sides of one wire",
        "simulator.py": "an adversarial provider: a program of its own that shares no state with the shop",
        "stripe.py": "Stripe, behind the port",
        "payu.py": "PayU, behind the port",
        "payu_simulator.py": "PayU by its documented states, adverse: a program of its own",
        "wire.py": "the simulator's client, behind the port",
    },
    "commerce/reconciliation": {
        "statements.py": "documents of others read into lines: formats, neither rule nor action",
    },
    "commerce/checkout": {
        "placing.py": "how carts become orders, batched; also for those who place in transactions of their own",
        "tally.py": "what carts come to, from prices, promotions, delivery and gifts: shared by every verb",
    },
    "commerce/shipping": {
        "labelling.py": "what carriers are asked and said: for jobs and for operations alike",
        "windows.py": "the verbs of hours of delivery, which orders have in the transaction that places them",
        "house.py": "the house's own van, behind the port",
        "karrio.py": "whoever a karrio server speaks with, behind the port",
        "simulator.py": "an adversarial carrier: a program of its own that shares no state with the shop",
    },
    "commerce/quotes": {
        "approvals.py": "verbs of their own: what one may not order alone another lets pass",
        "lists.py": "verbs of their own: typed lists and templates, on their way into a cart",
    },
    "commerce/wallets": {
        "ledger.py": "what verbs, reactions and payments move alike, and the provider that pays from it",
    },
    "commerce/companies": {
        "vat.py": "the check digits of 28 registers, long by nature; pure, as rules are",
    },
    "commerce/pos": {
        "returning.py": "verbs of their own: what comes back over a counter, with a receipt or without",
    },
    "commerce/pricing": {
        "intake.py": "what bulk writes take and refuse, apart from which price counts",
        "saying.py": "a history that is gone through once: memory, so no rule",
    },
    "commerce/simulations": {
        "desk.py": "the process that counts, and both sides of the pipe to it: neither decision nor verb",
    },
    "commerce/promotions": {
        "language.py": "what a promotion is written in: a language is larger than a word",
        "programs.py": "promotions compiled: the same language as it runs",
        "rewards.py": "what each word of giving gives to lines: arithmetic apart from compiling",
        "shelf.py": "what promotions make of prices over time; pure, as rules are, apart from baskets",
        "shelving.py": "the verbs of the shelf: prices that nobody but it writes",
    },
    "commerce/media": {
        "darkroom.py": "the processes in which pictures are decoded, bounded and replaced when they die",
        "press.py": "what runs in them: a program of its own that imports nothing of Rynek and may do nothing else",
    },
    "commerce/browse": {
        "shelf.py": "what a process has ready to show, and the news that clears it: memory, so neither rule nor action",
    },
    "integration/stream": {
        "asyncapi.py": "a document of a standard's form, long by nature; pure, as rules are",
        "live.py": "server-sent events: an answer that goes on, which no action does",
        "tail.py": "one look at the end of the log for all who wait in a process: memory, so no action",
    },
    "integration/webhooks": {
        "dispatch.py": "what each process keeps doing: for no operation and no event, but for what waits",
        "filters.py": "a small language: read, checked and asked; pure, as rules are",
        "sending.py": "the wire: addresses that were looked up once and checked, bounded answers",
    },
    "integration/exchange": {
        "access.py": "who may bring in and take out what: all of the verbs ask it",
        "mappings.py": "the verbs of mappings, which are kept for themselves",
        "looking.py": "the verbs that only look",
        "storing.py": "where files lie",
        "guessing.py": "what a file is, found out by its beginning",
        "reading.py": "files into rows, bounded whatever they hold: neither rule, as it reads, nor action",
        "writing.py": "rows into files",
        "uploads.py": "files on their way in and out",
        "workbook.py": "a program of its own, so that a workbook harms no other process",
        "columns.py": "the columns of a sheet, from the types of its operations",
        "things.py": "rows of a file as things of the shop",
        "chunks.py": "some rows at a time through the door: what importing, rehearsing and undoing share",
        "running.py": "the work behind imports and exports, taken over from a process that has died",
    },
    "commerce/search": {
        "analysis.py": "what texts are made of: one for what is sold and what is asked, for whichever engine",
        "sheets.py": "how a product becomes what an engine keeps",
        "index.py": "the embedded engine and its files, behind the port",
        "remote.py": "the engine on a cluster, behind the port",
        "desk.py": "what a process has ready to answer with: memory, so neither rule nor action",
        "keeper.py": "the process that keeps the index in step with the log",
        "judging.py": "the ranking without a shop around it, to be judged",
        "finding.py": "one way from a query to an answer, for finding and for previews",
    },
    "commerce/documents": {
        "billing.py": "invoices for what companies got in a period: a desk of its own beside actions",
        "counter.py": "verbs of their own: what is given in writing about receipts of tills",
        "stored.py": "rows as statements give them: apart from words that go out, which are many",
        "tills.py": "a receipt as documents see it, and on paper: pure, as drafting of orders is",
        "levelling.py": "what documents have to be corrected to: pure, beside what drafts them",
        "sales.py": "an order as documents see it: pure, and shared by what drafts",
        "drafting.py": "what an order becomes on paper: pure, as rules are, and as long as they",
        "spelling.py": "amounts in words: the grammar of two languages",
        "paper.py": "what a document looks like, laid out once for its page and its PDF",
        "press.py": "the PDF: the one file that speaks to the library that prints it",
    },
    "commerce/inventory": {
        "holding.py": "the verbs of what is set aside: promises, apart from what comes and goes",
        "awaiting.py": "the verbs of what is sold beyond stock: who waits, for when, and is served",
        "moving.py": "the verbs of what comes and goes: documents, counters, transfers, apart from what only looks",
        "lots.py": "the verbs of lots and serial numbers: of few items, and asked for them alone",
        "history.py": "what the ledger tells of many items at once, for those who reckon with it",
    },
    "commerce/orders": {
        "changing.py": "the verbs of orders after they were placed, apart from their way from placing to the door",
        "leaving.py": "many shipments at once: what one does in steps, in a few statements",
    },
    "commerce/fulfilment": {
        "sending.py": "the words of parcels under way, apart from those of work",
        "ground.py": "what is known of the places of a batch of orders: one look, so neither rule nor verb",
        "working.py": "the verbs at the shelves: lists, scans, and what is not there",
        "packing.py": "the verbs of parcels: packed, labelled, handed over",
        "collecting.py": "the verbs of what its buyers collect, and of what they do not",
    },
    "commerce/purchasing": {
        "promising.py": "the verbs of promises: when something comes, and who is told",
        "receiving.py": "the verbs at the door: what came, and what is settled about it",
    },
    "commerce/returns": {
        "settling.py": "the verbs of goods that arrived, apart from what is asked and decided before",
    },
    "commerce/repricing": {
        "gathering.py": "what is known of many prices at once, for all that decide about them",
    },
    "design": {
        "looks.py": "what readers and installations chose, in a cookie and in a file: neither decision nor verb",
    },
    "security": {
        "gate.py": "what the door asks of security in every request, kept apart from what people ask of it",
        "policies.py": "Cedar, and the memory of what it decided",
        "passwords.py": "argon2, and the threads that it runs in",
        "seals.py": "the seals on the audit, and looking through them",
    },
}
FORBIDDEN_WORDS = {
    "service",
    "manager",
    "utils",
    "util",
    "helpers",
    "helper",
    "base",
    "impl",
    "repository",
    "mediator",
    "dto",
}
LONGEST_FILE = 600
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
SQL_COMMENTS_AND_TEXTS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"", re.DOTALL)
SQL_SHOUTED = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|CREATE|TABLE|INDEX|ALTER|RETURNS|BEGIN|END)\b")
CLOCK_READERS = {"now", "utcnow", "today"}

PYTHON = sorted(SRC.rglob("*.py"))
SQL = sorted(SRC.rglob("*.sql"))


def contexts() -> Iterator[Path]:
    """Find the packages that hold a part of the trade, either directly in the house or in a group such as commerce."""
    for package in packages(SRC):
        if package.name not in NO_CONTEXTS:
            yield from packages(package) or [package]


def packages(directory: Path) -> list[Path]:
    inside = {"schema", "pages", "assets", "__pycache__"}
    return sorted(path for path in directory.iterdir() if path.is_dir() and path.name not in inside)


def name(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def words(identifier: str) -> set[str]:
    return {word.lower() for word in WORD.findall(identifier)}


CONTEXTS = list(contexts())
GROUPS = sorted({context.parent for context in CONTEXTS} - {SRC})
RULES = [rules for context in CONTEXTS if (rules := context / "rules.py").exists()]


def public_functions(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def property_tests() -> list[Path]:
    return [
        path for path in (ROOT / "tests").rglob("test_*.py") if re.search(r"^@given\(", path.read_text(), re.MULTILINE)
    ]


def names_used(path: Path, module: str) -> set[str]:
    """List the names that a test file uses if it imports ``module``, else none."""
    tree = ast.parse(path.read_text())
    package, _, last = module.rpartition(".")
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    if not any(node.module == module or (node.module == package and last in named(node)) for node in imports):
        return set()
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def named(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


@pytest.mark.parametrize("context", CONTEXTS, ids=name)
def test_a_context_holds_only_the_files_of_the_shape(context: Path) -> None:
    there = {path.name + "/" * path.is_dir() for path in context.iterdir() if path.name != "__pycache__"}
    assert not there - SHAPE - BEYOND.get(name(context), {}).keys()


@pytest.mark.parametrize("directory", GROUPS, ids=name)
def test_a_group_holds_only_contexts(directory: Path) -> None:
    there = {path.name for path in directory.iterdir() if path.name != "__pycache__"}
    assert not there - {"__init__.py"} - {context.name for context in CONTEXTS}


@pytest.mark.parametrize("context", CONTEXTS, ids=name)
def test_a_context_has_a_door(context: Path) -> None:
    """The package says what it is for and lists what others may use."""
    tree = ast.parse((context / "__init__.py").read_text())
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    assert ast.get_docstring(tree)
    assert "__all__" in {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.mark.parametrize("path", [path for path in PYTHON if path.name != "__init__.py"], ids=name)
def test_no_file_is_empty(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert len(tree.body) > (ast.get_docstring(tree) is not None)


@pytest.mark.parametrize("path", [*PYTHON, *SQL], ids=name)
def test_no_file_is_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_names_are_words_of_the_trade(path: Path) -> None:
    classes = [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    places = path.relative_to(SRC).with_suffix("").parts
    assert not {used for used in [*classes, *places] if words(used) & FORBIDDEN_WORDS}


@pytest.mark.parametrize("path", SQL, ids=name)
def test_sql_is_lower_case(path: Path) -> None:
    assert not SQL_SHOUTED.findall(SQL_COMMENTS_AND_TEXTS.sub("", path.read_text()))


def test_migrations_are_numbered_once_in_each_schema() -> None:
    """The parts of one context share a schema, and so its numbers."""
    migrations = [path for path in SQL if path.parent.name == "schema"]
    assert not [path for path in migrations if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", path.name)]
    numbers = Counter((path.relative_to(SRC).parts[0], path.name[:4]) for path in migrations)
    assert not [number for number, files in numbers.items() if files > 1]


@pytest.mark.parametrize("path", [path for path in PYTHON if path.name in {"actions.py", "reactions.py"}], ids=name)
def test_annotations_of_operations_are_evaluated(path: Path) -> None:
    """The door reads the types of operations and reactions when they are declared."""
    assert "from __future__ import annotations" not in path.read_text()


@pytest.mark.parametrize("rules", RULES, ids=name)
def test_rules_wait_for_nothing_and_read_no_clock(rules: Path) -> None:
    nodes = list(ast.walk(ast.parse(rules.read_text())))
    assert not [node.name for node in nodes if isinstance(node, ast.AsyncFunctionDef)]
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    assert not {call.attr for call in calls if isinstance(call, ast.Attribute)} & CLOCK_READERS


@pytest.mark.parametrize("rules", RULES, ids=name)
def test_every_rule_has_a_property_test(rules: Path) -> None:
    module = "rynek." + name(rules).removesuffix(".py").replace("/", ".")
    tested = set[str]().union(*(names_used(path, module) for path in property_tests()))
    assert not set(public_functions(rules)) - tested
