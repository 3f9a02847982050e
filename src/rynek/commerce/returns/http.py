"""Returns' operations."""

from rynek.commerce import media
from rynek.commerce.returns import actions, settling
from rynek.kernel.operations import process, read, write

operations = [
    read("POST /returns/offer", actions.offer, "returns.ask", rate="login"),
    write("POST /returns", actions.ask, "returns.ask"),
    read("GET /returns", actions.returns, "returns.read"),
    read("GET /returns/{rma}", actions.rma, "returns.read"),
    process(
        "POST /returns/{rma}/lines/{line}/photos", actions.add_photo, "returns.ask", raw=True, limit=media.LARGEST_BODY
    ),
    write("POST /returns/{rma}/withdrawal", actions.withdraw, "returns.ask"),
    write("POST /returns/{rma}/decision", actions.decide, "returns.decide"),
    write("POST /returns/{rma}/arrival", settling.receive, "returns.receive"),
    write("POST /returns/{rma}/inspection", settling.inspect, "returns.inspect"),
    write("POST /returns/{rma}/repair", settling.repair, "returns.inspect"),
    write("POST /returns/{rma}/repaired", settling.repaired, "returns.inspect"),
    write("POST /returns/{rma}/goods-ahead", settling.send_ahead, "returns.send-ahead"),
    write("POST /returns/{rma}/reduction", settling.reduce, "returns.reduce"),
    write("PUT /orders/{order}/delivered", actions.delivered, "returns.receive"),
    read("GET /returns/policies/{channel}", actions.policy, "returns.set-up"),
    write("PUT /returns/policies/{channel}", actions.put_policy, "returns.set-up"),
    read("GET /returns/exemptions", actions.exemptions, "returns.set-up"),
    write("PUT /returns/exemptions", actions.put_exemptions, "returns.set-up"),
]
