"""What is done with pictures: taken in, described, shown in sizes that are made when they are first asked for."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from rynek.commerce.media import darkroom, model, rules
from rynek.commerce.media.events import PictureChanged
from rynek.commerce.media.model import (
    Digest,
    Form,
    Format,
    FormText,
    Locale,
    Percent,
    Picture,
    PictureRefused,
    PictureUsed,
    Row,
    UnknownForm,
    UnknownPicture,
    Words,
)
from rynek.commerce.media.ports import store
from rynek.kernel import forms, ids
from rynek.kernel.database import Tx
from rynek.kernel.door import Call, Request, Response
from rynek.kernel.events import emit
from rynek.kernel.faults import Unavailable, UnsupportedMediaType
from rynek.kernel.sql import queries
from rynek.kernel.storage import Missing

q = queries(__file__, model)

PLACE = "pictures"
_FOR_EVER = "public, max-age=31536000, immutable"
_SAFE = ("content-security-policy", "default-src 'none'; sandbox")
_NONE: list[str] = []
_making: dict[str, asyncio.Task[bytes]] = {}


async def upload(call: Call[Any]) -> Picture:
    """Take in a picture: JPEG, PNG, WebP, GIF or AVIF of up to 20 MiB and 64 megapixels.

    Send the file as the body, with its ``Content-Type``, or a form with one file (``multipart/form-data``). It is
    decoded and written anew: place, camera, comments and whatever else the file said are gone, and the picture stands
    upright. Of an animation the first frame is kept. A picture that is there already is given as it is.

    Raises:
        PictureRefused: the file is no picture of these kinds, says to be something else, is cut off, too large, or
            something else as well.
        UnsupportedMediaType: no ``Content-Type`` of a picture came with it.
        Malformed: the form cannot be read.
        Unavailable: too many pictures are being taken in.
    Emits:
        PictureChanged when it is new.
    """
    name, declared, body = _sent(call.request)
    why = await asyncio.to_thread(rules.objection, body, declared, name)
    if why is not None:
        raise PictureRefused(why)
    facts, kept = await _taken(body)
    key, digest = ids.new(), blake2b(kept, digest_size=16).hexdigest()
    await store().put(_key(key), kept)
    async with call.transaction() as tx:
        fresh = await q.put(
            tx, id=key, digest=digest, name=name, width=facts["width"], height=facts["height"], size_bytes=len(kept),
            colour=facts["colour"], at=tx.at,
        )  # fmt: skip
        if fresh:
            emit(tx, PictureChanged(digest, []))
        await call.note(tx, digest)
        found = await _row(tx, digest)
    if not fresh:
        await store().delete(_key(key))
    return _picture(found)


def _sent(request: Request | None) -> tuple[str, str, bytes]:
    """Read a file's name, its declared type and its content."""
    assert request is not None  # noqa: S101 - a file comes only with a request
    declared = request.header("content-type") or ""
    if declared.startswith("multipart/form-data"):
        files = [each for each in forms.read(declared, request.body) if each.file is not None]
        if len(files) != 1:
            raise UnsupportedMediaType("send one file")
        return _named(files[0].file), files[0].kind, files[0].body
    if not declared.startswith("image/"):
        raise UnsupportedMediaType("send a picture with its Content-Type, such as image/jpeg, or a form with one file")
    return _named(forms.file_name(request.header("content-disposition"))), declared, request.body


def _named(name: str | None) -> str:
    plain = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in plain if each.isprintable())[-200:]


async def _taken(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Have a picture decoded and written anew."""
    asked = {
        "do": "take", "kind": rules.kind(body), "pixels": rules.LARGEST_PIXELS, "side": rules.LARGEST_SIDE,
        "frames": rules.LARGEST_FRAMES, "motion": rules.LARGEST_MOTION_PIXELS, "kept": rules.KEPT_SIDE,
    }  # fmt: skip
    try:
        facts, kept = await darkroom.work(asked, body)
    except darkroom.Ruined:
        raise PictureRefused("it cannot be read in the time and memory that a picture may take") from None
    if "refused" in facts:
        raise PictureRefused(facts["refused"])
    return facts, kept


def _key(picture: UUID, form: str = "") -> str:
    return f"{PLACE}/{picture.hex}.{form or 'kept'}"


async def _row(tx: Tx, digest: str) -> Row:
    found: Row | None = await q.picture(tx, digest=digest)
    if found is None:
        raise UnknownPicture(f"there is no picture {digest}", picture=digest)
    return found


def _picture(row: Row) -> Picture:
    return Picture(
        row.digest, f"/media/{row.digest}", row.name, row.width, row.height, row.size_bytes, row.colour, row.focus_x,
        row.focus_y, msgspec.json.decode(row.alts, type=dict[str, str]), row.uploaded_at, row.uses,
    )  # fmt: skip


async def pictures(
    tx: Tx, name: Words = "", before: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?\Z")] = "",
    limit: Annotated[int, Meta(ge=1, le=200)] = 48, pictures: Annotated[list[Digest], Meta(max_length=500)] = _NONE,
) -> list[Picture]:  # fmt: skip
    """List uploaded pictures, the newest first.

    Args:
        pictures: only these; none for all.
        name: only those whose file's name has this in it.
        before: the last picture of the page before.
    """
    if pictures:
        return [_picture(row) for row in await q.these(tx, digests=pictures)]
    return [_picture(row) for row in await q.pictures(tx, name=name, before=before, size=limit)]


async def picture(tx: Tx, picture: Digest) -> Picture:
    """Look a picture up.

    Raises:
        UnknownPicture: there is none of this key.
    """
    return _picture(await _row(tx, picture))


async def describe(
    tx: Tx, picture: Digest, focus_x: Percent, focus_y: Percent,
    alts: Annotated[dict[Locale, Words], Meta(max_length=50)],
) -> Picture:  # fmt: skip
    """Say where a picture's subject is, which every cut keeps, and what it shows, by language.

    Raises:
        UnknownPicture: there is none of this key.
    Emits:
        PictureChanged.
    """
    told = msgspec.json.encode({locale: words for locale, words in alts.items() if words}).decode()
    key = await q.describe(tx, digest=picture, focus_x=focus_x, focus_y=focus_y, alts=told)
    if key is None:
        raise UnknownPicture(f"there is no picture {picture}", picture=picture)
    emit(tx, PictureChanged(picture, await q.holders(tx, picture=key)))
    return _picture(await _row(tx, picture))


async def discard(tx: Tx, picture: Digest) -> None:
    """Discard a picture that nothing shows; its files are cleared away a day later.

    Raises:
        UnknownPicture: there is none of this key.
        PictureUsed: a product shows it; ``uses`` says how many do.
    Emits:
        PictureChanged.
    """
    key = await q.hold(tx, digest=picture)
    if key is None:
        raise UnknownPicture(f"there is no picture {picture}", picture=picture)
    if not await q.discard(tx, pictures=[key], at=tx.at):
        uses = len(await q.holders(tx, picture=key))
        raise PictureUsed(f"{uses} products show it", picture=picture, uses=uses)
    emit(tx, PictureChanged(picture, [], gone=True))


async def known(tx: Tx, digests: Collection[str]) -> frozenset[str]:
    """Tell which of these pictures there are; they cannot be discarded before the transaction ends."""
    return frozenset(await q.lock(tx, digests=sorted(digests)) if digests else ())


async def use(tx: Tx, shown: Mapping[UUID, Collection[str]]) -> None:
    """Note which pictures each holder (a product) shows from now on: what is shown is not discarded.

    Args:
        shown: digests by holder; each was found by ``known`` in this transaction.
    """
    if shown:
        pairs = [(holder, digest) for holder, digests in shown.items() for digest in digests]
        await q.use(
            tx, holders=list(shown), held=[holder for holder, _ in pairs], digests=[digest for _, digest in pairs],
            at=tx.at,
        )  # fmt: skip


async def shown(tx: Tx, digests: Collection[str]) -> dict[str, Picture]:
    """Give what pages need of pictures, by digest; those that are gone are not in it, and uses are not counted."""
    rows: Sequence[Row] = await q.shown(tx, digests=sorted(digests)) if digests else ()
    return {row.digest: _picture(row) for row in rows}


async def whole(call: Call[Any], picture: Digest) -> Response:
    """Show a picture, up to 1920 pixels wide, in the format that the browser likes best.

    Raises:
        UnknownPicture: there is none of this key.
    """
    return await _show(call, picture, rules.WHOLE)


async def show(call: Call[Any], picture: Digest, form: FormText) -> Response:
    """Show a picture in a size and cut; the first who asks for it waits until it is made.

    Args:
        form: width, cut with the focal point, and format: ``640``, ``640.webp``, ``640-4x3-50-33.avif``.

    Raises:
        UnknownPicture: there is none of this key.
        UnknownForm: it is not on the list of sizes and cuts.
        Unavailable: too many pictures are being made.
    """
    wanted = rules.form(form)
    if wanted is None:
        raise UnknownForm(f"widths are {', '.join(map(str, rules.WIDTHS))}; cuts are square and 4x3", form=form)
    return await _show(call, picture, wanted)


async def _show(call: Call[Any], digest: str, form: Form) -> Response:
    accept = call.request.header("accept") if call.request else None
    known = call.request.header("if-none-match") if call.request else None
    async with call.transaction() as tx:
        row = await _row(tx, digest)
    now = (row.focus_x, row.focus_y)
    if form.focus is not None and form.focus != now:
        there = f"/media/{digest}/{rules.name(msgspec.structs.replace(form, focus=now))}"
        return Response(307, b"", "text/plain", (("location", there), ("cache-control", "public, max-age=60")))
    chosen = form.format or rules.liked(accept)
    exact = rules.name(msgspec.structs.replace(form, format=chosen))
    varies = () if form.format else (("vary", "Accept"),)
    headers = (("cache-control", _FOR_EVER), ("etag", f'"{exact}"'), _SAFE, *varies)
    if known == f'"{exact}"':
        return Response(304, b"", f"image/{chosen}", headers)
    return Response(200, await _printed(call, row, form, chosen, exact), f"image/{chosen}", headers)


async def _printed(call: Call[Any], row: Row, form: Form, chosen: Format, exact: str) -> bytes:
    """Fetch a size of a picture, made once for all who ask for it meanwhile."""
    key = _key(row.id, exact)
    try:
        return await store().get(key)
    except Missing:
        task = _making.get(key)
        if task is None:
            task = _making[key] = asyncio.create_task(_make(call, row, form, chosen, exact))
            task.add_done_callback(lambda _: _making.pop(key, None))
        return await asyncio.shield(task)


_room = partial(asyncio.Semaphore, darkroom.PRESSES)
_rooms: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


async def _make(call: Call[Any], row: Row, form: Form, chosen: Format, exact: str) -> bytes:
    """Make a size of a picture, unless another process has just made it.

    As many at a time as there are presses: each holds a connection while it is made.
    """
    key, loop = _key(row.id, exact), asyncio.get_running_loop()
    async with _rooms.setdefault(loop, _room()), call.transaction() as tx:
        await q.lock_form(tx, key=key)
        try:
            return await store().get(key)
        except Missing:
            made = await _print(await store().get(_key(row.id)), row, form, chosen)
        await store().put(key, made)
        await q.put_form(tx, picture=row.id, form=exact, size_bytes=len(made))
    return made


async def _print(kept: bytes, row: Row, form: Form, chosen: Format) -> bytes:
    cut = rules.box(row.width, row.height, form.cut, form.focus or (50, 50))
    size = rules.scaled(cut[2] - cut[0], cut[3] - cut[1], form.width)
    try:
        told, made = await darkroom.work({"do": "print", "box": cut, "to": size, "format": chosen}, kept)
    except darkroom.Ruined:
        told, made = {"refused": ""}, b""
    if "refused" in told:
        raise Unavailable("the picture cannot be made at this moment; try again", retry_after=5)
    return made
