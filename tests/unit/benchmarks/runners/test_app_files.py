"""The shapes as app files."""

import json

from benchmarks.runners.app_files import app_file
from benchmarks.runners.shapes import shape


def test_the_last_node_can_be_made_one_of_another_type() -> None:
    nodes = json.loads(app_file(shape("chain-3"), last_type="parked"))["workflow"]["graph"]["nodes"]
    types = [node["data"]["type"] for node in nodes]
    assert types == ["start", "template-transform", "template-transform", "parked", "end"]
