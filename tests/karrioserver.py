"""Somebody else's carrier: karrio's own SDK with its `generic` carrier, a program of its own beside the tests.

It says LGPL-3.0, so nothing of Rynek imports it and nothing of it is kept here: it is installed, by version, into a
folder of the environment in which the tests run, and started as a process that answers on the paths of a karrio server.
Rates and labels are karrio's; where a parcel is, which `generic` does not tell, the tests say (`POST /told/{number}`).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.conftest import free_port

VERSION = "2026.1.32"
TOKEN = "key_of_tests"
FOLDER = Path(sys.prefix) / "programs" / f"karrio-{VERSION}"
START = r"""
import json, sys, uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
import attr
import karrio.sdk as karrio
from karrio.core import models

ZONES = [dict(label="light", rate=9.99, max_weight=5.0),
    dict(label="heavy", rate=14.99, min_weight=5.0, max_weight=25.0)]
LEVEL = dict(service_name="Locker", service_code="locker_standard", currency="PLN", transit_days=1, weight_unit="KG",
    zones=ZONES)
GATE = karrio.gateway["generic"].create(dict(display_name="Lockers", custom_carrier_name="lockers",
    carrier_id="lockers", account_country_code="PL", services=[LEVEL]))
SHIPMENTS, TOLD = {}, {}

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def say(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
    def known(self):
        return self.headers.get("authorization") == "Token " + sys.argv[2]
    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/": return self.say(200, {"VERSION": karrio.__name__})
        if not self.known(): return self.say(401, {"errors": [{"message": "who are you?"}]})
        wanted = parse_qs(asked.query).get("reference", [""])[0]
        found = [shown(each) for each in SHIPMENTS.values() if each["reference"] == wanted]
        self.say(200, {"count": len(found), "results": found})
    def do_POST(self):
        said, way = self.body(), urlsplit(self.path).path.strip("/").split("/")
        if way[0] == "told":
            TOLD.setdefault(way[1], []).extend(said)
            return self.say(200, {})
        if not self.known(): return self.say(401, {"errors": [{"message": "who are you?"}]})
        if way == ["v1", "proxy", "rates"]: return self.say(*rates(said))
        if way == ["v1", "shipments"]: return self.say(*buy(said))
        if way[:2] == ["v1", "shipments"] and way[3:] == ["documents", "label"]:
            return self.say(200, {"category": "label", "base64": SHIPMENTS[way[2]]["label"]})
        if way[:2] == ["v1", "shipments"] and way[3:] == ["cancel"]:
            SHIPMENTS[way[2]]["status"] = "cancelled"
            return self.say(200, shown(SHIPMENTS[way[2]]))
        if way == ["v1", "proxy", "tracking"]:
            number = said["tracking_number"]
            tracker = {"tracking_number": number, "events": TOLD.get(number, [])}
            return self.say(200, {"tracking": tracker, "messages": []})
        self.say(404, {"errors": [{"message": "no such path"}]})

def shown(each):
    return {name: value for name, value in each.items() if name != "label"}

def told(messages):
    return {"errors": [{"message": each.message or str(each.details)} for each in messages]}

def rates(said):
    request = models.RateRequest(shipper=said["shipper"], recipient=said["recipient"], parcels=said["parcels"],
        services=said["services"])
    found, messages = karrio.Rating.fetch(request).from_(GATE).parse()
    if not found: return 424, told(messages)
    return 200, {"rates": [attr.asdict(each) for each in found], "messages": []}

def buy(said):
    request = models.ShipmentRequest(service=said["service"], shipper=said["shipper"], recipient=said["recipient"],
        parcels=said["parcels"], label_type=said["label_type"], reference=said["reference"], options=said["options"])
    made, messages = karrio.Shipment.create(request).from_(GATE).parse()
    if made is None: return 424, told(messages)
    name = "shp_" + uuid.uuid4().hex
    SHIPMENTS[name] = {"id": name, "reference": said["reference"], "tracking_number": made.tracking_number,
        "label_type": said["label_type"], "status": "purchased", "created_at": datetime.now(timezone.utc).isoformat(),
        "label": made.docs.label}
    return 201, shown(SHIPMENTS[name])

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


def installed() -> Path:
    """Install it where it is not yet."""
    if FOLDER.exists():
        return FOLDER
    FOLDER.parent.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=FOLDER.parent)) / "it"
    wanted = [f"karrio=={VERSION}", f"karrio-generic=={VERSION}", "jinja2"]  # the last it needs and does not say
    done = subprocess.run(
        [shutil.which("uv") or "uv", "pip", "install", "-q", "--target", str(fresh), *wanted],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(f"karrio {VERSION} could not be installed from the package registry:\n{done.stderr}")
    try:
        fresh.rename(FOLDER)
    except OSError:  # another worker was first
        assert FOLDER.exists()
    return FOLDER


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Run it; gives its address."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(installed())}
    with (
        (folder / "log").open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", START, str(port), TOKEN],
            stdout=out,
            stderr=out,
            env=environment,
            cwd=folder,
        ) as process,
    ):
        try:
            _wait(port, process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    ends = time.monotonic() + 90
    while True:
        asked = HTTPConnection("127.0.0.1", port)
        try:
            asked.request("GET", "/")
            assert asked.getresponse().status == 200
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < ends, "karrio does not answer"
            time.sleep(0.1)
        else:
            return
        finally:
            asked.close()
