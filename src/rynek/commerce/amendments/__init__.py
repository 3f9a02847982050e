"""Amendments: what buyers and support change about an order before it leaves, with the difference shown first."""

from rynek.commerce.amendments.actions import add, edit, preview
from rynek.commerce.amendments.model import Amended, ChangeDiffers, Edit, WindowClosed

__all__ = ["Amended", "ChangeDiffers", "Edit", "WindowClosed", "add", "edit", "preview"]
