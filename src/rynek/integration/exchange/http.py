"""The operations of import and export, and the work behind them."""

from rynek.integration.exchange import MOST_BYTES, actions, looking, mappings, running
from rynek.kernel.operations import process

operations = [
    process("GET /exchange/sheets", actions.sheets, "exchange.read", rate="read"),
    process("GET /exchange/runs", looking.exchanges, "exchange.read", rate="read"),
    process("GET /exchange/runs/{exchange}", looking.exchange, "exchange.read", rate="read"),
    process("GET /exchange/runs/{exchange}/differences", looking.differences, "exchange.read", rate="read"),
    process("GET /exchange/runs/{exchange}/refusals", looking.refusals, "exchange.read", rate="read"),
    process("GET /exchange/runs/{exchange}/refusals.csv", looking.refusals_file, "exchange.read", rate="read"),
    process("POST /exchange/runs/{exchange}/cancellation", actions.cancel, "exchange.read"),
    process("POST /exchange/imports", actions.begin_import, "exchange.import"),
    process("PUT /exchange/imports/{exchange}/file", actions.upload, "exchange.import", raw=True, limit=MOST_BYTES),
    process("PUT /exchange/imports/{exchange}/settings", actions.settle, "exchange.import"),
    process("GET /exchange/imports/{exchange}/preview", actions.preview, "exchange.import", rate="read"),
    process("POST /exchange/imports/{exchange}/start", actions.start, "exchange.import"),
    process("POST /exchange/imports/{exchange}/undoing", actions.undo, "exchange.import"),
    process("GET /exchange/mappings", mappings.mappings, "exchange.import", rate="read"),
    process("PUT /exchange/mappings/{sheet}/{name}", mappings.put_mapping, "exchange.import"),
    process("DELETE /exchange/mappings/{sheet}/{name}", mappings.drop_mapping, "exchange.import"),
    process("POST /exchange/exports", actions.begin_export, "exchange.export"),
    process("GET /exchange/exports/{exchange}/file", looking.download, "exchange.export", rate="read"),
]
setup = [actions.configure]
errands = [running.run]
