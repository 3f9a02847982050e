import asyncio
from importlib import metadata
from pathlib import Path

import msgspec
import pytest

from rynek import app as composition
from rynek import security
from rynek.app import App
from rynek.kernel import log
from rynek.kernel.actor import ANYONE
from rynek.kernel.settings import Settings, SettingsError

_here = metadata.EntryPoint("hello", "hello_shop", "rynek.plugins")


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the plugin look installed, as ``pip install`` would."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(metadata, "entry_points", lambda group: [_here] if group == "rynek.plugins" else [])


@pytest.mark.usefixtures("_installed")
async def test_a_plugin_brings_operations_reactions_policies_and_its_own_schema(
    settings: Settings, owner_dsn: str
) -> None:
    with_plugin = msgspec.structs.replace(settings, plugins=("hello",))
    try:
        assert await composition.prepare(with_plugin, owner_dsn) == 1
        assert await composition.prepare(with_plugin, owner_dsn) == 0
        opened = await App.open(with_plugin)
        try:
            await opened.door.ask(ANYONE, "hello_shop.greet", name="Ola")
            await log.enrol(opened.database)
            for _ in range(100):
                await log.advance(opened.database, log.REACTIONS["hello_shop.hear"])
                [greeting] = await opened.door.ask(ANYONE, "hello_shop.greetings")
                if greeting.heard:
                    break
                await asyncio.sleep(0.1)  # whoever writes elsewhere in this database server holds the log back
            await log.advance(opened.database, log.REACTIONS["hello_shop.hear"])
            [greeting] = await opened.door.ask(ANYONE, "hello_shop.greetings")
            assert (greeting.name, greeting.heard) == ("Ola", 1)
            async with opened.database.transaction("hello_shop") as tx:
                with pytest.raises(Exception, match="permission denied"):
                    await tx.value("select count(*) from commerce.sales_order")
        finally:
            await opened.close()
    finally:
        log.REACTIONS.pop("hello_shop.hear", None)


@pytest.mark.usefixtures("_installed")
def test_a_plugin_that_is_not_named_stays_out() -> None:
    assert "hello_shop.greet" not in composition.registry().by_name
    assert "hello_shop.greet" in composition.registry(Settings(plugins=("hello",))).by_name


def test_a_plugin_that_is_not_installed_is_named() -> None:
    with pytest.raises(SettingsError, match="plugins: goodbye not installed"):
        composition.registry(Settings(plugins=("goodbye",)))


@pytest.mark.usefixtures("_installed")
def test_its_policies_are_checked_with_ours() -> None:
    chosen = Settings(plugins=("hello",))
    actions = {each.policy for each in composition.registry(chosen).by_name.values()}
    assert security.check(composition.policies(chosen), actions) == []
    assert security.check(composition.policies(chosen), actions - {"hello.greet"}) != []
