"""Operations of webhooks, and what each process keeps doing for them."""

from rynek.integration.webhooks import actions, dispatch
from rynek.integration.webhooks.ports import configure
from rynek.kernel.operations import process, read

operations = [
    read("GET /webhooks/endpoints", actions.endpoints, "webhooks.read"),
    process("POST /webhooks/endpoints", actions.make, "webhooks.write"),
    read("GET /webhooks/endpoints/{endpoint}", actions.endpoint, "webhooks.read"),
    process("PUT /webhooks/endpoints/{endpoint}", actions.change, "webhooks.write"),
    process("DELETE /webhooks/endpoints/{endpoint}", actions.remove, "webhooks.write"),
    process("PUT /webhooks/endpoints/{endpoint}/active", actions.switch, "webhooks.write"),
    process("PUT /webhooks/endpoints/{endpoint}/personal", actions.set_personal, "events.personal"),
    process("POST /webhooks/endpoints/{endpoint}/secret", actions.rotate, "webhooks.write"),
    process("POST /webhooks/endpoints/{endpoint}/ping", actions.ping, "webhooks.write"),
    process("POST /webhooks/endpoints/{endpoint}/replay", actions.replay, "webhooks.write"),
    read("GET /webhooks/deliveries", actions.deliveries, "webhooks.read"),
    read("GET /webhooks/deliveries/{delivery}", actions.delivery, "webhooks.read"),
    process("POST /webhooks/deliveries/{delivery}/replay", actions.resend, "webhooks.write"),
]
work = [dispatch.deliver]
setup = [configure]
