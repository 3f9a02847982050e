"""``rynek call`` against a real server: what it prints, and how it tells what was wrong."""

import asyncio
import io
from pathlib import Path

import msgspec
import pytest

from rynek import calling
from rynek.bench import Server
from rynek.kernel.settings import load


class Spoken:
    """A person at a terminal: what they type, and what they see."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self.capsys = capsys

    async def __call__(self, *words: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(calling.main, [*words, "--url", self.url])
        return code, *self.capsys.readouterr()


@pytest.fixture
def call(server: Server, capsys: pytest.CaptureFixture[str]) -> Spoken:
    return Spoken(server.address, capsys)


@pytest.fixture
def as_boss(call: Spoken, token: str, monkeypatch: pytest.MonkeyPatch) -> Spoken:
    monkeypatch.setenv("RYNEK_TOKEN", token)
    return call


async def test_an_answer_is_json(call: Spoken) -> None:
    code, out, err = await call("ops.live")
    assert (code, msgspec.json.decode(out), err) == (0, {"status": "alive"}, "")


async def test_a_write_and_a_list_with_commas(as_boss: Spoken) -> None:
    locations = '{"locations": [{"code": "LOD-1", "name": "Łódź", "kind": "store"}]}'
    assert await as_boss("commerce.inventory.put_locations", "--json", locations) == (0, "", "")
    lines = 'lines=[{"sku": "fig", "units": 5}, {"sku": "nut", "units": 7}]'
    assert (await as_boss("inventory.receive", "location=LOD-1", "reference=wz-7", lines))[:2] == (0, "true\n")
    code, out, _ = await as_boss("commerce.inventory.levels", "skus=fig,nut", "location=LOD-1", "limit=10")
    assert code == 0
    assert [(each["sku"], each["on_hand"]) for each in msgspec.json.decode(out)] == [("fig", 5), ("nut", 7)]


async def test_json_from_a_file_and_a_pipe(as_boss: Spoken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '{"skus": ["fig"]}'
    (tmp_path / "given.json").write_text(text)
    assert (await as_boss("inventory.levels", "--json", f"@{tmp_path}/given.json", "location=WAW-9"))[:2] == (0, "[]\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert (await as_boss("inventory.levels", "--json", "-", "location=WAW-9"))[:2] == (0, "[]\n")


async def test_a_refusal_says_why_and_what_to_do(call: Spoken) -> None:
    code, out, err = await call("security.staff")
    assert (code, out) == (1, "")
    assert err.startswith("refused: No policy allows this to you: no policy allows security.staff-read")
    assert "put your token into RYNEK_TOKEN or .rynek/token" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["commerce.inventory.level"], "there is no operation commerce.inventory.level; did you mean"),
        (["commerce.stock.levels"], "commerce.inventory.levels"),
        (["zzz"], "there is no operation zzz; `rynek call --list` lists them all"),
        (["inventory.levels", "sku=a"], "commerce.inventory.levels takes no sku; did you mean skus?"),
        (["inventory.levels"], "commerce.inventory.levels needs skus=([string"),
        (["inventory.levels", "fig"], "fig: write name=value; commerce.inventory.levels takes skus, location"),
        (["ops.live", "a=1"], "ops.live takes no a; it takes nothing"),
        (["inventory.levels", "--json", "[1]"], "--json: "),
        (["inventory.levels", "--json", '{"skus": ["a"], "limt": 3}'], "takes no limt; did you mean limit?"),
    ],
)
async def test_mistakes_are_explained(call: Spoken, words: list[str], said: str) -> None:
    code, out, err = await call(*words)
    assert (code, out) == (2, "")
    assert said in err


async def test_help_tells_what_an_operation_takes_answers_and_refuses(call: Spoken) -> None:
    code, out, _ = await call("commerce.inventory.receive", "--help")
    assert code == 0
    assert out.startswith("commerce.inventory.receive  (POST /inventory/receipts, policy inventory.receive)\n")
    assert "Book goods in by a delivery's number" in out
    assert "reference: string" in out
    assert "There is no such location" in out


async def test_the_list_can_be_searched(call: Spoken) -> None:
    code, out, _ = await call("--list", "health")
    names = [line.split()[0] for line in out.splitlines()]
    assert (code, names) == (0, ["ops.live", "ops.ready"])
    everything = (await call("--list"))[1]
    assert len(everything.splitlines()) > 30


async def test_help_without_an_operation_needs_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = await Spoken("127.0.0.1:9", capsys)("--help")
    assert code == 0
    assert "rynek call commerce.inventory.levels skus=milk,bread" in out


async def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = await Spoken("http://127.0.0.1:9", capsys)("ops.live")
    assert code == 3
    assert "is `rynek serve` running there?" in err


async def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = await Spoken("ftp://shop", capsys)("ops.live")
    assert (code, err) == (2, "rynek call: ftp://shop: give the address as http://host:port\n")


def test_the_token_is_the_environments_or_the_folders(tmp_path: Path) -> None:
    assert calling.token(tmp_path, {}) is None
    (tmp_path / "token").write_text("rs_kept\n")
    assert calling.token(tmp_path, {}) == "rs_kept"
    assert calling.token(tmp_path, {"RYNEK_TOKEN": "rs_given"}) == "rs_given"


def test_whom_to_call_is_no_setting_of_the_shop(tmp_path: Path) -> None:
    asked = {"RYNEK_TOKEN": "rs_x", "RYNEK_URL": "http://shop", "RYNEK_PORT": "9000"}
    assert load(tmp_path, asked).port == 9000
