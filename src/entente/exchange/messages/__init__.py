"""Message types: what may be said between authorities, as data files with words in three languages.

`types/*.yaml` hold one version of one type each, `definitions.yaml` what they share, `words.yaml` the labels of fields
and values. A `Registry` compiles them; `standing` says what became of a message that was replaced or withdrawn.
"""

from entente.exchange.messages.registry import MessageType, Registry, load_registry
from entente.exchange.messages.standing import Entry, Standing, State, check_references, standing

__all__ = ["Entry", "MessageType", "Registry", "Standing", "State", "check_references", "load_registry", "standing"]
