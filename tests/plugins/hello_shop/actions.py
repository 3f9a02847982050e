from hello_shop import model
from hello_shop.events import GuestGreeted
from hello_shop.model import Greeting
from rynek.kernel.database import Tx
from rynek.kernel.events import emit
from rynek.kernel.sql import queries

q = queries(__file__, model)


async def greet(tx: Tx, name: str) -> None:
    """Greet somebody.

    Emits:
        GuestGreeted
    """
    await q.greet(tx, name=name)
    emit(tx, GuestGreeted(name))


async def greetings(tx: Tx) -> list[Greeting]:
    """List who was greeted."""
    found: list[Greeting] = await q.greetings(tx)
    return found
