"""Repricing: prices that move by stock, demand, competitors and time, between rails, and can say why.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.catalog.model as commerce_catalog
import rynek.commerce.repricing.model as commerce_repricing
import typing
import uuid
from rynek.client.calls import Calls, Route

_DECIDE = Route[commerce_repricing.Decided]("POST", "/repricing/proposals/decisions", commerce_repricing.Decided)
_DROP_RULE = Route[None]("DELETE", "/repricing/rules/{code}", None)
_LOOK_NOW = Route[commerce_repricing.Looked]("POST", "/repricing/channels/{channel}/looks", commerce_repricing.Looked)
_MOVES = Route[list[commerce_repricing.Moved]]("GET", "/repricing/moves", list[commerce_repricing.Moved])
_PLACES = Route[list[commerce_repricing.Place]]("GET", "/repricing/channels", list[commerce_repricing.Place])
_PREVIEW = Route[commerce_repricing.Preview]("POST", "/repricing/preview", commerce_repricing.Preview)
_PROPOSALS = Route[list[commerce_repricing.Proposal]]("GET", "/repricing/proposals", list[commerce_repricing.Proposal])
_PUT_RULES = Route[commerce_catalog.Taken]("PUT", "/repricing/rules", commerce_catalog.Taken)
_PUT_SWITCH = Route[commerce_repricing.Place]("PUT", "/repricing/channels/{channel}", commerce_repricing.Place)
_RULES_OF = Route[list[commerce_repricing.Rule]]("GET", "/repricing/rules", list[commerce_repricing.Rule])
_STOP = Route[list[str]]("POST", "/repricing/stop", list[str])
_WHY = Route[commerce_repricing.Why]("GET", "/repricing/why", commerce_repricing.Why)


class CommerceRepricing:
    """Repricing: prices that move by stock, demand, competitors and time, between rails, and can say why."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def decide(self, ids: list[uuid.UUID], approve: bool, note: str = "") -> commerce_repricing.Decided:
        """Approve moves, which are then made, or reject them, so that they are not proposed again for a while.

        A move is made only if the rules and the facts of now still say so: the rails hold for people's approvals too.

        Emits:
            PriceMoved for each that does.
        """
        return await self._calls.ask(_DECIDE, {}, {"ids": ids, "approve": approve, "note": note})

    async def drop_rule(self, code: str) -> None:
        """Forget a rule; prices that it moved go back to the lists' at the next look. The history is kept.

        Raises:
            NoRule: there is none of this code.
        Emits:
            RulesChanged
        """
        return await self._calls.ask(_DROP_RULE, {"code": code}, None)

    async def look_now(self, channel: str, skus: list[str]) -> commerce_repricing.Looked:
        """Look at prices now and move them, or propose to, as the rules say.

        Raises:
            NoSwitch: the prices of this channel were never let move.
            SwitchedOff: they may not move now.
        Emits:
            PriceMoved for each that does.
        """
        return await self._calls.ask(_LOOK_NOW, {"channel": channel}, {"skus": skus})

    async def moves(
        self, channel: str = "", sku: str = "", rule: str = "", before: int | None = None, limit: int = 50
    ) -> list[commerce_repricing.Moved]:
        """Read the log of dynamic prices, newest first; go on with the last id as ``before``."""
        return await self._calls.ask(
            _MOVES, {}, {"channel": channel, "sku": sku, "rule": rule, "before": before, "limit": limit}
        )

    async def places(self) -> list[commerce_repricing.Place]:
        """List the channels whose prices may move or might, and since when."""
        return await self._calls.ask(_PLACES, {}, None)

    async def preview(self, rule: commerce_repricing.Rule) -> commerce_repricing.Preview:
        """Tell what a rule would do if it were on and alone: which prices it would move, how far, and why. Nothing moves.

        Raises:
            RuleRefused: the rule cannot be taken; the detail says why.
            UnknownChannel: there is none of this code.
        """
        return await self._calls.ask(_PREVIEW, {}, rule)

    async def proposals(
        self,
        channel: str = "",
        state: typing.Literal["open", "approved", "rejected", "lapsed"] = "open",
        before: uuid.UUID | None = None,
        limit: int = 50,
    ) -> list[commerce_repricing.Proposal]:
        """List moves that wait for a person, or did, newest first; go on with the last id as ``before``."""
        return await self._calls.ask(
            _PROPOSALS, {}, {"channel": channel, "state": state, "before": before, "limit": limit}
        )

    async def put_rules(self, rules: list[commerce_repricing.Rule]) -> commerce_catalog.Taken:
        """Write rules that move prices; a new one is off, and proposes, unless it says otherwise. The history is kept.

        Emits:
            RulesChanged for each channel of which a rule is new or different.
        """
        return await self._calls.ask(_PUT_RULES, {}, {"rules": rules})

    async def put_switch(
        self, channel: str, on: bool, reason: str = "", priority: int = 0, every_minutes: int = 15
    ) -> commerce_repricing.Place:
        """Let the prices of a channel move, or stop that: then the lists' prices count at once, all of them.

        Args:
            priority: prices of lists of this priority are moved, and no others: what lies above them, and what groups
                have, still counts.
            every_minutes: how often all prices are looked at; what the news is about is looked at as it comes.

        Raises:
            UnknownChannel: there is none of this code.
        Emits:
            Switched
        """
        return await self._calls.ask(
            _PUT_SWITCH,
            {"channel": channel},
            {"on": on, "reason": reason, "priority": priority, "every_minutes": every_minutes},
        )

    async def rules_of(self, channel: str = "") -> list[commerce_repricing.Rule]:
        """List the rules that move prices, in the order in which they are asked."""
        return await self._calls.ask(_RULES_OF, {}, {"channel": channel})

    async def stop(self, reason: str = "") -> list[str]:
        """Stop it all: no price moves any more in any channel, and the lists' prices count at once. Gives the channels.

        Emits:
            Switched for each channel.
        """
        return await self._calls.ask(_STOP, {}, {"reason": reason})

    async def why(self, channel: str, sku: str) -> commerce_repricing.Why:
        """Explain a dynamic price: what it lies upon, what would be decided now and from which facts, and its moves so far.

        Raises:
            UnknownChannel: there is none of this code.
        """
        return await self._calls.ask(_WHY, {}, {"channel": channel, "sku": sku})
