"""The embedded index: tantivy's files in a folder, who may write them, and how damage is noticed.

A folder has generations, each a whole index; the file ``current`` names the one in use. One process of a machine writes
(whoever has the lock), and after each commit seals what it wrote: size and checksum of every file. Readers open what
``current`` names, after comparing it with the seal, and look for commits every tenth of a second (ADR 16).
"""

import fcntl
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import tantivy
from msgspec import Struct
from tantivy import Document, FieldType, Occur, Query

from rynek.commerce.search import rules
from rynek.commerce.search.model import Ask, Counts, Damaged, Match, Matches, Narrow, Sheet, Slot, Way, Weights

VERSION = 2
"""Rises when the fields or the analysis change: an index of another version is built anew."""
HEAP_BYTES = 64_000_000
_TEXTS = ("name", "head", "around", "prose")
_SIZES = {"categories": 600, "brand": 60, "values": 300, "available": 4}
_NUMBERED = ("categories", "brand", "values")
"""What is counted by names: the names as numbers too, as those are counted in half the time."""
_COUNTED = 4_000
_HALF = 64
T = TypeVar("T")


def _schema() -> tantivy.Schema:
    made = tantivy.SchemaBuilder()
    made.add_text_field("id", tokenizer_name="raw", index_option="basic")
    made.add_text_field("channel", tokenizer_name="raw", index_option="basic")
    for name in _TEXTS:
        made.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    made.add_text_field("codes", tokenizer_name="raw", index_option="basic")
    for name in _NUMBERED:
        made.add_text_field(name, tokenizer_name="raw", index_option="basic")
        made.add_unsigned_field(f"{name}_numbers", fast=True)
    # the product's id in two halves: what is read of all that is found lies in columns
    made.add_unsigned_field("high", fast=True)
    made.add_unsigned_field("low", fast=True)
    made.add_text_field("title", fast=True, tokenizer_name="raw", index_option="basic")
    made.add_json_field("numbers", fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("price", "available", "born", "due"):
        made.add_unsigned_field(name, indexed=True, fast=True)
    for name in ("sold", "margin", "lift"):
        made.add_float_field(name, fast=True)
    return made.build()


SCHEMA = _schema()


def number(name: str) -> int:
    """Write a name as a number that JSON keeps whole: of a million names two are one once in 18,000 times."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 11


def _document(sheet: Sheet) -> Document:
    made = Document()
    for name, text in (("id", sheet.id), ("channel", sheet.channel), ("title", sheet.title)):
        made.add_text(name, text)
    for name in filter(sheet.__getattribute__, _TEXTS):
        made.add_text(name, getattr(sheet, name))
    brands = [sheet.brand] if sheet.brand else []
    lists = (("codes", sheet.codes), ("categories", sheet.categories), ("values", sheet.values), ("brand", brands))
    for name, many in lists:
        for each in many:
            made.add_text(name, each)
            if name in _NUMBERED:
                made.add_unsigned(f"{name}_numbers", number(each))
    if sheet.numbers:
        made.add_json("numbers", dict(sheet.numbers))
    product = UUID(sheet.id.partition(" ")[2]).int
    whole = {"high": product >> _HALF, "low": product & (1 << _HALF) - 1, "price": sheet.price}
    for name, count in (*whole.items(), ("available", sheet.available), ("born", sheet.born_s), ("due", sheet.due_s)):
        if count is not None:
            made.add_unsigned(name, int(count))
    shares = {} if sheet.margin is None else {"margin": sheet.margin}
    for name, value in (shares | {"sold": sheet.sold, "lift": sheet.lift}).items():
        made.add_float(name, value)
    return made


# --- asking -----------------------------------------------------------------------------------------------------------


class Index:
    """A generation opened for reading."""

    def __init__(self, folder: Path) -> None:
        """Open a generation.

        Raises:
            Damaged: it is not as it was sealed.
        """
        self.folder = folder
        verify(folder)
        self._index = _whole(lambda: tantivy.Index.open(str(folder)))
        _whole(lambda: self._index.config_reader("manual"))
        self.stamp = -1
        self._names: dict[int, str] = {}
        self._known: dict[str, int] = {}
        self._counts: dict[Any, dict[str, Counts]] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Look for a commit; gives whether there was one.

        Raises:
            Damaged: what was committed cannot be read.
        """
        try:
            stamp = (self.folder / "meta.json").stat().st_mtime_ns
        except OSError as error:
            raise Damaged(f"{self.folder.name}: {error.strerror}") from error
        if stamp == self.stamp:
            return False
        _whole(self._index.reload)
        self.stamp = stamp
        # what is remembered is true of one commit; one who still asks the last one remembers it in these
        self._known, self._counts = {}, {}
        return True

    @property
    def products(self) -> int:
        """How many sheets there are."""
        return int(self._index.searcher().num_docs)

    def known(self, form: str) -> int:
        """Tell how many products have a word in their name or around it."""
        known = self._known
        count = known.get(form)
        if count is None:
            searcher = self._index.searcher()
            count = known[form] = max(searcher.doc_freq("name", form), searcher.doc_freq("around", form))
        return count

    def begun(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Give words that begin so, the most frequent first."""
        searcher = self._index.searcher()
        found: dict[str, int] = {}
        for name in ("name", "around"):
            for word, count in searcher.terms_with_prefix(name, prefix, limit=4 * limit):
                found[word] = max(found.get(word, 0), count)
        return sorted(found.items(), key=lambda each: (-each[1], each[0]))[:limit]

    def vocabulary(self) -> Mapping[str, int]:
        """Give all words of names and around them."""
        searcher = self._index.searcher()
        found: dict[str, int] = {}
        for name in ("name", "around"):
            for word, count in searcher.terms_with_prefix(name, ""):
                if word.isalpha():
                    found[word] = max(found.get(word, 0), count)
        return found

    def due(self, at_s: int, limit: int) -> list[UUID]:
        """Give the products that time has changed until then."""
        searcher = self._index.searcher()
        ripe = Query.range_query(SCHEMA, "due", FieldType.Unsigned, lower_bound=1, upper_bound=at_s)
        places = [at for _, at in searcher.search(ripe, limit).hits]
        return [UUID(int=each) for each in _keys(searcher, places)]

    def find(self, ask: Ask) -> Matches:
        """Find products, best first, and count the facets.

        Raises:
            Damaged: the files cannot be read.
        """
        return _whole(lambda: self._find(ask))

    def _find(self, ask: Ask) -> Matches:
        counts, searcher = self._counts, self._index.searcher()
        text = _text(ask) if ask.order == "relevance" else _met(ask)
        found, total = self._ranked(searcher, ask, self._narrowed(text, ask.channel, ask.narrows))
        return Matches(total, found, self._facets(searcher, ask, counts) if ask.facets else {})

    def _ranked(self, searcher: Any, ask: Ask, query: Query) -> tuple[list[Match], int]:
        if ask.order == "relevance":
            size = max(ask.weights.window, ask.start + ask.limit)
            answer = searcher.search(query, size, weight_by_field="lift")
        else:
            by, order = _ORDERS[ask.order]
            size = ask.start + ask.limit
            answer = searcher.search(query, size, order_by_field=by, order=order)
        hits = answer.hits
        if not hits:
            return [], answer.count
        places = [at for _, at in hits]
        sold, margin, available = (searcher.fast_field_values(n, places) for n in ("sold", "margin", "available"))
        by_text = ask.order == "relevance"
        found = [
            Match(key, score / rules.lifted(units or 0.0) if by_text else 1.0, bool(free), units or 0.0, share)
            for (score, _), key, units, share, free in zip(
                hits, _keys(searcher, places), sold, margin, available, strict=True
            )
        ]
        return found, answer.count

    def _facets(self, searcher: Any, ask: Ask, known: dict[Any, dict[str, Counts]]) -> dict[str, Counts]:
        """Count each facet under all restrictions but its own, those under the same ones together.

        What was counted of this commit is known: order and page do not change it.
        """
        groups: dict[tuple[Narrow, ...], list[str]] = {}
        for name in ask.facets:
            own = {"category"} if name == "categories" else {name.removeprefix("value:")}
            groups.setdefault(tuple(each for each in ask.narrows if each.field not in own), []).append(name)
        found: dict[str, Counts] = {}
        for narrows, names in groups.items():
            key = (ask.channel, ask.slots, ask.needed, ask.code, _fields(ask.weights), narrows, *names)
            made = known.get(key)
            if made is None:
                query = self._narrowed(_met(ask), ask.channel, narrows)
                answer = searcher.aggregate(query, {name: _counting(name) for name in names})
                made = {name: self._counted(name, answer[name]) for name in names}
                if len(known) > _COUNTED:
                    known.clear()
                known[key] = made
            found |= made
        return found

    def _counted(self, name: str, answer: dict[str, Any]) -> Counts:
        if "buckets" not in answer:
            return Counts(least=answer["min"], most=answer["max"]) if answer["count"] else Counts()
        counted = {int(each["key"]): int(each["doc_count"]) for each in answer["buckets"]}
        if name == "available":
            return Counts({str(each): count for each, count in counted.items()})
        if not self._names.keys() >= counted.keys():
            searcher = self._index.searcher()
            self._names |= {number(each): each for n in _NUMBERED for each, _ in searcher.terms_with_prefix(n, "")}
        return Counts({self._names[each]: count for each, count in counted.items() if each in self._names})

    def _narrowed(self, text: Query | None, channel: str, narrows: Iterable[Narrow]) -> Query:
        own = Query.const_score_query(Query.term_query(SCHEMA, "channel", channel), 0.0 if text else 1.0)
        parts = [(Occur.Must, own)] + ([(Occur.Must, text)] if text else [])
        parts += [(Occur.Must, _silent(self._narrow(each))) for each in narrows]
        return Query.boolean_query(parts)

    def _narrow(self, narrow: Narrow) -> Query:
        match narrow.field:
            case "category":
                return Query.term_set_query(SCHEMA, "categories", list(narrow.values))
            case "brand":
                return Query.term_set_query(SCHEMA, "brand", list(narrow.values))
            case "available":
                return Query.term_query(SCHEMA, "available", 1)
            case "price":
                least, most = int(narrow.least or 0), int(min(narrow.most or 2**62, 2**62))
                return Query.range_query(SCHEMA, "price", FieldType.Unsigned, lower_bound=least, upper_bound=most)
            case code if narrow.values:
                return Query.term_set_query(SCHEMA, "values", [f"{code}={each}" for each in narrow.values])
            case code:
                least_, most_ = narrow.least or 0.0, 1e15 if narrow.most is None else narrow.most
                return self._index.parse_query(f"numbers.{code}:[{least_:f} TO {most_:f}]", ["name"])


_ORDERS = {
    "price": ("price", tantivy.Order.Asc),
    "-price": ("price", tantivy.Order.Desc),
    "name": ("title", tantivy.Order.Asc),
    "newest": ("born", tantivy.Order.Desc),
    "bestselling": ("sold", tantivy.Order.Desc),
}


def _counting(name: str) -> dict[str, Any]:
    own = "values" if name.startswith("value:") else name
    if own in _SIZES:
        return {"terms": {"field": f"{own}_numbers" if own in _NUMBERED else own, "size": _SIZES[own]}}
    return {"stats": {"field": "price" if name == "price" else f"numbers.{name}"}}


def _keys(searcher: Any, places: list[Any]) -> Iterator[int]:
    """Put the ids of products together of their halves."""
    halves = (searcher.fast_field_values(name, places) for name in ("high", "low"))
    return ((high or 0) << _HALF | (low or 0) for high, low in zip(*halves, strict=True))


def _silent(query: Query) -> Query:
    """Let a restriction decide, and add nothing to the score."""
    return Query.const_score_query(query, 0.0)


def _text(ask: Ask) -> Query | None:
    """Put together what the words are to meet; None when there are none, and everything does."""
    if not ask.slots:
        return None
    slots = [_slot(each, ask.weights) for each in ask.slots]
    if ask.needed == len(slots):
        query = Query.boolean_query([(Occur.Must, each) for each in slots])
    else:
        query = Query.boolean_query([(Occur.Should, each) for each in slots], max(1, ask.needed))
    if not ask.code:
        return query
    number = Query.const_score_query(Query.term_query(SCHEMA, "codes", ask.code), max(ask.weights.code, 0.01))
    return Query.disjunction_max_query([query, number])


def _met(ask: Ask) -> Query | None:
    """Put together what meets the same products and tells nothing of how well: to count, and to sort by a column."""
    if not ask.slots:
        return None
    fields = _fields(ask.weights)
    slots = [_any(part for way in each.ways for part in _ways(way, fields)) for each in ask.slots]
    if ask.needed == len(slots):
        query = Query.boolean_query([(Occur.Must, each) for each in slots])
    else:
        query = Query.boolean_query([(Occur.Should, each) for each in slots], max(1, ask.needed))
    return _any([query, Query.term_query(SCHEMA, "codes", ask.code, "basic")]) if ask.code else query


def _fields(weights: Weights) -> tuple[str, ...]:
    return tuple(name for name in _TEXTS if getattr(weights, name))


def _any(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, each) for each in queries])


def _ways(way: Way, fields: Sequence[str]) -> Iterable[Query]:
    """Meet a way: a word by any of its forms anywhere, several words each by one of theirs."""
    words = [[Query.term_query(SCHEMA, n, form, "basic") for n in fields for form in forms] for forms in way.words]
    return words[0] if len(words) == 1 else [Query.boolean_query([(Occur.Must, _any(each)) for each in words])]


def _slot(slot: Slot, weights: Weights) -> Query:
    ways = [_way(each, weights) for each in slot.ways]
    return ways[0] if len(ways) == 1 else Query.disjunction_max_query(ways)


def _way(way: Way, weights: Weights) -> Query:
    parts = [_word(each, weights) for each in way.words]
    query = parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Must, each) for each in parts])
    return query if way.weight == 1 else Query.boost_query(query, way.weight)


def _word(forms: Sequence[str], weights: Weights) -> Query:
    """Look for a word by all its forms in all fields; each field counts by its best form."""
    fields = []
    for name in _TEXTS:
        weight = getattr(weights, name)
        if not weight:
            continue
        asked = [
            Query.boost_query(Query.term_query(SCHEMA, name, form, "freq"), weight * (weights.stem if number else 1.0))
            for number, form in enumerate(forms)
        ]
        fields.append(asked[0] if len(asked) == 1 else Query.disjunction_max_query(asked))
    return Query.disjunction_max_query(fields, weights.also) if fields else Query.empty_query()


def _whole(act: Callable[[], T]) -> T:
    """Read, and call it damage when the engine cannot: its panics are no exceptions of Python's own."""
    try:
        return act()
    except Damaged:
        raise
    except Exception as error:
        raise Damaged(f"{type(error).__name__}: {str(error)[:300]}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Damaged(f"the engine panicked: {str(error)[:300]}") from None


# --- writing ----------------------------------------------------------------------------------------------------------


class Seal(Struct, frozen=True):
    """What a generation was when it was last committed: ``position`` in the log, and its files' sizes and checksums."""

    version: int
    position: str
    at_s: float
    files: dict[str, tuple[int, int]]


class Writer:
    """A generation opened for writing; there is one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._index = _whole(lambda: tantivy.Index(SCHEMA, str(folder)))
        self._writer = _whole(lambda: self._index.writer(HEAP_BYTES, 1))
        before = seal_of(folder)
        self._begun = before is not None
        self._files = dict(before.files) if before else {}

    def put(self, sheets: Sequence[Sheet], gone: Sequence[str]) -> None:
        """Write sheets in place of those of the same id, and take out those that are gone."""
        # of what was never committed nothing has to go: who builds an index writes each product once
        for each in (*gone, *(sheet.id for sheet in sheets)) if self._begun else ():
            self._writer.delete_documents_by_term("id", each)
        for sheet in sheets:
            self._writer.add_document(_document(sheet))

    def commit(self, position: str) -> None:
        """Let readers see what was written, then seal it."""
        _whole(self._writer.commit)
        self._begun = True
        self._files = {path.name: self._files.get(path.name) or _sum(path) for path in _segments(self.folder)}
        seal = Seal(VERSION, position, time.time(), self._files)
        _write(self.folder / "seal.json", msgspec.json.encode(seal))

    def close(self) -> None:
        """Finish what goes on behind and give the lock back."""
        _whole(self._writer.wait_merging_threads)


def _sum(path: Path) -> tuple[int, int]:
    body = path.read_bytes()
    return len(body), zlib.crc32(body)


def _segments(folder: Path) -> list[Path]:
    """List the files of the segments that the last commit speaks of: they are never written again."""
    try:
        meta = msgspec.json.decode((folder / "meta.json").read_bytes())
        names = {each["segment_id"].replace("-", "") for each in meta["segments"]}
    except (OSError, msgspec.DecodeError, KeyError, TypeError) as error:
        raise Damaged(f"{folder.name}: meta.json: {error}") from error
    found = [path for path in folder.iterdir() if path.name.partition(".")[0] in names and path.suffix != ".lock"]
    missing = names - {path.name.partition(".")[0] for path in found}
    if missing:
        raise Damaged(f"{folder.name}: {len(missing)} segments are missing")
    return found


def seal_of(folder: Path) -> Seal | None:
    """Read a generation's seal; None where it has none that can be read."""
    try:
        return msgspec.json.decode((folder / "seal.json").read_bytes(), type=Seal)
    except (OSError, msgspec.DecodeError):
        return None


def verify(folder: Path) -> None:
    """Compare a generation with its seal. A file that came after the seal is the engine's to judge.

    Raises:
        Damaged: it has no seal, is of another version, or a file is missing, longer, shorter or different.
    """
    seal = seal_of(folder)
    if seal is None:
        raise Damaged(f"{folder.name}: it was never finished")
    if seal.version != VERSION:
        raise Damaged(f"{folder.name}: version {seal.version}, this is {VERSION}")
    there = {path.name: path for path in _segments(folder)}
    segments = {name.partition(".")[0] for name in there}
    for name, sealed in seal.files.items():
        if name.partition(".")[0] not in segments:
            continue  # merged into another since
        if name not in there:
            if name.endswith(".del"):
                continue  # a later commit marks more as gone, in a file of its own
            raise Damaged(f"{folder.name}: {name} is missing")
        if _sum(there[name]) != tuple(sealed):
            raise Damaged(f"{folder.name}: {name} is not as it was written")


def _write(path: Path, body: bytes) -> None:
    """Write a small file so that readers see all of it or what was there before, also after a crash."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class Store:
    """The folder of a machine's index: its generations, which of them counts, and the lock of whoever writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    def current(self) -> Path | None:
        """Tell which generation counts."""
        try:
            return self.folder / (self.folder / "current").read_text("utf-8").strip()
        except OSError:
            return None

    def fresh(self) -> Path:
        """Begin a new generation, out of sight until it counts."""
        return self.folder / f"v{VERSION}-{time.time_ns():x}-{os.getpid()}"

    def appoint(self, generation: Path) -> None:
        """Let a generation count, and throw away the others; who reads them still may until they let go."""
        _write(self.folder / "current", generation.name.encode())
        self.accusation().unlink(missing_ok=True)
        for each in self.folder.glob("v*-*"):
            if each != generation:
                shutil.rmtree(each, ignore_errors=True)

    def take(self) -> bool:
        """Become the one who writes, unless another process is; the lock ends with the process."""
        if self._lock is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder / "writer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return False
            self._lock = lock
        return True

    def release(self) -> None:
        """Write no more."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def writes(self) -> bool:
        """Whether this process is the one who writes."""
        return self._lock is not None

    def accusation(self) -> Path:
        """The file by which a reader tells the writer that a generation is damaged; it holds the generation's name."""
        return self.folder / "damaged"

    def accuse(self, generation: Path) -> None:
        """Tell the writer that a generation is damaged."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.accusation(), generation.name.encode())

    def accused(self, generation: Path) -> bool:
        """Tell whether a reader found this generation damaged."""
        try:
            return self.accusation().read_text("utf-8") == generation.name
        except OSError:
            return False
