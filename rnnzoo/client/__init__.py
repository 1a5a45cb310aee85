"""The other end of an export: questions to a server that runs it."""

from rnnzoo.client.asking import Client, Stream

__all__ = ["Client", "Stream"]
