"""What schemathesis must know of the API beside docs/openapi.json: values of formats that are not JSON Schema's own, and
notifications that are there (CARILLON_IDS, which the step `api` of `cargo xtask test` has posted)."""

import datetime
import os

import schemathesis
from hypothesis import strategies
from schemathesis.generation.meta import TestPhase

ZONES = ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires", "Asia/Kolkata", "Pacific/Apia"]
TYPES = ["chat_message", "booking_confirmed", "security_alert", "promotion_generic", "quota_warning"]
REPEATABLE = {"type", "priority", "tag", "exclude_tag"}

*IDS, DELETED = os.environ["CARILLON_IDS"].split()
# The time in a ULID: what begins like ours was posted in this run.
OF_THIS_RUN = DELETED[:7]


def ahead(minutes):
    """Every time that can be given is one to wait until, except `since`, for which any will do."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


schemathesis.openapi.format("iana-time-zone", strategies.sampled_from(ZONES))
schemathesis.openapi.format("notification-type", strategies.sampled_from(TYPES))
schemathesis.openapi.format("date-time", strategies.integers(60, 300 * 24 * 60).map(ahead))


@schemathesis.hook
def filter_case(ctx, case):
    """A single value where a list may be is, in a query string, a list of one: it is right to take it. And the local cloud
    itself answers a path with a line break in it (docs/local-differences.md)."""
    query = case.query or {}
    paths = map(str, (case.path_parameters or {}).values())
    broken = any("\n" in path or "%0a" in path.lower() for path in paths)
    return not broken and all(isinstance(query[name], list) for name in REPEATABLE & query.keys())


@schemathesis.hook
def map_case(ctx, case):
    """What is made up is nobody's notification and always 404: take one that is there. One is kept for deleting. Stateful
    tests go by what was answered before."""
    if case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL:
        return case
    parameters = case.path_parameters or {}
    given = parameters.get("id")
    if isinstance(given, str) and given.startswith("ntf_") and not given.startswith(OF_THIS_RUN) and given.isascii():
        parameters["id"] = DELETED if case.method == "DELETE" else IDS[sum(given.encode()) % len(IDS)]
    return case
