"""What the document allows, however odd, breaks nothing. Apart from the others, because some of it is done."""

from rynek.app import App
from rynek.bench.stall import KEEPER
from rynek.client.connections import Connections
from tests.access.bodies import Taker, mutants, problem


async def test_odd_but_allowed_bodies_break_nothing(
    shop: App, takers: list[Taker], wire: Connections, admin: dict[str, str]
) -> None:
    """What the document allows may be done or refused, but breaks neither the server nor the books."""
    statuses = set()
    for taker in takers:
        for body, fits in mutants(taker):
            if fits:
                answer = await wire.ask(taker.method, taker.address, admin, body.encode())
                assert answer.status < 500, (taker.name, body[:500], answer)
                statuses.add(answer.status)
                if answer.status >= 400:
                    said = problem(answer, answer.status)
                    assert "outside the range that can be stored" not in said["detail"], (taker.name, body[:500], said)
    assert {200, 204} & statuses
    assert await shop.door.ask(KEEPER, "commerce.inventory.unbalanced") == []
