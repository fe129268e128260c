#!/usr/bin/env python3
"""Gives every file of events/ to `sam local invoke` and compares what the function answers with tests/events/answers.json.

Run it after `sam build`, from anywhere in the checkout, with `sam` and a running Docker. It brings up a local AWS of its own
(`waybill local up`) with its deliveries turned off, and ends it. No store and no ERP is connected to it: where that makes a
difference, `alone` in answers.json is expected. `sam local invoke` itself ends with 0 whatever the function says.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATE = ROOT / ".waybill" / "sam"
# The documented secret of the store that the events are from (events/intake/README.md). It opens nothing.
SECRET = {"webhook_secrets": ["test-secret-of-shop"], "consumer_key": "ck_test", "consumer_secret": "cs_test"}
QUEUES = ("intake", "validate", "reserve", "post-to-erp", "ship-update", "refund", "api")


class Failed(Exception):
    """Why it ended, as one sentence."""


def waybill(*arguments):
    """What `waybill` prints."""
    command = ["cargo", "run", "--quiet", "--package", "waybill-cli", "--bin", "waybill", "--", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed(f"`waybill {' '.join(arguments)}` failed")
    return done.stdout


def call(local, method, path, body, target=None):
    """A request to the local AWS, which checks no signatures."""
    headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"} if target else {}
    request = urllib.request.Request(local["aws_endpoint_url"] + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"{}")


def prepare(local):
    """Makes the store's secret known, and leaves every event to this script."""
    secret = {"Name": f"{local['deployment']}/store/shop", "SecretString": json.dumps(SECRET), "ClientRequestToken": "0" * 32}
    call(local, "POST", "/", secret, "secretsmanager.CreateSecret")
    mappings = "/2015-03-31/event-source-mappings/"
    with urllib.request.urlopen(local["aws_endpoint_url"] + mappings, timeout=30) as answer:
        for mapping in json.loads(answer.read())["EventSourceMappings"]:
            call(local, "PUT", mappings + mapping["UUID"], {"Enabled": False})
    for slug in ("sweep", "erp-poll"):
        call(local, "POST", "/", {"Name": f"{local['deployment']}-{slug}"}, "AWSEvents.DisableRule")


def variables(local, host):
    """For --env-vars: where AWS is, seen from a container, and each queue's address, which is what `!Ref` of a queue is in AWS alone."""
    address = lambda url: url.replace("127.0.0.1", host)
    queues = {slug: address(local["queues"][f"{local['deployment']}-{slug}"]) for slug in QUEUES}
    shared = {f"WAYBILL_QUEUE_{slug.upper().replace('-', '_')}": url for slug, url in queues.items()}
    own = {logical(slug): {"WAYBILL_QUEUE": url} for slug, url in queues.items()}
    return {"Parameters": {"WAYBILL_AWS_ENDPOINT": address(local["aws_endpoint_url"]), **shared}, **own}


def logical(slug):
    """`post-to-erp` is PostToErpFunction in the template."""
    return "".join(part.capitalize() for part in slug.split("-")) + "Function"


def invoke(function, event, variables_file, options):
    """What the function answered, and what SAM and it logged."""
    command = ["sam", "local", "invoke", function, "--event", str(event), "--env-vars", str(variables_file), *options]
    environment = {
        **os.environ,
        # For the functions, through SAM; the local AWS takes any. Without them SAM would look for real ones.
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "SAM_CLI_TELEMETRY": "0",
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    try:
        return json.loads(lines[-1]), done.stderr
    except (IndexError, ValueError):
        return None, done.stdout + done.stderr


def in_order(value):
    """Messages that failed are named in the order in which they did."""
    return sorted(value, key=lambda failure: failure["itemIdentifier"]) if isinstance(value, list) else value


def every_event(local, host, only, options):
    """Invokes them in order. Answers how many were not answered as they should."""
    variables_file = STATE / "variables.json"
    variables_file.write_text(json.dumps(variables(local, host)))
    listed = json.loads((ROOT / "tests/events/answers.json").read_text())
    expected = [one for one in listed if one["file"].startswith(only)]
    present = {str(path.relative_to(ROOT / "events")) for path in (ROOT / "events").glob("*/*.json")}
    unknown = present - {one["file"] for one in listed}
    wrong = len(unknown)
    for file in sorted(unknown):
        print(f"WRONG  {file}: not in answers.json", flush=True)
    for one in expected:
        function = logical(one["file"].split("/")[0])
        begun = time.monotonic()
        answer, log = invoke(function, ROOT / "events" / one["file"], variables_file, options)
        took = time.monotonic() - begun
        wanted = one.get("alone", one["answer"])
        good = isinstance(answer, dict) and all(in_order(answer.get(name)) == in_order(value) for name, value in wanted.items())
        # A store gets its 200 even if nothing could be written. What went well has nothing to warn of, but a dead letter is one.
        went_well = function != "DeadLettersFunction" and wanted in ({"statusCode": 200}, {"batchItemFailures": []}, {"swept": True})
        good = good and not (went_well and any(level in log for level in ('"level":"WARN"', '"level":"ERROR"')))
        print(f"{'ok   ' if good else 'WRONG'}  {one['file']:34} {took:5.1f} s  {json.dumps(answer)}", flush=True)
        if not good:
            wrong += 1
            print(f"       expected {json.dumps(wanted)}\n{log}", flush=True)
    print(f"{len(expected)} events, {wrong} wrong")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="host.docker.internal", help="this machine's name inside a container (default: %(default)s)")
    parser.add_argument("--port", default="0", help="of the local AWS on 127.0.0.1 (default: any free one)")
    parser.add_argument("--only", default="", metavar="PREFIX", help="of the files below events/, such as relay/")
    parser.add_argument("options", nargs="*", help="after `--`: passed on to `sam local invoke`, such as --skip-pull-image")
    given = parser.parse_args()
    try:
        waybill("local", "--state", str(STATE), "down")  # left by an aborted run, or nothing
        local = json.loads(waybill("local", "--state", str(STATE), "up", "--json", "--port", given.port))
        try:
            prepare(local)
            wrong = every_event(local, given.host, given.only, given.options)
        finally:
            waybill("local", "--state", str(STATE), "down")
    except (Failed, OSError) as error:
        sys.exit(f"error: {error}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
