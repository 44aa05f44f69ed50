"""Checks request bodies, one JSON document a line, against the types of the
official SDK. Ends with 0 when all of them are what the SDK would send.

Needs the packages `anthropic` and `pydantic`.
"""

import json
import sys
import typing

from anthropic.types import message_create_params as params
from pydantic import TypeAdapter


def keys(params_type):
    """Every key that the SDK knows at the top of a request."""
    return set(typing.get_type_hints(params_type, include_extras=True))


def main():
    adapter = TypeAdapter(params.MessageCreateParamsNonStreaming)
    known = keys(params.MessageCreateParamsNonStreaming)
    count = 0
    for line in sys.stdin:
        body = json.loads(line)
        # A TypedDict accepts unknown keys; the API does not.
        if unknown := set(body) - known:
            sys.exit(f"keys that the SDK does not know: {sorted(unknown)}")
        if set(body["output_config"]) - {"format", "effort"}:
            sys.exit(f"output_config: {sorted(body['output_config'])}")
        adapter.validate_python(body, strict=True)
        transform(body)
        count += 1
    if count == 0:
        sys.exit("no request to check")
    print(f"{count} requests are as the SDK types them")


def transform(body):
    """The SDK's own idea of which schemas structured outputs take: one that
    needs no change passes as it is."""
    try:
        from anthropic import transform_schema
    except ImportError:
        return
    schema = body["output_config"]["format"]["schema"]
    changed = transform_schema(schema)
    if comparable(changed) != comparable(schema):
        sys.exit(f"the SDK would change the schema:\n{schema}\n{changed}")


def comparable(schema):
    """The SDK leaves out the type of an enum's words, which the API takes."""
    if isinstance(schema, dict):
        return {
            key: comparable(value)
            for key, value in schema.items()
            if not (key == "type" and "enum" in schema)
        }
    if isinstance(schema, list):
        return [comparable(item) for item in schema]
    return schema


main()
