# Ref: FIX 4.4, volume 1, data type "data"
"""Which fields of raw bytes follow which length fields."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from wire.fix.dictionary import Dictionary, Member
from wire.fix.types import DATA_OF, FieldType

__all__ = ["data_fields", "length_fields"]

_LENGTHS = (FieldType.LENGTH, FieldType.INT)
_DATA = (FieldType.DATA, FieldType.XMLDATA)


@lru_cache(maxsize=64)
def data_fields(dictionary: Dictionary) -> Mapping[int, int]:
    """Return the data field of each length field: those of the versions, and those that ``dictionary`` adds."""
    found = dict(DATA_OF)

    def look(members: tuple[Member, ...]) -> None:
        for before, member in pairwise(members):
            kinds = dictionary.fields[before.tag].type, dictionary.fields[member.tag].type
            if kinds[0] in _LENGTHS and kinds[1] in _DATA:
                found[before.tag] = member.tag
        for member in members:
            look(member.group)

    look(dictionary.header)
    look(dictionary.trailer)
    for message in dictionary.messages.values():
        look(message.members)
    return found


@lru_cache(maxsize=64)
def length_fields(dictionary: Dictionary) -> Mapping[int, int]:
    """Return the length field of each data field."""
    return {data: length for length, data in data_fields(dictionary).items()}
