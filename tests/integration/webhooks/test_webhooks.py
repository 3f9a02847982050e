"""Webhooks: what happened comes signed to those who asked for it, once in their queue, and tried until it is there."""

import asyncio
import base64
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from rynek.commerce.catalog.events import ChannelChanged, ProductChanged
from rynek.commerce.checkout.events import CartChanged
from rynek.integration.stream import NoSuchEvent
from rynek.integration.webhooks import dispatch, rules
from rynek.integration.webhooks.actions import replay_on
from rynek.integration.webhooks.model import BadAddress, BadFilter, NoSuchEndpoint, Outcome, Stopped
from rynek.integration.webhooks.reactions import forget, route
from rynek.kernel import clock, ids, jobs, log
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Forbidden
from rynek.security.events import CustomerRegistered
from tests.integration.webhooks.conftest import ADMIN, ERP, Post, Receiver


def cart(total: int = 100, channel: str = "WEB-PL") -> CartChanged:
    return CartChanged(ids.new(), 1, channel, "guest", ids.new(), "PLN", total, ["A"])


async def went(post: Post, *news: Any) -> None:
    await post.announce(*news)
    await post.route()
    await post.deliver()


async def the(post: Post, endpoint: UUID) -> Any:
    return await post.ask("endpoint", endpoint=endpoint)


async def states(post: Post, endpoint: UUID) -> list[str]:
    return [each.state for each in await post.ask("deliveries", endpoint=endpoint)]


# --- delivered --------------------------------------------------------------------------------------------------------


async def test_news_comes_signed_as_the_standard_says(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["catalog.channel-changed"])
    await went(post, ChannelChanged("WEB-SE"))
    [got] = receiver.got
    told = Webhook(made.secret).verify(got.body, got.headers)
    assert (told["specversion"], told["type"], told["data"]) == (
        "1.0",
        "catalog.channel-changed",
        {"channel": "WEB-SE"},
    )
    assert told["id"] == got.headers["webhook-id"]
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(got.body + b" ", got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(rules.secret(b"another's")).verify(got.body, got.headers)
    [sent] = await post.ask("deliveries", endpoint=made.id)
    assert (sent.state, sent.event, sent.attempts, sent.status) == ("delivered", told["id"], 1, 204)
    [attempt] = (await post.ask("delivery", delivery=sent.id)).attempts
    assert (attempt.status, str(attempt.id)) == (204, got.headers["x-request-id"])


async def test_each_gets_what_it_asked_for(post: Post, receiver: Receiver) -> None:
    await post.ask("make", url=receiver.url("all"), types=["*"])
    await post.ask("make", url=receiver.url("catalog"), types=["catalog.*"])
    await post.ask(
        "make", url=receiver.url("big"), types=["checkout.*"], filter="total_minor >= 500 and channel = 'B2B'"
    )
    await went(post, ChannelChanged("X"), cart(500, "B2B"), cart(499, "B2B"), cart(900))
    assert [len(receiver.at(path)) for path in ("all", "catalog", "big")] == [4, 1, 1]
    assert receiver.at("big")[0].event["data"]["total_minor"] == 500


async def test_wildcards_tell_nothing_that_one_may_not_read(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", ERP, url=receiver.url(), types=["*"])
    with pytest.raises(Forbidden):
        await post.ask("make", ERP, url=receiver.url(), types=["security.customer-registered"])
    await went(post, CustomerRegistered(ids.new()), cart(7), ChannelChanged("X"))
    assert sorted(each.event["type"] for each in receiver.got) == ["catalog.channel-changed", "checkout.cart-changed"]
    assert all("owner" not in each.event["data"] for each in receiver.got)
    assert len(await post.ask("deliveries", ERP, endpoint=made.id)) == 2


async def test_who_somebody_is_is_told_only_where_that_was_allowed(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    with pytest.raises(Forbidden):
        await post.ask("set_personal", ERP, endpoint=made.id, personal=True)
    assert (await post.ask("set_personal", endpoint=made.id, personal=True)).personal
    sent = cart()
    await went(post, sent)
    assert receiver.got[0].event["data"]["owner"] == str(sent.owner)
    await post.ask("change", endpoint=made.id, url=receiver.url(), types=["*"], filter=f"owner = '{sent.owner}'")
    with pytest.raises(BadFilter, match="none of the events has a field owner"):
        await post.ask("set_personal", endpoint=made.id, personal=False)


async def test_a_filter_cannot_ask_what_is_not_told(post: Post, receiver: Receiver) -> None:
    for text in ("owner = 'x'", "total_minor = 'x'", "nothing = 1", "total_minor >", "skus = 'A'"):
        with pytest.raises(BadFilter):
            await post.ask("make", url=receiver.url(), types=["checkout.cart-changed"], filter=text)
    with pytest.raises(NoSuchEvent):
        await post.ask("make", url=receiver.url(), types=["checkout.cart-chnged"])
    assert await post.ask("endpoints") == []


async def test_news_from_before_is_not_sent(post: Post, receiver: Receiver) -> None:
    await post.announce(ChannelChanged("OLD"))
    await asyncio.sleep(0.01)
    await post.ask("make", url=receiver.url(), types=["*"])
    await went(post, ChannelChanged("NEW"))
    assert [each.event["subject"] for each in receiver.got] == ["NEW"]


async def test_news_of_one_who_commits_late_is_sent(post: Post, receiver: Receiver) -> None:
    """The transaction began before there was an endpoint, and its news is committed after."""
    async with post.world.database.transaction("commerce") as slow:
        await slow.value("select pg_current_xact_id()")
        await post.ask("make", url=receiver.url(), types=["*"])
        await post.route(settled=False)
        slow.events.append(ChannelChanged("LATE"))
    await went(post)
    assert [each.event["subject"] for each in receiver.got] == ["LATE"]


# --- once in the queue ------------------------------------------------------------------------------------------------


async def test_an_event_is_one_row_however_often_and_in_whatever_order_it_is_heard(
    post: Post, receiver: Receiver
) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    await post.announce(ChannelChanged("A"))
    await post.announce(ChannelChanged("B"))
    async with post.world.database.transaction("integration") as tx:
        entries = [
            each
            for each in await log.read(tx, "0-0", await log.horizon(tx), ["catalog.channel-changed"])
            if each.key in ("A", "B")
        ][-2:]
    for batch in (entries[::-1], entries, entries[:1]):
        async with post.world.database.transaction("integration") as tx:
            await route(tx, batch)
    await post.route()
    await post.deliver()
    assert sorted(each.event["subject"] for each in receiver.got) == ["A", "B"]
    assert await states(post, made.id) == ["delivered", "delivered"]


async def test_two_processes_share_a_queue_and_send_each_once(post: Post, receiver: Receiver) -> None:
    await post.ask("make", url=receiver.url(), types=["*"])
    await post.announce(*(ChannelChanged(f"C{n}") for n in range(60)))
    await post.route()
    other = dispatch.Dispatcher(post.world.database, post.dispatcher.sender)
    while sum(await asyncio.gather(post.dispatcher.advance(), other.advance())):
        await asyncio.gather(*post.dispatcher.flying, *other.flying)
    await other.part()
    assert sorted(each.event["subject"] for each in receiver.got) == sorted(f"C{n}" for n in range(60))


# --- tried again ------------------------------------------------------------------------------------------------------


async def test_what_failed_is_tried_again_with_the_same_id(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    receiver.answers = lambda _: web.Response(status=500, text="down, token=abcdefgh1234 of ola@example.com")
    await went(post, ChannelChanged("A"))
    [waiting] = await post.ask("deliveries", endpoint=made.id)
    assert (waiting.state, waiting.attempts, waiting.status) == ("waiting", 1, 500)
    assert timedelta(seconds=3) < waiting.due_at - clock.now() < timedelta(seconds=7)
    await post.deliver()
    assert len(receiver.got) == 1  # not before its time
    assert (await the(post, made.id)).failures == 1
    receiver.answers = lambda _: web.Response(status=200)
    await post.hurry()
    await post.deliver()
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.body == second.body
    found = await post.ask("delivery", delivery=waiting.id)
    assert [each.status for each in found.attempts] == [200, 500]
    assert found.attempts[1].answer == "down, token=… of …@…"
    assert ((await the(post, made.id)).failures, found.delivery.state) == (0, "delivered")


async def test_after_ten_tries_it_is_parked_with_its_reason_and_can_be_sent_once_more(
    post: Post, receiver: Receiver
) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    receiver.answers = lambda _: web.Response(status=503, headers={"retry-after": "1800"})
    await went(post, ChannelChanged("A"))
    [waiting] = await post.ask("deliveries", endpoint=made.id)
    assert waiting.due_at - clock.now() > timedelta(minutes=29)  # as it asked
    for _ in range(12):
        await post.hurry()
        await post.deliver()
    assert len(receiver.got) == rules.ATTEMPTS
    [parked] = await post.ask("deliveries", endpoint=made.id, state="parked")
    assert (parked.attempts, parked.error) == (rules.ATTEMPTS, "status 503")
    receiver.answers = lambda _: web.Response()
    await post.ask("resend", delivery=parked.id)
    await post.deliver()
    assert await states(post, made.id) == ["delivered"]
    assert len({each.headers["webhook-id"] for each in receiver.got}) == 1


async def test_an_endpoint_that_fails_for_days_is_stopped_and_that_is_announced(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["catalog.*"])
    receiver.answers = lambda _: web.Response(status=404)
    await went(post, ChannelChanged("A"))
    await post.sql("update integration.endpoint set failing_since = failing_since - interval '3 days'")
    await post.hurry()
    await post.deliver()
    stopped = await the(post, made.id)
    assert (stopped.active, stopped.stopped_why, stopped.waiting) == (False, "failing", 1)
    said = await post.sql(
        "select data->>'why' from kernel.event where type = 'webhooks.endpoint-stopped' and key = $1", str(made.id)
    )
    assert [row[0] for row in said] == ["failing"]
    await went(post, ChannelChanged("B"))
    assert len(receiver.got) == 2
    with pytest.raises(Stopped):
        await post.ask("ping", endpoint=made.id)
    receiver.answers = lambda _: web.Response()
    await post.ask("switch", endpoint=made.id, active=True)
    await post.hurry()
    await went(post, ChannelChanged("C"))
    assert [each.event["subject"] for each in receiver.got[2:]] == ["A", "C"]


async def test_one_that_says_it_is_gone_is_stopped_at_once(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    receiver.answers = lambda _: web.Response(status=410)
    await went(post, ChannelChanged("A"))
    now = await the(post, made.id)
    assert (now.active, now.stopped_why, await states(post, made.id)) == (False, "gone", ["parked"])


async def test_a_process_that_crashed_leaves_its_deliveries_to_be_tried_again(post: Post, receiver: Receiver) -> None:
    """Claimed, and never heard of again: after its lease another one sends it."""
    made = await post.ask("make", url=receiver.url(), types=["*"])
    await post.announce(ChannelChanged("A"))
    await post.route()
    async with post.world.database.transaction("integration") as tx:
        claimed = await dispatch.q.claim(
            tx, busy=[], rooms=[], at_once=8, limit=10, at=tx.at, until=tx.at + dispatch.LEASE
        )
    assert len(claimed) == 1
    await post.deliver()
    assert receiver.got == []
    await post.hurry()
    await post.deliver()
    assert len(receiver.got) == 1
    [sent] = await post.ask("deliveries", endpoint=made.id)
    assert (sent.state, sent.attempts) == ("delivered", 2)


async def test_a_failure_that_another_try_has_overtaken_counts_for_nothing(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    await went(post, ChannelChanged("A"))
    [sent] = await post.ask("deliveries", endpoint=made.id)
    late = Outcome(sent.id, made.id, 1, ids.new(), clock.now(), 500, 9)
    async with post.world.database.transaction("integration") as tx:
        await dispatch.record(tx, [late])
    assert await states(post, made.id) == ["delivered"]


# --- secrets ----------------------------------------------------------------------------------------------------------


async def test_secrets_are_rotated_with_overlap(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    rotated = await post.ask("rotate", endpoint=made.id)
    await went(post, ChannelChanged("A"))
    got = receiver.got[-1]
    for secret in (made.secret, rotated.secret):
        Webhook(secret).verify(got.body, got.headers)
    assert (await the(post, made.id)).secrets == 2
    third = await post.ask("rotate", endpoint=made.id, overlap_s=0)
    await went(post, ChannelChanged("B"))
    got = receiver.got[-1]
    Webhook(third.secret).verify(got.body, got.headers)
    for secret in (made.secret, rotated.secret):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(got.body, got.headers)
    assert (await the(post, made.id)).secrets == 1


async def test_secrets_are_neither_stored_nor_logged_nor_shown_again(
    post: Post, receiver: Receiver, caplog: pytest.LogCaptureFixture, owner_dsn: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        made = await post.ask("make", url=receiver.url(), types=["*"])
        rotated = await post.ask("rotate", endpoint=made.id)
        await went(post, ChannelChanged("A"))
    keys = [each.removeprefix("whsec_") for each in (made.secret, rotated.secret)]
    shown = repr(await post.ask("endpoints")) + caplog.text
    owner = await asyncpg.connect(owner_dsn)
    tables = await owner.fetch(
        "select schemaname || '.' || tablename from pg_tables where schemaname in ('integration', 'kernel')"
    )
    for (table,) in tables:
        shown += "\n".join(row[0] for row in await owner.fetch(f"select t::text from {table} as t"))  # noqa: S608
    await owner.close()
    assert len(shown) > 1_000
    for key in keys:
        assert key not in shown
        assert base64.b64decode(key).hex() not in shown


# --- replay and ping --------------------------------------------------------------------------------------------------


async def replayed(post: Post) -> None:
    while await jobs.advance(post.world.database, "integration"):
        pass
    await post.deliver()


async def test_replay_sends_again_from_a_time_on(post: Post, receiver: Receiver) -> None:
    await post.announce(ChannelChanged("BEFORE"))
    await asyncio.sleep(0.02)
    since = clock.now()
    await asyncio.sleep(0.02)
    await post.announce(ChannelChanged("MISSED"), ProductChanged(ids.new(), "P"))
    made = await post.ask("make", url=receiver.url(), types=["catalog.channel-changed"])
    await went(post, ChannelChanged("SEEN"))
    await post.ask("replay", endpoint=made.id, since=since)
    await replayed(post)
    subjects = [each.event["subject"] for each in receiver.got]
    assert subjects[0] == "SEEN"
    assert sorted(subjects[1:]) == ["MISSED", "SEEN"]
    assert receiver.got[0].headers["webhook-id"] in {each.headers["webhook-id"] for each in receiver.got[1:]}
    assert len(await post.ask("deliveries", endpoint=made.id)) == 2


async def test_a_replay_that_is_done_twice_sends_what_waits_once(post: Post, receiver: Receiver) -> None:
    since = clock.now()
    await asyncio.sleep(0.02)
    await post.announce(*(ChannelChanged(f"R{n}") for n in range(5)))
    made = await post.ask("make", url=receiver.url(), types=["catalog.channel-changed"])
    for _ in range(2):
        async with post.world.database.transaction("integration") as tx:
            below = await log.horizon(tx)
            await replay_on(tx, endpoint=made.id, after="0-0", below=below, since=since, until=clock.now())
    await post.deliver()
    assert len(receiver.got) == 5


async def test_a_ping_arrives_whatever_was_asked_for(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["orders.order-placed"])
    queued = await post.ask("ping", endpoint=made.id)
    await post.deliver()
    [got] = receiver.got
    told = Webhook(made.secret).verify(got.body, got.headers)
    assert (told["type"], told["data"]) == ("webhooks.ping", {"endpoint": str(made.id)})
    assert (await post.ask("delivery", delivery=queued.delivery)).delivery.state == "delivered"


# --- whose ------------------------------------------------------------------------------------------------------------


async def test_integrators_see_and_change_only_what_is_theirs(post: Post, receiver: Receiver) -> None:
    other = Actor("workload", ids.new(), frozenset({"integrator", "stock"}))
    made = await post.ask("make", ERP, url=receiver.url(), types=["*"])
    await went(post, ChannelChanged("A"))
    [sent] = await post.ask("deliveries", ERP)
    assert await post.ask("endpoints", other) == await post.ask("deliveries", other) == []
    for operation, values in (
        ("endpoint", {}), ("rotate", {}), ("ping", {}), ("remove", {}), ("switch", {"active": False}),
        ("change", {"url": receiver.url(), "types": ["*"]}), ("replay", {"since": clock.now() - timedelta(hours=1)}),
    ):  # fmt: skip
        with pytest.raises(NoSuchEndpoint):
            await post.ask(operation, other, endpoint=made.id, **values)
    for operation in ("delivery", "resend"):
        with pytest.raises(Exception, match="no such delivery"):
            await post.ask(operation, other, delivery=sent.id)
    assert [each.id for each in await post.ask("endpoints")] == [made.id]  # administrators see all
    await post.ask("remove", ERP, endpoint=made.id)
    assert await post.ask("deliveries", ADMIN) == []


async def test_what_ended_long_ago_is_forgotten(post: Post, receiver: Receiver) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    await went(post, ChannelChanged("A"), ChannelChanged("B"))
    await post.sql(
        "update integration.delivery set ended_at = now() - interval '31 days' where event = (select min(event) from"
        " integration.delivery)"
    )
    async with post.world.database.transaction("integration") as tx:
        await forget(tx)
    assert len(await post.ask("deliveries", endpoint=made.id)) == 1


async def test_addresses_are_checked_when_they_are_said(post: Post) -> None:
    for url in ("ftp://example.com", "https://user@example.com/", "https://10.0.0.1/", "https://example.com:22/"):
        with pytest.raises(BadAddress):
            await post.ask("make", url=url, types=["*"])
