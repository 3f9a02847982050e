"""Cedar policies: parsed once, sliced by action, asked how far an action reaches; what none permits is refused."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import cedarpy
from msgspec import Struct

from rynek.kernel.actor import Actor, Reach
from rynek.security.model import KINDS, Role, Why

_REACHES: tuple[Reach, ...] = ("all", "own")
_REMEMBERED = 20_000


class PolicyError(ValueError):
    """A policy that cannot be used; the message says which and why."""


class Policy(Struct, frozen=True):
    """One policy of one context."""

    name: str
    source: str
    body: dict[str, Any]
    actions: frozenset[str] | None
    """None: it speaks of every action."""


class Policies:
    """The policies of every context; decisions depend on action, kind and roles alone and are remembered."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.every = {each.name: each for each in _parsed(texts)}
        self._slices: dict[str, Any] = {}
        self._decided: dict[tuple[str, str, frozenset[str]], Reach | None] = {}

    def reach(self, actor: Actor, action: str) -> Reach | None:
        """Tell how far the policies allow the action to the actor; None: not at all."""
        case = (action, actor.kind, actor.roles)
        try:
            return self._decided[case]
        except KeyError:
            if len(self._decided) >= _REMEMBERED:
                self._decided.clear()
            decided = self._decided[case] = self.why(actor, action).reach
            return decided

    def why(self, actor: Actor, action: str) -> Why:
        """Decide, and tell which policies did."""
        parents = [{"type": "Kind", "id": actor.kind}, *({"type": "Role", "id": role} for role in sorted(actor.roles))]
        entities = [{"uid": {"type": "Actor", "id": "asking"}, "attrs": {}, "parents": parents}]
        answers = cedarpy.is_authorized_batch(
            [
                {
                    "principal": {"type": "Actor", "id": "asking"},
                    "action": {"type": "Action", "id": action},
                    "resource": {"type": "Reach", "id": reach},
                    "context": {},
                }
                for reach in _REACHES
            ],
            self._slice(action),
            entities,
        )
        for reach, answer in zip(_REACHES, answers, strict=True):
            if answer.allowed:
                return Why(action, reach, sorted(answer.diagnostics.reasons))
        return Why(action, None, sorted({reason for answer in answers for reason in answer.diagnostics.reasons}))

    def _slice(self, action: str) -> Any:
        if action not in self._slices:
            if len(self._slices) >= _REMEMBERED:
                self._slices.clear()
            chosen = {
                each.name: each.body for each in self.every.values() if each.actions is None or action in each.actions
            }
            self._slices[action] = cedarpy.PolicySet.from_json_str(_document(chosen))
        return self._slices[action]


def check(texts: Mapping[str, str], actions: Iterable[str]) -> list[str]:
    """Say what is wrong with the policies of a process that has these actions; empty: nothing.

    Each policy has to parse, to speak of actions, kinds and roles that exist, and to be able to hold; each action has
    to be named by a policy.
    """
    try:
        policies = Policies(texts).every
    except PolicyError as error:
        return [str(error)]
    known = sorted(set(actions))
    named = {action for each in policies.values() for action in each.actions or ()}
    problems = [f"no policy names {action}" for action in known if action not in named]
    for policy in policies.values():
        missing = sorted((policy.actions or frozenset()) - set(known))
        problems += [
            f"{policy.source}: {policy.name} names {action}, which no operation asks for" for action in missing
        ]
    schema = _schema(set(known) | named)
    for policy in policies.values():
        text = cedarpy.policies_from_json_str(_document({policy.name: policy.body}))
        problems += [
            f"{policy.source}: {policy.name}: {error.error}" for error in cedarpy.validate_policies(text, schema).errors
        ]
        if '"type": "Actor"' in json.dumps(policy.body):
            problems.append(f"{policy.source}: {policy.name} names a person; policies speak of kinds and roles")
    return problems


def _schema(actions: Iterable[str]) -> str:
    """Write the vocabulary as a Cedar schema, against which policies are validated."""
    listed = ", ".join(json.dumps(action) for action in sorted(actions))
    return f"""entity Kind enum {json.dumps(KINDS)};
entity Role enum {json.dumps(get_args(Role))};
entity Reach enum {json.dumps(_REACHES)};
entity Actor in [Kind, Role];
action {listed} appliesTo {{ principal: Actor, resource: Reach, context: {{}} }};"""


def _document(policies: Mapping[str, Any]) -> str:
    return json.dumps({"staticPolicies": policies, "templates": {}, "templateLinks": []})


def _parsed(texts: Mapping[str, str]) -> Iterator[Policy]:
    seen: dict[str, str] = {}
    for source, text in sorted(texts.items()):
        for body in _read(source, text):
            name = body.get("annotations", {}).get("id")
            if not name:
                raise PolicyError(f'{source}: a policy has no name; write @id("...") before it')
            if name in seen:
                raise PolicyError(f"{source}: there is another policy {name}, in {seen[name]}")
            seen[name] = source
            yield Policy(name, source, body, _actions(body["action"]))


def _read(source: str, text: str) -> Iterable[dict[str, Any]]:
    try:
        document: dict[str, dict[str, Any]] = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise PolicyError(f"{source}: {error}") from None
    if document["templates"]:
        raise PolicyError(f"{source}: a policy has a ?place to fill in, and nobody fills it in")
    return document["staticPolicies"].values()


def _actions(scope: dict[str, Any]) -> frozenset[str] | None:
    match scope:
        case {"op": "==", "entity": {"id": name}} | {"op": "in", "entity": {"id": name}}:
            return frozenset([name])
        case {"op": "in", "entities": entities}:
            return frozenset(each["id"] for each in entities)
        case _:
            return None
