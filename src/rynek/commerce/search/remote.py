"""The same search on a cluster of OpenSearch or Elasticsearch, over their HTTP interface.

Texts arrive as tokens already, so the cluster's own analysis only cuts at blanks, and both engines know the same words.
A generation is an index of its own; an alias says which one counts, and is moved in one request.

Source: OpenSearch 2 and Elasticsearch 8, REST APIs: bulk, search, aliases, refresh; only what both have is used.
"""

import http.client
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from rynek.commerce.search import rules
from rynek.commerce.search.model import Ask, Counts, Damaged, Match, Matches, Narrow, Sheet, Way, Weights

ALIAS = "rynek-products"
TIMEOUT_S = 10.0
_TEXTS = ("name", "head", "around", "prose")
_WINDOW = 5_100
_encode = msgspec.json.Encoder().encode

MAPPING: dict[str, Any] = {
    "settings": {"number_of_shards": 1, "refresh_interval": "-1", "max_result_window": 10_000},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            **{name: {"type": "text", "analyzer": "whitespace", "index_options": "freqs"} for name in _TEXTS},
            # words by themselves, for counting and for those that begin so; stems are not among them
            "words": {"type": "keyword"},
            **{name: {"type": "keyword"} for name in ("channel", "codes", "categories", "brand", "values", "title")},
            "numbers": {"type": "object", "dynamic": "true"},
            **{name: {"type": "long"} for name in ("price", "born", "due")},
            "available": {"type": "boolean"},
            **{name: {"type": "double"} for name in ("sold", "margin", "lift")},
        },
    },
}


class Cluster:
    """A cluster, asked by its alias. A connection is made for each request: it is meant for shops that outgrew one."""

    def __init__(self, address: str) -> None:
        """Take the cluster's address, ``https://user:password@search.example:9200``."""
        self._url = urlsplit(address)
        self._authority = self._url.netloc.rpartition("@")[2]

    def request(self, method: str, path: str, body: Any = None, *, lines: bytes | None = None) -> Any:
        """Send a request and read its answer.

        Raises:
            Damaged: the cluster cannot be reached, or refuses.
        """
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._authority, timeout=TIMEOUT_S)
        payload = lines if lines is not None else None if body is None else _encode(body)
        headers = {"content-type": "application/x-ndjson" if lines is not None else "application/json"}
        if self._url.username:
            pair = f"{self._url.username}:{self._url.password or ''}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        try:
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            told = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Damaged(f"the cluster cannot be reached: {error}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise Damaged(f"the cluster answers {answer.status}: {told[:200]!r}")
        return msgspec.json.decode(told) if told else None

    def anew(self) -> "ClusterPen":
        """Begin a new generation, out of sight until its first commit."""
        name = f"{ALIAS}-{time.time_ns():x}"
        self.request("PUT", f"/{name}", MAPPING)
        return ClusterPen(self, name)

    @property
    def products(self) -> int:
        """How many sheets there are."""
        return int(self.request("GET", f"/{ALIAS}/_count")["count"])

    def known(self, form: str) -> int:
        """Tell how many products have a word in their name or around it."""
        either = [{"term": {name: form}} for name in ("name", "around")]
        return int(self.request("POST", f"/{ALIAS}/_count", {"query": {"bool": {"should": either}}})["count"])

    def begun(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Give words that begin so, the most frequent first."""
        # a word's letters and digits mean nothing in a pattern
        counting = {"terms": {"field": "words", "include": f"{prefix}.*", "size": limit}}
        return self._words({"query": {"prefix": {"words": prefix}}}, counting)

    def vocabulary(self) -> Mapping[str, int]:
        """Give all words of names and around them, as far as a cluster counts."""
        return dict(self._words({}, {"terms": {"field": "words", "size": 50_000}}))

    def _words(self, query: dict[str, Any], counting: dict[str, Any]) -> list[tuple[str, int]]:
        answer = self.request("POST", f"/{ALIAS}/_search", {**query, "size": 0, "aggs": {"words": counting}})
        return [(each["key"], each["doc_count"]) for each in answer["aggregations"]["words"]["buckets"]]

    def due(self, at_s: int, limit: int) -> list[UUID]:
        """Give the products that time has changed until then."""
        query = {"query": {"range": {"due": {"gte": 1, "lte": at_s}}}, "size": limit, "_source": False}
        hits = self.request("POST", f"/{ALIAS}/_search", query)["hits"]["hits"]
        return [UUID(each["_id"].partition(" ")[2]) for each in hits]

    def find(self, ask: Ask) -> Matches:
        """Find products, best first, and count the facets."""
        answer = self.request("POST", f"/{ALIAS}/_search", body(ask))
        return read(ask, answer)


class ClusterPen:
    """A generation on the cluster, being written."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self._counts = False

    def put(self, sheets: Sequence[Sheet], gone: Sequence[str]) -> None:
        """Write sheets in place of those of the same id, and take out those that are gone."""
        lines = [_encode({"delete": {"_id": each}}) for each in gone]
        for each in sheets:
            lines += [_encode({"index": {"_id": each.id}}), _encode(document(each))]
        if not lines:
            return
        answer = self.cluster.request("POST", f"/{self.name}/_bulk", lines=b"\n".join([*lines, b""]))
        failed = [act for each in answer["items"] for act in each.values() if act["status"] >= 400]
        # to delete what is not there is no failure
        wrong = [act for act in failed if act["status"] != 404]
        if wrong:
            raise Damaged(f"the cluster did not take {len(wrong)} sheets: {str(wrong[0].get('error'))[:200]}")

    def commit(self, position: str) -> None:
        """Let readers see what was written; the first time this generation takes the place of the one before."""
        del position  # a cluster outlives its keepers, who build it anew
        self.cluster.request("POST", f"/{self.name}/_refresh")
        if self._counts:
            return
        acts = [
            {"remove": {"index": f"{ALIAS}-*", "alias": ALIAS, "must_exist": False}},
            {"add": {"index": self.name, "alias": ALIAS}},
        ]
        self.cluster.request("POST", "/_aliases", {"actions": acts})
        self._counts = True
        for other in self.cluster.request("GET", f"/{ALIAS}-*"):
            if other != self.name:
                self.cluster.request("DELETE", f"/{other}")


def document(sheet: Sheet) -> dict[str, Any]:
    """Write a sheet as a document."""
    plain = {name: getattr(sheet, name) for name in MAPPING["mappings"]["properties"] if hasattr(sheet, name)}
    words = {each for text in (sheet.name, sheet.around) for each in text.split() if each.isalpha()}
    return plain | {"words": sorted(words), "born": sheet.born_s, "due": sheet.due_s}


def body(ask: Ask) -> dict[str, Any]:
    """Write a question as the cluster reads it: restrictions come after the counting, so no facet narrows itself."""
    filters = {each.field: _narrow(each) for each in ask.narrows}
    asked: dict[str, Any] = {
        "query": {"bool": {"must": [_text(ask)], "filter": [{"term": {"channel": ask.channel}}]}},
        "post_filter": {"bool": {"filter": list(filters.values())}},
        "track_total_hits": True,
        "_source": ["available", "sold", "margin"],
        "size": min(max(ask.weights.window, ask.start + ask.limit), _WINDOW),
        "aggs": {
            f"{number}": {
                "filter": {"bool": {"filter": [each for name, each in filters.items() if name != _own(facet)]}},
                "aggs": {"it": _counting(facet)},
            }
            for number, facet in enumerate(ask.facets)
        },
    }
    if ask.order == "relevance":
        lift = {"script_score": {"script": {"source": "Math.log(2 + doc['lift'].value) / Math.log(2)"}}}
        asked["query"] = {"function_score": {"query": asked["query"], "functions": [lift], "boost_mode": "multiply"}}
    else:
        asked["sort"] = [_ORDERS[ask.order], {"title": "asc"}]
    return asked


_ORDERS: dict[str, Any] = {
    "price": {"price": {"order": "asc", "missing": "_last"}},
    "-price": {"price": {"order": "desc", "missing": "_last"}},
    "name": {"title": "asc"},
    "newest": {"born": "desc"},
    "bestselling": {"sold": "desc"},
}


def _own(facet: str) -> str:
    return "category" if facet == "categories" else facet.removeprefix("value:")


def _counting(facet: str) -> dict[str, Any]:
    if facet in {"categories", "brand", "available", "values"} or facet.startswith("value:"):
        return {"terms": {"field": "values" if facet.startswith("value:") else facet, "size": 600}}
    return {"stats": {"field": "price" if facet == "price" else f"numbers.{facet}"}}


def _narrow(narrow: Narrow) -> dict[str, Any]:
    match narrow.field:
        case "category" | "brand" as name:
            return {"terms": {"categories" if name == "category" else name: list(narrow.values)}}
        case "available":
            return {"term": {"available": True}}
        case code if narrow.values:
            return {"terms": {"values": [f"{code}={each}" for each in narrow.values]}}
        case code:
            bounds = {"gte": narrow.least, "lte": narrow.most}
            field = "price" if code == "price" else f"numbers.{code}"
            return {"range": {field: {name: each for name, each in bounds.items() if each is not None}}}


def _text(ask: Ask) -> dict[str, Any]:
    if not ask.slots:
        return {"match_all": {}}
    slots = [_best([_way(way, ask.weights) for way in slot.ways]) for slot in ask.slots]
    query: dict[str, Any] = {"bool": {"should": slots, "minimum_should_match": max(1, ask.needed)}}
    if not ask.code:
        return query
    number = {"constant_score": {"filter": {"term": {"codes": ask.code}}, "boost": max(ask.weights.code, 0.01)}}
    return _best([query, number])


def _best(queries: list[dict[str, Any]], also: float = 0.0) -> dict[str, Any]:
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": queries, "tie_breaker": also}}


def _way(way: Way, weights: Weights) -> dict[str, Any]:
    return {"bool": {"must": [_word(each, weights) for each in way.words], "boost": way.weight}}


def _word(forms: Sequence[str], weights: Weights) -> dict[str, Any]:
    fields = [
        _best([
            {"term": {name: {"value": form, "boost": weight * (weights.stem if number else 1.0)}}}
            for number, form in enumerate(forms)
        ])
        for name in _TEXTS
        if (weight := getattr(weights, name))
    ]  # fmt: skip
    return _best(fields, weights.also) if fields else {"match_none": {}}


def read(ask: Ask, answer: dict[str, Any]) -> Matches:
    """Read what the cluster answered."""
    found = []
    for hit in answer["hits"]["hits"]:
        facts = hit["_source"]
        sold = float(facts.get("sold") or 0.0)
        text = (hit.get("_score") or 0.0) / rules.lifted(sold) if ask.order == "relevance" else 1.0
        key = UUID(hit["_id"].partition(" ")[2]).int
        found.append(Match(key, text, bool(facts.get("available")), sold, facts.get("margin")))
    if ask.order != "relevance":
        found = found[: ask.start + ask.limit]
    counts = {facet: _counted(answer["aggregations"][f"{number}"]["it"]) for number, facet in enumerate(ask.facets)}
    return Matches(answer["hits"]["total"]["value"], found, counts)


def _counted(answer: dict[str, Any]) -> Counts:
    if "buckets" in answer:
        return Counts({str(each.get("key_as_string", each["key"])): each["doc_count"] for each in answer["buckets"]})
    return Counts(least=answer["min"], most=answer["max"]) if answer["count"] else Counts()
