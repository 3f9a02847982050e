"""The door: what is asked for happens once, by whom it may; everything else is refused and changes nothing."""

import asyncio
import json
from collections import Counter

import asyncpg
import pytest

from rynek.kernel import door as doors
from rynek.kernel import ids, jobs
from rynek.kernel.actor import ANYONE
from rynek.kernel.database import Database
from rynek.kernel.door import Call, Door, Request, Response, dress
from rynek.kernel.faults import Forbidden, Invalid
from rynek.kernel.operations import Registry, process
from tests.kernel import market
from tests.kernel.market import Ask, Gate, Heap, NoneLeft, buyer, count, told


async def units(owner: asyncpg.Connection, sort: str) -> int | None:
    found: int | None = await owner.fetchval("select units from tests.heap where sort = $1", sort)
    return found


async def notes(owner: asyncpg.Connection, target: str) -> int:
    return await count(owner, "tests.note", f"target = '{target}'")


async def test_a_write_acts_tells_and_notes(door: Door, owner: asyncpg.Connection) -> None:
    response = await door.answer(Ask("POST", "/heaps/antonovka", {"units": 5}))
    assert (response.status, told(response)) == (200, {"sort": "antonovka", "units": 5})
    assert await units(owner, "antonovka") == 5
    assert await owner.fetch("select type, data->>'units' from kernel.event where key = 'antonovka'") == [
        ("tests.apples-laid", "5")
    ]
    assert await owner.fetch("select operation from tests.note where target = 'antonovka'") == [("tests.kernel.lay",)]
    assert told(await door.answer(Ask("GET", "/heaps/antonovka"))) == {"sort": "antonovka", "units": 5}
    assert await notes(owner, "antonovka") == 1


async def test_a_question_takes_its_query(door: Door) -> None:
    answer = await door.answer(Ask("GET", "/heaps/no%20such?at_least=3&marks=a&marks=b"))
    assert told(answer)["units"] == 3
    assert (await door.answer(Ask("HEAD", "/heaps/none"))).status == 200


async def test_what_gives_nothing_is_204(door: Door) -> None:
    response = await door.answer(Ask("DELETE", "/heaps/nothing-there"))
    assert (response.status, response.body) == (204, b"")


async def test_a_page_is_found_at_the_root(door: Door) -> None:
    response = await door.answer(Ask("GET", "/"))
    assert (response.status, response.kind) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("asked", "status", "kind"),
    [
        (Ask("POST", "/heaps/refused", {"units": 5, "colour": "red"}), 422, "invalid"),
        (Ask("POST", "/crates", {"sort": "refused", "units": 5, "colour": "red"}), 422, "invalid"),
        (Ask("POST", "/heaps/refused", {}), 422, "invalid"),
        (Ask("POST", "/heaps/refused", {"units": "5"}), 422, "invalid"),
        (Ask("POST", "/heaps/refused", {"units": 5.5}), 422, "invalid"),
        (Ask("POST", "/crates", {"sort": "refused", "units": 0}), 422, "invalid"),
        (Ask("POST", "/heaps/refused", {"units": 2**31}), 422, "invalid"),
        (Ask("POST", "/heaps/refused", {"units": 2**80}), 422, "invalid"),
        (Ask("POST", "/heaps/a%00", b'{"units": 5}'), 200, ""),
        (Ask("POST", "/heaps/a\0b", {"units": 5}), 422, "invalid"),
        (Ask("POST", "/heaps/a\ud800b", {"units": 5}), 422, "invalid"),
        (Ask("POST", "/crates", b'{"sort": "\\ud800"}'), 400, "malformed"),
        (Ask("POST", "/heaps/refused", b'{"units": 5'), 400, "malformed"),
        (Ask("POST", "/heaps/refused", b"\xff\xfe"), 400, "malformed"),
        (Ask("POST", "/heaps/refused", b'{"colour":' + b"[" * 100_000), 422, "invalid"),
        (Ask("POST", "/heaps/refused", b"[" * 100_000), 422, "invalid"),
        (Ask("POST", "/heaps/refused", {"units": 5}, content_type="text/plain"), 415, "unsupported-media-type"),
        (Ask("POST", "/heaps/refused", {"units": 5}, content_type="application/jsonx"), 415, "unsupported-media-type"),
        (Ask("POST", "/heaps/refused", {"units": -5}), 409, "none-left"),
        (Ask("POST", "/heaps/refused", {"units": 5000}), 409, "no-room"),
        (Ask("POST", "/sales/refused", {}), 409, "none-left"),
        (Ask("POST", "/sales/re\0fused", {}), 422, "invalid"),
        (Ask("DELETE", "/heaps/refused", {"units": 5}), 422, "invalid"),
        (Ask("GET", "/heaps/refused?color=red"), 422, "invalid"),
        (Ask("GET", "/heaps/refused?at_least=1&at_least=2"), 422, "invalid"),
        (Ask("GET", "/heaps/refused?at_least=%ff"), 400, "malformed"),
        (Ask("GET", "/heaps/refused?" + "a=1&" * 2000), 400, "malformed"),
        (Ask("GET", "/?a=1"), 422, "invalid"),
        (Ask("GET", "/nowhere"), 404, "not-found"),
        (Ask("GET", "/heaps"), 404, "not-found"),
        (Ask("GET", "/heaps//refused"), 404, "not-found"),
        (Ask("GET", "/heaps/refused/core"), 404, "not-found"),
        (Ask("PUT", "/heaps/refused", {"units": 5}), 405, "method-not-allowed"),
        (Ask("POST", "/heaps/refused", {"units": 5}, authorization="liar"), 401, "unauthenticated"),
        (Ask("POST", "/heaps/refused", {"units": 5}, authorization="thief"), 403, "forbidden"),
        (Ask("POST", "/heaps/refused", {"units": 5}, authorization=""), 403, "forbidden"),
        (Ask("POST", "/heaps/refused", {"units": 5}, address="192.0.2.66"), 429, "too-many-requests"),
        (Ask("POST", "/heaps/refused", {"units": 5}, idempotency_key="k" * 256), 422, "invalid"),
    ],
    ids=lambda value: f"{value.method} {value.path[:20]!a}" if isinstance(value, Ask) else None,
)
async def test_what_is_not_right_is_refused_and_changes_nothing(
    door: Door, owner: asyncpg.Connection, asked: Ask, status: int, kind: str
) -> None:
    events = await count(owner, "kernel.event")
    response = await door.answer(asked)
    assert response.status == status
    if kind:
        assert response.kind == "application/problem+json"
        assert told(response)["type"] == f"/docs/faults#{kind}"
        assert told(response)["status"] == status
        assert await count(owner, "kernel.event") == events
        assert await units(owner, "refused") is None
        assert await notes(owner, "refused") == 0


async def test_refusals_tell_what_to_do(door: Door) -> None:
    assert dict((await door.answer(Ask("PUT", "/heaps/a", {}))).headers)["allow"] == "DELETE, GET, POST"
    assert dict((await door.answer(Ask("GET", "/heaps/a", address="192.0.2.66"))).headers)["retry-after"] == "7"
    assert dict((await door.answer(Ask("GET", "/heaps/a", authorization="liar"))).headers)["www-authenticate"]
    assert told(await door.answer(Ask("POST", "/sales/empty", {})))["left"] is None


async def test_our_own_mistake_is_a_500_that_tells_nothing(door: Door) -> None:
    response = await door.answer(Ask("GET", "/scale?grams=1.5"))
    assert response.status == 500
    assert set(told(response)) == {"type", "title", "status", "request"}


# --- once -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/heaps/{}", "/sales/{}"])
async def test_a_repeated_request_is_answered_as_it_was(door: Door, owner: asyncpg.Connection, path: str) -> None:
    sort = ids.new().hex
    await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 10}))
    key = ids.new().hex
    first = await door.answer(Ask("POST", path.format(sort), {"units": 2}, idempotency_key=key))
    after = await units(owner, sort)
    again = await door.answer(Ask("POST", path.format(sort), {"units": 2}, idempotency_key=key))
    assert (first.status, first.body) == (again.status, again.body) == (200, first.body)
    assert await units(owner, sort) == after in (8, 12)
    assert await notes(owner, sort) == 2
    other = await door.answer(Ask("POST", path.format(sort), {"units": 3}, idempotency_key=key))
    assert (other.status, told(other)["type"]) == (422, "/docs/faults#key-reused")
    elsewhere = await door.answer(Ask("POST", path.format("x" + sort), {"units": 2}, idempotency_key=key))
    assert elsewhere.status == 422
    assert await units(owner, sort) == after
    somebody = await door.answer(Ask("POST", path.format(sort), {"units": 2}, idempotency_key=key, authorization="ewa"))
    assert somebody.status == 200
    assert await units(owner, sort) != after


@pytest.mark.parametrize("path", ["/heaps/{}", "/sales/{}"])
async def test_a_key_of_another_operation_is_refused_whatever_that_answered(
    door: Door, owner: asyncpg.Connection, path: str
) -> None:
    sort, key = ids.new().hex, ids.new().hex
    await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 10}))
    await door.answer(Ask("DELETE", f"/heaps/x{sort}", idempotency_key=key))
    other = await door.answer(Ask("POST", path.format(sort), {"units": 2}, idempotency_key=key))
    assert (other.status, told(other)["type"]) == (422, "/docs/faults#key-reused")
    assert await units(owner, sort) == 10


async def test_a_refusal_is_not_kept(door: Door, owner: asyncpg.Connection) -> None:
    sort, key = ids.new().hex, ids.new().hex
    assert (await door.answer(Ask("POST", f"/sales/{sort}", {}, idempotency_key=key))).status == 409
    await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 1}))
    assert (await door.answer(Ask("POST", f"/sales/{sort}", {}, idempotency_key=key))).status == 200
    assert await units(owner, sort) == 0


@pytest.mark.parametrize("path", ["/heaps/{}", "/sales/{}"])
async def test_the_same_request_at_the_same_time_acts_once(
    door: Door, owner: asyncpg.Connection, dsn: str, path: str
) -> None:
    """Within a process and between two: each answers the same, and one of them has acted."""
    other = await Database.open(dsn, 4)
    doors = [door, Door(Registry(market.OPERATIONS), other, Gate())]
    for _ in range(5):
        sort, key = ids.new().hex, ids.new().hex
        await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 10}))
        answers = await asyncio.gather(
            *(doors[n % 2].answer(Ask("POST", path.format(sort), {"units": 1}, idempotency_key=key)) for n in range(6))
        )
        assert {(each.status, each.body) for each in answers} == {(200, answers[0].body)}
        assert await units(owner, sort) in (9, 11)
        assert await notes(owner, sort) == 2
    await other.close()


async def test_one_key_for_two_requests_at_the_same_time(door: Door, owner: asyncpg.Connection) -> None:
    sort, key = ids.new().hex, ids.new().hex
    await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 10}))
    answers = await asyncio.gather(
        *(door.answer(Ask("POST", f"/sales/{sort}", {"units": n % 2 + 1}, idempotency_key=key)) for n in range(6))
    )
    assert sorted(each.status for each in answers) == [200, 200, 200, 422, 422, 422]
    assert await units(owner, sort) in (8, 9)


async def test_a_process_repeats_its_steps_once(door: Door, owner: asyncpg.Connection) -> None:
    give, want, key = ids.new().hex, ids.new().hex, ids.new().hex
    for sort in (give, want):
        await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 5}))
    first, again = [
        await door.answer(Ask("POST", "/swaps", {"give": give, "want": want}, idempotency_key=key)) for _ in "ab"
    ]
    assert told(first) == told(again) == [{"sort": give, "units": 4}, {"sort": want, "units": 4}]
    assert (await units(owner, give), await units(owner, want)) == (4, 4)
    other = await door.answer(Ask("POST", "/swaps", {"give": want, "want": give}, idempotency_key=key))
    assert other.status == 422
    assert (await units(owner, give), await units(owner, want)) == (4, 4)


async def test_a_step_of_a_process_that_fails_is_not_done_twice_when_repeated(
    door: Door, owner: asyncpg.Connection
) -> None:
    give, want, key = ids.new().hex, ids.new().hex, ids.new().hex
    await door.answer(Ask("POST", f"/heaps/{give}", {"units": 5}))
    asked = Ask("POST", "/swaps", {"give": give, "want": want}, idempotency_key=key)
    assert (await door.answer(asked)).status == 409
    await door.answer(Ask("POST", f"/heaps/{want}", {"units": 5}))
    assert (await door.answer(asked)).status == 200
    assert (await units(owner, give), await units(owner, want)) == (4, 4)


async def test_an_answer_is_known_for_a_week(door: Door, owner: asyncpg.Connection) -> None:
    sort, old, young = ids.new().hex, ids.new().hex, ids.new().hex
    for key in (old, young):
        await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 1}, idempotency_key=key))
    await owner.execute(
        "update kernel.answer set at = now() - interval '8 days' where ctid = (select min(ctid) from kernel.answer)"
    )
    before = await count(owner, "kernel.answer")
    await jobs.appoint(door.database, ["kernel"])
    await jobs.advance(door.database, "kernel")
    assert before - await count(owner, "kernel.answer") == 1
    assert (await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 1}, idempotency_key=young))).status == 200
    assert await units(owner, sort) == 2


# --- many at once -----------------------------------------------------------------------------------------------------


async def test_a_crowd_gets_what_is_there_and_no_more(door: Door, owner: asyncpg.Connection) -> None:
    sort = ids.new().hex
    await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 30}))
    before = await count(owner, "kernel.event", f"key = '{sort}'")
    answers = await asyncio.gather(*(door.answer(Ask("POST", f"/sales/{sort}", {})) for _ in range(100)))
    assert Counter(each.status for each in answers) == {200: 30, 409: 70}
    assert await units(owner, sort) == 0
    assert await count(owner, "kernel.event", f"key = '{sort}'") - before == 30


async def test_one_poisonous_command_takes_nobody_with_it(door: Door, owner: asyncpg.Connection) -> None:
    sort = ids.new().hex
    await door.answer(Ask("POST", f"/heaps/{sort}", {"units": 100}))
    bodies = [{"units": -(2**31)} if n == 17 else {"units": 1} for n in range(40)]
    answers = await asyncio.gather(*(door.answer(Ask("POST", f"/sales/{sort}", body)) for body in bodies))
    assert [each.status for each in answers] == [422 if n == 17 else 200 for n in range(40)]
    assert await units(owner, sort) == 61


async def test_too_many_at_once_are_told_to_wait(door: Door) -> None:
    narrow = Door(door.registry, door.database, Gate(), in_flight=2)
    asks = [narrow.answer(Ask("POST", f"/heaps/narrow{n}", {"units": 1, "pause_s": 0.05})) for n in range(5)]
    answers = await asyncio.gather(*asks)
    assert sorted(each.status for each in answers) == [200, 200, 503, 503, 503]
    assert {dict(each.headers).get("retry-after") for each in answers if each.status == 503} == {"1"}


async def test_a_door_that_closes_answers_what_is_in_flight(door: Door, owner: asyncpg.Connection) -> None:
    closing = Door(door.registry, door.database, Gate())
    task = asyncio.create_task(closing.answer(Ask("POST", "/heaps/last", {"units": 1, "pause_s": 0.1})))
    await asyncio.sleep(0.03)
    drained = asyncio.create_task(closing.drain())
    await asyncio.sleep(0.01)
    assert not drained.done()
    assert (await closing.answer(Ask("GET", "/heaps/last"))).status == 503
    await drained
    assert task.done()
    assert (await task).status == 200
    assert await units(owner, "last") == 1


async def test_a_database_that_is_away_is_503(door: Door, dsn: str) -> None:
    lost = await Database.open(dsn, 2)
    away = Door(door.registry, lost, Gate())
    lost.pool._connect_args = ["postgresql://rynek_app:no@/rynek?host=/nowhere&port=1"]
    await lost.pool.expire_connections()
    for asked in (Ask("GET", "/heaps/a"), Ask("POST", "/heaps/a", {"units": 1}), Ask("POST", "/sales/a", {})):
        response = await away.answer(asked)
        assert (response.status, dict(response.headers)["retry-after"]) == (503, "1")
    await lost.close()


# --- who --------------------------------------------------------------------------------------------------------------


async def test_somebody_without_credentials_becomes_a_guest(door: Door) -> None:
    await door.answer(Ask("POST", "/heaps/guests", {"units": 1}))
    response = await door.answer(Ask("POST", "/sales/guests", {}, authorization=""))
    assert response.status == 200
    assert dict(response.headers)["rynek-session"] == "a-guest-token"
    assert "rynek-session" not in dict((await door.answer(Ask("POST", "/sales/guests", {}))).headers)


async def test_a_call_from_inside_passes_the_same_door(door: Door, owner: asyncpg.Connection) -> None:
    anna = buyer("anna")
    assert await door.ask(anna, market.lay, sort="inside", units=3) == Heap("inside", 3)
    assert await door.ask(anna, "tests.kernel.sell", sort="inside", units=1) == Heap("inside", 2)
    assert await door.ask(anna, market.store, sort="inside", units=2) == Heap("inside", 4)
    assert await door.ask(anna, market.heap, sort="inside") == Heap("inside", 4)
    assert await door.ask(anna, market.swap, give="inside", want="inside") == (Heap("inside", 3), Heap("inside", 2))
    assert await notes(owner, "inside") >= 3
    with pytest.raises(Forbidden):
        await door.ask(ANYONE, market.lay, sort="inside", units=3)
    with pytest.raises(Invalid):
        await door.ask(anna, market.lay, sort="inside", units="three")
    with pytest.raises(Invalid):
        await door.ask(anna, market.lay, sort="inside", units=3, colour="red")
    with pytest.raises(Invalid):
        await door.ask(anna, market.clear, sort="inside", colour="red")
    with pytest.raises(NoneLeft):
        await door.ask(anna, market.sell, sort="inside", units=9)
    assert await units(owner, "inside") == 2


async def test_problems_are_json_for_people(door: Door) -> None:
    problem = json.loads((await door.answer(Ask("POST", "/heaps/full", {"units": 5000}))).body)
    assert problem == {
        "type": "/docs/faults#no-room",
        "title": "The stall has no room for more",
        "status": 409,
        "detail": "5000 apples",
    }


async def test_people_see_a_refusal_as_its_place_shows_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(request: Request, response: Response) -> Response:
        if request.path.endswith("torn"):
            raise ValueError(request.path)
        return Response(response.status, b"<h1>No</h1>", "text/html; charset=utf-8")

    monkeypatch.setattr(doors, "_DRESSES", {})
    dress("/heaps", shown)
    asked: tuple[str, str, dict[str, int]] = ("PUT", "/heaps/a", {})
    page = await door.answer(Ask(*asked, accept="text/html,*/*;q=0.8"))
    assert (page.status, page.body) == (405, b"<h1>No</h1>")
    assert (await door.answer(Ask(*asked, accept="application/json"))).kind == "application/problem+json"
    assert (await door.answer(Ask("GET", "/nowhere", accept="text/html"))).kind == "application/problem+json"
    torn = await door.answer(Ask("PUT", "/heaps/torn", {}, accept="text/html"))
    assert (torn.status, told(torn)["type"]) == (405, "/docs/faults#method-not-allowed")


async def test_what_an_operation_asks_of_another_carries_the_request(door: Door) -> None:
    operation = door.registry.by_name["tests.kernel.swap"]
    asked = Ask("POST", "/swaps", {})
    call: Call[None] = Call(door, operation, buyer("anna"), "all", None)
    call.request = asked
    seen = []

    async def look(inner: Call[None]) -> None:
        seen.append(inner.request)

    door.registry.add(process("GET /look", look, "stall.read"))
    await call.ask(look)
    await door.ask(buyer("anna"), look)
    assert seen == [asked, None]
