"""The standard's own JavaScript library takes what we sign, and nothing else."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rynek.commerce.catalog.events import ChannelChanged
from rynek.integration.webhooks import rules
from tests.integration.webhooks.conftest import Post, Receiver

HERE = Path(__file__).with_name("receiver")


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the library where the program is; it comes from npm."""
    if not shutil.which("npm"):
        pytest.fail("this test needs Node.js and npm: apt-get install nodejs npm, or see https://nodejs.org")
    folder = tmp_path_factory.mktemp("javascript")
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run(npm, cwd=folder, check=True)
    return folder / "verify.js"


async def test_javascript_verifies_what_we_send(post: Post, receiver: Receiver, verifier: Path) -> None:
    made = await post.ask("make", url=receiver.url(), types=["*"])
    rotated = await post.ask("rotate", endpoint=made.id)
    await post.announce(ChannelChanged("Zażółć gęślą jaźń"))
    await post.route()
    await post.deliver()
    [got] = receiver.got
    good = {"secret": made.secret, "headers": got.headers, "body": got.body.decode()}
    cases = [
        (good, True),
        ({**good, "secret": rotated.secret}, True),
        ({**good, "secret": rules.secret(b"somebody else's secret!!")}, False),
        ({**good, "body": good["body"].replace("1.0", "1.1")}, False),
        ({**good, "headers": {**got.headers, "webhook-id": "another"}}, False),
        ({**good, "headers": {**got.headers, "webhook-timestamp": "1600000000"}}, False),
    ]
    asked = "\n".join(json.dumps(case) for case, _ in cases)
    done = subprocess.run(["node", verifier], input=asked, capture_output=True, text=True, check=True)  # noqa: S607, ASYNC221 - the test waits
    assert done.stdout.split() == [str(holds).lower() for _, holds in cases]
