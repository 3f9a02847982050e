"""What is known of the places of some orders, and what each of them is best given there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from rynek.commerce.fulfilment import model, ports, rules
from rynek.commerce.fulfilment.model import Cause, Decision, Place, Plan, Routing, Wanted
from rynek.commerce.inventory import Pick
from rynek.kernel.database import Tx
from rynek.kernel.sql import queries

q = queries(__file__, model)
read_rules = msgspec.json.Decoder(Routing).decode
UNROUTED = Routing([[model.Criterion("rank")]])
"""How long work may take in channels without rules, and how another place is found where one failed."""


def moves(before: Iterable[Pick], after: Iterable[Pick]) -> tuple[list[Pick], list[Pick]]:
    """Tell what is given and what is taken between two ways to set units aside."""
    net: dict[tuple[str, str], int] = {}
    for sign, picks in ((-1, before), (1, after)):
        for each in picks:
            net[each.sku, each.location] = net.get((each.sku, each.location), 0) + sign * each.units
    given = [Pick(sku, location, -units) for (sku, location), units in sorted(net.items()) if units < 0]
    return given, [Pick(sku, location, units) for (sku, location), units in sorted(net.items()) if units > 0]


class Ground:
    """What is known of the places of some orders: read once for all of them; what one takes is not there for the next.

    What is read is not locked: whoever takes units says so when they are set aside.
    """

    def __init__(self) -> None:
        self.rules: dict[str, tuple[int, Routing]] = {}
        self.terrains: dict[str, rules.Terrain] = {}
        self.spots: dict[tuple[str, str], rules.Spot] = {}
        self.listed: dict[UUID, list[tuple[str, dict[str, float]]]] = {}
        self.unheld: dict[tuple[str, str], int] = {}
        self.safety: dict[tuple[str, str, str], int] = {}
        self.days: dict[tuple[str, str], float] = {}

    @classmethod
    async def survey(
        cls,
        tx: Tx,
        wanted: Sequence[Wanted],
        needs: Mapping[UUID, Mapping[tuple[str, str], int]],
        *,
        anyway: Routing | None = None,
        everywhere: bool = False,
    ) -> "Ground":
        """Read the rules, the places that come into question, and what is free there.

        Args:
            anyway: the rules for channels that have none; None: their orders are left where they are.
            everywhere: look at every place, not only at the best of them.
        """
        self = cls()
        channels = sorted({each.channel for each in wanted})
        for row in await q.routings(tx, channels=channels):
            self.rules[row.channel] = row.version, read_rules(row.body)
        if anyway is not None:
            self.rules = dict.fromkeys(channels, (0, anyway)) | self.rules
        routed = [each for each in wanted if each.channel in self.rules]
        if not routed:
            return self
        rows = await q.places(tx, channels=sorted(self.rules))
        for channel, (_, routing) in self.rules.items():
            self.terrains[channel] = rules.Terrain([row for row in rows if row.channel == channel], routing.tiers)
        await self._locate(tx, routed)
        for each in routed:
            here = {location for _, location in needs[each.order]}
            terrain = self.terrains[each.channel]
            only = each.point if each.delivery == "pickup" else ""
            besides = [row.location for row in terrain.rows if row.sends] if everywhere else here
            listed = terrain.shortlist(self._spot(each), besides, only=only)
            self.listed[each.order] = listed
        await self._look(tx, routed, needs)
        return self

    async def _locate(self, tx: Tx, wanted: Sequence[Wanted]) -> None:
        asked = sorted({(e.country, prefix) for e in wanted for prefix in rules.prefixes(e.postcode)})
        lies = await q.lie(tx, countries=[country for country, _ in asked], prefixes=[prefix for _, prefix in asked])
        self.spots = {(each.country, each.prefix): (each.latitude, each.longitude) for each in lies}

    def _spot(self, wanted: Wanted) -> rules.Spot:
        known = (self.spots.get((wanted.country, prefix)) for prefix in rules.prefixes(wanted.postcode))
        return next((spot for spot in known if spot is not None), (None, None))

    async def _look(
        self, tx: Tx, wanted: Sequence[Wanted], needs: Mapping[UUID, Mapping[tuple[str, str], int]]
    ) -> None:
        asked = {
            (each.channel, sku, location)
            for each in wanted
            for sku in {sku for sku, _ in needs[each.order]}
            for location, _ in self.listed[each.order]
        }
        channels, skus, places = zip(*asked, strict=True) if asked else ((), (), ())
        for row in await q.free(tx, channels=channels, skus=skus, locations=places):
            self.unheld[row.sku, row.location] = row.unheld
            self.safety[row.channel, row.sku, row.location] = row.safety
        if any(each.by == "age" for _, routing in self.rules.values() for tier in routing.tiers for each in tier):
            at = sorted(self.unheld)
            for old in await q.ages(tx, skus=[sku for sku, _ in at], locations=[location for _, location in at]):
                self.days[old.sku, old.location] = (tx.at - old.since) / timedelta(days=1)

    def decide(self, wanted: Wanted, movable: Mapping[tuple[str, str], int], cause: Cause) -> Decision:
        """Choose the places of an order, and take its units from what is free there."""
        before = [Pick(sku, location, units) for (sku, location), units in sorted(movable.items())]
        wants: dict[str, int] = {}
        for pick in before:
            wants[pick.sku] = wants.get(pick.sku, 0) + pick.units
        if wanted.channel not in self.rules:
            return Decision(cause, 0, wants, before, before, [], [], 0)
        version, routing = self.rules[wanted.channel]
        places = self.places(wanted, wants, movable)
        plan = self.plan(wants, places, routing)
        here = rules.cost([each for each in places if each.location in {p.location for p in before}], routing.tiers)
        only = wanted.delivery == "pickup" and any(pick.location != wanted.point for pick in before)
        picks, costs = (plan.picks, plan.costs) if plan and (only or plan.costs < here) else (before, here)
        self._take(before, picks)
        for terrain in self.terrains.values():
            terrain.give_out({pick.location for pick in picks})
        weighed = rules.considered(wants, places, routing.tiers, picks)
        return Decision(cause, version, wants, before, picks, costs, weighed, len(places))

    def version(self, wanted: Wanted) -> int:
        """Tell the version of the rules for an order; 0: there are none."""
        return self.rules[wanted.channel][0]

    def routing(self, wanted: Wanted) -> Routing:
        """Give the rules for an order."""
        return self.rules[wanted.channel][1]

    def told(
        self, wanted: Wanted, wants: Mapping[str, int], picks: Iterable[Pick], without: str
    ) -> list[model.Considered]:
        """Tell of the places that were weighed the taken ones and the best of the others."""
        there = self.places(wanted, wants, {}, without=without)
        return rules.considered(wants, there, self.routing(wanted).tiers, picks)

    def places(
        self, wanted: Wanted, wants: Mapping[str, int], own: Mapping[tuple[str, str], int], *, without: str = ""
    ) -> list[Place]:
        """Tell what an order may take at the places that come into question; what it has there is its own."""
        found = []
        for location, measures in self.listed[wanted.order]:
            if location == without:
                continue
            weighs = dict(measures)
            free = {
                sku: max(there - self.safety.get((wanted.channel, sku, location), 0), 0) + own.get((sku, location), 0)
                for sku in wants
                if (there := self.unheld.get((sku, location))) is not None
            }
            if "load" in measures:
                weighs["load"] = self.terrains[wanted.channel].load(location)
            if "age" in measures:
                ages = [min(self.days.get((sku, location), 0.0), 365.0) for sku in free if free[sku]]
                older = sum(ages) / len(ages) if ages else 0.0
                weighs["age"] = round(365 - older, 2)
            found.append(Place(location, free, weighs))
        return found

    @staticmethod
    def plan(wants: Mapping[str, int], places: Sequence[Place], routing: Routing) -> Plan | None:
        """Ask the router in use; one whose plan is not sound is passed over."""
        plan = ports.router(rules.route)(wants, places, routing.tiers)
        if plan is not None and not rules.sound(plan, wants, places):
            return rules.route(wants, places, routing.tiers)
        return plan

    def _take(self, before: Iterable[Pick], after: Iterable[Pick]) -> None:
        given, taken = moves(before, after)
        for sign, picks in ((1, given), (-1, taken)):
            for each in picks:
                self.unheld[each.sku, each.location] = self.unheld.get((each.sku, each.location), 0) + sign * each.units
