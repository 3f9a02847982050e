"""Selling: catalogue, prices, stock, checkout, orders and payments in one transaction domain."""
