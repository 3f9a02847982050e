"""Any request that the OpenAPI document allows, and many that it does not, is answered as the document says.

``TRIAL_EXAMPLES=50 TRIAL_SECONDS=900 pytest tests/ops/test_schemathesis.py`` tries longer.
"""

import os
import re
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from rynek import security
from rynek.bench import Server
from rynek.client.generated import Client
from rynek.kernel.database import Database
from rynek.kernel.settings import Settings
from tests.vies import register

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
# what would end the asking session: the rest of the run would be one who is not logged in
ENDING = ("security.logout", "security.revoke_all", "security.change_password")
# what answers only after the time it is asked to wait
WAITING = ("integration.stream.read",)
PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
async def settings(settings: Settings) -> AsyncIterator[Settings]:
    """Give the module's settings with a register of VAT numbers to ask: the true one is not for trials."""
    async with register() as (vies, _):
        yield msgspec.structs.replace(settings, vies=vies)


@pytest.fixture(scope="module")
async def tokens(server: Server, database: Database) -> dict[str, str]:
    """Give a token for each kind of caller that is tried; those who are anyone have none."""
    await security.ensure_admin(database, "boss@example.com", PASSWORD)
    async with Client(server.address) as anyone:
        boss = (await anyone.security.login("boss@example.com", PASSWORD)).token
    assert boss is not None
    return {"anyone": "", "admin": boss}


@pytest.mark.parametrize(("actor", "phases"), [("anyone", "examples,fuzzing"), ("admin", "examples,coverage,fuzzing")])
async def test_the_server_keeps_to_its_document(
    server: Server, tokens: dict[str, str], actor: str, phases: str, tmp_path: Path
) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    options = [
        f"--checks={','.join(CHECKS)}",
        f"--phases={phases}",
        f"--max-examples={os.environ.get('TRIAL_EXAMPLES', '1')}",
        f"--max-time={os.environ.get('TRIAL_SECONDS', '25')}",
        "--seed=20171218",
        "--generation-deterministic",
        "--no-shrink",
        "--continue-on-failure",
        "--suppress-health-check=all",
        "--request-timeout=10",
        "--warnings=off",
        "--no-color",
        *(f"--exclude-operation-id={name}" for name in (*ENDING, *WAITING) if actor == "admin"),
        *([f"--header=Authorization: Bearer {tokens[actor]}"] if tokens[actor] else []),
    ]
    command = [str(program), "run", f"http://{server.address}/openapi.json", *options]
    run = await create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT, cwd=tmp_path)
    said, _ = await run.communicate()
    assert run.returncode == 0, f"{said.decode()}\n{server.log.read_text()[-8_000:] if server.log else ''}"
    selected, offered = map(int, re.findall(r"Selected: (\d+)/(\d+)", said.decode())[0])
    assert selected == offered - (len(ENDING + WAITING) if actor == "admin" else 0)
    tested = int(re.findall(r"Tested: (\d+)", said.decode())[0])
    assert tested > selected / 2  # a slow machine leaves some out, so that nobody waits longer than 25 s
    assert offered > 100
