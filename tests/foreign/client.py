"""Carries out one call of botocore for each line of standard input, and prints its answer.

A line is {"service": "ecs", "call": "DescribeServices", "with": {...}} or, for a waiter,
{"service": "ecs", "wait": "services_stable", "with": {...}}; the answer {"ok": {...}} or
{"error": "..."}. Usage: client.py ENDPOINT REGION ACCESS_KEY SECRET_KEY
"""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config

ENDPOINT, REGION, ACCESS_KEY, SECRET_KEY = sys.argv[1:]
SESSION = boto3.session.Session(
    aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION
)
CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=30)
clients = {}


def answer(ask):
    """What the one call brings, without what only tells of the transport."""
    service = ask["service"]
    if service not in clients:
        clients[service] = SESSION.client(service, endpoint_url=ENDPOINT, config=CONFIG)
    client = clients[service]
    if "wait" in ask:
        patience = {"Delay": 1, "MaxAttempts": 10}
        client.get_waiter(ask["wait"]).wait(**ask["with"], WaiterConfig=patience)
        return {}
    found = getattr(client, xform_name(ask["call"]))(**ask["with"])
    found.pop("ResponseMetadata", None)
    return found


for line in sys.stdin:
    try:
        told = {"ok": answer(json.loads(line))}
    except Exception as error:  # Whatever went wrong is the answer.
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(told, default=str), flush=True)
