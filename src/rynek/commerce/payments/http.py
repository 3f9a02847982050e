"""Payments' operations, and what each process keeps doing for them."""

from rynek.commerce.payments import actions, circuits, ports, settlement
from rynek.kernel.operations import process, read

operations = [
    read("GET /payments", actions.payments, "payments.read"),
    read("GET /payments/methods", actions.methods, "payments.choose"),
    read("GET /payments/unsettled", actions.unsettled, "payments.check"),
    read("GET /payments/unbalanced", actions.unbalanced, "payments.check", rate="bulk"),
    read("GET /payments/{payment}", actions.payment, "payments.read"),
    read("GET /orders/{order}/outstanding", actions.outstanding, "payments.read"),
    process("POST /orders/{order}/payments", actions.pay, "payments.pay"),
    process("POST /payments/{payment}/authorisation", actions.authorise, "payments.pay"),
    process("POST /payments/{payment}/captures", actions.capture, "payments.capture"),
    process("POST /payments/{payment}/void", actions.void, "payments.void"),
    process("POST /payments/{payment}/refunds", actions.refund, "payments.refund"),
    process("POST /payments/{payment}/inquiry", actions.inquire, "payments.inquire"),
    process("POST /payments/webhooks/{provider}", actions.hear, "payments.hear", rate="bulk", raw=True),
]
work = [settlement.settle]
setup = [ports.configure, circuits.configure]
