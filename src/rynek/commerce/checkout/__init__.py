"""Checkout: carts, what they come to, and how they become orders."""

from rynek.commerce.checkout.actions import cart, carts, change_cart, drop_cart, merge_cart, open_cart
from rynek.commerce.checkout.model import Address, Body, Cart, CartChange, NewCart, Placed, Terms, TotalDiffers, Want
from rynek.commerce.checkout.placing import place
from rynek.commerce.checkout.tally import price_one

__all__ = [
    "Address",
    "Body",
    "Cart",
    "CartChange",
    "NewCart",
    "Placed",
    "Terms",
    "TotalDiffers",
    "Want",
    "cart",
    "carts",
    "change_cart",
    "drop_cart",
    "merge_cart",
    "open_cart",
    "place",
    "price_one",
]
