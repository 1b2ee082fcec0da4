"""A server of MCP over standard input and output, as a program of its own: nothing but the standard library."""

import json
import os
import sys
from typing import Any

SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
TOOLS = [{"name": name, "inputSchema": SCHEMA} for name in ("echo", "environment", "end")]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    match asked["method"]:
        case "initialize":
            return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "near"}}
        case "tools/list":
            return {"tools": TOOLS}
    named = asked["params"]["name"]
    if named == "end":
        sys.exit(3)
    text = json.dumps(dict(os.environ)) if named == "environment" else str(asked["params"]["arguments"].get("text"))
    return {"content": [{"type": "text", "text": text}]}


for line in sys.stdin:
    said = json.loads(line)
    if "id" in said and "method" in said:
        print(json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}), flush=True)
        print(json.dumps({"jsonrpc": "2.0", "id": said["id"], "result": answer(said)}), flush=True)
