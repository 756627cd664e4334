"""DynamoDB's expressions: reserved words, and placeholders that are defined and used.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
"""

import functools
import re
from collections.abc import Iterator

from recorder_models import Problem

LONGEST = 4 * 1024
# What is no attribute's name in an expression, though it is a reserved word.
CONDITION = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
GRAMMAR = {
    "UpdateExpression": frozenset({"SET", "REMOVE", "ADD", "DELETE"}), "ProjectionExpression": frozenset(),
    "ConditionExpression": CONDITION, "FilterExpression": CONDITION,
    "KeyConditionExpression": frozenset({"AND", "BETWEEN"}),
}
# A name, with the mark that makes it a placeholder, and the bracket that makes it a function.
TOKEN = re.compile(r"([#:]?)([A-Za-z_0-9]+)(\s*\()?")


@functools.cache
def reserved() -> frozenset[str]:
    """The reserved words, as the local cloud lists them from AWS's documentation."""
    from ministack.services._dynamodb_keywords import AWS_KEYWORDS
    return AWS_KEYWORDS


def check(part: dict) -> Iterator[Problem]:
    """What DynamoDB has against the expressions of one call, or of one entry of a transaction."""
    at, names, values = part["at"], part.get("ExpressionAttributeNames", {}), part.get("ExpressionAttributeValues", {})
    used = set()
    for member in GRAMMAR.keys() & part.keys():
        text = part[member]
        if not 1 <= len(text.encode()) <= LONGEST:
            yield at + member, f"is empty or longer than {LONGEST} bytes"
        placeholders, bare = _read(member, text)
        used |= placeholders
        for word in bare:
            yield at + member, f"uses the reserved word {word} bare"
        for missing in sorted(placeholders - names.keys() - values.keys()):
            yield at + member, f"uses {missing}, which is not defined"
        if member == "KeyConditionExpression":
            for empty in sorted(name for name in placeholders if values.get(name) in ({"S": ""}, {"B": ""})):
                yield at + member, f"uses {empty}, which is empty, for a key"
    for member, defined in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)):
        for name in sorted(defined.keys() - used):
            yield at + member, f"defines {name}, which no expression uses"


@functools.lru_cache(maxsize=1024)
def _read(member: str, text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The placeholders of an expression, and the reserved words that stand in it as attributes' names."""
    placeholders, bare = set(), set()
    for mark, word, call in TOKEN.findall(text):
        if mark:
            placeholders.add(mark + word)
        elif not call and word.upper() in reserved() and word.upper() not in GRAMMAR[member]:
            bare.add(word)
    return frozenset(placeholders), tuple(sorted(bare))
