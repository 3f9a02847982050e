"""Pictures over HTTP, on the real database and both storages: taken in, shown, used, discarded, cleared away."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from PIL import Image

from rynek import serving
from rynek.app import App
from rynek.bench import Server
from rynek.client.connections import Answer, Connections
from rynek.commerce.catalog import PictureUnfit, Product, Variant
from rynek.commerce.media import ports, reactions
from rynek.commerce.media.actions import PLACE
from rynek.commerce.media.model import Picture, PictureUsed, UnknownPicture
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.faults import Fault
from rynek.kernel.settings import Settings
from tests import bucket, pictures
from tests.conftest import FAST, free_port

MERCHANT = Actor("staff", ids.new(), frozenset({"merchandise"}))


@pytest.fixture(scope="module", params=["folder", "s3"])
def settings(
    request: pytest.FixtureRequest, dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:  # fmt: skip
    folder = tmp_path_factory.mktemp("shop")
    shop = Settings(folder=folder, database=dsn, rates=FAST, connections=12)
    if request.param == "folder":
        yield shop
    else:
        with bucket.served(folder / "log") as other:
            yield msgspec.structs.replace(shop, storage=other.storage, storage_endpoint=other.storage_endpoint)


@pytest.fixture(scope="module")
async def wire(world: App, server: Server) -> AsyncIterator[Connections]:
    async with Connections(server.address) as opened:
        yield opened


@pytest.fixture(scope="module")
async def merchant(world: App) -> dict[str, str]:
    admin = Actor("staff", ids.new(), frozenset({"admin"}))
    entry = await world.door.ask(admin, "security.engage", name="pictures", roles=["import"])
    return {"authorization": f"Bearer {entry.token}"}


async def sent(wire: Connections, merchant: dict[str, str], body: bytes, kind: str, **headers: str) -> Answer:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return await wire.ask("POST", "/media/pictures", {**merchant, "content-type": kind, **more}, body)


async def taken(wire: Connections, merchant: dict[str, str], body: bytes, kind: str = "image/jpeg") -> Picture:
    answer = await sent(wire, merchant, body, kind)
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=Picture)


async def kept(world: App) -> set[str]:
    return {each.key async for each in ports.store().every(PLACE)}


async def count(world: App, table: str) -> int:
    async with world.database.transaction("commerce") as tx:
        found: int = await tx.value(f"select count(*) from commerce.{table}")  # noqa: S608 - our own names
    return found


def opened(answer: Answer) -> Any:
    assert answer.status == 200, answer
    return Image.open(io.BytesIO(answer.body))


def unlike(width: int = 800, height: int = 600) -> bytes:
    """Make a picture that no other test has."""
    return pictures.noise("jpeg", width, height)


async def test_a_picture_is_taken_in_and_shown(wire: Connections, merchant: dict[str, str]) -> None:
    body = pictures.told("jpeg", 6)
    answer = await sent(
        wire,
        merchant,
        body,
        "image/jpeg",
        content_disposition="attachment; filename*=UTF-8''C%3A%5Cme%5C%C5%BB%C3%B3%C5%82w.jpg",
    )
    found = msgspec.json.decode(answer.body, type=Picture)
    assert (found.width, found.height, found.name, found.uses) == (48, 64, "Żółw.jpg", 0)
    assert found.url == f"/media/{found.picture}"
    for accept, kind in (("image/avif,*/*", "avif"), ("image/webp,*/*", "webp"), ("*/*", "jpeg")):
        shown = await wire.ask("GET", found.url, {"accept": accept})
        image = opened(shown)
        assert (image.format, image.size, dict(image.getexif())) == (kind.upper(), (48, 64), {})
        assert shown.headers["content-type"] == f"image/{kind}"
        assert shown.headers["vary"] == "Accept"
        assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert shown.headers["x-content-type-options"] == "nosniff"
        for secret in (pictures.GPS, pictures.COMMENT):
            assert secret not in shown.body
        again = await wire.ask("GET", found.url, {"accept": accept, "if-none-match": shown.headers["etag"]})
        assert (again.status, again.body) == (304, b"")


async def test_the_same_picture_again_is_the_same(world: App, wire: Connections, merchant: dict[str, str]) -> None:
    body = unlike()
    first = await taken(wire, merchant, body)
    files = await kept(world)
    found = await asyncio.gather(*(taken(wire, merchant, body) for _ in range(6)))
    assert {each.picture for each in found} == {first.picture}
    assert await kept(world) == files


async def test_the_same_picture_many_times_at_once_is_kept_once(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    files, rows, body = await kept(world), await count(world, "picture"), unlike()
    found = await asyncio.gather(*(taken(wire, merchant, body) for _ in range(8)))
    assert len({each.picture for each in found}) == 1
    assert (len(await kept(world)) - len(files), await count(world, "picture") - rows) == (1, 1)


async def test_a_form_is_taken_as_browsers_post_it(wire: Connections, merchant: dict[str, str]) -> None:
    head = b'--xx\r\ncontent-disposition: form-data; name="product"\r\n\r\nTEA\r\n--xx\r\n'
    part = head + b'content-disposition: form-data; name="file"; filename="tea.png"\r\ncontent-type: image/png\r\n\r\n'
    body = part + pictures.a("png", 90, 70) + b"\r\n--xx--\r\n"
    answer = await sent(wire, merchant, body, "multipart/form-data; boundary=xx")
    assert msgspec.json.decode(answer.body, type=Picture).name == "tea.png"
    for wrong, status in (
        (body[:-8], 400),
        (b"", 400),
        (b"--xx--\r\n", 415),
        (body.replace(b"image/png", b"a/b"), 422),
    ):
        assert (await sent(wire, merchant, wrong, "multipart/form-data; boundary=xx")).status == status
    assert (await sent(wire, merchant, body, "multipart/form-data")).status == 415


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (pictures.script_gif(), "image/gif", 422),
        (pictures.a("jpeg") + pictures.archive(), "image/jpeg", 422),
        (pictures.zip_inside(), "image/png", 422),
        (pictures.SVG, "image/svg+xml", 422),
        (pictures.SVG, "image/png", 422),
        (pictures.ENTITIES, "image/svg+xml", 422),
        (pictures.png(30_000, 30_000), "image/png", 422),
        (pictures.a("jpeg")[:-30], "image/jpeg", 422),
        (pictures.a("png"), "image/jpeg", 422),
        (pictures.a("png"), "application/octet-stream", 415),
        (pictures.a("png"), "", 415),
        (b"", "image/png", 422),
        (pictures.animated(201), "image/gif", 422),
    ],
)
async def test_what_is_no_honest_picture_leaves_nothing(
    world: App, wire: Connections, merchant: dict[str, str], body: bytes, kind: str, status: int
) -> None:
    before = await kept(world), await count(world, "picture")
    answer = await sent(wire, merchant, body, kind)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.body
    assert (await kept(world), await count(world, "picture")) == before


async def test_a_bomb_harms_nobody(wire: Connections, merchant: dict[str, str]) -> None:
    bomb = pictures.bomb()
    answers = asyncio.gather(*(sent(wire, merchant, bomb, "image/png") for _ in range(4)))
    alive = [(await wire.ask("GET", "/health/live")).status for _ in range(5)]
    assert [each.status for each in await answers] == [422] * 4
    assert alive == [200] * 5
    await taken(wire, merchant, unlike())


async def test_too_large_a_body_is_refused_before_it_is_read(wire: Connections, merchant: dict[str, str]) -> None:
    async with Connections(wire.url) as another:  # the server hangs up on who sends so much
        answer = await sent(another, merchant, bytes(21 * 2**20), "image/png")
    assert answer.status == 413


async def test_only_merchants_upload(wire: Connections) -> None:
    answer = await sent(wire, {}, pictures.a("png"), "image/png")
    assert answer.status == 403


async def test_sizes_and_cuts_are_made_around_the_focal_point(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    found = await taken(wire, merchant, pictures.a("jpeg", 900, 300, quality=93))
    described = await world.door.ask(
        MERCHANT, "commerce.media.describe", picture=found.picture, focus_x=0, focus_y=50, alts={"pl": "Pół", "en": ""}
    )
    assert (described.focus_x, described.alts) == (0, {"pl": "Pół"})
    left = opened(await wire.ask("GET", f"{found.url}/160-square-0-50.jpeg"))
    assert left.size == (160, 160)
    assert left.convert("RGB").getpixel((150, 80))[0] > 200  # red to its right edge
    stale = await wire.ask("GET", f"{found.url}/160-square-50-50.jpeg")
    assert (stale.status, stale.headers["location"]) == (307, f"{found.url}/160-square-0-50.jpeg")
    assert opened(await wire.ask("GET", f"{found.url}/1920.webp")).size == (900, 300)  # nothing is blown up
    assert opened(await wire.ask("GET", f"{found.url}/320.avif")).size == (320, 107)


async def test_nobody_fills_the_disk_with_sizes_of_their_own(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    found = await taken(wire, merchant, unlike())
    before = await kept(world)
    for form in ("641", "161.webp", "640.png", "640-4x3-1-1x", "640-5x3-1-1", "..%2f..", "640.webp%00", "x" * 300, "0"):
        answer = await wire.ask("GET", f"{found.url}/{form}")
        assert answer.status in (404, 422), form
    for x in range(20):  # a focal point that is not the picture's leads to the one that is
        assert (await wire.ask("GET", f"{found.url}/640-4x3-{x}-{x}.webp")).status == 307
    assert (await wire.ask("GET", f"/media/{'0' * 32}/640")).status == 404
    assert await kept(world) == before


async def test_a_size_is_made_once_however_many_ask_in_however_many_processes(
    world: App, server: Server, settings: Settings, merchant: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "rynek", "serve", "--port", address.rpartition(":")[2]]
    log = tmp_path_factory.mktemp("second") / "log"
    async with (
        Server(command, address, env=serving.environment(settings), log=log),
        Connections(server.address) as one,
        Connections(address) as other,
    ):
        found = await taken(one, merchant, unlike(1_600, 1_200))
        asks = [wire.ask("GET", f"{found.url}/640.webp") for _ in range(50) for wire in (one, other)]
        answers = await asyncio.gather(*asks)
    assert {each.status for each in answers} == {200}
    assert len({each.body for each in answers}) == 1
    async with world.database.transaction("commerce") as tx:
        made = await tx.rows(
            "select f.form, f.made from commerce.picture_form as f join commerce.picture as p on p.id = f.picture"
            " where p.digest = $1",
            found.picture,
        )
    assert [tuple(each) for each in made] == [("640.webp", 1)]


async def put(world: App, code: str, *urls: str) -> Any:
    row = Product(code=code, name=code, media=[{"url": url} for url in urls], variants=[Variant(sku=code)])  # type: ignore[misc]
    return await world.door.ask(MERCHANT, "commerce.catalog.put_products", products=[msgspec.to_builtins(row)])


async def test_a_used_picture_stays(world: App, wire: Connections, merchant: dict[str, str]) -> None:
    found = await taken(wire, merchant, unlike())
    ask, code = world.door.ask, f"P{ids.new().hex[20:]}"
    assert (await put(world, code, found.url, "https://elsewhere.example/a.jpg")).changed == 1
    assert (await ask(MERCHANT, "commerce.media.picture", picture=found.picture)).uses == 1
    with pytest.raises(PictureUsed) as told:
        await ask(MERCHANT, "commerce.media.discard", picture=found.picture)
    assert told.value.facts["uses"] == 1
    assert (await wire.ask("GET", found.url)).status == 200
    assert (await put(world, code)).changed == 1
    await ask(MERCHANT, "commerce.media.discard", picture=found.picture)
    assert (await wire.ask("GET", found.url)).status == 404
    with pytest.raises(UnknownPicture):
        await ask(MERCHANT, "commerce.media.discard", picture=found.picture)
    refused = await put(world, code, found.url)
    assert [each.reason for each in refused.refused] == [f"there is no picture {found.picture}"]


async def test_a_picture_is_put_with_a_product_and_taken_off(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    first, second = await taken(wire, merchant, unlike()), await taken(wire, merchant, unlike())
    ask, code = world.door.ask, f"P{ids.new().hex[20:]}"
    await put(world, code, first.url)
    (entry,) = await ask(MERCHANT, "commerce.catalog.find", sku=code)
    for _ in range(2):  # said twice is said once
        await ask(MERCHANT, "commerce.catalog.depict", product=entry.id, url=second.url, alt="Behind", position=1)
    now = await ask(MERCHANT, "commerce.catalog.product", product=entry.id)
    assert [(each.url, each.alt, each.position) for each in now.media] == [
        (first.url, "", 0),
        (second.url, "Behind", 1),
    ]
    with pytest.raises(PictureUnfit):
        await ask(MERCHANT, "commerce.catalog.depict", product=entry.id, url=f"/media/{'0' * 32}")
    await ask(MERCHANT, "commerce.catalog.undepict", product=entry.id, url=first.url)
    now = await ask(MERCHANT, "commerce.catalog.product", product=entry.id)
    assert [each.url for each in now.media] == [second.url]
    uses = [(await ask(MERCHANT, "commerce.media.picture", picture=each.picture)).uses for each in (first, second)]
    assert uses == [0, 1]


async def test_used_and_discarded_at_once_is_one_or_the_other(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    for _ in range(12):
        found = await taken(wire, merchant, unlike(80, 60))
        code = f"P{ids.new().hex[20:]}"
        results: Any = await asyncio.gather(
            put(world, code, found.url),
            world.door.ask(MERCHANT, "commerce.media.discard", picture=found.picture),
            return_exceptions=True,
        )
        shown = not isinstance(results[0], Fault) and results[0].changed == 1
        gone = not isinstance(results[1], BaseException)
        assert shown != gone, results


async def advance(world: App, later: timedelta, act: Any) -> None:
    with clock.at(clock.now() + later):
        async with world.database.transaction("commerce") as tx:
            await act(tx)


async def test_what_nobody_shows_is_cleared_away_in_time(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    idle, used = await taken(wire, merchant, unlike()), await taken(wire, merchant, unlike())
    await put(world, f"P{ids.new().hex[20:]}", used.url)
    for each in (idle, used):
        assert (await wire.ask("GET", f"{each.url}/320.webp")).status == 200
    await advance(world, reactions.IDLE - timedelta(minutes=1), reactions.sweep)
    assert (await wire.ask("GET", idle.url)).status == 200
    await advance(world, reactions.IDLE + timedelta(minutes=1), reactions.sweep)
    assert ((await wire.ask("GET", idle.url)).status, (await wire.ask("GET", used.url)).status) == (404, 200)
    files = await kept(world)
    again = await taken(wire, merchant, unlike())  # what is uploaded meanwhile has files of its own
    await advance(world, reactions.IDLE + timedelta(days=3), reactions.sweep)
    await advance(world, reactions.IDLE + timedelta(days=3), reactions.sweep)  # twice is once
    assert (await wire.ask("GET", f"{used.url}/320.webp")).status == 200
    assert len(files - await kept(world)) >= 3
    assert (await wire.ask("GET", again.url)).status in (200, 404)  # it was idle for a month as well


async def test_discarded_and_uploaded_again_is_a_picture_of_its_own(
    world: App, wire: Connections, merchant: dict[str, str]
) -> None:
    body = unlike()
    first = await taken(wire, merchant, body)
    await world.door.ask(MERCHANT, "commerce.media.discard", picture=first.picture)
    second = await taken(wire, merchant, body)
    assert second.url == first.url
    await advance(world, timedelta(days=2), reactions.sweep)
    assert (await wire.ask("GET", f"{second.url}/160.webp")).status == 200


async def test_files_that_no_picture_owns_are_removed(world: App, wire: Connections, merchant: dict[str, str]) -> None:
    found = await taken(wire, merchant, unlike())
    stray = f"{PLACE}/{ids.new().hex}.kept"
    await ports.store().put(stray, b"cut off")
    await advance(world, timedelta(0), reactions.tidy)
    assert stray in await kept(world)  # it may be one that is just being uploaded
    files = await kept(world)
    await advance(world, timedelta(days=2), reactions.tidy)
    assert files - await kept(world) == {stray}
    assert (await wire.ask("GET", found.url)).status == 200


async def test_pictures_are_listed_newest_first(world: App, wire: Connections, merchant: dict[str, str]) -> None:
    made = []
    for number in range(3):
        answer = await sent(
            wire,
            merchant,
            unlike(90 + number, 60),
            "image/jpeg",
            content_disposition=f'a; filename="Listed{number}.jpg"',
        )
        made.append(json.loads(answer.body)["picture"])
    ask = world.door.ask
    found = await ask(MERCHANT, "commerce.media.pictures", name="listed", limit=2)
    assert [each.picture for each in found] == made[:0:-1]
    rest = await ask(MERCHANT, "commerce.media.pictures", name="listed", before=found[-1].picture)
    assert [each.picture for each in rest] == made[:1]
    assert await ask(MERCHANT, "commerce.media.pictures", name="%") == []
