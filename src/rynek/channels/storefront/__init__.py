"""The storefront: a small shop for each web channel, from the shelf to the order. It works without scripts."""

__all__ = ()
