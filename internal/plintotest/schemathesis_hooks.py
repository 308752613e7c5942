"""What schemathesis is told beside the contract: how files of users are sent."""

import schemathesis

LINES = "application/x-ndjson"


@schemathesis.serializer(LINES)
def lines(ctx, value):
    return value.encode(errors="replace")


@schemathesis.hook
def filter_case(ctx, case):
    """Any text is a file. What is of another type could not be sent as what it is."""
    return case.media_type != LINES or isinstance(case.body, str)
