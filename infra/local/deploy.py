"""Deploys template.yaml with the built functions to the local AWS and prints its endpoints as JSON. Repeatable: what has not
changed is left alone. Progress goes to stderr, one line each; the last line of a failure begins with `error: `."""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import expand

# Every byte of a binary decides the name of its zip, and so whether CloudFormation sees a change: dates must not.
EPOCH = (1980, 1, 1, 0, 0, 0)
TEMPLATE = "template.json"
USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


class Failed(Exception):
    """Why the deployment ended, as one sentence."""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Aws:
    """Clients of the local AWS."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        self.session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
        self.config = Config(retries={"max_attempts": 0}, read_timeout=120)

    def client(self, name):
        return self.session.client(name, endpoint_url=self.url, config=self.config)


def package(slug, binary, cache):
    """The zip of a function's binary, made once per build of it. Its name carries the digest of the content."""
    seen = binary.stat()
    stamp = cache / f"{slug}.json"
    built = [seen.st_size, seen.st_mtime_ns]
    if stamp.exists():
        known = json.loads(stamp.read_text())
        if known["built"] == built and (cache / known["zip"]).exists():
            return cache / known["zip"]
    say(f"packing {slug}")
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        small = pathlib.Path(folder) / "bootstrap"
        strip = shutil.which("strip")
        # Symbols are four fifths of a debug build, and the local AWS keeps every zip in memory.
        if not strip or subprocess.run([strip, "-o", small, binary], capture_output=True).returncode != 0:
            shutil.copyfile(binary, small)
        content = small.read_bytes()
        name = f"{slug}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
        entry = zipfile.ZipInfo("bootstrap", EPOCH)
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(small.with_suffix(".zip"), "w") as archive:
            archive.writestr(entry, content, compresslevel=1)
        for old in cache.glob(f"{slug}-{'?' * 16}.zip"):
            old.unlink()
        small.with_suffix(".zip").replace(cache / name)
    stamp.write_text(json.dumps({"built": built, "zip": name}))
    return cache / name


def upload(s3, zips, body):
    """Puts the template, and the zips that are not there yet. Answers the zips that no function will use any more."""
    try:
        there = {item["Key"] for item in s3.list_objects_v2(Bucket=expand.BUCKET).get("Contents", [])}
    except ClientError:
        s3.create_bucket(Bucket=expand.BUCKET)
        there = set()
    wanted = {path.name: path for path in zips}
    for name in wanted.keys() - there:
        s3.put_object(Bucket=expand.BUCKET, Key=name, Body=wanted[name].read_bytes())
    s3.put_object(Bucket=expand.BUCKET, Key=TEMPLATE, Body=body.encode())
    return there - wanted.keys() - {TEMPLATE}


def status_of(cloudformation, stack):
    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def settle(cloudformation, stack):
    """Waits until the stack is at rest and answers its status."""
    until = time.monotonic() + 120
    while (status := status_of(cloudformation, stack)) and status.endswith("_IN_PROGRESS"):
        if time.monotonic() > until:
            raise Failed(f"stack {stack} is still {status} after two minutes")
        time.sleep(0.1)
    return status


def why(cloudformation, stack):
    """The first reason CloudFormation gives for a failure."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    # Newest first; the oldest failure is the cause of the others.
    return f"{failed[-1]['LogicalResourceId']}: {failed[-1].get('ResourceStatusReason', 'no reason given')}" if failed else "no reason given"


def bring_up_to_date(aws, stack, parameters):
    """Creates or updates the stack. Answers what was done: created, updated or unchanged."""
    cloudformation = aws.client("cloudformation")
    before = settle(cloudformation, stack)
    if before and before not in USABLE:
        # Nothing in a local stack is worth the repair of one that never came up.
        say(f"the stack is {before}: starting from nothing")
        urllib.request.urlopen(urllib.request.Request(f"{aws.url}/_ministack/reset", method="POST"), timeout=60).read()
        return None
    request = {
        "StackName": stack,
        "TemplateURL": f"{aws.url}/{expand.BUCKET}/{TEMPLATE}",  # too long to be sent with the request, as on AWS
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    try:
        (cloudformation.update_stack if before else cloudformation.create_stack)(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return "unchanged"
        raise
    after = settle(cloudformation, stack)
    if after not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Failed(f"stack {stack} is {after}: {why(cloudformation, stack)}")
    return "updated" if before else "created"


def time_to_live(dynamodb, plain, names):
    """Turns on what the local CloudFormation ignores in a table."""
    for logical, resource in plain["Resources"].items():
        wanted = resource["Properties"].get("TimeToLiveSpecification") if resource["Type"] == "AWS::DynamoDB::Table" else None
        if wanted:
            dynamodb.update_time_to_live(TableName=names[logical], TimeToLiveSpecification=wanted)


def wait_until_active(lambdas, names):
    until = time.monotonic() + 30
    for name in names:
        while (state := lambdas.get_function_configuration(FunctionName=name))["State"] != "Active" or state["LastUpdateStatus"] != "Successful":
            if time.monotonic() > until:
                raise Failed(f"function {name} is {state['State']}, {state['LastUpdateStatus']} after 30 s")
            time.sleep(0.05)


def deploy(options):
    aws = Aws(options.port)
    template = expand.read(options.template)
    slugs = sorted(set(expand.functions(template).values()))
    missing = [slug for slug in slugs if not (options.binaries / slug).is_file()]
    if missing:
        raise Failed(f"no binary for {', '.join(missing)} in {options.binaries}")
    options.cache.mkdir(parents=True, exist_ok=True)
    zips = {slug: package(slug, options.binaries / slug, options.cache) for slug in slugs}
    given = expand.parameters(template, options.deployment, options.release)
    plain = expand.expand(template, {slug: path.name for slug, path in zips.items()}, options.deployment)
    body = expand.text(plain)
    s3 = aws.client("s3")
    unused = upload(s3, zips.values(), body)
    say(f"deploying {os.path.basename(options.template)} as {options.deployment}")
    done = bring_up_to_date(aws, options.deployment, given)
    if done is None:
        unused = upload(s3, zips.values(), body)
        done = bring_up_to_date(aws, options.deployment, given)
    for key in unused:
        s3.delete_object(Bucket=expand.BUCKET, Key=key)
    cloudformation = aws.client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName=options.deployment)["StackResources"]
    names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    time_to_live(aws.client("dynamodb"), plain, names)
    of_type = lambda kind: [r["PhysicalResourceId"] for r in resources if r["ResourceType"] == kind]
    wait_until_active(aws.client("lambda"), of_type("AWS::Lambda::Function"))
    return {
        "deployment": options.deployment,
        "stack": done,
        "aws_endpoint_url": aws.url,
        "region": "us-east-1",
        "api_url": f"{aws.url}/_aws/execute-api/{of_type('AWS::ApiGatewayV2::Api')[0]}",
        "bus": of_type("AWS::Events::EventBus")[0],
        "functions": sorted(of_type("AWS::Lambda::Function")),
        "tables": sorted(of_type("AWS::DynamoDB::Table")),
        "queues": {url.rsplit("/", 1)[-1]: url for url in sorted(of_type("AWS::SQS::Queue"))},
        "log_groups": sorted(of_type("AWS::Logs::LogGroup")),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--template", required=True)
    parser.add_argument("--binaries", type=pathlib.Path, required=True, help="folder that holds one binary per function slug")
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="folder for the zips")
    parser.add_argument("--deployment", default="waybill")
    parser.add_argument("--release", default="dev")
    try:
        print(json.dumps(deploy(parser.parse_args())))
    except (Failed, BotoCoreError, ClientError, OSError) as error:
        text = " ".join(str(error).split())
        say(f"error: {text if len(text) < 400 else text[:190] + ' ... ' + text[-190:]}")
        sys.exit(1)


if __name__ == "__main__":
    main()
