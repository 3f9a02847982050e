"""Amendments' operations."""

from rynek.commerce.amendments import actions
from rynek.kernel.operations import read, write

operations = [
    read("POST /orders/{order}/edits/preview", actions.preview, "amendments.edit"),
    write("POST /orders/{order}/edits", actions.edit, "amendments.edit"),
    read("GET /orders/{order}/edits", actions.edits, "amendments.edit"),
    read("GET /amendments/windows/{channel}", actions.window, "amendments.set-up"),
    write("PUT /amendments/windows/{channel}", actions.put_window, "amendments.set-up"),
]
