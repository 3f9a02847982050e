"""Caches hear of everything that commits, once, and soon: no running transaction makes them wait."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from msgspec import Struct

from rynek.commerce.catalog.events import BundleChanged, ProductChanged
from rynek.kernel.database import Database
from rynek.kernel.events import emit
from rynek.kernel.log import Follower

SOME = UUID(int=1)


@pytest.fixture
async def follower(database: Database) -> AsyncIterator[Follower]:
    following = Follower(database, BundleChanged)
    await following.begin()
    yield following
    assert await following.news() == []


async def heard(follower: Follower) -> list[str]:
    return sorted(envelope.data.sku for envelope in await follower.news())


async def test_what_commits_is_heard_once(database: Database, follower: Follower) -> None:
    async with database.transaction("commerce") as tx:
        emit(tx, BundleChanged("A"), BundleChanged("B"), ProductChanged(SOME, "not asked for"))
    assert await heard(follower) == ["A", "B"]
    assert await heard(follower) == []


async def test_a_running_transaction_holds_nothing_up_and_is_heard_when_it_commits(
    database: Database, follower: Follower
) -> None:
    async with database.transaction("commerce") as slow:
        await slow.value("select pg_current_xact_id()")  # it has its place in the log before the quick one
        async with database.transaction("commerce") as quick:
            emit(quick, BundleChanged("quick"))
        assert await heard(follower) == ["quick"]
        emit(slow, BundleChanged("slow"))
        assert await heard(follower) == []
    assert await heard(follower) == ["slow"]


async def test_what_was_rolled_back_is_never_heard(database: Database, follower: Follower) -> None:
    async def announce_and_fail() -> None:
        async with database.transaction("commerce") as tx:
            emit(tx, BundleChanged("A"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await announce_and_fail()
    assert await heard(follower) == []


class Few(Struct, frozen=True):
    code: str


async def test_of_many_events_only_the_needed_fields_are_read(database: Database) -> None:
    following = Follower(database, ProductChanged, BundleChanged, only={ProductChanged: Few})
    await following.begin()
    async with database.transaction("commerce") as tx:
        emit(tx, ProductChanged(SOME, "TEA"), BundleChanged("A"))
    news = {envelope.type: envelope.data for envelope in await following.news()}
    assert news == {"catalog.product-changed": Few("TEA"), "catalog.bundle-changed": BundleChanged("A")}
