"""DynamoDB's limits that its model does not say: sizes, batches, keys; and what calls consume.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html for an item's size
"""

import base64
import math
import re
from collections.abc import Callable, Iterator

import recorder_expressions
from recorder_models import Problem

KIB = 1024
ITEM = 400 * KIB
TRANSACTION = 4 * KIB * KIB
KEY_SIZES = (2048, 1024)  # of the partition key's value, and of the sort key's
BATCHES = {"BatchWriteItem": 25, "BatchGetItem": 100, "TransactWriteItems": 100, "TransactGetItems": 100}
READS = {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
EMPTY = ({"S": ""}, {"B": ""})

# The names of a table's own key attributes, partition key first, and of its indexes'; none where it is not known.
Keys = Callable[[str], tuple[list[str], list[str]]]


def size(value: dict) -> int:
    """The bytes of one attribute's value."""
    (kind, inner), = value.items()
    match kind:
        case "S":
            return len(inner.encode())
        case "N":
            return _number(inner)
        case "B":
            return len(base64.b64decode(inner))
        case "SS" | "NS" | "BS":
            return sum(size({kind[0]: each}) for each in inner)
        case "L":
            return 3 + sum(1 + size(each) for each in inner)
        case "M":
            return 3 + sum(1 + len(name.encode()) + size(each) for name, each in inner.items())
    return 1  # BOOL, NULL


def _number(text: str) -> int:
    digits = re.sub(r"[eE].*", "", text).replace(".", "").lstrip("+-").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def item_size(item: dict) -> int:
    """The bytes of an item: names and values."""
    return sum(len(name.encode()) + size(value) for name, value in item.items())


def check(operation: str, parameters: dict, keys: Keys) -> list[Problem]:
    """What DynamoDB has against a request that fits the model."""
    problems = [*_count(operation, parameters)]
    try:
        parts = list(_parts(operation, parameters))
        for part in parts:
            own, indexed = keys(part["TableName"].rpartition("/")[2])
            problems += [*_table(part), *recorder_expressions.check(part), *_item(part, own, indexed)]
        if operation in BATCHES:
            problems += _distinct(parts, keys)
        if operation.startswith("Transact") and sum(map(_written, parts)) > TRANSACTION:
            problems.append(("TransactItems", f"are more than {TRANSACTION} bytes together"))
    except (ValueError, AttributeError, TypeError):
        problems.append(("-", "has an attribute value that is not one type and its value"))
    return problems


def _parts(operation: str, parameters: dict) -> Iterator[dict]:
    """Each thing that a call does, as if it were a call of its own; `at` leads to its members."""
    if operation == "BatchWriteItem":
        for table, writes in parameters["RequestItems"].items():
            for verb, inner in (pair for write in writes for pair in write.items()):
                yield {"TableName": table, "at": f"RequestItems.{verb}.", **inner}
    elif operation == "BatchGetItem":
        for table, reads in parameters["RequestItems"].items():
            yield {"TableName": table, "at": "RequestItems.", **reads}
            for key in reads["Keys"]:
                yield {"TableName": table, "at": "RequestItems.Keys[].", "Key": key}
    elif operation in BATCHES:
        for verb, inner in (pair for item in parameters["TransactItems"] for pair in item.items()):
            yield {"at": f"TransactItems[].{verb}.", **inner}
    elif "TableName" in parameters:
        yield {"at": "", **parameters}


def _count(operation: str, parameters: dict) -> Iterator[Problem]:
    limit = BATCHES.get(operation)
    if limit is None:
        return
    member = "TransactItems" if operation.startswith("Transact") else "RequestItems"
    entries = parameters[member]
    if isinstance(entries, dict):
        entries = [one for each in entries.values() for one in (each if isinstance(each, list) else each["Keys"])]
    if not 1 <= len(entries) <= limit:
        yield member, f"has {len(entries)} entries, not 1 to {limit}"


def _table(part: dict) -> Iterator[Problem]:
    name = part["TableName"]
    if not name.startswith("arn:") and not re.fullmatch(r"[a-zA-Z0-9_.-]{3,255}", name):
        yield part["at"] + "TableName", "is neither an ARN nor a name of 3 to 255 letters, digits, '_', '-', '.'"


def _written(part: dict) -> int:
    """How large an item becomes at least: for an update its key and the values that it brings."""
    values = part.get("ExpressionAttributeValues", {}) if "UpdateExpression" in part else {}
    return item_size(part.get("Item") or part.get("Key") or {}) + sum(map(size, values.values()))


def _item(part: dict, own: list[str], indexed: list[str]) -> Iterator[Problem]:
    item = part.get("Item", part.get("Key"))
    if item is None:
        return
    at = part["at"] + ("Item" if "Item" in part else "Key")
    if (found := _written(part)) > ITEM:
        yield at, f"makes an item of {found} bytes, more than {ITEM}"
    for index, name in enumerate(own or part.get("Key", ())):
        if name not in item:
            yield f"{at}.{name}", "is a key attribute and missing"
        elif not 1 <= size(item[name]) <= KEY_SIZES[min(index, 1)]:
            yield f"{at}.{name}", f"is a key attribute, and empty or over {KEY_SIZES[min(index, 1)]} bytes"
    for name in indexed:
        if item.get(name) in EMPTY:
            yield f"{at}.{name}", "is an index's key attribute, and empty"


def _distinct(parts: list[dict], keys: Keys) -> Iterator[Problem]:
    """No batch and no transaction may touch an item twice."""
    seen = set()
    for part in parts:
        own, _ = keys(part["TableName"].rpartition("/")[2])
        key = part.get("Key") or {name: part["Item"].get(name) for name in own if "Item" in part}
        identity = part["TableName"], repr(sorted(key.items()))
        if key and identity in seen:
            yield part["at"].rstrip("."), "is the second for the same item"
        seen.add(identity)


def units(operation: str, parameters: dict, answer: dict) -> tuple[float, float]:
    """Read and write units that a call consumed, as its answer says; for reads at least what the items returned cost."""
    consumed = answer.get("ConsumedCapacity") or []
    told = sum(each.get("CapacityUnits", 0.0) for each in (consumed if isinstance(consumed, list) else [consumed]))
    if operation not in READS:
        return 0.0, told
    # The local cloud says the same of every read, however much it returned, and of a BatchGetItem nothing.
    if operation == "BatchGetItem":
        for table, reads in parameters["RequestItems"].items():
            found = answer.get("Responses", {}).get(table, [])
            missing = len(reads["Keys"]) - len(found)
            told += _rate(reads) * (missing + sum(_read_blocks([item]) for item in found))
    elif operation != "TransactGetItems":
        items = answer.get("Items", [answer["Item"]] if "Item" in answer else [])
        told = max(told, _rate(parameters) * _read_blocks(items))
    return told, 0.0


def _rate(parameters: dict) -> float:
    return 1.0 if parameters.get("ConsistentRead") else 0.5


def _read_blocks(items: list[dict]) -> int:
    return math.ceil(sum(map(item_size, items)) / (4 * KIB))


def refused_units(parameters: dict, code: str) -> float:
    """A write whose condition fails consumes at least one unit, a cancelled transaction two for each of its items."""
    if code == "TransactionCanceledException":
        return 2.0 * len(parameters["TransactItems"])
    return 1.0 if code == "ConditionalCheckFailedException" else 0.0
