"""``rynek call``: any operation from the command line, over HTTP, as the running server's own document describes it."""

import argparse
import asyncio
import difflib
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from rynek.client import Calls, Route
from rynek.kernel.faults import Fault
from rynek.kernel.outline import Outliner

URL = "http://127.0.0.1:8000"
_EXAMPLES = """examples:
  rynek call --list orders
  rynek call commerce.inventory.levels --help
  rynek call commerce.inventory.levels skus=milk,bread
  rynek call security.login --json '{"email": "anna@example.com", "password": "..."}'

Who asks: the token in RYNEK_TOKEN, or else in .rynek/token."""


class Mistaken(Exception):  # noqa: N818 - the caller is; the message says how to mend it
    """A command line that cannot be understood."""


class Described:
    """The operations of a server, read from its OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.operations = {
            entry["operationId"]: {**entry, "method": method.upper(), "path": path}
            for path, methods in document["paths"].items()
            for method, entry in methods.items()
        }
        self.schemas: Mapping[str, Any] = document["components"]["schemas"]
        self.reader = Outliner(self.schemas)

    def find(self, name: str) -> dict[str, Any]:
        """Find an operation by its name or by the end of it, where only one ends so.

        Raises:
            Mistaken: there is none, or several; the message says which come close.
        """
        if name in self.operations:
            return self.operations[name]
        ending = [each for each in self.operations if each.endswith("." + name)]
        if len(ending) == 1:
            return self.operations[ending[0]]
        last = name.rpartition(".")[2]
        alike = [each for each in self.operations if difflib.get_close_matches(last, [each.rpartition(".")[2]], 1, 0.7)]
        close = ending or difflib.get_close_matches(name, self.operations, 3, 0.6) or alike[:5]
        hint = f"did you mean {' or '.join(close)}?" if close else "`rynek call --list` lists them all"
        raise Mistaken(f"there is no operation {name}; {hint}" if not ending else f"which {name}? {', '.join(ending)}")

    def takes(self, entry: Mapping[str, Any]) -> dict[str, tuple[str, Any, bool]]:
        """List what an operation takes: place, schema and whether it is required, by name."""
        found = {
            each["name"]: (each["in"], each["schema"], each.get("required", False))
            for each in entry.get("parameters", ())
            if "$ref" not in each
        }
        body = self.resolved(self.body(entry) or {})
        required = body.get("required", ())
        return found | {name: ("body", schema, name in required) for name, schema in body.get("properties", {}).items()}

    def body(self, entry: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the schema of an operation's body; None when it takes none."""
        content = entry.get("requestBody", {}).get("content", {})
        return next((dict(each["schema"]) for each in content.values() if each), None)

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference to the schema that it names."""
        return self.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def value(self, text: str, schema: Mapping[str, Any]) -> Any:
        """Read a word of the command line as what the schema wants: text, JSON, or a list with commas."""
        kinds = self._kinds(schema)
        if "array" in kinds and not text.startswith("["):
            items = self.resolved(schema).get("items", {})
            return [self.value(each, items) for each in text.split(",")]
        if "string" in kinds and not (text == "null" and "null" in kinds):
            return text
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text  # the server says what it should have been

    def _kinds(self, schema: Mapping[str, Any]) -> set[str]:
        found = self.resolved(schema)
        if "anyOf" in found:
            return {kind for each in found["anyOf"] for kind in self._kinds(each)}
        if "enum" in found:
            return {"string"} if any(isinstance(each, str) for each in found["enum"]) else {"number"}
        kind = found.get("type", "any")
        return set(kind) if isinstance(kind, list) else {kind}

    def overview(self, part: str) -> str:
        """List the operations whose name, address or title has ``part`` in it."""
        chosen = {
            name: f"{entry['method']:6} {entry['path']}  {entry['summary']}"
            for name, entry in sorted(self.operations.items())
            if part.lower() in f"{name} {entry['path']} {entry['summary']}".lower()
        }
        wide = max(map(len, chosen), default=0)
        return "\n".join(f"{name:{wide}}  {said}" for name, said in chosen.items())

    def help(self, entry: Mapping[str, Any]) -> str:
        """Explain an operation: what it does, takes, answers and refuses."""
        lines = [f"{entry['operationId']}  ({entry['method']} {entry['path']}, policy {entry['x-policy']})", ""]
        lines += [entry["summary"] + ".", *([entry["description"]] if entry.get("description") else [])]
        parameters = [each for each in entry.get("parameters", ()) if "$ref" not in each]
        if parameters:
            lines += ["", "Parameters:"]
        for each in parameters:
            mark = "" if each.get("required") else "?"
            lines.append(
                f"  {each['name']}{mark}: {self.reader.outline(each['schema'])}  {each.get('description', '')}"
            )
        body = self.body(entry)
        if body:
            lines += ["", f"Body: {self.reader.outline(body)}"]
        for status, response in entry["responses"].items():
            content = response.get("content", {}).get("application/json")
            if status < "3":
                lines += ["", f"Answers {status}: {self.reader.outline(content['schema']) if content else 'nothing'}"]
        faults = [f"{status} {each['description']}" for status, each in entry["responses"].items() if "content" in each]
        lines += ["", "Refuses:", *("  " + each.replace("\n", "\n  ") for each in faults if each[0] > "3")]
        return "\n".join(line.rstrip() for line in lines)

    def given(self, entry: Mapping[str, Any], words: Sequence[str], whole: str | None) -> tuple[dict[str, Any], Any]:
        """Read ``name=value`` words and the ``--json`` text: path variables, and the rest that the operation takes.

        Raises:
            Mistaken: a name is unknown or missing; the message says what there is.
        """
        takes = self.takes(entry)
        found = _object(whole) if whole is not None else {}
        for word in words:
            name, equals, text = word.partition("=")
            if not equals:
                raise Mistaken(f"{word}: write name=value; {entry['operationId']} takes {_names(takes)}")
            if name not in takes:
                raise Mistaken(f"{entry['operationId']} takes no {name}; {_close(name, takes)}")
            value = self.value(text, takes[name][1])
            earlier = found.get(name)
            found[name] = [*earlier, *value] if isinstance(earlier, list) and isinstance(value, list) else value
        unknown = [name for name in found if name not in takes]
        if unknown:
            raise Mistaken(f"{entry['operationId']} takes no {unknown[0]}; {_close(unknown[0], takes)}")
        missing = [name for name, (_, _, required) in takes.items() if required and name not in found]
        if missing:
            wanted = ", ".join(f"{name}=({self.reader.outline(takes[name][1])})" for name in missing)
            raise Mistaken(f"{entry['operationId']} needs {wanted}; --help tells more")
        path = {name: found.pop(name) for name, (place, _, _) in takes.items() if place == "path"}
        return path, found if takes.keys() - path.keys() else None


def _object(text: str) -> dict[str, Any]:
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = Path(text[1:]).read_text("utf-8")
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Mistaken(f"--json: {error}; give an object, @file, or - to read it from a pipe") from None


def _names(takes: Mapping[str, Any]) -> str:
    return ", ".join(takes) or "nothing"


def _close(name: str, takes: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, takes, 1)
    return f"did you mean {close[0]}?" if close else f"it takes {_names(takes)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "rynek call",
        description="Call an operation of a running server and print its answer as JSON.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXAMPLES,
        add_help=False,
    )
    parser.add_argument("operation", nargs="?", help="its name, such as commerce.inventory.levels, or the end of it")
    parser.add_argument("words", nargs="*", metavar="name=value", help="what it takes; several values with commas")
    parser.add_argument("--json", metavar="OBJECT", help="what it takes as JSON; @file reads a file, - a pipe")
    parser.add_argument("--list", action="store_true", help="list the operations, or those with a word in them")
    parser.add_argument("--url", default=os.environ.get("RYNEK_URL", URL), help=f"the server ({URL})")
    parser.add_argument("-h", "--help", action="store_true", dest="helped", help="explain this, or an operation")
    return parser


def token(folder: Path = Path(".rynek"), environment: Mapping[str, str] = os.environ) -> str | None:
    """Find the caller's token; None: none is kept here."""
    given = environment.get("RYNEK_TOKEN")
    if given:
        return given.strip()
    path = folder / "token"
    return path.read_text("utf-8").strip() if path.exists() else None


def ended(command: str, url: str, work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a command that asks a server; gives its exit code: 1 refused, 2 not understood, 3 nobody answers."""
    try:
        return asyncio.run(work())
    except Fault as fault:
        sys.stderr.write(f"refused: {fault.detail}\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"rynek {command}: {error}\n")
        return 2
    except OSError as error:
        where = error.filename or url
        sys.stderr.write(f"rynek {command}: {where}: {error.strerror or str(error) or type(error).__name__}\n")
        return 2 if error.filename else 3
    except KeyboardInterrupt:
        return 130


def main(arguments: Sequence[str]) -> int:
    """Run ``rynek call`` with what follows it; gives its exit code: 1 refused, 2 not understood, 3 nobody answers."""
    parser = _parser()
    given = parser.parse_intermixed_args(arguments)
    if given.helped and not given.operation:
        parser.print_help()
        return 0
    try:
        said = asyncio.run(_run(given))
    except Mistaken as mistake:
        sys.stderr.write(f"rynek call: {mistake}\n")
        return 2
    except Fault as fault:
        sys.stderr.write(_refusal(fault) + "\n")
        return 1
    except OSError as error:
        why = str(error) or type(error).__name__
        sys.stderr.write(f"rynek call: no answer from {given.url} ({why}); is `rynek serve` running there?\n")
        return 3
    sys.stdout.write(said + "\n" if said else "")
    return 0


async def _run(given: argparse.Namespace) -> str:
    try:
        calls = Calls(given.url, token())
    except ValueError as error:
        raise Mistaken(str(error)) from None
    async with calls:
        described = Described(await calls.ask(Route[dict[str, Any]]("GET", "/openapi.json", dict[str, Any]), {}))
        if given.list or not given.operation:
            return described.overview(" ".join((given.operation or "", *given.words)).strip())
        entry = described.find(given.operation)
        if given.helped:
            return described.help(entry)
        path, rest = described.given(entry, given.words, given.json)
        answered = await calls.ask(Route[Any](entry["method"], entry["path"], Any), path, rest)
        return "" if answered is None else msgspec.json.format(msgspec.json.encode(answered)).decode()


def _refusal(fault: Fault) -> str:
    facts = {name: value for name, value in fault.facts.items() if name not in ("type", "title", "status", "detail")}
    title = fault.facts.get("title", fault.title)
    detail = "" if fault.detail == title else f": {fault.detail}"
    told = f"\n{msgspec.json.format(msgspec.json.encode(facts)).decode()}" if facts else ""
    hint = "\nput your token into RYNEK_TOKEN or .rynek/token" if fault.code in ("unauthenticated", "forbidden") else ""
    return f"refused: {title}{detail}{told}{hint}"
