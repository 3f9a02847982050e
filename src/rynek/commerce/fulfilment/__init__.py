"""Fulfilment: where orders are packed and why, and the work of shops and warehouses until goods leave."""

from rynek.commerce.fulfilment.actions import allocate_many, why
from rynek.commerce.fulfilment.collecting import code_of
from rynek.commerce.fulfilment.model import Criterion, Decision, Place, Plan, Routing, Told
from rynek.commerce.fulfilment.ports import Router

__all__ = ["Criterion", "Decision", "Place", "Plan", "Router", "Routing", "Told", "allocate_many", "code_of", "why"]
